// The street: six outside shops and one day that tells itself, drawn from facts while it happens.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { get, pause, post } from "../api.js";
import { has, language, t } from "../i18n.js";
import { keep } from "../keep.js";
import { learnMe, me } from "../session.js";
import { Charts } from "../street/charts.js";
import { Fronts } from "../street/fronts.js";
import { followStreet } from "../street/live.js";
import { Story, timeOf } from "../street/story.js";
import { teach } from "../teach.js";
import { Brand, Button, Icon, LanguageSwitch, Loading, OfflineBar, PlayPill, Stage, State, Trouble, useToast } from "../ui.js";
import street_en from "../words/street.en.js";
import street_zh from "../words/street.zh-CN.js";

teach({ en: street_en, "zh-CN": street_zh });

const BUYER = "lin";
const LOOK_AGAIN_MS = 500;

keep("language", language.value, { tab: true }); // Being somebody does not change this page's language.
effect(() => {
  document.title = `${t("street.title")} · ${t("brand")}`;
});

async function beSomebody() {
  if (await learnMe()) return;
  await post("/demo/sign_in", { handle: BUYER });
  await learnMe();
}

function Page() {
  const [street, setStreet] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const begin = async () => {
    setTrouble(null);
    try {
      await beSomebody();
      let found = await get("/demo/street");
      while (found.state === "opening") {
        await pause(LOOK_AGAIN_MS);
        found = await get("/demo/street");
      }
      setStreet(found);
    } catch (error) {
      setTrouble(error);
    }
  };
  useEffect(() => { begin(); }, []);
  return html`<${Stage} tone="street tone-play">
    ${street?.state === "open" ? html`<${Street} street=${street} />`
      : street ? html`<${State} kind="bad" icon="circle-alert" title=${t("street.trouble")}
          text=${`${t("street.trouble_text")} (${street.trouble})`} test="street-trouble">
          <${Button} kind="plain" href="/">${t("street.desk")}</${Button}></${State}>`
      : trouble ? html`<${Trouble} error=${trouble} onAgain=${begin} />`
      : html`<${Loading} what=${t("street.opening")} />`}
  </${Stage}>`;
}

function Street({ street }) {
  const [live] = useState(() => followStreet(street.telling));
  useEffect(() => () => live.stop(), []);
  const say = useToast();
  const told = live.told.value;
  const tally = live.tally.value;
  const tell = async (what) => {
    try {
      await post("/demo/street/telling", { do: what });
    } catch {
      say(t("error.offline"));
    }
  };
  return html`<${OfflineBar} lost=${live.lost.value} />
    <header class="street-top">
      <${Brand} words=${`${t("brand")} · ${t("street.title")}`} />
      <${PlayPill} />
      <h1 class="street-lead">${t("street.lead")}</h1>
      <nav class="street-links">
        <a class="street-link" href="/?lang=${language.value}" data-test="to-desk">${t("street.desk")}</a>
        <a class="street-link" href="/docs?lang=${language.value}" target="_blank">${t("street.docs")}</a>
        <${LanguageSwitch} />
      </nav>
    </header>
    <${Controls} told=${told} onTell=${tell}>
      <p class="street-you">${t("street.you", { name: nameOfMe(), pin: street.pin })}</p>
    </${Controls}>
    <main class="street-main">
      <${Fronts} shops=${street.shops} tally=${tally} joining=${told.joining} onJoin=${() => tell("join")} />
      <${Charts} shops=${street.shops} tally=${tally} />
      <${Story} shops=${street.shops} told=${told} heard_ms=${live.heard_ms.value} />
    </main>`;
}

function nameOfMe() {
  const handle = me.value?.handle;
  return has(`street.name.${handle}`) ? t(`street.name.${handle}`) : me.value?.name ?? "";
}

function Controls({ told, onTell, children }) {
  const running = told.state === "running";
  const time = timeOf(told.minute);
  return html`<div class="street-controls" data-test="controls" data-state=${told.state}>
    <span class="street-clock" role="timer" aria-live="off" aria-label=${t("street.clock", { time })}
      data-test="clock"><${Icon} name="clock" />${time}</span>
    ${told.state !== "over" && html`<${Button} small onPress=${() => onTell(running ? "pause" : "start")} test="start">
      <${Icon} name=${running ? "circle-pause" : "play"} />
      ${t(running ? "street.pause" : told.state === "paused" ? "street.go_on" : "street.start")}</${Button}>`}
    <${Button} kind="plain" small onPress=${() => onTell("faster")} test="faster"
      aria-label=${t("street.faster_what", { n: told.speed })}>${t("street.faster", { n: told.speed })}</${Button}>
    <${Button} kind="plain" small onPress=${() => onTell("again")} test="again">
      <${Icon} name="rotate-ccw" />${t("street.again")}</${Button}>
    ${children}
  </div>`;
}

render(html`<${Page} />`, document.getElementById("app"));
