// One payment: how it stands, what may be done, and everything that happened to it.
import { html, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { sentence } from "../say.js";
import { Amount, Button, Icon, Note, useToast } from "../ui.js";
import { exactlyOf } from "../when.js";
import { Asked, app, useAsked, useKeyed } from "./ask.js";
import { Cancel, Capture, Refund, Void } from "./moves.js";
import { Copy, Facts, Head, Id, Panel, Status, Turning, useKeys } from "./parts.js";
import { address, go, place } from "./place.js";
import { methodName } from "./say_method.js";
import { EndSplits, Share } from "./split_moves.js";
import { SplitsOf } from "./splits.js";
import { Timeline } from "./timeline.js";
import { current } from "./workshop.js";

const SETTLING_MS = 2000;
const SETTLING_TURNS = 10;

async function askWebhooks(id) {
  try {
    const [deliveries, endpoints] = await Promise.all([
      app.get(`/v1/deliveries?about=${encodeURIComponent(id)}`), app.get("/v1/webhook_endpoints"),
    ]);
    return { deliveries: deliveries.items, urls: Object.fromEntries(endpoints.items.map((one) => [one.id, one.url])) };
  } catch (error) {
    if (error.code === "role_forbids") return { deliveries: [], urls: {}, hidden: true };
    throw error;
  }
}

/** `{person_id: name}` of the partner's members, whom facts name by id. */
async function askNames() {
  const { items } = await get(`/v1/partners/${encodeURIComponent(current().partner.id)}/members`);
  return Object.fromEntries(items.map((one) => [one.person_id, one.name]));
}

function settling({ history, webhooks }) {
  return history.payment.status === "processing" || history.refunds.some(({ status }) => status === "pending")
    || webhooks.deliveries.some(({ state, tries }) => state === "waiting" && tries.length < 2);
}

/** The screen /console/payment?id=pay_…. */
export function PaymentScreen() {
  const id = place.value.query.get("id") ?? "";
  const asked = useAsked(async () => {
    const path = `/v1/payments/${encodeURIComponent(id)}`;
    const [history, splits, webhooks, names] = await Promise.all([
      app.get(`${path}/history`), app.get(`${path}/splits`), askWebhooks(id), askNames(),
    ]);
    return { history, splits: splits.items, webhooks, names };
  }, [id]);
  const [turns, setTurns] = useState(0);
  const live = asked.found && settling(asked.found) && turns < SETTLING_TURNS;
  useEffect(() => {
    if (!live) return undefined;
    const timer = setTimeout(() => { setTurns(turns + 1); asked.again(); }, SETTLING_MS);
    return () => clearTimeout(timer);
  }, [live, turns]);
  const again = () => { setTurns(0); return asked.again(); };
  useKeys({ Escape: () => go("payments"), r: again });
  return html`<${Head} title=${html`<bdi>${asked.found?.history.payment.reference ?? t("payment.title")}</bdi>`} back=${{ href: address("payments"), words: t("nav.payments") }}>
      <${Turning} busy=${asked.busy && asked.found} />
      <${Button} kind="plain" small onPress=${again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <${Asked} asked=${asked} lines=${8}>${(found) => html`<${Payment} found=${found} again=${again} />`}</${Asked}>`;
}

function movesOf(payment, splitEnded) {
  const { status, captured_amount, refundable_amount, amount, hold_expires_at } = payment;
  const moves = [];
  if (status === "open") moves.push("cancel");
  if (status === "authorized" || (status === "paid" && hold_expires_at && captured_amount < amount)) moves.push("capture");
  if (status === "authorized") moves.push("void");
  if (refundable_amount > 0) moves.push("refund");
  if (refundable_amount > 0 && !splitEnded) moves.push("split");
  if (payment.split && status === "paid" && !splitEnded) moves.push("split_end");
  return moves;
}

const SHEETS = { cancel: Cancel, capture: Capture, void: Void, refund: Refund, split: Share, split_end: EndSplits };
const QUIET = ["cancel", "void", "split_end"];

function Payment({ found, again }) {
  const { payment, refunds } = found.history;
  const [move, setMove] = useState(null);
  const splitEnded = found.history.facts.some(({ kind }) => kind === "split.finished");
  const moves = movesOf(payment, splitEnded);
  const done = () => {
    setMove(null);
    again();
  };
  return html`<div class="con-payment">
    <section class="con-bill" data-test="bill">
      <div class="con-bill-sum"><${Amount} amount=${payment.amount} currency=${payment.currency} size="l" test="amount" />
        <${Status} of=${payment.status} test="status" /></div>
      ${payment.description && html`<p class="con-bill-what"><bdi>${payment.description}</bdi></p>`}
      ${payment.reason && html`<${Note}>${t("payment.reason", { reason: payment.reason })}</${Note}>`}
      ${moves.length > 0 && html`<div class="con-ways">${moves.map((name) => html`<${Button} key=${name} small
        kind=${QUIET.includes(name) || (name === "split" && !payment.split) ? "plain" : "primary"} onPress=${() => setMove(name)} test="move-${name}">
        ${t(`move.${name}`)}</${Button}>`)}</div>`}
      <${Figures} payment=${payment} />
      <${Facts} rows=${[
        [t("payment.method"), payment.method ? methodName(payment.method) : null],
        [t("payment.capture"), payment.capture === "manual" ? t("payment.capture_manual") : null],
        [t("payment.created"), exactlyOf(payment.created_at)],
        [t("payment.expires"), payment.status === "open" ? exactlyOf(payment.expires_at) : null],
        [t("payment.hold_expires"), payment.status === "authorized" && payment.hold_expires_at ? exactlyOf(payment.hold_expires_at) : null],
        [t("payment.customer"), payment.customer_id],
        [t("payment.id"), html`<${Id} text=${payment.id} />`],
        ...Object.entries(payment.metadata).map(([name, value]) => [html`<code class="code">${name}</code>`, html`<bdi>${value}</bdi>`]),
      ]} />
      ${payment.status === "open" && html`<p class="con-cashier"><a class="link" href=${payment.cashier_url} target="_blank"
        rel="noopener" data-test="cashier-link">${t("payment.cashier")}</a><${Copy} text=${payment.cashier_url} /></p>`}
      <${SplitsOf} payment=${payment} splits=${found.splits} ended=${splitEnded} again=${again} />
      ${refunds.length > 0 && html`<${Refunds} refunds=${refunds} payment=${payment} again=${again} />`}
    </section>
    <${Panel} title=${t("timeline.title")} test="timeline"><${Timeline} found=${found} again=${again} /></${Panel}>
    ${Object.entries(SHEETS).map(([name, Move]) => html`<${Move} key=${name} open=${move === name} payment=${payment}
      onClose=${() => setMove(null)} onDone=${done} />`)}
  </div>`;
}

function Figures({ payment }) {
  const { currency, captured_amount, refunded_amount, refundable_amount } = payment;
  if (!captured_amount) return null;
  const figures = [["captured", captured_amount], ["refunded", refunded_amount], ["refundable", refundable_amount]];
  return html`<dl class="con-figures">${figures.map(([name, amount]) => html`<div key=${name}>
    <dt>${t(`payment.${name}`)}</dt><dd data-test=${name}>${money(amount, currency)}</dd></div>`)}</dl>`;
}

function Refunds({ refunds, payment, again }) {
  return html`<div class="con-refunds"><h2>${t("refunds.title")}</h2><ul>${refunds.map((one) => html`<li key=${one.id} data-test="refund">
    <strong>${money(one.amount, payment.currency)}</strong> <${Status} of=${one.status} />
    <span class="con-dim">${exactlyOf(one.created_at)}${one.reason ? html` · <bdi>${one.reason}</bdi>` : ""}</span>
    ${one.waits_for && html`<span class="con-dim">${t("refunds.waits", {
      what: one.waits_for === "shop_balance" ? t("refunds.shop_balance") : one.waits_for })}</span>`}
    ${one.status === "failed" && html`<${RefundAgain} refund=${one} again=${again} />`}
  </li>`)}</ul></div>`;
}

function RefundAgain({ refund, again }) {
  const keyed = useKeyed();
  const say = useToast();
  const press = async () => {
    try {
      await keyed.press(`/v1/refunds/${encodeURIComponent(refund.id)}/tries`, {});
      await again();
    } catch (error) {
      say(sentence(error));
    }
  };
  return html`<${Button} kind="link" onPress=${press} test="refund-again">${t("again")}</${Button}>`;
}
