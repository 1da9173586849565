// What a device knows of its conversations: frames go in, the state changes, and what should be asked of the
// server comes out. Nothing here touches the page, the network or a clock.
import { COUNTS, cover, forget, newLog, rangeOf, shown, take } from "./log.js";

export const PAGE = 60;
const GET_MAX = 200;
const TYPING_MS = 5000;
/** Stands among those whom a message calls, for all who are there. */
export const EVERYBODY = "all";

/** What a device of this person knows at first. */
export function newState(me = "") {
  return {
    me, epoch: "", cursor: "", up: 0, cap: {}, hb: 30, size: 65536, rows: new Map(), logs: new Map(), posts: [],
    personal: [], focus: "", asked: new Map(), q: 0, listed: null, typing: new Map(), peers: new Map(), here: new Set(), bye: null,
    ready: false, changed: new Set(),
  };
}

/** Whether the server has switched this on: `receipts`, `typing`, `presence`, `editing`. */
export function able(state, what) {
  return Array.isArray(state.cap) ? state.cap.includes(what) : Boolean(state.cap?.[what]);
}

/** The log of a conversation, empty at first. */
export function logOf(state, c) {
  if (!state.logs.has(c)) state.logs.set(c, newLog());
  return state.logs.get(c);
}

/** Hear a frame; answers the frames that should be sent for it. `now` in ms. */
export function hear(state, frame, now = 0) {
  const wants = [];
  HEARD[frame.t]?.(state, frame, wants, now);
  return wants;
}

const HEARD = {
  hi(state, { ep, cap, hb, size }) {
    if (state.epoch && state.epoch !== ep) wipe(state);
    Object.assign(state, { epoch: ep, cap: cap ?? {}, hb: hb || state.hb, size: size || state.size, bye: null });
    state.asked.clear();
    state.listed = null;
    state.here.clear();
    state.changed.add("link").add("here");
  },
  chg(state, { l, cur, more, full }, wants) {
    if (full) state.listed ??= new Set();
    for (const row of l) {
      mergeRow(state, row);
      if (full) state.listed.add(row.c);
      if (row.c === state.focus) wants.push(...missing(state, row.c));
    }
    if (more) return;
    if (full) {
      for (const c of [...state.rows.keys()]) if (!state.listed.has(c)) dropRow(state, c);
      state.listed = null;
    }
    state.cursor = cur || state.cursor;
    state.ready = true;
    state.changed.add("rows");
  },
  m(state, { t, ...entry }, wants) {
    const row = state.rows.get(entry.c);
    if (!row) wants.push({ t: "row", c: entry.c });
    if (row && (entry.s <= row.from || (row.left && entry.s > row.left))) return;
    const log = logOf(state, entry.c);
    const below = [...log.ranges].reverse().find(({ to }) => to < entry.s);
    const held = rangeOf(log, entry.s);
    receive(state, log, entry);
    if (!held && below) fill(state, wants, entry.c, below.to, entry.s);
  },
  log(state, { q, c, m, min, s }, wants) {
    const asked = state.asked.get(q);
    state.asked.delete(q);
    const log = logOf(state, c);
    for (const entry of m) receive(state, log, entry);
    log.first = Math.max(log.first, (min ?? 0) + 1);
    if (asked) covered(log, asked, m, s);
    const row = state.rows.get(c);
    if (row && s > row.s) raise(state, c, { s });
    if (c === state.focus) wants.push(...missing(state, c));
    state.changed.add(c);
  },
  rd(state, { c, u, s, n }) {
    if (u === state.me) raise(state, c, { rs: s, rn: n });
    else {
      readTo(state, c, u, s);
    }
  },
  who(state, { c, on, rd }) {
    for (const [person, s] of Object.entries(rd)) readTo(state, c, person, s);
    for (const person of on) state.here.add(person);
    state.changed.add("here");
  },
  on(state, { u, on }) {
    if (on) state.here.add(u);
    else state.here.delete(u);
    state.changed.add("here");
  },
  ev(state, { l, up }) {
    for (const one of l) {
      if (one.p <= state.up || state.personal.some(({ p }) => p === one.p)) continue;
      state.personal.push(one);
    }
    state.personal.sort((a, b) => a.p - b.p);
    state.up = Math.max(state.up, up ?? 0, ...l.map(({ p }) => p));
    state.changed.add("personal");
  },
  no(state, { id, q, e, d, ra }) {
    if (q !== undefined) state.asked.delete(q);
    const post = state.posts.find((one) => one.id === id);
    if (!post) return;
    post.failed = { code: e, detail: d ?? "", after_s: ra ?? 0 };
    state.changed.add(post.c).add("posts");
  },
  typ(state, { c, u }, wants, now) {
    const typing = state.typing.get(c) ?? new Map();
    typing.set(u, now + TYPING_MS);
    state.typing.set(c, typing);
    state.changed.add(`typing ${c}`);
  },
  bye(state, frame) {
    state.bye = frame;
  },
  gone(state, { c }) {
    dropRow(state, c);
  },
  hb(state, { c, s }, wants) {
    if (!c || !state.rows.has(c)) return;
    raise(state, c, { s });
    if (c === state.focus) wants.push(...missing(state, c));
  },
};

