// Keeping order as the operator does it: reports, appeals, words that are not let through, limits.
import { html, useLayoutEffect, useState } from "../dom.js";
import { get, post, put, remove } from "../api.js";
import { Asked, useAsked } from "../console/ask.js";
import { Act, Empty, Facts, Head, Panel, Segments, Select } from "../console/parts.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { teach } from "../teach.js";
import { momentOf } from "../time.js";
import { Button, Field, Pill, useToast } from "../ui.js";
import en from "../words/safety.en.js";
import zh from "../words/safety.zh-CN.js";

teach({ en, "zh-CN": zh });

const WITH_END = ["silence", "suspend"];
const FITS = {
  messages: ["dismiss", "warn", "recall", "silence", "suspend"],
  person: ["dismiss", "warn", "silence", "suspend"],
  group: ["dismiss", "warn", "dissolve", "silence", "suspend"],
  account: ["dismiss"],
};
const named = (names, prefix) => names.map((name) => [name, t(`${prefix}.${name}`)]);

function useTell(again) {
  const say = useToast();
  return (work) => () => work().then(again, (error) => say(sentence(error)));
}

/** The queue of reports, and appeals above it. */
export function Reports() {
  const [state, setState] = useState("");
  const asked = useAsked(() => get(`/v1/operator/reports?limit=50&state=${state}`), [state]);
  const appeals = useAsked(() => get("/v1/operator/appeals"), []);
  const [deciding, setDeciding] = useState(null);
  const again = () => Promise.all([asked.again(), appeals.again()]);
  return html`<${Head} title=${t("keep.reports")} lead=${t("keep.reports_lead")} />
    ${appeals.found?.items.length > 0 && html`<${Appeals} items=${appeals.found.items} again=${again} />`}
    <${Segments} label=${t("keep.reports")} value=${state} options=${[["", t("keep.waiting")], ["decided", t("keep.decided")]]} onChange=${setState} test="state" />
    <${Asked} asked=${asked}>${({ items }) => (items.length
      ? items.map((one) => html`<${Case} key=${one.id} one=${one} again=${again} onDecide=${() => setDeciding(one)} />`)
      : html`<${Empty} icon="shield-check" title=${t("keep.none")} text=${t("keep.none_text")} />`)}</${Asked}>
    <${Decide} one=${deciding} onClose=${() => setDeciding(null)} onDone=${() => { setDeciding(null); again(); }} />`;
}

function Case({ one, again, onDecide }) {
  const tell = useTell(again);
  const nameOf = (id) => one.names[id] || id;
  const tail = html`<${Pill} kind=${one.state === "decided" ? "good" : one.state === "taken" ? "calm" : "warn"} test="state">${one.decision
    ? t(`action.${one.decision.action}`) : one.taken_by ? t("keep.taken", { name: nameOf(one.taken_by) }) : t("keep.waiting")}</${Pill}>`;
  return html`<${Panel} title=${`${t(`what.${one.what}`)} · ${t(`reason.${one.reason}`)}`} tail=${tail} test="case">
    <${Facts} rows=${[
      [t("keep.about"), html`<bdi>${nameOf(one.person || one.about)}</bdi>`],
      [t("keep.by"), html`<bdi>${one.reporter ? nameOf(one.reporter) : t("keep.rule")}</bdi> · ${momentOf(Date.parse(one.created_at))}`],
      [t("keep.said"), one.words && html`<bdi>${one.words}</bdi>`],
      [t("keep.messages"), one.messages.length > 0 && html`<${Messages} one=${one} nameOf=${nameOf} />`],
      [t("keep.why"), one.decision && html`<bdi>${one.decision.reason}</bdi>`],
    ]} />
    ${one.state !== "decided" && html`<div class="operator-ways">
      <${Button} small onPress=${onDecide} test="decide">${t("keep.decide")}</${Button}>
      ${one.state === "open" && html`<${Button} kind="plain" small onPress=${tell(() => put(`/v1/operator/reports/${one.id}/keeper`))} test="take">${t("keep.take")}</${Button}>`}
    </div>`}
  </${Panel}>`;
}

