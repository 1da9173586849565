// An app's bots: those there are, a new one; one of them with its commands, its gate and where it sits.
import { html, useLayoutEffect, useState } from "../dom.js";
import { language, t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, Field, Mark, Pill, useToast } from "../ui.js";
import { exactlyOf } from "../when.js";
import { Asked, app, useAsked, usePages } from "./ask.js";
import { GateFacts, GateSecret, GateSheet } from "./gate.js";
import { Act, Checks, Empty, Facts, Head, Id, More, Panel, Table, useKeys } from "./parts.js";
import { Link, address, go, onLink, place } from "./place.js";

const LISTED = "listed";

/** The screen /console/bots. */
export function Bots() {
  const asked = useAsked(() => app.get("/v1/bots"), []);
  const [adding, setAdding] = useState(false);
  const say = useToast();
  useKeys({ r: asked.again, n: () => setAdding(true) });
  const add = html`<${Button} small onPress=${() => setAdding(true)} test="add">${t("bots.add")}</${Button}>`;
  const hrefOf = ({ id }) => address("bot", { id });
  const columns = [
    { name: "name", look: "main", words: t("bots.name"), draw: (one) => html`<span class="con-person"><${Mark} name=${one.name} size="s" />
      <a class="con-row-link" href=${hrefOf(one)} onClick=${onLink}><bdi>${one.name}</bdi></a></span>` },
    { name: "handle", look: "sub", words: t("bots.handle"), draw: (one) => html`<code class="code">@${one.handle}</code>` },
    { name: "commands", look: "note", words: t("bots.commands"), draw: (one) => t("bots.commands_n", { n: one.commands.length }) },
    { name: "listed", look: "end", words: "", draw: (one) => html`<${Pill} kind=${one.listed ? "good" : "calm"}>${t(one.listed ? "bots.listed_yes" : "bots.listed_no")}</${Pill}>` },
  ];
  const make = async (said) => {
    const made = await app.post("/v1/bots", said);
    say(t("bots.made", { name: made.name }));
    go("bot", { id: made.id });
  };
  return html`<${Head} title=${t("nav.bots")} lead=${t("bots.lead")}>${asked.found?.items.length > 0 && add}</${Head}>
    <${Asked} asked=${asked} lines=${3}>${({ items }) => (items.length
      ? html`<${Table} label=${t("nav.bots")} columns=${columns} rows=${items} keyOf=${({ id }) => id} hrefOf=${hrefOf} test="bots" />`
      : html`<${Empty} icon="terminal" title=${t("bots.empty")} text=${t("bots.empty_text")}>${add}</${Empty}>`)}</${Asked}>
    <${BotSheet} open=${adding} onClose=${() => setAdding(false)} onSay=${make} />`;
}

function BotSheet({ open, bot, onClose, onSay }) {
  const [said, setSaid] = useState({ handle: "", name: "", about: "", listed: false });
  useLayoutEffect(() => { if (open && bot) setSaid(bot); }, [open]);
  const put = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = () => {
    const { handle, name, about, listed } = said;
    return onSay({ ...(bot ? {} : { handle: handle.trim() }), name: name.trim(), about: about.trim(), listed });
  };
  return html`<${Act} open=${open} title=${t(bot ? "bots.change" : "bots.add")} lead=${bot ? "" : t("bots.add_lead")} go=${t(bot ? "save" : "bots.add")}
      onClose=${onClose} onSubmit=${submit} test="bot-sheet">
    ${!bot && html`<${Field} label=${t("bots.handle")} value=${said.handle} onInput=${put("handle")} maxlength="20" autocapitalize="none" spellcheck=${false}
      hint=${t("bots.handle_hint")} data-focus test="bot-handle" />`}
    <${Field} label=${t("bots.name")} value=${said.name} onInput=${put("name")} maxlength="40" test="bot-name" />
    <${Field} label=${t("bots.about")} value=${said.about} onInput=${put("about")} maxlength="500" test="bot-about" />
    <${Checks} label="" all=${[[LISTED, t("bots.listed")]]} chosen=${said.listed ? [LISTED] : []} onChange=${(all) => put("listed")(all.includes(LISTED))} test="bot-listed" />
  </${Act}>`;
}

