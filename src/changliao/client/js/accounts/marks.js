// Runs of text as one line to write: **strong**, *slanted*, [words](https://…); a backslash before a sign keeps it.
const PART = /\\([\\*[\]()])|\*\*|\*|\[((?:\\.|[^\]\\])*)\]\((https?:\/\/[^\s)]+)\)/g;

/** `spansOf(text)`: `[{text, bold?, italic?, link?}]`. Signs that are never closed stand for themselves. */
export function spansOf(text) {
  const spans = [];
  let [bold, italic, from, words] = [false, false, 0, ""];
  const end = () => {
    if (words) spans.push({ text: words, ...(bold && { bold }), ...(italic && { italic }) });
    words = "";
  };
  for (const found of text.matchAll(PART)) {
    const [sign, kept, named, link] = found;
    words += text.slice(from, found.index);
    from = found.index + sign.length;
    if (kept) words += kept;
    else if (link && named) {
      end();
      spans.push({ text: named.replace(/\\(.)/g, "$1"), link, ...(bold && { bold }), ...(italic && { italic }) });
    } else if (link) words += sign;
    else if (sign === "**" ? bold || opens(text, from, "**") : italic || opens(text, from, "*")) {
      end();
      if (sign === "**") bold = !bold;
      else italic = !italic;
    } else words += sign;
  }
  words += text.slice(from);
  end();
  return spans;
}

/** Whether a sign that opens here is closed later on, with something between. */
function opens(text, from, sign) {
  const rest = text.slice(from).replace(/\\./g, "..");
  const at = sign === "**" ? rest.indexOf("**") : rest.search(/(?<!\*)\*(?!\*)/);
  return at > 0;
}

const plain = (text) => text.replace(/[\\*[\]()]/g, "\\$&");

/** `textOf(spans)`: the line that says the same. */
export function textOf(spans = []) {
  return spans.map(({ text, bold, italic, link }) => {
    let said = link ? `[${text.replace(/[\\\]]/g, "\\$&")}](${link})` : plain(text);
    if (italic) said = `*${said}*`;
    return bold ? `**${said}**` : said;
  }).join("");
}
