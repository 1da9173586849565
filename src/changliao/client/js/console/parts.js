// What the console's screens are made of: heads, tables with keys, forms in sheets, secrets shown once.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../dom.js";
import { ApiError } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Button, Icon, Note, Pill, Ring, Sheet, useBusy } from "../ui.js";
import { Copy, Empty, useKeys } from "../ui/desktop.js";
import { filter, go, onLink } from "./place.js";

export { Copy, Empty, useKeys };

const TYPING_MS = 250;
const TONES = {
  open: "calm", processing: "warn", authorized: "warn", paid: "good", canceled: "calm", expired: "calm",
  pending: "warn", succeeded: "good", failed: "bad", waiting: "warn", delivered: "good", created: "calm", sent: "warn",
  unknown: "warn", active: "good", suspended: "warn", enabled: "good", disabled: "bad", live: "good", ending: "warn", ended: "calm",
};

/** `Status({of, words})`: a state as a pill. */
export function Status({ of, words, test }) {
  return html`<${Pill} kind=${TONES[of] ?? "calm"} test=${test}>${words ?? t(`status.${of}`)}</${Pill}>`;
}

/** `Head({title, lead, back, children})`: the screen's name, one sentence, and what may be done. */
export function Head({ title, lead, back, children }) {
  return html`<header class="con-head">
    ${back && html`<a class="con-back" href=${back.href} onClick=${onLink} data-test="back">
      <${Icon} name="chevron-left" />${back.words}</a>`}
    <div class="con-head-line"><h1 class="con-title">${title}</h1><div class="con-ways">${children}</div></div>
    ${lead && html`<p class="con-lead">${lead}</p>`}
  </header>`;
}

/**
 * `Table({columns, rows, keyOf, hrefOf, label})`: `columns` are `{name, words, look, draw(row)}`; `look`
 * (`main`, `end`, `sub`, `note`, `wide`) says where the cell goes on a phone. j and k move, Enter opens.
 */
export function Table({ columns, rows, keyOf, hrefOf, label, busy = false, test }) {
  const [at, setAt] = useState(-1);
  const body = useRef(null);
  const move = (by) => setAt((before) => {
    const next = Math.max(0, Math.min(rows.length - 1, before + by));
    body.current?.children[next]?.scrollIntoView({ block: "nearest" });
    return next;
  });
  const open = (row) => row && hrefOf && goTo(hrefOf(row));
  useKeys({ j: () => move(1), k: () => move(-1), Enter: () => open(rows[at]) });
  const onRow = (row) => (event) => {
    if (event.target.closest("a, button, input, select, label") || getSelection()?.toString()) return;
    open(row);
  };
  return html`<div class="con-table-frame" aria-busy=${busy || undefined}>
    <table class="con-table" aria-label=${label} data-test=${test}>
      <thead><tr>${columns.map(({ name, words, look }) => html`<th key=${name} scope="col" class="col-${look}">${words}</th>`)}</tr></thead>
      <tbody ref=${body}>${rows.map((row, place) => html`
        <tr key=${keyOf(row)} class="${hrefOf ? "con-row-opens" : ""} ${place === at ? "con-row-at" : ""}"
            aria-selected=${place === at || undefined} onClick=${onRow(row)} data-test="row" data-id=${keyOf(row)}>
          ${columns.map(({ name, look, draw }) => html`<td key=${name} class="col-${look}">${draw(row)}</td>`)}
        </tr>`)}</tbody>
    </table>
  </div>`;
}

function goTo(href) {
  const url = new URL(href, location.origin);
  go(url.pathname.split("/")[2] || "overview", Object.fromEntries(url.searchParams));
}

/** `Search({field, q, words})`: what is typed goes into the address, a moment after the last key. */
export function Search({ field, q, words }) {
  const [typed, setTyped] = useState(q);
  const timer = useRef(0);
  useEffect(() => { if (document.activeElement !== field.current) setTyped(q); }, [q]);
  const type = (text) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => filter({ q: text.trim() }), TYPING_MS);
  };
  return html`<label class="con-search"><${Icon} name="search" /><span class="visually-hidden">${words}</span>
    <input ref=${field} type="search" value=${typed} onInput=${(event) => type(event.currentTarget.value)} maxlength="100"
      placeholder=${words} autocomplete="off" spellcheck=${false} data-test="search" /><kbd>/</kbd></label>`;
}

