// What stands inside a bubble, one drawing for each kind of message.
import { html, useEffect, useRef, useState } from "../../dom.js";
import { fileOf } from "../../chat/live.js";
import { nameOf } from "../../chat/people.js";
import { EVERYBODY } from "../../chat/state.js";
import { mediaUrl } from "../../chat/upload.js";
import { has, t } from "../../i18n.js";
import { money } from "../../money.js";
import { to } from "../../router.js";
import { Icon, PlayPill } from "../../ui.js";
import { Avatar } from "../avatar.js";
import { snippet } from "../snippet.js";
import { Sticker } from "./stickers.js";

const LINK = /\bhttps?:\/\/[^\s<>"'，。！？；：、（）【】《》“”‘’\u4e00-\u9fff]+/g;
const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|[\u{1F3FB}-\u{1F3FF}])*\s?){1,3}$/u;
const MOST_PX = 220;
const LEAST_PX = 64;

/** Text with its addresses as links and its mentions told apart. */
export function rich(text, at = []) {
  const names = at.map((id) => (id === EVERYBODY ? t("mention.all") : nameOf(id))).filter(Boolean).map((name) => `@${name}`);
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(...mentions(text.slice(from, found.index), names));
    const url = found[0].replace(/[.,;:!?)\]]+$/, "");
    parts.push(html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow">${url}</a>`);
    from = found.index + url.length;
  }
  parts.push(...mentions(text.slice(from), names));
  return parts;
}

