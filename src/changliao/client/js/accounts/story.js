// An article as one reads it: cover, title, who and when, the body; or that it was taken back.
import { html } from "../dom.js";
import { mediaUrl } from "../chat/upload.js";
import { t } from "../i18n.js";
import { momentOf } from "../time.js";
import { Pill, State } from "../ui.js";
import { Blocks } from "./blocks.js";

/** `Story({article, by})`: `by` draws the account's name, where it leads somewhere. */
export function Story({ article, by = (name) => name }) {
  const { title, author, at, cover, kind, state, blocks, reads, account_name: account, partner_name: partner } = article;
  if (state === "recalled") {
    return html`<${State} icon="undo-2" title=${t("story.recalled")} text=${t("story.recalled_by", { name: account })} test="story-recalled" />`;
  }
  return html`<article class="story" data-test="story">
    ${cover && html`<img class="story-cover" src=${mediaUrl(cover)} alt="" data-test="story-cover" />`}
    ${kind === "statement" && html`<p class="story-kind"><${Pill}>${t("story.statement")}</${Pill}> <bdi>${partner}</bdi></p>`}
    <h1 class="story-title" dir="auto">${title}</h1>
    <p class="story-by">${author && html`<bdi>${author}</bdi>`}<bdi>${by(account)}</bdi>${at && html`<time datetime=${at}>${momentOf(Date.parse(at))}</time>`}</p>
    <div class="story-body"><${Blocks} blocks=${blocks} /></div>
    ${reads > 0 && html`<p class="story-reads">${t("story.reads", { n: reads })}</p>`}
  </article>`;
}
