// One conversation's log as this device holds it: entries by number, the ranges it has whole, and what later
// entries made of earlier ones. Whatever order entries come in, the same ones make the same log.

/** Kinds that somebody would count: the others change what is shown, and are not shown. */
export const COUNTS = new Set(["text", "image", "file", "voice", "sticker", "location", "contact", "article",
  "card", "pay", "forward", "template"]);

/** An empty log. `first` is the lowest number that is ours to see, as far as we know. */
export function newLog() {
  return { entries: new Map(), ranges: [], folds: new Map(), shown: new Map(), first: 1, version: 0 };
}

/** The range that holds this number, or null. */
export function rangeOf(log, s) {
  return log.ranges.find(({ from, to }) => from <= s && s <= to) ?? null;
}

/** The newest range, or null. */
export function tailOf(log) {
  return log.ranges.at(-1) ?? null;
}

/** From now on the numbers `from` to `to` are held whole. */
export function cover(log, from, to) {
  if (to < from) return;
  const apart = log.ranges.filter((one) => one.to < from - 1 || one.from > to + 1);
  const touched = log.ranges.filter((one) => !apart.includes(one));
  apart.push({
    from: Math.min(from, ...touched.map((one) => one.from)),
    to: Math.max(to, ...touched.map((one) => one.to)),
  });
  log.ranges = apart.sort((a, b) => a.from - b.from);
  log.version++;
}

/** Take an entry. One that is held already changes nothing, unless its body is gone by now. */
export function take(log, entry) {
  const held = log.entries.get(entry.s);
  if (held && (held.k === "recalled" || entry.k !== "recalled")) return false;
  log.entries.set(entry.s, entry);
  log.shown.delete(entry.s);
  if (entry.k in FOLDS && entry.r) fold(log, entry);
  cover(log, entry.s, entry.s);
  return true;
}

/** Forget what lies up to and with this number. */
export function forget(log, s) {
  for (const number of [...log.entries.keys()]) if (number <= s) log.entries.delete(number);
  for (const number of [...log.folds.keys()]) if (number <= s) log.folds.delete(number);
  log.ranges = log.ranges.filter(({ to }) => to > s).map(({ from, to }) => ({ from: Math.max(from, s + 1), to }));
  log.first = Math.max(log.first, s + 1);
  log.shown.clear();
  log.version++;
}

const newest = (name) => (folded, entry) => {
  if (!folded[name] || folded[name].s < entry.s) folded[name] = entry;
};

const FOLDS = {
  recall: (folded, entry) => {
    if (!folded.recall || entry.s < folded.recall.s) folded.recall = entry;
  },
  edit: newest("edit"),
  preview: newest("preview"),
  react: (folded, entry) => {
    const key = `${entry.f} ${entry.b.emoji}`;
    const before = folded.reactions.get(key);
    if (!before || before.s < entry.s) folded.reactions.set(key, entry);
  },
};

function fold(log, entry) {
  const folded = log.folds.get(entry.r) ?? { reactions: new Map() };
  FOLDS[entry.k](folded, entry);
  log.folds.set(entry.r, folded);
  log.shown.delete(entry.r);
}

/** The entry of this number as it stands now, or null: the same object until something about it changes. */
export function shown(log, s) {
  if (!log.shown.has(s)) {
    const entry = log.entries.get(s);
    if (!entry) return null;
    log.shown.set(s, standing(entry, log.folds.get(s)));
  }
  return log.shown.get(s);
}

/** `x` is what the server had folded into an entry when it was asked: `{re, pv, ed}`; later entries go on from there. */
function standing(entry, folded) {
  if (entry.k === "recalled") return entry;
  if (folded?.recall) return { ...entry, k: "recalled", b: {}, was: entry, by: folded.recall.f };
  if (!folded && !entry.x) return entry;
  const now = { ...entry };
  const { re = {}, pv = null, ed = false } = entry.x ?? {};
  now.reactions = reactionsOf(re, folded?.reactions ?? new Map());
  if (folded?.edit) now.b = { ...entry.b, text: folded.edit.b.text };
  if (ed || folded?.edit) now.edited = true;
  const preview = previewOf(folded, pv);
  if (preview?.url) now.preview = preview; // An empty one was taken back.
  return now;
}

/** What is behind the link in a text; not in one that was changed since. */
function previewOf(folded, told) {
  const { edit, preview } = folded ?? {};
  if (preview && (!edit || edit.s < preview.s)) return preview.b;
  return edit ? null : told;
}

/** `[{emoji, by: [person …]}]`, the oldest emoji first. */
function reactionsOf(told, heard) {
  const byEmoji = new Map(Object.entries(told).map(([emoji, by]) => [emoji, [...by]]));
  for (const { f, b } of [...heard.values()].sort((a, b) => a.s - b.s)) {
    const by = (byEmoji.get(b.emoji) ?? []).filter((one) => one !== f);
    byEmoji.set(b.emoji, b.on === false ? by : [...by, f]); // What is true by default is left out.
  }
  return [...byEmoji].filter(([, by]) => by.length).map(([emoji, by]) => ({ emoji, by }));
}
