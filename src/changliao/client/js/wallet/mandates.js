// Automatic payments: which shops may take money without asking, up to what limits.
import { html, useEffect, useState } from "../dom.js";
import { get, newKey, post, remove } from "../api.js";
import { t } from "../i18n.js";
import { digitsOf, money, parseAmount, symbolOf } from "../money.js";
import { go, to } from "../router.js";
import { signByPasskey } from "../passkeys.js";
import { whyNoPasskeys } from "../secure.js";
import { me } from "../session.js";
import { sentence } from "../say.js";
import { Ask, Button, Cells, Field, Icon, Mark, Note, Pill, PinPad, PlayPill, Sheet, State, useToast } from "../ui.js";
import { Asked, Head, mainBalance, useAsked } from "./frame.js";

/** After these the sheet stays open: nothing has happened, and one may try again. */
const AGAIN = ["wrong_pin", "wrong_passkey", "passkey_canceled", "passkey_challenge_gone"];

/** This device signs these limits. */
const signed = async (wish) => ({ passkey: await signByPasskey((await post("/v1/mandates/challenges", wish)).public_key) });

const APP = /^app_[0-9A-Za-z]{20,}$/;

/** Every permission, the active ones first. */
export function Mandates() {
  const asked = useAsked(() => get("/v1/mandates"), []);
  const [going, setGoing] = useState(null);
  const say = useToast();
  const revoke = async () => {
    try {
      await remove(`/v1/mandates/${encodeURIComponent(going.id)}`);
      say(t("mandates.revoked"));
    } catch (error) {
      say(sentence(error));
    }
    setGoing(null);
    await asked.again();
  };
  return html`<div data-test="mandates">
    <${Head} title=${t("mandates.title")} top>
      <a class="head-link" href=${to("/mandates/new")} data-test="mandate-new"><${Icon} name="plus" />${t("mandates.give")}</a>
    </${Head}>
    <${Asked} asked=${asked}>${({ items }) => (items.length === 0
      ? html`<${State} icon="repeat" title=${t("mandates.empty")} text=${t("mandates.empty_text")} test="empty" />`
      : html`<p class="lead">${t("mandates.lead")}</p>
        ${[...items].sort((a, b) => rank(a) - rank(b)).map((one) => html`
          <${Mandate} key=${one.id} mandate=${one} onRevoke=${() => setGoing(one)} />`)}`)}
    </${Asked}>
    <${Ask} open=${Boolean(going)} danger title=${t("mandates.revoke_title", { shop: going?.shop_name ?? "" })}
      text=${t("mandates.revoke_text")} yes=${t("mandates.revoke")} no=${t("mandates.keep")} onYes=${revoke} onNo=${() => setGoing(null)} />
  </div>`;
}

function rank({ status }) {
  return status === "active" ? 0 : 1;
}

function Mandate({ mandate, onRevoke }) {
  const { shop_name: shop, mode, currency, per_payment: each, per_day: day, spent_today: spent, status } = mandate;
  const active = status === "active";
  return html`<article class="panel mandate ${mode === "test" ? "tone-play" : ""}" data-test="mandate-${mandate.id}">
    <div class="mandate-head">
      <${Mark} name=${shop} size="m" />
      <h2 class="mandate-shop"><bdi>${shop}</bdi></h2>
      ${mode === "test" && html`<${PlayPill} />`}
      <${Pill} kind=${active ? "good" : "calm"}>${t(active ? "mandates.active" : "mandates.ended")}</${Pill}>
    </div>
    <dl class="figures">
      <div><dt>${t("mandates.each")}</dt><dd>${money(each, currency)}</dd></div>
      <div><dt>${t("mandates.day")}</dt><dd>${money(day, currency)}</dd></div>
    </dl>
    ${active && html`<label class="meter"><span>${t("mandates.spent", { amount: money(spent, currency) })}</span>
        <progress max=${day} value=${spent}></progress></label>
      <${Button} kind="quiet-danger" small onPress=${onRevoke} test="revoke">${t("mandates.revoke")}</${Button}>`}
  </article>`;
}

/** Whose app this is; refuses with `app_not_found`. */
async function shopOf(app) {
  return (await get(`/v1/mandates?app_id=${encodeURIComponent(app)}`)).shop_name;
}

/** The name behind an app number as soon as it is whole; null until then, and for none. */
function useShop(app) {
  const [shop, setShop] = useState(null);
  useEffect(() => {
    let stale = false;
    setShop(null);
    if (APP.test(app)) shopOf(app).then((name) => stale || setShop(name), () => {}); // Asked again before the PIN.
    return () => { stale = true; };
  }, [app]);
  return shop;
}

/** Give a shop permission: which, how much, and the PIN. */
export function GiveMandate({ query }) {
  const asked = useAsked(() => get("/v1/wallet"), []);
  return html`<div data-test="mandate-give">
    <${Head} title=${t("mandates.give")} back="/mandates" />
    <${Asked} asked=${asked}>${({ wallets }) => html`<${Giving} query=${query} wallets=${wallets} />`}</${Asked}>
  </div>`;
}

