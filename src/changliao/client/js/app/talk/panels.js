// What opens below the line one writes in: emoji and stickers, and the things one may send.
import { html, useRef, useState } from "../../dom.js";
import { t } from "../../i18n.js";
import { Icon } from "../../ui.js";
import { EMOJI, STICKER_NAMES, Sticker } from "./stickers.js";

/** `EmojiPanel({onEmoji, onSticker})` */
export function EmojiPanel({ onEmoji, onSticker }) {
  const [face, setFace] = useState("emoji");
  return html`<div class="panel" data-test="emoji-panel">
    <div class="panel-tabs segments" role="radiogroup" aria-label=${t("panel.faces")}>
      ${["emoji", "stickers"].map((one) => html`<button key=${one} type="button" role="radio" class="segment"
        aria-checked=${face === one} onClick=${() => setFace(one)} data-test="panel-${one}">${t(`panel.${one}`)}</button>`)}
    </div>
    ${face === "emoji"
      ? html`<div class="panel-emoji">${EMOJI.map((one) => html`<button key=${one} type="button" class="panel-one"
          onClick=${() => onEmoji(one)}>${one}</button>`)}</div>`
      : html`<div class="panel-stickers">${STICKER_NAMES.map((name) => html`<button key=${name} type="button"
          class="panel-sticker" onClick=${() => onSticker(name)} data-test="sticker-${name}"><${Sticker} name=${name} /></button>`)}</div>`}
  </div>`;
}

/** `ThingsPanel({onFiles, onLocation, onContact})`: pictures, files, where I am, somebody's card. */
export function ThingsPanel({ onFiles, onLocation, onContact }) {
  const pictures = useRef(null);
  const camera = useRef(null);
  const files = useRef(null);
  const things = [
    ["image", "kind.image", () => pictures.current.click(), "send-image"],
    ["camera", "panel.camera", () => camera.current.click(), "send-camera"],
    ["file", "kind.file", () => files.current.click(), "send-file"],
    ["map-pin", "kind.location", onLocation, "send-location"],
    ["contact-round", "kind.contact", onContact, "send-contact"],
  ];
  const chosen = (kind) => (event) => {
    const found = [...event.currentTarget.files];
    event.currentTarget.value = "";
    if (found.length) onFiles(found, kind);
  };
  return html`<div class="panel panel-things" data-test="things-panel">
    <input ref=${pictures} type="file" accept="image/*" multiple hidden onChange=${chosen("image")} data-test="image-input" />
    <input ref=${camera} type="file" accept="image/*" capture="environment" hidden onChange=${chosen("image")} />
    <input ref=${files} type="file" multiple hidden onChange=${chosen("file")} data-test="file-input" />
    ${things.map(([icon, words, act, test]) => html`<button key=${test} type="button" class="thing" onClick=${act} data-test=${test}>
      <span class="thing-sign"><${Icon} name=${icon} /></span><span>${t(words)}</span></button>`)}
  </div>`;
}
