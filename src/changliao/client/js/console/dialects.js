// Other payment companies' APIs, spoken to this app: choosing one, its files and lines, checking oneself.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, Field, Icon, Note, Pill, Sheet, useBusy, useToast } from "../ui.js";
import { exactlyOf, whenOf } from "../when.js";
import { Asked, app, useAsked } from "./ask.js";
import { Act, Copy, Empty, Facts, Head, Id, Panel, Segments, Select, Status, Table, useKeys } from "./parts.js";

/** The screen /console/dialects. */
export function Dialects() {
  const asked = useAsked(() => app.get("/v1/dialects"), []);
  const [sheet, setSheet] = useState(null); // {name: open | key | close, account}
  const [made, setMade] = useState(null);
  const say = useToast();
  const free = (found) => found.spoken.filter((name) => !found.items.some(({ dialect }) => dialect === name));
  useKeys({ r: asked.again, n: () => asked.found && free(asked.found).length && setSheet({ name: "open" }) });
  const done = (account) => {
    setSheet(null);
    if (account?.files.length) setMade(account);
    asked.again();
  };
  const end = async () => {
    try {
      await app.remove(`/v1/dialects/${encodeURIComponent(sheet.account.id)}`);
      say(t("dialects.ended"));
    } catch (error) {
      say(sentence(error));
    }
    done();
  };
  const open = html`<${Button} small onPress=${() => setSheet({ name: "open" })} test="open-dialect">${t("dialects.open")}</${Button}>`;
  return html`<${Head} title=${t("nav.dialects")} lead=${t("dialects.lead")}>
      ${asked.found?.items.length > 0 && free(asked.found).length > 0 && open}</${Head}>
    <${Asked} asked=${asked}>${(found) => {
      if (!found.spoken.length) return html`<${Empty} icon="link-2-off" title=${t("dialects.none")} text=${t("dialects.none_text")} />`;
      return html`${found.items.length
          ? found.items.map((account) => html`<${Account} key=${account.id} account=${account} onSheet=${setSheet} />`)
          : html`<${Empty} icon="link" title=${t("dialects.empty")} text=${t("dialects.empty_text")}>${open}</${Empty}>`}
        <${Open} open=${sheet?.name === "open"} names=${free(found)} keyed=${found.keyed} registers=${found.registers} onClose=${() => setSheet(null)} onDone=${done} />`;
    }}</${Asked}>
    <${NewKey} of=${sheet?.name === "key" ? sheet.account : null} onClose=${() => setSheet(null)} onDone=${done} />
    <${Ask} open=${sheet?.name === "close"} title=${t("dialects.end_title")} text=${t("dialects.end_text")} yes=${t("dialects.end")} danger
      onYes=${end} onNo=${() => setSheet(null)} />
    <${Files} account=${made} onClose=${() => setMade(null)} />`;
}

function Account({ account, onSheet }) {
  return html`<div class="con-dialect" data-test="dialect-${account.dialect}">
    <${Panel} title=${html`<code class="code">${account.dialect}</code> <bdi>${account.number}</bdi>`} test="account" tail=${html`<span class="con-row-ways">
        ${account.keyed && html`<button type="button" class="link" onClick=${() => onSheet({ name: "key", account })} data-test="new-key">${t("dialects.key")}</button>`}
        <button type="button" class="link con-danger" onClick=${() => onSheet({ name: "close", account })} data-test="end">${t("dialects.end")}</button></span>`}>
      <p class="con-dim">${t(account.keyed ? "dialects.values_text" : "dialects.values_only")} ${hintOf(account)}</p>
      <${Facts} rows=${Object.entries(account.values).map(([name, value]) => [html`<code class="code">${name}</code>`, html`<${Id} text=${value} />`])} />
    </${Panel}>
    ${account.settings.length > 0 && html`<${SettingsPanel} account=${account} />`}
    <${LinesPanel} lines=${account.lines} />
    <${CheckPanel} account=${account} />
    <${NoticePanel} account=${account} />
  </div>`;
}

function hintOf({ values }) {
  return Object.keys(values).map((name) => (has(`value.${name}_hint`) ? t(`value.${name}_hint`) : "")).join(" ").trim();
}

