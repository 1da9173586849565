// What consoles and references share: keys of a screen, copying, and nothing being there yet.
import { html, useEffect, useRef, useState } from "../dom.js";
import { t } from "../i18n.js";
import { Icon } from "./parts.js";
import { useToast } from "./stage.js";

/** Keys of a screen, by name: not while one types, and not below a sheet. Esc leaves a field first. */
export function useKeys(keys) {
  const last = useRef(keys);
  last.current = keys;
  useEffect(() => {
    const onKey = (event) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (document.querySelector(".scrim:not(.leaving)")) return;
      const field = event.target.closest?.("input, textarea, select");
      if (field) {
        if (event.key === "Escape") field.blur();
        return;
      }
      if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;
      const act = last.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** `Empty({icon, title, text, whole, children})`: nothing here yet, and the next thing to do; `whole`: on all the screen. */
export function Empty({ icon = "inbox", title, text, whole = false, children, test = "empty" }) {
  return html`<div class="con-empty" data-test=${test}><span class="con-empty-sign"><${Icon} name=${icon} /></span>
    <${whole ? "h1" : "h2"}>${title}</${whole ? "h1" : "h2"}>${text && html`<p>${text}</p>`}<div class="con-ways">${children}</div></div>`;
}

/** `Copy({text, label})`: copies, and says so. */
export function Copy({ text, label, test = "copy" }) {
  const say = useToast();
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    } catch {
      say(t("copy.failed"));
    }
  };
  return html`<button type="button" class="con-copy" onClick=${copy} aria-label=${label || t("copy")} data-test=${test}>
    <${Icon} name=${done ? "check" : "copy"} />${label === "" ? "" : html`<span>${done ? t("copied") : t("copy")}</span>`}</button>`;
}
