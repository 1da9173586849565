// The drawn phone of whoever one is: the play wallet, and the cashier as soon as there is something to pay.
import { html, useEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { Cashier } from "../cashier.js";
import { language, t } from "../i18n.js";
import { clockTime, nowMs } from "../time.js";
import { Amount, Icon, Loading, PlayPill, Ring, Stage, Trouble } from "../ui.js";
import { Entries } from "../wallet/entries.js";
import { mainBalance } from "../wallet/frame.js";

const RECENT = 4;
const SIGNS = [
  ["pin", '[data-test="pin-sheet"] [data-test="pin-field"]:not([readonly])'],
  ["working", '[data-test="pin-progress"], [data-test="processing"]'],
  ["no_method", '[data-test="no-method"]'],
  ["short", '[data-test="top-up-open"]'],
  ["pay", '[data-test="pay"]'],
];

/** What the phone's screen asks for now (`pin`, `working`, `short`, `pay` …), read off the screen itself. */
function useSign(phone, onSign) {
  useEffect(() => {
    const look = () => onSign(SIGNS.find(([, at]) => phone.current?.querySelector(at))?.[0] ?? "");
    const watch = new MutationObserver(look);
    watch.observe(phone.current, { childList: true, subtree: true, attributes: true, attributeFilter: ["readonly"] });
    look();
    return () => watch.disconnect();
  }, []);
}

/** Type the PIN into the pad that is open; false when none is. */
export function fillPin(phone, pin) {
  const field = phone?.querySelector('[data-test="pin-field"]:not([readonly])');
  if (!field) return false;
  field.value = pin;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

/**
 * `Phone({person, payment, news, frame, onSign, onSettled, onHome})`. `payment` is `{id, token}` or null;
 * `news` grows when money may have moved; `frame` is a ref to the drawn phone.
 */
export function Phone({ person, payment, scanning, news, frame, onSign, onSettled, onHome }) {
  useSign(frame, onSign);
  return html`<div class="demo-phone" ref=${frame} data-test="phone">
    <div class="demo-phone-bar"><${Clock} /><span class="demo-phone-eye"></span><${PlayPill} /></div>
    <div class="demo-phone-screen">
      ${payment && person
        ? html`<${Cashier} key=${`${payment.id} ${person.handle}`} paymentId=${payment.id} token=${payment.token}
            embedded onGo=${onHome} onSettled=${onSettled} />`
        : html`<${Stage} embedded tone="tone-play demo-home-stage" key=${`home ${person?.handle}`}>
            ${person && html`<${Home} scanning=${scanning} news=${news} />`}
          </${Stage}>`}
    </div>
    <button type="button" class="demo-phone-home" onClick=${onHome} disabled=${!payment} aria-label=${t("desk.home")}
      data-test="phone-home"><span></span></button>
  </div>`;
}

function Clock() {
  const [now, setNow] = useState(nowMs());
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), 5000);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="demo-phone-time" key=${language.value}>${clockTime(now)}</span>`;
}

async function askMoney() {
  const { wallets } = await get("/v1/wallet");
  const main = mainBalance(wallets.find(({ play }) => play));
  const path = `/v1/wallet/entries?mode=test&currency=${main.currency}&limit=${RECENT}`;
  return { main, items: (await get(path)).items };
}

function Home({ scanning, news }) {
  const [found, setFound] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const ask = () => askMoney().then(
    (money) => { if (alive.current) { setFound(money); setTrouble(null); } },
    (error) => { if (alive.current) setTrouble(error); },
  );
  useEffect(() => {
    const timer = setTimeout(ask, found ? 120 : 0);
    return () => clearTimeout(timer);
  }, [news]);
  if (!found && trouble) return html`<${Trouble} error=${trouble} onAgain=${ask} />`;
  if (!found) return html`<${Loading} card onAgain=${ask} />`;
  return html`<div class="demo-home">
    <article class="wallet-card wallet-card-play">
      <div class="wallet-card-head"><h2 class="wallet-card-name"><${Icon} name="flask-conical" />${t("wallet.play")}</h2>
        <span class="wallet-card-word">${t("play_money")}</span></div>
      <div class="wallet-card-sum"><${Amount} amount=${found.main.balance} currency=${found.main.currency} size="xl"
        test="phone-balance" /></div>
      <p class="wallet-card-note">${t("play_money.what")}</p>
    </article>
    <div class="demo-scan" role="status" data-test="waiting">
      ${scanning ? html`<${Ring} class="ring-large" />` : html`<span class="demo-scan-sign"><${Icon} name="scan-line" /></span>`}
      <strong>${t(scanning ? "desk.scanning" : "desk.wait")}</strong>
      <span>${scanning ? "" : t("desk.wait_text")}</span>
    </div>
    ${found.items.length > 0 && html`<section class="cells-group">
      <h2 class="weui-cells__title cells-title">${t("desk.recent")}</h2>
      <${Entries} items=${found.items} flat /></section>`}
  </div>`;
}
