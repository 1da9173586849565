// The entrances of a place, as cells that open.
import { html, useState } from "../dom.js";
import { get } from "../api.js";
import { language, t } from "../i18n.js";
import { sentence } from "../say.js";
import { Cell, Cells, Icon, State, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { openInTab, opensInside } from "./open.js";

/** What an entrance is called in the language spoken now. */
export function titleOf({ title }) {
  return title[language.value] || title.en;
}

/**
 * `Doors({place, onOpen})`: the entrances of a place. On a phone `onOpen(entrance)` shows the page in a
 * frame (see EntranceFrame); on a PC a tab opens. Draws its own loading, empty and error states.
 */
export function Doors({ place = "discover", onOpen }) {
  const asked = useAsked(() => get(`/v1/entrances?place=${encodeURIComponent(place)}`), [place]);
  return html`<${Asked} asked=${asked} lines=${3}>${({ items }) => items.length
    ? html`<${Cells} data-test="doors">${items.map((one) => html`<${Door} key=${one.id} entrance=${one} onOpen=${onOpen} />`)}</${Cells}>`
    : html`<${State} icon="store" title=${t("discover.empty")} text=${t("discover.empty_text")} test="no-doors" />`}</${Asked}>`;
}

function Door({ entrance, onOpen }) {
  const say = useToast();
  const [busy, setBusy] = useState(false);
  const inside = opensInside();
  const open = async () => {
    if (inside) return onOpen(entrance);
    setBusy(true);
    try {
      await openInTab(entrance);
    } catch (error) {
      say(sentence(error));
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  const subtitle = entrance.subtitle[language.value] || entrance.partner;
  return html`<${Cell} lead=${html`<span class="door-sign"><${Icon} name=${entrance.icon} /></span>`}
    title=${html`<bdi>${titleOf(entrance)}</bdi>`} note=${html`<bdi>${subtitle}</bdi>`} onPress=${open} disabled=${busy}
    tail=${inside ? undefined : html`<${Icon} name="external-link" label=${t("door.tab")} />`} test="door" />`;
}
