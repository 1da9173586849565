// The first page of the demo: an outside shop, a drawn phone, and everything that happens between them.
import { effect, html, render, useEffect, useRef, useState } from "../dom.js";
import { get, post } from "../api.js";
import { Guide } from "../desk/guide.js";
import { Lanes } from "../desk/lanes.js";
import { followDesk } from "../desk/live.js";
import { Phone, fillPin } from "../desk/phone.js";
import { has, language, t } from "../i18n.js";
import { keep, recall } from "../keep.js";
import { learnMe, me } from "../session.js";
import { teach } from "../teach.js";
import { nowMs } from "../time.js";
import { Brand, Icon, LanguageSwitch, Loading, Mark, OfflineBar, PlayPill, Stage, Trouble, useToast } from "../ui.js";
import desk_en from "../words/desk.en.js";
import desk_zh from "../words/desk.zh-CN.js";
import facts_en from "../words/facts.en.js";
import facts_zh from "../words/facts.zh-CN.js";

teach({ en: { ...facts_en, ...desk_en }, "zh-CN": { ...facts_zh, ...desk_zh } });

const BUYER = "lin";
const OWNER = "wang";
const FRESH_MS = 2 * 60_000;
const OVER = ["payment.paid", "payment.authorized", "payment.canceled", "payment.expired"];

keep("language", language.value, { tab: true }); // Being somebody else does not change this desk's language.
effect(() => {
  document.title = `${t("desk.title")} · ${t("brand")}`;
});

/** What the desk calls one of its people, in the language it speaks. */
function nameOf(person) {
  if (!person) return "";
  return has(`desk.name.${person.handle}`) ? t(`desk.name.${person.handle}`) : person.name;
}

async function be(handle) {
  await post("/demo/sign_in", { handle });
  await learnMe();
}

function Page() {
  const [desk, setDesk] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const begin = async () => {
    setTrouble(null);
    try {
      const found = await get("/demo/desk");
      if (recall("desk")) await learnMe(); // Who was here before may be somebody already.
      if (!found.people.some(({ handle }) => handle === me.value?.handle)) await be(BUYER);
      keep("desk", true);
      setDesk(found);
    } catch (error) {
      setTrouble(error);
    }
  };
  useEffect(() => { begin(); }, []);
  return html`<${Stage} tone="demo tone-play">
    ${desk ? html`<${Desk} desk=${desk} />`
      : trouble ? html`<${Trouble} error=${trouble} onAgain=${begin} />`
      : html`<${Loading} what=${t("desk.loading")} />`}
  </${Stage}>`;
}

/** What is on the phone: follows the shop's newest payment. `{payment, scanning, status, news, live, …}` */
function useScanner(desk) {
  const [state, setState] = useState({ payment: null, scanning: false, status: "", news: 0, told: null });
  const [live, setLive] = useState(null);
  const seen = useRef({ open: null, ended: null });
  const turn = (news) => setState((before) => ({ ...before, ...(typeof news === "function" ? news(before) : news) }));

  const scan = async (id) => {
    turn({ scanning: true });
    try {
      const { status, cashier_url } = await get(`/demo/payments/${encodeURIComponent(id)}`);
      if (seen.current.open !== id) return;
      const token = new URL(cashier_url).searchParams.get("t");
      const payable = ["open", "processing"].includes(status);
      turn({ scanning: false, status: "", ...(payable && { payment: { id, token } }) });
    } catch {
      turn({ scanning: false }); // Another shop's, or gone: nothing for this phone.
    }
  };
  const hear = (facts) => {
    let created = null;
    for (const { kind, at, data } of facts) {
      const fresh = nowMs() - Date.parse(at) < FRESH_MS;
      if (kind === "payment.created" && fresh) created = data.payment_id;
      if (OVER.includes(kind) && data.payment_id === created) created = null;
      if (OVER.includes(kind)) seen.current.ended = { id: data.payment_id, kind, at };
    }
    if (created) {
      seen.current.open = created;
      scan(created);
    }
    if (facts.length) turn((before) => ({ news: before.news + 1 }));
  };
  useEffect(() => {
    const following = followDesk(desk.cursor, hear);
    setLive(following);
    return () => following.stop();
  }, []);
  return {
    ...state,
    live,
    /** The payment on the phone has ended in this status. */
    settled: ({ id, status }) => turn((before) => ({ status, last: id, news: before.news + 1 })),
    home: () => turn({ payment: null }),
  };
}

