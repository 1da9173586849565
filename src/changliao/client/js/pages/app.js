// The page /app: chats, contacts, what can be opened, and oneself.
import { html, render, useEffect, useState } from "../dom.js";
import { CHAT_ICONS } from "../../vendor/lucide/chat_icons.js";
import { ICONS } from "../../vendor/lucide/icons.js";
import { Frame } from "../app/frame.js";
import { Welcome } from "../app/welcome.js";
import { start, stop } from "../chat/live.js";
import { askTicket } from "../chat/socket.js";
import { keep, recall } from "../keep.js";
import { go, match, place } from "../router.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { teach } from "../teach.js";
import { Brand, Loading, Stage, Trouble } from "../ui.js";
import en from "../words/app.en.js";
import zh from "../words/app.zh-CN.js";

Object.assign(ICONS, CHAT_ICONS);
teach({ en, "zh-CN": zh });

// An address from outside, `/app/join/abc` or `/u/lin`, becomes a place of this page.
const inside = location.pathname.replace(/^\/app\/?/, "/");
if (inside.length > 1) {
  history.replaceState(null, "", `/app${location.search}#${inside}`);
  dispatchEvent(new Event("hashchange"));
}

const KEPT = "who";
/** Where a link leads that was given to somebody who may not be here yet. */
const WELCOME = [["/u/:handle", null], ["/join/:code", null]];

function Page() {
  const [ready, setReady] = useState(false);
  const [trouble, setTrouble] = useState(null);
  const [guest, setGuest] = useState(false);
  const begin = async () => {
    setTrouble(null);
    const early = askTicket(); // Beside the question who one is, not after it.
    early.catch(() => {});
    try {
      await learnMe();
      if (!me.value && match(WELCOME, place.value.path)) {
        setGuest(true);
        return;
      }
      if (!me.value) {
        leave();
        return;
      }
      keep(KEPT, me.value);
    } catch (error) {
      me.value = recall(KEPT); // Without the network one reads what was kept.
      if (!me.value) {
        setTrouble(error);
        return;
      }
    }
    await start(me.value, leave, early);
    setReady(true);
    if (recall("notices")) import("../app/notices.js").then(({ renew }) => renew(), () => {});
  };
  useEffect(() => { begin(); }, []);
  return html`<${Stage} tone="app-stage">
    ${ready ? html`<${Frame} />` : guest ? html`<${Welcome} ...${match(WELCOME, place.value.path)?.values} />`
      : html`<div class="app-start"><${Brand} />${trouble ? html`<${Trouble} error=${trouble} onAgain=${begin} />` : html`<${Loading} lines=${5} />`}</div>`}
  </${Stage}>`;
}

function leave() {
  keep(KEPT, null);
  stop({ burn: true });
  askToSignIn();
}

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
  navigator.serviceWorker.addEventListener("message", ({ data }) => { if (data?.open) go(`/chats/${data.open}`); });
}

render(html`<${Page} />`, document.getElementById("app"));
