// Apps that may act for this one: letting them, no longer letting them, and what each of them did.
import { html, useState } from "../dom.js";
import { get, put, remove } from "../api.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { sentence } from "../say.js";
import { Ask, Button, Field, Icon, Loading, Mark, Trouble, useToast } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, useAsked, usePages } from "./ask.js";
import { Act, Empty, Facts, Head, Id, More, Panel, Status, Table, Turning, useKeys } from "./parts.js";
import { Link, address, go, onLink, place } from "./place.js";
import { modeNow } from "./workshop.js";

function agentsOf() {
  return `/v1/apps/${encodeURIComponent(place.value.query.get("app"))}/agents`;
}

async function both(path) {
  const [granted, revoked] = await Promise.all([get(path), get(`${path}?state=revoked`)]);
  return { granted: granted.items, revoked: revoked.items };
}

/** `{ending, ask, Sheet}`: asking before an app may no longer act. */
function useRevoking(path, done) {
  const [ending, setEnding] = useState(null);
  const say = useToast();
  const revoke = async () => {
    try {
      await remove(`${path}/${encodeURIComponent(ending.agent_app_id)}`);
      say(t("agents.revoked"));
    } catch (error) {
      say(sentence(error));
    }
    setEnding(null);
    done();
  };
  const sheet = html`<${Ask} open=${Boolean(ending)} title=${t("agents.revoke_title", { name: ending?.agent_name })}
    text=${t("agents.revoke_text")} yes=${t("agents.revoke")} danger onYes=${revoke} onNo=${() => setEnding(null)} />`;
  return [setEnding, sheet];
}

/** The screen /console/agents. */
export function Agents() {
  const path = agentsOf();
  const asked = useAsked(() => both(path), [path]);
  const [adding, setAdding] = useState(false);
  const [ask, sheet] = useRevoking(path, asked.again);
  useKeys({ r: asked.again, n: () => setAdding(true) });
  const add = html`<${Button} small onPress=${() => setAdding(true)} test="add">${t("agents.add")}</${Button}>`;
  return html`<${Head} title=${t("nav.agents")} lead=${t("agents.lead")}>${asked.found?.granted.length > 0 && add}</${Head}>
    <${Asked} asked=${asked} lines=${3}>${({ granted, revoked }) => html`
      ${granted.length ? html`<${AgentTable} items=${granted} onRevoke=${ask} test="agents" />`
        : html`<${Empty} icon="shield-check" title=${t("agents.empty")} text=${t("agents.empty_text")}>${add}</${Empty}>`}
      ${revoked.length > 0 && html`<details class="con-off"><summary>${t("agents.past", { n: revoked.length })}</summary>
        <${AgentTable} items=${revoked} test="past-agents" /></details>`}`}</${Asked}>
    <${Panel} title=${t("agents.yours")} test="your-id"><p class="con-dim">${t("agents.yours_text")}</p>
      <${Id} text=${place.value.query.get("app")} /></${Panel}>
    <${Let} open=${adding} path=${path} onClose=${() => setAdding(false)} onDone=${() => { setAdding(false); asked.again(); }} />
    ${sheet}`;
}

function AgentTable({ items, onRevoke, test }) {
  const hrefOf = ({ agent_app_id }) => address("agent", { id: agent_app_id });
  const columns = [
    { name: "name", look: "main", words: t("agents.app"), draw: (one) => html`<span class="con-person"><${Mark} name=${one.agent_name} size="s" />
      <a class="con-row-link" href=${hrefOf(one)} onClick=${onLink}><bdi>${one.agent_name}</bdi></a></span>` },
    { name: "id", look: "sub", words: t("agents.id"), draw: (one) => html`<code class="code">${one.agent_app_id}</code>` },
    { name: "since", look: "time", words: t("members.since"), draw: (one) => html`<time title=${exactlyOf(one.since)}>${whenOf(one.since)}</time>` },
    { name: "ways", look: "note con-right", words: "", draw: (one) => html`<span class="con-row-ways">
      <a class="link" href=${hrefOf(one)} onClick=${onLink} data-test="acts">${t("agents.acts")}</a>
      ${onRevoke && html`<button type="button" class="link con-danger" onClick=${() => onRevoke(one)} data-test="revoke">${t("agents.revoke")}</button>`}
    </span>` },
  ];
  return html`<${Table} label=${t("nav.agents")} columns=${columns} rows=${items} keyOf=${({ agent_app_id }) => agent_app_id} hrefOf=${hrefOf}
    test=${test} />`;
}

