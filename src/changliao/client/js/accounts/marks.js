// Runs of text as one line to write: **strong**, *slanted*, [words](https://…); a backslash before a sign keeps it.
const PART = /\\([\\*[\]()])|\*{1,3}|\[((?:\\.|[^\]\\])*)\]\((https?:\/\/[^\s)]+)\)/g;
/** What closes what was opened by so many stars: as many, or those that turn something else on the way. */
const CLOSING = { 1: /(?<!\*)(?:\*|\*{3})(?!\*)/, 2: /(?<!\*)\*{2,3}(?!\*)/, 3: /(?<!\*)\*{1,3}(?!\*)/ };

/** `spansOf(text)`: `[{text, bold?, italic?, link?}]`. Signs that are never closed stand for themselves. */
export function spansOf(text) {
  const spans = [];
  let [bold, italic, from, words] = [false, false, 0, ""];
  const style = () => ({ ...(bold && { bold }), ...(italic && { italic }) });
  const end = () => {
    if (words) spans.push({ text: words, ...style() });
    words = "";
  };
  for (const found of text.matchAll(PART)) {
    const [sign, kept, named, link] = found;
    words += text.slice(from, found.index);
    from = found.index + sign.length;
    if (kept) words += kept;
    else if (named) {
      end();
      spans.push({ text: named.replace(/\\(.)/g, "$1"), ...style(), link });
    } else if (!link && turns(sign.length, { bold, italic }, text.slice(from))) {
      end();
      if (sign.length > 1) bold = !bold;
      if (sign.length !== 2) italic = !italic;
    } else words += sign;
  }
  words += text.slice(from);
  end();
  return spans;
}

/** Whether stars close what is on, or open what is closed later. */
function turns(stars, { bold, italic }, rest) {
  const on = stars === 1 ? italic : stars === 2 ? bold : bold || italic;
  return on || rest.replace(/\\./g, "..").search(CLOSING[stars]) > 0;
}

const plain = (text) => text.replace(/[\\*[\]()]/g, "\\$&");

/** `textOf(spans)`: the line that says the same. */
export function textOf(spans = []) {
  let said = "";
  let on = { bold: false, italic: false };
  const turn = ({ bold = false, italic = false }) => {
    said += "*".repeat(2 * (bold !== on.bold) + (italic !== on.italic));
    on = { bold, italic };
  };
  for (const span of spans) {
    if (!span.text) continue;
    turn(span);
    said += span.link ? `[${span.text.replace(/[\\\]]/g, "\\$&")}](${span.link})` : plain(span.text);
  }
  turn({});
  return said;
}