function Messages({ one, nameOf }) {
  return html`<ul class="case-lines">${one.messages.filter(({ k }) => k !== "note").map((entry) => html`<li key=${entry.s} class=${one.numbers.includes(entry.s) ? "case-meant" : ""}>
    <b><bdi>${entry.f ? nameOf(entry.f) : ""}</bdi></b> <bdi>${wordsOf(entry)}</bdi></li>`)}</ul>`;
}

const wordsOf = ({ k, b }) => b.text || b.title || b.name || `[${k}]`;

function Decide({ one, onClose, onDone }) {
  const [said, setSaid] = useState(null);
  useLayoutEffect(() => { setSaid(one && { action: "dismiss", reason: "", days: "7" }); }, [one]);
  const put_ = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = async () => {
    const days = WITH_END.includes(said.action) ? Number(said.days) || 0 : 0;
    await post(`/v1/operator/reports/${one.id}/decision`, { action: said.action, reason: said.reason, days });
    onDone();
  };
  return html`<${Act} open=${Boolean(one)} title=${t("keep.decide")} go=${t("keep.decide")} onClose=${onClose} onSubmit=${submit} test="decide-sheet">${one && said && html`
    <${Select} label=${t("keep.deed")} value=${said.action} options=${named(FITS[one.what], "action")} onChange=${put_("action")} test="action" />
    ${WITH_END.includes(said.action) && html`<${Field} label=${t("keep.days")} value=${said.days} onInput=${put_("days")} inputmode="numeric" test="days" />`}
    <${Field} label=${t("keep.reason")} value=${said.reason} onInput=${put_("reason")} maxlength="500" test="reason" />`}
  </${Act}>`;
}

function Appeals({ items, again }) {
  const [answering, setAnswering] = useState(null);
  return html`<${Panel} title=${t("keep.appeals")} test="appeals">${items.map((one) => html`<div key=${one.decision.id}>
      <${Facts} rows=${[
        [t("keep.about"), html`<bdi>${one.name}</bdi>`],
        [t("keep.done"), `${t(`action.${one.decision.action}`)}: ${one.decision.reason}`],
        [t("keep.said"), html`<bdi>${one.decision.appeal_words}</bdi>`],
      ]} />
      <div class="operator-ways"><${Button} small onPress=${() => setAnswering(one)} test="answer">${t("keep.answer")}</${Button}></div></div>`)}
    <${Answer} one=${answering} onClose=${() => setAnswering(null)} onDone=${() => { setAnswering(null); again(); }} /></${Panel}>`;
}

function Answer({ one, onClose, onDone }) {
  const [answer, setAnswer] = useState("");
  const [lift, setLift] = useState("no");
  const submit = async () => {
    await put(`/v1/operator/appeals/${one.decision.id}`, { lift: lift === "yes", answer });
    onDone();
  };
  return html`<${Act} open=${Boolean(one)} title=${t("keep.answer")} go=${t("keep.answer")} onClose=${onClose} onSubmit=${submit} test="answer-sheet">
    <${Segments} label=${t("keep.answer")} value=${lift} options=${[["no", t("keep.uphold")], ["yes", t("keep.lift")]]} onChange=${setLift} test="lift" />
    <${Field} label=${t("keep.answer_words")} value=${answer} onInput=${setAnswer} maxlength="500" test="answer-words" /></${Act}>`;
}

