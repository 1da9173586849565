// Two pictures of the same facts, and the table behind them: payments per shop, payments per method.
import { html, useState } from "../dom.js";
import { language, t } from "../i18n.js";
import { money } from "../money.js";
import { Button } from "../ui.js";
import { GROUP, METHODS, byMethod, percent, turned } from "./fold.js";
import { Legend } from "./fronts.js";
import { methodName, shopName } from "./names.js";

const W = 560;
const H = 220;
const LEFT = 8;
const RIGHT = 172;
const TOP = 16;
const FOOT = 24;
const APART = 17;
const COLUMNS_MAX = 24;

/** `Charts({shops, tally})`. */
export function Charts({ shops, tally }) {
  const [table, setTable] = useState(false);
  return html`<section class="street-charts" aria-label=${t("street.charts")}>
    <div class="street-charts-head"><${Legend} />
      <${Button} kind="plain" small onPress=${() => setTable(!table)} test="as-table">
        ${t(table ? "street.picture" : "street.table")}</${Button}></div>
    ${!tally.total ? html`<p class="street-none" data-test="none">${t("street.none")}</p>`
      : table ? html`<${Table} shops=${shops} tally=${tally} />`
      : html`<${Race} shops=${shops} tally=${tally} /><${Methods} shops=${shops} tally=${tally} />`}
  </section>`;
}

/** Each shop's line climbs with its payments; the lines' ends carry names, kept apart. */
function Race({ shops, tally }) {
  const lines = linesOf(shops, tally);
  const first = lines.reduce((a, b) => (b.count > a.count ? b : a), lines[0]);
  const title = t("street.race", { shop: shopName(first.shop), n: first.count, total: tally.total });
  const wide = (W - LEFT - RIGHT) / Math.max(1, tally.total);
  return html`<figure class="street-chart" data-test="race" data-total=${tally.total}>
    <figcaption><strong>${title}</strong><span>${t("street.race_what")}</span></figcaption>
    <svg viewBox="0 0 ${W} ${H}" role="img" aria-label=${title} key=${language.value}>
      <path class="chart-axis" d="M${LEFT} ${H - FOOT} H${W - RIGHT}" />
      <${Pause} tally=${tally} x=${(n) => LEFT + n * wide} />
      ${lines.map(({ shop, place, d }) => html`<path key=${shop.slug} class="race-line shop-${place + 1}" d=${d} />`)}
      ${lines.map(({ shop, place, x, y, label_y, count }) => html`<g key=${shop.slug} class="shop-${place + 1}">
        <circle class="race-end" cx=${x} cy=${y} r="3.5" />
        <text class="race-name" x=${W - RIGHT + 12} y=${label_y + 4}>${shopName(shop)} <tspan class="race-count">${count}</tspan></text>
      </g>`)}
      <text class="chart-words" x=${W - RIGHT} y=${H - 7} text-anchor="end">${tally.total} ${t("street.race_x")}</text>
    </svg>
  </figure>`;
}

/** While a shop has paused a method. `x(n)` is where the nth payment stands. */
function Pause({ tally, x }) {
  if (!tally.pause) return null;
  const from = x(tally.pause.from);
  const to = x(tally.pause.to ?? tally.total);
  return html`<rect class="chart-pause" x=${from} y=${TOP} width=${Math.max(1, to - from)} height=${H - FOOT - TOP} data-test="pause" />
    <text class="chart-words chart-pause-words" x=${from + 4} y=${TOP - 2}>${t("street.pause_here")}</text>`;
}

function linesOf(shops, tally) {
  const most = Math.max(4, ...Object.values(tally.shops).map(({ count }) => count));
  const wide = (W - LEFT - RIGHT) / tally.total;
  const high = (H - TOP - FOOT) / most;
  const ys = (count) => H - FOOT - count * high;
  const lines = shops.map((shop, place) => ({ shop, place, count: 0, d: `M${LEFT} ${ys(0)}` }));
  const of = Object.fromEntries(lines.map((line) => [line.shop.slug, line]));
  tally.steps.forEach(({ shop }, n) => {
    const line = of[shop];
    line.count += 1;
    line.d += ` H${(LEFT + (n + 1) * wide).toFixed(1)} V${ys(line.count).toFixed(1)}`;
  });
  for (const line of lines) {
    line.x = W - RIGHT;
    line.y = ys(line.count);
    line.d += ` H${line.x}`;
  }
  const highest = lines.slice().sort((a, b) => a.y - b.y || a.place - b.place);
  highest.forEach((line, n) => { line.label_y = Math.max(line.y, n ? highest[n - 1].label_y + APART : TOP); });
  const over = Math.max(0, highest.at(-1).label_y - (H - FOOT));
  highest.toReversed().forEach((line, n, all) => {
    line.label_y = Math.min(line.label_y, n ? all[n - 1].label_y - APART : line.label_y - over);
  });
  return lines;
}

