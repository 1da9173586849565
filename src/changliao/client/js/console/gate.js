// Who is asked before a message is written: the form that a bot's page and the operator's desk share.
import { html, useLayoutEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { teach } from "../teach.js";
import { Field } from "../ui.js";
import { exactlyOf } from "../when.js";
import { Act, Facts, Secret, Segments } from "./parts.js";
import en from "../words/bots.en.js";
import zh from "../words/bots.zh-CN.js";

teach({ en, "zh-CN": zh });

const FRESH = { url: "", timeout_ms: "300", otherwise: "allow", covers: "groups" };

/** `GateSheet({open, gate, everywhere, onClose, onSet})`; `everywhere`: it may look at conversations of two. */
export function GateSheet({ open, gate, everywhere = false, onClose, onSet }) {
  const [said, setSaid] = useState(FRESH);
  useLayoutEffect(() => { if (open) setSaid(gate ? { ...gate, timeout_ms: String(gate.timeout_ms) } : FRESH); }, [open]);
  const put = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = () => {
    const { url, otherwise, covers } = said;
    const timeout_ms = Math.trunc(Number(said.timeout_ms)) || 0;
    return onSet({ url: url.trim(), timeout_ms, otherwise, ...(everywhere && { covers }) });
  };
  const few = (field, words, values) => html`<div><p class="field-label">${words}</p>
    <${Segments} label=${words} value=${said[field]} onChange=${put(field)} options=${values.map((one) => [one, t(`gate${field === "covers" ? "s" : ""}.${one}`)])} test=${field} /></div>`;
  return html`<${Act} open=${open} title=${t(gate ? "gate.change" : "gate.set")} lead=${t("gate.lead")} go=${t("save")} onClose=${onClose} onSubmit=${submit} test="gate-sheet">
    <${Field} label=${t("gate.url")} type="url" inputmode="url" value=${said.url} onInput=${put("url")} maxlength="2000" placeholder="https://"
      spellcheck=${false} autocapitalize="none" data-focus test="gate-url" />
    <${Field} label=${t("gate.timeout")} inputmode="numeric" value=${said.timeout_ms} onInput=${put("timeout_ms")} hint=${t("gate.timeout_hint")} maxlength="4" test="gate-timeout" />
    ${few("otherwise", t("gate.otherwise"), ["allow", "refuse"])}
    ${everywhere && few("covers", t("gates.covers"), ["groups", "all"])}
  </${Act}>`;
}

/** What is known of a gate, without its secret. */
export function GateFacts({ gate, everywhere = false }) {
  return html`<${Facts} rows=${[
    [t("gate.url"), html`<code class="code">${gate.url}</code>`],
    [t("gate.timeout"), t("gate.wait", { n: gate.timeout_ms })],
    [t("gate.otherwise"), t(`gate.${gate.otherwise}`)],
    [t("gates.covers"), everywhere && t(`gates.${gate.covers}`)],
    [t("gate.since"), exactlyOf(gate.changed_at)],
  ].filter(([, value]) => value)} />`;
}

/** Its secret, shown this once. */
export function GateSecret({ gate, onClose }) {
  return html`<${Secret} open=${Boolean(gate)} title=${t("gate.secret")} text=${t("gate.secret_text")} secret=${gate?.secret} onClose=${onClose} />`;
}
