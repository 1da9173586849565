// The menu at the foot of an account's conversations: up to three buttons, each with up to five below it.
import { html, useState } from "../../dom.js";
import { newKey } from "../../api.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Button, Field, Note, useBusy, useToast } from "../../ui.js";
import { app } from "../ask.js";
import { Panel, Select } from "../parts.js";

const ROW_MOST = 3;
const BELOW_MOST = 5;
const KINDS = ["reply", "link", "article", "entrance", "event"];
/** What a button of each kind leads to, and in which field that stands. */
const LEADS = { reply: "text", link: "url", article: "article", entrance: "entrance" };

const fresh = () => ({ name: "", key: newKey().slice(0, 12), kind: "reply", text: "" });

/** `MenuPanel({settings, onDone})` */
export function MenuPanel({ settings, onDone }) {
  const [buttons, setButtons] = useState(settings.menu);
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const say = useToast();
  const put = (at, button) => setButtons(button ? buttons.map((one, n) => (n === at ? button : one)) : buttons.filter((_, n) => n !== at));
  const save = (event) => {
    event.preventDefault();
    run(async () => {
      setWrong("");
      try {
        await app.put(`/v1/accounts/${settings.id}/menu`, { buttons: buttons.map(told) });
        say(t("voice.saved"));
        onDone();
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Panel} title=${t("voice.menu")} test="account-menu"><p class="con-dim">${t("voice.menu_lead")}</p>
    <form class="voice-form" onSubmit=${save}>
      ${buttons.map((button, at) => html`<fieldset key=${at} class="voice-button" data-test="button">
        <${One} button=${button} top onChange=${(now) => put(at, now)} />
        ${button.kind === "menu" && html`<div class="voice-below">
          ${button.buttons.map((one, n) => html`<${One} key=${n} button=${one} onChange=${(now) => put(at, { ...button, buttons: now
            ? button.buttons.map((other, m) => (m === n ? now : other)) : button.buttons.filter((_, m) => m !== n) })} />`)}
          ${button.buttons.length < BELOW_MOST && html`<button type="button" class="link" onClick=${() => put(at, { ...button, buttons: [...button.buttons, fresh()] })} data-test="add-below">${t("voice.add_below")}</button>`}
        </div>`}</fieldset>`)}
      ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
      <div class="con-row-ways">${buttons.length < ROW_MOST && html`<${Button} small kind="plain" onPress=${() => setButtons([...buttons, fresh()])} test="add-button">${t("voice.add_button")}</${Button}>`}
        <${Button} small type="submit" busy=${busy} test="save">${t("save")}</${Button}></div>
    </form></${Panel}>`;
}

/** The button with what its kind has, and nothing else. */
function told({ name, key, kind, buttons, ...rest }) {
  const field = LEADS[kind];
  return { name: name.trim(), key, kind, ...(field && { [field]: (rest[field] ?? "").trim() }), ...(kind === "menu" && { buttons: buttons.map(told) }) };
}

function One({ button, onChange, top = false }) {
  const { name, kind } = button;
  const field = LEADS[kind];
  const kinds = top ? [...KINDS, "menu"] : KINDS;
  return html`<div class="voice-line">
    <${Field} label=${t("voice.button_name")} value=${name} onInput=${(now) => onChange({ ...button, name: now })} maxlength=${top ? 8 : 16} test="button-name" />
    <${Select} label=${t("voice.button_kind")} value=${kind} options=${kinds.map((one) => [one, t(`voice.kind_${one}`)])}
      onChange=${(now) => onChange({ ...button, kind: now, ...(now === "menu" && { buttons: button.buttons ?? [fresh()] }) })} test="button-kind" />
    ${field && html`<${Field} label=${t(`voice.leads_${field}`)} value=${button[field] ?? ""} onInput=${(now) => onChange({ ...button, [field]: now })} test="button-leads" />`}
    <button type="button" class="link con-danger" onClick=${() => onChange(null)} data-test="drop-button">${t("voice.drop")}</button></div>`;
}
