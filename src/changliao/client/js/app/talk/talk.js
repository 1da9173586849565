// One conversation: its head, its lines, and what one writes with.
import { html, useEffect, useMemo, useRef, useSignal, useState } from "../../dom.js";
import {
  bring, discard, known, link, markRead, open, resend, rowOf, say, touch,
} from "../../chat/live.js";
import { lines as linesOf } from "../../chat/items.js";
import { rangeOf, shown, tailOf } from "../../chat/log.js";
import { learnMembers, membersOf } from "../../chat/members.js";
import { nameOf } from "../../chat/people.js";
import { able, around, earlier, later, typists, unread } from "../../chat/state.js";
import { language, t } from "../../i18n.js";
import { to } from "../../router.js";
import { me } from "../../session.js";
import { momentOf, nowMs } from "../../time.js";
import { Icon, Loading, State, useToast } from "../../ui.js";
import { fetched } from "../fetched.js";
import { Composer } from "./composer.js";
import { ContactSheet, ForwardSheet, ForwardedSheet } from "./forward.js";
import { Line } from "./row.js";
import { messageMenu } from "./message_menu.js";
import { Viewer } from "./viewer.js";
import { Virtual } from "./virtual.js";

const TYPED_MS = 5200;
const REACHED_MS = 1600;

/** `Talk({c, at})`: `at` is the number of a message to jump to. */
export function Talk({ c, at = 0 }) {
  const row = rowOf(c);
  useEffect(() => {
    open(c);
    return () => open("");
  }, [c]);
  const state = known();
  if (!row && state.ready) {
    return html`<${State} icon="link-2-off" title=${t("talk.gone")} test="talk-gone">
      <a class="weui-btn btn btn-plain" href=${to("/chats")}>${t("tab.chats")}</a></${State}>`;
  }
  if (!row) return html`<${Loading} />`;
  return html`<${Opened} key=${c} row=${row} at=${Number(at) || 0} />`;
}

