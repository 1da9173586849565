// How a payment can end or wait: one line that says what happened, and where to go next.
import { html, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { reasonOf } from "../top_up.js";
import { Amount, Button, Cell, Cells, Icon, PlayPill, Ring, State, useElapsed } from "../ui.js";
import { methodName } from "./choose.js";
import { Back } from "./ticket.js";

const RETURN_S = 3;

/** Leave for the shop by itself, after a countdown that can be stopped. */
function ReturnSoon({ view, embedded, onGo }) {
  const [seconds, setSeconds] = useState(RETURN_S);
  const [stay, setStay] = useState(false);
  const go = () => (embedded ? onGo(view.return_to) : location.replace(view.return_to));
  useEffect(() => {
    if (stay) return undefined;
    if (seconds === 0) {
      go();
      return undefined;
    }
    const timer = setTimeout(() => setSeconds(seconds - 1), 1000);
    return () => clearTimeout(timer);
  }, [seconds, stay]);
  useEffect(() => {
    const onShow = (event) => event.persisted && setStay(true); // Came back by the back button.
    addEventListener("pageshow", onShow);
    return () => removeEventListener("pageshow", onShow);
  }, []);
  return html`<${Back} view=${view} embedded=${embedded} onGo=${onGo} />
    <p class="return-says" data-test="countdown">
      ${stay ? t("cashier.staying") : t("cashier.returning", { n: seconds })}
      ${!stay && html` <button type="button" class="link" onClick=${() => setStay(true)} data-test="stay">
        ${t("cashier.stay")}</button>`}
    </p>`;
}

/** `Result({view, mine, seen, followed, via})`: paid, or set aside. */
export function Result({ view, mine, seen, followed, via, embedded, onGo }) {
  const { payment, shop } = view;
  const hold = payment.status === "authorized";
  const stranger = !mine && !(followed && seen);
  const title = hold ? "result.authorized" : stranger && !seen ? "result.already" : "result.paid";
  const soon = seen && view.return_to && via !== "qr" && (mine || followed) && !(embedded && !onGo);
  return html`<div class="result" data-test="result-${payment.status}">
    <span class="outcome-sign outcome-good outcome-large"><${Icon} name=${hold ? "lock-keyhole" : "check"} /></span>
    <div role="status"><h1 class="result-title">${t(title)}</h1></div>
    <${Amount} amount=${hold ? payment.amount : payment.captured_amount || payment.amount}
      currency=${payment.currency} size="xl" test="amount" />
    ${payment.mode === "test" && html`<p class="bill-play"><${PlayPill} />${t("play_money.short")}</p>`}
    <p class="result-says" data-test="result-says">${resultLine({ view, mine, seen, followed, via })}</p>
    <${Cells}>
      <${Cell} title=${t("result.to")} value=${html`<bdi>${shop.name}</bdi>`} />
      ${payment.method && html`<${Cell} title=${t("result.method")} value=${methodName(payment.method, payment.mode)} />`}
      ${payment.reference && html`<${Cell} title=${t("result.reference")} value=${payment.reference} />`}
      ${payment.refunded_amount > 0 && html`<${Cell} title=${t("result.refunded")} test="refunded"
        value=${money(payment.refunded_amount, payment.currency)} />`}
    </${Cells}>
    <div class="result-ways">
      ${soon ? html`<${ReturnSoon} view=${view} embedded=${embedded} onGo=${onGo} />`
        : html`<${Back} view=${view} embedded=${embedded} onGo=${onGo} kind=${via === "qr" ? "plain" : "primary"} />
          ${!embedded && html`<${Button} kind=${view.return_to && via !== "qr" ? "quiet" : "plain"} href="/wallet"
            test="to-wallet">${t("result.wallet")}</${Button}>`}`}
    </div>
  </div>`;
}

function resultLine({ view, mine, seen, followed, via }) {
  const { payment, shop } = view;
  const amount = money(payment.amount, payment.currency);
  if (payment.status === "authorized") return t("result.authorized_says", { amount, shop: shop.name });
  if (mine) return t(via === "qr" ? "result.mine_qr" : "result.mine", { shop: shop.name });
  if (!seen) return t("result.already_says");
  return t(followed ? "result.other_device" : "result.someone", { shop: shop.name });
}

/** A rail has the payment and has not answered for good. */
export function Processing({ view, mine, embedded, onGo }) {
  const { payment, shop, attempt } = view;
  const unknown = attempt?.status === "unknown";
  const passed = useElapsed([10_000], `${payment.id} ${attempt?.status}`);
  return html`<div class="result" data-test="processing">
    <${Ring} class="ring-large" />
    <div role="status"><h1 class="result-title">${t(unknown ? "processing.unknown" : "processing.title")}</h1></div>
    <${Amount} amount=${payment.amount} currency=${payment.currency} size="xl" />
    <p class="result-says">${t(unknown ? "processing.unknown_says" : "processing.says")}</p>
    ${passed > 0 && html`<p class="result-says" data-test="processing-slow">${t("processing.slow", { shop: shop.name })}</p>`}
    <${Cells}>
      <${Cell} title=${t("result.to")} value=${html`<bdi>${shop.name}</bdi>`} />
      ${(attempt?.method ?? payment.method) && html`<${Cell} title=${t("result.method")}
        value=${methodName(attempt?.method ?? payment.method, payment.mode)} />`}
    </${Cells}>
    <div class="result-ways"><${Back} view=${view} embedded=${embedded} onGo=${onGo} kind="plain" />
      ${mine && !embedded && html`<${Button} kind="quiet" href="/wallet">${t("result.wallet")}</${Button}>`}</div>
  </div>`;
}

/** We pressed, and could not learn what became of it. */
export function Unsure({ view, checking, onAgain }) {
  return html`<${State} icon="wifi-off" kind="warn" title=${t("unsure.title")}
      text=${t("unsure.text", { shop: view.shop.name })} test="unsure">
    <${Button} onPress=${onAgain} busy=${checking} test="check-again">${t("unsure.again")}</${Button}>
  </${State}>`;
}

/** Time is up. */
export function Expired({ view, embedded, onGo }) {
  return html`<${State} icon="hourglass" title=${t("expired.title")} test="expired"
      text=${`${reasonLine(view)}${t("expired.text", { shop: view.shop.name })}`}>
    <${Back} view=${view} embedded=${embedded} onGo=${onGo} />
    ${!view.return_to && html`<p class="state-hint">${t("close_page")}</p>`}
  </${State}>`;
}

/** The shop or the payer called it off. */
export function Canceled({ view, embedded, onGo }) {
  return html`<${State} icon="ban" title=${t("canceled.title")} test="canceled"
      text=${`${reasonLine(view)}${t("canceled.text", { shop: view.shop.name })}`}>
    <${Back} view=${view} embedded=${embedded} onGo=${onGo} />
    ${!view.return_to && html`<p class="state-hint">${t("close_page")}</p>`}
  </${State}>`;
}

function reasonLine({ attempt }) {
  const reason = reasonOf(attempt?.reason);
  return reason ? `${reason} ` : "";
}

/** Nothing opens at this address. */
export function Gone({ onAgain }) {
  return html`<${State} icon="link-2-off" title=${t("gone.title")} text=${t("gone.text")} test="gone">
    <${Button} kind="plain" onPress=${onAgain} test="again">${t("again")}</${Button}>
  </${State}>`;
}
