// The reader: an article, its letters as large as one likes, and sending it on.
import { html, useEffect, useState } from "../../dom.js";
import { get, newKey, post } from "../../api.js";
import { Story } from "../../accounts/story.js";
import { SIZES, size } from "../../appearance.js";
import { rows } from "../../chat/live.js";
import { t } from "../../i18n.js";
import { to } from "../../router.js";
import { sentence } from "../../say.js";
import { Icon, Sheet, useBusy, useToast } from "../../ui.js";
import { Asked, useAsked } from "../../wallet/frame.js";
import { Avatar } from "../avatar.js";

/** `Article({id})` */
export function Article({ id }) {
  const path = `/v1/articles/${encodeURIComponent(id)}`;
  const asked = useAsked(() => get(path), [path]);
  const [sharing, setSharing] = useState(false);
  const found = asked.found;
  useEffect(() => {
    if (found?.state === "published") post(`${path}/reads`, {}).catch(() => {}); // A hint, never waited for.
  }, [found?.id]);
  const larger = () => { size.value = SIZES[(SIZES.indexOf(size.value) + 1) % SIZES.length]; };
  return html`<section class="page story-page" data-test="article-page">
    <header class="head"><button type="button" class="icon-button" onClick=${() => history.back()} aria-label=${t("back")} data-test="back"><${Icon} name="chevron-left" /></button>
      <h2 class="head-title"><bdi>${found?.account_name ?? ""}</bdi></h2>
      <div class="head-tail">
        <button type="button" class="icon-button" onClick=${larger} aria-label=${t("story.size", { size: t(`size.${size.value}`) })} data-test="story-size"><${Icon} name="a-large-small" /></button>
        ${found?.state === "published" && html`<button type="button" class="icon-button" onClick=${() => setSharing(true)} aria-label=${t("story.share")} data-test="story-share"><${Icon} name="forward" /></button>`}
      </div></header>
    <div class="page-body"><${Asked} asked=${asked} lines=${8}>${(article) => html`<${Story} article=${article}
      by=${(name) => html`<a href=${to(`/accounts/${article.account}`)} data-test="story-account">${name}</a>`} />`}</${Asked}></div>
    <${ShareSheet} open=${sharing} path=${path} onClose=${() => setSharing(false)} /></section>`;
}

function ShareSheet({ open, path, onClose }) {
  const [busy, run] = useBusy();
  const toast = useToast();
  const share = (conversation) => run(async () => {
    try {
      await post(`${path}/shares`, { conversation }, { key: newKey() });
      toast(t("forward.done"));
      onClose();
    } catch (error) {
      toast(sentence(error));
    }
  });
  const found = (rows.value ?? []).filter((row) => !row.left && (row.k === "direct" || row.k === "group"));
  return html`<${Sheet} open=${open} title=${t("forward.to")} onClose=${onClose} busy=${busy} test="share-sheet">
    <div class="people-list">${found.map((row) => html`<button key=${row.c} type="button" class="person-row" onClick=${() => share(row.c)} data-test="share-target">
      <${Avatar} name=${row.title} media=${row.peer?.avatar} group=${row.k === "group"} /><bdi>${row.title}</bdi></button>`)}</div>
    ${!found.length && html`<p class="empty-line">${t("search.nothing")}</p>`}</${Sheet}>`;
}
