// The official accounts of an app: making one, and one with its settings, menu, replies, articles and talks.
import { html, useState } from "../../dom.js";
import { newKey } from "../../api.js";
import { upload } from "../../chat/upload.js";
import { Avatar } from "../../app/avatar.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Button, Field, Note, Pill, useBusy, useToast } from "../../ui.js";
import { Asked, app, useAsked } from "../ask.js";
import { Act, Empty, Facts, Head, Panel, Segments, useKeys } from "../parts.js";
import { filter, go, place } from "../place.js";
import { Articles } from "./articles.js";
import { MenuPanel } from "./menu.js";
import { Replies } from "./replies.js";
import { Talks } from "./talks.js";

const TABS = ["settings", "menu", "replies", "articles", "talks"];

/** The screen /console/accounts?account=&tab=. */
export function Accounts() {
  const asked = useAsked(() => app.get("/v1/accounts"), []);
  const [making, setMaking] = useState(false);
  useKeys({ r: asked.again, n: () => setMaking(true) });
  const add = html`<${Button} small onPress=${() => setMaking(true)} test="new-account">${t("voice.new")}</${Button}>`;
  const done = (made) => {
    setMaking(false);
    asked.again();
    go("accounts", { account: made.id });
  };
  return html`<${Head} title=${t("nav.accounts")} lead=${t("voice.lead")}>${asked.found?.items.length > 0 && add}</${Head}>
    <${Asked} asked=${asked}>${({ items }) => {
      const one = items.find(({ id }) => id === place.value.query.get("account")) ?? items[0];
      return one ? html`${items.length > 1 && html`<${Segments} label=${t("nav.accounts")} value=${one.id} test="which"
            options=${items.map(({ id, name }) => [id, html`<bdi>${name}</bdi>`])} onChange=${(account) => filter({ account })} />`}
          <${One} key=${one.id} account=${one} again=${asked.again} />`
        : html`<${Empty} icon="megaphone" title=${t("voice.empty")} text=${t("voice.empty_text")}>${add}</${Empty}>`;
    }}</${Asked}>
    <${New} open=${making} onClose=${() => setMaking(false)} onDone=${done} />`;
}

function New({ open, onClose, onDone }) {
  const [said, setSaid] = useState({ handle: "", name: "", intro: "" });
  const [key, setKey] = useState(newKey);
  const put = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = async () => {
    try {
      const { handle, name, intro } = said;
      onDone(await app.post("/v1/accounts", { handle: handle.trim().toLowerCase(), name: name.trim(), intro: intro.trim() }, { key }));
    } finally {
      setKey(newKey());
    }
  };
  return html`<${Act} open=${open} title=${t("voice.new")} lead=${t("voice.new_lead")} go=${t("voice.new_go")} onClose=${onClose} onSubmit=${submit} test="new-account-sheet">
    <${Field} label=${t("voice.name")} value=${said.name} onInput=${put("name")} maxlength="40" data-focus test="account-name" />
    <${Field} label=${t("voice.handle")} lead="@" value=${said.handle} onInput=${put("handle")} maxlength="20" hint=${t("voice.handle_hint")} autocapitalize="none" test="account-handle" />
    <${Field} label=${t("voice.intro")} value=${said.intro} onInput=${put("intro")} maxlength="120" test="account-intro" /></${Act}>`;
}

function One({ account, again }) {
  const asked = useAsked(() => app.get(`/v1/accounts/${account.id}/settings`), [account.id]);
  const tab = TABS.includes(place.value.query.get("tab")) ? place.value.query.get("tab") : TABS[0];
  const changed = () => {
    asked.again();
    again();
  };
  return html`<${Segments} label=${t("voice.parts")} value=${tab} test="tab" options=${TABS.map((one) => [one, t(`voice.${one}`)])}
      onChange=${(next) => filter({ account: account.id, tab: next })} />
    <${Asked} asked=${asked}>${(settings) => html`
      ${settings.state === "suspended" && html`<${Note} kind="bad" test="suspended">${t("voice.suspended", { why: settings.suspended_for })}</${Note}>`}
      ${tab === "settings" ? html`<${Settings} key=${settings.changed_at} settings=${settings} onDone=${changed} />`
        : tab === "menu" ? html`<${MenuPanel} settings=${settings} onDone=${changed} />`
        : tab === "replies" ? html`<${Replies} settings=${settings} onDone=${changed} />`
        : tab === "articles" ? html`<${Articles} account=${settings} />` : html`<${Talks} account=${settings} />`}`}</${Asked}>`;
}

function Settings({ settings, onDone }) {
  const { id, handle, followers, posts_left, state, own, avatar } = settings;
  const [name, setName] = useState(settings.name);
  const [intro, setIntro] = useState(settings.intro);
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const say = useToast();
  const change = (what) => run(async () => {
    setWrong("");
    try {
      await app.patch(`/v1/accounts/${id}/settings`, what);
      say(t("voice.saved"));
      onDone();
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  const picture = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (file) await upload("avatar", file).then((media) => change({ avatar: media }), (error) => setWrong(sentence(error)));
  };
  return html`<${Panel} title=${t("voice.settings")} tail=${html`<${Pill} kind=${state === "open" ? "good" : "warn"} test="account-state">${t(`voice.state_${state}`)}</${Pill}>`} test="account-settings">
    <${Facts} rows=${[[t("voice.handle"), `@${handle}`], [t("voice.followers"), followers], [t("voice.posts_left"), posts_left], [t("voice.own"), own ? t("voice.own_yes") : ""]]} />
    <form class="voice-form" onSubmit=${(event) => { event.preventDefault(); change({ name: name.trim(), intro: intro.trim() }); }}>
      <label class="voice-face"><${Avatar} name=${name} media=${avatar} size="l" /><span class="link">${t("voice.picture")}</span>
        <input type="file" accept="image/*" class="visually-hidden" onChange=${picture} data-test="account-picture" /></label>
      <${Field} label=${t("voice.name")} value=${name} onInput=${setName} maxlength="40" test="name" />
      <${Field} label=${t("voice.intro")} value=${intro} onInput=${setIntro} maxlength="120" test="intro" />
      ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
      <div class="con-row-ways"><${Button} small type="submit" busy=${busy} test="save">${t("save")}</${Button}>
        ${state !== "suspended" && html`<${Button} small kind="plain" onPress=${() => change({ open: state !== "open" })} test="turn">${t(state === "open" ? "voice.close" : "voice.open")}</${Button}>`}</div>
    </form></${Panel}>`;
}
