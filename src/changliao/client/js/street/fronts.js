// The shops in a row: each a drawn front, its payments by method as a bar, and what hangs on its door.
import { html } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { Button, Icon } from "../ui.js";
import { METHODS } from "./fold.js";
import { methodName, shopName } from "./names.js";

const WIDTH = 160;
const STRIPES = [0, 1, 2, 3, 4, 5, 6];

/** `Fronts({shops, tally, joining, onJoin})`. */
export function Fronts({ shops, tally, joining, onJoin }) {
  const most = Math.max(1, ...Object.values(tally.shops).map(({ count }) => count));
  return html`<ul class="street-fronts" data-test="fronts">
    ${shops.map((shop, place) => html`<${Front} key=${shop.slug} shop=${shop} place=${place} most=${most}
      did=${tally.shops[shop.slug]} paused=${tally.paused[shop.slug] ?? {}}
      outside=${shop.slug === "flowers" && !joining?.line_ms} onJoin=${joining ? null : onJoin} />`)}
  </ul>`;
}

function Front({ shop, place, most, did, paused, outside, onJoin }) {
  const name = shopName(shop);
  const methods = Object.keys(paused);
  const count = did?.count ?? 0;
  return html`<li class="street-front shop-${place + 1} ${outside ? "street-front-outside" : ""}"
      data-test="front-${shop.slug}" data-count=${count} data-amount=${did?.amount ?? 0}>
    <${House} count=${count} paused=${methods.length > 0} />
    <h2 class="street-name">${name}</h2>
    <p class="street-speaks">${outside ? t("street.outside") : t(`street.speaks.${shop.speaks}`)}
      <code>${shop.package}</code></p>
    ${outside
      ? html`<p class="street-outside">${t("street.outside_what")}</p>`
      : html`<p class="street-took"><strong>${t("street.paid_n", { n: count })}</strong>
          <span>${money(did?.amount ?? 0, "CNY")}</span></p>
        <${Bar} did=${did} most=${most} />`}
    ${methods.map((method) => html`<p class="street-paused" key=${method} data-test="paused-${method}">
      <strong><${Icon} name="circle-pause" />${t("street.paused", { method: methodName(method) })}</strong>
      <span title=${paused[method]}>${paused[method]}</span></p>`)}
    <div class="street-ways">
      <a class="btn btn-small btn-plain street-enter" href=${`${shop.url}/`} target="_blank" rel="noopener"
        aria-label=${t("street.enter_what", { shop: name })} data-test="enter-${shop.slug}">
        <${Icon} name="store" />${t("street.enter")}</a>
      ${outside && onJoin && html`<${Button} small onPress=${onJoin} test="join">${t("street.join")}</${Button}>`}
    </div>
  </li>`;
}

/** A house with an awning; a coin goes in with every payment. */
function House({ count, paused }) {
  return html`<svg class="street-house" viewBox="0 0 160 92" aria-hidden="true">
    <rect class="house-wall" x="12" y="22" width="136" height="66" rx="4" />
    <rect class="house-window" x="22" y="44" width="62" height="32" rx="3" />
    <path class="house-shelf" d="M22 66 H84 M42 44 V66 M64 44 V66" />
    <rect class="house-door" x="100" y="44" width="36" height="44" rx="3" />
    <circle class="house-knob" cx="130" cy="68" r="2" />
    ${STRIPES.map((n) => html`<path key=${n} class=${n % 2 ? "house-light" : "house-paint"}
      d=${`M${8 + (n * 144) / 7} 18 h${144 / 7} v16 a${72 / 7} 7 0 0 1 -${144 / 7} 0 z`} />`)}
    <rect class="house-paint" x="4" y="10" width="152" height="9" rx="3" />
    <path class="house-ground" d="M0 88.5 H160" />
    ${paused && html`<g class="house-sign"><path d="M108 44 L118 52 L128 44" fill="none" />
      <rect x="105" y="52" width="26" height="15" rx="2" /><path d="M110 59.5 H126" /></g>`}
    ${count > 0 && html`<circle key=${count} class="house-coin" cx="118" cy="66" r="7" />`}
  </svg>`;
}

function Bar({ did, most }) {
  let x = 0;
  const parts = METHODS.map((method) => {
    const count = did?.methods[method] ?? 0;
    const width = (count * WIDTH) / most;
    const part = { method, count, x, width };
    x += width;
    return part;
  });
  const words = parts.filter(({ count }) => count).map(({ method, count }) => `${methodName(method)} ${count}`);
  return html`<svg class="street-bar" viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" role="img"
      aria-label=${words.join(" · ") || "0"}>
    <rect class="bar-rest" x="0" y="0" width=${WIDTH} height="10" />
    ${parts.map((one) => html`<rect key=${one.method} class="method-${one.method}" x=${one.x} y="0"
      width=${one.width} height="10" data-count=${one.count} data-test="bar-${one.method}" />`)}
  </svg>`;
}

/** What the colours of the bars mean. */
export function Legend() {
  return html`<p class="street-legend" aria-hidden="true">${METHODS.map((method) => html`<span key=${method}>
    <svg viewBox="0 0 10 10"><rect class="method-${method}" width="10" height="10" rx="2" /></svg>
    ${methodName(method)}</span>`)}</p>`;
}