function Giving({ query, wallets }) {
  const [said, setSaid] = useState({ app: query.get("app") ?? "", each: "", day: "" });
  const wanted = wallets.find(({ mode }) => mode === query.get("mode")) ?? wallets[0];
  const [mode, setMode] = useState(wanted.mode);
  const [wrong, setWrong] = useState({});
  const [pin, setPin] = useState(null); // {shop, amounts, attempt, busy, error} while the pad is open
  const shop = useShop(said.app.trim());
  const wallet = wallets.find((one) => one.mode === mode);
  const currency = query.get("currency") ?? mainBalance(wallet).currency;
  const toast = useToast();
  const byPasskey = me.value.has_passkey && !whyNoPasskeys();
  const say = (field) => (text) => {
    setSaid((before) => ({ ...before, [field]: text }));
    setWrong((before) => ({ ...before, [field]: undefined, form: undefined }));
  };
  const check = async () => {
    const found = {};
    const faults = {};
    for (const field of ["each", "day"]) {
      const { amount, fault } = parseAmount(said[field], currency);
      if (fault || !amount) faults[field] = t(`amount.${fault ?? "empty"}`, { n: digitsOf(currency) });
      else found[field] = amount;
    }
    if (!said.app.trim()) faults.app = t("mandates.app_missing");
    if (found.each && found.day && found.each > found.day) faults.day = t("mandates.day_small");
    setWrong(faults);
    if (Object.keys(faults).length) return;
    if (!me.value.has_pin && !byPasskey) {
      setWrong({ form: t("mandates.no_pin") });
      return;
    }
    try {
      setPin({ shop: await shopOf(said.app.trim()), amounts: found, attempt: 0, busy: false, pad: !byPasskey });
    } catch (error) {
      setWrong({ [error.field === "app_id" ? "app" : "form"]: sentence(error) });
    }
  };
  /** `prove(wish)`: what proves that one wants just this. */
  const give = async (prove) => {
    setPin((before) => ({ ...before, busy: true, error: "" }));
    const wish = { app_id: said.app.trim(), mode, currency, per_payment: pin.amounts.each, per_day: pin.amounts.day };
    try {
      await post("/v1/mandates", { ...wish, ...(await prove(wish)) }, { key: newKey() });
      toast(t("mandates.given"));
      go("/mandates");
    } catch (error) {
      if (AGAIN.includes(error.code)) {
        setPin((before) => ({ ...before, busy: false, attempt: before.attempt + 1, error: sentence(error) }));
        return;
      }
      setPin(null);
      setWrong(error.field === "app_id" ? { app: sentence(error) } : { form: sentence(error) });
    }
  };
  return html`<div class=${mode === "test" ? "tone-play" : ""}>
    <p class="lead">${t("mandates.give_lead")}</p>
    <div class="panel form-panel">
      ${wrong.form && html`<${Note} kind="bad" live test="mandate-wrong">${wrong.form}
        ${!me.value.has_pin && html` <a class="link" href=${to("/security")}>${t("pin_set.title")}</a>`}</${Note}>`}
      <${Field} label=${t("mandates.app")} value=${said.app} onInput=${say("app")} error=${wrong.app}
        hint=${t("mandates.app_hint")} autocomplete="off" spellcheck=${false} test="app" />
      ${shop && html`<div class="mandate-head" role="status" data-test="mandate-shop"><${Mark} name=${shop} size="m" />
        <p class="mandate-shop"><strong><bdi>${shop}</bdi></strong><br />${t("mandates.to")}</p></div>`}
      ${wallets.length > 1 && html`<div class="segments" role="radiogroup" aria-label=${t("wallet.title")}>
        ${wallets.map(({ mode: one }) => html`<button type="button" key=${one} class="segment" role="radio"
          aria-checked=${mode === one} onClick=${() => setMode(one)} data-test="mode-${one}">
          ${t(one === "test" ? "wallet.play" : "wallet.live")}</button>`)}
      </div>`}
      <${Field} label=${t("mandates.each")} lead=${symbolOf(currency)} value=${said.each} onInput=${say("each")}
        error=${wrong.each} inputmode="decimal" autocomplete="off" test="each" />
      <${Field} label=${t("mandates.day")} lead=${symbolOf(currency)} value=${said.day} onInput=${say("day")}
        error=${wrong.day} inputmode="decimal" autocomplete="off" test="day" />
      <${Button} onPress=${check} test="mandate-go">${t("mandates.go")}</${Button}>
    </div>
    <${Sheet} open=${pin !== null} title=${t(pin && !pin.pad ? "mandates.give" : "pin.title")} onClose=${() => setPin(null)} busy=${pin?.busy} test="pin-sheet">
      ${pin && html`<div class="sheet-form"><p class="sheet-lead">${t("mandates.pin_lead", {
          shop: pin.shop, each: money(pin.amounts.each, currency), day: money(pin.amounts.day, currency) })}</p>
        ${pin.pad ? html`<${PinPad} label=${t("pin.label")} onDone=${(digits) => give(() => ({ pin: digits }))} busy=${pin.busy} error=${pin.error}
            attempt=${pin.attempt} progress=${t("mandates.giving")} slow=${t("slow.still")} />`
          : html`${pin.error && html`<${Note} kind="bad" live test="mandate-refused">${pin.error}</${Note}>`}
            <${Button} onPress=${() => give(signed)} busy=${pin.busy} test="mandate-passkey"><${Icon} name="key-round" />${t("mandates.by_passkey")}</${Button}>
            ${me.value.has_pin && html`<${Button} kind="link" onPress=${() => setPin((before) => ({ ...before, pad: true, error: "" }))}
              disabled=${pin.busy} test="mandate-pin">${t("cashier.use_pin")}</${Button}>`}`}</div>`}
    </${Sheet}>
  </div>`;
}
