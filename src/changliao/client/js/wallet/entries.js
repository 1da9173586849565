// Entries of a statement: one line each, grouped by day, with the details in a sheet.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { clockTime, dayOf, exactly } from "../time.js";
import { railName } from "../top_up.js";
import { Amount, Cell, Cells, Icon, Sheet } from "../ui.js";

const ICONS = {
  top_up: "landmark", payment: "store", refund: "undo-2", transfer: "store", hold: "lock-keyhole", release: "repeat",
};

const KINDS = { pending: "hold", void: "release", expire: "release" };
const COMING = { pending: "transfer_waiting", void: "transfer_gone", expire: "transfer_gone" };
const MEMOS = { top_up: "top_up.from", payment: "result.reference", refund: "result.reference" };
const AN_ID = /^[a-z]+_[0-9A-Za-z]{12,}$/;

/** What an entry is called. */
export function entryName({ code, kind }) {
  const name = (code === "transfer" ? COMING : KINDS)[kind] ?? code;
  return has(`entry.${name}`) ? t(`entry.${name}`) : t("entry.other");
}

function whom({ code, counterparty }) {
  if (!counterparty || AN_ID.test(counterparty)) return "";
  return code === "top_up" ? railName(counterparty) : counterparty;
}

function memoOf({ code, memo }) {
  return code === "top_up" ? railName(memo) : memo;
}

/** What an entry did to the wallet; a hold moves nothing, and says how much it keeps. */
function sumOf({ amount, held_amount: held, currency }) {
  return amount ? money(amount, currency, { signed: true }) : money(held ?? 0, currency);
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
    <${Sheet} open=${open !== null} title=${open ? entryName(open) : ""} onClose=${() => setOpen(null)} test="entry">
      ${open && html`<${Details} item=${open} />`}
    </${Sheet}>`;
}

function Entry({ item, dated, onPress }) {
  const at = Date.parse(item.at);
  const what = entryName(item);
  const name = whom(item) || what;
  const when = dated ? `${dayOf(at)} ${clockTime(at)}` : clockTime(at);
  const note = [name === what ? memoOf(item) : what, when].filter(Boolean).join(" · ");
  const icon = ICONS[KINDS[item.kind] ?? item.code] ?? "wallet";
  return html`<button type="button" class="weui-cell cell cell-press entry" onClick=${onPress} data-test="entry-${item.id}">
    <span class="weui-cell__hd cell-lead entry-sign entry-${item.code}"><${Icon} name=${icon} /></span>
    <span class="weui-cell__bd cell-words"><span class="cell-title entry-name"><bdi>${name}</bdi></span>
      <span class="cell-note"><bdi>${note}</bdi></span></span>
    <span class="entry-amount ${item.amount > 0 ? "entry-in" : item.amount ? "" : "entry-held"}">${sumOf(item)}</span>
  </button>`;
}

function Details({ item }) {
  return html`<div class="sheet-form">
    <p class="entry-sum"><${Amount} amount=${item.amount || item.held_amount || 0} currency=${item.currency}
      signed=${Boolean(item.amount)} /></p>
    <${Cells}>
      ${whom(item) && html`<${Cell} title=${t("entry.with")} value=${html`<bdi>${whom(item)}</bdi>`} />`}
      ${memoOf(item) && html`<${Cell} title=${t(MEMOS[item.code] ?? "entry.memo")}
        value=${html`<bdi>${memoOf(item)}</bdi>`} />`}
      <${Cell} title=${t("entry.at")} value=${exactly(Date.parse(item.at))} />
      <${Cell} title=${t("entry.after")} value=${money(item.balance_after, item.currency)} />
      ${item.ref && html`<${Cell} title=${t("entry.ref")} value=${html`<code class="code">${item.ref}</code>`} />`}
    </${Cells}>
  </div>`;
}
