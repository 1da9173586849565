// The editor of an article: its head, its blocks one below the other, beside them how it will look; publishing now,
// at an hour, or taking it back; and how often it was read.
import { html, useState } from "../../dom.js";
import { Story } from "../../accounts/story.js";
import { measure, mediaUrl, upload } from "../../chat/upload.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Ask, Button, Field, Icon, Note, Pill, useBusy, useToast } from "../../ui.js";
import { whenOf } from "../../when.js";
import { Asked, app, useAsked } from "../ask.js";
import { Act, Facts, Head, Panel, Select, Table } from "../parts.js";
import { address, place } from "../place.js";
import { fieldsOf, blockOf, fresh, KINDS } from "./writing.js";

const MOST = 300;

/** The screen /console/article?article=&account=. */
export function Editor() {
  const id = place.value.query.get("article");
  const account = place.value.query.get("account");
  const path = `/v1/manuscripts/${encodeURIComponent(id)}`;
  const asked = useAsked(() => Promise.all([app.get(path), app.get(`/v1/accounts/${encodeURIComponent(account)}/settings`)]), [path]);
  const back = address("accounts", { account, tab: "articles" });
  return html`<${Asked} asked=${asked}>${([script, settings]) => html`
    <${Head} title=${html`<bdi>${script.title}</bdi>`} back=${{ href: back, words: t("nav.accounts") }}><${Pill} kind=${script.state === "published" ? "good" : "calm"} test="article-state">${t(`voice.is_${script.state}`)}</${Pill}></${Head}>
    ${script.state === "draft" || script.state === "scheduled"
      ? html`<${Writing} key=${script.changed_at} script=${script} settings=${settings} path=${path} back=${back} again=${asked.again} />`
      : html`<${Published} script=${script} settings=${settings} path=${path} again=${asked.again} />`}`}</${Asked}>`;
}

const shown = (script, settings) => ({
  ...script, account_name: settings.name, partner_name: settings.partner.name, reads: 0, state: "draft", at: script.published_at ?? script.due_at,
});