function Opened({ row, at }) {
  const { c } = row;
  const news = touch(c);
  const state = known();
  const log = state.logs.get(c);
  const first = useRef({ after: unread(row) ? row.rs : 0, count: unread(row), mention: row.mention }).current;
  const [anchor, setAnchor] = useState(0);
  const sight = useSignal(0); // The number at the top of what is seen: it changes with every turn of the wheel.
  const stuck = useSignal(true);
  const [reply, setReply] = useState(null);
  const [picked, setPicked] = useState(null);
  const [reached, setReached] = useState(0);
  const [viewed, setViewed] = useState(null);
  const [forwarding, setForwarding] = useState(null);
  const [forwarded, setForwarded] = useState(null);
  const [contacts, setContacts] = useState(false);
  const [back, setBack] = useState(null);
  const list = useRef(null);
  const writer = useRef({});
  const before = useRef(new Map());
  const toast = useToast();

  const range = anchor ? rangeOf(log, anchor) : tailOf(log);
  const lines = useSame(useMemo(() => {
    const made = linesOf(state, c, range, { unreadAfter: first.after, before: before.current });
    before.current = made.bySource;
    return made.lines;
  }, [news, range?.from, range?.to]));
  const atHead = !range || range.to >= (row.left || row.s);
  const empty = !lines.length;
  useEffect(() => { if (row.k === "group") learnMembers(c, row.size); }, [c, row.size]);

  const lineOf = (s) => lines.find((line) => line.s === s) ?? lines.find((line) => line.s > s);
  const jump = (s, withBack = false) => {
    if (withBack) setBack(sight.peek() || row.s);
    setAnchor(s);
    bring(around(state, c, s));
    setReached(s);
  };
  useEffect(() => {
    if (!reached || !range) return undefined;
    const line = lineOf(reached);
    if (line) list.current?.show(line.key);
    const timer = setTimeout(() => setReached(0), REACHED_MS);
    return () => clearTimeout(timer);
  }, [reached, Boolean(range)]);
  useEffect(() => { if (at) jump(at); }, [at]);

  const toEnd = () => {
    setAnchor(0);
    setBack(null);
    list.current?.toEnd();
  };
  const act = {
    jump,
    view: setViewed,
    openForward: setForwarded,
    react: (entry, emoji, on) => say(c, "react", { emoji, on }, { r: entry.s }),
    reply: (entry) => {
      setReply(entry);
      writer.current.focus?.();
    },
    edit: (entry) => {
      setReply({ ...entry, editing: true });
      writer.current.write(entry.b.text);
    },
    recall: (entry) => say(c, "recall", {}, { r: entry.s }),
    writeAgain: (entry) => writer.current.write(entry.b.text),
    forward: (entry) => setForwarding([entry.s]),
    select: (entry) => setPicked(new Set([entry.s])),
    pick: (s) => setPicked((now) => {
      const next = new Set(now);
      if (!next.delete(s)) next.add(s);
      return next;
    }),
    menu: (line, place) => messageMenu({ line, place, row, act, toast }),
    failed: (line) => messageMenu({ line, place: { x: innerWidth / 2, y: innerHeight / 2 }, row, act, toast }),
    resend: (line) => resend(line.entry.id),
    discard: (line) => discard(line.entry.id),
  };
  const acts = useRef(act);
  acts.current = act;
  const talk = useMemo(() => ({
    me: me.value.id, group: row.k === "group", peer: ofAccount(row) ? row.peer : null, picked, reached, entryOf: (s) => shown(known().logs.get(c), s),
    act: new Proxy({}, { get: (_, name) => (...said) => acts.current[name](...said) }),
  }), [picked, reached, language.value, row.k, row.peer?.name, row.peer?.avatar]);
  const draw = useDraw(talk);

  return html`<section class="talk" data-test="talk" ...${useDrop(writer)}>
    <${Head} row=${row} /><${Reading} row=${row} stuck=${stuck} atHead=${atHead} />
    <div class="talk-body">
      ${empty && row.s > row.from && !range ? html`<${Loading} onAgain=${() => open(c)} />`
        : html`<${Virtual} lines=${lines} draw=${draw} handle=${list} label=${t("talk.lines", { title: row.title })} data-test="lines"
            onEdge=${(end) => range && bring(end === "old" ? earlier(state, c, range) : later(state, c, range))}
            onMove=${(now) => {
              stuck.value = now.stuck;
              sight.value = now.first?.s ?? 0;
            }} />`}
      ${empty && row.s <= row.from && html`<p class="talk-empty">${t("talk.empty")}</p>`}
      <${Pills} row=${row} first=${first} sight=${sight} stuck=${stuck} atHead=${atHead} back=${back} jump=${jump} toEnd=${toEnd}
        goBack=${() => { const s = back; setBack(null); if (s >= row.s) toEnd(); else jump(s); }} />
    </div>
    ${picked ? html`<${PickBar} picked=${picked} onForward=${() => setForwarding([...picked].sort((a, b) => a - b))}
        onCancel=${() => setPicked(null)} />`
      : html`<${Foot} row=${row}><${Composer} row=${row} members=${membersOf(c)} reply=${reply} onReply=${setReply} handle=${writer} onSent=${toEnd}
          onPickContact=${() => setContacts(true)} why=${whyNot(row)} /></${Foot}>`}
    <${Viewer} entry=${viewed} lines=${lines} onClose=${() => setViewed(null)} onMove=${setViewed} />
    <${ForwardSheet} open=${Boolean(forwarding)} from=${c} numbers=${forwarding ?? []}
      onClose=${(done) => { setForwarding(null); if (done) { setPicked(null); toast(t("forward.done")); } }} />
    <${ForwardedSheet} entry=${forwarded} onClose=${() => setForwarded(null)} />
    <${ContactSheet} open=${contacts} onClose=${() => setContacts(false)}
      onPick=${(person) => { setContacts(false); say(c, "contact", { person: person.id, handle: person.handle, name: person.name }); toEnd(); }} />
  </section>`;
}

/** The same array as before when nothing in it changed, so that the list need not look through it. */
function useSame(lines) {
  const kept = useRef(lines);
  const same = kept.current === lines || kept.current.length === lines.length && lines.every((line, place) => line === kept.current[place]);
  if (!same) kept.current = lines;
  return kept.current;
}

/** Draws a line once; Preact passes over what is the same object as before. */
function useDraw(talk) {
  const made = useRef(new WeakMap());
  const forTalk = useRef(talk);
  if (forTalk.current !== talk) {
    made.current = new WeakMap();
    forTalk.current = talk;
  }
  return (line) => {
    if (!made.current.has(line)) made.current.set(line, html`<${Line} key=${line.key} line=${line} talk=${talk} />`);
    return made.current.get(line);
  };
}

/** What is on screen to its end, in a window one looks at, has been read. */
function Reading({ row, stuck, atHead }) {
  const { c } = row;
  const atEnd = stuck.value && atHead;
  useEffect(() => {
    const look = () => {
      if (atEnd && !document.hidden && document.hasFocus()) markRead(c);
    };
    look();
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
    };
  }, [c, row.s, row.rs, atEnd, link.value]);
  return null;
}

