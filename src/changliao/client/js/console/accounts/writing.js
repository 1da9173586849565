// Blocks as one writes them: text with marks in place of spans, one line for each item of a list. Pure.
import { spansOf, textOf } from "../../accounts/marks.js";

export const KINDS = ["paragraph", "heading", "quote", "list", "picture", "code", "divider"];

let made = 0;

/** A new row of this kind. */
export function fresh(k) {
  return { id: ++made, k, text: "", level: 2, ordered: false, media: "", caption: "", width: 0, height: 0 };
}

/** The row in which one writes this block. */
export function fieldsOf({ k, spans, items, text, ...rest }) {
  const said = k === "list" ? items.map(textOf).join("\n") : k === "code" ? text : textOf(spans);
  return { ...fresh(k), ...rest, text: said };
}

/** The block that a row says. */
export function blockOf({ k, text, level, ordered, media, caption, width, height }) {
  if (k === "heading") return { k, level, spans: spansOf(text) };
  if (k === "list") return { k, ordered, items: text.split("\n").filter((line) => line.trim()).map(spansOf) };
  if (k === "picture") return { k, media, caption, width, height };
  if (k === "code") return { k, text };
  return k === "divider" ? { k } : { k, spans: spansOf(text) };
}