/** The screen /console/bot?id=bot_…. */
export function BotScreen() {
  const path = `/v1/bots/${encodeURIComponent(place.value.query.get("id") ?? "")}`;
  const asked = useAsked(() => app.get(path).catch((error) => {
    if (error.code === "bot_not_found") return { gone: true };
    throw error;
  }), [path]);
  const [sheet, setSheet] = useState(null); // change, commands, gate, ungate, end
  const [made, setMade] = useState(null);
  const say = useToast();
  const bot = asked.found?.gone ? null : asked.found;
  const close = () => setSheet(null);
  useKeys({ Escape: () => go("bots"), r: asked.again });
  const done = async (work, words) => {
    await work;
    close();
    say(t(words));
    await asked.again();
  };
  const press = (work, words) => done(work, words).catch((error) => { close(); say(sentence(error)); });
  const setGate = async (said) => {
    const gate = await app.put(`${path}/gate`, said);
    close();
    setMade(gate);
  };
  const end = () => app.remove(path).then(() => { go("bots"); say(t("bots.ended")); }, (error) => { close(); say(sentence(error)); });
  return html`<${Head} title=${html`<bdi>${bot?.name ?? t("bots.one")}</bdi>`} back=${{ href: address("bots"), words: t("nav.bots") }} />
    <${Asked} asked=${asked}>${(found) => (found.gone ? html`<${Empty} icon="link-2-off" title=${t("bots.not_found")} test="no-bot" />`
      : html`<${Itself} bot=${found} onSheet=${setSheet} /><${CommandsPanel} bot=${found} onSheet=${setSheet} />
        <${GatePanel} gate=${found.gate} onSheet=${setSheet} /><${Groups} path=${path} />`)}</${Asked}>
    ${bot && html`<${BotSheet} open=${sheet === "change"} bot=${bot} onClose=${close} onSay=${(said) => done(app.patch(path, said), "bots.changed")} />
      <${CommandsSheet} open=${sheet === "commands"} bot=${bot} onClose=${close} onSay=${(items) => done(app.put(`${path}/commands`, { items }), "bots.changed")} />
      <${GateSheet} open=${sheet === "gate"} gate=${bot.gate} onClose=${close} onSet=${setGate} />
      <${Ask} open=${sheet === "ungate"} title=${t("gate.end_title")} text=${t("gate.end_text")} yes=${t("gate.end")} danger
        onYes=${() => press(app.remove(`${path}/gate`), "gate.ended")} onNo=${close} />
      <${Ask} open=${sheet === "end"} title=${t("bots.end_title", { name: bot.name })} text=${t("bots.end_text")} yes=${t("bots.end")} danger
        onYes=${end} onNo=${close} />`}
    <${GateSecret} gate=${made} onClose=${() => { setMade(null); asked.again(); }} />`;
}

function Itself({ bot, onSheet }) {
  return html`<section class="con-bill">
    <${Facts} rows=${[
      [t("bots.handle"), html`<code class="code">@${bot.handle}</code>`],
      [t("bots.about"), bot.about && html`<bdi>${bot.about}</bdi>`],
      [t("bots.groups"), t(bot.listed ? "bots.listed_yes" : "bots.listed_no")],
      [t("payment.created"), exactlyOf(bot.created_at)],
      ["ID", html`<${Id} text=${bot.id} />`],
    ]} />
    <div class="con-ways"><${Button} kind="plain" small onPress=${() => onSheet("change")} test="change">${t("bots.change")}</${Button}>
      <${Button} kind="quiet-danger" small onPress=${() => onSheet("end")} test="end">${t("bots.end")}</${Button}></div></section>
    <${Panel} title=${t("bots.speaks")}><p class="con-dim">${t("bots.speaks_text")}</p>
      <p class="con-row-ways"><${Link} page="keys" class="link">${t("bots.to_keys")}</${Link}> · <${Link} page="webhooks" class="link">${t("bots.to_webhooks")}</${Link}></p></${Panel}>`;
}