function Writing({ script, settings, path, back, again }) {
  const [head, setHead] = useState({ title: script.title, author: script.author, digest: script.digest, cover: script.cover });
  const [rows, setRows] = useState(() => script.blocks.map(fieldsOf));
  const [sheet, setSheet] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const say = useToast();
  const said = () => ({ kind: script.kind, ...head, title: head.title.trim(), blocks: rows.map(blockOf) });
  const guarded = (work) => () => run(async () => {
    setWrong("");
    try {
      await work();
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  const save = () => app.put(path, said());
  const kept = guarded(async () => {
    await save();
    say(t("voice.saved"));
    again();
  });
  const drop = guarded(async () => {
    await app.remove(path);
    location.assign(back);
  });
  const cover = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (file) await upload("cover", file).then((media) => setHead({ ...head, cover: media }), (error) => setWrong(sentence(error)));
  };
  const put = (at, row) => setRows(row ? rows.map((one, n) => (n === at ? row : one)) : rows.filter((_, n) => n !== at));
  const move = (at, by) => {
    const next = [...rows];
    next.splice(at + by, 0, ...next.splice(at, 1));
    setRows(next);
  };
  const field = (name, most) => html`<${Field} label=${t(`voice.${name}`)} value=${head[name]} onInput=${(text) => setHead({ ...head, [name]: text })} maxlength=${most} test=${name} />`;
  return html`<div class="voice-both"><div class="voice-desk">
    ${script.state === "scheduled" && html`<${Note} icon="clock" test="due">${t("voice.due", { when: whenOf(script.due_at) })}</${Note}>`}
    <${Panel} title=${t("voice.head")}>${field("title", 64)}${field("author", 30)}${field("digest", 120)}
      <label class="voice-cover">${head.cover ? html`<img src=${mediaUrl(head.cover, { thumbnail: true })} alt=${t("voice.cover")} />` : html`<span class="link">${t("voice.add_cover")}</span>`}
        <input type="file" accept="image/*" class="visually-hidden" onChange=${cover} data-test="cover" /></label>
      ${head.cover && html`<button type="button" class="link" onClick=${() => setHead({ ...head, cover: "" })}>${t("voice.drop_cover")}</button>`}</${Panel}>
    <${Panel} title=${t("voice.body")} test="blocks"><p class="con-dim">${t("voice.marks")}</p>
      ${rows.map((row, at) => html`<${Row} key=${row.id} row=${row} onChange=${(now) => put(at, now)} onUp=${at > 0 ? () => move(at, -1) : null}
        onDown=${at < rows.length - 1 ? () => move(at, 1) : null} onWrong=${setWrong} />`)}
      ${rows.length < MOST && html`<div class="voice-add" role="group" aria-label=${t("voice.add_block")}>${KINDS.map((k) => html`<button key=${k} type="button" class="link"
        onClick=${() => setRows([...rows, fresh(k)])} data-test="add-${k}">${t(`voice.block_${k}`)}</button>`)}</div>`}</${Panel}>
    ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
    <div class="con-row-ways"><${Button} small busy=${busy} onPress=${kept} test="save">${t("save")}</${Button}>
      ${script.state === "draft" ? html`<${Button} small kind="plain" onPress=${() => setSheet("publish")} test="publish">${t("voice.publish")}</${Button}>
          <${Button} small kind="quiet-danger" onPress=${() => setSheet("drop")} test="drop">${t("voice.drop")}</${Button}>`
        : html`<${Button} small kind="plain" onPress=${guarded(async () => { await app.remove(`${path}/publication`); again(); })} test="unschedule">${t("voice.unschedule")}</${Button}>`}</div>
  </div><aside class="voice-look" aria-label=${t("voice.look")} data-test="look"><p class="con-dim">${t("voice.look")}</p><${Story} article=${{ ...shown(script, settings), ...head, blocks: rows.map(blockOf) }} /></aside></div>
  <${Publish} open=${sheet === "publish"} path=${path} settings=${settings} save=${save} onClose=${() => setSheet("")} onDone=${() => { setSheet(""); again(); }} />
  <${Ask} open=${sheet === "drop"} title=${t("voice.drop")} text=${t("voice.drop_ask")} yes=${t("voice.drop")} danger onYes=${() => { setSheet(""); return drop(); }} onNo=${() => setSheet("")} />`;
}

function Row({ row, onChange, onUp, onDown, onWrong }) {
  const { k, text, level, ordered, media, caption } = row;
  const picture = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    const size = file && await measure(file);
    if (!size) return onWrong(t("voice.no_picture"));
    return upload("image", file).then((made) => onChange({ ...row, media: made, ...size }), (error) => onWrong(sentence(error)));
  };
  const area = (test, lines) => html`<textarea class="area" rows=${lines} dir="auto" value=${text} aria-label=${t(`voice.block_${k}`)}
    onInput=${(event) => onChange({ ...row, text: event.currentTarget.value })} data-test=${test}></textarea>`;
  return html`<div class="voice-row" data-test="block-${k}"><div class="voice-row-head"><span class="con-dim">${t(`voice.block_${k}`)}</span>
      ${k === "heading" && html`<${Select} label=${t("voice.level")} value=${String(level)} options=${["1", "2", "3"].map((one) => [one, one])} onChange=${(now) => onChange({ ...row, level: Number(now) })} test="level" />`}
      ${k === "list" && html`<label class="voice-check"><input type="checkbox" checked=${ordered} onChange=${() => onChange({ ...row, ordered: !ordered })} data-test="ordered" />${t("voice.ordered")}</label>`}
      <span class="voice-row-ways"><button type="button" class="icon-button" disabled=${!onUp} onClick=${onUp} aria-label=${t("voice.up")} data-test="up"><${Icon} name="arrow-up" /></button>
        <button type="button" class="icon-button" disabled=${!onDown} onClick=${onDown} aria-label=${t("voice.down")} data-test="down"><${Icon} name="arrow-down" /></button>
        <button type="button" class="icon-button" onClick=${() => onChange(null)} aria-label=${t("voice.drop")} data-test="drop-block"><${Icon} name="x" /></button></span></div>
    ${k === "divider" ? html`<hr />`
      : k === "picture" ? html`<label class="voice-cover">${media ? html`<img src=${mediaUrl(media, { thumbnail: true })} alt=${caption} />` : html`<span class="link">${t("voice.choose_picture")}</span>`}
          <input type="file" accept="image/*" class="visually-hidden" onChange=${picture} data-test="picture" /></label>
        <${Field} label=${t("voice.caption")} value=${caption} onInput=${(now) => onChange({ ...row, caption: now })} maxlength="120" test="caption" />`
      : area("block-text", k === "paragraph" || k === "code" || k === "list" ? 4 : 2)}</div>`;
}

function Publish({ open, path, settings, save, onClose, onDone }) {
  const [when, setWhen] = useState("");
  const [broadcast, setBroadcast] = useState(true);
  const submit = async () => {
    await save();
    await app.put(`${path}/publication`, { broadcast, ...(when && { at: new Date(when).toISOString() }) });
    onDone();
  };
  return html`<${Act} open=${open} title=${t("voice.publish")} lead=${t("voice.publish_lead")} go=${t(when ? "voice.schedule" : "voice.publish")} onClose=${onClose} onSubmit=${submit} test="publish-sheet">
    <label class="voice-check"><input type="checkbox" checked=${broadcast} onChange=${() => setBroadcast(!broadcast)} data-test="broadcast" />${t("voice.broadcast", { n: settings.posts_left })}</label>
    <${Field} label=${t("voice.at")} type="datetime-local" value=${when} onInput=${setWhen} hint=${t("voice.at_hint")} test="at" /></${Act}>`;
}

function Published({ script, settings, path, again }) {
  const [asking, setAsking] = useState(false);
  const say = useToast();
  const take = () => app.remove(`${path}/publication`).then(again, (error) => say(sentence(error))).finally(() => setAsking(false));
  return html`<div class="voice-both"><div class="voice-desk"><${Panel} title=${t("voice.of_it")} test="published">
      <${Facts} rows=${[[t("voice.when"), whenOf(script.published_at)], [t("voice.posted"), t(script.posted ? "voice.posted_yes" : "voice.posted_no")],
        [t("voice.address"), html`<a class="link" href=${script.url} target="_blank" rel="noopener">${script.url}</a>`]]} />
      ${script.state === "published" && html`<${Button} small kind="quiet-danger" onPress=${() => setAsking(true)} test="take-back">${t("voice.take_back")}</${Button}>`}</${Panel}>
    <${Statistics} path=${path} /></div>
    <aside class="voice-look" aria-label=${t("voice.look")}><${Story} article=${shown(script, settings)} /></aside></div>
    <${Ask} open=${asking} title=${t("voice.take_back")} text=${t("voice.take_back_ask")} yes=${t("voice.take_back")} danger onYes=${take} onNo=${() => setAsking(false)} />`;
}

function Statistics({ path }) {
  const asked = useAsked(() => app.get(`${path}/statistics`), [path]);
  const counts = (one) => ["readers", "reads", "shares"].map((name) => `${t(`voice.${name}`)} ${one[name]}`).join(" · ");
  return html`<${Panel} title=${t("voice.statistics")} test="statistics"><${Asked} asked=${asked} lines=${2}>${({ readers, reads, shares, days }) => html`
    <${Facts} rows=${[[t("voice.readers"), readers], [t("voice.reads"), reads], [t("voice.shares"), shares]]} />
    ${days.length > 0 && html`<${Table} label=${t("voice.statistics")} rows=${days} keyOf=${({ day }) => day} test="days"
      columns=${[{ name: "day", look: "main", words: t("voice.day"), draw: ({ day }) => day }, { name: "counts", look: "sub", words: "", draw: counts }]} />`}`}</${Asked}></${Panel}>`;
}