/** Words and links that are not let through. */
export function Words() {
  const asked = useAsked(() => get("/v1/operator/words"), []);
  const [adding, setAdding] = useState(null);
  const tell = useTell(asked.again);
  const begin = () => setAdding({ pattern: "", sort: "word", deed: "refuse", edition: "all" });
  const put_ = (field) => (value) => setAdding({ ...adding, [field]: value });
  const add = async () => {
    await post("/v1/operator/words", adding);
    setAdding(null);
    asked.again();
  };
  return html`<${Head} title=${t("keep.words")} lead=${t("keep.words_lead")}><${Button} small onPress=${begin} test="add-word">${t("keep.add")}</${Button}></${Head}>
    <${Asked} asked=${asked}>${({ items }) => (items.length ? items.map((one) => html`<${Panel} key=${one.id} title=${html`<bdi>${one.pattern}</bdi>`}
        tail=${html`<${Pill}>${t(`sort.${one.sort}`)}</${Pill}>`} test="word-row">
        <${Facts} rows=${[[t("keep.deed"), t(`deed.${one.deed}`)], [t("operator.edition"), t(`edition.${one.edition}`)]]} />
        <div class="operator-ways"><${Button} kind="plain" small onPress=${tell(() => remove(`/v1/operator/words/${one.id}`))} test="drop">${t("keep.drop")}</${Button}></div>
      </${Panel}>`) : html`<${Empty} icon="shield-check" title=${t("keep.no_words")} text=${t("keep.no_words_text")} />`)}</${Asked}>
    <${Act} open=${Boolean(adding)} title=${t("keep.add")} go=${t("save")} onClose=${() => setAdding(null)} onSubmit=${add} test="word-sheet">${adding && html`
      <${Field} label=${t("keep.pattern")} value=${adding.pattern} onInput=${put_("pattern")} maxlength="200" test="pattern" />
      <${Select} label=${t("keep.sort")} value=${adding.sort} options=${named(["word", "link"], "sort")} onChange=${put_("sort")} test="sort" />
      <${Select} label=${t("keep.deed")} value=${adding.deed} options=${named(["refuse", "veil", "queue"], "deed")} onChange=${put_("deed")} test="deed" />
      <${Select} label=${t("operator.edition")} value=${adding.edition} options=${named(["all", "domestic", "overseas"], "edition")} onChange=${put_("edition")} test="edition" />`}
    </${Act}>`;
}

/** How fast people may do things. */
export function Paces() {
  const asked = useAsked(() => get("/v1/operator/limits"), []);
  const [editing, setEditing] = useState(null);
  const put_ = (field) => (value) => setEditing({ ...editing, [field]: value });
  const save = async () => {
    const { pace, age, per_minute, burst } = editing;
    await put("/v1/operator/limits", { pace, age, per_minute: Number(per_minute) || 0, burst: Number(burst) || 0 });
    setEditing(null);
    asked.again();
  };
  return html`<${Head} title=${t("keep.limits")} lead=${t("keep.limits_lead")} />
    <${Asked} asked=${asked}>${({ items }) => html`<${Panel} test="limits">
      <${Facts} rows=${items.map((one) => [`${t(`pace.${one.pace}`)} · ${t(`age.${one.age}`)}`, html`<span class="limit-now">${t("keep.pace_now", one)}
        <button type="button" class="link" onClick=${() => setEditing({ ...one, per_minute: String(one.per_minute), burst: String(one.burst) })}
          data-test="limit-${one.pace}-${one.age}">${t("entrance.edit")}</button></span>`])} /></${Panel}>`}</${Asked}>
    <${Act} open=${Boolean(editing)} title=${editing ? `${t(`pace.${editing.pace}`)} · ${t(`age.${editing.age}`)}` : ""} go=${t("save")}
        onClose=${() => setEditing(null)} onSubmit=${save} test="limit-sheet">${editing && html`
      <${Field} label=${t("keep.per_minute")} value=${editing.per_minute} onInput=${put_("per_minute")} inputmode="numeric" hint=${t("keep.as_shipped")} test="per-minute" />
      <${Field} label=${t("keep.burst")} value=${editing.burst} onInput=${put_("burst")} inputmode="numeric" test="burst" />`}</${Act}>`;
}
