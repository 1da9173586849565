// One's passkeys: add, name, take away; or one sentence why there are none here.
import { html, useState } from "../dom.js";
import { get, post, put, remove } from "../api.js";
import { t } from "../i18n.js";
import { makePasskey } from "../passkeys.js";
import { sentence } from "../say.js";
import { whyNoPasskeys } from "../secure.js";
import { learnMe } from "../session.js";
import { ago } from "../time.js";
import { Ask, Button, Cell, Cells, Field, Note, Sheet, useBusy, useToast } from "../ui.js";
import { Asked, useAsked } from "./frame.js";

const path = (id) => `/v1/passkeys/${encodeURIComponent(id)}`;

/** The passkeys of who is signed in. */
export function Passkeys() {
  const asked = useAsked(() => get("/v1/passkeys"), []);
  const [sheet, setSheet] = useState(null); // {add: true}, {one} to name, {one, gone: true}
  const say = useToast();
  const why = whyNoPasskeys();
  const done = async (words) => {
    setSheet(null);
    if (words) say(t(words));
    await Promise.all([asked.again(), learnMe()]);
  };
  const takeAway = async () => {
    try {
      await remove(path(sheet.one.id));
      await done("passkeys.gone");
    } catch (error) {
      setSheet(null);
      say(sentence(error));
    }
  };
  return html`<${Asked} asked=${asked}>${({ items }) => html`
    <${Cells} title=${t("passkeys.title")} note=${t("passkeys.what")}>
      ${items.map((one) => html`<${Cell} key=${one.id} icon="key-round" title=${html`<bdi>${one.name}</bdi>`}
        note=${noteOf(one)} test="passkey-${one.id}"
        tail=${html`<${Button} kind="link" onPress=${() => setSheet({ one })} test="passkey-name"
            aria-label=${`${t("passkeys.rename")}: ${one.name}`}>${t("passkeys.rename")}</${Button}>
          <${Button} kind="link" onPress=${() => setSheet({ one, gone: true })} test="passkey-remove"
            aria-label=${`${t("passkeys.remove")}: ${one.name}`}>${t("passkeys.remove")}</${Button}>`} />`)}
      ${!why && html`<${Cell} icon="plus" title=${t("passkeys.add")} onPress=${() => setSheet({ add: true })}
        test="passkey-add" />`}
    </${Cells}>
    ${why && html`<${Note} test="no-passkeys">${why}</${Note}>`}`}
  </${Asked}>
  <${Sheet} open=${Boolean(sheet?.add)} title=${t("passkeys.add")} onClose=${() => setSheet(null)} test="passkey-sheet">
    ${sheet?.add && html`<${Add} onDone=${() => done("passkeys.added")} />`}
  </${Sheet}>
  <${Sheet} open=${Boolean(sheet?.one && !sheet.gone)} title=${t("passkeys.rename")} onClose=${() => setSheet(null)}>
    ${sheet?.one && !sheet.gone && html`<${Rename} one=${sheet.one} onDone=${() => done()} />`}
  </${Sheet}>
  <${Ask} open=${Boolean(sheet?.gone)} title=${t("passkeys.remove")} danger yes=${t("passkeys.remove")}
    text=${t("passkeys.remove_says", { name: sheet?.one?.name ?? "" })} onYes=${takeAway} onNo=${() => setSheet(null)} />`;
}

function noteOf({ used_at: used, created_at: made, synced }) {
  const when = used ? t("sessions.seen", { when: ago(Date.parse(used)) }) : t("passkeys.made", { when: ago(Date.parse(made)) });
  return synced ? `${when} · ${t("passkeys.synced")}` : when;
}

function Add({ onDone }) {
  const [said, setSaid] = useState({ name: "", password: "" });
  const [wrong, setWrong] = useState({});
  const [busy, run] = useBusy();
  const put_ = (field) => (text) => {
    setSaid((before) => ({ ...before, [field]: text }));
    setWrong({});
  };
  const add = async () => {
    if (!said.password) {
      setWrong({ password: t("sign_in.password_missing") });
      return;
    }
    try {
      const asked = await post("/v1/passkeys/registrations", { password: said.password });
      const registration = await makePasskey(asked.public_key);
      await post("/v1/passkeys", { name: said.name.trim() || t("passkeys.this"), registration });
      await onDone();
    } catch (error) {
      const text = error.code === "wrong_password" ? t("pin_set.wrong_password") : sentence(error);
      setWrong({ [["name", "password"].includes(error.field) ? error.field : "form"]: text });
    }
  };
  const send = (event) => {
    event.preventDefault();
    run(add);
  };
  return html`<form class="sheet-form" onSubmit=${send} noValidate>
    <p class="sheet-lead">${t("passkeys.add_says")}</p>
    ${wrong.form && html`<${Note} kind="bad" live test="passkey-wrong">${wrong.form}</${Note}>`}
    <${Field} label=${t("passkeys.name")} value=${said.name} onInput=${put_("name")} error=${wrong.name}
      placeholder=${t("passkeys.this")} maxlength="40" test="passkey-name-new" />
    <${Field} label=${t("sign_in.password")} type="password" value=${said.password} onInput=${put_("password")}
      error=${wrong.password} hint=${t("pin_set.prove")} autocomplete="current-password" data-focus test="passkey-password" />
    <${Button} type="submit" busy=${busy} test="passkey-go">${t("passkeys.go")}</${Button}>
  </form>`;
}

function Rename({ one, onDone }) {
  const [name, setName] = useState(one.name);
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const save = async () => {
    try {
      await put(path(one.id), { name });
      await onDone();
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  const send = (event) => {
    event.preventDefault();
    run(save);
  };
  return html`<form class="sheet-form" onSubmit=${send} noValidate>
    <${Field} label=${t("passkeys.name")} value=${name} onInput=${(text) => { setName(text); setWrong(""); }}
      error=${wrong} maxlength="40" data-focus test="passkey-rename" />
    <${Button} type="submit" busy=${busy} test="passkey-save">${t("pin_set.save")}</${Button}>
  </form>`;
}
