// A partner's page inside the app: our bar above it, its page below, our own sheets and cashier over both.
import { html, useEffect, useRef, useState } from "../dom.js";
import { post } from "../api.js";
import { language, t } from "../i18n.js";
import { sayError } from "../say.js";
import { me } from "../session.js";
import { Button, Cell, Cells, Icon, Loading, Sheet, State } from "../ui.js";
import { FrameCashier } from "./cashier.js";
import { ConsentList } from "./consents.js";
import { titleOf } from "./doors.js";
import { Identity } from "./identity.js";
import { launch } from "./open.js";
import { Share } from "./share.js";
import { talk } from "./talk.js";

const SANDBOX = "allow-scripts allow-forms allow-same-origin allow-popups";
const TITLE_MAX = 40;

/**
 * `EntranceFrame({entrance, from, path, onClose})`: opens an entrance over the whole window. `from` is the
 * conversation whose card led here, `path` the page that the card names. The page that draws this needs
 * the entrance's origin in its `frame-src`. Stands within a `Stage`.
 */
export function EntranceFrame({ entrance, from, path, onClose }) {
  const [opened, setOpened] = useState(null); // {launch, url, origin}
  const [trouble, setTrouble] = useState(null);
  const [title, setTitle] = useState("");
  const [menu, setMenu] = useState(""); // menu, consents
  const [asking, setAsking] = useState(null); // {kind, said, done}
  const frame = useRef(null);
  const begin = async () => {
    setTrouble(null);
    setOpened(null);
    try {
      setOpened(await launch(entrance, { from, path }));
    } catch (error) {
      setTrouble(error);
    }
  };
  useEffect(() => { begin(); }, [entrance.id, path]);
  useForbidden(entrance.origin, () => setTrouble({ code: "frame_forbidden" }));
  useTalk({ opened, frame, setTitle, setAsking, onClose });
  const name = entrance.partner || titleOf(entrance);
  const paying = asking?.kind === "pay"; // Nothing below the cashier can be reached meanwhile.
  const done = (answer) => { asking.done(answer); setAsking(null); };
  return html`<section class="entrance" aria-label=${name} data-test="entrance">
    <header class="entrance-bar" inert=${paying}>
      <button type="button" class="icon-button" onClick=${onClose} aria-label=${t("entrance.leave")} data-test="entrance-leave">
        <${Icon} name="x" /></button>
      <div class="entrance-names"><strong><bdi>${title || titleOf(entrance)}</bdi></strong>
        <small data-test="entrance-partner"><${Icon} name="store" /><bdi>${name}</bdi></small></div>
      <button type="button" class="icon-button" onClick=${() => setMenu("menu")} aria-label=${t("entrance.menu")}
        data-test="entrance-menu"><${Icon} name="ellipsis" /></button>
    </header>
    <div class="entrance-page" inert=${paying}>
      ${trouble ? html`<${Closed} error=${trouble} onAgain=${begin} onClose=${onClose} />`
        : !opened ? html`<${Loading} what=${t("entrance.opening", { name })} />`
        : html`<iframe key=${opened.launch} ref=${frame} class="entrance-frame" src=${opened.url} sandbox=${SANDBOX}
            referrerpolicy="origin" title=${name} data-test="entrance-frame"></iframe>`}
    </div>
    <${Sheet} open=${menu === "menu"} title=${name} onClose=${() => setMenu("")} test="entrance-menu-sheet">
      <div class="sheet-form"><${Cells}>
        <${Cell} icon="send" title=${t("entrance.share")} disabled=${!opened} test="menu-share"
          onPress=${() => { setMenu(""); setAsking({ kind: "share", said: { title: title || titleOf(entrance), text: "", path: path || "" }, done() {} }); }} />
        <${Cell} icon="shield-check" title=${t("consents.title")} onPress=${() => setMenu("consents")} test="menu-consents" />
        <${Cell} icon="refresh-cw" title=${t("entrance.again")} onPress=${() => { setMenu(""); begin(); }} test="menu-again" />
      </${Cells}><p class="entrance-where">${t("entrance.where", { origin: entrance.origin })}</p></div>
    </${Sheet}>
    <${Sheet} open=${menu === "consents"} title=${t("consents.title")} onClose=${() => setMenu("")} test="entrance-consents">
      <div class="sheet-form"><${ConsentList} appId=${entrance.app_id} /></div>
    </${Sheet}>
    ${paying && html`<${FrameCashier} shown=${asking.said} onDone=${done} />`}
    <${Identity} asked=${asking?.kind === "whoAmI" ? asking.said : null} appId=${entrance.app_id} name=${name} onDone=${done} />
    <${Share} card=${asking?.kind === "share" ? asking.said : null} launch=${opened?.launch} onDone=${done} />
  </section>`;
}

/** Answers the page while it is open. */
function useTalk({ opened, frame, setTitle, setAsking, onClose }) {
  const talking = useRef(null);
  const known = () => ({ launch: opened.launch, language: language.value, edition: me.value?.edition ?? "" });
  useEffect(() => {
    if (!opened) return undefined;
    const show = (kind, said) => new Promise((done) => { setAsking({ kind, said, done }); });
    const of = (noun) => `/v1/launches/${encodeURIComponent(opened.launch)}/${noun}`;
    const identity = (scopes) => post(of("tokens"), { scopes });
    talking.current = talk({
      frame: () => frame.current, origin: opened.origin, known,
      answers: {
        quick: {
          close: () => { setTimeout(onClose); },
          title: ({ text }) => { setTitle(oneLine(text)); },
        },
        asking: {
          async whoAmI({ scopes = [] }) {
            const found = await identity(scopes);
            if (found.undecided.length === 0) return found;
            await show("whoAmI", found);
            return identity(scopes);
          },
          async pay({ payment }) {
            return show("pay", await post(of("payments"), { payment: String(payment) }));
          },
          share: (card) => show("share", card),
        },
      },
    });
    return () => {
      talking.current.stop();
      setAsking(null);
    };
  }, [opened]);
  useEffect(() => { if (opened) talking.current?.tell(); }, [language.value]);
}

function oneLine(text) {
  return Array.from(String(text ?? "").replace(/\p{C}/gu, " ").trim()).slice(0, TITLE_MAX).join("");
}

/** The page around us was loaded before this partner might be framed: `then` is called. */
function useForbidden(origin, then) {
  useEffect(() => {
    const hear = ({ effectiveDirective, blockedURI }) => {
      if (effectiveDirective === "frame-src" && blockedURI.startsWith(origin)) then();
    };
    document.addEventListener("securitypolicyviolation", hear);
    return () => document.removeEventListener("securitypolicyviolation", hear);
  }, [origin]);
}

function Closed({ error, onAgain, onClose }) {
  const stale = error.code === "frame_forbidden";
  const { title, text } = stale ? { title: t("entrance.new"), text: t("entrance.new_text") } : sayError(error);
  return html`<${State} icon=${stale ? "refresh-cw" : "circle-alert"} title=${title} text=${text} test="entrance-trouble">
    <${Button} onPress=${stale ? () => location.reload() : onAgain} test="again">${t(stale ? "entrance.reload" : "again")}</${Button}>
    <${Button} kind="quiet" onPress=${onClose}>${t("back")}</${Button}>
  </${State}>`;
}
