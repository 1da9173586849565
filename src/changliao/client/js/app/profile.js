// A person's page, finding one by the handle, and my own card.
import { html, useEffect, useState } from "../dom.js";
import { get, patch, post, put, remove } from "../api.js";
import { take } from "../chat/live.js";
import { know } from "../chat/people.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { Ask, Button, Cells, Field, Note, Sheet, useBusy, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { Avatar } from "./avatar.js";
import { contacts, learnContacts } from "./contacts_kept.js";
import { Line, Page, Qr } from "./parts.js";
import { report } from "./safety.js";

/** `Profile({id})` */
export function Profile({ id }) {
  const asked = useAsked(() => get(`/v1/people/${id}`).then((one) => (know([one]), one)), [id]);
  return html`<${Page} title=${t("profile.title")} back="/contacts" test="profile">
    <${Asked} asked=${asked} lines=${4}>${(person) => html`<${Card} person=${person} again=${asked.again} />`}</${Asked}></${Page}>`;
}

/** `ByHandle({handle})`: where /u/{handle} leads. */
export function ByHandle({ handle }) {
  const path = `/v1/people?handle=${encodeURIComponent(handle)}`;
  const asked = useAsked(() => get(path).then((one) => (know([one]), one)), [path]);
  return html`<${Page} title=${t("profile.title")} back="/contacts" test="profile">
    <${Asked} asked=${asked} lines=${4}>${(person) => html`<${Card} person=${person} again=${asked.again} />`}</${Asked}></${Page}>`;
}

function Card({ person, again }) {
  const { id, handle, name, avatar, region, bio, relation, remark } = person;
  return html`<div class="profile-card" data-test="profile-card" data-relation=${relation}>
      <${Avatar} name=${name} media=${avatar} size="l" />
      <div class="profile-words"><h2 class="profile-name"><bdi>${remark || name}</bdi></h2>
        ${remark && html`<p class="profile-line"><bdi>${t("profile.name", { name })}</bdi></p>`}
        <p class="profile-line">@${handle}</p>${region && html`<p class="profile-line"><bdi>${region}</bdi></p>`}</div></div>
    ${bio && html`<p class="profile-bio" dir="auto">${bio}</p>`}
    ${relation === "contact" && html`<${Mine} person=${person} again=${again} />`}
    <${Ways} person=${person} again=${again} />`;
}

function Mine({ person, again }) {
  const kept = contacts.value?.find(({ id }) => id === person.id);
  useEffect(() => { if (!contacts.value) learnContacts(); }, []);
  const save = async (change) => {
    await patch(`/v1/contacts/${person.id}`, change);
    await Promise.all([learnContacts(), again()]);
  };
  const tags = (text) => [...new Set(text.split(/[,，、]/).map((one) => one.trim()).filter(Boolean))];
  return html`<${Cells}>
    <${Line} title=${t("remark")} value=${person.remark ?? kept?.remark} onSave=${(text) => save({ remark: text })} test="remark" />
    <${Line} title=${t("tags.title")} value=${kept?.tags.join("、")} hint=${t("tags.hint")} max=${200} onSave=${(text) => save({ tags: tags(text) })} test="tags-of" />
  </${Cells}>`;
}

