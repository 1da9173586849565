// Entries of a statement: one line each, grouped by day, with the details in a sheet.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { clockTime, dayOf, exactly } from "../time.js";
import { Amount, Cell, Cells, Icon, Sheet } from "../ui.js";

const ICONS = {
  top_up: "landmark", payment: "store", refund: "undo-2", hold: "lock-keyhole", release: "repeat",
};

/** What an entry is called. */
export function entryName(code) {
  return has(`entry.${code}`) ? t(`entry.${code}`) : t("entry.other");
}

function byDay(items) {
  const days = [];
  for (const item of items) {
    const day = dayOf(Date.parse(item.at));
    if (days.at(-1)?.day !== day) days.push({ day, items: [] });
    days.at(-1).items.push(item);
  }
  return days;
}

/** `Entries({items, flat})`: `flat` without headings by day. */
export function Entries({ items, flat = false }) {
  const [open, setOpen] = useState(null);
  const line = (item) => html`<${Entry} key=${item.id} item=${item} dated=${flat} onPress=${() => setOpen(item)} />`;
  return html`${flat
      ? html`<div class="weui-cells cells">${items.map(line)}</div>`
      : byDay(items).map(({ day, items: those }) => html`<${Cells} key=${day} title=${day}>${those.map(line)}</${Cells}>`)}
    <${Sheet} open=${open !== null} title=${open ? entryName(open.code) : ""} onClose=${() => setOpen(null)} test="entry">
      ${open && html`<${Details} item=${open} />`}
    </${Sheet}>`;
}

function Entry({ item, dated, onPress }) {
  const at = Date.parse(item.at);
  const name = item.counterparty || item.memo || entryName(item.code);
  const when = dated ? `${dayOf(at)} ${clockTime(at)}` : clockTime(at);
  return html`<button type="button" class="weui-cell cell cell-press entry" onClick=${onPress} data-test="entry-${item.id}">
    <span class="weui-cell__hd cell-lead entry-sign entry-${item.code}"><${Icon} name=${ICONS[item.code] ?? "wallet"} /></span>
    <span class="weui-cell__bd cell-words"><span class="cell-title entry-name"><bdi>${name}</bdi></span>
      <span class="cell-note">${name === entryName(item.code) ? when : `${entryName(item.code)} · ${when}`}</span></span>
    <span class="entry-amount ${item.amount > 0 ? "entry-in" : ""}">${money(item.amount, item.currency, { signed: true })}</span>
  </button>`;
}

function Details({ item }) {
  return html`<div class="sheet-form">
    <p class="entry-sum"><${Amount} amount=${item.amount} currency=${item.currency} signed /></p>
    <${Cells}>
      ${item.counterparty && html`<${Cell} title=${t("entry.with")} value=${html`<bdi>${item.counterparty}</bdi>`} />`}
      ${item.memo && html`<${Cell} title=${t("entry.memo")} value=${html`<bdi>${item.memo}</bdi>`} />`}
      <${Cell} title=${t("entry.at")} value=${exactly(Date.parse(item.at))} />
      <${Cell} title=${t("entry.after")} value=${money(item.balance_after, item.currency)} />
      ${item.ref && html`<${Cell} title=${t("entry.ref")} value=${html`<code class="code">${item.ref}</code>`} />`}
    </${Cells}>
  </div>`;
}
