// The second tab: requests, groups, tags, and everybody by the first sign of the name.
import { html, useState } from "../dom.js";
import { put } from "../api.js";
import { rows } from "../chat/live.js";
import { t } from "../i18n.js";
import { place, to } from "../router.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { momentOf } from "../time.js";
import { Button, Icon, Loading, Trouble, useToast } from "../ui.js";
import { Avatar, Badge } from "./avatar.js";
import { contacts, contactsTrouble, learnContacts, requests, useContacts, waiting } from "./contacts_kept.js";
import { Page } from "./parts.js";

const called = (one) => one.remark || one.name;

/** Latin letters each, then digits and signs; Chinese and other scripts by their first sign's script. */
function initial(name) {
  const sign = name.trim().normalize("NFKD").charAt(0).toUpperCase();
  if (/[A-Z]/.test(sign)) return sign;
  if (/\p{Script=Han}/u.test(sign)) return t("contacts.han");
  return "#";
}

/** `[[initial, [contact …]]]` in the order of the list. */
export function byInitial(list) {
  const found = new Map();
  for (const one of [...list].sort((a, b) => called(a).localeCompare(called(b), "zh-CN"))) {
    const key = initial(called(one));
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  const rank = (key) => (key === "#" ? 2 : /[A-Z]/.test(key) && key.length === 1 ? 0 : 1);
  return [...found].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** The list of contacts. */
export function Contacts() {
  const all = useContacts();
  const [words, setWords] = useState("");
  const low = words.trim().toLowerCase();
  const found = low ? all.filter((one) => `${one.remark} ${one.name} ${one.handle} ${one.tags.join(" ")}`.toLowerCase().includes(low)) : all;
  return html`<section class="pane" data-test="contacts">
    <header class="pane-head"><h1>${t("tab.contacts")}</h1>
      <a class="icon-button" href=${to("/contacts/add")} aria-label=${t("add.title")} data-test="add-contact"><${Icon} name="user-round-plus" /></a></header>
    <div class="pane-tools"><input class="weui-input search-field" type="search" value=${words} placeholder=${t("contacts.search")}
      aria-label=${t("contacts.search")} onInput=${(event) => setWords(event.currentTarget.value)} data-search data-test="contacts-search" /></div>
    <div class="pane-body">
      ${!low && html`<${Way} path="/contacts/requests" icon="user-round-plus" words=${t("requests.title")} n=${waiting().length} test="requests" />
        <${Way} path="/contacts/groups" icon="users-round" words=${t("groups.title")} test="groups" />
        <${Way} path="/contacts/accounts" icon="newspaper" words=${t("accounts.title")} test="accounts" />
        <${Way} path="/contacts/tags" icon="tag" words=${t("tags.title")} test="tags" />`}
      ${contacts.value === null ? contactsTrouble.value
          ? html`<${Trouble} error=${contactsTrouble.value} onAgain=${learnContacts} />` : html`<${Loading} lines=${6} />`
        : found.length ? byInitial(found).map(([key, list]) => html`<div key=${key} class="people-group" role="group" aria-label=${key}>
            <h2 class="people-initial">${key}</h2>${list.map((one) => html`<${PersonRow} key=${one.id} person=${one} />`)}</div>`)
        : html`<p class="empty-line" data-test="no-contacts">${t(low ? "search.nothing" : "contacts.none")}</p>`}
      ${!low && all.length > 0 && html`<p class="end-line">${t("contacts.n", { n: all.length })}</p>`}
    </div></section>`;
}

function Way({ path, icon, words, n = 0, test }) {
  const here = place.value.path === path;
  return html`<a class="person-row person-way" href=${to(path)} aria-current=${here ? "page" : undefined} data-row data-test=${test}>
    <span class="way-sign"><${Icon} name=${icon} /></span><span>${words}</span><${Badge} n=${n} label=${t("requests.n", { n })} /></a>`;
}

/** One person in a list, leading to the profile. */
export function PersonRow({ person, note }) {
  const path = `/p/${person.id}`;
  return html`<a class="person-row" href=${to(path)} aria-current=${place.value.path === path ? "page" : undefined} data-row data-test="person">
    <${Avatar} name=${person.name} media=${person.avatar} />
    <span class="person-words"><bdi class="person-name">${called(person)}</bdi>${note && html`<span class="person-note">${note}</span>`}</span></a>`;
}

/** Who asks to be a contact, and whom I asked. */
export function Requests() {
  useContacts();
  const toast = useToast();
  const answer = (id, accept) => put(`/v1/contact-requests/${id}`, { accept }).then(learnContacts, (error) => toast(sentence(error)));
  const all = requests.value;
  return html`<${Page} title=${t("requests.title")} back="/contacts" test="requests-page">
    ${all === null ? html`<${Loading} />`
      : all.length ? html`<ul class="card-list">${all.map((one) => html`<li key=${one.id} class="request" data-test="request">
          <a href=${to(`/p/${one.peer.id}`)} class="request-who"><${Avatar} name=${one.peer.name} media=${one.peer.avatar} />
            <span class="person-words"><bdi class="person-name">${one.peer.name}</bdi><span class="person-note"><bdi>${one.text || momentOf(Date.parse(one.at))}</bdi></span></span></a>
          ${one.state === "open" && one.to === me.value.id ? html`<span class="request-ways">
              <${Button} small kind="plain" onPress=${() => answer(one.id, false)} test="decline">${t("requests.decline")}</${Button}>
              <${Button} small onPress=${() => answer(one.id, true)} test="accept">${t("requests.accept")}</${Button}></span>`
            : html`<span class="request-state">${t(`requests.${one.to === me.value.id ? "in" : "out"}_${one.state}`)}</span>`}
        </li>`)}</ul>`
      : html`<p class="empty-line">${t("requests.none")}</p>`}
  </${Page}>`;
}

/** The groups I am in. */
export function Groups() {
  const found = (rows.value ?? []).filter((row) => row.k === "group" && !row.left);
  return html`<${Page} title=${t("groups.title")} back="/contacts" test="groups-page">
    ${found.length ? html`<div class="card-list">${found.map((row) => html`<a key=${row.c} class="person-row" href=${to(`/chats/${row.c}`)}>
        <${Avatar} name=${row.title} group /><span class="person-words"><bdi class="person-name">${row.title}</bdi>
        <span class="person-note">${t("members.n", { n: row.size })}</span></span></a>`)}</div>`
      : html`<p class="empty-line">${t("groups.none")}</p>`}
  </${Page}>`;
}

/** Contacts by the tags I gave them. */
export function Tags() {
  const all = useContacts();
  const tags = [...new Set(all.flatMap((one) => one.tags))].sort((a, b) => a.localeCompare(b, "zh-CN"));
  return html`<${Page} title=${t("tags.title")} back="/contacts" test="tags-page">
    ${tags.length ? tags.map((tag) => html`<div key=${tag} class="cells-group"><h2 class="weui-cells__title cells-title">${tag}</h2>
        <div class="card-list">${all.filter((one) => one.tags.includes(tag)).map((one) => html`<${PersonRow} key=${one.id} person=${one} />`)}</div></div>`)
      : html`<p class="empty-line">${t("tags.none")}</p>`}
  </${Page}>`;
}
