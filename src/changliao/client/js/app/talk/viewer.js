// A picture on the whole screen, and the ones before and after it in the conversation.
import { html, useEffect, useRef } from "../../dom.js";
import { mediaUrl } from "../../chat/upload.js";
import { t } from "../../i18n.js";
import { Icon } from "../../ui.js";

/** `Viewer({entry, lines, onMove, onClose})`: open while there is an entry. */
export function Viewer({ entry, lines, onMove, onClose }) {
  return entry?.b.media ? html`<${Open} entry=${entry} lines=${lines} onMove=${onMove} onClose=${onClose} />` : null;
}

function Open({ entry, lines, onMove, onClose }) {
  const box = useRef(null);
  const swipe = useRef(null);
  useEffect(() => { box.current.showModal(); }, []);
  const all = lines.filter(({ entry: one }) => one.k === "image" && one.b.media).map((line) => line.entry);
  const place = all.findIndex(({ s }) => s === entry.s);
  const move = (by) => all[place + by] && onMove(all[place + by]);
  const onKeyDown = ({ key }) => key === "ArrowLeft" ? move(-1) : key === "ArrowRight" && move(1);
  const up = (event) => {
    const by = event.clientX - (swipe.current ?? event.clientX);
    swipe.current = null;
    if (Math.abs(by) > 60) move(by > 0 ? -1 : 1);
    else if (event.target.tagName !== "BUTTON" && Math.abs(by) < 6 && event.target === box.current) onClose();
  };
  const { media, name } = entry.b;
  return html`<dialog class="viewer" ref=${box} onClose=${onClose} onKeyDown=${onKeyDown} aria-label=${t("kind.image")} data-test="viewer"
      onPointerDown=${(event) => { swipe.current = event.clientX; }} onPointerUp=${up}>
    <img src=${mediaUrl(media)} alt=${name ?? t("kind.image")} draggable=${false} />
    <div class="viewer-ways">
      ${place > 0 && html`<button type="button" class="viewer-way" onClick=${() => move(-1)} aria-label=${t("image.before")}><${Icon} name="chevron-left" /></button>`}
      <a class="viewer-way" href=${mediaUrl(media)} download=${name || "image"} aria-label=${t("image.save")}><${Icon} name="download" /></a>
      <button type="button" class="viewer-way" onClick=${() => box.current.close()} aria-label=${t("close")} data-test="viewer-close"><${Icon} name="x" /></button>
      ${place < all.length - 1 && html`<button type="button" class="viewer-way" onClick=${() => move(1)} aria-label=${t("image.after")}><${Icon} name="chevron-right" /></button>`}
    </div></dialog>`;
}
