// A conversation of so many messages on the page, out of frames alone; `tell` and `entry` make further ones.
async (count) => {
  const load = (name) => import(`/static/js/${name}.js`);
  const [S, live, { me }, { Talk }, { html, render }, { Stage }, { teach }, { know }] = await Promise.all(["chat/state",
    "chat/live", "session", "app/talk/talk", "dom", "ui", "teach", "chat/people"].map(load));
  teach({ en: (await load("words/app.en")).default, "zh-CN": (await load("words/app.zh-CN")).default });
  const state = live.known();
  Object.assign(state, { me: "me" });
  me.value = { id: "me", name: "Lin", handle: "lin" };
  know([{ id: "me", name: "Lin" }, { id: "a", name: "Wang" }]);
  const entry = (s) => ({ c: "cv", s, n: s, f: s % 5 ? "a" : "me", id: `i${s}`, ts: new Date(17e11 + s * 40_000).toISOString(),
    k: "text", b: { text: `message ${s} ` + "word ".repeat(s % 37) } });
  S.hear(state, { t: "hi", ep: "e" });
  S.hear(state, { t: "chg", cur: "1", more: false, full: true, l: [{ c: "cv", k: "direct", title: "Wang", v: 1, s: count, n: count,
    rs: count, rn: count, from: 0, left: 0, at: entry(count).ts, last: entry(count), mention: 0, pin: false, mute: false,
    hide: false, draft: "", size: 2, role: "member" }] });
  for (let s = 1; s <= count; s += 200) {
    const m = Array.from({ length: Math.min(200, count - s + 1) }, (_, n) => entry(s + n));
    S.hear(state, { t: "log", q: 0, c: "cv", m, min: 0, s: count });
  }
  document.getElementById("app").remove();
  const place = document.body.appendChild(document.createElement("div"));
  place.className = "app app-deep";
  render(html`<${Stage}><div class="app app-deep"><main class="app-main"><${Talk} c="cv" /></main></div></${Stage}>`, place);
  window.tell = (frame) => { S.hear(state, frame); live.take(null); };
  window.entry = entry;
}
