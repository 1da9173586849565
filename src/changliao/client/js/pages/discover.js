// The page /discover: what partners offer here, and their pages when one is opened.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { get } from "../api.js";
import { ConsentList } from "../entrance/consents.js";
import { Doors } from "../entrance/doors.js";
import { EntranceFrame } from "../entrance/frame.js";
import { teachEntrances } from "../entrance/words.js";
import { t } from "../i18n.js";
import { go, match, place, to } from "../router.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { Cell, Cells, Icon, Loading, OfflineBar, Stage, State, Trouble } from "../ui.js";

teachEntrances();

/** Whoever came from the app goes back there. */
const CAME_FROM_APP = document.referrer.startsWith(`${location.origin}/app`);
const ROUTES = [["/", Discover], ["/consents", Consents], ["/open/:id", Opened]];

effect(() => {
  document.title = `${t("discover.title")} · ${t("brand")}`;
});

function Page() {
  const [trouble, setTrouble] = useState(null);
  const learn = () => {
    setTrouble(null);
    return learnMe().then((person) => person || askToSignIn(), setTrouble);
  };
  useEffect(() => { learn(); }, []);
  const found = match(ROUTES, place.value.path);
  return html`<${Stage} tone="discover">
    <${OfflineBar} />
    <main class="discover-main">
      ${trouble ? html`<${Trouble} error=${trouble} onAgain=${learn} />`
        : !me.value ? html`<${Loading} card />`
        : found ? html`<${found.screen} key=${place.value.path} ...${found.values} />`
        : html`<${State} icon="link-2-off" title=${t("nowhere.title")} />`}
    </main>
  </${Stage}>`;
}

function Discover() {
  return html`<${Top} title=${t("discover.title")} />
    <${Doors} place="discover" onOpen=${({ id }) => go(`/open/${id}`)} />
    <${Cells}><${Cell} icon="shield-check" title=${t("consents.title")} note=${t("consents.what")} href=${to("/consents")} test="to-consents" /></${Cells}>`;
}

function Consents() {
  return html`<${Top} title=${t("consents.title")} back />
    <${ConsentList} />`;
}

function Top({ title, back = false }) {
  return html`<header class="discover-top">
    ${back && html`<a class="icon-button" href=${to("/")} aria-label=${t("back")} data-test="back"><${Icon} name="chevron-left" /></a>`}
    <h1>${title}</h1></header>`;
}

/** An entrance by its id, as the address names it: a reload opens it anew. */
function Opened({ id }) {
  const [entrance, setEntrance] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const leave = () => (CAME_FROM_APP ? location.replace("/app#/discover") : go("/"));
  useEffect(() => {
    get("/v1/entrances").then(({ items }) => {
      const found = items.find((one) => one.id === id);
      if (found) setEntrance(found);
      else leave();
    }, setTrouble);
  }, [id]);
  if (trouble) return html`<${Trouble} error=${trouble} onAgain=${leave} />`;
  return entrance && html`<${EntranceFrame} entrance=${entrance} onClose=${leave} />`;
}

render(html`<${Page} />`, document.getElementById("app"));