function CommandsPanel({ bot, onSheet }) {
  const tail = html`<${Button} kind="plain" small onPress=${() => onSheet("commands")} test="edit-commands">${t("bots.change")}</${Button}>`;
  const words = ({ zh, en }) => (language.value === "en" ? en : zh);
  return html`<${Panel} title=${t("bots.commands")} tail=${tail} test="commands">${bot.commands.length
    ? html`<${Facts} rows=${bot.commands.map((one) => [html`<code class="code">/${one.name}</code>`, html`<bdi>${words(one)}</bdi>`])} />`
    : html`<p class="con-dim">${t("bots.no_commands")}</p>`}</${Panel}>`;
}

function CommandsSheet({ open, bot, onClose, onSay }) {
  const [items, setItems] = useState([]);
  const one_more = () => setItems((before) => [...before, { name: "", zh: "", en: "" }]);
  useLayoutEffect(() => { if (open) setItems(bot.commands.length ? bot.commands : [{ name: "", zh: "", en: "" }]); }, [open]);
  const put = (at, field) => (value) => setItems(items.map((one, place) => (place === at ? { ...one, [field]: value } : one)));
  const drop = (at) => setItems(items.filter((_, place) => place !== at));
  const filled = () => items.filter(({ name, zh, en }) => name || zh || en)
    .map(({ name, zh, en }) => ({ name: name.trim().replace(/^\//, ""), zh: zh.trim(), en: en.trim() }));
  return html`<${Act} open=${open} title=${t("bots.commands")} lead=${t("bots.commands_lead")} go=${t("save")} onClose=${onClose}
      onSubmit=${() => onSay(filled())} test="commands-sheet">
    ${items.map((one, at) => html`<fieldset key=${at} class="con-checks"><legend class="field-label">${t("bots.command_name", { n: at + 1 })}</legend>
      <${Field} label="/" value=${one.name} onInput=${put(at, "name")} maxlength="33" autocapitalize="none" spellcheck=${false} test="command-name" />
      <${Field} label=${t("bots.command_zh")} value=${one.zh} onInput=${put(at, "zh")} maxlength="100" test="command-zh" />
      <${Field} label=${t("bots.command_en")} value=${one.en} onInput=${put(at, "en")} maxlength="100" test="command-en" />
      <button type="button" class="link con-danger" onClick=${() => drop(at)} data-test="command-drop">${t("bots.command_drop", { name: `/${one.name}` })}</button></fieldset>`)}
    <${Button} kind="plain" small onPress=${one_more} test="command-add">${t("bots.command_add")}</${Button}>
  </${Act}>`;
}

function GatePanel({ gate, onSheet }) {
  return html`<${Panel} title=${t("gate.title")} test="gate">${gate ? html`<${GateFacts} gate=${gate} />` : html`<p class="con-dim">${t("gate.none")}</p>`}
    <div class="con-ways"><${Button} kind="plain" small onPress=${() => onSheet("gate")} test="set-gate">${t(gate ? "gate.change" : "gate.set")}</${Button}>
      ${gate && html`<${Button} kind="quiet-danger" small onPress=${() => onSheet("ungate")} test="end-gate">${t("gate.end")}</${Button}>`}</div></${Panel}>`;
}

function Groups({ path }) {
  const pages = usePages(`${path}/conversations?limit=50`);
  const columns = [
    { name: "title", look: "main", words: t("bots.group"), draw: (one) => html`<bdi>${one.title}</bdi>` },
    { name: "size", look: "sub", words: "", draw: (one) => t("bots.size", { n: one.size }) },
    { name: "hears", look: "end", words: t("bots.hears"), draw: (one) => t(`bots.hears_${one.hears}`) },
    { name: "gated", look: "note", words: "", draw: (one) => one.gated && t("bots.gated") },
  ];
  return html`<h2 class="con-section">${t("bots.groups")}</h2>${pages.items?.length
    ? html`<${Table} label=${t("bots.groups")} columns=${columns} rows=${pages.items} keyOf=${({ c }) => c} test="groups" /><${More} pages=${pages} />`
    : pages.items && html`<${Empty} icon="users" title=${t("bots.no_groups")} text=${t("bots.no_groups_text")} />`}`;
}
