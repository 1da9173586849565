// The small parts that every screen is made of.
import { html, useEffect, useId, useRef, useState } from "../dom.js";
import { ICONS } from "../../vendor/lucide/icons.js";
import { online } from "../api.js";
import { LANGUAGES, language, t } from "../i18n.js";
import { money, moneyParts } from "../money.js";
import { sayError } from "../say.js";
import { speak } from "../session.js";

/** `Icon({name, label})`: decoration, unless it has a label. */
export function Icon({ name, label, class: extra = "" }) {
  return html`<svg class="icon ${extra}" viewBox="0 0 24 24" fill="none" stroke="currentColor"
      stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"
      role=${label ? "img" : undefined} aria-label=${label} aria-hidden=${label ? undefined : "true"}>
    ${(ICONS[name] ?? []).map(([Shape, figures]) => html`<${Shape} ...${figures} />`)}
  </svg>`;
}

/** A ring that turns. Say beside it what is awaited. */
export function Ring({ class: extra = "" }) {
  return html`<span class="ring ${extra}" aria-hidden="true"></span>`;
}

/**
 * `Button({kind, busy, disabled, onPress, href, test, children})`. Turns into progress in the same tick
 * as the press, and takes no second press until what `onPress` returned has settled.
 */
export function Button({
  kind = "primary", busy = false, disabled = false, onPress, href, type = "button", small = false,
  test, children, ...rest
}) {
  const [pressed, setPressed] = useState(false);
  const lock = useRef(false);
  const alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const waiting = busy || pressed;
  const look = `${kind === "link" ? "" : "weui-btn "}btn btn-${kind} ${small ? "btn-small" : ""}`;

  const press = async (event) => {
    if (lock.current || busy || !onPress) return;
    const answer = onPress(event);
    if (typeof answer?.then !== "function") return;
    lock.current = true;
    setPressed(true);
    try {
      await answer;
    } finally {
      lock.current = false;
      if (alive.current) setPressed(false);
    }
  };
  if (href) return html`<a class=${look} href=${href} data-test=${test} ...${rest}>${children}</a>`;
  return html`<button type=${type} class=${look} disabled=${disabled} aria-disabled=${waiting || undefined}
      aria-busy=${waiting || undefined} onClick=${press} data-test=${test} ...${rest}>
    ${waiting && html`<${Ring} />`}<span class="btn-words">${children}</span>
  </button>`;
}

/** `[busy, run]`: `run(work)` does one thing at a time; a second press in the same tick does nothing. */
export function useBusy() {
  const [busy, setBusy] = useState(false);
  const lock = useRef(false);
  const run = async (work) => {
    if (lock.current) return;
    lock.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      lock.current = false;
      setBusy(false);
    }
  };
  return [busy, run];
}

/** `Cells({title, note, children})`: a card of cells. */
export function Cells({ title, note, children, ...rest }) {
  return html`<div class="cells-group" ...${rest}>
    ${title && html`<h2 class="weui-cells__title cells-title">${title}</h2>`}
    <div class="weui-cells cells">${children}</div>
    ${note && html`<p class="cells-note">${note}</p>`}
  </div>`;
}

/**
 * `Cell({title, note, value, icon, lead, tail, onPress, href, go, disabled, checked, test})`. With
 * `onPress` it is a button, with `href` a link; `checked` not undefined makes it a radio choice.
 */
export function Cell({
  title, note, value, icon, lead, tail, onPress, href, disabled = false, checked, danger = false, test,
}) {
  const inside = html`
    ${(lead || icon) && html`<span class="weui-cell__hd cell-lead">
      ${lead ?? html`<${Icon} name=${icon} />`}
    </span>`}
    <span class="weui-cell__bd cell-words">
      <span class="cell-title">${title}</span>
      ${note && html`<span class="cell-note">${note}</span>`}
    </span>
    ${value && html`<span class="weui-cell__ft cell-value">${value}</span>`}
    ${tail}
    ${checked !== undefined && html`<span class="cell-check">${checked && html`<${Icon} name="check" />`}</span>`}
    ${(onPress || href) && checked === undefined && !tail && html`<${Icon} name="chevron-right" class="cell-go" />`}`;
  const look = `weui-cell cell ${onPress || href ? "cell-press" : ""} ${danger ? "cell-danger" : ""}`;
  if (href) return html`<a class=${look} href=${href} data-test=${test}>${inside}</a>`;
  if (!onPress) return html`<div class="${look} ${disabled ? "cell-off" : ""}" data-test=${test}>${inside}</div>`;
  return html`<button type="button" class=${look} disabled=${disabled} onClick=${onPress} data-test=${test}
      role=${checked === undefined ? undefined : "radio"} aria-checked=${checked}>${inside}</button>`;
}

