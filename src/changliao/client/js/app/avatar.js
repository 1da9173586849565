// The picture of a person, a group or an account; the first letter of the name where there is none.
import { html, useState } from "../dom.js";
import { mediaUrl } from "../chat/upload.js";
import { Icon, Mark } from "../ui.js";

/** `Avatar({name, media, size, group})` */
export function Avatar({ name = "", media = null, size = "m", group = false }) {
  const [broken, setBroken] = useState(null);
  if (media && broken !== media) {
    return html`<img class="avatar mark mark-${size}" src=${mediaUrl(media, { thumbnail: true })} alt=""
      loading="lazy" onError=${() => setBroken(media)} />`;
  }
  if (group) return html`<span class="avatar mark mark-${size} mark-group" aria-hidden="true"><${Icon} name="users-round" /></span>`;
  return html`<${Mark} name=${name || "·"} size=${size} />`;
}

/** `Badge({n, quiet, label})`: a number in red, or a dot for what is muted. */
export function Badge({ n = 0, quiet = false, label }) {
  if (!n) return null;
  return html`<span class="badge ${quiet ? "badge-quiet" : ""}" data-test="badge" aria-label=${label}>
    ${quiet ? "" : n > 99 ? "99+" : n}</span>`;
}
