// What happens live, in three lanes: facts, ledger lines, webhook tries. A row lights up its kin.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { railName } from "../top_up.js";
import { Icon, Pill } from "../ui.js";
import { secondOf } from "../when.js";

/** `Lanes({live})`. */
export function Lanes({ live }) {
  const [lit, setLit] = useState("");
  const row = { lit, onLit: setLit };
  return html`<div class="demo-lanes" onMouseLeave=${() => setLit("")}>
    <${Lane} name="facts" icon="zap" rows=${live.facts.value} draw=${FactRow} key="facts" ...${row} />
    <${Lane} name="ledger" icon="scale" rows=${live.transfers.value} draw=${TransferRow} key="ledger" ...${row} />
    <${Lane} name="webhooks" icon="webhook" rows=${live.tries.value} draw=${TryRow} key="webhooks" ...${row} />
  </div>`;
}

function Lane({ name, icon, rows, draw: Row, lit, onLit }) {
  return html`<section class="demo-lane" aria-label=${t(`lane.${name}`)} data-test="lane-${name}">
    <h2 class="demo-lane-title"><${Icon} name=${icon} /><span>${t(`lane.${name}`)}</span>
      <small>${t(`lane.${name}_what`)}</small></h2>
    <ol class="demo-rows" tabindex="0" aria-live="off">
      ${rows.map((one) => html`<${Row} key=${one.sequence ?? one.id} one=${one} lit=${lit} onLit=${onLit} />`)}
      ${!rows.length && html`<li class="demo-rows-empty">${t("lane.empty")}</li>`}
    </ol>
  </section>`;
}

function Line({ about, lit, onLit, first, amount, second, at, test }) {
  return html`<li class="demo-row ${lit && about === lit ? "demo-row-lit" : ""}" title=${about}
      onMouseEnter=${() => onLit(about)} data-test=${test}>
    <span class="demo-row-first">${first}</span><span class="demo-row-amount">${amount}</span>
    <span class="demo-row-second">${second}</span><time class="demo-row-at" datetime=${at}>${secondOf(at)}</time>
  </li>`;
}

/** What a fact is called. */
export function factName(kind) {
  return has(`fact.${kind}`) ? t(`fact.${kind}`) : kind;
}

function FactRow({ one, ...row }) {
  const { amount, currency } = one.data;
  return html`<${Line} about=${one.data.payment_id ?? one.about} at=${one.at} first=${factName(one.kind)}
    amount=${amount && currency ? money(amount, currency) : ""} second=${html`<code>${one.kind}</code>`}
    test="fact-${one.kind}" ...${row} />`;
}

function accountWord({ code }) {
  return has(`account.${code}`) ? t(`account.${code}`) : code;
}

function arrow(from, to) {
  return html`${from} <span class="demo-arrow" aria-label="→">→</span> ${to}`;
}

function TransferRow({ one, ...row }) {
  const step = { pending: t("lane.hold"), void: t("lane.void"), expire: t("lane.void") }[one.kind];
  const code = has(`code.${one.code}`) ? t(`code.${one.code}`) : one.code;
  const [from, to] = [one.debit, one.credit].map(({ owner }) => html`<bdi>${railName(owner)}</bdi>`);
  return html`<${Line} about=${one.ref} at=${one.at} amount=${money(one.amount, one.currency)} first=${arrow(from, to)}
    second=${html`${code}${step ? ` · ${step}` : ""} · ${arrow(accountWord(one.debit), accountWord(one.credit))}`}
    test="transfer-${one.code}" ...${row} />`;
}

function TryRow({ one, ...row }) {
  const fine = one.status >= 200 && one.status < 300;
  return html`<${Line} about=${one.about} at=${one.at} amount=${t("lane.ms", { n: one.took_ms })}
    first=${html`<${Pill} kind=${fine ? "good" : "bad"}>${one.status || t("lane.none")}</${Pill}>
      ${one.kind ? factName(one.kind) : ""}`}
    second=${html`<code>${one.kind}</code>${one.number > 1 ? ` · ${t("lane.try", { n: one.number })}` : ""}
      ${fine ? "" : ` · ${one.trouble}`}`} test="try-${one.status}" ...${row} />`;
}
