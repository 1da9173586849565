// The page /console: the partner's console, one screen per /console/{page}.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { fetched } from "../app/fetched.js";
import { AgentScreen, Agents } from "../console/agents.js";
import { Balance } from "../console/balance.js";
import { Dialects } from "../console/dialects.js";
import { Entrances } from "../console/entrances.js";
import { Frame } from "../console/frame.js";
import { Keys } from "../console/keys.js";
import { Members } from "../console/members.js";
import { Methods } from "../console/methods.js";
import { Overview } from "../console/overview.js";
import { Empty } from "../console/parts.js";
import { PaymentScreen } from "../console/payment.js";
import { Payments } from "../console/payments.js";
import { place } from "../console/place.js";
import { Splits } from "../console/splits.js";
import { WebhookScreen, Webhooks } from "../console/webhooks.js";
import { FirstSteps, current, learnPartners, modeNow, partners } from "../console/workshop.js";
import { teachEntrances } from "../entrance/words.js";
import { has, t } from "../i18n.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { teach } from "../teach.js";
import { Loading, OfflineBar, Stage, Trouble } from "../ui.js";
import console_en from "../words/console.en.js";
import console_zh from "../words/console.zh-CN.js";
import facts_en from "../words/facts.en.js";
import facts_zh from "../words/facts.zh-CN.js";

teach({ en: { ...facts_en, ...console_en }, "zh-CN": { ...facts_zh, ...console_zh } });

teachEntrances();

const ofAccounts = (name) => fetched(() => import("../console/accounts/screens.js"), name);
const ofBots = (name) => fetched(() => import("../console/bots.js"), name);
const SCREENS = {
  bots: ofBots("Bots"), bot: ofBots("BotScreen"),
  accounts: ofAccounts("Accounts"), article: ofAccounts("Editor"), talk: ofAccounts("TalkScreen"),
  overview: Overview, payments: Payments, payment: PaymentScreen, splits: Splits, balance: Balance, methods: Methods,
  webhooks: Webhooks, webhook: WebhookScreen, dialects: Dialects, entrances: Entrances, keys: Keys, agents: Agents,
  agent: AgentScreen, members: Members,
};

effect(() => {
  const { page } = place.value;
  const name = { payment: "payments", webhook: "webhooks", agent: "agents", article: "accounts", talk: "accounts", bot: "bots" }[page] ?? page;
  document.title = `${has(`nav.${name}`) ? `${t(`nav.${name}`)} · ` : ""}${t("console.title")} · ${t("brand")}`;
});

function Page() {
  const [trouble, setTrouble] = useState(null);
  const learn = async () => {
    setTrouble(null);
    try {
      if (!(await learnMe())) return askToSignIn();
      return await learnPartners();
    } catch (error) {
      return error.status === 401 ? askToSignIn() : setTrouble(error);
    }
  };
  useEffect(() => { learn(); }, []);
  const ready = me.value && partners.value;
  return html`<${Stage} tone="console ${modeNow() === "test" ? "tone-play" : ""}">
    <${OfflineBar} />
    ${trouble ? html`<${Trouble} error=${trouble} onAgain=${learn} />`
      : !ready ? html`<${Loading} lines=${6} />`
      : html`<${Frame}><${Screen} /></${Frame}>`}
  </${Stage}>`;
}

function Screen() {
  if (!partners.value.some(({ apps }) => apps.length)) return html`<${FirstSteps} />`;
  if (!current()) return html`<${Empty} whole icon="link-2-off" title=${t("app.not_yours")} text=${t("app.not_yours_text", { name: me.value.name })} test="not-yours" />`;
  const Found = SCREENS[place.value.page];
  return Found ? html`<${Found} />` : html`<${Empty} whole icon="link-2-off" title=${t("nowhere.title")} test="nowhere" />`;
}

render(html`<${Page} />`, document.getElementById("app"));
