// Where an invitation leads: what group it is, and joining it.
import { html, useState } from "../dom.js";
import { get, newKey, post } from "../api.js";
import { take } from "../chat/live.js";
import { t } from "../i18n.js";
import { go, to } from "../router.js";
import { sentence } from "../say.js";
import { Button, Note, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { Avatar } from "./avatar.js";
import { Page } from "./parts.js";

/** `Join({code})` */
export function Join({ code }) {
  const asked = useAsked(() => get(`/v1/invitations/${encodeURIComponent(code)}`), [code]);
  const [waits, setWaits] = useState(false);
  const toast = useToast();
  const join = async () => {
    try {
      const { pending, conversation } = await post(`/v1/invitations/${encodeURIComponent(code)}/joins`, {}, { key: newKey() });
      if (pending) setWaits(true);
      else go(`/chats/${take(conversation).c}`);
    } catch (error) {
      toast(sentence(error));
    }
  };
  return html`<${Page} title=${t("join.title")} back="/chats" test="join-page">
    <${Asked} asked=${asked}>${({ title, size, approval }) => html`<div class="profile-card profile-card-mid">
        <${Avatar} name=${title} group size="l" /><h2 class="profile-name"><bdi>${title}</bdi></h2><p class="profile-line">${t("members.n", { n: size })}</p></div>
      ${waits ? html`<${Note} live test="join-waits">${t("join.waits")}</${Note}><a class="link" href=${to("/chats")}>${t("tab.chats")}</a>`
        : html`${approval && html`<p class="lead">${t("join.approval")}</p>`}<${Button} onPress=${join} test="join">${t(approval ? "join.ask" : "join.go")}</${Button}>`}`}
    </${Asked}></${Page}>`;
}
