// Who listens and speaks in a group beside its members: bots, and addresses by which other systems post.
import { html, useState } from "../../dom.js";
import { get, newKey, post, put, remove } from "../../api.js";
import { rowOf } from "../../chat/live.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Ask, Button, Cell, Cells, Field, Sheet, useToast } from "../../ui.js";
import { Copy } from "../../ui/desktop.js";
import { Asked, useAsked } from "../../wallet/frame.js";
import { Avatar } from "../avatar.js";
import { Page, Turn } from "../parts.js";

/** `Bots({c})` */
export function Bots({ c }) {
  const row = rowOf(c);
  const may = (row?.role === "owner" || row?.role === "admin") && !row.left;
  return html`<${Page} title=${t("bots.title")} back=${`/chats/${c}/info`} test="bots-page">
    <${Seats} c=${c} may=${may} />
    ${may && html`<${Hooks} c=${c} />`}
  </${Page}>`;
}

function Seats({ c, may }) {
  const path = `/v1/conversations/${c}/bots`;
  const asked = useAsked(() => get(path), [c]);
  const [finding, setFinding] = useState(false);
  const [open, setOpen] = useState("");
  const toast = useToast();
  const change = (id, what) => put(`${path}/${id}`, what).then(asked.again, (error) => toast(sentence(error)));
  const leave = (id) => remove(`${path}/${id}`).then(asked.again, (error) => toast(sentence(error))).finally(() => setOpen(""));
  return html`<${Asked} asked=${asked}>${({ items }) => html`
    ${items.length === 0 && html`<p class="empty-line">${t("bots.none")}</p>`}
    ${items.map((one) => html`<${Cells} key=${one.id} note=${t(one.hears === "all" ? "bots.hears_all_note" : "bots.hears_called_note")}>
      <div class="request" data-test="bot-${one.handle}"><span class="request-who"><${Avatar} name=${one.name} media=${one.avatar} />
        <span class="cell-words"><bdi class="person-name">${one.name}</bdi>
          <span class="cell-note">@${one.handle} · <bdi>${one.partner}</bdi></span></span></span></div>
      ${one.watches ? html`<${Cell} title=${t("bots.watches")} />`
        : html`<${Turn} title=${t("bots.hears_all")} on=${one.hears === "all"} disabled=${!may}
            onTurn=${(on) => change(one.id, { hears: on ? "all" : "called" })} test="hears-${one.handle}" />`}
      ${!one.watches && one.gate && html`<${Turn} title=${t("bots.gated")} note=${t("bots.gated_note")} on=${one.gated} disabled=${!may}
        onTurn=${(on) => change(one.id, { gated: on })} test="gated-${one.handle}" />`}
      ${may && !one.watches && html`<${Cell} title=${t("bots.remove")} danger onPress=${() => setOpen(one.id)} test="remove-${one.handle}" />`}
    </${Cells}>`)}
    ${may && html`<${Cells}><${Cell} title=${t("bots.add")} icon="plus" onPress=${() => setFinding(true)} test="add-bot" /></${Cells}>`}
    <${Find} open=${finding} there=${items.map(({ id }) => id)} onPick=${(id) => change(id, {}).then(() => setFinding(false))}
      onClose=${() => setFinding(false)} />
    <${Ask} open=${Boolean(open)} title=${t("bots.remove")} text=${t("bots.remove_ask")} yes=${t("bots.remove_go")} danger
      onYes=${() => leave(open)} onNo=${() => setOpen("")} />`}</${Asked}>`;
}

function Find({ open, there, onPick, onClose }) {
  const [words, setWords] = useState("");
  const handle = /^@([a-z][a-z0-9_]{2,19})$/.exec(words.trim())?.[1];
  const query = handle ? `handle=${handle}` : `q=${encodeURIComponent(words.trim())}`;
  const asked = useAsked(() => (open ? get(`/v1/listed-bots?${query}`) : Promise.resolve({ items: [] })), [open, query]);
  return html`<${Sheet} open=${open} title=${t("bots.add")} onClose=${onClose} test="find-bot">
    <${Field} label=${t("bots.find")} value=${words} onInput=${setWords} test="find-words" />
    <${Asked} asked=${asked}>${({ items }) => {
      const found = items.filter(({ id }) => !there.includes(id));
      return found.length ? html`<div class="menu-list">${found.map((one) => html`<button key=${one.id} type="button" class="menu-item"
          onClick=${() => onPick(one.id)} data-test="found-${one.handle}"><${Avatar} name=${one.name} media=${one.avatar} size="s" />
          <bdi>${one.name}</bdi><span class="mention-handle">@${one.handle} · <bdi>${one.partner}</bdi></span></button>`)}</div>`
        : html`<p class="empty-line">${t("bots.none_found")}</p>`;
    }}</${Asked}></${Sheet}>`;
}

function Hooks({ c }) {
  const path = `/v1/conversations/${c}/hooks`;
  const asked = useAsked(() => get(path), [c]);
  const [made, setMade] = useState(null);
  const [naming, setNaming] = useState(null);
  const [wrong, setWrong] = useState("");
  const [ending, setEnding] = useState("");
  const toast = useToast();
  const make = (event) => {
    event.preventDefault();
    return post(path, { name: naming.trim() }, { key: newKey() }).then((one) => {
      setNaming(null);
      setWrong("");
      setMade(one);
      asked.again();
    }, (error) => setWrong(sentence(error)));
  };
  const end = () => remove(`${path}/${ending}`).then(asked.again, (error) => toast(sentence(error))).finally(() => setEnding(""));
  return html`<${Asked} asked=${asked}>${({ items }) => html`<${Cells} note=${t("hooks.note")}>
      ${items.map((one) => html`<${Cell} key=${one.id} title=${html`<bdi>${one.name}</bdi>`} onPress=${() => setEnding(one.id)} test="hook" />`)}
      <${Cell} title=${t("hooks.add")} icon="plus" onPress=${() => setNaming("")} test="add-hook" />
    </${Cells}>`}</${Asked}>
    <${Sheet} open=${naming !== null} title=${t("hooks.add")} onClose=${() => setNaming(null)} test="hook-sheet">
      <form class="sheet-form" onSubmit=${make}><${Field} label=${t("hooks.name")} value=${naming ?? ""} onInput=${setNaming} error=${wrong}
          maxlength=${40} data-focus test="hook-name" />
        <${Button} type="submit" test="hook-save">${t("save")}</${Button}></form></${Sheet}>
    <${Sheet} open=${Boolean(made)} title=${t("hooks.made")} onClose=${() => setMade(null)} test="hook-made">
      <p class="empty-line">${t("hooks.made_text")}</p>
      <div class="link-line"><code class="code" data-test="hook-url">${made?.url}</code><${Copy} text=${made?.url ?? ""} /></div>
      <${Button} onPress=${() => setMade(null)} test="hook-done">${t("hooks.done")}</${Button}></${Sheet}>
    <${Ask} open=${Boolean(ending)} title=${t("hooks.end")} text=${t("hooks.end_ask")} yes=${t("hooks.end_go")} danger
      onYes=${end} onNo=${() => setEnding("")} />`;
}
