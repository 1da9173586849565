// The keys of an app: made once, shown once; what each may do and how often; rotating and ending them.
import { html, useState } from "../dom.js";
import { get, post, remove } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, Field, Note, useToast } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, useAsked } from "./ask.js";
import { Act, Checks, Empty, Head, Panel, Secret, Select, Status, Table, useKeys } from "./parts.js";
import { place } from "./place.js";
import { modeNow } from "./workshop.js";

const SCOPES = [
  "payments:read", "payments:write", "refunds:write", "transfers:write", "balances:read", "methods:write", "webhooks:read", "webhooks:write", "customers:write", "chat:read", "chat:write",
];
const GRACES = [["0", "now"], ["3600", "hour"], ["86400", "day"], ["604800", "week"]];
const RATE = { per_s: "100", burst: "200" };

/** The screen /console/keys. */
export function Keys() {
  const id = encodeURIComponent(place.value.query.get("app"));
  const mode = modeNow();
  const asked = useAsked(() => get(`/v1/apps/${id}/keys`), [id]);
  const [sheet, setSheet] = useState(null); // {name: new | rotate | rate | end, key}
  const [made, setMade] = useState(null);
  const say = useToast();
  useKeys({ r: asked.again, n: () => setSheet({ name: "new" }) });
  const done = (key) => {
    setSheet(null);
    if (key?.key) setMade(key);
    asked.again();
  };
  const end = async () => {
    try {
      await remove(`/v1/apps/${id}/keys/${encodeURIComponent(sheet.key.id)}`);
      say(t("keys.ended"));
    } catch (error) {
      say(sentence(error));
    }
    done();
  };
  const add = html`<${Button} small onPress=${() => setSheet({ name: "new" })} test="new-key">${t("keys.new")}</${Button}>`;
  return html`<${Head} title=${t("nav.keys")} lead=${t(`keys.lead_${mode}`)}>${add}</${Head}>
    <${Asked} asked=${asked}>${({ items }) => {
      const mine = items.filter((key) => key.mode === mode);
      return mine.length ? html`<${KeyTable} keys=${mine} onSheet=${setSheet} />`
        : html`<${Empty} icon="key-round" title=${t("keys.empty")} text=${t("keys.empty_text")}>${add}</${Empty}>`;
    }}</${Asked}>
    <${FirstCall} />
    <${New} open=${sheet?.name === "new"} id=${id} mode=${mode} onClose=${() => setSheet(null)} onDone=${done} />
    <${Rotate} open=${sheet?.name === "rotate"} id=${id} of=${sheet?.key} onClose=${() => setSheet(null)} onDone=${done} />
    <${Rate} open=${sheet?.name === "rate"} id=${id} of=${sheet?.key} onClose=${() => setSheet(null)} onDone=${done} />
    <${Ask} open=${sheet?.name === "end"} title=${t("keys.end_title")} text=${t("keys.end_text")} yes=${t("keys.end")} danger
      onYes=${end} onNo=${() => setSheet(null)} />
    <${Secret} open=${Boolean(made)} title=${t("keys.made")} text=${t("keys.made_text")} secret=${made?.key}
      note=${endedFor(made, asked.found?.items) || t("keys.made_note")}
      onClose=${() => setMade(null)} />`;
}

/** Which older key ended at once when a rotation made this one, or empty. */
function endedFor(made, keys = []) {
  const ended = keys.find(({ id }) => id === made?.ended_key_id);
  return ended ? t("keys.ended_for", { key: `sk_${ended.mode}_…${ended.ending}` }) : "";
}

function KeyTable({ keys, onSheet }) {
  const columns = [
    { name: "label", look: "main", words: t("keys.label"), draw: (key) => html`<strong><bdi>${key.label || t("keys.no_label")}</bdi></strong>` },
    { name: "key", look: "sub", words: t("keys.key"), draw: (key) => html`<code class="code">sk_${key.mode}_…${key.ending}</code>
      ${key.ended_key_id && html`<span class="con-dim con-ended-for" data-test="ended-for">${endedFor(key, keys)}</span>`}` },
    { name: "scopes", look: "wide", words: t("keys.scopes"), draw: (key) => (key.scopes.length === SCOPES.length ? t("keys.all_scopes")
      : html`<span title=${key.scopes.join("\n")}>${key.scopes.map((one) => html`<code key=${one} class="con-tag">${one}</code>`)}</span>`) },
    { name: "rate", look: "wide", words: t("keys.rate"), draw: (key) => t("keys.rate_says", key) },
    { name: "created", look: "time", words: t("payment.created"), draw: (key) => html`<time title=${exactlyOf(key.created_at)}>${whenOf(key.created_at)}</time>` },
    { name: "state", look: "end", words: t("payment.status"), draw: (key) => html`<${Status} of=${key.state} words=${t(`keys.${key.state}`)} />
      ${key.state === "ending" && html` <span class="con-dim">${t("keys.ends", { when: whenOf(key.expires_at) })}</span>`}` },
    { name: "ways", look: "note con-right", words: "", draw: (key) => key.state !== "ended" && html`<span class="con-row-ways">
      ${key.state === "live" && html`<button type="button" class="link" onClick=${() => onSheet({ name: "rotate", key })} data-test="rotate">${t("keys.rotate")}</button>
      <button type="button" class="link" onClick=${() => onSheet({ name: "rate", key })} data-test="rate">${t("keys.rate")}</button>`}
      <button type="button" class="link con-danger" onClick=${() => onSheet({ name: "end", key })} data-test="end">${t("keys.end")}</button></span>` },
  ];
  return html`<${Table} label=${t("nav.keys")} columns=${columns} rows=${keys} keyOf=${({ id }) => id} test="keys" />`;
}

