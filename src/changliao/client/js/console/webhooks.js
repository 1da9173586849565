// Where an app is told of events: endpoints with their last answers, and one endpoint's deliveries.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, Field, Icon, Loading, Note, Pill, Trouble, useToast } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, app, useAsked, usePages } from "./ask.js";
import { Act, Checks, Empty, Facts, Head, Id, More, Panel, Secret, Segments, Status, Table, Turning, useKeys } from "./parts.js";
import { address, go, onLink, place } from "./place.js";
import { NoDeliveries, Replay, Tries } from "./timeline.js";

const KINDS = ["payment.*", "refund.*", "split.*", "method.*", "customer.*", "mandate.*"];

/** The screen /console/webhooks. */
export function Webhooks() {
  const asked = useAsked(() => app.get("/v1/webhook_endpoints"), []);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState(null);
  useKeys({ r: asked.again, n: () => setAdding(true) });
  const add = html`<${Button} small onPress=${() => setAdding(true)} test="add">${t("webhooks.add")}</${Button}>`;
  return html`<${Head} title=${t("nav.webhooks")} lead=${t("webhooks.lead")}>
      ${asked.found?.items.some(({ state }) => state === "enabled") && add}</${Head}>
    <${Asked} asked=${asked}>${({ items }) => {
      const on = items.filter(({ state }) => state === "enabled");
      const off = items.filter(({ state }) => state !== "enabled");
      return html`${on.length ? html`<${Endpoints} items=${on} />`
          : html`<${Empty} icon="webhook" title=${t("webhooks.empty")} text=${t("webhooks.empty_text")}>${add}</${Empty}>`}
        ${off.length > 0 && html`<details class="con-off"><summary>${t("webhooks.off", { n: off.length })}</summary>
          <${Endpoints} items=${off} /></details>`}`;
    }}</${Asked}>
    <${Add} open=${adding} onClose=${() => setAdding(false)} onDone=${(endpoint) => { setAdding(false); setMade(endpoint); asked.again(); }} />
    <${EndpointSecret} endpoint=${made} onClose=${() => setMade(null)} />`;
}

function Answer({ one }) {
  if (!one) return html`<span class="con-dim">${t("webhooks.never")}</span>`;
  return html`<${Pill} kind=${one.trouble ? "bad" : "good"}>${one.status || t("lane.none")}</${Pill}>
    <span class="con-dim"> ${t("lane.ms", { n: one.took_ms })} · <time datetime=${one.at} title=${exactlyOf(one.at)}>${whenOf(one.at)}</time></span>`;
}

function Endpoints({ items }) {
  const hrefOf = ({ id }) => address("webhook", { id });
  const columns = [
    { name: "url", look: "main", words: t("webhooks.url"), draw: (one) => html`<a class="con-row-link con-url" href=${hrefOf(one)} onClick=${onLink}><bdi>${one.url}</bdi></a>` },
    { name: "kinds", look: "sub", words: t("webhooks.kinds"), draw: (one) => one.kinds.map((kind) => html`<code key=${kind} class="con-tag">${kind}</code>`) },
    { name: "state", look: "end", words: t("payment.status"), draw: (one) => html`<${Status} of=${one.state} words=${t(`webhooks.${one.state}`)} />` },
    { name: "last", look: "note", words: t("webhooks.last"), draw: (one) => html`<${Answer} one=${one.last_try} />` },
  ];
  return html`<${Table} label=${t("nav.webhooks")} columns=${columns} rows=${items} keyOf=${({ id }) => id} hrefOf=${hrefOf} test="endpoints" />`;
}

function Add({ open, onClose, onDone }) {
  const [url, setUrl] = useState("");
  const [every, setEvery] = useState("all");
  const [kinds, setKinds] = useState(["payment.*", "refund.*"]);
  const [signing, setSigning] = useState("v1");
  const submit = async () => {
    const endpoint = await app.post("/v1/webhook_endpoints", { url: url.trim(), kinds: every === "all" ? ["*"] : kinds, signing });
    setUrl("");
    onDone(endpoint);
  };
  return html`<${Act} open=${open} title=${t("webhooks.add")} lead=${t("webhooks.add_lead")} go=${t("webhooks.add_go")} onClose=${onClose}
      onSubmit=${submit} test="add-endpoint">
    <${Field} label=${t("webhooks.url")} type="url" inputmode="url" value=${url} onInput=${setUrl} maxlength="2000" data-focus
      placeholder="https://" spellcheck=${false} autocapitalize="none" hint=${t("webhooks.url_hint")} test="url" />
    <div><p class="field-label">${t("webhooks.kinds")}</p><${Segments} label=${t("webhooks.kinds")} value=${every} onChange=${setEvery} test="kinds"
      options=${[["all", t("webhooks.all")], ["some", t("webhooks.some")]]} /></div>
    ${every === "some" && html`<${Checks} label=${t("webhooks.some")} chosen=${kinds} onChange=${setKinds}
      all=${KINDS.map((kind) => [kind, kind, t(`kinds.${kind.slice(0, -2)}`)])} />`}
    <div><p class="field-label">${t("webhooks.signing")}</p><${Segments} label=${t("webhooks.signing")} value=${signing} onChange=${setSigning}
      test="signing" options=${[["v1", t("webhooks.v1")], ["v1a", t("webhooks.v1a")]]} />
      <p class="field-says">${t(`webhooks.${signing}_hint`)}</p></div>
  </${Act}>`;
}

