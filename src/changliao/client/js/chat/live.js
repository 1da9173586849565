// The conversations of whoever is signed in here: state, socket and shelf put together. Screens read the
// signals and call the verbs; nothing else speaks to the server about messages.
import { batch, signal } from "../dom.js";
import { get, newKey, online, patch, put, remove } from "../api.js";
import { nowMs } from "../time.js";
import { COUNTS } from "./log.js";
import { know, knownPeople, rememberPeople } from "./people.js";
import { burnShelf, openShelf } from "./shelf.js";
import { openSocket } from "./socket.js";
import * as S from "./state.js";
import { upload } from "./upload.js";

const SAVE_MS = 400;
const KEPT = 200;
const TYPING_EVERY_MS = 3000;

/** The conversations in the order of the list; null until there is something to show. */
export const rows = signal(null);
/** `{unread, quiet}` of all conversations. */
export const totals = signal({ unread: 0, quiet: false });
/** How the socket stands: `starting`, `open`, `away`. */
export const link = signal("starting");
/** Grows with every new line of the personal log. */
export const personal = signal(0);
/** A thing that was refused and has no bubble to show it: `{code, detail}`. */
export const refused = signal(null);

let state = S.newState();
let shelf = null;
let socket = null;
let device = "";
const touched = new Map();
const files = new Map();
const dirty = { rows: new Set(), tails: new Set(), posts: false };
let saving = 0;
let drawing = 0;

/** What this device knows. To read; the verbs below change it. */
export function known() {
  return state;
}

/** A number that grows with every change of a conversation; reading it in a component redraws that. */
export function touch(c) {
  if (!touched.has(c)) touched.set(c, signal(0));
  return touched.get(c).value;
}

/** The conversation with this id, or null. Redraws with it. */
export function rowOf(c) {
  touch(c);
  return state.rows.get(c) ?? null;
}

/** Begin for this person: what was kept first, then the server. `early` is a ticket asked for meanwhile. */
export async function start(person, onSignedOut, early = null) {
  state = S.newState(person.id);
  know([person]);
  shelf = await openShelf(person.id);
  await unpack();
  socket = openSocket({
    early,
    hello: () => ({ dev: device, ep: state.epoch, cur: state.cursor, up: state.up }),
    hear: heard,
    status: (now) => {
      link.value = now;
    },
    refused: () => signedOut(onSignedOut),
  });
}

async function unpack() {
  const [meta, kept, posts] = await Promise.all([shelf.one("meta", "me"), shelf.all("rows"), shelf.all("posts")]);
  device = meta?.device ?? newKey().slice(0, 16);
  if (!meta) shelf.change([["meta", "me", { device }]]);
  Object.assign(state, { epoch: meta?.epoch ?? "", cursor: meta?.cursor ?? "", up: meta?.up ?? 0 });
  know(meta?.people ?? []);
  for (const row of kept) S.mergeRow(state, row);
  for (const { file, ...post } of posts.sort((a, b) => (a.ts < b.ts ? -1 : 1))) {
    if (file) files.set(post.id, file);
    S.say(state, { ...post, failed: null });
  }
  state.ready = Boolean(state.cursor);
  publish();
}

/** Stop; `burn` forgets what this browser kept of it. */
export async function stop({ burn = false } = {}) {
  socket?.close();
  shelf?.close();
  clearTimeout(saving);
  if (!burn) return;
  await Promise.all([burnShelf(state.me), globalThis.caches?.delete("pictures")]);
}

async function signedOut(told) {
  await stop({ burn: true });
  told();
}

// --- Frames -----------------------------------------------------------------------------------------

function heard(frame) {
  const before = state.epoch;
  const wants = S.hear(state, frame, nowMs());
  if (frame.t === "hi") {
    if (before && before !== state.epoch) shelf?.clear(["rows", "tails"]);
    if (state.focus) wants.push(...S.look(state, state.focus));
    state.posts.filter(({ failed }) => !failed).forEach(push);
  }
  if (frame.t === "no") refusedFrame(frame);
  if (frame.t === "chg") for (const { peer } of frame.l) if (peer) know([peer]);
  if (frame.t === "m" && frame.b.by) knowWriters([frame]);
  if (frame.t === "log") knowWriters(frame.m);
  wants.forEach(want);
  later();
}

/** Learn the bots and hooks that wrote these: what they are called stands in what they say. */
function knowWriters(entries) {
  know(entries.filter(({ b }) => b?.by).map(({ f, b }) => ({ id: f, name: b.by.name, avatar: b.by.avatar ?? null })));
}

function want(frame) {
  if (frame.t !== "row") return socket?.send(frame);
  return get(`/v1/conversations/${frame.c}`).then((row) => {
    S.mergeRow(state, row);
    later();
  }, () => {}); // Not ours any more.
}

function refusedFrame({ id, e, d, ra }) {
  const post = state.posts.find((one) => one.id === id);
  if (!post) return;
  if (ra) setTimeout(() => resend(id), ra * 1000);
  if (COUNTS.has(post.k)) return;
  S.unsay(state, id);
  refused.value = { code: e, detail: d, at: nowMs() };
}

function later() {
  drawing ||= document.hidden ? setTimeout(publish, 100) : requestAnimationFrame(publish);
}

function publish() {
  drawing = 0;
  const changed = [...state.changed];
  state.changed.clear();
  batch(() => {
    for (const what of changed) {
      if (what === "rows" && (state.ready || state.rows.size)) {
        rows.value = S.sorted(state);
        totals.value = S.totals(state);
      } else if (what === "personal") personal.value = state.up;
      else if (what === "posts") dirty.posts = true;
      else if (touched.has(what)) touched.get(what).value++;
      if (state.rows.has(what)) dirty.rows.add(what);
      if (state.logs.get(what)?.entries.size) dirty.tails.add(what);
    }
  });
  saving ||= setTimeout(save, SAVE_MS);
}

