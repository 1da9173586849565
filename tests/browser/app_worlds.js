// Worlds made by dice, a server that answers for them, and whether a device that heard badly ends like one
// that reads anew. Answers the worlds in which it did not.
async (worlds) => {
  const S = await import("/static/js/chat/state.js");
  const { shown } = await import("/static/js/chat/log.js");
  const dice = (seed) => () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const one = (next, list) => list[Math.floor(next() * list.length)];
  const counts = (kind) => kind === "text" || kind === "image";
  const written = (next, length) => {
    const log = [];
    for (let s = 1; s <= length; s++) {
      const targets = log.filter(({ k }) => k === "text");
      let k = one(next, ["text", "text", "text", "react", "recall", "edit", "image", "note"]);
      if (!targets.length && ["react", "recall", "edit"].includes(k)) k = "text";
      const n = (log.at(-1)?.n ?? 0) + counts(k);
      const entry = { c: "cv", s, n, f: one(next, ["me", "a", "b"]), id: `i${s}`, k,
        ts: new Date(1e12 + s * 1000).toISOString(),
        b: k === "react" ? { emoji: "👍", on: next() < 0.7 } : k === "note" ? { note: "joined" } : { text: `${k} ${s}` } };
      if (["react", "recall", "edit"].includes(k)) entry.r = one(next, targets).s;
      if (k === "text" && entry.f !== "me" && next() < 0.1) entry.at = ["me"];
      log.push(entry);
    }
    return log;
  };
  // What a server answers: recalled bodies are gone, later entries are folded into the ones they speak of.
  const server = (log, from) => {
    const recalled = new Set(log.filter(({ k }) => k === "recall").map(({ r }) => r));
    const folded = (entry) => {
      if (recalled.has(entry.s)) return { ...entry, k: "recalled", b: {}, at: [] };
      const later = log.filter(({ r }) => r === entry.s);
      const by = new Set();
      for (const { k, f, b } of later) if (k === "react") by[b.on ? "add" : "delete"](f);
      const edit = later.filter(({ k }) => k === "edit").at(-1);
      const x = { ...(by.size ? { re: { "👍": [...by] } } : {}), ...(edit ? { ed: true } : {}) };
      const b = edit ? { text: edit.b.text } : entry.b;
      return Object.keys(x).length ? { ...entry, b, x } : { ...entry, b };
    };
    const mine = log.filter(({ f }) => f === "me").at(-1);
    const seen = log.filter(({ k, s }) => counts(k) && s > from);
    const last = seen.at(-1);
    const rs = mine?.s ?? 0;
    const called = log.filter((entry) => entry.at && entry.s > rs).map(({ s }) => s);
    const row = { c: "cv", k: "group", title: "t", v: log.length, s: log.length, n: log.at(-1)?.n ?? 0, rs, rn: mine?.n ?? 0,
      from, left: 0, at: last?.ts ?? "", last: last ? folded(last) : null, name: "", pin: false, hide: false, mute: false,
      mention: Math.max(0, ...called) };
    const answer = ({ q, c, a, z, n }) => {
      const all = log.filter(({ s }) => s > from);
      const m = a !== undefined ? all.filter(({ s }) => s > a).slice(0, n) : all.filter(({ s }) => s < z).slice(-n);
      return { t: "log", q, c, m: m.map(folded), min: from, s: log.length };
    };
    return { row, answer };
  };
  const pump = (state, it, wants, next, lose) => {
    const queue = [...wants];
    for (let turn = 0; queue.length; turn++) {
      if (turn > 2000) throw new Error("it never stops asking");
      const want = queue.shift();
      if (want.t !== "get" || next() < lose) continue;
      const answer = it.answer(want);
      queue.push(...S.hear(state, answer));
      if (next() < 0.2) queue.push(...S.hear(state, answer));
    }
  };
  const upTo = (state, it, next) => {
    S.hear(state, { t: "hi", ep: "e" });
    pump(state, it, S.hear(state, { t: "chg", l: [it.row], cur: "9", more: false, full: !state.cursor }), next, 0);
    pump(state, it, S.look(state, "cv"), next, 0);
    for (let page = 0; page < 50; page++) {
      const range = state.logs.get("cv").ranges[0];
      const wants = range ? S.earlier(state, "cv", range) : [];
      if (!wants.length) return;
      pump(state, it, wants, next, 0);
    }
  };
  const told = (state) => {
    const log = state.logs.get("cv");
    const entries = [...log.entries.keys()].sort((x, y) => x - y).map((s) => {
      const { k, b, reactions, edited } = shown(log, s);
      const re = (reactions ?? []).map(({ emoji, by }) => ({ emoji, by: [...by].sort() }));
      return k === "recalled" ? { s, k } : { s, k, b, re, edited: Boolean(edited) };
    });
    const { s, n, rs, rn, from, mention, at, last } = state.rows.get("cv");
    return JSON.stringify({ ranges: log.ranges, entries, s, n, rs, rn, from, mention, at,
      last: last && { s: last.s, k: last.k, b: last.b }, unread: S.unread(state.rows.get("cv")), totals: S.totals(state) });
  };

  const wrong = [];
  for (let seed = 1; seed <= worlds; seed++) {
    const next = dice(seed);
    const log = written(next, 5 + Math.floor(next() * 120));
    const from = Math.floor(next() * 4);
    const now = server(log, from);
    const start = Math.floor(next() * log.length);
    const then = server(log.slice(0, start), from);
    const state = S.newState("me");
    S.hear(state, { t: "hi", ep: "e" });
    S.hear(state, { t: "chg", l: [then.row], cur: "1", more: false, full: true });
    pump(state, then, S.look(state, "cv"), next, 0.2);
    const frames = log.slice(start).flatMap((entry) => (next() < 0.15 ? [] : next() < 0.2 ? [entry, entry] : [entry]));
    frames.sort(() => (next() < 0.3 ? next() - 0.5 : 0));
    for (const entry of frames) pump(state, now, S.hear(state, { t: "m", ...entry }), next, 0.3);
    upTo(state, now, next);
    const anew = S.newState("me");
    upTo(anew, now, next);
    if (told(state) !== told(anew)) wrong.push({ seed, state: told(state), anew: told(anew) });
  }
  return wrong;
}
