// What guards the money: the payment PIN, and where one is signed in.
import { html, useState } from "../dom.js";
import { get, remove } from "../api.js";
import { has, t } from "../i18n.js";
import { PinSetSheet } from "../pin_set.js";
import { learnMe, me } from "../session.js";
import { sentence } from "../say.js";
import { ago, left, nowMs } from "../time.js";
import { Ask, Button, Cell, Cells, Note, Pill, useToast } from "../ui.js";
import { Asked, Head, useAsked } from "./frame.js";

const DEVICE_ICONS = { phone: "smartphone", tablet: "smartphone", computer: "monitor" };

/** The PIN and the sessions. */
export function Security() {
  const [setting, setSetting] = useState(false);
  const say = useToast();
  const { has_pin: hasPin, pin_locked_until: until } = me.value;
  const lockedMs = until ? Date.parse(until) - nowMs() : 0;
  const done = async () => {
    await learnMe();
    setSetting(false);
    say(t("pin_set.done"));
  };
  return html`<div data-test="security">
    <${Head} title=${t("security.title")} top />
    ${lockedMs > 0 && html`<${Note} kind="bad" icon="lock-keyhole" test="pin-locked">
      <strong>${t("pin.locked", { left: left(lockedMs) })}</strong> ${t("pin.locked_text")}</${Note}>`}
    <${Cells} title=${t("security.pin")} note=${t("security.pin_what")}>
      <${Cell} icon="key-round" title=${t(hasPin ? "pin_set.change" : "pin_set.title")} onPress=${() => setSetting(true)}
        value=${t(hasPin ? "security.set" : "security.not_set")} test="pin-set-open" />
    </${Cells}>
    <${Sessions} />
    <${PinSetSheet} open=${setting} change=${hasPin} onClose=${() => setSetting(false)} onDone=${done} />
  </div>`;
}

function deviceName(device) {
  if (!device) return t("device.unknown");
  return has(`device.${device}`) ? t(`device.${device}`) : device;
}

function Sessions() {
  const asked = useAsked(() => get("/v1/sessions"), []);
  const [going, setGoing] = useState(null);
  const say = useToast();
  const end = async () => {
    const { id, current } = going;
    try {
      await remove(`/v1/sessions/${encodeURIComponent(id)}`);
    } catch (error) {
      say(sentence(error));
    }
    setGoing(null);
    if (current) location.replace("/sign-in");
    else await asked.again();
  };
  return html`<${Asked} asked=${asked}>${({ items }) => html`
    <${Cells} title=${t("sessions.title")} note=${t("sessions.what")}>
      ${items.map((one) => html`<${Cell} key=${one.id} icon=${DEVICE_ICONS[one.device] ?? "monitor"}
        title=${html`<span>${deviceName(one.device)}</span>${one.current && html` <${Pill} kind="good">${t("sessions.this")}</${Pill}>`}`}
        note=${one.last_seen_at ? t("sessions.seen", { when: ago(Date.parse(one.last_seen_at)) })
          : t("sessions.since", { when: ago(Date.parse(one.created_at)) })}
        tail=${html`<${Button} kind="link" onPress=${() => setGoing(one)} test="end-session"
          aria-label=${`${t("sign_out")}: ${deviceName(one.device)}`}>${t("sign_out")}</${Button}>`}
        test="session-${one.id}" />`)}
    </${Cells}>`}
  </${Asked}>
  <${Ask} open=${Boolean(going)} title=${t("sign_out")} danger yes=${t("sign_out")} onYes=${end}
    onNo=${() => setGoing(null)} text=${t(going?.current ? "sign_out.ask" : "sessions.ask")} />`;
}
