// The day beside the street: its chapters, the stopwatch of the shop that joins, what people did.
import { html, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { Icon } from "../ui.js";
import { methodName, shopName } from "./names.js";

const OPENS_MIN = 8 * 60;
const CHAPTERS = [["open", 0], ["join", 120], ["suspend", 330], ["resume", 570], ["over", 720]];
const STEPS = ["keys", "line", "order", "paid"];
const TICK_MS = 50;

/** The story's time of day: `10:30`. */
export function timeOf(minute) {
  const all = OPENS_MIN + minute;
  return `${String(Math.floor(all / 60)).padStart(2, "0")}:${String(all % 60).padStart(2, "0")}`;
}

/** `Story({shops, told, heard_ms})`. */
export function Story({ shops, told, heard_ms }) {
  const of = (slug) => shopName(shops.find((shop) => shop.slug === slug) ?? shops[0]);
  const { suspended, joining } = told;
  const done = {
    open: told.state !== "waiting",
    join: Boolean(joining?.paid_ms),
    suspend: Boolean(suspended),
    resume: Boolean(suspended?.over),
    over: told.state === "over",
  };
  const now = CHAPTERS.findLast(([name]) => done[name])?.[0];
  const words = (name) => (name === "suspend" && suspended
    ? t("street.chapter.suspended", { shop: of(suspended.shop) })
    : t(`street.chapter.${name}`, { shop: of("flowers") }));
  return html`<aside class="street-story" aria-label=${t("street.title")}>
    <ol class="street-chapters">
      ${CHAPTERS.map(([name, minute]) => html`<li key=${name} data-test="chapter-${name}" data-done=${done[name]}
          class="street-chapter ${done[name] ? "street-chapter-done" : ""} ${name === now ? "street-chapter-now" : ""}">
        <time>${timeOf(minute)}</time><span>${words(name)}</span>
        ${name === "join" && joining && html`<${Stopwatch} joining=${joining} heard_ms=${heard_ms} />`}
        ${name === "suspend" && suspended && html`<blockquote class="street-reason" data-test="reason">
          <small>${t("street.reason")}</small>${suspended.reason}</blockquote>`}
      </li>`)}
    </ol>
    <h2 class="street-people-title">${t("street.people")}</h2>
    <ul class="street-people" aria-live="off" data-test="people">
      ${told.lines.toReversed().map((line) => html`<li key=${line.number}>${t(`street.${line.what}`, {
        who: line.who, shop: of(line.shop), method: methodName(line.method),
        other: line.what === "left" ? of(line.other) : methodName(line.other),
      })}</li>`)}
      ${!told.lines.length && html`<li class="street-people-none">${t("street.people_none")}</li>`}
    </ul>
  </aside>`;
}

function seconds(ms) {
  return t("street.seconds", { n: (ms / 1000).toFixed(2) });
}

/** One step and its time; what was kept from an earlier telling took none and is not ticked. */
function Step({ name, ms, kept }) {
  const done = ms !== null;
  return html`<li data-done=${done} data-test=${`step-${name}`}>
    <${Icon} name=${done ? "check" : "circle-dashed"} />
    <span>${t(`street.watch_${name}`)}</span>
    <span>${done ? seconds(ms) : kept ? t("street.watch_kept") : ""}</span></li>`;
}

/** Real time, as it was measured; it runs on between two answers. */
function Stopwatch({ joining, heard_ms }) {
  const over = Boolean(joining.paid_ms);
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    if (over) return undefined;
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [over]);
  const shown = over ? joining.paid_ms : joining.elapsed_ms + Math.max(0, now - heard_ms);
  return html`<div class="street-watch" data-test="stopwatch" data-over=${over}>
    <small>${t("street.watch")}</small>
    <strong class="street-watch-time" role="timer" aria-live="off" data-test="stopwatch-time">${seconds(shown)}</strong>
    <ol class="street-watch-steps">${STEPS.map((name) => html`<${Step} key=${name} name=${name} ms=${joining[`${name}_ms`]} kept=${name === "keys" && joining.kept} />`)}</ol>
    ${joining.after && html`<pre class="street-diff" tabindex="0" data-test="diff"><del>- ${joining.before}</del><ins>+ ${joining.after}</ins></pre><small>${t("street.watch_file")}</small>`}
  </div>`;
}