/** Another epoch: nothing held is true any more, save what one still wants to say. */
export function wipe(state) {
  const { me, posts, focus, changed, q } = state;
  Object.assign(state, newState(me), { posts, focus, changed, q });
  for (const post of posts) changed.add(post.c);
  changed.add("rows").add("wiped");
  if (focus) changed.add(focus);
}

// --- Conversations ----------------------------------------------------------------------------------

const GROWS = ["s", "n", "rs", "rn", "from"];

/** Take a conversation as the server tells it; what we know of it and the server did not yet is kept. */
export function mergeRow(state, row) {
  const held = state.rows.get(row.c);
  const now = held ? merged(held, row) : { ...row };
  if (held && now.from > held.from) forget(logOf(state, row.c), now.from);
  if (!held) logOf(state, row.c).first = Math.max(1, row.from + 1);
  now.mention = mentionOf(now);
  now.last = lastOf(state, now);
  state.rows.set(row.c, now);
  state.changed.add("rows").add(row.c);
}

/** The newest message as it stands now: what came after it may have changed it. */
function lastOf(state, { c, last }) {
  return last && (shown(logOf(state, c), last.s) ?? last);
}

function merged(held, row) {
  const [newer, older] = row.v >= held.v ? [row, held] : [held, row];
  const now = { ...newer };
  for (const name of GROWS) now[name] = Math.max(held[name] ?? 0, row[name] ?? 0);
  now.mention = Math.max(held.mention ?? 0, row.mention ?? 0);
  const last = older.last;
  if (last && last.s > (newer.last?.s ?? 0) && last.s > now.from) {
    Object.assign(now, { last, at: older.at, name: older.name });
  }
  return now;
}

const mentionOf = (row) => (row.mention > row.rs ? row.mention : 0);

/** Numbers only grow: raise those that are larger now. */
function raise(state, c, numbers) {
  const row = state.rows.get(c);
  if (!row) return;
  const news = Object.entries(numbers).filter(([name, value]) => value > row[name]);
  if (!news.length) return;
  const now = { ...row, ...Object.fromEntries(news) };
  now.mention = mentionOf(now);
  state.rows.set(c, now);
  state.changed.add("rows").add(c);
}

function dropRow(state, c) {
  state.rows.delete(c);
  state.logs.delete(c);
  state.changed.add("rows").add(c);
}

/** Messages somebody wrote and I have not read. */
export function unread(row) {
  return row.left ? 0 : Math.max(0, row.n - row.rn);
}

/** What stands on the badge: unread of what is not muted; `quiet` is whether muted ones have something. */
export function totals(state) {
  const rows = [...state.rows.values()].filter(listed);
  const loud = rows.filter((row) => !row.mute);
  return {
    unread: loud.reduce((sum, row) => sum + unread(row), 0),
    quiet: rows.some((row) => row.mute && unread(row) > 0),
  };
}

const listed = (row) => !row.hide || unread(row) > 0;

/** The conversations as they stand in the list: pinned first, then the newest. */
export function sorted(state) {
  const at = (row) => Date.parse(row.at) || 0;
  return [...state.rows.values()].filter(listed)
    .sort((a, b) => Number(b.pin) - Number(a.pin) || at(b) - at(a) || (a.c < b.c ? 1 : -1));
}

// --- Entries ----------------------------------------------------------------------------------------

function receive(state, log, entry) {
  settle(state, entry);
  if (!take(log, entry)) return;
  state.changed.add(entry.c);
  const row = state.rows.get(entry.c);
  if (!row) return;
  const mine = entry.f === state.me;
  raise(state, entry.c, { s: entry.s, n: entry.n, ...(mine ? { rs: entry.s, rn: entry.n } : {}) });
  afterEntry(state, entry, mine);
  state.typing.get(entry.c)?.delete(entry.f);
}

function afterEntry(state, entry, mine) {
  const now = { ...state.rows.get(entry.c) };
  if ((COUNTS.has(entry.k) || entry.k === "recalled") && entry.s > (now.last?.s ?? 0)) {
    Object.assign(now, { last: entry, at: entry.ts, name: "", hide: false });
  }
  now.last = lastOf(state, now);
  if (!mine && entry.at?.some((one) => one === state.me || one === EVERYBODY)) now.mention = Math.max(now.mention ?? 0, entry.s);
  now.mention = mentionOf(now);
  state.rows.set(entry.c, now);
  state.changed.add("rows");
}

