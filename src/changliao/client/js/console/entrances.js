// The entrances that an app asked for, and how they stand.
import { html, useState } from "../dom.js";
import { get, post } from "../api.js";
import { titleOf } from "../entrance/doors.js";
import { t } from "../i18n.js";
import { Button, Field, Pill, useToast } from "../ui.js";
import { Asked, useAsked } from "./ask.js";
import { Act, Checks, Empty, Head, Table, useKeys } from "./parts.js";
import { place } from "./place.js";
import { modeNow } from "./workshop.js";

const TONES = { proposed: "warn", on: "good", off: "calm" };

/** The screen /console/entrances. */
export function Entrances() {
  const path = `/v1/apps/${encodeURIComponent(place.value.query.get("app"))}/entrances`;
  const asked = useAsked(() => get(path), [path]);
  const [asking, setAsking] = useState(false);
  useKeys({ r: asked.again, n: () => setAsking(true) });
  const ask = html`<${Button} small onPress=${() => setAsking(true)} test="ask-entrance">${t("entrances.ask")}</${Button}>`;
  const columns = [
    { name: "title", look: "main", words: t("nav.entrances"), draw: (one) => html`<bdi>${titleOf(one)}</bdi>` },
    { name: "url", look: "sub", words: t("entrances.url"), draw: (one) => html`<code class="code">${one.start_url}</code>` },
    { name: "place", look: "time", words: t("operator.place"), draw: (one) => t(`place.${one.place}`) },
    { name: "seen", look: "note", words: t("operator.shown"), draw: (one) => (one.state === "on" ? t("entrances.seen", { percent: one.rollout / 100 }) : "") },
    { name: "state", look: "end", words: "", draw: (one) => html`<${Pill} kind=${TONES[one.state]} test="state">
      ${t(one.state === "proposed" ? "entrances.waiting" : `entrance.${one.state}`)}</${Pill}>` },
  ];
  const ofMode = (items) => items.filter(({ mode }) => mode === modeNow());
  return html`<${Head} title=${t("nav.entrances")} lead=${t("entrances.lead")}>${asked.found && ofMode(asked.found.items).length > 0 && ask}</${Head}>
    <${Asked} asked=${asked} lines=${3}>${({ items }) => ofMode(items).length
      ? html`<${Table} label=${t("nav.entrances")} columns=${columns} rows=${ofMode(items)} keyOf=${({ id }) => id} test="entrances" />`
      : html`<${Empty} icon="store" title=${t("entrances.empty")} text=${t("entrances.empty_text")}>${ask}</${Empty}>`}</${Asked}>
    <${Propose} open=${asking} path=${path} onClose=${() => setAsking(false)} onDone=${() => { setAsking(false); asked.again(); }} />`;
}

function Propose({ open, path, onClose, onDone }) {
  const [said, setSaid] = useState({ zh: "", en: "", url: "", scopes: ["name"] });
  const say = useToast();
  const put = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = async () => {
    const title = { "zh-CN": said.zh.trim(), en: said.en.trim() };
    await post(path, { title, start_url: said.url.trim(), scopes: said.scopes, mode: modeNow() });
    say(t("entrances.asked"));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("entrances.ask")} go=${t("entrances.ask")} onClose=${onClose} onSubmit=${submit} test="propose-sheet">
    <${Field} label=${t("entrances.title_zh")} value=${said.zh} onInput=${put("zh")} maxlength="20" hint=${t("entrances.title_hint")} data-focus test="title-zh" />
    <${Field} label=${t("entrances.title_en")} value=${said.en} onInput=${put("en")} maxlength="20" hint=${t("entrances.title_hint")} test="title-en" />
    <${Field} label=${t("entrances.url")} value=${said.url} onInput=${put("url")} type="url" hint=${t("entrances.url_hint")} test="start-url" />
    <${Checks} label=${t("operator.asks")} all=${[["name", t("scope.name")], ["handle", t("scope.handle")]]} chosen=${said.scopes} onChange=${put("scopes")} test="scopes" />
  </${Act}>`;
}
