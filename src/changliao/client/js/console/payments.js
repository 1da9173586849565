// The payments of an app: searched, filtered by status, read page by page.
import { html, useEffect, useRef } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { Button, Icon, Loading, Trouble } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Forbidden, usePages } from "./ask.js";
import { Empty, Head, More, Search, Status, Table, Turning, useKeys } from "./parts.js";
import { address, filter, onLink, place } from "./place.js";
import { methodName } from "./say_method.js";

const STATUSES = ["open", "processing", "authorized", "paid", "canceled", "expired"];
const LIMIT = 50;

/** The screen /console/payments. */
export function Payments() {
  const { query } = place.value;
  const [status, q] = [query.get("status") ?? "", query.get("q") ?? ""];
  const asked = new URLSearchParams({ limit: String(LIMIT), ...(status && { status }), ...(q && { q }) });
  const pages = usePages(`/v1/payments?${asked}`);
  const search = useRef(null);
  useKeys({ "/": () => search.current?.focus(), r: pages.again, Escape: () => filter({ q: null, status: null }) });
  useEffect(() => {
    const onFocus = () => document.visibilityState === "visible" && pages.items?.length <= LIMIT && pages.again();
    document.addEventListener("visibilitychange", onFocus);
    return () => document.removeEventListener("visibilitychange", onFocus);
  }, [pages.again, pages.items]);
  return html`<${Head} title=${t("nav.payments")}>
      <${Turning} busy=${pages.busy && pages.items} />
      <${Button} kind="plain" small onPress=${pages.again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <div class="con-filters">
      <${Search} field=${search} q=${q} words=${t("payments.search")} />
      <div class="con-chips" role="radiogroup" aria-label=${t("payments.status")}>
        ${["", ...STATUSES].map((one) => html`<button key=${one} type="button" role="radio" class="con-chip"
          aria-checked=${status === one} onClick=${() => filter({ status: one })} data-test="status-${one || "all"}">
          ${one ? t(`status.${one}`) : t("payments.all")}</button>`)}
      </div>
    </div>
    <${List} pages=${pages} filtered=${Boolean(status || q)} />
    <p class="con-keys">${t("keys.hint")}</p>`;
}

function List({ pages, filtered }) {
  if (pages.trouble?.code === "role_forbids") return html`<${Forbidden} />`;
  if (!pages.items && pages.trouble) return html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />`;
  if (!pages.items) return html`<${Loading} lines=${8} onAgain=${pages.again} />`;
  if (!pages.items.length && filtered) {
    return html`<${Empty} icon="search" title=${t("payments.no_match")} text=${t("payments.no_match_text")} test="no-match">
      <${Button} kind="plain" small onPress=${() => filter({ q: null, status: null })}>${t("payments.clear")}</${Button}></${Empty}>`;
  }
  if (!pages.items.length) {
    return html`<${Empty} icon="receipt-text" title=${t("payments.empty")} text=${t("payments.empty_text")}>
      <a class="weui-btn btn btn-primary btn-small" href=${address("keys")} onClick=${onLink}>${t("keys.new")}</a>
      <a class="weui-btn btn btn-plain btn-small" href="/docs#post_v1_payments" target="_blank">${t("payments.how")}</a></${Empty}>`;
  }
  return html`<${PaymentTable} items=${pages.items} busy=${pages.busy} /><${More} pages=${pages} />`;
}

/** `PaymentTable({items})`: payments, one line each. */
export function PaymentTable({ items, busy }) {
  const columns = [
    { name: "reference", look: "main", words: t("payment.reference"), draw: (one) => html`<a class="con-row-link"
      href=${hrefOf(one)} onClick=${onLink}><bdi>${one.reference}</bdi></a>` },
    { name: "description", look: "sub", words: t("payment.description"), draw: (one) => html`<bdi>${one.description}</bdi>` },
    { name: "method", look: "wide", words: t("payment.method"), draw: (one) => (one.method ? methodName(one.method) : "") },
    { name: "status", look: "note", words: t("payment.status"), draw: (one) => html`<${Status} of=${one.status} />
      ${one.refunded_amount > 0 && html` <span class="con-refunded">−${money(one.refunded_amount, one.currency)}</span>`}` },
    { name: "amount", look: "end", words: t("payment.amount"), draw: (one) => money(one.amount, one.currency) },
    { name: "created", look: "time", words: t("payment.created"), draw: (one) => html`<time datetime=${one.created_at}
      title=${exactlyOf(one.created_at)}>${whenOf(one.created_at)}</time>` },
  ];
  return html`<${Table} label=${t("nav.payments")} columns=${columns} rows=${items} busy=${busy} keyOf=${({ id }) => id}
    hrefOf=${hrefOf} test="payments" />`;
}

function hrefOf({ id }) {
  return address("payment", { id });
}
