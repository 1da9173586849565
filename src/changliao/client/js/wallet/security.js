// What guards the money: the payment PIN, passkeys, and where one is signed in.
import { html, useState } from "../dom.js";
import { t } from "../i18n.js";
import { PinSetSheet } from "../pin_set.js";
import { learnMe, me } from "../session.js";
import { left, nowMs } from "../time.js";
import { Cell, Cells, Note, useToast } from "../ui.js";
import { Devices } from "./devices.js";
import { Head } from "./frame.js";
import { Passkeys } from "./passkeys.js";

/** The PIN, the passkeys and the devices. */
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
    <${Passkeys} />
    <${Devices} />
    <${PinSetSheet} open=${setting} change=${hasPin} onClose=${() => setSetting(false)} onDone=${done} />
  </div>`;
}