/** Columns of ten payments each, stacked by method. */
function Methods({ shops, tally }) {
  const all = byMethod(tally.steps);
  const groups = [];
  for (let n = 0; n < tally.steps.length; n += GROUP) groups.push(tally.steps.slice(n, n + GROUP));
  const shown = groups.slice(-COLUMNS_MAX);
  const wide = (W - LEFT * 2) / COLUMNS_MAX;
  const high = (H - TOP - FOOT) / GROUP;
  const title = methodsTitle(shops, tally, all);
  const first = (groups.length - shown.length) * GROUP;
  return html`<figure class="street-chart" data-test="methods" data-total=${tally.total}>
    <figcaption><strong>${title}</strong><span>${t("street.methods_what", { n: GROUP })}</span></figcaption>
    <svg viewBox="0 0 ${W} ${H}" role="img" aria-label=${title}>
      <path class="chart-axis" d="M${LEFT} ${H - FOOT} H${W - LEFT}" />
      <${Pause} tally=${tally} x=${(n) => LEFT + (Math.max(0, n - first) * wide) / GROUP} />
      ${shown.map((steps, n) => html`<${Column} key=${groups.length - shown.length + n} found=${byMethod(steps)}
        x=${LEFT + n * wide + 2} wide=${wide - 4} high=${high} />`)}
      ${METHODS.map((method, n) => html`<text key=${method} class="chart-words" x=${LEFT + (n * (W - LEFT * 2)) / 3} y=${H - 7}
        data-test="method-${method}" data-count=${all[method]}>${methodName(method)} ${all[method]}</text>`)}
    </svg>
  </figure>`;
}

function Column({ found, x, wide, high }) {
  let y = H - FOOT;
  return METHODS.map((method) => {
    y -= found[method] * high;
    return html`<rect key=${method} class="method-${method}" x=${x} y=${y} width=${wide} height=${found[method] * high} />`;
  });
}

function methodsTitle(shops, tally, all) {
  const { before, during } = tally.pause ? turned(tally) : {};
  if (!during?.all) return t("street.methods", { n: percent(all.wallet, tally.total) });
  const shop = shopName(shops.find(({ slug }) => slug === tally.pause.shop));
  return t("street.methods_turned", {
    shop, method: methodName(tally.pause.method), before: before.percent, during: during.percent,
  });
}

function Table({ shops, tally }) {
  const cell = (slug, method) => tally.shops[slug]?.methods[method] ?? 0;
  const all = byMethod(tally.steps);
  return html`<div class="street-table-place" tabindex="0"><table class="street-table" data-test="table">
    <thead><tr><th>${t("street.shop")}</th>${METHODS.map((method) => html`<th key=${method}>${methodName(method)}</th>`)}
      <th>${t("street.sum")}</th><th>${t("street.taken")}</th></tr></thead>
    <tbody>${shops.map((shop) => html`<tr key=${shop.slug} data-test="row-${shop.slug}"><th>${shopName(shop)}</th>
      ${METHODS.map((method) => html`<td key=${method}>${cell(shop.slug, method)}</td>`)}
      <td>${tally.shops[shop.slug]?.count ?? 0}</td><td>${money(tally.shops[shop.slug]?.amount ?? 0, "CNY")}</td></tr>`)}
    </tbody>
    <tfoot><tr><th>${t("street.sum")}</th>${METHODS.map((method) => html`<td key=${method}>${all[method]}</td>`)}
      <td>${tally.total}</td><td>${money(tally.amount, "CNY")}</td></tr></tfoot>
  </table></div>`;
}
