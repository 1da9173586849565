// Choosing what to pay with, and paying: methods, the PIN, and what is missing before one can pay.
import { html, useEffect, useLayoutEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { PinSetSheet } from "../pin_set.js";
import { sentence } from "../say.js";
import { whyNoPasskeys } from "../secure.js";
import { signOut } from "../session.js";
import { left } from "../time.js";
import { Instruments, TopUpSheet, railName, reasonOf } from "../top_up.js";
import { Amount, Button, Cell, Cells, Icon, Mark, Note, PinPad, PlayPill, Sheet, State, useElapsed, useToast } from "../ui.js";
import { isElsewhere } from "./elsewhere.js";
import { lastMethod } from "./press.js";
import { useNow } from "./ticket.js";

const STAY = ["wrong_pin", "rate_limited", "busy"]; // Refusals after which the pad stays open.

const ICONS = { wallet: "wallet", credit_card: "credit-card", debit_card: "credit-card", voucher: "ticket" };

/** What a method is called; the wallet by the kind of its money. */
export function methodName(id, mode) {
  return id === "wallet" ? t(mode === "test" ? "wallet.play" : "wallet.live") : railName(id);
}

/** The methods of this channel, what may be used before what may not, the last used first. */
function offered(methods, channel, capture) {
  const last = lastMethod();
  const rank = ({ id, state }) => (state === "active" ? 0 : 4) + (id === last ? 0 : id === "wallet" ? 1 : 2);
  return methods
    .filter((method) => method.channel === channel)
    .filter(({ kind }) => capture !== "manual" || kind === "wallet") // A rail cannot hold money.
    .map(({ method: id, kind, state, reason }) => ({ id, kind, state, reason }))
    .sort((a, b) => rank(a) - rank(b));
}

/** `Choose({view, followed, press, phone, password})` for a person who is signed in. */
export function Choose({ view, followed, press, phone, password, onPasswordUsed }) {
  const { payment, me, methods } = view;
  const say = useToast();
  const list = offered(methods, phone ? "mobile" : "web", payment.capture);
  const active = list.filter(({ state }) => state === "active");
  const [wanted, setWanted] = useState(null);
  const [instrument, setInstrument] = useState("ok");
  const [sheet, setSheet] = useState(null); // pin, top_up, pin_set
  const chosen = active.find(({ id }) => id === wanted) ?? active[0];
  const paused = wanted && list.find(({ id, state }) => id === wanted && state !== "active");
  const sending = press.phase === "sending" || press.phase === "doubt";
  const available = me.wallet?.available ?? 0;
  const short = chosen?.id === "wallet" ? Math.max(0, payment.amount - available) : 0;
  const sandbox = chosen?.kind === "rail" && payment.mode === "test" && !isElsewhere(chosen.id); // Play money does as told.
  const now = useNow();
  const lockedMs = me.pin_locked_until ? Date.parse(me.pin_locked_until) - now : 0;

  // The pad pays with what it named when it opened: if that is paused meanwhile, the pad goes.
  useEffect(() => {
    if (paused && sheet === "pin" && !sending) setSheet(null);
  }, [Boolean(paused)]);
  const refused = press.refusal?.code;
  useEffect(() => {
    if (refused && !STAY.includes(refused)) {
      setSheet(null);
      if (refused === "pin_locked" || refused === "pin_missing") followed.refresh();
    }
  }, [press.refusal]);
  const locked = lockedMs > 0;
  const byPasskey = me.has_passkey && !whyNoPasskeys();
  useEffect(() => {
    if (me.pin_locked_until && !locked) followed.refresh();
  }, [locked]);

  if (!chosen) return html`<${NoMethod} list=${list} />`;
  const way = { method: chosen.id, instrument: sandbox ? instrument : null };
  const open = (name) => () => {
    press.forget();
    setWanted(chosen.id);
    setSheet(name);
  };
  const pinKept = async () => {
    onPasswordUsed();
    await followed.refresh();
    press.forget();
    setSheet(null);
    say(t("pin_set.done"));
  };
  const shown = press.refusal && !sheet && !["pin_locked", "pin_missing"].includes(refused);
  const failed = !press.refusal && !sending && view.attempt?.status === "failed" && view.attempt.reason !== "given_up";
  return html`<div class="choose">
    ${failed && html`<${Note} kind="bad" live test="attempt-failed">${t("attempt.failed", {
      method: methodName(view.attempt.method, payment.mode), reason: reasonOf(view.attempt.reason),
    })}</${Note}>`}
    ${shown && html`<${Note} kind="bad" live test="refusal">${sentence(press.refusal, {
      after: ` ${t("pay.no_charge")}`,
      available: money(press.refusal.figures?.available ?? available, payment.currency),
    })}</${Note}>`}
    ${paused && html`<${Note} kind="warn" live icon="circle-pause" test="paused">
      ${t("method.paused_now", {
        method: methodName(paused.id, payment.mode), reason: paused.reason || t("method.no_reason"),
      })}</${Note}>`}
    <${Methods} list=${list} chosen=${chosen} me=${me} payment=${payment} short=${short}
      onChoose=${(id) => { press.forget(); setWanted(id); }} />
    ${sandbox && html`<${Instruments} value=${instrument} onChoose=${setInstrument} />`}
    ${locked && !byPasskey && html`<${Locked} ms=${lockedMs} until=${me.pin_locked_until} />`}
    <div class="pay-foot">
      <${PayButton} short=${short} me=${me} locked=${locked} payment=${payment} busy=${sending} open=${open}
        onPasskey=${byPasskey ? () => press.sendByPasskey(way) : null} />
      ${byPasskey && !sheet && html`<${Progress} press=${press} />`}
      <${Payer} me=${me} onLeave=${async () => { await signOut(); await followed.refresh(); }} />
    </div>
    <${PinSheet} open=${sheet === "pin" && !locked && !paused} view=${view} chosen=${chosen} press=${press} busy=${sending}
      onClose=${() => setSheet(null)}
      onPin=${(pin) => { press.send({ ...way, pin }); }} />
    <${PinSetSheet} open=${sheet === "pin_set"} change=${me.has_pin} password=${password}
      onClose=${() => setSheet(null)} onDone=${pinKept} />
    <${TopUpHere} open=${sheet === "top_up"} payment=${payment} short=${short} followed=${followed}
      onClose=${() => { setSheet(null); followed.refresh(); }} />
  </div>`;
}

function NoMethod({ list }) {
  return html`<${State} icon="circle-pause" kind="warn" title=${t("method.none")} text=${t("method.none_text")}
      test="no-method">
    <${Cells}>${list.map((method) => html`<${SuspendedCell} key=${method.id} method=${method} />`)}</${Cells}>
  </${State}>`;
}

function Sign({ id, off = false }) {
  return html`<span class="method-sign ${id === "wallet" && !off ? "method-wallet" : ""}">
    <${Icon} name=${ICONS[id] ?? "landmark"} /></span>`;
}

function SuspendedCell({ method, mode }) {
  return html`<${Cell} lead=${html`<${Sign} id=${method.id} off />`} title=${methodName(method.id, mode)}
    note=${t("method.suspended", { reason: method.reason || t("method.no_reason") })} disabled
    test="method-${method.id}" />`;
}

function Methods({ list, chosen, me, payment, short, onChoose }) {
  const last = lastMethod();
  const { mode, currency } = payment;
  return html`<${Cells} title=${t("method.title")} role="radiogroup" aria-label=${t("method.title")}>
    ${list.map((method) => {
      if (method.state !== "active") {
        return html`<${SuspendedCell} key=${method.id} method=${method} mode=${mode} />`;
      }
      const isWallet = method.id === "wallet";
      const missing = isWallet && payment.amount > (me.wallet?.available ?? 0);
      const name = html`<span class="method-name">${methodName(method.id, mode)}</span>
        ${isWallet && mode === "test" && html` <${PlayPill} />`}
        ${method.id === last && html` <span class="method-last">${t("method.last")}</span>`}`;
      const note = isWallet
        ? html`<span class=${missing ? "bad-words" : ""} data-test="available">
            ${t("wallet.available", { amount: money(me.wallet?.available ?? 0, currency) })}
            ${missing ? ` · ${t("wallet.short", { amount: money(short || payment.amount - (me.wallet?.available ?? 0), currency) })}` : ""}
          </span>`
        : isElsewhere(method.id) ? t("elsewhere.what") : mode === "test" ? t("sandbox.what") : "";
      return html`<${Cell} key=${method.id} title=${name} note=${note}
        lead=${html`<${Sign} id=${method.id} />`}
        checked=${method.id === chosen.id} onPress=${() => onChoose(method.id)} test="method-${method.id}" />`;
    })}
  </${Cells}>`;
}

/** What a press is at, once it takes longer than a moment. */
function Progress({ press }) {
  const busy = press.phase === "sending" || press.phase === "doubt";
  const passed = useElapsed([2000], busy ? `busy ${press.attempt}` : "");
  const says = press.phase === "doubt" ? t("pay.doubt_text") : passed > 0 ? t("pay.slow") : "";
  return html`<p class="foot-says" role="status">${busy ? says : ""}</p>`;
}

function PayButton({ short, me, locked, payment, busy, open, onPasskey }) {
  const amount = money(payment.amount, payment.currency);
  if (short > 0) {
    return html`<${Button} onPress=${open("top_up")} test="top-up-open">
      ${t("cashier.top_up", { amount: money(short, payment.currency) })}</${Button}>`;
  }
  if (onPasskey) {
    return html`<${Button} onPress=${onPasskey} busy=${busy} test="pay-passkey">
        <${Icon} name="key-round" />${t(payment.capture === "manual" ? "cashier.hold" : "cashier.pay", { amount })}</${Button}>
      ${me.has_pin && !locked && html`<${Button} kind="link" onPress=${open("pin")} disabled=${busy} test="pay">
        ${t("cashier.use_pin")}</${Button}>`}`;
  }
  if (!me.has_pin) {
    return html`<p class="foot-says">${t("cashier.no_pin")}</p>
      <${Button} onPress=${open("pin_set")} test="pin-set-open">${t("pin_set.title")}</${Button}>`;
  }
  if (locked) {
    return html`<${Button} kind="plain" onPress=${open("pin_set")} test="pin-change">${t("pin_set.change")}</${Button}>`;
  }
  const verb = payment.capture === "manual" ? "cashier.hold" : "cashier.pay";
  return html`<${Button} onPress=${open("pin")} busy=${busy} test="pay">${t(verb, { amount })}</${Button}>`;
}

function Payer({ me, onLeave }) {
  return html`<p class="payer" data-test="payer">
    <${Mark} name=${me.name} size="s" /><span class="payer-name"><bdi>${me.name}</bdi> @${me.handle}</span>
    <${Button} kind="link" onPress=${onLeave} test="not-me">${t("cashier.not_me")}</${Button}>
  </p>`;
}

function Locked({ ms, until }) {
  return html`<${Note} kind="bad" icon="lock-keyhole" test="pin-locked">
    <strong>${t("pin.locked", { left: left(ms) })}</strong> ${t("pin.locked_text")}
    <span class="visually-hidden">${until}</span>
  </${Note}>`;
}

function PinSheet({ open, view, chosen, press, busy, onPin, onClose }) {
  const { payment, shop } = view;
  const error = press.refusal && STAY.includes(press.refusal.code) ? sentence(press.refusal) : "";
  const doubt = press.phase === "doubt";
  return html`<${Sheet} open=${open} title=${t("pin.title")} onClose=${onClose} busy=${busy} test="pin-sheet">
    <div class="pin-bill">
      <p class="pin-shop"><bdi>${shop.name}</bdi></p>
      <${Amount} amount=${payment.amount} currency=${payment.currency} size="l" />
      <p class="pin-from">${t("cashier.from")} <strong>${methodName(chosen.id, payment.mode)}</strong>
        ${payment.mode === "test" && html` <${PlayPill} />`}</p>
    </div>
    <${PinPad} label=${t("pin.label")} onDone=${onPin} busy=${busy} error=${error} attempt=${press.attempt}
      progress=${t(doubt ? "pay.doubt" : "pay.sending")} slow=${t(doubt ? "pay.doubt_text" : "pay.slow")}
      slower=${t(doubt ? "pay.doubt_text" : "pay.slower")} />
  </${Sheet}>`;
}

function TopUpHere({ open, payment, short, followed, onClose }) {
  const [wallet, setWallet] = useState(null);
  useEffect(() => {
    if (open) get("/v1/wallet").then(setWallet).catch(() => setWallet({ top_up_rails: [] }));
  }, [open]);
  // The sum asked for stays what was missing when the sheet opened.
  const [asked, setAsked] = useState(short);
  useLayoutEffect(() => {
    if (open) setAsked(short);
  }, [open]);
  return html`<${TopUpSheet} open=${open && wallet !== null} mode=${payment.mode} play=${payment.mode === "test"}
    currencies=${[payment.currency]} currency=${payment.currency} amount=${asked || short}
    rails=${wallet?.top_up_rails ?? []} onClose=${onClose} onDone=${() => followed.refresh()}
    doneWords=${t("cashier.go_on")} />`;
}