/** `More({pages})`: the foot of a list that is read page by page. */
export function More({ pages, end }) {
  if (!pages.items?.length) return null;
  return html`<div class="con-more">
    ${pages.trouble && html`<${Note} kind="bad" live>${sentence(pages.trouble)}</${Note}>`}
    ${pages.next
      ? html`<${Button} kind="plain" small busy=${pages.busy} onPress=${pages.more} test="more">${t("list.more")}</${Button}>`
      : html`<span>${end ?? t("list.end", { n: pages.items.length })}</span>`}
  </div>`;
}

/** `Select({label, value, options, onChange, hint})`; options are `[[value, words], …]`. */
export function Select({ label, value, options, onChange, hint, test }) {
  const id = useId();
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    <div class="field-line"><select class="field-input con-select" id=${id} value=${value} data-test=${test}
        onChange=${(event) => onChange(event.currentTarget.value)}>
      ${options.map(([name, words]) => html`<option key=${name} value=${name} selected=${name === value}>${words}</option>`)}
    </select><${Icon} name="chevron-down" class="con-select-sign" /></div>
    <p class="field-says">${hint ?? ""}</p>
  </div>`;
}

/** `Checks({label, all, chosen, onChange, note})`: any of these; `all` is `[[value, words, note], …]`. */
export function Checks({ label, all, chosen, onChange, test }) {
  const toggle = (name) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return html`<fieldset class="con-checks" data-test=${test}><legend class="field-label">${label}</legend>
    ${all.map(([name, words, note]) => html`<label key=${name} class="con-check">
      <input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} data-test="check-${name}" />
      <span>${words}${note && html`<small>${note}</small>`}</span></label>`)}
  </fieldset>`;
}

/** `Segments({label, value, options, onChange})`: one of a few. */
export function Segments({ label, value, options, onChange, test }) {
  return html`<div class="segments" role="radiogroup" aria-label=${label} data-test=${test}>
    ${options.map(([name, words]) => html`<button key=${name} type="button" role="radio" class="segment"
      aria-checked=${name === value} onClick=${() => onChange(name)} data-test="${test}-${name}">${words}</button>`)}
  </div>`;
}

/** `Act({open, title, lead, go, danger, onClose, onSubmit, children, doubt})`: a form in a sheet; refusals stay in it. */
export function Act({ open, title, lead, go: words, danger = false, onClose, onSubmit, children, doubt = false, test }) {
  const [busy, run] = useBusy();
  const [wrong, setWrong] = useState("");
  useLayoutEffect(() => { if (open) setWrong(""); }, [open]);
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      setWrong("");
      try {
        await onSubmit();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Sheet} open=${open} title=${title} onClose=${onClose} busy=${busy} test=${test}>
    <form class="sheet-form" onSubmit=${submit} noValidate>
      ${lead && html`<p class="sheet-lead con-sheet-lead">${lead}</p>`}
      ${children}
      ${doubt && html`<${Note} kind="warn" icon="wifi-off" live>${t("keyed.doubt")}</${Note}>`}
      ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
      <${Button} type="submit" kind=${danger ? "danger" : "primary"} busy=${busy} test="go">${words}</${Button}>
    </form>
  </${Sheet}>`;
}

/** `Secret({open, title, text, secret, onClose})`: shown this once; closing says that it was kept. */
export function Secret({ open, title, text, secret, note, onClose }) {
  return html`<${Sheet} open=${open} title=${title} test="secret">
    <div class="sheet-form">
      <p class="sheet-lead con-sheet-lead">${text}</p>
      <div class="con-secret"><code data-test="secret-text">${secret}</code><${Copy} text=${secret} /></div>
      ${note && html`<${Note} icon="info">${note}</${Note}>`}
      <${Button} onPress=${onClose} test="secret-kept" data-focus>${t("secret.kept")}</${Button}>
    </div>
  </${Sheet}>`;
}

/** `Facts({rows})`: names and values; rows are `[words, value, {mono, wide}]`, empty ones are left out. */
export function Facts({ rows }) {
  return html`<dl class="con-facts">${rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(
    ([words, value]) => html`<div key=${words}><dt>${words}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** An id in small type that can be copied. */
export function Id({ text }) {
  return html`<span class="con-id"><code class="code">${text}</code><${Copy} text=${text} label="" /></span>`;
}

/** A panel with a heading. */
export function Panel({ title, tail, children, test }) {
  return html`<section class="con-panel" data-test=${test}>
    ${title && html`<div class="con-panel-head"><h2>${title}</h2>${tail}</div>`}
    ${children}</section>`;
}

/** Turning beside what is being asked anew. */
export function Turning({ busy }) {
  return busy ? html`<${Ring} />` : null;
}
