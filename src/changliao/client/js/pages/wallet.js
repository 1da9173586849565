// The page /wallet: a person's money, and everything that guards it.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { match, place, to } from "../router.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { Brand, Icon, LanguageSwitch, Loading, Mark, OfflineBar, Stage, State, Trouble } from "../ui.js";
import { SignOut } from "../wallet/frame.js";
import { Home } from "../wallet/home.js";
import { GiveMandate, Mandates } from "../wallet/mandates.js";
import { Security } from "../wallet/security.js";
import { Statement } from "../wallet/statement.js";

const ROUTES = [
  ["/", Home],
  ["/statement/:mode/:currency", Statement],
  ["/mandates", Mandates],
  ["/mandates/new", GiveMandate],
  ["/security", Security],
];
const RAIL = [
  { path: "/", icon: "wallet", words: "wallet.title" },
  { path: "/mandates", icon: "repeat", words: "mandates.title" },
  { path: "/security", icon: "shield-check", words: "security.title" },
];

effect(() => {
  document.title = `${t("wallet.title")} · ${t("brand")}`;
});

function Page() {
  const [trouble, setTrouble] = useState(null);
  const learn = () => {
    setTrouble(null);
    return learnMe().then((person) => person || askToSignIn(), setTrouble);
  };
  useEffect(() => { learn(); }, []);
  const found = match(ROUTES, place.value.path);
  return html`<${Stage} tone="desk">
    <${OfflineBar} />
    <div class="desk-frame">
      <${Rail} />
      <main class="desk-main" key=${place.value.path}>
        ${trouble ? html`<${Trouble} error=${trouble} onAgain=${learn} />`
          : !me.value ? html`<${Loading} card />`
          : found ? html`<${found.screen} ...${found.values} query=${place.value.query} />`
          : html`<${State} icon="link-2-off" title=${t("nowhere.title")}>
              <a class="weui-btn btn btn-plain" href=${to("/")}>${t("wallet.title")}</a></${State}>`}
      </main>
    </div>
  </${Stage}>`;
}

function Rail() {
  const here = place.value.path;
  return html`<nav class="rail" aria-label=${t("brand")}>
    <${Brand} />
    <div class="rail-links">
      ${RAIL.map(({ path, icon, words }) => {
        const current = path === "/" ? here === "/" || here.startsWith("/statement") : here.startsWith(path);
        return html`<a key=${path} class="rail-link" href=${to(path)} aria-current=${current ? "page" : undefined}
          data-test="rail-${path.slice(1) || "home"}"><${Icon} name=${icon} /><span>${t(words)}</span></a>`;
      })}
      <a class="rail-link" href="/app" data-test="rail-app"><${Icon} name="chevron-left" /><span>${t("to_app")}</span></a>
    </div>
    <div class="rail-foot">
      ${me.value && html`<span class="rail-person"><${Mark} name=${me.value.name} size="s" />
        <bdi>${me.value.name}</bdi></span>
        <${SignOut} draw=${(ask) => html`<button type="button" class="language-switch" onClick=${ask}
          data-test="rail-sign-out"><${Icon} name="log-out" />${t("sign_out")}</button>`} />`}
      <${LanguageSwitch} />
    </div>
  </nav>`;
}

render(html`<${Page} />`, document.getElementById("app"));
