// Setting the payment PIN: choose six digits, repeat them, prove it is you by the password.
import { html, useState } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";
import { sentence } from "./say.js";
import { Button, Field, PinPad, Sheet, useBusy } from "./ui.js";

const RUNS = "01234567890123456789";
const RUNS_BACK = "98765432109876543210";

/** Whether everybody would try this PIN first (the server refuses it as well). */
export function tooSimple(pin) {
  return RUNS.includes(pin) || RUNS_BACK.includes(pin) || new Set(pin).size === 1;
}

/**
 * `PinSetSheet({open, change, password, onClose, onDone})`. `password` is the one just typed at sign-in,
 * if there was one, so that it need not be typed twice.
 */
export function PinSetSheet({ open, change = false, password, onClose, onDone }) {
  const title = t(change ? "pin_set.change" : "pin_set.title");
  return html`<${Sheet} open=${open} title=${title} onClose=${onClose} test="pin-set">
    ${open && html`<${PinSet} known=${password} onDone=${onDone} />`}
  </${Sheet}>`;
}

function PinSet({ known, onDone }) {
  const [step, setStep] = useState({ name: "choose", turn: 0 });
  const [pin, setPin] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const back = (error) => setStep(({ turn }) => ({ name: "choose", turn: turn + 1, error }));

  const save = async (chosen, proof) => {
    try {
      await post("/v1/me/pin", { pin: chosen, password: proof });
      await onDone();
    } catch (error) {
      if (error.code === "pin_invalid") back(sentence(error));
      else if (known && error.code === "wrong_password") setStep({ name: "prove", turn: 0 });
      else {
        setStep({ name: "prove", turn: 0 });
        setWrong(error.code === "wrong_password" ? t("pin_set.wrong_password") : sentence(error));
      }
    }
  };
  const chosen = (digits) => {
    if (tooSimple(digits)) {
      back(t("error.pin_invalid"));
      return;
    }
    setPin(digits);
    setStep({ name: "repeat", turn: 0 });
  };
  const repeated = (digits) => {
    if (digits !== pin) {
      back(t("pin_set.differ"));
      return;
    }
    if (known) {
      setStep({ name: "saving", turn: 0 });
      save(pin, known);
    } else {
      setStep({ name: "prove", turn: 0 });
    }
  };
  const prove = (event) => {
    event.preventDefault();
    if (password) run(() => save(pin, password));
    else setWrong(t("sign_in.password_missing"));
  };

  if (step.name === "prove") {
    return html`<form class="sheet-form" onSubmit=${prove} noValidate>
      <p class="sheet-lead">${t("pin_set.prove")}</p>
      <${Field} label=${t("sign_in.password")} type="password" value=${password} error=${wrong}
        onInput=${(text) => { setPassword(text); setWrong(""); }} autocomplete="current-password" data-focus
        test="pin-set-password" />
      <${Button} type="submit" busy=${busy} test="pin-set-save">${t("pin_set.save")}</${Button}>
    </form>`;
  }
  const repeat = step.name !== "choose";
  return html`<div class="sheet-form">
    <p class="sheet-lead">${t(repeat ? "pin_set.repeat" : "pin_set.choose")}</p>
    <${PinPad} key=${repeat ? "repeat" : "choose"} label=${t(repeat ? "pin_set.repeat" : "pin_set.choose")}
      attempt=${step.turn} error=${step.error} busy=${step.name === "saving"} progress=${t("pin_set.saving")}
      slow=${t("slow.still")} onDone=${repeat ? repeated : chosen} test="pin-set-pad" />
  </div>`;
}
