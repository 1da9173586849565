// Topping up a wallet: how much, from where, and what became of it. The bank may be slow or silent.
import { html, useEffect, useRef, useState } from "./dom.js";
import { get, newKey, pause, postKeyed } from "./api.js";
import { has, t } from "./i18n.js";
import { decimal, digitsOf, money, parseAmount, symbolOf } from "./money.js";
import { sentence } from "./say.js";
import { Amount, Button, Cell, Cells, Field, Icon, Note, PlayPill, Ring, Sheet, useElapsed } from "./ui.js";

/** What the sandbox bank can be told to do. */
export const SANDBOX_INSTRUMENTS = ["ok", "late", "declined", "unknown", "twice"];
const FINAL = ["succeeded", "failed"];

/** One's top-ups that have no final answer yet. */
export async function openTopUps() {
  const { items } = await get("/v1/wallet/top_ups?limit=20");
  return items.filter(({ status }) => !FINAL.includes(status));
}

/** Follow one top-up until its end is known; calls `onNews` with each answer. Stops when `signal` aborts. */
export async function followTopUp(topUp, onNews, signal) {
  let now = topUp;
  for (let turn = 0; !FINAL.includes(now.status); turn++) {
    await pause([600, 1000, 1500, 2000, 3000][turn] ?? 5000, signal);
    try {
      now = await get(`/v1/wallet/top_ups/${encodeURIComponent(now.id)}`, { signal });
    } catch (error) {
      if (error.status === 404) now = { ...now, status: "failed" };
      else if (error.status === undefined || error.status === 401) throw error;
      continue; // The network is away, or the server is: the question stays.
    }
    onNews(now);
  }
}

/**
 * `TopUpSheet({open, mode, play, currencies, currency, amount, rails, onClose, onDone})`. `amount` fills in
 * what is missing; `onDone(topUp)` when the money has come.
 */
export function TopUpSheet({ open, onClose, ...rest }) {
  return html`<${Sheet} open=${open} title=${t("top_up.title")} onClose=${onClose} test="top-up">
    ${open && html`<${TopUp} onClose=${onClose} ...${rest} />`}
  </${Sheet}>`;
}

function TopUp({ mode, play, currencies, currency: first, amount: missing, rails, onClose, onDone, doneWords }) {
  const [currency, setCurrency] = useState(first ?? currencies[0]);
  const [typed, setTyped] = useState(missing ? decimal(missing, currency) : "");
  const fitting = rails.filter((rail) => rail.mode === mode);
  const [rail, setRail] = useState(fitting[0]);
  const [instrument, setInstrument] = useState("ok");
  const [wrong, setWrong] = useState({});
  const [topUp, setTopUp] = useState(null);
  const [doubt, setDoubt] = useState(false);
  const stop = useRef(new AbortController());
  const field = useRef(null);
  useEffect(() => () => stop.current.abort(), []);

  const go = async () => {
    const { amount, fault } = parseAmount(typed, currency);
    if (fault || !amount) {
      setWrong({ amount: t(`amount.${fault ?? "empty"}`, { n: digitsOf(currency) }) });
      field.current?.querySelector("input")?.focus();
      return;
    }
    setDoubt(false);
    setWrong({});
    const body = { mode, rail: rail.rail, amount, currency };
    if (rail.sandbox) body.instrument = instrument;
    let made;
    try {
      made = await postKeyed("/v1/wallet/top_ups", body, {
        key: newKey(), signal: stop.current.signal, onDoubt: () => setDoubt(true),
      });
    } catch (error) {
      if (stop.current.signal.aborted) return;
      setDoubt(false);
      const place = error.field === "amount" ? "amount" : "form";
      setWrong({ [place]: sentence(error, { most: error.figures?.most ?? "" }) });
      return;
    }
    setTopUp(made);
    follow(made);
  };
  const follow = (made) => followTopUp(made, setTopUp, stop.current.signal).catch(() => {});
  useEffect(() => {
    if (topUp?.status === "succeeded") onDone?.(topUp);
  }, [topUp?.status]);

  if (!fitting.length) {
    return html`<div class="sheet-form"><p class="sheet-lead">${t("top_up.no_rail")}</p>
      <${Button} kind="plain" onPress=${onClose}>${t("close")}</${Button}></div>`;
  }
  if (topUp) {
    return html`<${Outcome} topUp=${topUp} play=${play} onClose=${onClose} doneWords=${doneWords}
      onAgain=${() => setTopUp(null)} />`;
  }
  return html`<div class="sheet-form ${play ? "tone-play" : ""}" ref=${field}>
    ${play && html`<p class="sheet-lead"><${PlayPill} /> ${t("play_money.short")}</p>`}
    ${currencies.length > 1 && !missing && html`<div class="segments" role="radiogroup" aria-label=${t("currency")}>
      ${currencies.map((code) => html`<button type="button" role="radio" key=${code} class="segment"
          aria-checked=${code === currency} onClick=${() => setCurrency(code)} data-test="currency-${code}">
        ${code}</button>`)}
    </div>`}
    <${Field} big label=${t("top_up.amount")} lead=${symbolOf(currency)} value=${typed} inputmode="decimal"
      autocomplete="off" placeholder=${decimal(0, currency)} error=${wrong.amount} data-focus test="top-up-amount"
      onInput=${(text) => { setTyped(text); setWrong({}); }}
      hint=${missing ? t("top_up.missing", { amount: money(missing, currency) }) : ""} />
    ${!missing && html`<div class="chips">
      ${[50, 100, 500, 1000].map((whole) => {
        const amount = whole * 10 ** digitsOf(currency);
        return html`<button type="button" class="chip" key=${whole} data-test="chip-${whole}"
          onClick=${() => { setTyped(decimal(amount, currency)); setWrong({}); }}>
          ${money(amount, currency).replace(/\.0+(?=\D*$)/, "")}</button>`;
      })}
    </div>`}
    <${Cells} title=${t("top_up.from")} role="radiogroup" aria-label=${t("top_up.from")}>
      ${fitting.map((one) => html`<${Cell} key=${one.rail} icon="landmark" title=${railName(one.rail)}
        note=${one.sandbox ? t("sandbox.what") : ""} checked=${one === rail} onPress=${() => setRail(one)}
        test="rail-${one.rail}" />`)}
    </${Cells}>
    ${rail.sandbox && html`<${Instruments} value=${instrument} onChoose=${setInstrument} />`}
    ${wrong.form && html`<${Note} kind="bad" live test="top-up-wrong">${wrong.form}</${Note}>`}
    ${doubt && html`<${Note} kind="warn" icon="wifi-off" live>${t("top_up.doubt")}</${Note}>`}
    <div class="sheet-foot"><${Button} onPress=${go} test="top-up-go">${t("top_up.go")}</${Button}></div>
  </div>`;
}

