// The page /docs/errors: every code with its status, what happened, what to do, and who answers it.
import { html } from "../dom.js";
import { t } from "../i18n.js";
import { Pill } from "../ui.js";
import { Empty } from "../ui/desktop.js";
import { Rich, refusalSaid } from "./said.js";

/** `Errors({reference, wanted})`: `wanted` is what is searched for. */
export function Errors({ reference, wanted }) {
  const internal = { status: 500, title: t("docs.internal"), hint: t("docs.internal_hint"), retryable: true };
  const all = Object.entries({ ...reference.refusals, internal }).sort(([a], [b]) => (a < b ? -1 : 1));
  const found = all.filter(([code, one]) => {
    const { title, hint } = refusalSaid(code, one);
    return `${code} ${one.status} ${title} ${hint}`.toLowerCase().includes(wanted);
  });
  return html`<h1 class="doc-title">${t("docs.errors")}</h1><p class="doc-lead">${t("docs.errors_lead")}</p>
    ${found.length ? html`<div class="doc-errors">${found.map(([code, one]) => html`<${One} key=${code} code=${code} one=${one}
      routes=${reference.routesOf[code] ?? []} />`)}</div>`
      : html`<${Empty} icon="search" title=${t("docs.none")} text=${t("docs.none_text")} />`}`;
}

function One({ code, one, routes }) {
  const { title, hint } = refusalSaid(code, one);
  return html`<section class="doc-error" id=${code} data-test="error">
    <h2><span class="doc-status">${one.status}</span><a href="#${code}"><code>${code}</code></a>
      <${Pill} kind=${one.retryable ? "warn" : "calm"}>${t(one.retryable ? "docs.retry" : "docs.no_retry")}</${Pill}></h2>
    <p><${Rich} text=${title} />${hint && html` <span class="doc-dim"><${Rich} text=${hint} /></span>`}</p>
    ${routes.length > 0 && routes.length < 12 && html`<p class="doc-used">${t("docs.used_by")} ${routes.map((route) => html`
      <a key=${route.id} href="/docs#${route.id}"><code>${route.method} ${route.path}</code></a> `)}</p>`}
  </section>`;
}
