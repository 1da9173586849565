// Notices while nobody looks: switched on for this device, quiet at times, with or without content.
import { html, useEffect, useRef, useState } from "../dom.js";
import { get, post, put, remove } from "../api.js";
import { language, t } from "../i18n.js";
import { keep, recall } from "../keep.js";
import { sentence } from "../say.js";
import { whyNotSafe } from "../secure.js";
import { me } from "../session.js";
import { teach } from "../teach.js";
import { Cell, Cells, useBusy, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import en from "../words/notices.en.js";
import zh from "../words/notices.zh-CN.js";
import { Page, Turn } from "./parts.js";

teach({ en, "zh-CN": zh });

const PATH = "/v1/push/subscriptions";
const NIGHT = { quiet_from: "22:00", quiet_to: "07:00" };
/** Where the service worker finds its words; it has no catalogue of its own. */
const WORDS = { cache: "notices", path: "/notices/words" };

const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function teachWorker() {
  const all = language.value === "zh-CN" ? zh : en;
  const words = Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith("notice.")));
  const cache = await caches.open(WORDS.cache);
  await cache.put(WORDS.path, new Response(JSON.stringify(words)));
}

const fromUrl64 = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const sameKey = (kept, wanted) => kept && String(new Uint8Array(kept)) === String(wanted);

async function subscribe() {
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = fromUrl64((await get("/v1/push/key")).key);
  let found = await pushManager.getSubscription();
  if (found && !sameKey(found.options.applicationServerKey, key)) {
    await found.unsubscribe();
    found = null;
  }
  found ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = found.toJSON();
  const made = await post(PATH, { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  await teachWorker();
  keep("notices", me.value.id);
  return made;
}

/** Go on telling this browser after its session or its push service changed; once when the app starts. */
export async function renew() {
  if (!able() || recall("notices") !== me.value?.id || Notification.permission !== "granted") return;
  await subscribe().catch(() => {}); // Without the network the next start does it.
}

/** Whether this device is told, and when and how all devices of mine are. */
export function Notices() {
  const asked = useAsked(() => Promise.all([get(PATH), get("/v1/push/settings")]), []);
  const why = whyNotSafe() ?? (able() ? null : t("notices.cannot"));
  return html`<${Page} title=${t("notices.title")} back="/me" test="notices-page">
    ${why ? html`<p class="end-line" data-test="no-notices">${why}</p>`
      : html`<${Asked} asked=${asked}>${([{ items }, settings]) => html`<${Here} mine=${items.find(({ current }) => current)} onDone=${asked.again} />
        <${Wishes} settings=${settings} />`}</${Asked}>`}</${Page}>`;
}

function Here({ mine, onDone }) {
  const [busy, run] = useBusy();
  const toast = useToast();
  const denied = Notification.permission === "denied";
  const turn = (on) => run(async () => {
    try {
      if (on) {
        if ((await Notification.requestPermission()) === "granted") await subscribe();
      } else {
        await remove(`${PATH}/${mine.id}`);
        keep("notices", null);
        await (await (await navigator.serviceWorker.ready).pushManager.getSubscription())?.unsubscribe();
      }
    } catch (error) {
      toast(error instanceof DOMException ? t("notices.failed") : sentence(error));
    }
    await onDone();
  });
  return html`<${Cells} note=${denied ? t("notices.denied") : t("notices.others")}>
    <${Turn} title=${t("notices.on")} note=${t("notices.on_note")} on=${Boolean(mine) && !denied} onTurn=${turn} disabled=${busy || denied} test="notices-on" /></${Cells}>`;
}

function Wishes({ settings }) {
  const [now, setNow] = useState(settings);
  const toast = useToast();
  const sent = useRef(null);
  const quiet = now.quiet_from !== null;
  useEffect(() => setNow(settings), [settings]);
  const change = async (said) => {
    const wanted = { ...now, ...said, offset_min: -new Date().getTimezoneOffset() };
    setNow(wanted);
    try {
      // One after the other: each says everything, so the newest must be the last that arrives.
      await (sent.current = Promise.allSettled([sent.current]).then(() => put("/v1/push/settings", wanted)));
    } catch (error) {
      setNow(now);
      toast(sentence(error));
    }
  };
  const hour = (name, title) => html`<${Cell} title=${title} tail=${html`<input type="time" class="cell-time" aria-label=${title} value=${now[name]} required
    onChange=${({ currentTarget }) => currentTarget.value && change({ [name]: currentTarget.value })} data-test=${name} />`} />`;
  return html`<${Cells}><${Turn} title=${t("notices.content")} note=${t("notices.content_note")} on=${now.content} onTurn=${(content) => change({ content })}
      test="notices-content" /></${Cells}>
    <${Cells} note=${t("notices.everywhere")}><${Turn} title=${t("notices.quiet")} note=${t("notices.quiet_note")} on=${quiet}
      onTurn=${(on) => change(on ? NIGHT : { quiet_from: null, quiet_to: null })} test="notices-quiet" />
      ${quiet && hour("quiet_from", t("notices.from"))}${quiet && hour("quiet_to", t("notices.to"))}</${Cells}>`;
}
