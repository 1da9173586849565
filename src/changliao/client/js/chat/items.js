// The lines of a conversation as they stand on the screen, out of entries that are held: who speaks, where a
// run begins, where the time is told. Pure; a line that did not change is the same object as before.
import { nowMs } from "../time.js";
import { COUNTS, shown } from "./log.js";

const PAUSE_MS = 5 * 60_000;
const RUN_MS = 3 * 60_000;

/** `lines(state, c, range, {unreadAfter, before})`: `before` is the map of lines of the last time. */
export function lines(state, c, range, { unreadAfter = 0, before = new Map() } = {}) {
  const log = state.logs.get(c);
  const made = [];
  const byKey = new Map();
  let last = null;
  let parted = unreadAfter === 0;
  const add = (entry, post) => {
    const ms = Date.parse(entry.ts) || nowMs();
    const quiet = entry.k === "note" || entry.k === "recalled";
    const divider = !parted && entry.s > unreadAfter && entry.f !== state.me && !quiet;
    if (divider) parted = true;
    const time = !last || ms - last.ms > PAUSE_MS ? ms : 0;
    const first = quiet || time > 0 || divider || !last || last.quiet || last.f !== entry.f || ms - last.ms > RUN_MS;
    const key = entry.id && !quiet ? `${entry.f}/${entry.id}` : `s${entry.s}`;
    const line = { key, s: entry.s ?? 0, entry, post, failed: post?.failed ?? null, time, first, divider, mine: entry.f === state.me };
    const old = before.get(key);
    const kept = old && Object.keys(line).every((name) => old[name] === line[name]) ? old : line;
    made.push(kept);
    byKey.set(key, kept);
    last = { ms, f: entry.f, quiet };
  };
  if (log && range) {
    for (let s = range.from; s <= range.to; s++) {
      const entry = shown(log, s);
      if (entry && (COUNTS.has(entry.k) || entry.k === "note" || entry.k === "recalled")) add(entry, null);
    }
  }
  for (const post of state.posts) {
    if (post.c === c && COUNTS.has(post.k)) add(postEntry(state, post), post);
  }
  return { lines: made, byKey };
}

const postEntries = new WeakMap();

function postEntry(state, post) {
  const kept = postEntries.get(post);
  if (kept && kept.b === post.b) return kept;
  const entry = { c: post.c, s: 0, f: state.me, ts: post.ts, id: post.id, k: post.k, b: post.b, r: post.r, at: post.at };
  postEntries.set(post, entry);
  return entry;
}
