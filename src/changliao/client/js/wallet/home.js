// The wallet: what is in it, what came and went last, and the ways on.
import { html, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { to } from "../router.js";
import { me } from "../session.js";
import { TopUpSheet, followTopUp, openTopUps } from "../top_up.js";
import {
  Amount, Cell, Cells, Icon, LanguageSwitch, Mark, Note,
} from "../ui.js";
import { Entries } from "./entries.js";
import { Incoming } from "./incoming.js";
import { Asked, SignOut, mainBalance, useAsked } from "./frame.js";

const RECENT = 5;

/** The first screen of the wallet. */
export function Home() {
  const asked = useAsked(() => get("/v1/wallet"), []);
  return html`<div class="home" data-test="home">
    <h1 class="visually-hidden">${t("wallet.title")}</h1>
    <header class="home-head">
      <a class="icon-button home-back" href="/app#/me" aria-label=${t("to_app")} data-test="to-app"><${Icon} name="chevron-left" /></a>
      <${Mark} name=${me.value.name} size="m" />
      <div class="home-who"><strong><bdi>${me.value.name}</bdi></strong><span>@${me.value.handle}</span></div>
      <${LanguageSwitch} />
    </header>
    ${!me.value.has_pin && html`<${Note} kind="warn" icon="key-round" test="first-pin">${t("security.first_pin")}
      <a class="link" href=${to("/security")}>${t("pin_set.title")}</a></${Note}>`}
    <${Asked} asked=${asked} card>${(found) => html`<${Money} found=${found} again=${asked.again} />`}</${Asked}>
    <${Ways} />
  </div>`;
}

function Money({ found, again }) {
  const [topUp, setTopUp] = useState(null);
  const [news, setNews] = useState(0);
  const changed = () => {
    setNews((n) => n + 1);
    again();
  };
  const wallets = [...found.wallets].sort((a, b) => Number(a.play) - Number(b.play));
  return html`
    <div class="wallet-cards">
      ${wallets.map((wallet) => html`<${WalletCard} key=${wallet.mode} wallet=${wallet}
        canTopUp=${found.top_up_rails.some(({ mode }) => mode === wallet.mode)}
        onTopUp=${(currency) => setTopUp({ wallet, currency })} />`)}
    </div>
    <${Incoming} onTaken=${changed} />
    <${OpenTopUps} key=${`open ${news} ${Boolean(topUp)}`} onChanged=${changed} held=${Boolean(topUp)} />
    ${wallets.map((wallet) => html`<${Recent} key=${`${wallet.mode} ${news}`} wallet=${wallet} />`)}
    <${TopUpSheet} open=${Boolean(topUp)} mode=${topUp?.wallet.mode} play=${topUp?.wallet.play}
      currency=${topUp?.currency} currencies=${topUp ? topUp.wallet.balances.map(({ currency }) => currency) : []}
      rails=${found.top_up_rails} onClose=${() => { setTopUp(null); changed(); }} />`;
}

function WalletCard({ wallet, canTopUp, onTopUp }) {
  const main = mainBalance(wallet);
  const others = wallet.balances.filter((balance) => balance !== main);
  const held = main.balance - main.available;
  const { mode, play } = wallet;
  return html`<article class="wallet-card ${play ? "wallet-card-play" : ""}" data-test="wallet-${mode}">
    <div class="wallet-card-head">
      <h2 class="wallet-card-name"><${Icon} name=${play ? "flask-conical" : "wallet"} />
        ${t(play ? "wallet.play" : "wallet.live")}</h2>
      ${play && html`<span class="wallet-card-word" data-test="play-money">${t("play_money")}</span>`}
    </div>
    <a class="wallet-card-sum" href=${to(`/statement/${mode}/${main.currency}`)}
        aria-label=${`${t("statement.title")}: ${money(main.balance, main.currency)}`}>
      <${Amount} amount=${main.balance} currency=${main.currency} size="xl" test="balance-${mode}" />
    </a>
    <p class="wallet-card-note">
      ${play ? t("play_money.what") : held > 0
        ? t("wallet.held", { amount: money(held, main.currency), available: money(main.available, main.currency) })
        : ""}
    </p>
    ${others.length > 0 && html`<ul class="wallet-card-others">
      ${others.map(({ currency, balance }) => html`<li key=${currency}>
        <a href=${to(`/statement/${mode}/${currency}`)}>${money(balance, currency)}</a></li>`)}
    </ul>`}
    <div class="wallet-card-ways">
      ${canTopUp && html`<button type="button" class="card-button" onClick=${() => onTopUp(main.currency)}
        data-test="top-up-${mode}"><${Icon} name="plus" />${t("top_up.title")}</button>`}
      <a class="card-button card-button-quiet" href=${to(`/statement/${mode}/${main.currency}`)}
        data-test="statement-${mode}"><${Icon} name="receipt-text" />${t("statement.title")}</a>
    </div>
  </article>`;
}

/** Top-ups that have no end yet. */
function OpenTopUps({ onChanged, held }) {
  const [open, setOpen] = useState([]);
  useEffect(() => {
    if (held) return undefined;
    const stop = new AbortController();
    const follow = (one) => followTopUp(one, (news) => {
      setOpen((all) => all.map((other) => (other.id === news.id ? news : other)));
      if (news.status === "succeeded") onChanged();
    }, stop.signal).catch(() => {});
    openTopUps().then((found) => {
      if (stop.signal.aborted) return;
      setOpen(found);
      found.forEach(follow);
    }, () => {}); // The wallet above has said what is wrong.
    return () => stop.abort();
  }, []);
  const shown = held ? [] : open.filter(({ status }) => status !== "succeeded");
  return shown.map(({ id, amount, currency, status }) => html`
    <${Note} key=${id} kind=${status === "failed" ? "bad" : "info"} icon=${status === "failed" ? "circle-x" : "hourglass"}
        live test="open-top-up">
      ${t(`top_up.open_${status === "failed" || status === "unknown" ? status : "processing"}`,
        { amount: money(amount, currency) })}
    </${Note}>`);
}

function Recent({ wallet }) {
  const { mode, play } = wallet;
  const { currency } = mainBalance(wallet);
  const path = `/v1/wallet/entries?mode=${mode}&currency=${currency}&limit=${RECENT}`;
  const asked = useAsked(() => get(path), [path]);
  if (asked.found && !asked.found.items.length) {
    return play ? null : html`<section class="cells-group"><h2 class="weui-cells__title cells-title">
      ${t("statement.recent")}</h2><p class="empty-line" data-test="empty">${t("statement.empty")}</p></section>`;
  }
  return html`<section class="cells-group ${play ? "tone-play" : ""}">
    <h2 class="weui-cells__title cells-title">${t(play ? "statement.recent_play" : "statement.recent")}
      <a class="link" href=${to(`/statement/${mode}/${currency}`)}>${t("statement.all")}</a></h2>
    <${Asked} asked=${asked} lines=${3}>${(found) => html`<${Entries} items=${found.items} flat />`}</${Asked}>
  </section>`;
}

function Ways() {
  return html`<div class="ways"><${Cells}>
      <${Cell} icon="repeat" title=${t("mandates.title")} note=${t("mandates.what")} href=${to("/mandates")} test="to-mandates" />
      <${Cell} icon="shield-check" title=${t("security.title")} note=${t("security.what")} href=${to("/security")}
        value=${me.value.has_pin ? "" : html`<span class="warn-words">${t("security.no_pin")}</span>`} test="to-security" />
    </${Cells}>
    <${SignOut} draw=${(ask) => html`<${Cells}>
      <${Cell} icon="log-out" title=${t("sign_out")} onPress=${ask} test="sign-out" /></${Cells}>`} /></div>`;
}
