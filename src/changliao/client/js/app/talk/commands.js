// What may be typed after a slash here: the commands of the bots that listen.
import { html, useEffect, useState } from "../../dom.js";
import { get } from "../../api.js";
import { language, t } from "../../i18n.js";

const MOST = 8;
const kept = new Map(); // By conversation, for as long as the page lives; a new look at each first slash.

/** `CommandList({c, words, onPick, keys})`: `keys(take)` hands over what takes keys while it is open. */
export function CommandList({ c, words, onPick, keys }) {
  const [all, setAll] = useState(kept.get(c) ?? []);
  const [place, setPlace] = useState(0);
  useEffect(() => {
    let here = true;
    get(`/v1/conversations/${c}/commands`).then(({ items }) => {
      kept.set(c, items);
      if (here) setAll(items);
    }, () => {}); // Without a list one can type all the same.
    return () => { here = false; };
  }, [c]);
  const found = all.filter(({ name }) => name.startsWith(words)).slice(0, MOST);
  const at = Math.min(place, found.length - 1);
  const twice = (name) => all.filter((one) => one.name === name).length > 1;
  const typed = (one) => `/${one.name}${twice(one.name) ? `@${one.handle}` : ""} `;
  useEffect(() => {
    keys((key) => {
      if (!found.length) return false;
      if (key === "ArrowDown") setPlace((at + 1) % found.length);
      else if (key === "ArrowUp") setPlace((at - 1 + found.length) % found.length);
      else if (key === "Tab" || (key === "Enter" && found[at].name !== words)) onPick(typed(found[at]));
      else return false;
      return true;
    });
    return () => keys(null);
  });
  if (!found.length) return null;
  return html`<div class="mentions" role="listbox" aria-label=${t("commands.title")} data-test="commands">
    ${found.map((one, n) => html`<button key=${one.bot + one.name} type="button" role="option" aria-selected=${n === at}
      class="mention-one" onClick=${() => onPick(typed(one))}><bdi>/${one.name}</bdi>
      <span class="mention-handle"><bdi>${language.value === "zh-CN" ? one.zh : one.en}</bdi> · <bdi>${one.bot_name}</bdi></span></button>`)}
  </div>`;
}
