// The stage a screen stands on: the page itself, or the drawn phone it is embedded in. Sheets, dialogs
// and toasts are drawn inside the stage, above the screen, which is inert meanwhile.
import {
  createContext, createPortal, html, useContext, useEffect, useId, useLayoutEffect, useRef, useState,
} from "../dom.js";
import { t } from "../i18n.js";
import { Button, Icon } from "./parts.js";

const StageContext = createContext(null);
const LEAVE_MS = 200;
const TOAST_MS = 2600;

/**
 * `Stage({embedded, wide, children})`. `embedded` keeps everything within the parent element; otherwise
 * the stage is the window.
 */
export function Stage({ embedded = false, tone = "", children, ...rest }) {
  const [over, setOver] = useState(null);
  const [held, setHeld] = useState(0);
  const [toast, setToast] = useState(null);
  const stage = useRef({ hold: (by) => setHeld((n) => n + by), say: setToast }).current;
  stage.over = over;

  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(null), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);

  return html`<${StageContext.Provider} value=${stage}>
    <div class="stage ${embedded ? "stage-embedded" : "stage-window"} ${tone}" ...${rest}>
      <div class="stage-body" inert=${held > 0}>${children}</div>
      <div class="stage-over">
        <div class="stage-sheets" ref=${setOver}></div>
        <div class="toast-place" role="status" aria-live="polite">
          ${toast && html`<div class="toast" key=${toast.at}>${toast.text}</div>`}
        </div>
      </div>
    </div>
  </${StageContext.Provider}>`;
}

/** `say(text)` shows a toast on the stage for a moment. */
export function useToast() {
  const stage = useContext(StageContext);
  return (text) => stage.say({ text, at: performance.now() });
}

/** Keeps something mounted while it leaves: `[mounted, leaving]`. */
function useLeaving(open) {
  const [mounted, setMounted] = useState(open);
  useEffect(() => {
    if (open) {
      setMounted(true);
      return undefined;
    }
    const timer = setTimeout(() => setMounted(false), LEAVE_MS);
    return () => clearTimeout(timer);
  }, [open]);
  return [open || mounted, !open && mounted];
}

/**
 * `Sheet({open, title, onClose, busy, kind, children})`: rises from the foot on a phone, stands in the
 * middle on a PC. Esc and a tap beside it close it, unless `busy`. `kind="dialog"` is a small box.
 */
export function Sheet({ open, ...rest }) {
  const [mounted, leaving] = useLeaving(Boolean(open));
  const last = useRef(rest);
  if (open) last.current = rest;
  return mounted ? html`<${SheetBox} ...${last.current} leaving=${leaving} />` : null;
}

function SheetBox({ title, onClose, busy = false, kind = "sheet", leaving, test, children }) {
  const stage = useContext(StageContext);
  const box = useRef(null);
  const id = useId();
  const closable = onClose && !busy;

  useEffect(() => {
    if (leaving) return undefined;
    stage.hold(1);
    return () => stage.hold(-1);
  }, [leaving]);

  useLayoutEffect(() => {
    const before = document.activeElement;
    const wanted = box.current?.querySelector("[data-focus]") ?? box.current;
    wanted?.focus({ preventScroll: true });
    return () => {
      // The screen below is inert until this effect has run; give the focus back after it.
      setTimeout(() => before?.isConnected && before.focus?.({ preventScroll: true }), 0);
    };
  }, [stage.over]);

  const onKeyDown = (event) => {
    if (event.key === "Escape" && closable) {
      event.stopPropagation();
      onClose();
    }
  };
  if (!stage.over) return null;
  return createPortal(
    html`<div class="scrim ${leaving ? "leaving" : ""} scrim-${kind}" inert=${leaving}
        onClick=${(event) => event.target === event.currentTarget && closable && onClose()}>
      <section class="sheet sheet-${kind}" role=${kind === "dialog" ? "alertdialog" : "dialog"}
          aria-modal="true" aria-labelledby=${id} tabindex="-1" ref=${box} onKeyDown=${onKeyDown}
          data-test=${test}>
        <header class="sheet-head">
          <h2 id=${id} class="sheet-title">${title}</h2>
          ${kind === "sheet" && onClose && html`<button type="button" class="icon-button sheet-close"
              aria-label=${t("close")} onClick=${onClose} disabled=${busy} data-test="sheet-close">
            <${Icon} name="x" />
          </button>`}
        </header>
        <div class="sheet-body">${children}</div>
      </section>
    </div>`,
    stage.over,
  );
}

/** `Ask({open, title, text, yes, no, danger, onYes, onNo})`: one question, two answers. */
export function Ask({ open, title, text, yes, no, danger = false, onYes, onNo }) {
  return html`<${Sheet} open=${open} kind="dialog" title=${title} onClose=${onNo} test="ask">
    <p class="ask-text">${text}</p>
    <div class="ask-answers">
      <${Button} kind="plain" onPress=${onNo} test="ask-no">${no ?? t("cancel")}</${Button}>
      <${Button} kind=${danger ? "danger" : "primary"} onPress=${onYes} test="ask-yes">${yes}</${Button}>
    </div>
  </${Sheet}>`;
}
