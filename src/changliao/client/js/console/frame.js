// The console's frame: the rail with app, mode and screens; tabs on a phone; test and live in two colours.
import { html, useState } from "../dom.js";
import { t } from "../i18n.js";
import { me, signOut } from "../session.js";
import { Ask, Brand, Cell, Cells, Icon, LanguageSwitch, Mark, PlayPill, Sheet } from "../ui.js";
import { Segments } from "./parts.js";
import { Link, address, filter, onLink, place } from "./place.js";
import { Chooser, current, modeNow } from "./workshop.js";

const SCREENS = [
  { page: "overview", icon: "layout-dashboard" },
  { page: "payments", icon: "receipt-text", also: ["payment"] },
  { page: "splits", icon: "hand-coins" },
  { page: "balance", icon: "scale" },
  { page: "methods", icon: "credit-card" },
  { page: "webhooks", icon: "webhook", also: ["webhook"] },
  { page: "dialects", icon: "link" },
  { page: "entrances", icon: "app-window" },
  { page: "accounts", icon: "send", also: ["article", "talk"] },
  { page: "bots", icon: "terminal", also: ["bot"] },
  { page: "keys", icon: "key-round" },
  { page: "agents", icon: "shield-check", also: ["agent"] },
  { page: "members", icon: "users" },
];
const TABS = ["overview", "payments", "balance", "webhooks"];

function isNow({ page, also = [] }) {
  return place.value.page === page || also.includes(place.value.page);
}

/** `Frame({children})`. */
export function Frame({ children }) {
  const [sheet, setSheet] = useState(null); // chooser, more, leaving
  const test = modeNow() === "test";
  const found = current();
  const leave = async () => {
    await signOut();
    location.replace("/sign-in?next=/console");
  };
  return html`<div class="con-frame ${test ? "con-test" : "con-live"}">
    <aside class="con-rail">
      <a class="con-brand" href=${address("overview")} onClick=${onLink}><${Brand} words=${t("console.title")} /></a>
      <${AppButton} found=${found} onPress=${() => setSheet("chooser")} />
      <${ModeSwitch} />
      <nav class="con-nav" aria-label=${t("console.title")}>
        ${SCREENS.map((screen) => html`<${Link} key=${screen.page} page=${screen.page} class="con-nav-link"
          aria-current=${isNow(screen) ? "page" : undefined} test="nav-${screen.page}">
          <${Icon} name=${screen.icon} /><span>${t(`nav.${screen.page}`)}</span></${Link}>`)}
        <a class="con-nav-link" href="/docs" target="_blank"><${Icon} name="book-open" /><span>${t("nav.docs")}</span></a>
      </nav>
      <div class="con-rail-foot">
        <span class="con-who"><${Mark} name=${me.value.name} size="s" /><span><bdi>${me.value.name}</bdi>
          <small>${found ? t(`role.${found.partner.role}`) : `@${me.value.handle}`}</small></span></span>
        <div class="con-rail-ways"><${LanguageSwitch} />
          <button type="button" class="language-switch" onClick=${() => setSheet("leaving")} data-test="sign-out">
            <${Icon} name="log-out" />${t("sign_out")}</button></div>
      </div>
    </aside>
    <header class="con-bar">
      <${AppButton} found=${found} onPress=${() => setSheet("chooser")} />
      <${ModeSwitch} />
    </header>
    <div class="con-main">
      <${ModeLine} test=${test} />
      <main class="con-page" key=${`${place.value.page} ${found?.app.id} ${modeNow()}`}>${children}</main>
    </div>
    <nav class="con-tabs" aria-label=${t("console.title")}>
      ${SCREENS.filter(({ page }) => TABS.includes(page)).map((screen) => html`<${Link} key=${screen.page} page=${screen.page}
        class="con-tab" aria-current=${isNow(screen) ? "page" : undefined} test="tab-${screen.page}">
        <${Icon} name=${screen.icon} /><span>${t(`nav.${screen.page}`)}</span></${Link}>`)}
      <button type="button" class="con-tab" onClick=${() => setSheet("more")} data-test="tab-more"
        aria-current=${SCREENS.some((screen) => !TABS.includes(screen.page) && isNow(screen)) ? "page" : undefined}>
        <${Icon} name="ellipsis" /><span>${t("nav.more")}</span></button>
    </nav>
    <${Chooser} open=${sheet === "chooser"} onClose=${() => setSheet(null)} />
    <${MoreSheet} open=${sheet === "more"} onClose=${() => setSheet(null)} onLeave=${() => setSheet("leaving")} />
    <${Ask} open=${sheet === "leaving"} title=${t("sign_out")} text=${t("console.leave")} yes=${t("sign_out")}
      onYes=${leave} onNo=${() => setSheet(null)} />
  </div>`;
}

function AppButton({ found, onPress }) {
  return html`<button type="button" class="con-app" onClick=${onPress} data-test="app-button">
    <${Mark} name=${found?.app.name ?? "·"} size="s" />
    <span class="con-app-names"><strong><bdi>${found?.app.name ?? t("chooser.title")}</bdi></strong>
      <small><bdi>${found?.partner.name ?? ""}</bdi></small></span>
    <${Icon} name="chevron-down" /></button>`;
}

function ModeSwitch() {
  return html`<div class="con-mode"><${Segments} label=${t("mode.title")} value=${modeNow()} test="mode"
    options=${[["test", t("mode.test")], ["live", t("mode.live")]]} onChange=${(mode) => filter({ mode, after: null })} /></div>`;
}

function ModeLine({ test }) {
  return html`<p class="con-mode-line" data-test="mode-line">${test
    ? html`<${PlayPill} /><span>${t("mode.test_text")}</span>` : html`<span class="con-mode-dot"></span><span>${t("mode.live_text")}</span>`}</p>`;
}

function MoreSheet({ open, onClose, onLeave }) {
  const rest = SCREENS.filter(({ page }) => !TABS.includes(page));
  return html`<${Sheet} open=${open} title=${t("nav.more")} onClose=${onClose} test="more-sheet">
    <div class="sheet-form">
      <${Cells}>
        ${rest.map(({ page, icon }) => html`<a key=${page} class="weui-cell cell cell-press" href=${address(page)}
            onClick=${(event) => { onLink(event); onClose(); }} data-test="more-${page}">
          <span class="weui-cell__hd cell-lead"><${Icon} name=${icon} /></span>
          <span class="weui-cell__bd cell-words">${t(`nav.${page}`)}</span><${Icon} name="chevron-right" class="cell-go" /></a>`)}
        <${Cell} icon="book-open" title=${t("nav.docs")} href="/docs" />
        <${Cell} icon="log-out" title=${t("sign_out")} onPress=${onLeave} />
      </${Cells}>
      <${LanguageSwitch} />
    </div>
  </${Sheet}>`;
}
