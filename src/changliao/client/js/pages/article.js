// The page /a/{id}: an article for everybody, signed in or not.
import { html, render, useEffect } from "../dom.js";
import { CHAT_ICONS } from "../../vendor/lucide/chat_icons.js";
import { ICONS } from "../../vendor/lucide/icons.js";
import { Story } from "../accounts/story.js";
import { teachAccounts } from "../accounts/words.js";
import { get, post } from "../api.js";
import { t } from "../i18n.js";
import { Brand, LanguageSwitch, OfflineBar, Stage } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";

Object.assign(ICONS, CHAT_ICONS);
teachAccounts();

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = `/v1/articles/${encodeURIComponent(id)}`;

function Page() {
  const asked = useAsked(() => get(path), []);
  const { found } = asked;
  useEffect(() => {
    if (!found) return;
    document.title = `${found.title || t("story.recalled")} · ${t("brand")}`;
    if (found.state === "published") post(`${path}/reads`, {}).catch(() => {});
  }, [found]);
  return html`<${Stage} tone="plain-page"><${OfflineBar} />
    <header class="page-bar"><${Brand} /><${LanguageSwitch} /></header>
    <main class="story-place"><${Asked} asked=${asked} lines=${8}>${(article) => html`<${Story} article=${article} />
      ${article.state === "published" && html`<p class="story-on"><a class="weui-btn btn btn-plain" href=${`/app#/articles/${encodeURIComponent(id)}`} data-test="open-app">${t("story.open_app")}</a></p>`}`}</${Asked}></main>
  </${Stage}>`;
}

render(html`<${Page} />`, document.getElementById("app"));