function Let({ open, path, onClose, onDone }) {
  const [id, setId] = useState("");
  const [wrong, setWrong] = useState("");
  const say = useToast();
  const submit = async () => {
    if (!id.trim()) {
      setWrong(t("agents.id_missing"));
      return;
    }
    const agent = await put(`${path}/${encodeURIComponent(id.trim())}`, undefined);
    setId("");
    say(t("agents.granted", { name: agent.agent_name }));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("agents.add")} lead=${t("agents.add_lead")} go=${t("agents.add_go")} onClose=${onClose}
      onSubmit=${submit} test="agent-sheet">
    <${Field} label=${t("agents.id")} value=${id} onInput=${(text) => { setId(text); setWrong(""); }} error=${wrong} maxlength="64"
      autocapitalize="none" spellcheck=${false} placeholder="app_…" hint=${t("agents.id_hint")} data-focus test="agent-id" />
  </${Act}>`;
}

/** The screen /console/agent?id=app_…: one of them, and what it did in this mode. */
export function AgentScreen() {
  const path = agentsOf();
  const id = place.value.query.get("id") ?? "";
  const asked = useAsked(async () => {
    const { granted, revoked } = await both(path);
    return { agent: [...granted, ...revoked].find(({ agent_app_id }) => agent_app_id === id) ?? null };
  }, [path, id]);
  const acts = usePages(`${path}/${encodeURIComponent(id)}/acts?limit=50`);
  const again = () => Promise.all([asked.again(), acts.again()]);
  const [ask, sheet] = useRevoking(path, again);
  useKeys({ Escape: () => go("agents"), r: again });
  const { agent } = asked.found ?? {};
  return html`<${Head} title=${html`<bdi>${agent?.agent_name ?? t("agents.one")}</bdi>`} back=${{ href: address("agents"), words: t("nav.agents") }}>
      <${Turning} busy=${asked.busy && asked.found} />
      ${agent?.state === "granted" && html`<${Button} kind="quiet-danger" small onPress=${() => ask(agent)} test="revoke">${t("agents.revoke")}</${Button}>`}
      <${Button} kind="plain" small onPress=${again} test="refresh"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>
    </${Head}>
    <${Asked} asked=${asked}>${() => (agent ? html`<section class="con-bill">
        <${Facts} rows=${[
          [t("payment.status"), html`<${Status} of=${agent.state === "granted" ? "active" : "ended"} words=${t(`agents.${agent.state}_state`)} />`],
          [t("members.since"), exactlyOf(agent.since)],
          [t("agents.id"), html`<${Id} text=${agent.agent_app_id} />`],
        ]} /></section>
      <h2 class="con-section">${t("agents.acts")}</h2><${ActList} pages=${acts} />`
      : html`<${Empty} icon="link-2-off" title=${t("agents.not_found")} test="no-agent" />`)}</${Asked}>
    ${sheet}`;
}

function ActList({ pages }) {
  if (!pages.items && pages.trouble) return html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />`;
  if (!pages.items) return html`<${Loading} lines=${4} onAgain=${pages.again} />`;
  if (!pages.items.length) return html`<${Empty} icon="inbox" title=${t("agents.no_acts")} text=${t(`agents.no_acts_${modeNow()}`)} />`;
  const columns = [
    { name: "what", look: "main", words: t("agents.what"), draw: (one) => (has(`fact.${one.kind}`) ? t(`fact.${one.kind}`) : one.kind) },
    { name: "about", look: "sub", words: t("payment.reference"), draw: (one) => html`<${Link} page="payment" query=${{ id: one.payment_id }}
      class="con-row-link"><bdi>${one.reference}</bdi></${Link}>` },
    { name: "amount", look: "end", words: t("payment.amount"), draw: (one) => money(one.amount, one.currency) },
    { name: "at", look: "time", words: t("balance.at"), draw: (one) => html`<time datetime=${one.at} title=${exactlyOf(one.at)}>${whenOf(one.at)}</time>` },
  ];
  return html`<${Table} label=${t("agents.acts")} columns=${columns} rows=${pages.items} busy=${pages.busy} keyOf=${({ id }) => id}
    test="acts" /><${More} pages=${pages} />`;
}
