// The splits of an app, newest first, and those of one payment: who had what, what came back of it.
import { html, useRef, useState } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { Button, Icon, Loading, Trouble } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Forbidden, app, useAsked, usePages } from "./ask.js";
import { Empty, Head, Id, More, Search, Table, Turning, useKeys } from "./parts.js";
import { address, filter, onLink, place } from "./place.js";
import { TakeBack } from "./split_moves.js";

/** The screen /console/splits. */
export function Splits() {
  const q = place.value.query.get("q") ?? "";
  const pages = usePages(`/v1/splits?${new URLSearchParams({ limit: "50", ...(q && { reference: q }) })}`);
  const search = useRef(null);
  useKeys({ "/": () => search.current?.focus(), r: pages.again, Escape: () => filter({ q: null }) });
  return html`<${Head} title=${t("nav.splits")} lead=${t("splits.lead")}>
      <${Turning} busy=${pages.busy && pages.items} />
      <${Button} kind="plain" small onPress=${pages.again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <div class="con-filters"><${Search} field=${search} q=${q} words=${t("splits.search")} /></div>
    <${List} pages=${pages} filtered=${Boolean(q)} />`;
}

function List({ pages, filtered }) {
  if (pages.trouble?.code === "role_forbids") return html`<${Forbidden} />`;
  if (!pages.items && pages.trouble) return html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />`;
  if (!pages.items) return html`<${Loading} lines=${8} onAgain=${pages.again} />`;
  if (!pages.items.length && filtered) {
    return html`<${Empty} icon="search" title=${t("splits.no_match")} text=${t("splits.no_match_text")} test="no-match">
      <${Button} kind="plain" small onPress=${() => filter({ q: null })}>${t("payments.clear")}</${Button}></${Empty}>`;
  }
  if (!pages.items.length) {
    return html`<${Empty} icon="hand-coins" title=${t("splits.empty")} text=${t("splits.empty_text")}>
      <a class="weui-btn btn btn-plain btn-small" href="/docs#post_v1_payments_id_splits" target="_blank">${t("splits.how")}</a></${Empty}>`;
  }
  const hrefOf = ({ payment_id }) => address("payment", { id: payment_id });
  const columns = [
    { name: "reference", look: "main", words: t("splits.reference"), draw: (one) => html`<a class="con-row-link"
      href=${hrefOf(one)} onClick=${onLink}><bdi>${one.reference}</bdi></a>` },
    { name: "receivers", look: "sub", words: t("splits.receivers"), draw: receiversOf },
    { name: "rest", look: "note", words: t("splits.rest"), draw: (one) => one.finish && html`<span class="con-dim">${
      t("splits.rest_says", { amount: money(one.rest_amount, one.currency) })}</span>` },
    { name: "amount", look: "end", words: t("payment.amount"), draw: (one) => money(one.amount, one.currency) },
    { name: "created", look: "time", words: t("payment.created"), draw: (one) => html`<time datetime=${one.created_at}
      title=${exactlyOf(one.created_at)}>${whenOf(one.created_at)}</time>` },
  ];
  return html`<${Table} label=${t("nav.splits")} columns=${columns} rows=${pages.items} busy=${pages.busy}
    keyOf=${({ id }) => id} hrefOf=${hrefOf} test="splits" /><${More} pages=${pages} />`;
}

function receiversOf({ receivers }) {
  if (!receivers.length) return html`<span class="con-dim">${t("splits.no_receivers")}</span>`;
  const [first, ...rest] = receivers;
  return html`<span class="con-receiver-short">${t(`receiver.${first.kind}`)} <code class="code">${first.receiver}</code>
    ${rest.length > 0 && html` <span class="con-dim">${t("splits.and_more", { n: rest.length, all: receivers.length })}</span>`}</span>`;
}

/** `SplitsOf({payment, splits, ended, again})`: on a payment's own screen. */
export function SplitsOf({ payment, splits, ended, again }) {
  const [taking, setTaking] = useState(null); // {split, line}
  if (!payment.split && !splits.length) return null;
  const { currency, split_amount, unsplit_amount } = payment;
  const done = () => {
    setTaking(null);
    again();
  };
  return html`<div class="con-refunds con-splits" data-test="splits">
    <h2>${t("splits.title")}</h2>
    <dl class="con-figures con-figures-2">
      <div><dt>${t("splits.shared")}</dt><dd data-test="shared">${money(split_amount, currency)}</dd></div>
      <div><dt>${t("splits.aside")}</dt><dd data-test="aside">${money(unsplit_amount, currency)}</dd></div>
    </dl>
    ${splits.map((one) => html`<${One} key=${one.id} split=${one} onTake=${(line) => setTaking({ split: one, line })} />`)}
    ${!splits.length && !ended && html`<p class="con-dim">${t(payment.captured_amount ? "splits.none_yet" : "splits.not_paid_yet")}</p>`}
    ${ended && html`<p class="con-dim" data-test="split-ended">${t("splits.ended")}</p>`}
    <${TakeBack} of=${taking} onClose=${() => setTaking(null)} onDone=${done} />
  </div>`;
}

function One({ split, onTake }) {
  const { receivers, currency, finish, rest_amount } = split;
  const returned = receivers.reduce((sum, line) => sum + line.returned_amount, 0);
  return html`<article class="con-split" data-test="split">
    <header><strong>${receivers.length ? money(split.amount, currency) : t("splits.end_only")}</strong> <bdi>${split.reference}</bdi>
      <time class="con-dim" datetime=${split.created_at} title=${exactlyOf(split.created_at)}>${whenOf(split.created_at)}</time></header>
    ${split.description && html`<p class="con-dim"><bdi>${split.description}</bdi></p>`}
    <ul>${receivers.map((line) => html`<li key=${line.id} data-test="receiver">
      <span class="con-receiver">${t(`receiver.${line.kind}`)} <${Id} text=${line.receiver} />
        ${line.description && html`<span class="con-dim"><bdi>${line.description}</bdi></span>`}</span>
      <span class="con-receiver-sum">${money(line.amount, currency)}
        ${line.kind === "app" && line.returned_amount < line.amount && html`<button type="button" class="link"
          onClick=${() => onTake(line)} data-test="take-back">${t("splits.take_back")}</button>`}</span></li>`)}</ul>
    ${returned > 0 && html`<${Returned} key=${returned} split=${split} />`}
    ${finish && html`<p class="con-dim">${t("splits.rest_says", { amount: money(rest_amount, currency) })}</p>`}
  </article>`;
}

function Returned({ split }) {
  const asked = useAsked(() => app.get(`/v1/splits/${encodeURIComponent(split.id)}/returns`), [split.id]);
  if (asked.trouble) return html`<${Trouble} error=${asked.trouble} onAgain=${asked.again} />`;
  const receiverOf = (id) => split.receivers.find((line) => line.id === id)?.receiver;
  return html`<ul class="con-returned">${asked.found?.items.map((one) => html`<li key=${one.id} data-test="returned">
    <span class="con-receiver"><${Icon} name="undo-2" /> <code class="code">${receiverOf(one.line_id)}</code> <span class="con-dim">${one.reason && html`<bdi>${one.reason}</bdi> · `}
      ${exactlyOf(one.created_at)}</span></span>
    <span class="con-receiver-sum con-dim">${t(`splits.to_${one.destination}`, { amount: money(one.amount, one.currency) })}</span></li>`)}</ul>`;
}
