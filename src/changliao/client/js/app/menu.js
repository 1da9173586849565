// What may be done with a thing: a sheet from the foot on a phone, a small menu at the pointer on a PC.
import { html, signal, useEffect, useLayoutEffect, useRef } from "../dom.js";
import { t } from "../i18n.js";
import { Icon, Sheet } from "../ui.js";

const HOLD_MS = 450;
const MOVED_PX = 12;

/** The menu that is open: `{title, items: [{words, icon, act, danger, test}], x, y, head}`, or null. */
export const menu = signal(null);

/** Whether this is a large screen with a pointer. */
export function isDesk() {
  return matchMedia("(min-width: 900px)").matches;
}

/** `holds(open)`: handlers for a thing whose menu opens by a long press, a right click or the menu key. */
export function holds(open) {
  let timer = 0;
  let from = null;
  let opened = false;
  const cancel = () => {
    clearTimeout(timer);
    from = null;
  };
  return {
    onContextMenu: (event) => {
      event.preventDefault();
      if (!opened) open({ x: event.clientX, y: event.clientY });
    },
    onPointerDown: (event) => {
      opened = false;
      if (event.pointerType === "mouse") return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => {
        if (!from) return;
        opened = true;
        open(from);
      }, HOLD_MS);
    },
    onPointerMove: (event) => {
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED_PX) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onClickCapture: (event) => {
      if (!opened) return;
      opened = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** `MenuPlace()`: draws the menu that is open. */
export function MenuPlace() {
  const now = menu.value;
  const close = () => { menu.value = null; };
  const choose = (one) => {
    close();
    one.act();
  };
  const desk = isDesk();
  return html`
    <${Sheet} open=${Boolean(now) && !desk} title=${now?.title ?? t("menu")} onClose=${close} test="menu-sheet">
      ${now?.head?.(close)}
      <div class="menu-list" role="menu">${now?.items.map((one) => html`<${Choice} key=${one.words} one=${one} choose=${choose} />`)}</div>
    </${Sheet}>
    ${now && desk && html`<${Popover} now=${now} close=${close} choose=${choose} />`}`;
}

function Choice({ one, choose }) {
  return html`<button type="button" role="menuitem" class="menu-item ${one.danger ? "menu-danger" : ""}"
    onClick=${() => choose(one)} data-test=${one.test}><${Icon} name=${one.icon} /><span>${one.words}</span></button>`;
}

function Popover({ now, close, choose }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const { width, height } = box.current.getBoundingClientRect();
    box.current.style.left = `${Math.max(8, Math.min(now.x, innerWidth - width - 8))}px`;
    box.current.style.top = `${Math.max(8, Math.min(now.y, innerHeight - height - 8))}px`;
    const before = document.activeElement;
    box.current.querySelector("button")?.focus({ preventScroll: true });
    return () => before?.isConnected && before.focus?.({ preventScroll: true });
  }, [now]);
  const move = (by) => {
    const all = [...box.current.querySelectorAll("button")];
    all[(all.indexOf(document.activeElement) + by + all.length) % all.length]?.focus();
  };
  const onKeyDown = (event) => {
    const act = { Escape: close, ArrowDown: () => move(1), ArrowUp: () => move(-1), Tab: close }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  useEffect(() => {
    addEventListener("resize", close);
    return () => removeEventListener("resize", close);
  }, []);
  return html`<div class="popover-place" onPointerDown=${(event) => event.target === event.currentTarget && close()}
      onContextMenu=${(event) => { event.preventDefault(); close(); }}>
    <div class="popover" role="menu" aria-label=${now.title ?? t("menu")} ref=${box} onKeyDown=${onKeyDown} data-test="menu">
      ${now.head?.(close)}
      ${now.items.map((one) => html`<${Choice} key=${one.words} one=${one} choose=${choose} />`)}
    </div></div>`;
}