function Ways({ person, again }) {
  const { id, relation, request } = person;
  const [asking, setAsking] = useState("");
  const toast = useToast();
  const tell = (error) => toast(sentence(error));
  const talk = () => post("/v1/conversations", { person: id }).then((row) => go(`/chats/${take(row).c}`), tell);
  const answer = (accept) => put(`/v1/contact-requests/${request}`, { accept }).then(() => Promise.all([learnContacts(), again()]), tell);
  const leave = () => remove(`/v1/contacts/${id}`).then(() => { learnContacts(); go("/contacts"); }, tell).finally(() => setAsking(""));
  const block = (on) => (on ? put(`/v1/blocks/${id}`, {}) : remove(`/v1/blocks/${id}`)).then(again, tell).finally(() => setAsking(""));
  if (relation === "self") return html`<div class="profile-ways"><${Button} kind="plain" onPress=${() => go("/me/profile")}>${t("profile.edit")}</${Button}></div>`;
  return html`<div class="profile-ways">
    ${relation === "contact" && html`<${Button} onPress=${talk} test="talk">${t("profile.talk")}</${Button}>`}
    ${relation === "stranger" && html`<${Button} onPress=${() => setAsking("add")} test="ask-contact">${t("add.go")}</${Button}>`}
    ${relation === "requested" && html`<${Note} test="requested">${t("add.waiting")}</${Note}>`}
    ${relation === "asked" && html`<${Button} onPress=${() => answer(true)} test="accept">${t("requests.accept_long")}</${Button}>
      <${Button} kind="plain" onPress=${() => answer(false)} test="decline">${t("requests.decline")}</${Button}>`}
    ${relation === "blocked" ? html`<${Note} kind="warn">${t("block.on")}</${Note}><${Button} kind="plain" onPress=${() => block(false)} test="unblock">${t("block.lift")}</${Button}>`
      : html`<${Button} kind="quiet-danger" onPress=${() => setAsking("block")} test="block">${t("block")}</${Button}>`}
    ${relation === "contact" && html`<${Button} kind="quiet-danger" onPress=${() => setAsking("leave")} test="unfriend">${t("unfriend")}</${Button}>`}
    <${Button} kind="quiet-danger" onPress=${() => report({ what: "person", person: id })} test="report">${t("report")}</${Button}>
  </div>
  <${AskContact} open=${asking === "add"} person=${person} onClose=${() => setAsking("")} onDone=${() => { learnContacts(); again(); }} />
  <${Ask} open=${asking === "leave"} title=${t("unfriend")} text=${t("unfriend.ask", { name: person.remark || person.name })} yes=${t("unfriend.go")} danger
    onYes=${leave} onNo=${() => setAsking("")} />
  <${Ask} open=${asking === "block"} title=${t("block")} text=${t("block.ask", { name: person.remark || person.name })} yes=${t("block.go")} danger
    onYes=${() => block(true)} onNo=${() => setAsking("")} />`;
}

function AskContact({ open, person, onClose, onDone }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const hello = t("add.hello", { name: me.value.name });
  const send = (event) => {
    event.preventDefault();
    run(async () => {
      try {
        await post("/v1/contact-requests", { person: person.id, text: text.trim() || hello });
        onClose();
        onDone();
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Sheet} open=${open} title=${t("add.ask_title", { name: person.name })} onClose=${onClose} busy=${busy} test="ask-sheet">
    <form class="sheet-form" onSubmit=${send}><${Field} label=${t("add.words")} value=${text} onInput=${setText} placeholder=${hello} error=${wrong}
      maxlength="100" data-focus test="ask-words" /><${Button} type="submit" busy=${busy} test="ask-send">${t("send.go")}</${Button}></form></${Sheet}>`;
}

/** An official account of this handle, where there is no person. */
const orAccount = (handle) => (error) => {
  if (error.status !== 404) throw error;
  return get(`/v1/accounts/${encodeURIComponent(handle)}`);
};

/** Finding somebody by the handle. */
export function AddContact() {
  const [handle, setHandle] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const find = (event) => {
    event.preventDefault();
    const said = handle.trim().replace(/^@/, "").toLowerCase();
    if (!said) {
      setWrong(t("sign_in.handle_missing"));
      return;
    }
    run(async () => {
      try {
        const person = await get(`/v1/people?handle=${encodeURIComponent(said)}`).catch(orAccount(said));
        if (person.followers !== undefined) return go(`/accounts/${person.id}`);
        know([person]);
        return go(`/u/${person.handle}`);
      } catch (error) {
        return setWrong(error.status === 404 ? t("add.nobody", { handle: said }) : sentence(error));
      }
    });
  };
  return html`<${Page} title=${t("add.title")} back="/contacts" test="add">
    <form class="add-form" onSubmit=${find} noValidate><${Field} label=${t("sign_in.handle")} lead="@" value=${handle}
      onInput=${(text) => { setHandle(text); setWrong(""); }} error=${wrong} autocapitalize="none" spellcheck=${false} maxlength="21" test="find-handle" />
      <${Button} type="submit" busy=${busy} test="find">${t("add.find")}</${Button}></form>
    <${Qr} path=${`/u/${me.value.handle}`} words=${t("card.scan", { handle: me.value.handle })} /></${Page}>`;
}

/** My own QR code. */
export function MyCard() {
  const { name, handle, avatar } = me.value;
  return html`<${Page} title=${t("card.mine")} back="/me" test="my-card-page">
    <div class="profile-card"><${Avatar} name=${name} media=${avatar} size="l" /><div class="profile-words">
      <h2 class="profile-name"><bdi>${name}</bdi></h2><p class="profile-line">@${handle}</p></div></div>
    <${Qr} path=${`/u/${handle}`} words=${t("card.scan", { handle })} /></${Page}>`;
}