/** What a rail is called: by our words where it is one of ours, else by its own name. */
export function railName(rail) {
  return has(`rail.${rail}`) ? t(`rail.${rail}`) : rail;
}

/** `Instruments({value, onChoose})`: what the sandbox bank shall do. */
export function Instruments({ value, onChoose }) {
  return html`<${Cells} title=${t("sandbox.choose")} role="radiogroup" aria-label=${t("sandbox.choose")}>
    ${SANDBOX_INSTRUMENTS.map((name) => html`<${Cell} key=${name} title=${t(`sandbox.${name}`)}
      note=${t(`sandbox.${name}_what`)} checked=${value === name} onPress=${() => onChoose(name)}
      test="instrument-${name}" />`)}
  </${Cells}>`;
}

function Outcome({ topUp, play, onClose, onAgain, doneWords }) {
  const passed = useElapsed([2000, 10_000], topUp.id);
  const tone = play ? "tone-play" : "";
  const amount = html`<${Amount} amount=${topUp.amount} currency=${topUp.currency} />${play && html`<${PlayPill} />`}`;
  if (topUp.status === "succeeded") {
    return html`<div class="outcome ${tone}" data-test="top-up-succeeded" role="status">
      <span class="outcome-sign outcome-good"><${Icon} name="check" /></span>${amount}
      <p class="outcome-title">${t("top_up.succeeded")}</p>
      <${Button} onPress=${onClose} test="top-up-done" data-focus>${doneWords ?? t("done")}</${Button}>
    </div>`;
  }
  if (topUp.status === "failed") {
    return html`<div class="outcome ${tone}" data-test="top-up-failed" role="status">
      <span class="outcome-sign outcome-bad"><${Icon} name="x" /></span>${amount}
      <p class="outcome-title">${t("top_up.failed")}</p>
      <p class="outcome-text">${reasonOf(topUp.reason)} ${t("top_up.failed_text")}</p>
      <${Button} onPress=${onAgain} test="top-up-again">${t("top_up.again")}</${Button}>
      <${Button} kind="quiet" onPress=${onClose}>${t("close")}</${Button}>
    </div>`;
  }
  const unknown = topUp.status === "unknown";
  return html`<div class="outcome ${tone}" data-test="top-up-${topUp.status}" role="status">
    <${Ring} class="ring-large" />${amount}
    <p class="outcome-title">${t(unknown ? "top_up.unknown" : "top_up.processing")}</p>
    <p class="outcome-text">
      ${t(unknown ? "top_up.unknown_text" : passed > 1 ? "top_up.late" : "top_up.processing_text")}
    </p>
    ${(unknown || passed > 0) && html`<${Button} kind="plain" onPress=${onClose} test="top-up-leave">
      ${t("top_up.leave")}</${Button}>`}
  </div>`;
}

/** The rail's reason in our words, where we have them. */
export function reasonOf(reason) {
  return has(`reason.${reason}`) ? t(`reason.${reason}`) : (reason ?? "");
}
