// The page /sign-in?next=: sign in or make an account, then go where one wanted to go.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { learnMe, me, safeNext, signOut } from "../session.js";
import { SignIn } from "../sign_in.js";
import { SignInCode } from "../sign_in_code.js";
import { Brand, Button, LanguageSwitch, Loading, Mark, OfflineBar, Stage } from "../ui.js";

const query = new URLSearchParams(location.search);
const next = safeNext(query.get("next")) ?? "/app";
const onDone = () => location.replace(next);

effect(() => {
  document.title = `${t("sign_in.go")} · ${t("brand")}`;
});

const WIDE = matchMedia("(min-width: 760px)");

function useWide() {
  const [wide, setWide] = useState(WIDE.matches);
  useEffect(() => {
    const look = () => setWide(WIDE.matches);
    WIDE.addEventListener("change", look);
    return () => WIDE.removeEventListener("change", look);
  }, []);
  return wide;
}

function Page() {
  const wide = useWide();
  const [known, setKnown] = useState(false);
  useEffect(() => {
    learnMe().catch(() => {}).finally(() => setKnown(true));
  }, []);
  return html`<${Stage} tone="plain-page">
    <${OfflineBar} />
    <header class="page-bar"><${Brand} /><${LanguageSwitch} /></header>
    <main class=${wide && known && !me.value ? "narrow sign-in-both" : "narrow"}>
      ${!known ? html`<${Loading} />`
        : me.value ? html`<${Already} />`
        : html`<${SignIn} onDone=${onDone} face=${query.get("new") === null ? "in" : "new"} />
            ${wide && html`<${SignInCode} onDone=${onDone} />`}`}
    </main>
  </${Stage}>`;
}

function Already() {
  const { name, handle } = me.value;
  return html`<div class="already" data-test="already">
    <${Mark} name=${name} size="l" />
    <h1 class="sign-in-title"><bdi>${name}</bdi></h1>
    <p class="sign-in-text">${t("sign_in.already", { handle })}</p>
    <${Button} href=${next} test="go-on">${t("sign_in.go_on")}</${Button}>
    <${Button} kind="plain" onPress=${() => signOut()} test="other-person">${t("sign_in.other")}</${Button}>
  </div>`;
}

render(html`<${Page} />`, document.getElementById("app"));
