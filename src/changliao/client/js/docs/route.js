// One route of the reference: what it promises, what it takes, what it answers, how it refuses, an example.
import { html } from "../dom.js";
import { t } from "../i18n.js";
import { Copy } from "../ui/desktop.js";
import { curlOf, valueOf } from "./example.js";
import { Fields } from "./schema.js";
import { Rich, moreOf, paramAbout, refusalSaid, summaryOf } from "./said.js";

const COMMON = [
  "unauthenticated", "cross_site", "rate_limited", "bad_request", "bad_json", "body_too_large", "wrong_content_type",
  "idempotency_key_missing", "idempotency_key_invalid", "idempotency_mismatch", "busy", "storage_unavailable", "outcome_unknown",
];

/** The method as a word in its colour. */
export function Method({ of }) {
  return html`<span class="doc-method doc-method-${of.toLowerCase()}">${of}</span>`;
}

/** `Route({route, schemas})`. */
export function Route({ route, schemas }) {
  const curl = curlOf(route, schemas);
  return html`<section class="doc-route" id=${route.id} data-test="route">
    <div class="doc-route-said">
      <h3 class="doc-route-title"><a href="#${route.id}" aria-label=${t("docs.link")}>${summaryOf(route)}</a></h3>
      <p class="doc-route-line"><${Method} of=${route.method} /><code class="doc-path">${route.path}</code>
        <span class="doc-who">${t(`docs.who.${route.who}`)}</span></p>
      ${moreOf(route) && html`<p class="doc-more"><${Rich} text=${moreOf(route)} /></p>`}
      ${route.params.length > 0 && html`<h4>${t("docs.params")}</h4><div class="doc-fields">${route.params.map((param) => html`
        <div key=${param.name} class="doc-field"><span class="doc-field-name"><code>${param.name}</code>
          ${param.required && html`<span class="doc-required">${t("docs.required")}</span>`}</span>
          <span class="doc-field-type">${t(`docs.in.${param.in}`)} · ${t(`docs.type.${param.schema.type}`)}</span>
          <span class="doc-field-about"><${Rich} text=${paramAbout(param)} /></span></div>`)}</div>`}
      ${route.body && html`<h4>${t("docs.body")}</h4><${Fields} of=${route.body} schemas=${schemas} />`}
      <h4>${t("docs.answer", { status: route.status })}</h4>
      ${route.answer ? html`<${Fields} of=${route.answer} schemas=${schemas} />` : html`<p class="doc-dim">${t("docs.no_body")}</p>`}
      <${Refusals} refusals=${route.refusals} />
    </div>
    <div class="doc-route-shown">
      <figure class="doc-example"><figcaption>${t("docs.example")}<${Copy} text=${curl} /></figcaption>
        <pre tabindex="0"><code>${curl}</code></pre></figure>
      ${route.answer && html`<details class="doc-example"><summary>${t("docs.answer_example")}</summary>
        <pre tabindex="0"><code>${JSON.stringify(valueOf(route.answer, schemas), null, 2)}</code></pre></details>`}
    </div>
  </section>`;
}

function Refusals({ refusals }) {
  const own = refusals.filter(({ code }) => !COMMON.includes(code));
  const common = refusals.filter(({ code }) => COMMON.includes(code));
  if (!refusals.length) return null;
  return html`<h4>${t("docs.refusals")}</h4>
    ${own.length > 0 && html`<ul class="doc-refusals">${own.map((one) => html`<${Refusal} key=${one.code} one=${one} />`)}</ul>`}
    ${common.length > 0 && html`<details class="doc-inner"><summary>${t("docs.common")} (${common.length})</summary>
      <ul class="doc-refusals">${common.map((one) => html`<${Refusal} key=${one.code} one=${one} />`)}</ul></details>`}`;
}

function Refusal({ one }) {
  const { title, hint } = refusalSaid(one.code, one);
  return html`<li><span class="doc-status">${one.status}</span><a href="/docs/errors#${one.code}"><code>${one.code}</code></a>
    <span><${Rich} text=${title} />${hint && html` <span class="doc-dim"><${Rich} text=${hint} /></span>`}</span></li>`;
}
