// What an account writes: drafts, what waits for its hour, what is published or taken back.
import { html } from "../../dom.js";
import { t } from "../../i18n.js";
import { Button, Pill } from "../../ui.js";
import { whenOf } from "../../when.js";
import { app, usePages } from "../ask.js";
import { Empty, Head, More, Select, Table } from "../parts.js";
import { address, filter, go, place } from "../place.js";
import { Loading, Trouble, useToast } from "../../ui.js";
import { sentence } from "../../say.js";

const STATES = ["", "draft", "scheduled", "published", "recalled"];
const TONES = { draft: "calm", scheduled: "warn", published: "good", recalled: "bad" };

/** `Articles({account})` */
export function Articles({ account }) {
  const state = place.value.query.get("state") ?? "";
  const pages = usePages(`/v1/accounts/${account.id}/manuscripts?limit=25${state ? `&state=${state}` : ""}`);
  const say = useToast();
  const begin = (kind) => app.post(`/v1/accounts/${account.id}/manuscripts`, { kind, title: t("voice.untitled"), blocks: [{ k: "paragraph", spans: [{ text: "…" }] }] })
    .then(({ id }) => go("article", { article: id, account: account.id }), (error) => say(sentence(error)));
  const columns = [
    { name: "title", look: "main", words: t("voice.title"), draw: (one) => html`<bdi>${one.title}</bdi>` },
    { name: "kind", look: "note", words: t("voice.kind"), draw: (one) => t(`voice.is_${one.kind}`) },
    { name: "when", look: "time", words: t("voice.when"), draw: (one) => whenOf(one.state === "scheduled" ? one.due_at : one.published_at ?? one.changed_at) },
    { name: "state", look: "end", words: "", draw: (one) => html`<${Pill} kind=${TONES[one.state]} test="state">${t(`voice.is_${one.state}`)}</${Pill}>` },
  ];
  const ways = html`<${Button} small onPress=${() => begin("article")} test="new-article">${t("voice.new_article")}</${Button}>
    <${Button} small kind="plain" onPress=${() => begin("statement")} test="new-statement">${t("voice.new_statement")}</${Button}>`;
  return html`<div class="con-row-ways voice-ways">${ways}<${Select} label=${t("voice.state")} value=${state} test="state-filter"
      options=${STATES.map((one) => [one, t(one ? `voice.is_${one}` : "voice.all")])} onChange=${(next) => filter({ account: account.id, tab: "articles", state: next })} /></div>
    ${pages.trouble ? html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />` : !pages.items ? html`<${Loading} lines=${4} />`
      : pages.items.length ? html`<${Table} label=${t("voice.articles")} columns=${columns} rows=${pages.items} keyOf=${({ id }) => id}
          hrefOf=${({ id }) => address("article", { article: id, account: account.id })} test="manuscripts" /><${More} pages=${pages} />`
      : html`<${Empty} icon="newspaper" title=${t("voice.no_articles")} text=${t("voice.no_articles_text")} test="no-manuscripts" />`}`;
}