/** `Field({label, value, onInput, type, error, hint, lead, test, …})`: one labelled line to fill in. */
export function Field({ label, value, onInput, type = "text", error, hint, lead, tail, test, big, ...rest }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === "password";
  return html`<div class="field ${error ? "field-wrong" : ""} ${big ? "field-big" : ""}">
    <label class="field-label" for=${id}>${label}</label>
    <div class="field-line">
      ${lead && html`<span class="field-lead" aria-hidden="true">${lead}</span>`}
      <input class="weui-input field-input" id=${id} type=${secret && shown ? "text" : type} value=${value}
        onInput=${(event) => onInput(event.currentTarget.value)} aria-invalid=${error ? "true" : undefined}
        aria-describedby=${error || hint ? `${id}-says` : undefined} data-test=${test} ...${rest} />
      ${secret && html`<button type="button" class="icon-button" onClick=${() => setShown(!shown)}
          aria-label=${t(shown ? "password.hide" : "password.show")} aria-pressed=${shown}>
        <${Icon} name=${shown ? "eye-off" : "eye"} />
      </button>`}
      ${tail}
    </div>
    <p class="field-says" id="${id}-says" role=${error ? "alert" : undefined}>${error || hint || ""}</p>
  </div>`;
}

/** `Amount({amount, currency, size, signed})`: large money, the sign and the fraction held back. */
export function Amount({ amount, currency, size = "l", signed = false, test }) {
  const { before, whole, fraction, after } = moneyParts(amount, currency, { signed });
  const length = before.length + whole.length + fraction.length + after.length;
  const fit = length > 16 ? "xl" : length > 11 ? "l" : "m";
  return html`<span class="amount amount-${size}" data-length=${fit} data-test=${test}>
    <span class="visually-hidden">${money(amount, currency, { signed })}</span>
    <span class="amount-parts" aria-hidden="true">
      ${before && html`<span class="amount-sign">${before}</span>`}<span>${whole}</span>
      ${fraction && html`<span class="amount-fraction">${fraction}</span>`}
      ${after && html`<span class="amount-sign">${after}</span>`}
    </span>
  </span>`;
}

/** `Pill({kind, icon, children})`: a short status: `good`, `warn`, `bad`, `play`, `calm`. */
export function Pill({ kind = "calm", icon, children, test }) {
  return html`<span class="pill pill-${kind}" data-test=${test}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </span>`;
}

/** The word that play money always carries. */
export function PlayPill() {
  return html`<${Pill} kind="play" test="play-money">${t("play_money")}</${Pill}>`;
}

// A letter that nothing can join: asking Intl costs a phone 200 ms the first time.
const ALONE = /^[a-z0-9\u4e00-\u9fff](?=[a-z0-9\u4e00-\u9fff \u00b7]|$)/i;

function firstLetter(name) {
  const bare = name.trim().replace(/^一(?=\S)/, ""); // A dash says nothing.
  if (!bare) return "·";
  if (ALONE.test(bare) || !Intl.Segmenter) return String.fromCodePoint(bare.codePointAt(0));
  return new Intl.Segmenter().segment(bare).containing(0).segment;
}

/** `Mark({name, size})`: the round sign of a shop or a person, by the first letter of the name. */
export function Mark({ name, size = "m" }) {
  let tone = 0;
  for (const sign of name) tone = (tone * 31 + sign.codePointAt(0)) % 6;
  return html`<span class="mark mark-${size} mark-tone-${tone}" aria-hidden="true">
    ${firstLetter(name).toUpperCase()}
  </span>`;
}

/** `Note({kind, icon, children})`: a calm box beside the matter: `info`, `warn`, `bad`, `play`. */
export function Note({ kind = "info", icon, children, test, live }) {
  return html`<div class="note note-${kind}" data-test=${test} role=${live ? "status" : undefined}>
    <${Icon} name=${icon ?? (kind === "info" ? "info" : "circle-alert")} />
    <div class="note-words">${children}</div>
  </div>`;
}

