// The console's first screen: how the app stands, what needs a look, and for a new app what to do next.
import { html } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { Amount, Icon, Note } from "../ui.js";
import { Asked, app, useAsked } from "./ask.js";
import { Beside } from "./balance.js";
import { Head, Panel, useKeys } from "./parts.js";
import { PaymentTable } from "./payments.js";
import { FirstCall } from "./keys.js";
import { Link, address, onLink, place } from "./place.js";
import { methodName } from "./say_method.js";
import { current, modeNow } from "./workshop.js";

const RECENT = 6;

/** What a role may not see is simply not there. */
async function mine(asked) {
  try {
    return (await asked).items;
  } catch (error) {
    if (error.code === "role_forbids") return null;
    throw error;
  }
}

async function look() {
  const id = encodeURIComponent(place.value.query.get("app"));
  const [payments, balances, endpoints, methods, keys] = await Promise.all([
    mine(app.get(`/v1/payments?limit=${RECENT}`)), mine(app.get("/v1/balances")), mine(app.get("/v1/webhook_endpoints")),
    mine(app.get("/v1/methods")), mine(get(`/v1/apps/${id}/keys`)),
  ]);
  return { payments, balances, endpoints, methods, keys: keys?.filter((key) => key.mode === modeNow() && key.state !== "ended") };
}

/** The screen /console. */
export function Overview() {
  const asked = useAsked(look, []);
  useKeys({ r: asked.again });
  const { app: now, partner } = current();
  return html`<${Head} title=${html`<bdi>${now.name}</bdi>`} lead=${html`<bdi>${partner.name}</bdi> · ${t(`role.${partner.role}`)}`} />
    <${Asked} asked=${asked}>${(found) => html`<${Found} found=${found} />`}</${Asked}>`;
}

function Found({ found }) {
  const { payments, balances, endpoints, methods } = found;
  const fresh = payments !== null && !payments.length;
  const silent = (endpoints ?? []).filter((one) => one.state === "enabled" && one.last_try?.trouble);
  const paused = (methods ?? []).filter(({ state }) => state === "suspended");
  return html`
    ${silent.map((one) => html`<${Note} key=${one.id} kind="bad" icon="webhook" test="silent">${t("overview.silent", { url: one.url })}
      <${Link} page="webhook" query=${{ id: one.id }} class="link">${t("overview.look")}</${Link}></${Note}>`)}
    ${paused.length > 0 && html`<${Note} kind="warn" icon="circle-pause">${t("overview.paused", {
      methods: [...new Set(paused.map(({ method, channel }) => `${methodName(method)} (${t(`channel.${channel}`)})`))].join(t("list.comma")) })}
      <${Link} page="methods" class="link">${t("overview.look")}</${Link}></${Note}>`}
    ${fresh && html`<${Steps} found=${found} />`}
    ${balances?.length > 0 && html`<div class="con-cards">${balances.map((one) => html`<a key=${one.currency} class="con-card"
        href=${address("balance", { currency: one.currency })} onClick=${onLink}>
      <span class="con-dim">${t("overview.balance")}</span><${Amount} amount=${one.balance} currency=${one.currency} size="l" test="balance" />
      <${Beside} of=${one} /></a>`)}</div>`}
    ${payments?.length > 0 && html`<${Panel} title=${t("overview.recent")} tail=${html`<${Link} page="payments" class="link" test="all-payments">
      ${t("overview.all")}</${Link}>`}><${PaymentTable} items=${payments} /></${Panel}>`}
    ${fresh && html`<${FirstCall} />`}`;
}

function Steps({ found }) {
  const steps = [
    ["key", found.keys?.length > 0, "keys"],
    ["webhook", found.endpoints?.length > 0, "webhooks"],
    ["payment", false, "keys"],
  ];
  return html`<${Panel} title=${t("overview.begin")} test="begin"><ol class="con-steps">${steps.map(([name, done, page]) => html`
    <li key=${name} class=${done ? "con-step-done" : ""}><${Icon} name=${done ? "circle-check" : "circle-dashed"} />
      <div><strong>${t(`begin.${name}`)}</strong><p class="con-dim">${t(`begin.${name}_text`)}</p></div>
      ${!done && name !== "payment" && html`<${Link} page=${page} class="weui-btn btn btn-plain btn-small">${t(`begin.${name}_go`)}</${Link}>`}
    </li>`)}</ol></${Panel}>`;
}