function save() {
  if (drawing) publish(); // The cursor counts on what has not been drawn yet: both are kept, or neither.
  clearTimeout(saving);
  saving = 0;
  const puts = [["meta", "me", {
    device, epoch: state.epoch, cursor: state.cursor, up: state.up, people: knownPeople(),
  }]];
  const drops = [];
  for (const c of dirty.rows) {
    if (state.rows.has(c)) puts.push(["rows", c, state.rows.get(c)]);
    else drops.push(["rows", c], ["tails", c]);
  }
  for (const c of dirty.tails) if (state.logs.has(c)) puts.push(["tails", c, tailKept(state.logs.get(c))]);
  if (dirty.posts) savePosts(puts, drops);
  dirty.rows.clear();
  dirty.tails.clear();
  dirty.posts = false;
  shelf?.change(puts, drops);
}

let keptPosts = new Set();

function savePosts(puts, drops) {
  const now = new Set(state.posts.map(({ id }) => id));
  for (const id of keptPosts) if (!now.has(id)) drops.push(["posts", id]);
  for (const post of state.posts) puts.push(["posts", post.id, { ...post, file: files.get(post.id) }]);
  for (const id of files.keys()) if (!now.has(id)) files.delete(id);
  keptPosts = now;
}

function tailKept(log) {
  const tail = log.ranges.at(-1);
  const from = Math.max(tail.from, tail.to - KEPT + 1);
  const entries = [];
  for (let s = from; s <= tail.to; s++) if (log.entries.has(s)) entries.push(log.entries.get(s));
  return { entries, from, to: tail.to };
}

// --- Verbs ------------------------------------------------------------------------------------------

/** Look at a conversation: what was kept of it first, then what is missing. */
export async function open(c) {
  state.focus = c;
  if (c && !S.logOf(state, c).ranges.length) {
    const kept = await shelf?.one("tails", c);
    if (kept && state.focus === c) S.recall(state, c, kept);
  }
  if (state.focus !== c) return;
  S.look(state, c).forEach(want);
  publish();
}

/** Ask for the frames that bring what a screen lacks. */
export function bring(frames) {
  frames.forEach(want);
}

/** Say something in a conversation. `file` is uploaded first; the echo settles it. */
export function say(c, k, b, { r = 0, at = [], file = null } = {}) {
  const post = { c, id: newKey(), k, b, r, at, ts: new Date(nowMs()).toISOString() };
  if (file) files.set(post.id, file);
  S.say(state, post);
  publish();
  save(); // At once: what one wrote outlives the page, whatever becomes of it.
  push(post);
  return post.id;
}

async function push(post) {
  if (link.value !== "open") return;
  const file = files.get(post.id);
  if (file && !post.b.media) {
    try {
      const media = await upload(post.k, file);
      Object.assign(state.posts.find(({ id }) => id === post.id) ?? {}, { b: { ...post.b, media } });
    } catch (error) {
      if (!error.definite) return; // Sent again when the network is back.
      S.hear(state, { t: "no", id: post.id, e: error.code, d: error.detail });
      publish();
      return;
    }
  }
  const now = state.posts.find(({ id }) => id === post.id);
  if (now) socket.send(S.frameOf(now));
}

/** Send a refused post again. */
export function resend(id) {
  S.retry(state, id);
  publish();
  const post = state.posts.find((one) => one.id === id);
  if (post) push(post);
}

/** Take a post back that could not be sent. */
export function discard(id) {
  S.unsay(state, id);
  publish();
}

/** The file behind a post that is on its way, or null. */
export function fileOf(id) {
  return files.get(id) ?? null;
}

/** Everything in this conversation has been seen. */
export function markRead(c) {
  const frame = S.read(state, c);
  if (!frame) return;
  publish();
  if (!socket?.send(frame)) put(`/v1/conversations/${c}/read`, { s: frame.s }).catch(() => {});
}

let typedAt = 0;

/** One is writing: told at most once in three seconds, and only where it is switched on. */
export function typing(c) {
  if (!S.able(state, "typing") || nowMs() - typedAt < TYPING_EVERY_MS) return;
  typedAt = nowMs();
  socket?.send({ t: "typ", c });
}

/** Change what is mine about a conversation: `pin mute hide remark draft nickname`. Shown at once. */
export async function setMine(c, change) {
  const before = state.rows.get(c);
  if (before) S.mergeRow(state, { ...before, ...change, title: change.remark || before.title });
  publish();
  try {
    take(await patch(`/v1/conversations/${c}/mine`, change));
  } catch (error) {
    if (error.definite && before) S.mergeRow(state, { ...state.rows.get(c), ...revert(before, change) });
    publish();
    throw error;
  }
}

const revert = (before, change) => Object.fromEntries(Object.keys(change).map((name) => [name, before[name]]));

/** A conversation as an answer told it. */
export function take(row) {
  if (row?.c) S.mergeRow(state, row);
  publish();
  return row;
}

/** It is not mine any more: left, or dissolved. */
export function forgetRow(c) {
  S.hear(state, { t: "gone", c });
  publish();
}

/** Clear a conversation up to here, for me. */
export async function clearHistory(c) {
  await remove(`/v1/conversations/${c}/mine/history`);
  const row = state.rows.get(c);
  S.mergeRow(state, { ...row, from: row.s, last: null });
  publish();
}

/** Whether one is cut off: the device says so, or the socket is away. */
export function cutOff() {
  return !online.value || link.value === "away";
}

rememberPeople(() => later());
