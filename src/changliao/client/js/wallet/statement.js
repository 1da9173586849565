// The statement of one balance: every entry, newest first, loaded as one scrolls.
import { html, useEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { to } from "../router.js";
import { askToSignIn } from "../session.js";
import { Button, Loading, PlayPill, State, Trouble } from "../ui.js";
import { Entries } from "./entries.js";
import { Head, useAsked } from "./frame.js";

const PAGE = 30;

/** `Statement({mode, currency})`. */
export function Statement({ mode, currency }) {
  const asked = useAsked(() => get("/v1/wallet"), []);
  const wallet = asked.found?.wallets.find((one) => one.mode === mode);
  const play = wallet?.play ?? mode === "test";
  const balance = wallet?.balances.find((one) => one.currency === currency);
  return html`<div class=${play ? "tone-play" : ""} data-test="statement">
    <${Head} title=${t("statement.title")}>${play && html`<${PlayPill} />`}</${Head}>
    ${wallet?.balances.length > 1 && html`<nav class="segments" aria-label=${t("currency")}>
      ${wallet.balances.map(({ currency: code }) => html`<a key=${code} class="segment"
        href=${to(`/statement/${mode}/${code}`)} aria-current=${code === currency ? "page" : undefined}>${code}</a>`)}
    </nav>`}
    ${balance && html`<p class="statement-sum">${t("statement.balance", { amount: money(balance.balance, currency) })}
      ${balance.available !== balance.balance
        ? ` · ${t("wallet.available", { amount: money(balance.available, currency) })}` : ""}</p>`}
    <${Pages} key=${`${mode} ${currency}`} mode=${mode} currency=${currency} />
  </div>`;
}

function Pages({ mode, currency }) {
  const [state, setState] = useState({ items: [], next: undefined, trouble: null });
  const more = async () => {
    const after = state.next ? `&after=${encodeURIComponent(state.next)}` : "";
    const path = `/v1/wallet/entries?mode=${encodeURIComponent(mode)}&currency=${encodeURIComponent(currency)}`;
    try {
      const page = await get(`${path}&limit=${PAGE}${after}`);
      setState((before) => ({ items: [...before.items, ...page.items], next: page.next ?? null, trouble: null }));
    } catch (trouble) {
      if (trouble.status === 401) askToSignIn();
      else setState((before) => ({ ...before, trouble }));
    }
  };
  useEffect(() => { more(); }, []);

  if (state.next === undefined) {
    return state.trouble ? html`<${Trouble} error=${state.trouble} onAgain=${more} />`
      : html`<${Loading} onAgain=${more} lines=${6} />`;
  }
  if (!state.items.length) {
    return html`<${State} icon="receipt-text" title=${t("statement.empty")} text=${t("statement.empty_text")} test="empty">
      <a class="weui-btn btn btn-plain" href=${to("/")}>${t("wallet.title")}</a></${State}>`;
  }
  return html`<${Entries} items=${state.items} />
    ${state.trouble && html`<${Trouble} error=${state.trouble} onAgain=${more} />`}
    ${state.next && !state.trouble && html`<${More} onMore=${more} />`}
    ${state.next === null && html`<p class="end-line">${t("statement.end")}</p>`}`;
}

function More({ onMore }) {
  const foot = useRef(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => {
      if (entry.isIntersecting) foot.current?.querySelector("button")?.click();
    }, { rootMargin: "400px" });
    seen.observe(foot.current);
    return () => seen.disconnect();
  });
  return html`<div class="more" ref=${foot}>
    <${Button} kind="plain" small onPress=${onMore} test="more">${t("statement.more")}</${Button}></div>`;
}
