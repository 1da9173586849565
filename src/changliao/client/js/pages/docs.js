// The pages /docs and /docs/errors: the API reference, drawn from /openapi.json.
import { effect, html, render, useEffect, useRef, useState } from "../dom.js";
import { Empty, useKeys } from "../ui/desktop.js";
import { Errors } from "../docs/errors.js";
import { readReference } from "../docs/reference.js";
import { Method, Route } from "../docs/route.js";
import { Rich, summaryOf } from "../docs/said.js";
import { has, t } from "../i18n.js";
import { teach } from "../teach.js";
import { Brand, Icon, LanguageSwitch, Loading, OfflineBar, Stage, Trouble } from "../ui.js";
import docs_en from "../words/docs.en.js";
import docs_zh from "../words/docs.zh-CN.js";

teach({ en: docs_en, "zh-CN": docs_zh });

const ERRORS = location.pathname.startsWith("/docs/errors");
const INTRO = ["key", "money", "once", "paid", "errors", "pages"];

effect(() => {
  document.title = `${t(ERRORS ? "docs.errors" : "docs.title")} · ${t("brand")}`;
});

function tagName(tag) {
  return has(`tag.${tag}`) ? t(`tag.${tag}`) : tag;
}

function idOfTag(tag) {
  return `group-${tag.toLowerCase().replace(/\W+/g, "-")}`;
}

/** Show what the address names; the page is drawn later than the browser looks for it. */
function useAnchor(ready) {
  useEffect(() => {
    if (!ready) return undefined;
    const show = () => {
      const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      document.querySelectorAll(".doc-here").forEach((one) => one.classList.remove("doc-here"));
      found?.scrollIntoView();
      found?.classList.add("doc-here");
    };
    show();
    addEventListener("hashchange", show);
    return () => removeEventListener("hashchange", show);
  }, [ready]);
}

function matches(route, wanted) {
  const fields = JSON.stringify([route.body, route.answer, route.params.map(({ name }) => name)]);
  const codes = route.refusals.map(({ code }) => code).join(" ");
  return `${route.method} ${route.path} ${route.summary} ${summaryOf(route)} ${fields} ${codes}`.toLowerCase().includes(wanted);
}

function Page() {
  const [reference, setReference] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [typed, setTyped] = useState(new URLSearchParams(location.search).get("q") ?? "");
  const field = useRef(null);
  const learn = () => {
    setTrouble(null);
    readReference().then(setReference, setTrouble);
  };
  useEffect(learn, []);
  useAnchor(Boolean(reference));
  useKeys({ "/": () => field.current?.focus(), Escape: () => type("") });
  const type = (text) => {
    setTyped(text);
    const query = new URLSearchParams(location.search);
    if (text) query.set("q", text);
    else query.delete("q");
    const tail = query.toString();
    history.replaceState(null, "", `${location.pathname}${tail ? `?${tail}` : ""}${location.hash}`);
  };
  const wanted = typed.trim().toLowerCase();
  const groups = (reference?.groups ?? []).map((group) => ({
    ...group, routes: group.routes.filter((route) => !wanted || matches(route, wanted)) })).filter(({ routes }) => routes.length);
  return html`<${Stage} tone="docs console">
    <${OfflineBar} />
    <header class="doc-bar">
      <a class="doc-brand" href="/docs" aria-label=${t("docs.title")}><${Brand} words=${t("docs.title")} /></a>
      <label class="con-search doc-search"><${Icon} name="search" /><span class="visually-hidden">${t("docs.search")}</span>
        <input ref=${field} type="search" value=${typed} onInput=${(event) => type(event.currentTarget.value)} autocomplete="off"
          placeholder=${t(ERRORS ? "docs.search_errors" : "docs.search")} spellcheck=${false} data-test="search" /><kbd>/</kbd></label>
      <nav class="doc-pages">
        <a href="/docs" aria-current=${ERRORS ? undefined : "page"}>${t("docs.title")}</a>
        <a href="/docs/errors" aria-current=${ERRORS ? "page" : undefined}>${t("docs.errors")}</a>
        <${LanguageSwitch} />
      </nav>
    </header>
    ${trouble ? html`<${Trouble} error=${trouble} onAgain=${learn} />`
      : !reference ? html`<${Loading} what=${t("docs.loading")} lines=${8} onAgain=${learn} />`
      : html`<div class="doc-frame ${ERRORS ? "doc-frame-errors" : ""}">
        ${!ERRORS && html`<${Contents} groups=${groups} />`}
        <main class="doc-main">${ERRORS ? html`<${Errors} reference=${reference} wanted=${wanted} />`
          : html`<${Routes} reference=${reference} groups=${groups} intro=${!wanted} />`}</main>
      </div>`}
  </${Stage}>`;
}

function Contents({ groups }) {
  const wide = matchMedia("(min-width: 1000px)").matches;
  return html`<aside class="doc-side"><details open=${wide}><summary>${t("docs.contents")}</summary>
    <nav aria-label=${t("docs.contents")}>${groups.map(({ name, routes }) => html`<div key=${name} class="doc-group">
      <a class="doc-group-name" href="#${idOfTag(name)}">${tagName(name)}</a>
      <ul>${routes.map((route) => html`<li key=${route.id}><a href="#${route.id}" title=${summaryOf(route)}><${Method} of=${route.method} />
        <span>${route.path.replace("/v1/", "")}</span></a></li>`)}</ul></div>`)}</nav></details></aside>`;
}

function Routes({ reference, groups, intro }) {
  return html`
    ${intro && html`<h1 class="doc-title">${t("docs.title")}</h1>
      <p class="doc-lead">${reference.info.title} · ${t("docs.version", { version: reference.info.version })} ·
        <a class="link" href="/openapi.json">${t("docs.open_file")}</a></p>
      <section class="doc-intro" aria-label=${t("docs.guide")}>${INTRO.map((name) => html`<article key=${name}>
        <h2>${t(`intro.${name}`)}</h2><p><${Rich} text=${t(`intro.${name}_text`)} /></p></article>`)}</section>`}
    ${groups.map(({ name, routes }) => html`<section key=${name} class="doc-section" id=${idOfTag(name)}>
      <h2 class="doc-section-title">${tagName(name)}</h2>
      ${routes.map((route) => html`<${Route} key=${route.id} route=${route} schemas=${reference.schemas} />`)}</section>`)}
    ${!groups.length && html`<${Empty} icon="search" title=${t("docs.none")} text=${t("docs.none_text")} />`}`;
}

render(html`<${Page} />`, document.getElementById("app"));
