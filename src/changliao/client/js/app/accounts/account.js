// Official accounts: those I follow, and the page of one with what it writes.
import { html, useState } from "../../dom.js";
import { get, post, put, remove } from "../../api.js";
import { take } from "../../chat/live.js";
import { mediaUrl } from "../../chat/upload.js";
import { t } from "../../i18n.js";
import { go, place, to } from "../../router.js";
import { sentence } from "../../say.js";
import { momentOf } from "../../time.js";
import { Ask, Button, Note, useToast } from "../../ui.js";
import { Asked, useAsked } from "../../wallet/frame.js";
import { Avatar } from "../avatar.js";
import { Page } from "../parts.js";

/** Whom I follow. */
export function Follows() {
  const asked = useAsked(() => get("/v1/follows?limit=100"), []);
  return html`<${Page} title=${t("accounts.title")} back="/contacts" test="follows-page">
    <${Asked} asked=${asked}>${({ items }) => (items.length
      ? html`<div class="card-list">${items.map((one) => html`<${Row} key=${one.id} account=${one} />`)}</div>`
      : html`<p class="empty-line" data-test="no-follows">${t("accounts.none")}</p>`)}</${Asked}></${Page}>`;
}

function Row({ account: { id, name, avatar, intro, partner } }) {
  const path = `/accounts/${id}`;
  return html`<a class="person-row" href=${to(path)} aria-current=${place.value.path === path ? "page" : undefined} data-test="account">
    <${Avatar} name=${name} media=${avatar} /><span class="person-words"><bdi class="person-name">${name}</bdi>
    <span class="person-note"><bdi>${intro || partner.name}</bdi></span></span></a>`;
}

/** `Account({id})`: an id or a handle. */
export function Account({ id }) {
  const path = `/v1/accounts/${encodeURIComponent(id)}`;
  const asked = useAsked(() => get(path), [path]);
  return html`<${Page} title=${t("accounts.one")} back="/contacts/accounts" test="account-page">
    <${Asked} asked=${asked} lines=${4}>${(account) => html`<${Card} account=${account} path=${path} change=${asked.setFound} again=${asked.again} />
      <${Articles} path=${path} />`}</${Asked}></${Page}>`;
}

/** Goes to a conversation that an answer named, once its row is known. */
export async function openTalk({ conversation }) {
  take(await get(`/v1/conversations/${conversation}`));
  go(`/chats/${conversation}`);
}

function Card({ account, path, change, again }) {
  const { name, handle, avatar, intro, partner, state, followers, followed, feed, writable } = account;
  const [leaving, setLeaving] = useState(false);
  const toast = useToast();
  const tell = (error) => toast(sentence(error));
  const follow = () => put(`${path}/follow`, {}).then(change, tell);
  const leave = () => remove(`${path}/follow`).then(again, tell).finally(() => setLeaving(false));
  const write = () => post(`${path}/talk`, {}).then(openTalk).catch(tell);
  return html`<div class="profile-card" data-test="account-card"><${Avatar} name=${name} media=${avatar} size="l" />
      <div class="profile-words"><h2 class="profile-name"><bdi>${name}</bdi></h2><p class="profile-line">@${handle}</p>
        <p class="profile-line"><bdi>${partner.name}</bdi> · ${t("accounts.followers", { n: followers })}</p></div></div>
    ${intro && html`<p class="profile-bio" dir="auto">${intro}</p>`}
    ${state !== "open" && html`<${Note} kind="warn" test="account-state">${t(`accounts.state_${state}`)}</${Note}>`}
    <div class="profile-ways">
      ${followed ? feed && html`<${Button} href=${to(`/chats/${feed}`)} test="open-feed">${t("accounts.feed")}</${Button}>`
        : state === "open" && html`<${Button} onPress=${follow} test="follow">${t("accounts.follow")}</${Button}>`}
      ${writable && html`<${Button} kind="plain" onPress=${write} test="write-to">${t("accounts.write")}</${Button}>`}
      ${followed && html`<${Button} kind="quiet-danger" onPress=${() => setLeaving(true)} test="unfollow">${t("accounts.unfollow")}</${Button}>`}
    </div>
    <${Ask} open=${leaving} title=${t("accounts.unfollow")} text=${t("accounts.unfollow_ask", { name })} yes=${t("accounts.unfollow")} danger
      onYes=${leave} onNo=${() => setLeaving(false)} />`;
}

function Articles({ path }) {
  const [kind, setKind] = useState("article");
  const asked = useAsked(() => get(`${path}/articles?kind=${kind}&limit=20`), [path, kind]);
  const [more, setMore] = useState({ of: null, items: [], next: null });
  const toast = useToast();
  const mine = more.of === asked.found ? more : { items: [], next: asked.found?.next };
  const bring = () => get(`${path}/articles?kind=${kind}&limit=20&after=${encodeURIComponent(mine.next)}`).then(
    ({ items, next }) => setMore({ of: asked.found, items: [...mine.items, ...items], next }), (error) => toast(sentence(error)));
  return html`<div class="story-tabs" role="tablist" aria-label=${t("accounts.articles")}>
      ${["article", "statement"].map((one) => html`<button key=${one} type="button" role="tab" class="story-tab" aria-selected=${kind === one}
        onClick=${() => setKind(one)} data-test="tab-${one}">${t(`accounts.${one}s`)}</button>`)}</div>
    <${Asked} asked=${asked} lines=${3}>${({ items }) => (items.length
      ? html`<div class="card-list">${[...items, ...mine.items].map((one) => html`<${Headline} key=${one.id} headline=${one} />`)}</div>
          ${mine.next && html`<button type="button" class="link end-line" onClick=${bring} data-test="more-articles">${t("statement.more")}</button>`}`
      : html`<p class="empty-line" data-test="no-articles">${t(`accounts.no_${kind}s`)}</p>`)}</${Asked}>`;
}

function Headline({ headline: { id, title, digest, cover, at } }) {
  return html`<a class="headline" href=${to(`/articles/${id}`)} data-test="headline"><span class="headline-words">
      <strong class="headline-title"><bdi>${title}</bdi></strong>${digest && html`<span class="headline-digest"><bdi>${digest}</bdi></span>`}
      <time class="headline-time">${momentOf(Date.parse(at))}</time></span>
    ${cover && html`<img class="headline-cover" src=${mediaUrl(cover, { thumbnail: true })} alt="" loading="lazy" />`}</a>`;
}
