// Signing in and making an account: one form with two faces, for its own page and inside the cashier.
import { html, useState } from "./dom.js";
import { post } from "./api.js";
import { fetched } from "./app/fetched.js";
import { language, t } from "./i18n.js";
import { sentence } from "./say.js";
import { whyNoPasskeys } from "./secure.js";
import { register, signIn, signInByPasskey } from "./session.js";
import { Button, Field, Icon, Note, useBusy } from "./ui.js";

const FIELDS = ["handle", "name", "password"];
const AppealSheet = fetched(() => import("./appeal.js"), "AppealSheet");

/** `SignIn({onDone, title, text})`: `onDone({password})` once somebody is signed in. */
export function SignIn({ onDone, title, text, face: first = "in" }) {
  const [face, setFace] = useState(first);
  const [said, setSaid] = useState({ handle: "", name: "", password: "" });
  const [wrong, setWrong] = useState({});
  const [appealing, setAppealing] = useState(false);
  const [busy, run] = useBusy();
  const isNew = face === "new";

  const say = (field) => (value) => {
    setSaid((before) => ({ ...before, [field]: value }));
    setWrong((before) => ({ ...before, [field]: undefined, form: undefined, suspended: false }));
  };
  const turn = () => {
    setFace(isNew ? "in" : "new");
    setWrong({});
  };
  const submit = async () => {
    const missing = FIELDS.filter((field) => (isNew || field !== "name") && !said[field].trim());
    if (missing.length) {
      setWrong(Object.fromEntries(missing.map((field) => [field, t(`sign_in.${field}_missing`)])));
      return;
    }
    try {
      if (isNew) await register({ ...said, locale: language.value });
      else await signIn(said.handle, said.password);
      await onDone({ password: said.password });
    } catch (error) {
      const field = FIELDS.includes(error.field) && (isNew || error.field !== "name") ? error.field : "form";
      setWrong({ [field]: sentence(error), suspended: error.code === "person_suspended" });
    }
  };
  const send = (event) => {
    event.preventDefault();
    run(submit);
  };
  const byPasskey = async () => {
    setWrong({});
    try {
      await signInByPasskey(said.handle);
      await onDone({});
    } catch (error) {
      setWrong({ form: sentence(error) });
    }
  };
  const appeal = (words) => post("/v1/appeals", { handle: said.handle, password: said.password, words });
  const why = whyNoPasskeys();

  return html`<form class="sign-in" onSubmit=${send} noValidate data-test="sign-in">
    <h1 class="sign-in-title">${title ?? t(isNew ? "sign_in.new_title" : "sign_in.title")}</h1>
    ${text && html`<p class="sign-in-text">${text}</p>`}
    ${wrong.form && html`<${Note} kind="bad" live test="sign-in-wrong">${wrong.form}</${Note}>`}
    ${wrong.suspended && html`<${Button} kind="plain" onPress=${() => setAppealing(true)} test="sign-in-appeal">${t("sign_in.appeal")}</${Button}>`}
    <${Field} label=${t("sign_in.handle")} value=${said.handle} onInput=${say("handle")} error=${wrong.handle}
      hint=${isNew ? t("sign_in.handle_hint") : ""} autocomplete="username" autocapitalize="none"
      spellcheck=${false} maxlength="20" test="handle" />
    ${isNew && html`<${Field} label=${t("sign_in.name")} value=${said.name} onInput=${say("name")}
      error=${wrong.name} hint=${t("sign_in.name_hint")} autocomplete="nickname" maxlength="40" test="name" />`}
    <${Field} label=${t("sign_in.password")} type="password" value=${said.password} onInput=${say("password")}
      error=${wrong.password} hint=${isNew ? t("sign_in.password_hint") : ""} maxlength="128" test="password"
      autocomplete=${isNew ? "new-password" : "current-password"} />
    <${Button} type="submit" busy=${busy} test="sign-in-go">
      ${t(isNew ? "sign_in.new_go" : "sign_in.go")}
    </${Button}>
    ${!isNew && !why && html`<${Button} kind="plain" onPress=${byPasskey} test="sign-in-passkey">
      <${Icon} name="key-round" />${t("sign_in.passkey")}</${Button}>`}
    ${!isNew && why && html`<p class="sign-in-why" data-test="no-passkeys">${why}</p>`}
    <p class="sign-in-turn">
      <span>${t(isNew ? "sign_in.have_one" : "sign_in.have_none")}</span>
      <button type="button" class="link" onClick=${turn} data-test="sign-in-turn">
        ${t(isNew ? "sign_in.go" : "sign_in.new_go")}
      </button>
    </p>
  </form>
  ${appealing && html`<${AppealSheet} open send=${appeal} onClose=${() => setAppealing(false)} />`}`;
}
