// Choosing where messages go on to, reading several that came as one, and choosing a contact to tell of.
import { html, useState } from "../../dom.js";
import { newKey, post } from "../../api.js";
import { rows } from "../../chat/live.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { momentOf } from "../../time.js";
import { Button, Sheet, useBusy, useToast } from "../../ui.js";
import { Avatar } from "../avatar.js";
import { useContacts } from "../contacts_kept.js";
import { Body, shapeOf } from "./bodies.js";

const fits = (words, name) => name.toLowerCase().includes(words.trim().toLowerCase());

function Search({ words, setWords }) {
  return html`<input class="weui-input search-field" type="search" value=${words} placeholder=${t("search")} aria-label=${t("search")}
    onInput=${(event) => setWords(event.currentTarget.value)} data-test="pick-search" />`;
}

/** `ForwardSheet({open, from, numbers, onClose})`: `onClose(true)` once they are sent. */
export function ForwardSheet({ open, from, numbers, onClose }) {
  const [words, setWords] = useState("");
  const [target, setTarget] = useState(null);
  const [busy, run] = useBusy();
  const toast = useToast();
  const close = (done) => {
    setTarget(null);
    setWords("");
    onClose(done);
  };
  const send = (together) => run(async () => {
    try {
      await post(`/v1/conversations/${target.c}/forwards`, { from, numbers, together }, { key: newKey() });
      close(true);
    } catch (error) {
      toast(sentence(error));
    }
  });
  const found = (rows.value ?? []).filter((row) => !row.left && row.k !== "account" && fits(words, row.title));
  return html`<${Sheet} open=${open} title=${target ? target.title : t("forward.to")} onClose=${() => close(false)} busy=${busy} test="forward-sheet">
    ${target ? html`<div class="sheet-form">
        <p class="sheet-lead">${t("forward.ask", { n: numbers.length, title: target.title })}</p>
        <${Button} onPress=${() => send(false)} busy=${busy} test="forward-go">${t(numbers.length > 1 ? "forward.each" : "forward")}</${Button}>
        ${numbers.length > 1 && html`<${Button} kind="plain" onPress=${() => send(true)} busy=${busy} test="forward-together">${t("forward.together")}</${Button}>`}
      </div>`
      : html`<${Search} words=${words} setWords=${setWords} />
        <div class="people-list">${found.map((row) => html`<button key=${row.c} type="button" class="person-row" onClick=${() => setTarget(row)}
          data-test="forward-target"><${Avatar} name=${row.title} media=${row.peer?.avatar} group=${row.k === "group"} /><bdi>${row.title}</bdi></button>`)}</div>
        ${!found.length && html`<p class="empty-line">${t("search.nothing")}</p>`}`}
  </${Sheet}>`;
}

/** `ForwardedSheet({entry, onClose})`: messages that came as one. */
export function ForwardedSheet({ entry, onClose }) {
  const items = entry?.b.items ?? [];
  return html`<${Sheet} open=${Boolean(entry)} title=${entry?.b.title || t("forward.title")} onClose=${onClose} test="forwarded">
    <ol class="forwarded">${items.map((one, place) => html`<li key=${place} class="forwarded-one">
      <p class="forwarded-who"><bdi>${one.name}</bdi><time>${momentOf(Date.parse(one.ts))}</time></p>
      <div class="bubble bubble-${shapeOf(one)}"><${Body} entry=${{ ...one, s: 1, at: [] }} /></div></li>`)}</ol>
  </${Sheet}>`;
}

/** `ContactSheet({open, onPick, onClose})`: one of my contacts. */
export function ContactSheet({ open, onPick, onClose }) {
  const [words, setWords] = useState("");
  const contacts = useContacts(open);
  const found = contacts.filter((one) => fits(words, `${one.remark} ${one.name} ${one.handle}`));
  return html`<${Sheet} open=${open} title=${t("contact.pick")} onClose=${onClose} test="contact-sheet">
    <${Search} words=${words} setWords=${setWords} />
    <div class="people-list">${found.map((one) => html`<button key=${one.id} type="button" class="person-row" onClick=${() => onPick(one)}
      data-test="pick-contact"><${Avatar} name=${one.name} media=${one.avatar} /><bdi>${one.remark || one.name}</bdi></button>`)}</div>
    ${!found.length && html`<p class="empty-line">${t("contacts.none")}</p>`}
  </${Sheet}>`;
}
