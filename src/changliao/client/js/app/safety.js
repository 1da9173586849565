// Reporting, what was decided, taking one's data along, leaving.
import { html, signal, useEffect, useLayoutEffect, useState } from "../dom.js";
import { get, post, remove } from "../api.js";
import { AppealSheet } from "../appeal.js";
import { stop } from "../chat/live.js";
import { t } from "../i18n.js";
import { signByPasskey } from "../passkeys.js";
import { to } from "../router.js";
import { sentence } from "../say.js";
import { whyNoPasskeys } from "../secure.js";
import { me } from "../session.js";
import { momentOf } from "../time.js";
import { Button, Cell, Cells, Field, Icon, Note, Pill, Sheet, useBusy, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { Page } from "./parts.js";

const REASONS = ["spam", "fraud", "harassment", "hate", "sexual", "violence", "minors", "other"];
const LOOK_AGAIN_MS = 3000;
const MEGABYTE = 1_000_000;

const reporting = signal(null);

/** Ask why: `{what, conversation, numbers, person}` as POST /v1/reports takes it. */
export function report(thing) {
  reporting.value = thing;
}

/** Where reports are made; once in the app. */
export function ReportPlace() {
  const thing = reporting.value;
  const [reason, setReason] = useState("");
  const [words, setWords] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const toast = useToast();
  useLayoutEffect(() => {
    setReason("");
    setWords("");
    setWrong("");
  }, [thing]);
  const close = () => { reporting.value = null; };
  const send = (event) => {
    event.preventDefault();
    run(async () => {
      try {
        await post("/v1/reports", { ...thing, reason, words: words.trim() });
        close();
        toast(t("report.sent"));
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Sheet} open=${Boolean(thing)} title=${t("report.title")} onClose=${close} busy=${busy} test="report-sheet">
    <form class="sheet-form" onSubmit=${send}>
      <p class="cells-note">${t("report.lead")}</p>
      <${Cells}><div role="radiogroup" aria-label=${t("report.title")}>${REASONS.map((one) => html`<${Cell} key=${one} title=${t(`reason.${one}`)}
        checked=${one === reason} onPress=${() => setReason(one)} test="reason-${one}" />`)}</div></${Cells}>
      <${Field} label=${t("report.words")} value=${words} onInput=${setWords} error=${wrong} maxlength="500" test="report-words" />
      <${Button} type="submit" busy=${busy} disabled=${!reason} test="report-send">${t("report.go")}</${Button}>
    </form></${Sheet}>`;
}

/** The cells of all this in the list of what is mine. */
export function SafetyCells() {
  return html`<${Cells}><${Cell} icon="shield-check" title=${t("order.title")} href=${to("/me/order")} test="my-order" />
    <${Cell} icon="download" title=${t("data.title")} href=${to("/me/data")} test="my-data" /></${Cells}>`;
}

/** What I reported, and what was decided about me. */
export function Order() {
  const asked = useAsked(() => Promise.all([get("/v1/reports"), get("/v1/decisions")]), []);
  const [appealing, setAppealing] = useState(null);
  return html`<${Page} title=${t("order.title")} back="/me" test="order-page">
    <${Asked} asked=${asked}>${([mine, about]) => html`
      <${Cells} title=${t("order.about")}>${about.items.length
        ? about.items.map((one) => html`<${About} key=${one.id} one=${one} onAppeal=${() => setAppealing(one)} />`)
        : html`<p class="empty-line">${t("order.none_about")}</p>`}</${Cells}>
      <${Cells} title=${t("order.mine")}>${mine.items.length
        ? mine.items.map((one) => html`<${Cell} key=${one.id} title=${`${t(`what.${one.what}`)} · ${t(`reason.${one.reason}`)}`}
            note=${momentOf(Date.parse(one.created_at))} test="my-report"
            tail=${html`<${Pill} kind=${one.state === "decided" ? "good" : "calm"}>${stateOf(one)}</${Pill}>`} />`)
        : html`<p class="empty-line">${t("order.none")}</p>`}</${Cells}>`}</${Asked}>
    <${AppealSheet} open=${Boolean(appealing)} send=${(words) => post(`/v1/decisions/${appealing.id}/appeal`, { words })}
      onClose=${() => setAppealing(null)} onDone=${asked.again} /></${Page}>`;
}

const stateOf = ({ state, done }) => t(state !== "decided" ? "order.open" : done ? "order.done" : "order.dismissed");

function About({ one, onAppeal }) {
  const until = one.until && t("order.until", { until: momentOf(Date.parse(one.until)) });
  const said = one.appeal && t(`appeal.${one.appeal}`, { answer: one.answer });
  return html`<${Cell} title=${t(`action.${one.action}`)} note=${[one.reason, until, said].filter(Boolean).join(" · ")} test="about-me"
    tail=${!one.appeal && html`<button type="button" class="link" onClick=${onAppeal} data-test="appeal">${t("appeal")}</button>`} />`;
}

/** Taking all that is mine along, and leaving for good. */
export function MyData() {
  const [leaving, setLeaving] = useState(false);
  return html`<${Page} title=${t("data.title")} back="/me" test="data-page"><${Exports} />
    <${Cells} note=${t("data.stays")}><${Cell} icon="trash" title=${t("data.leave")} danger onPress=${() => setLeaving(true)} test="leave-for-good" /></${Cells}>
    <${Leave} open=${leaving} onClose=${() => setLeaving(false)} /></${Page}>`;
}

function Exports() {
  const asked = useAsked(() => get("/v1/exports"), []);
  const [busy, run] = useBusy();
  const toast = useToast();
  const waiting = asked.found?.items.some(({ state }) => state === "waiting");
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setTimeout(asked.again, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [asked.found]);
  const ask = () => run(() => post("/v1/exports").then(asked.again, (error) => toast(sentence(error))));
  return html`<${Cells} title=${t("data.export")} note=${t("data.export_text")}>
      <${Asked} asked=${asked} lines=${2}>${({ items }) => items.map((one) => html`<${Archive} key=${one.id} one=${one} />`)}</${Asked}>
      <${Cell} icon="download" title=${t("data.export_go")} onPress=${ask} disabled=${busy} test="ask-export" /></${Cells}>`;
}

function Archive({ one }) {
  const said = { waiting: () => t("data.packing"), over: () => t("data.over"),
    ready: () => t("data.ready", { size: `${Math.max(0.1, one.size / MEGABYTE).toFixed(1)} MB`, until: momentOf(Date.parse(one.expires_at)) }) };
  return html`<${Cell} title=${momentOf(Date.parse(one.created_at))} note=${said[one.state]()} test="archive-${one.state}"
    tail=${one.url && html`<a class="link" href=${one.url} download data-test="fetch">${t("data.fetch")}</a>`} />`;
}

function Leave({ open, onClose }) {
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const byPasskey = me.value.has_passkey && !whyNoPasskeys();
  const leave = (prove) => run(async () => {
    setWrong("");
    try {
      await remove("/v1/me", { body: await prove() });
      await stop({ burn: true });
      location.replace("/sign-in?next=/app");
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  const typed = (event) => {
    event.preventDefault();
    leave(() => ({ password }));
  };
  const signed = () => leave(async () => ({ passkey: await signByPasskey((await post("/v1/me/challenges")).public_key) }));
  return html`<${Sheet} open=${open} title=${t("data.leave")} onClose=${onClose} busy=${busy} test="leave-sheet">
    <form class="sheet-form" onSubmit=${typed}><${Note} kind="warn">${t("data.leave_text")}</${Note}>
      ${byPasskey && html`<${Button} kind="danger" onPress=${signed} busy=${busy} test="leave-passkey"><${Icon} name="key-round" />${t("data.leave_passkey")}</${Button}>`}
      <${Field} label=${t("data.password")} type="password" value=${password} onInput=${setPassword} error=${wrong}
        autocomplete="current-password" data-focus=${!byPasskey} test="leave-password" />
      <${Button} type="submit" kind=${byPasskey ? "quiet-danger" : "danger"} busy=${busy} disabled=${!password} test="leave-go">${t("data.leave_go")}</${Button}></form></${Sheet}>`;
}