function mentions(text, names) {
  if (!names.length || !text.includes("@")) return [text];
  const pattern = new RegExp(`(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
  return text.split(pattern).map((part) => (names.includes(part) ? html`<span class="mention">${part}</span>` : part));
}

function Text({ entry }) {
  const { text = "" } = entry.b;
  if (EMOJI_ONLY.test(text) && text.length < 24) return html`<span class="say-emoji" dir="auto">${text}</span>`;
  return html`<span class="say-text" dir="auto">${rich(text, entry.at)}${entry.edited
    && html`<span class="edited">${t("edited")}</span>`}</span>`;
}

/** An address for a file that is on its way: shown before anybody else has it. */
function useOwnUrl(file) {
  const [url, setUrl] = useState(null);
  useEffect(() => {
    if (!file) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

function sized({ width, height }) {
  const scale = Math.min(1, MOST_PX / Math.max(width || MOST_PX, height || MOST_PX));
  return {
    width: Math.max(LEAST_PX, Math.round((width || MOST_PX) * scale)),
    height: Math.max(LEAST_PX, Math.round((height || MOST_PX) * scale)),
  };
}

function Picture({ entry, onView }) {
  const own = useOwnUrl(entry.s ? null : fileOf(entry.id));
  const [fails, setFails] = useState(0);
  const { media, name } = entry.b;
  const url = media ? mediaUrl(media, { thumbnail: fails === 0 }) : own; // A small one is its own thumbnail.
  const { width, height } = sized(entry.b);
  return html`<button type="button" class="say-image" onClick=${() => onView?.(entry)} data-test="image"
      aria-label=${t("image.open")}>
    ${url && fails < 2
      ? html`<img src=${url} width=${width} height=${height} alt=${name || t("kind.image")} onError=${() => setFails(fails + 1)} />`
      : html`<svg width=${width} height=${height} class="say-image-gone" role="img" aria-label=${t("image.gone")}></svg>`}
  </button>`;
}

const UNITS = ["B", "KB", "MB", "GB"];

/** A size as people say it. */
export function bytes(size) {
  let left = size ?? 0;
  let unit = 0;
  while (left >= 1024 && unit < UNITS.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${unit && left < 10 ? left.toFixed(1) : Math.round(left)} ${UNITS[unit]}`;
}

function File({ entry }) {
  const { media, name = "", size } = entry.b;
  return html`<a class="card card-file" href=${media ? mediaUrl(media) : undefined} download=${name} data-test="file">
    <span class="card-words"><strong class="card-title"><bdi>${name}</bdi></strong><span class="card-note">${bytes(size)}</span></span>
    <span class="card-sign"><${Icon} name="file-text" /></span></a>`;
}

function Voice({ entry }) {
  const own = useOwnUrl(entry.s ? null : fileOf(entry.id));
  const sound = useRef(null);
  const [playing, setPlaying] = useState(false);
  const { media, ms = 0 } = entry.b;
  const seconds = Math.max(1, Math.round(ms / 1000));
  const turn = () => {
    if (playing) sound.current.pause();
    else sound.current.play().catch(() => setPlaying(false));
  };
  const width = seconds > 30 ? "xl" : seconds > 10 ? "l" : seconds > 4 ? "m" : "s";
  return html`<button type="button" class="say-voice say-voice-${width}" onClick=${turn} data-test="voice"
      aria-label=${t(playing ? "voice.pause" : "voice.play", { n: seconds })}>
    <${Icon} name=${playing ? "pause" : "volume-2"} /><span>${seconds}″</span>
    <audio ref=${sound} src=${media ? mediaUrl(media) : own} preload="none" onPlay=${() => setPlaying(true)}
      onPause=${() => setPlaying(false)} onEnded=${() => setPlaying(false)}></audio></button>`;
}

const decimal = (micro) => (micro / 1e6).toFixed(6);

function Location({ entry }) {
  const { name, address, latitude, longitude } = entry.b;
  const href = `geo:${decimal(latitude)},${decimal(longitude)}`;
  return html`<a class="card card-location" href=${href} data-test="location">
    <span class="card-map" aria-hidden="true"><${Icon} name="map-pin" /></span>
    <span class="card-words"><strong class="card-title"><bdi>${name || t("kind.location")}</bdi></strong>
      <span class="card-note">${address || `${decimal(latitude)}, ${decimal(longitude)}`}</span></span></a>`;
}

function Contact({ entry }) {
  const { person, name = "", handle = "" } = entry.b;
  return html`<a class="card" href=${to(`/p/${person}`)} data-test="contact-card">
    <span class="card-line"><${Avatar} name=${name} media=${entry.b.avatar} />
      <span class="card-words"><strong class="card-title"><bdi>${name}</bdi></strong><span class="card-note">@${handle}</span></span></span>
    <span class="card-foot">${t("kind.contact")}</span></a>`;
}

function Article({ entry }) {
  const { article, title, digest, cover } = entry.b;
  return html`<a class="card" href=${to(`/articles/${article}`)} data-test="article">
    <strong class="card-title card-title-2"><bdi>${title}</bdi></strong>
    <span class="card-line"><span class="card-words card-note card-note-2">${digest}</span>
      ${cover && html`<img class="card-cover" src=${mediaUrl(cover, { thumbnail: true })} alt="" />`}</span>
    <span class="card-foot">${t("kind.article")}</span></a>`;
}

function Card({ entry }) {
  const { title, text, partner, image } = entry.b;
  return html`<div class="card" data-test="app-card">
    <strong class="card-title card-title-2"><bdi>${title}</bdi></strong>
    <span class="card-line"><span class="card-words card-note card-note-2">${text}</span>
      ${image && html`<img class="card-cover" src=${mediaUrl(image, { thumbnail: true })} alt="" />`}</span>
    <span class="card-foot"><${Icon} name="app-window" />${partner}</span></div>`;
}

function Pay({ entry }) {
  const { shop, amount, currency, description, status, play } = entry.b;
  const key = `pay_card.${status}`;
  return html`<div class="card card-pay" data-test="pay-card">
    <span class="card-kind">${has(key) ? t(key) : status}${play && html` <${PlayPill} />`}</span>
    <strong class="card-amount">${money(amount, currency)}</strong>
    <span class="card-note"><bdi>${shop}</bdi></span>
    <span class="card-note card-note-2">${description}</span>
    <span class="card-foot"><${Icon} name="receipt-text" />${t("kind.pay")}</span></div>`;
}

function Template({ entry }) {
  const { title, text, url } = entry.b;
  const words = html`<strong class="card-title card-title-2"><bdi>${title}</bdi></strong><span class="card-note card-lines-free" dir="auto">${text}</span>`;
  return /^https?:/.test(url ?? "") ? html`<a class="card" href=${url} target="_blank" rel="noopener noreferrer nofollow" data-test="template">${words}
      <span class="card-foot">${t("card.open")}</span></a>`
    : html`<div class="card" data-test="template">${words}</div>`;
}

function Forward({ entry, onForward }) {
  const { title, items = [] } = entry.b;
  return html`<button type="button" class="card" onClick=${() => onForward?.(entry)} data-test="forward">
    <strong class="card-title"><bdi>${title || t("forward.title")}</bdi></strong>
    <span class="card-note card-lines">${items.slice(0, 3).map((one, place) => html`<span key=${place}><bdi>${one.name}</bdi>:
      ${snippet(one)}</span>`)}</span>
    <span class="card-foot">${t("forward.n", { n: items.length })}</span></button>`;
}

function Unknown() {
  return html`<span class="say-text say-unknown">${t("kind.unknown")}</span>`;
}

const BODIES = {
  text: Text, image: Picture, file: File, voice: Voice, location: Location, contact: Contact, article: Article,
  card: Card, pay: Pay, forward: Forward, template: Template,
  sticker: ({ entry }) => html`<${Sticker} name=${entry.b.sticker} />`,
};
const BARE = new Set(["image", "sticker"]);
const CARDS = new Set(["file", "location", "contact", "article", "card", "pay", "forward", "template"]);

/** How a kind stands: `bare` without a bubble, `card` in the common frame, else `text`. */
export function shapeOf({ k, b }) {
  if (BARE.has(k) || (k === "text" && EMOJI_ONLY.test(b.text ?? "") && b.text.length < 24)) return "bare";
  return CARDS.has(k) ? "card" : "text";
}

/** `Body({entry, onView, onForward})` */
export function Body({ entry, ...rest }) {
  const Kind = BODIES[entry.k] ?? Unknown;
  return html`<${Kind} entry=${entry} ...${rest} />`;
}

/** The page behind a link, below the text it stands in. */
export function Preview({ preview }) {
  const { title, text, image } = preview;
  const url = /^https?:/.test(preview.url) ? preview.url : undefined;
  return html`<a class="card card-preview" href=${url} target="_blank" rel="noopener noreferrer nofollow" data-test="preview">
    ${image && html`<img class="card-cover" src=${mediaUrl(image, { thumbnail: true })} alt="" loading="lazy" />`}
    <span class="card-words"><strong class="card-title card-title-2"><bdi>${title || url}</bdi></strong>
      ${text && html`<span class="card-note card-note-2">${text}</span>`}
      <span class="card-note">${hostOf(url)}</span></span></a>`;
}

function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
