// The lines of a conversation as they stand on the screen, out of entries that are held: who speaks, where a
// run begins, where the time is told. Pure; a line that did not change is the same object as before.
import { nowMs } from "../time.js";
import { COUNTS, shown } from "./log.js";

const PAUSE_MS = 5 * 60_000;
const RUN_MS = 3 * 60_000;

/**
 * `lines(state, c, range, {unreadAfter, before})`: `{lines, bySource}`; `before` is the `bySource` of the last
 * time, lines by the entry or post they were made of.
 */
export function lines(state, c, range, { unreadAfter = 0, before = new Map() } = {}) {
  const log = state.logs.get(c);
  const made = { lines: [], bySource: new Map() };
  const run = { last: null, parted: unreadAfter === 0, unreadAfter, me: state.me };
  const add = (source, entry, post) => {
    const line = lineOf(before.get(source), entry, post, run);
    made.lines.push(line);
    made.bySource.set(source, line);
    run.last = line;
  };
  if (log && range) {
    for (let s = range.from; s <= range.to; s++) {
      const entry = shown(log, s);
      if (entry && (COUNTS.has(entry.k) || entry.k === "note" || entry.k === "recalled")) add(entry, entry, null);
    }
  }
  for (const post of state.posts) {
    if (post.c === c && COUNTS.has(post.k)) add(post, postEntry(state, post), post);
  }
  return made;
}

/** The line of an entry after the last one; the one it had before, when that says the same. */
function lineOf(old, entry, post, run) {
  const known = old?.entry === entry ? old : null;
  const ms = known?.ms ?? (Date.parse(entry.ts) || nowMs());
  const quiet = entry.k === "note" || entry.k === "recalled";
  const { last } = run;
  const divider = !run.parted && entry.s > run.unreadAfter && entry.f !== run.me && !quiet;
  if (divider) run.parted = true;
  const time = !last || ms - last.ms > PAUSE_MS ? ms : 0;
  const first = quiet || time > 0 || divider || !last || last.quiet || last.entry.f !== entry.f || ms - last.ms > RUN_MS;
  const failed = post?.failed ?? null;
  if (known && known.time === time && known.first === first && known.divider === divider && known.failed === failed) return known;
  const key = known?.key ?? (entry.id && !quiet ? `${entry.f}/${entry.id}` : `s${entry.s}`);
  return { key, s: entry.s ?? 0, entry, post, failed, ms, quiet, time, first, divider, mine: entry.f === run.me };
}

const postEntries = new WeakMap();

function postEntry(state, post) {
  const kept = postEntries.get(post);
  if (kept && kept.b === post.b) return kept;
  const entry = { c: post.c, s: 0, f: state.me, ts: post.ts, id: post.id, k: post.k, b: post.b, r: post.r, at: post.at };
  postEntries.set(post, entry);
  return entry;
}
