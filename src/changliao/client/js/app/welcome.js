// What somebody sees who follows a link to a person or a group and is not signed in: where it leads, and two ways on.
import { html } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { askToSignIn, here } from "../session.js";
import { Brand, Button, LanguageSwitch } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { Avatar } from "./avatar.js";

/** `Welcome({handle})` or `Welcome({code})` */
export function Welcome({ handle, code }) {
  return html`<div class="welcome" data-test="welcome"><header class="page-bar"><${Brand} /><${LanguageSwitch} /></header>
    <main class="narrow">${code ? html`<${Group} code=${code} />` : html`<${Card} name=${handle} title=${`@${handle}`} text=${t("welcome.person", { handle })} />`}
      <div class="profile-ways"><${Button} onPress=${askToSignIn} test="welcome-in">${t("sign_in.go")}</${Button}>
        <${Button} kind="plain" href=${`/sign-in?new=&next=${encodeURIComponent(here())}`} test="welcome-new">${t("sign_in.new_go")}</${Button}></div>
    </main></div>`;
}

function Group({ code }) {
  const asked = useAsked(() => get(`/v1/invitations/${encodeURIComponent(code)}`), [code]);
  return html`<${Asked} asked=${asked} lines=${3}>${({ title, size, approval }) => html`<${Card} group name=${title} title=${title || t("join.title")}
    text=${t(approval ? "welcome.group_asks" : "welcome.group", { n: size })} />`}</${Asked}>`;
}

function Card({ name, title, text, group = false }) {
  return html`<div class="profile-card profile-card-mid"><${Avatar} name=${name} group=${group} size="l" />
    <h1 class="profile-name"><bdi>${title}</bdi></h1><p class="profile-line">${text}</p></div>`;
}
