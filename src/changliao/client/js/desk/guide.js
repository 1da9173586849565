// One sentence that says what to do next, and how far one is.
import { html } from "../dom.js";
import { t } from "../i18n.js";
import { Icon } from "../ui.js";

const STEPS = { buy: 1, scan: 2, pay: 2, short: 2, no_method: 2, pin: 3, working: 3, paid: 4, ended: 4 };

/** `Guide({state, figures, children})`: `state` as in STEPS, or `owner`, `nobody`; `children` are buttons. */
export function Guide({ state, figures, children }) {
  const step = STEPS[state] ?? 0;
  const words = state === "nobody" ? t("desk.nobody")
    : state === "scan" ? t("desk.scanning")
    : state === "paid" && figures.ms === null ? t("guide.paid_soon")
    : t(`guide.${state}`, figures);
  return html`<div class="demo-guide" data-test="guide" data-state=${state}>
    ${step > 0 ? html`<span class="demo-steps" role="img" aria-label=${t("guide.step", { n: step })}>
        ${[1, 2, 3, 4].map((n) => html`<span key=${n} class="demo-step ${n === step ? "demo-step-now" : ""}
          ${n < step ? "demo-step-past" : ""}">${n < step || (n === 4 && state === "paid")
            ? html`<${Icon} name="check" />` : n}</span>`)}
      </span>`
      : html`<span class="demo-steps"><span class="demo-step demo-step-now"><${Icon} name="store" /></span></span>`}
    <p class="demo-guide-words" role="status" key=${state}>${words}</p>
    <div class="demo-guide-ways">${children}</div>
  </div>`;
}