/** What the shop chooses where the API leaves a choice: one of a few, or addresses, one a line. */
function SettingsPanel({ account }) {
  const [chosen, setChosen] = useState(() => Object.fromEntries(account.settings.map((one) => [one.name, one.value])));
  const [trouble, setTrouble] = useState("");
  const [busy, run] = useBusy();
  const say = useToast();
  const change = (name) => (value) => setChosen({ ...chosen, [name]: value });
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      setTrouble("");
      try {
        const { settings } = await app.put(`/v1/dialects/${encodeURIComponent(account.id)}/settings`, { settings: chosen });
        setChosen(Object.fromEntries(settings.map((one) => [one.name, one.value])));
        say(t("dialects.saved"));
      } catch (error) {
        setTrouble(sentence(error));
      }
    });
  };
  return html`<${Panel} title=${t("dialects.settings")} test="settings">
    <form class="con-settings" onSubmit=${submit}>
      ${account.settings.map((one) => (one.choices.length
        ? html`<${Select} key=${one.name} label=${nameOf(one)} value=${chosen[one.name]} onChange=${change(one.name)} test="setting-${one.name}"
            options=${one.choices.map((choice) => [choice, nameOf(one, choice)])} />`
        : html`<label class="field" key=${one.name}><span class="field-label">${nameOf(one)}</span>
            <textarea class="con-key-text" rows="3" spellcheck=${false} autocapitalize="none" autocomplete="off" value=${chosen[one.name]}
              data-test="setting-${one.name}" onInput=${(event) => change(one.name)(event.currentTarget.value)}></textarea>
            <span class="field-says">${has(`setting.${one.name}_hint`) ? t(`setting.${one.name}_hint`) : ""}</span></label>`))}
      ${trouble && html`<${Note} kind="bad" live>${trouble}</${Note}>`}
      <${Button} small type="submit" busy=${busy} test="save-settings">${t("save")}</${Button}>
    </form>
  </${Panel}>`;
}

function nameOf(setting, choice) {
  const key = choice ? `setting.${setting.name}.${choice}` : `setting.${setting.name}`;
  return has(key) ? t(key) : choice ?? setting.name;
}

/** What to change in a shop, for the SDK it uses. */
function LinesPanel({ lines }) {
  const [sdk, setSdk] = useState(lines[0]?.sdk);
  const chosen = lines.find((one) => one.sdk === sdk) ?? lines[0];
  if (!chosen) return null;
  return html`<${Panel} title=${t("dialects.lines")} tail=${html`<${Copy} text=${chosen.code} />`} test="lines">
    <p class="con-dim">${t("dialects.lines_text")}</p>
    <${Select} label=${t("dialects.sdk")} value=${chosen.sdk} onChange=${setSdk} test="sdk" options=${lines.map((one) => [one.sdk, one.sdk])} />
    <pre class="con-code" data-test="code"><code>${chosen.code}</code></pre>
  </${Panel}>`;
}

/** The self-check: pressed by hand, because it calls the shop. */
function CheckPanel({ account }) {
  const [busy, run] = useBusy();
  const [found, setFound] = useState(null);
  const [trouble, setTrouble] = useState("");
  const check = () => run(async () => {
    setTrouble("");
    try {
      setFound(await app.post(`/v1/dialects/${encodeURIComponent(account.id)}/checks`));
    } catch (error) {
      setTrouble(sentence(error));
    }
  });
  return html`<${Panel} title=${t("dialects.checks")} test="checks"
      tail=${html`<${Button} kind="plain" small busy=${busy} onPress=${check} test="check">${t(found ? "dialects.check_again" : "dialects.check")}</${Button}>`}>
    <p class="con-dim">${t("dialects.checks_text")}</p>
    ${trouble && html`<${Note} kind="bad" live>${trouble}</${Note}>`}
    ${found && html`<ul class="con-checked" aria-live="polite">${found.items.map((one, number) => html`<li key=${number} data-test="check-${one.name}">
      <${Pill} kind=${one.well ? "good" : "bad"}>${t(one.well ? "dialects.well" : "dialects.not_well")}</${Pill}>
      <div><strong>${has(`check.${one.name}`) ? t(`check.${one.name}`) : one.name}</strong><p>${says(one)}</p>
        ${one.figures.signed && html`<pre class="con-code"><code>${one.figures.signed}</code></pre>`}</div></li>`)}</ul>`}
  </${Panel}>`;
}

function says(one) {
  return one.code && has(`check_says.${one.code}`) ? t(`check_says.${one.code}`, one.figures) : one.says;
}