function covered(log, { a, z, n }, entries, head) {
  const numbers = entries.map(({ s }) => s);
  if (a !== undefined) {
    cover(log, a + 1, entries.length < n ? Math.max(a, head, ...numbers) : Math.max(...numbers));
  } else {
    const low = Math.min(z, ...numbers);
    cover(log, low, z - 1);
    if (entries.length < n) log.first = Math.max(log.first, low);
  }
}

function ask(state, wants, { c, a, z, n }) {
  const same = [...state.asked.values()].some((one) => one.c === c && one.a === a && one.z === z);
  if (same) return;
  const q = ++state.q;
  state.asked.set(q, { c, a, z, n });
  wants.push(a !== undefined ? { t: "get", q, c, a, n } : { t: "get", q, c, z, n });
}

/** Ask for what lies between two numbers that are held, unless it is so much that one scrolls there. */
function fill(state, wants, c, low, high) {
  const gap = high - low - 1;
  if (gap > 0 && gap <= GET_MAX) ask(state, wants, { c, a: low, n: gap });
}

/** Take what this device kept of a conversation: `{entries, from, to}`. */
export function recall(state, c, { entries, from, to }) {
  const log = logOf(state, c);
  for (const entry of entries) receive(state, log, entry);
  cover(log, from, to);
  state.changed.add(c);
}

/** What is missing of a conversation: its newest end, and small holes in what is held. */
export function missing(state, c) {
  const wants = [];
  const row = state.rows.get(c);
  if (!row) return wants;
  const head = row.left || row.s;
  const { ranges } = logOf(state, c);
  ranges.slice(1).forEach(({ from }, place) => fill(state, wants, c, ranges[place].to, from));
  const to = ranges.at(-1)?.to ?? 0;
  if (to >= head || head <= row.from) return wants;
  if (to && head - to <= GET_MAX) fill(state, wants, c, to, head + 1);
  else ask(state, wants, { c, z: head + 1, n: PAGE });
  return wants;
}

/** The page before this range; empty when there is none. */
export function earlier(state, c, range) {
  const wants = [];
  if (range.from > logOf(state, c).first) ask(state, wants, { c, z: range.from, n: PAGE });
  return wants;
}

/** The page after this range, when it does not reach the head. */
export function later(state, c, range) {
  const wants = [];
  const row = state.rows.get(c);
  if (row && range.to < (row.left || row.s)) ask(state, wants, { c, a: range.to, n: PAGE });
  return wants;
}

/** The entries on both sides of a number that is not held. */
export function around(state, c, s) {
  const wants = [];
  if (rangeOf(logOf(state, c), s)) return wants;
  ask(state, wants, { c, z: s + 1, n: PAGE });
  ask(state, wants, { c, a: s, n: PAGE });
  return wants;
}

// --- What one does ----------------------------------------------------------------------------------

/** Look at this conversation, "" for none; answers the frames to send. */
export function look(state, c) {
  state.focus = c;
  return [{ t: "foc", c }, ...(c ? missing(state, c) : [])];
}

/** Say something: shown at once, settled by its echo. */
export function say(state, post) {
  state.posts.push({ ...post, failed: null });
  state.changed.add(post.c).add("posts");
}

/** The frame of a post. */
export function frameOf({ c, id, k, b, r, at }) {
  return { t: "msg", c, id, k, b, ...(r ? { r } : {}), ...(at?.length ? { at } : {}) };
}

/** Try a refused post once more. */
export function retry(state, id) {
  const post = state.posts.find((one) => one.id === id);
  if (!post) return;
  post.failed = null;
  state.changed.add(post.c).add("posts");
}

/** Take a post back that was not sent. */
export function unsay(state, id) {
  const post = state.posts.find((one) => one.id === id);
  if (!post) return;
  state.posts = state.posts.filter((one) => one !== post);
  state.changed.add(post.c).add("posts");
}

function settle(state, entry) {
  if (entry.f === state.me && entry.id) unsay(state, entry.id);
}

/** Read a conversation to its head; the frame to send, or null when there is nothing new. */
export function read(state, c) {
  const row = state.rows.get(c);
  if (!row || row.rs >= row.s) return null;
  const { s, n } = row;
  raise(state, c, { rs: s, rn: n });
  return { t: "read", c, s };
}

function readTo(state, c, person, s) {
  const peers = state.peers.get(c) ?? new Map();
  peers.set(person, Math.max(peers.get(person) ?? 0, s));
  state.peers.set(c, peers);
  state.changed.add(`read ${c}`);
}

/** How many of the others have read up to this number, as far as one was told. */
export function readers(state, c, s) {
  return [...(state.peers.get(c)?.values() ?? [])].filter((to) => to >= s).length;
}

/** Who is writing in this conversation at `now`. */
export function typists(state, c, now) {
  return [...(state.typing.get(c) ?? [])].filter(([, until]) => until > now).map(([person]) => person);
}
