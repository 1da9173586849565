// The app's money: what is there per currency, and every line of how it came and went.
import { html } from "../dom.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { Amount, Button, Icon, Loading, Trouble } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, app, useAsked, usePages } from "./ask.js";
import { Empty, Head, More, Table, useKeys } from "./parts.js";
import { Link, address, filter, onLink, place } from "./place.js";

/** The screen /console/balance. */
export function Balance() {
  const asked = useAsked(() => app.get("/v1/balances"), []);
  useKeys({ r: asked.again });
  return html`<${Head} title=${t("nav.balance")} lead=${t("balance.lead")}>
      <${Button} kind="plain" small onPress=${asked.again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <${Asked} asked=${asked}>${(found) => html`<${Money} found=${found} />`}</${Asked}>`;
}

function Money({ found }) {
  const chosen = place.value.query.get("currency") ?? found.items[0]?.currency;
  if (!found.items.length) {
    return html`<${Empty} icon="scale" title=${t("balance.empty")} text=${t("balance.empty_text")}>
      <a class="weui-btn btn btn-plain btn-small" href=${address("payments")} onClick=${onLink}>${t("nav.payments")}</a></${Empty}>`;
  }
  return html`<div class="con-cards">${found.items.map((one) => html`<button key=${one.currency} type="button" class="con-card"
      aria-pressed=${one.currency === chosen} onClick=${() => filter({ currency: one.currency })} data-test="balance-${one.currency}">
      <span class="con-dim">${one.currency}</span>
      <${Amount} amount=${one.balance} currency=${one.currency} size="l" test="balance" />
      <${Beside} of=${one} />
    </button>`)}</div>
    <h2 class="con-section">${t("balance.statement", { currency: chosen })}</h2>
    <${Statement} key=${chosen} currency=${chosen} />`;
}

/** `Beside({of})`: what else there is of a currency: held, or set aside to be split. */
export function Beside({ of }) {
  const { currency, pending, unsplit } = of;
  const said = [
    pending > 0 && t("balance.pending", { amount: money(pending, currency) }),
    unsplit > 0 && t("balance.unsplit", { amount: money(unsplit, currency) }),
  ].filter(Boolean);
  return (said.length ? said : [t("balance.available")]).map((words) => html`<span key=${words} class="con-dim">${words}</span>`);
}

function about(line) {
  const ref = line.ref || "";
  if (ref.startsWith("pay_")) return html`<${Link} page="payment" query=${{ id: ref }} class="con-row-link">${line.memo || ref}</${Link}>`;
  return html`<bdi>${line.memo || ref}</bdi>`;
}

function Statement({ currency }) {
  const pages = usePages(`/v1/statements?currency=${encodeURIComponent(currency)}&limit=50`);
  if (!pages.items && pages.trouble) return html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />`;
  if (!pages.items) return html`<${Loading} lines=${6} onAgain=${pages.again} />`;
  if (!pages.items.length) return html`<p class="con-dim" data-test="no-lines">${t("balance.no_lines")}</p>`;
  const columns = [
    { name: "kind", look: "main", words: t("balance.kind"), draw: (one) => html`${has(`code.${one.code}`) ? t(`code.${one.code}`) : one.code}
      ${one.held_amount > 0 && html` <span class="con-dim">${t("lane.hold")} ${money(one.held_amount, currency)}</span>`}` },
    { name: "about", look: "sub", words: t("balance.about"), draw: about },
    { name: "at", look: "time", words: t("balance.at"), draw: (one) => html`<time datetime=${one.at} title=${exactlyOf(one.at)}>${whenOf(one.at)}</time>` },
    { name: "amount", look: "end", words: t("payment.amount"), draw: (one) => html`<span class=${one.amount > 0 ? "con-in" : ""}>
      ${one.amount === 0 ? "–" : money(one.amount, currency, { signed: true })}</span>` },
    { name: "after", look: "note con-right", words: t("balance.after"), draw: (one) => html`<span class="con-dim">${money(one.balance_after, currency)}</span>` },
  ];
  return html`<${Table} label=${t("balance.statement", { currency })} columns=${columns} rows=${pages.items} busy=${pages.busy}
    keyOf=${({ id }) => id} test="statement" /><${More} pages=${pages} />`;
}
