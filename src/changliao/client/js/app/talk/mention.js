// Who may be meant by the @ one just wrote.
import { html, useEffect, useState } from "../../dom.js";
import { EVERYBODY } from "../../chat/state.js";
import { t } from "../../i18n.js";
import { me } from "../../session.js";
import { Avatar } from "../avatar.js";

const MOST = 8;

/** `MentionList({words, members, all, onPick, keys})`: `all` offers everybody; `keys(take)` hands over what takes keys while it is open. */
export function MentionList({ words, members, all, onPick, keys }) {
  const [place, setPlace] = useState(0);
  const low = words.toLowerCase();
  const everybody = { id: EVERYBODY, name: t("mention.all"), handle: "" };
  const found = [...(members ?? []), ...(all ? [everybody] : [])].filter((one) => one.id !== me.value.id
    && [one.name, one.remark, one.handle, one.nickname].some((said) => said?.toLowerCase().includes(low))).slice(0, MOST);
  const at = Math.min(place, found.length - 1);
  useEffect(() => {
    keys((key) => {
      if (!found.length) return false;
      if (key === "ArrowDown") setPlace((at + 1) % found.length);
      else if (key === "ArrowUp") setPlace((at - 1 + found.length) % found.length);
      else if (key === "Enter" || key === "Tab") onPick(found[at]);
      else return false;
      return true;
    });
    return () => keys(null);
  });
  if (!found.length) return null;
  return html`<div class="mentions" role="listbox" aria-label=${t("mention.who")} data-test="mentions">
    ${found.map((one, n) => html`<button key=${one.id} type="button" role="option" aria-selected=${n === at}
      class="mention-one" onClick=${() => onPick(one)}><${Avatar} name=${one.name} media=${one.avatar} size="s" />
      <bdi>${one.remark || one.name}</bdi>${one.handle && html`<span class="mention-handle">@${one.handle}</span>`}</button>`)}
  </div>`;
}