function useDrop(writer) {
  const [over, setOver] = useState(false);
  const mine = (event) => event.dataTransfer?.types.includes("Files");
  return {
    "data-over": over || undefined,
    onDragOver: (event) => {
      if (!mine(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event) => event.currentTarget.contains(event.relatedTarget) || setOver(false),
    onDrop: (event) => {
      if (!mine(event)) return;
      event.preventDefault();
      setOver(false);
      writer.current.files?.([...event.dataTransfer.files]);
    },
  };
}

const ofAccount = ({ k }) => k === "account" || k === "service";
const Bar = fetched(() => import("../accounts/screens.js"), "Bar");

/** What one writes with, below the menu of an account where there is one. */
function Foot({ row, children }) {
  return ofAccount(row) && row.peer?.id.startsWith("acc_") && !row.left ? html`<${Bar} row=${row}>${children}</${Bar}>` : children;
}

/** Why one may not write here, or "". */
function whyNot(row) {
  if (row.left) return t("talk.left");
  if (row.k === "account") return t("talk.account_only");
  if (row.silent && row.role === "member") return t("talk.silent");
  if (row.until && Date.parse(row.until) > nowMs()) return t("talk.until", { until: momentOf(Date.parse(row.until)) });
  return "";
}

function Head({ row }) {
  return html`<header class="head talk-head">
    <a class="icon-button head-back" href=${to("/chats")} aria-label=${t("back")} data-test="back"><${Icon} name="chevron-left" /></a>
    <div class="head-names"><h1 class="head-title"><bdi>${row.title}</bdi>${row.k === "group" && html`<span class="head-count">(${row.size})</span>`}
      ${row.mute && html`<${Icon} name="bell-off" label=${t("muted")} class="head-sign" />`}</h1><${Under} row=${row} /></div>
    <div class="head-tail">
      <a class="icon-button" href=${to(`/search?in=${row.c}`)} aria-label=${t("search.in")} data-test="search-in"><${Icon} name="search" /></a>
      <a class="icon-button" href=${to(`/chats/${row.c}/info`)} aria-label=${t("info.title")} data-test="info"><${Icon} name="ellipsis" /></a>
    </div></header>`;
}

/** Who is writing, or else whether the other one is here; a line of its own under the name. */
function Under({ row }) {
  const { c, peer } = row;
  touch(`typing ${c}`);
  touch("here");
  const state = known();
  const who = able(state, "typing") && !row.left ? typists(state, c, nowMs()).filter((one) => one !== state.me) : [];
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!who.length) return undefined;
    const timer = setTimeout(() => redraw((n) => n + 1), TYPED_MS);
    return () => clearTimeout(timer);
  });
  if (who.length) return html`<span class="head-under" data-test="typing"><bdi>${row.k === "direct" ? t("typing.one") : t("typing", { name: nameOf(who[0]) || t("somebody") })}</bdi></span>`;
  if (!peer || !state.here.has(peer.id) || link.value !== "open") return null;
  return html`<span class="head-under" data-test="here"><span class="here-dot"></span>${t("here")}</span>`;
}

function Pills({ row, first, sight, stuck, atHead, back, jump, toEnd, goBack }) {
  const [seen, setSeen] = useState({ unread: false, mention: false });
  const top = sight.value || row.s;
  const unreadAbove = first.count > 0 && !seen.unread && top > first.after + 1;
  const mentionAbove = first.mention > 0 && !seen.mention && top > first.mention;
  const fresh = Math.max(0, row.n - row.rn);
  return html`<div class="pills">
    <div class="pills-top">
      ${mentionAbove && html`<button type="button" class="pill-jump" data-test="jump-mention"
        onClick=${() => { setSeen({ ...seen, mention: true }); jump(first.mention); }}><${Icon} name="at-sign" />${t("jump.mention")}</button>`}
      ${unreadAbove && html`<button type="button" class="pill-jump" data-test="jump-unread"
        onClick=${() => { setSeen({ ...seen, unread: true }); jump(first.after + 1); }}><${Icon} name="arrow-up" />${t("jump.unread", { n: first.count })}</button>`}
    </div>
    <div class="pills-foot">
      ${back && html`<button type="button" class="pill-jump" onClick=${goBack} data-test="jump-back"><${Icon} name="undo-2" />${t("jump.back")}</button>`}
      ${(!stuck.value || !atHead) && html`<button type="button" class="pill-jump" onClick=${toEnd} data-test="jump-end"
        aria-label=${t("jump.end")}><${Icon} name="arrow-down" />${fresh > 0 && t("jump.new", { n: fresh })}</button>`}
    </div></div>`;
}

function PickBar({ picked, onForward, onCancel }) {
  return html`<footer class="composer pick-bar" data-test="pick-bar">
    <span>${t("picked", { n: picked.size })}</span>
    <button type="button" class="link" onClick=${onForward} disabled=${!picked.size} data-test="pick-forward">${t("forward")}</button>
    <button type="button" class="link" onClick=${onCancel} data-test="pick-cancel">${t("cancel")}</button></footer>`;
}