/** Grey shapes where content will be; only shown when it takes longer than a blink. */
export function Skeleton({ lines = 3, card = false }) {
  return html`<div class="skeleton" aria-hidden="true">
    ${card && html`<span class="skeleton-card"></span>`}
    ${Array.from({ length: lines }, (_, place) => html`<span class="skeleton-line" key=${place}></span>`)}
  </div>`;
}

/** Which of these times, in ms, have passed since `since` changed: 0 … steps.length. */
export function useElapsed(steps, since = 0) {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    setPassed(0);
    const timers = steps.map((ms, place) => setTimeout(() => setPassed(place + 1), ms));
    return () => timers.forEach(clearTimeout);
  }, [since]);
  return passed;
}

/** `Loading({what, onAgain})`: nothing, a skeleton, a sentence at 2 s, and at 10 s a way on. */
export function Loading({ what, onAgain, card, lines }) {
  const passed = useElapsed([300, 2000, 10_000]);
  return html`<div class="loading" aria-busy="true" data-test="loading">
    ${passed > 0 && html`<${Skeleton} card=${card} lines=${lines} />`}
    <p class="loading-says" role="status">
      ${passed > 2 ? t("loading.very_slow") : passed > 1 ? (what ?? t("loading.slow")) : ""}
    </p>
    ${passed > 2 && onAgain && html`<${Button} kind="plain" small onPress=${onAgain}>${t("again")}</${Button}>`}
  </div>`;
}

/** `State({icon, kind, title, text, children, test})`: one thing that is so, and the ways on. */
export function State({ icon, kind = "calm", title, text, children, test }) {
  return html`<div class="state state-${kind}" data-test=${test}>
    ${icon && html`<span class="state-sign"><${Icon} name=${icon} /></span>`}
    <h1 class="state-title">${title}</h1>
    ${text && html`<p class="state-text">${text}</p>`}
    ${children && html`<div class="state-ways">${children}</div>`}
  </div>`;
}

/** `Trouble({error, onAgain})`: what could not be loaded, and trying again. */
export function Trouble({ error, onAgain }) {
  const { title, text } = sayError(error);
  return html`<${State} icon=${error.code === "offline" ? "wifi-off" : "circle-alert"} title=${title} text=${text}
      test="trouble">
    ${onAgain && html`<${Button} kind="plain" onPress=${onAgain} test="again">${t("again")}</${Button}>`}
  </${State}>`;
}

/** A line at the top while the network is away; says so when it is back. */
export function OfflineBar({ lost = false }) {
  const away = !online.value || lost;
  const was = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (away) {
      was.current = true;
      setBack(false);
      return undefined;
    }
    if (!was.current) return undefined;
    was.current = false;
    setBack(true);
    const timer = setTimeout(() => setBack(false), 2500);
    return () => clearTimeout(timer);
  }, [away]);
  return html`<div class="offline-place" role="status">
    ${away && html`<div class="offline-bar" data-test="offline"><${Icon} name="wifi-off" />${t("offline.bar")}</div>`}
    ${!away && back && html`<div class="offline-bar offline-back"><${Icon} name="check" />${t("offline.back")}</div>`}
  </div>`;
}

/** Switches between the languages. */
export function LanguageSwitch() {
  const other = LANGUAGES.find(({ code }) => code !== language.value);
  return html`<button type="button" class="language-switch" lang=${other.code} onClick=${() => speak(other.code)}
      data-test="language"><${Icon} name="languages" />${other.name}</button>`;
}

/** What icons/mark.svg shows, drawn here: an image of its own costs a request and a document. */
function OurMark() {
  return html`<svg viewBox="0 0 64 64" width="24" height="24" aria-hidden="true">
    <rect width="64" height="64" rx="16" fill="#0a7758" />
    <path d="M32 13c-11.6 0-21 7.7-21 17.2 0 5.5 3.1 10.3 8 13.5v7.2c0 .9 1 1.4 1.7.9l6.8-4.7c1.5.2 3 .4 4.5.4 11.6
      0 21-7.7 21-17.3S43.6 13 32 13z" fill="#fff" />
    <path d="M20.5 32.2c3.8-4.9 7.7-4.9 11.5-1.3s7.7 3.6 11.5-1.3" fill="none" stroke="#0a7758" stroke-width="4.2"
      stroke-linecap="round" />
  </svg>`;
}

/** Our sign and name, small. */
export function Brand({ words }) {
  return html`<span class="brand"><${OurMark} /><span>${words ?? t("brand")}</span></span>`;
}
