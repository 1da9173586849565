// What the reference says, in the language spoken now: Chinese by name, English from the document itself.
import { html } from "../dom.js";
import { has, language, t } from "../i18n.js";
import * as zh from "../words/reference.zh-CN.js";

function chinese() {
  return language.value === "zh-CN";
}

/** A route's summary. */
export function summaryOf(route) {
  return (chinese() && zh.operations[route.id]?.[0]) || route.summary;
}

/** What else there is to say about a route, or empty. */
export function moreOf(route) {
  return (chinese() && zh.operations[route.id]?.[1]) || route.description;
}

/** What a parameter is for. */
export function paramAbout(param) {
  if (!param.description) return has(`field.${param.name}`) ? t(`field.${param.name}`) : "";
  return (chinese() && zh.params[param.description]) || param.description;
}

/** What a schema is. */
export function schemaAbout(name, schema) {
  return (chinese() && zh.schemas[name]) || (schema.description ?? "").split(/\s+/).join(" ");
}

/** What a field is. */
export function fieldAbout(name) {
  return has(`field.${name}`) ? t(`field.${name}`) : "";
}

/** `{title, hint}` of a refusal. */
export function refusalSaid(code, { title, hint }) {
  const [said, todo] = (chinese() && zh.refusals[code]) || [];
  return { title: said ?? title, hint: (said ? todo : hint) ?? "" };
}

/** Text with `code` and [links](/somewhere) in it. */
export function Rich({ text }) {
  const parts = String(text ?? "").split(/(`[^`]+`|\[[^\]]+\]\(\/[^)]*\))/);
  return parts.map((part, place) => {
    if (part.startsWith("`")) return html`<code key=${place} class="doc-code">${part.slice(1, -1)}</code>`;
    const link = /^\[([^\]]+)\]\((\/[^)]*)\)$/.exec(part);
    return link ? html`<a key=${place} class="link" href=${link[2]}>${link[1]}</a>` : part;
  });
}