/** The newest notifications and what the shop answered. */
function NoticePanel({ account }) {
  const asked = useAsked(() => app.get(`/v1/dialects/${encodeURIComponent(account.id)}/notices`), [account.id]);
  const columns = [
    { name: "kind", look: "main", words: t("dialects.kind"), draw: (one) => html`<code class="code">${one.kind}</code> <bdi class="con-dim">${one.subject}</bdi>` },
    { name: "url", look: "sub", words: t("webhooks.url"), draw: (one) => html`<bdi class="con-url">${one.url}</bdi>` },
    { name: "at", look: "time", words: t("balance.at"), draw: (one) => html`<time datetime=${one.created_at} title=${exactlyOf(one.created_at)}>${whenOf(one.created_at)}</time>` },
    { name: "state", look: "end", words: t("payment.status"), draw: (one) => html`<${Status} of=${one.state} words=${t(`webhooks.${one.state}`)} />` },
    { name: "answer", look: "note", words: t("webhooks.last"), draw: (one) => one.tries > 0 && html`<span class="con-dim">${one.status || one.trouble} ${one.excerpt.slice(0, 40)}</span>` },
  ];
  return html`<${Panel} title=${t("webhooks.deliveries")} test="notices"
      tail=${html`<${Button} kind="plain" small onPress=${asked.again} test="notices-again"><${Icon} name="refresh-cw" />${t("refresh")}</${Button}>`}>
    <${Asked} asked=${asked} lines=${2}>${({ items }) => (items.length
      ? html`<${Table} label=${t("webhooks.deliveries")} columns=${columns} rows=${items} keyOf=${({ id }) => id} test="notice-table" />`
      : html`<p class="con-dim">${t("dialects.no_notices")}</p>`)}</${Asked}>
  </${Panel}>`;
}

/** Whose key pair the shop signs with: one that is made for it (null), or its own, whose public half is asked for. */
function KeyChoice({ value, onChange }) {
  const whose = value === null ? "ours" : "own";
  return html`<div><p class="field-label">${t("dialects.whose")}</p>
      <${Segments} label=${t("dialects.whose")} value=${whose} onChange=${(one) => onChange(one === "own" ? "" : null)}
        test="whose" options=${[["ours", t("dialects.ours")], ["own", t("dialects.own")]]} />
      <p class="field-says">${t(`dialects.${whose}_hint`)}</p></div>
    ${whose === "own" && html`<label class="field"><span class="field-label">${t("dialects.own_key")}</span>
    <textarea class="con-key-text" rows="6" spellcheck=${false} autocapitalize="none" autocomplete="off" value=${value} data-test="own-key"
      onInput=${(event) => onChange(event.currentTarget.value)}></textarea>
    <span class="field-says">${t("dialects.own_key_hint")}</span></label>`}`;
}

function Open({ open, names, keyed, registers, onClose, onDone }) {
  const [name, setName] = useState("");
  const [key, setKey] = useState(null);
  const [url, setUrl] = useState("");
  const dialect = names.includes(name) ? name : names[0];
  const signs = keyed.includes(dialect);
  const submit = async () => {
    const notify_url = registers.includes(dialect) ? url.trim() : "";
    const account = await app.post("/v1/dialects", { dialect, public_key: (signs && key?.trim()) || "", notify_url });
    setKey(null);
    setUrl("");
    onDone(account);
  };
  return html`<${Act} open=${open} title=${t("dialects.open")} lead=${t("dialects.open_lead")} go=${t("dialects.open_go")} onClose=${onClose}
      onSubmit=${submit} test="open-sheet">
    <${Select} label=${t("dialects.which")} value=${dialect} onChange=${setName} options=${names.map((one) => [one, one])} test="which" />
    ${signs && html`<${KeyChoice} value=${key} onChange=${setKey} />`}
    ${registers.includes(dialect) && html`<${Field} label=${t("dialects.notify_url")} value=${url} onInput=${setUrl} type="url" inputmode="url"
      hint=${t("dialects.notify_url_hint")} test="notify-url" />`}
  </${Act}>`;
}

function NewKey({ of, onClose, onDone }) {
  const [key, setKey] = useState(null);
  const submit = async () => {
    const body = key === null ? {} : { public_key: key.trim() };
    const account = await app.put(`/v1/dialects/${encodeURIComponent(of.id)}/public_key`, body);
    setKey(null);
    onDone(account);
  };
  return html`<${Act} open=${Boolean(of)} title=${t("dialects.key")} lead=${t("dialects.key_lead")} go=${t("save")} onClose=${onClose}
      onSubmit=${submit} test="key-sheet"><${KeyChoice} value=${key} onChange=${setKey} /></${Act}>`;
}

/** Keys and certificates, shown this once; each is saved as a file. */
function Files({ account, onClose }) {
  return html`<${Sheet} open=${Boolean(account)} title=${t("dialects.files")} test="files">
    <div class="sheet-form">
      <p class="sheet-lead con-sheet-lead">${t("dialects.files_text")}</p>
      <ul class="con-files">${account?.files.map((file) => html`<li key=${file.name} data-test="file">
        <code class="code">${file.name}</code><${Button} kind="plain" small onPress=${() => save(file)} test="save">${t("dialects.save")}</${Button}></li>`)}</ul>
      <${Button} onPress=${onClose} test="files-kept" data-focus>${t("secret.kept")}</${Button}>
    </div>
  </${Sheet}>`;
}

function save(file) {
  const content = file.binary ? Uint8Array.from(atob(file.content), (sign) => sign.charCodeAt(0)) : file.content;
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