function whole(text) {
  return /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0;
}

function RateFields({ rate, setRate }) {
  return html`<div class="con-pair">
    <${Field} label=${t("keys.per_s")} value=${rate.per_s} onInput=${(per_s) => setRate({ ...rate, per_s })} inputmode="numeric" test="per-s" />
    <${Field} label=${t("keys.burst")} value=${rate.burst} onInput=${(burst) => setRate({ ...rate, burst })} inputmode="numeric" test="burst" />
  </div>`;
}

function New({ open, id, mode, onClose, onDone }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState(SCOPES);
  const [rate, setRate] = useState(RATE);
  const submit = async () => {
    const key = await post(`/v1/apps/${id}/keys`, { mode, label: label.trim(), scopes, per_s: whole(rate.per_s), burst: whole(rate.burst) });
    setLabel("");
    setScopes(SCOPES);
    setRate(RATE);
    onDone(key);
  };
  return html`<${Act} open=${open} title=${t("keys.new")} lead=${t(`keys.new_${mode}`)} go=${t("keys.go")} onClose=${onClose} onSubmit=${submit} test="new-key-sheet">
    <${Field} label=${t("keys.label")} value=${label} onInput=${setLabel} maxlength="60" hint=${t("keys.label_hint")} data-focus test="label" />
    <${Checks} label=${t("keys.scopes")} chosen=${scopes} onChange=${setScopes} test="scopes"
      all=${SCOPES.map((one) => [one, html`<code class="code">${one}</code>`, t(`scope.${one.replace(":", ".")}`)])} />
    <${RateFields} rate=${rate} setRate=${setRate} />
  </${Act}>`;
}

function Rotate({ open, id, of, onClose, onDone }) {
  const [grace, setGrace] = useState("86400");
  const submit = async () => onDone(await post(`/v1/apps/${id}/keys/${encodeURIComponent(of.id)}/rotation`, { grace_s: Number(grace) }));
  return html`<${Act} open=${open} title=${t("keys.rotate_title")} lead=${t("keys.rotate_lead")} go=${t("keys.rotate")} onClose=${onClose}
      onSubmit=${submit} test="rotate-sheet">
    <${Select} label=${t("keys.grace")} value=${grace} onChange=${setGrace} test="grace" hint=${t("keys.grace_hint")}
      options=${GRACES.map(([value, name]) => [value, t(`keys.grace_${name}`)])} />
  </${Act}>`;
}

function Rate({ open, id, of, onClose, onDone }) {
  const [rate, setRate] = useState(null);
  const shown = rate ?? { per_s: String(of?.per_s ?? ""), burst: String(of?.burst ?? "") };
  const submit = async () => {
    const key = await post(`/v1/apps/${id}/keys/${encodeURIComponent(of.id)}/rate`, { per_s: whole(shown.per_s), burst: whole(shown.burst) });
    setRate(null);
    onDone(key);
  };
  const close = () => {
    setRate(null);
    onClose();
  };
  return html`<${Act} open=${open} title=${t("keys.rate_title")} lead=${t("keys.rate_lead")} go=${t("save")} onClose=${close} onSubmit=${submit} test="rate-sheet">
    <${RateFields} rate=${shown} setRate=${setRate} />
  </${Act}>`;
}

/** A first call with the key, to paste into a terminal. */
export function FirstCall() {
  const call = [
    `curl ${location.origin}/v1/payments \\`,
    `  -H "Authorization: Bearer $CHANGLIAO_KEY" \\`,
    `  -H "Idempotency-Key: $(uuidgen)" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"amount": 6800, "currency": "CNY", "reference": "order-1"}'`,
  ].join("\n");
  return html`<${Panel} title=${t("keys.first_call")} test="first-call">
    <p class="con-dim">${t("keys.first_call_text")}</p><pre class="con-code"><code>${call}</code></pre>
    <${Note} icon="book-open">${t("keys.docs")} <a class="link" href="/docs" target="_blank">${t("nav.docs")}</a></${Note}>
  </${Panel}>`;
}
