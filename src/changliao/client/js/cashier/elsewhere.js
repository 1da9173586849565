// Paying at another company's own page: going there once, going on there, scanning its code, or another way after all.
import { html, useEffect, useState } from "../dom.js";
import { remove } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { railName } from "../top_up.js";
import { Amount, Button, Cell, Cells, PlayPill, Ring, useToast } from "../ui.js";
import { Back } from "./ticket.js";

const RAILS = ["alipay", "stripe", "wechat"];

/** Whether one pays by this method at a page of somebody else's. */
export function isElsewhere(method) {
  return RAILS.includes(method);
}

/** `Elsewhere({view, pressed, mine, ...})`: the payer is to pay there. Who has just pressed is taken there. */
export function Elsewhere({ view, pressed, mine, followed, paymentId, token, embedded, onGo }) {
  const { payment, attempt, shop } = view;
  const method = railName(attempt.method);
  const page = attempt.pay_by === "page" ? attempt.pay_url : null;
  useEffect(() => {
    if (pressed && page && !embedded) location.assign(page);
  }, [Boolean(pressed && page)]);
  const there = embedded ? { onPress: () => onGo?.(page) } : { href: page };
  const waits = attempt.pay_by !== null;
  return html`<div class="result" data-test=${waits ? "elsewhere" : "elsewhere-asking"}>
    ${attempt.pay_by === "scan"
      ? html`<div class="qr-frame"><img class="qr-image" alt=${t("elsewhere.scan", { method })} width="232" height="232"
          src=${`/v1/cashier/${encodeURIComponent(paymentId)}/rail_qr.svg?t=${encodeURIComponent(token)}`} /></div>`
      : html`<${Ring} class="ring-large" />`}
    <div role="status"><h1 class="result-title">
      ${t(!waits ? "elsewhere.asking" : attempt.pay_by === "scan" ? "elsewhere.scan" : "elsewhere.title", { method })}</h1></div>
    <${Amount} amount=${payment.amount} currency=${payment.currency} size="xl" test="amount" />
    ${payment.mode === "test" && html`<p class="bill-play"><${PlayPill} />${t("play_money.short")}</p>`}
    <p class="result-says">${t(waits ? "elsewhere.says" : "elsewhere.asking_says", { method })}</p>
    <${Cells}>
      <${Cell} title=${t("result.to")} value=${html`<bdi>${shop.name}</bdi>`} />
      <${Cell} title=${t("method.title")} value=${method} />
    </${Cells}>
    <div class="result-ways">
      ${page && html`<${Button} test="go-there" ...${there}>${t("elsewhere.go", { method })}</${Button}>`}
      ${waits && mine && html`<${OtherWay} followed=${followed} paymentId=${paymentId} token=${token} />`}
      <${Back} view=${view} embedded=${embedded} onGo=${onGo} kind="quiet" />
    </div>
  </div>`;
}

function OtherWay({ followed, paymentId, token }) {
  const [busy, setBusy] = useState(false);
  const say = useToast();
  const giveUp = async () => {
    setBusy(true);
    try {
      followed.take(await remove(`/v1/cashier/${encodeURIComponent(paymentId)}/attempt?t=${encodeURIComponent(token)}`));
    } catch (error) {
      say(sentence(error));
    }
    setBusy(false);
    await followed.refresh();
  };
  return html`<${Button} kind="plain" onPress=${giveUp} busy=${busy} test="other-way">${t("elsewhere.other")}</${Button}>`;
}