function Desk({ desk }) {
  const scanner = useScanner(desk);
  const [sign, setSign] = useState("");
  const [turning, setTurning] = useState(null);
  const [front, setFront] = useState(0);
  const frame = useRef(null);
  const column = useRef(null);
  const say = useToast();
  const person = desk.people.find(({ handle }) => handle === me.value?.handle) ?? null;

  const become = async (handle) => {
    if (turning) return;
    setTurning(handle);
    try {
      await be(handle);
    } catch {
      say(t("error.offline"));
    } finally {
      setTurning(null);
    }
  };
  useEffect(() => {
    // Another tab may have become somebody else meanwhile: one browser, one session.
    const onVisible = () => document.visibilityState === "visible" && learnMe().catch(() => {});
    document.addEventListener("visibilitychange", onVisible);
    return () => document.removeEventListener("visibilitychange", onVisible);
  }, []);
  useEffect(() => {
    const stacked = matchMedia("(max-width: 1023px)").matches;
    if (scanner.payment && stacked) column.current?.scrollIntoView({ behavior: "smooth", block: "start" });
  }, [scanner.payment?.id]);

  const press = async () => {
    if (fillPin(frame.current, desk.pin)) return;
    try {
      await navigator.clipboard.writeText(desk.pin);
      say(t("desk.pin_copied"));
    } catch {
      // Without a clipboard the chip still shows it.
    }
  };
  const openConsole = async () => {
    const tab = window.open("about:blank", "_blank");
    await become(OWNER);
    const path = `/console/payments?app=${desk.app_id}&mode=test&lang=${language.value}`;
    if (tab) tab.location = path;
    else location.assign(path);
  };
  const state = stateOf({ scanner, sign, person });
  const told = toldMs(scanner);
  return html`<${OfflineBar} lost=${scanner.live?.lost.value} />
    <header class="demo-top">
      <${Brand} words=${`${t("brand")} ${t("desk.title")}`} />
      <span class="demo-money"><${PlayPill} /><span>${t("desk.play")}</span></span>
      <${People} people=${desk.people} person=${person} turning=${turning} onBe=${become} />
      <nav class="demo-links">
        <a class="demo-link demo-link-street" href="/street?lang=${language.value}" data-test="to-street"><${Icon} name="store" />${t("desk.street")}</a>
        <a class="demo-link demo-link-street" href="/app?lang=${language.value}" target="_blank" data-test="to-app"><${Icon} name="user" />${t("desk.chat")}</a>
        <button type="button" class="demo-link" onClick=${openConsole} data-test="to-console">${t("desk.console")}</button>
        <a class="demo-link" href="/wallet?lang=${language.value}" target="_blank" data-test="to-wallet">${t("wallet.title")}</a>
        <a class="demo-link" href="/docs?lang=${language.value}" target="_blank" data-test="to-docs">${t("desk.docs")}</a>
        <${LanguageSwitch} />
      </nav>
    </header>
    <${Guide} state=${state} figures=${{ name: nameOf(person), pin: desk.pin, ms: told }}>
      ${(state === "paid" || state === "owner") && html`<button type="button" class="demo-way" onClick=${openConsole}
        data-test="guide-console">${t(state === "paid" ? "guide.refund" : "guide.to_console")}<${Icon} name="external-link" /></button>`}
      ${state === "owner" && html`<button type="button" class="demo-way" onClick=${() => become(BUYER)} data-test="be-buyer">
        ${t("guide.be", { name: nameOf(desk.people.find(({ handle }) => handle === BUYER)) })}</button>`}
    </${Guide}>
    <main class="demo-main">
      <${Shop} url=${desk.shop_url} turn=${front} onHome=${() => setFront(front + 1)} />
      <section class="demo-side" ref=${column} aria-label=${t("desk.phone", { name: nameOf(person) })}>
        <div class="demo-side-head">
          ${person && html`<${Mark} name=${nameOf(person)} size="s" />`}
          <h2 class="demo-side-name">${person ? t("desk.phone", { name: nameOf(person) }) : ""}</h2>
          <button type="button" class="demo-pin ${sign === "pin" ? "demo-pin-now" : ""}" onClick=${press}
              aria-label=${t("desk.pin_fill", { pin: desk.pin })} data-test="pin-chip">
            <${Icon} name="key-round" /><span>${t("desk.pin")}</span><strong>${desk.pin}</strong></button>
        </div>
        <${Phone} person=${person} payment=${scanner.payment} scanning=${scanner.scanning} news=${scanner.news}
          frame=${frame} onSign=${setSign} onSettled=${scanner.settled} onHome=${scanner.home} />
      </section>
      ${scanner.live && html`<${Lanes} live=${scanner.live} />`}
    </main>`;
}

function stateOf({ scanner, sign, person }) {
  if (!person) return "nobody";
  if (scanner.scanning) return "scan";
  if (["paid", "authorized"].includes(scanner.status)) return person.handle === OWNER && !scanner.payment ? "owner" : "paid";
  if (["canceled", "expired"].includes(scanner.status) && scanner.payment) return "ended";
  if (scanner.payment) return sign || "scan";
  return person.handle === OWNER ? "owner" : "buy";
}

/** How many ms after the last payment was paid the shop had been told; null while it is not. */
function toldMs({ live, last }) {
  const about = (row) => (row.data?.payment_id ?? row.about) === last;
  const paid = live?.facts.value.find((fact) => OVER.includes(fact.kind) && about(fact));
  const told = live?.tries.value.findLast((one) => OVER.includes(one.kind) && about(one) && !one.trouble);
  return paid && told ? Math.max(1, Date.parse(told.at) - Date.parse(paid.at)) : null;
}

function People({ people, person, turning, onBe }) {
  return html`<div class="demo-people" role="radiogroup" aria-label=${t("desk.you")}>
    <span class="demo-people-you">${t("desk.you")}</span>
    ${people.map((one) => [one.handle, nameOf(one)]).map(([handle, name]) => html`<button key=${handle} type="button" role="radio" class="demo-person"
        aria-checked=${person?.handle === handle} aria-busy=${turning === handle || undefined}
        onClick=${() => onBe(handle)} data-test="be-${handle}">
      <bdi>${name}</bdi><small>${t(`desk.role.${handle}`)}</small></button>`)}
  </div>`;
}

function Shop({ url, turn, onHome }) {
  return html`<section class="demo-shop" aria-label=${t("desk.shop")}>
    <div class="demo-shop-bar">
      <button type="button" class="icon-button" aria-label=${t("desk.shop_home")} onClick=${onHome} data-test="shop-home">
        <${Icon} name="refresh-cw" /></button>
      <span class="demo-shop-url">${url.replace(/^https?:\/\//, "")}</span>
      <span class="demo-shop-what"><strong>${t("desk.shop")}</strong> · ${t("desk.shop_what")}</span>
    </div>
    <iframe class="demo-shop-page" key=${turn} src=${`${url}/`} title=${t("desk.shop")} data-test="shop"></iframe>
  </section>`;
}

render(html`<${Page} />`, document.getElementById("app"));