function EndpointSecret({ endpoint, onClose }) {
  const secret = endpoint?.secret ?? endpoint?.public_key;
  return html`<${Secret} open=${Boolean(endpoint)} secret=${secret} onClose=${onClose}
    title=${t(endpoint?.secret ? "webhooks.secret" : "webhooks.public_key")}
    text=${t(endpoint?.secret ? "webhooks.secret_text" : "webhooks.public_key_text")} />`;
}

/** The screen /console/webhook?id=we_…. */
export function WebhookScreen() {
  const id = place.value.query.get("id") ?? "";
  const path = `/v1/webhook_endpoints/${encodeURIComponent(id)}`;
  const asked = useAsked(() => app.get(path), [path]);
  const deliveries = usePages(`${path}/tries?limit=20`);
  const [sheet, setSheet] = useState(null); // rotate, remove
  const [made, setMade] = useState(null);
  const say = useToast();
  const again = () => Promise.all([asked.again(), deliveries.again()]);
  useKeys({ Escape: () => go("webhooks"), r: again });
  const test = async () => {
    try {
      await app.post(`${path}/test`, {});
      say(t("webhooks.tested"));
      for (const ms of [300, 1200, 3000]) setTimeout(again, ms);
    } catch (error) {
      say(sentence(error));
    }
  };
  const rotate = async () => {
    try {
      setMade(await app.post(`${path}/secret`, {}));
    } catch (error) {
      say(sentence(error));
    }
    setSheet(null);
  };
  const drop = async () => {
    try {
      await app.remove(path);
      go("webhooks");
      say(t("webhooks.removed"));
    } catch (error) {
      say(sentence(error));
      setSheet(null);
    }
  };
  return html`<${Head} title=${t("webhook.title")} back=${{ href: address("webhooks"), words: t("nav.webhooks") }}>
      <${Turning} busy=${asked.busy && asked.found} />
      <${Button} kind="plain" small onPress=${again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <${Asked} asked=${asked}>${(endpoint) => html`<div class="con-payment">
      <section class="con-bill">
        <p class="con-endpoint-url"><bdi>${endpoint.url}</bdi></p>
        <div class="con-ways">
          ${endpoint.state === "enabled" && html`<${Button} small onPress=${test} test="test">${t("webhooks.test")}</${Button}>
          <${Button} kind="plain" small onPress=${() => setSheet("rotate")} test="rotate">${t("webhooks.rotate")}</${Button}>
          <${Button} kind="quiet-danger" small onPress=${() => setSheet("remove")} test="remove">${t("webhooks.remove")}</${Button}>`}
        </div>
        ${endpoint.state === "disabled" && html`<${Note} kind="warn">${t("webhooks.disabled_text")}</${Note}>`}
        <${Facts} rows=${[
          [t("payment.status"), html`<${Status} of=${endpoint.state} words=${t(`webhooks.${endpoint.state}`)} />`],
          [t("webhooks.last"), html`<${Answer} one=${endpoint.last_try} />`],
          [t("webhooks.kinds"), endpoint.kinds.map((kind) => html`<code key=${kind} class="con-tag">${kind}</code>`)],
          [t("webhooks.signing"), t(`webhooks.${endpoint.signing}`)],
          [t("webhooks.public_key"), endpoint.public_key && html`<${Id} text=${endpoint.public_key} />`],
          [t("payment.created"), exactlyOf(endpoint.created_at)],
          ["ID", html`<${Id} text=${endpoint.id} />`],
        ]} />
      </section>
      <${Panel} title=${t("webhooks.deliveries")} test="deliveries"><${Deliveries} pages=${deliveries} again=${again} /></${Panel}>
    </div>`}</${Asked}>
    <${Ask} open=${sheet === "rotate"} title=${t("webhooks.rotate")} text=${t("webhooks.rotate_text")} yes=${t("webhooks.rotate")}
      onYes=${rotate} onNo=${() => setSheet(null)} />
    <${Ask} open=${sheet === "remove"} title=${t("webhooks.remove")} text=${t("webhooks.remove_text")} yes=${t("webhooks.remove")} danger
      onYes=${drop} onNo=${() => setSheet(null)} />
    <${EndpointSecret} endpoint=${made} onClose=${() => { setMade(null); again(); }} />`;
}

function Deliveries({ pages, again }) {
  if (!pages.items && pages.trouble) return html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />`;
  if (!pages.items) return html`<${Loading} lines=${4} onAgain=${pages.again} />`;
  if (!pages.items.length) return html`<${NoDeliveries} />`;
  return html`<ul class="con-deliveries">${pages.items.map((one) => html`<li key=${one.id} class="con-delivery" data-test="delivery">
      <div class="con-delivery-line"><strong>${has(`fact.${one.kind}`) ? t(`fact.${one.kind}`) : one.kind}</strong> <code class="code">${one.kind}</code>
        <${Status} of=${one.state} words=${t(`webhooks.${one.state}`)} />
        <time class="con-dim" datetime=${one.created_at} title=${exactlyOf(one.created_at)}>${whenOf(one.created_at)}</time></div>
      ${one.about.startsWith("pay_") && html`<p class="con-event-note"><a class="link" href=${address("payment", { id: one.about })} onClick=${onLink}>${one.about}</a></p>`}
      <${Tries} tries=${one.tries} />
      <${Replay} delivery=${one} again=${again} />
    </li>`)}</ul><${More} pages=${pages} />`;
}
