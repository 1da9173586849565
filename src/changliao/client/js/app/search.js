// One box over everything: what this device knows at once, what the server finds after a breath.
import { html, useEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { rows } from "../chat/live.js";
import { has, t } from "../i18n.js";
import { go, place, to } from "../router.js";
import { momentOf } from "../time.js";
import { Icon, Loading, Trouble } from "../ui.js";
import { Avatar } from "./avatar.js";
import { contacts, useContacts } from "./contacts_kept.js";
import { PersonRow } from "./contacts.js";

const BREATH_MS = 250;
const KNOWN_MAX = 5;

/** `Search({inside})`: `inside` is the conversation that is searched, or all. */
export function Search({ inside = "" }) {
  const [words, setWords] = useState(place.value.query.get("q") ?? "");
  const field = useRef(null);
  const [only, setOnly] = useState(inside ? "messages" : "");
  const asked = useFound(words.trim(), inside, only);
  useContacts();
  useEffect(() => { field.current?.focus(); }, []);
  const here = (rows.value ?? []).find(({ c }) => c === inside);
  const back = inside ? `/chats/${inside}` : "/chats";
  const onKeyDown = (event) => {
    if (event.key === "Escape") go(back);
    if (event.key === "ArrowDown") field.current.closest(".pane").querySelector("[data-row]")?.focus();
  };
  const known = only ? NOBODY : knownOf(words.trim().toLowerCase());
  const write = (event) => {
    setWords(event.currentTarget.value);
    if (!inside) setOnly("");
  };
  return html`<section class="pane" data-test="search-page">
    <header class="pane-head pane-head-search"><a class="icon-button" href=${to(back)} aria-label=${t("back")}><${Icon} name="chevron-left" /></a>
      <h1 class="visually-hidden">${t("search")}</h1>
      <input ref=${field} class="weui-input search-field" type="search" value=${words} onKeyDown=${onKeyDown} aria-label=${t("search")}
        placeholder=${inside ? t("search.in_named", { title: here?.title ?? "" }) : t("search.all")} data-search
        onInput=${write} data-test="search-field" /></header>
    <div class="pane-body">
      ${!words.trim() ? html`<p class="empty-line">${t("search.hint")}</p>`
        : html`<${Known} known=${known} /><${Found} asked=${asked} known=${known} onOnly=${only ? null : setOnly} />`}
    </div></section>`;
}

/** What the server finds for these words, a breath after they were written: a page of `only` one kind, or some of each. */
function useFound(words, inside, only) {
  const [state, setState] = useState({ items: null, more: [], next: null, error: null });
  const ask = (after, signal) => {
    const asked = { q: words, ...(only && { kinds: only }), ...(inside && { conversation: inside }), ...(after && { after }) };
    return get(`/v1/search?${new URLSearchParams(asked)}`, { signal });
  };
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!words) return undefined;
    const stop = new AbortController();
    setState({ items: null, more: [], next: null, error: null });
    const timer = setTimeout(() => ask("", stop.signal).then(
      (found) => setState({ ...found, error: null }),
      (error) => stop.signal.aborted || setState({ items: null, more: [], next: null, error }),
    ), BREATH_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words, inside, only, turn]);
  const further = () => ask(state.next).then(({ items, next }) => setState((was) => ({ ...was, items: [...was.items, ...items], next })), (error) => setState((was) => ({ ...was, error })));
  return { ...state, further, again: () => setTurn((n) => n + 1) };
}

const NOBODY = { people: [], talks: [] };

/** Conversations and contacts by name: known here, so there at once and offline. */
function knownOf(words) {
  if (!words) return NOBODY;
  return {
    people: (contacts.value ?? []).filter((one) => `${one.remark} ${one.name} ${one.handle}`.toLowerCase().includes(words)).slice(0, KNOWN_MAX),
    talks: (rows.value ?? []).filter((row) => row.title.toLowerCase().includes(words)).slice(0, KNOWN_MAX),
  };
}

function Known({ known: { people, talks } }) {
  return html`
    ${people.length > 0 && html`<h2 class="people-initial">${t("tab.contacts")}</h2>${people.map((one) => html`<${PersonRow} key=${one.id} person=${one} note=${`@${one.handle}`} />`)}`}
    ${talks.length > 0 && html`<h2 class="people-initial">${t("tab.chats")}</h2>${talks.map((row) => html`<a key=${row.c} class="person-row" href=${to(`/chats/${row.c}`)} data-row
      data-test="found-chat"><${Avatar} name=${row.title} media=${row.peer?.avatar} group=${row.k === "group"} /><bdi class="person-name">${row.title}</bdi></a>`)}`}`;
}

/** What the server found, without what stands above already. */
function Found({ asked, known, onOnly }) {
  if (asked.error) return html`<${Trouble} error=${asked.error} onAgain=${asked.again} />`;
  if (!asked.items) return html`<${Loading} lines=${4} />`;
  const above = new Set([...known.people.map(({ id }) => id), ...known.talks.map(({ c }) => c)]);
  const items = asked.items.filter(({ kind, person, conversation }) => !(kind === "contacts" && above.has(person)) && !(kind === "conversations" && above.has(conversation)));
  if (!items.length && !above.size) return html`<p class="empty-line" data-test="nothing-found">${t("search.nothing")}</p>`;
  const kinds = [...new Set(items.map(({ kind }) => kind))];
  return html`${kinds.map((kind) => html`<div key=${kind} role="group" aria-label=${sayKind(kind)}><h2 class="people-initial">${sayKind(kind)}</h2>
      ${items.filter((one) => one.kind === kind).map((one, n) => html`<${Hit} key=${n} one=${one} />`)}
      ${onOnly && asked.more.includes(kind) && html`<button type="button" class="link end-line" onClick=${() => onOnly(kind)} data-test="more-${kind}">${t("search.more")}</button>`}</div>`)}
    ${asked.next && html`<button type="button" class="link end-line" onClick=${asked.further} data-test="further">${t("search.more")}</button>`}`;
}

const sayKind = (kind) => (has(`hit.${kind}`) ? t(`hit.${kind}`) : t("search.found"));

function hrefOf({ conversation, s, person, handle, account, article }) {
  if (conversation) return to(`/chats/${conversation}${s ? `?at=${s}` : ""}`);
  if (article) return to(`/articles/${article}`);
  if (account) return to(`/accounts/${account}`);
  return handle ? to(`/u/${handle}`) : to(`/p/${person}`);
}

function Hit({ one }) {
  const { title, avatar, at, snippet, handle } = one;
  return html`<a class="person-row hit" href=${hrefOf(one)} data-row data-test="hit">
    <${Avatar} name=${title} media=${avatar} /><span class="person-words">
      <span class="chat-top"><bdi class="person-name">${marked(title, one.title_marks)}</bdi>
        ${one.conversation && at && html`<time class="chat-time">${momentOf(Date.parse(at))}</time>`}</span>
      <span class="person-note"><bdi>${snippet ? marked(snippet, one.marks) : handle && `@${handle}`}</bdi></span></span></a>`;
}

/** What one looks for, marked where it stands: ranges in UTF-16 units. */
function marked(text, ranges = []) {
  const parts = [];
  let from = 0;
  for (const [start, end] of ranges) {
    parts.push(text.slice(from, start), html`<mark>${text.slice(start, end)}</mark>`);
    from = end;
  }
  return [...parts, text.slice(from)];
}
