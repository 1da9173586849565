// The payment PIN: six digits on a pad. The sixth digit is the press; there is nothing left to press twice.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../dom.js";
import { t } from "../i18n.js";
import { Icon, Ring, useElapsed } from "./parts.js";

const LENGTH = 6;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "delete"];

/**
 * `PinPad({label, onDone, busy, error, progress, slow, attempt})`. `onDone(pin)` is called once for each
 * six digits; the pad is progress from that moment until `attempt` changes. `progress` and `slow` are the
 * sentences meanwhile; `error` stands under the dots.
 */
export function PinPad({ label, onDone, busy = false, error, progress, slow, slower, attempt = 0, test = "pin" }) {
  const [digits, setDigits] = useState("");
  const sent = useRef(false);
  const field = useRef(null);
  const passed = useElapsed([2000, 10_000], busy ? `busy ${attempt}` : "");

  useLayoutEffect(() => {
    sent.current = false;
    setDigits("");
  }, [attempt]);
  useEffect(() => {
    if (!busy) field.current?.focus({ preventScroll: true });
  }, [busy, attempt]);

  const take = (text) => {
    const next = text.normalize("NFKC").replace(/\D/g, "").slice(0, LENGTH);
    if (field.current) field.current.value = next;
    if (sent.current || busy) return;
    setDigits(next);
    if (next.length === LENGTH) {
      sent.current = true;
      onDone(next);
    }
  };
  const press = (key) => take(key === "delete" ? digits.slice(0, -1) : digits + key);

  return html`<div class="pin ${busy ? "pin-busy" : ""}" data-test=${test}>
    <div class="pin-dots ${error && !digits ? "pin-wrong" : ""}" key=${`dots ${attempt}`}>
      <input class="pin-field" ref=${field} type="password" inputmode="none" autocomplete="off" maxlength="6"
        data-focus data-1p-ignore="true" data-lpignore="true" spellcheck=${false} readonly=${busy}
        aria-label=${label} aria-invalid=${error ? "true" : undefined} data-test="${test}-field"
        onInput=${(event) => take(event.currentTarget.value)} />
      ${Array.from({ length: LENGTH }, (_, place) => html`
        <span key=${place} class="pin-dot ${place < digits.length ? "pin-dot-full" : ""}" aria-hidden="true"></span>`)}
    </div>
    <p class="pin-says" role="alert" data-test="${test}-says">${!busy && !digits ? (error ?? "") : ""}</p>
    ${busy
      ? html`<div class="pin-progress" role="status" data-test="${test}-progress">
          <${Ring} class="ring-large" />
          <p class="pin-progress-title">${progress}</p>
          <p class="pin-progress-says">${passed > 1 ? (slower ?? slow) : passed > 0 ? slow : ""}</p>
        </div>`
      : html`<div class="pin-keys">
          ${KEYS.map((key) => (key === "" ? html`<span key="gap"></span>` : html`
            <button key=${key} type="button" class="pin-key ${key === "delete" ? "pin-key-delete" : ""}"
              tabindex="-1" onMouseDown=${(event) => event.preventDefault()} onClick=${() => press(key)}
              aria-label=${key === "delete" ? t("pin.delete") : key} data-test="${test}-${key}">
              ${key === "delete" ? html`<${Icon} name="delete" />` : key}
            </button>`))}
        </div>`}
  </div>`;
}
