// Conversations of people with an account: who waits for an answer, what was said, answering by hand.
import { html, useEffect, useRef, useState } from "../../dom.js";
import { newKey } from "../../api.js";
import { measure, mediaUrl, upload } from "../../chat/upload.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Button, Icon, Loading, Note, Pill, Trouble, useBusy, useToast } from "../../ui.js";
import { whenOf } from "../../when.js";
import { Asked, app, useAsked, usePages } from "../ask.js";
import { Empty, Head, More, Panel, Segments, Table } from "../parts.js";
import { address, filter, place } from "../place.js";

const FRESH_MS = 5000;

/** `Talks({account})` */
export function Talks({ account }) {
  const waiting = place.value.query.get("waiting") === "1";
  const pages = usePages(`/v1/accounts/${account.id}/talks?limit=25${waiting ? "&waiting=true" : ""}`);
  const columns = [
    { name: "name", look: "main", words: t("voice.person"), draw: (one) => html`<bdi>${one.name || t("voice.nameless")}</bdi>` },
    { name: "heard", look: "time", words: t("voice.heard"), draw: (one) => (one.heard_at ? whenOf(one.heard_at) : "") },
    { name: "state", look: "end", words: "", draw: (one) => (one.taken_by ? html`<${Pill} kind="good">${t("voice.taken")}</${Pill}>`
      : one.waiting ? html`<${Pill} kind="warn" test="waits">${t("voice.waits")}</${Pill}>` : "") },
  ];
  return html`<${Segments} label=${t("voice.talks")} value=${waiting ? "1" : ""} test="waiting" options=${[["", t("voice.all")], ["1", t("voice.waits")]]}
      onChange=${(now) => filter({ account: account.id, tab: "talks", waiting: now })} />
    ${pages.trouble ? html`<${Trouble} error=${pages.trouble} onAgain=${pages.again} />` : !pages.items ? html`<${Loading} lines=${4} />`
      : pages.items.length ? html`<${Table} label=${t("voice.talks")} columns=${columns} rows=${pages.items} keyOf=${({ person }) => person}
          hrefOf=${({ person }) => address("talk", { account: account.id, person })} test="talks" /><${More} pages=${pages} />`
      : html`<${Empty} icon="inbox" title=${t("voice.no_talks")} test="no-talks" />`}`;
}

/** The screen /console/talk?account=&person=. */
export function TalkScreen() {
  const { query } = place.value;
  const [account, person] = [query.get("account"), query.get("person")];
  const path = `/v1/accounts/${encodeURIComponent(account)}/talks/${encodeURIComponent(person)}`;
  const asked = useAsked(() => Promise.all([
    app.get(`${path}/messages?limit=50`), app.get(`/v1/accounts/${encodeURIComponent(account)}/followers/${encodeURIComponent(person)}`),
    app.get(`/v1/accounts/${encodeURIComponent(account)}/talks?limit=100`),
  ]), [path]);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || asked.again(), FRESH_MS);
    return () => clearInterval(timer);
  }, [asked.again]);
  return html`<${Asked} asked=${asked}>${([page, who, all]) => {
    const talk = all.items.find((one) => one.person === person);
    return html`<${Head} title=${html`<bdi>${who.name || talk?.name || t("voice.nameless")}</bdi>`} back=${{ href: address("accounts", { account, tab: "talks" }), words: t("nav.accounts") }}>${talk && html`<${Taking} talk=${talk} path=${path} again=${asked.again} />`}</${Head}>
      <${Panel} test="talk"><${Said} entries=${page.items} person=${person} />
        <${Answer} account=${account} person=${person} talk=${talk} onSent=${asked.again} /></${Panel}>`;
  }}</${Asked}>`;
}

function Taking({ talk, path, again }) {
  const say = useToast();
  const turn = () => (talk.taken_by ? app.remove(`${path}/takeover`) : app.put(`${path}/takeover`, {})).then(again, (error) => say(sentence(error)));
  return html`<${Button} small kind=${talk.taken_by ? "plain" : "primary"} onPress=${turn} test=${talk.taken_by ? "hand-back" : "take-over"}>${t(talk.taken_by ? "voice.hand_back" : "voice.take_over")}</${Button}>`;
}

function Said({ entries, person }) {
  const end = useRef(null);
  useEffect(() => { end.current?.scrollIntoView({ block: "nearest" }); }, [entries.at(-1)?.s]);
  return html`<div role="log" aria-label=${t("voice.talks")}><ol class="voice-said">${entries.filter(({ k }) => k !== "note").map((entry) => html`<li key=${entry.s}
      class="voice-one ${entry.f === person ? "" : "voice-ours"}" data-test=${entry.f === person ? "theirs" : "ours"}>
      ${entry.k === "image" ? html`<img src=${mediaUrl(entry.b.media, { thumbnail: true })} alt=${t("voice.block_picture")} />`
        : html`<p dir="auto">${entry.k === "text" ? entry.b.text : entry.k === "recalled" ? t("voice.recalled") : t("voice.something")}</p>`}
      <time class="con-dim">${whenOf(entry.ts)}</time></li>`)}</ol></div><span ref=${end}></span>`;
}

function Answer({ account, person, talk, onSent }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const open = talk?.until && Date.parse(talk.until) > Date.now();
  const say = (k, made) => run(async () => {
    setWrong("");
    try {
      await app.post(`/v1/accounts/${encodeURIComponent(account)}/messages`, { person, k, b: await made() }, { key: newKey() });
      if (k === "text") setText("");
      onSent();
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  const send = (event) => {
    event.preventDefault();
    if (text.trim()) say("text", () => ({ text: text.trim() }));
  };
  const picture = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    const size = file && await measure(file);
    if (size) say("image", async () => ({ media: await upload("image", file), ...size }));
    else if (file) setWrong(t("voice.no_picture"));
  };
  if (!open) return html`<${Note} test="too-late">${t("voice.too_late")}</${Note}>`;
  return html`<form class="voice-form" onSubmit=${send}><textarea class="area" rows="3" dir="auto" value=${text} aria-label=${t("voice.answer")}
      onInput=${(event) => setText(event.currentTarget.value)} data-test="answer"></textarea>
    ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
    <div class="con-row-ways"><${Button} small type="submit" busy=${busy} disabled=${!text.trim()} test="send">${t("voice.send")}</${Button}>
      <label class="voice-pick"><${Icon} name="image" /><span>${t("voice.send_picture")}</span>
        <input type="file" accept="image/*" class="visually-hidden" disabled=${busy} onChange=${picture} data-test="answer-picture" /></label><span class="con-dim">${t("voice.until", { when: whenOf(talk.until) })}</span></div></form>`;
}
