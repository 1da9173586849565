// The open payment: shop and amount large, and beside or below them how it is paid.
import { html, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { left, nowMs } from "../time.js";
import { Amount, Button, Icon, Mark, Note, PlayPill } from "../ui.js";

const SOON_MS = 3_600_000;

/** Ticks once a second while something counts down. */
export function useNow() {
  const [now, setNow] = useState(nowMs());
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** A way back to the shop, where there is one. The address says how the payment stands. */
export function Back({ view, embedded, onGo, kind = "primary", children }) {
  if (!view.return_to || (embedded && !onGo)) return null;
  const way = embedded ? { onPress: () => onGo(view.return_to) } : { href: view.return_to };
  return html`<${Button} kind=${kind} test="back" ...${way}>
    ${children}${t("cashier.back_to", { shop: view.shop.name })}</${Button}>`;
}

/** `Ticket({view, phone, via, here, onHere, children})`: `children` is the way to pay on this device. */
export function Ticket({ view, phone, via, here, onHere, paymentId, token, embedded, onGo, onEnd, children }) {
  const { payment, shop } = view;
  return html`<div class="ticket ${phone ? "ticket-phone" : "ticket-pc"}">
    <section class="bill">
      ${via !== "qr" && html`<p class="bill-back"><${Back} view=${view} embedded=${embedded} onGo=${onGo} kind="link">
        <${Icon} name="chevron-left" /></${Back}></p>`}
      ${via === "qr" && html`<${Note} icon="qr-code" test="via-qr">${t("cashier.via_qr")}</${Note}>`}
      <${Mark} name=${shop.name} size="l" />
      <h1 class="bill-shop" data-test="shop"><bdi>${shop.name}</bdi></h1>
      <${Amount} amount=${payment.amount} currency=${payment.currency} size="xl" test="amount" />
      ${payment.mode === "test" && html`<p class="bill-play"><${PlayPill} />${t("play_money.short")}</p>`}
      ${payment.description && html`<p class="bill-what"><bdi>${payment.description}</bdi></p>`}
      ${payment.reference && html`<p class="bill-reference">
        ${t("cashier.reference", { reference: payment.reference })}</p>`}
      ${view.parts?.length > 0 && html`<${Parts} parts=${view.parts} currency=${payment.currency} />`}
      ${payment.capture === "manual" && html`<p class="bill-reference">${t("cashier.manual")}</p>`}
      <${Deadline} at=${payment.expires_at} onEnd=${onEnd} />
    </section>
    <section class="way">
      ${here
        ? html`${children}
            ${!phone && html`<p class="way-other"><button type="button" class="link" data-test="use-qr"
              onClick=${() => onHere(false)}><${Icon} name="qr-code" />${t("cashier.use_qr")}</button></p>`}`
        : html`<${QrWay} paymentId=${paymentId} token=${token} onHere=${() => onHere(true)} />`}
    </section>
  </div>`;
}

/** What a combined payment is made of: whom each part goes to, what for, how much. */
function Parts({ parts, currency }) {
  return html`<ul class="bill-parts" aria-label=${t("cashier.parts", { n: parts.length })} data-test="parts">
    ${parts.map((part) => html`<li key=${part.id} data-test="part">
      <span class="bill-part"><bdi>${part.shop.name}</bdi>
        <small><bdi>${part.description || part.reference}</bdi></small></span>
      <span class="bill-part-sum">${money(part.amount, currency)}</span>
    </li>`)}
  </ul>`;
}

function Deadline({ at, onEnd }) {
  const now = useNow();
  const until = at ? Date.parse(at) - now : Infinity;
  const over = until <= 0;
  useEffect(() => {
    if (!over) return undefined;
    onEnd(); // The server says when it is over; ask until it does.
    const timer = setInterval(onEnd, 2000);
    return () => clearInterval(timer);
  }, [over]);
  if (until > SOON_MS) return null;
  return html`<p class="bill-deadline ${until < 60_000 ? "bill-deadline-near" : ""}" data-test="deadline">
    <${Icon} name="clock" />${t("cashier.deadline", { left: left(until) })}
  </p>`;
}

function QrWay({ paymentId, token, onHere }) {
  const [broken, setBroken] = useState(false);
  const src = `/v1/cashier/${encodeURIComponent(paymentId)}/qr.svg?t=${encodeURIComponent(token)}`;
  return html`<div class="qr" data-test="qr">
    <h2 class="qr-title">${t("qr.title")}</h2>
    ${broken
      ? html`<div class="qr-frame qr-broken"><p>${t("qr.broken")}</p>
          <${Button} kind="plain" small onPress=${() => setBroken(false)}>${t("again")}</${Button}></div>`
      : html`<div class="qr-frame"><img class="qr-image" src=${src} width="232" height="232"
          alt=${t("qr.alt")} onError=${() => setBroken(true)} /></div>`}
    <p class="qr-says"><span>${t("qr.scan")}</span><span>${t("qr.then")}</span></p>
    <p class="qr-follow" role="status">
      <span class="pulse" aria-hidden="true"></span>${t("qr.waiting")}
    </p>
    <p class="or"><span>${t("or")}</span></p>
    <${Button} kind="plain" onPress=${onHere} test="pay-here"><${Icon} name="monitor" />${t("qr.here")}</${Button}>
  </div>`;
}
