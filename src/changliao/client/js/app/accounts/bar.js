// At the foot of a conversation with an account: its menu, and the way to the keyboard.
import { html, useEffect, useState } from "../../dom.js";
import { get, post } from "../../api.js";
import { t } from "../../i18n.js";
import { go } from "../../router.js";
import { sentence } from "../../say.js";
import { Icon, useToast } from "../../ui.js";
import { menu } from "../menu.js";
import { openTalk } from "./account.js";

/** `Bar({row, children})`: the account's menu; `children` is what one writes with, where one may write. */
export function Bar({ row, children }) {
  const [account, setAccount] = useState(null);
  const [keys, setKeys] = useState(false);
  const toast = useToast();
  const path = `/v1/accounts/${encodeURIComponent(row.peer.id)}`;
  const feed = row.k === "account";
  useEffect(() => {
    get(path).then((found) => {
      setAccount(found);
      setKeys(!found.menu.length && !feed);
    }, () => setKeys(!feed)); // An account that has gone leaves its words, and what one may write with.
  }, [path]);
  const write = () => {
    if (feed) post(`${path}/talk`, {}).then(openTalk).catch((error) => toast(sentence(error)));
    else setKeys(true);
  };
  const press = (button) => {
    const { kind, key, url, article, entrance } = button;
    if (kind === "link") open(url, "_blank", "noopener,noreferrer");
    else if (kind === "article") go(`/articles/${article}`);
    else if (kind === "entrance") location.assign(`/discover#/open/${encodeURIComponent(entrance)}`);
    else post(`${path}/presses`, { key }).then((told) => told.conversation !== row.c && openTalk(told)).catch((error) => toast(sentence(error)));
  };
  const choose = (event, button) => {
    if (button.kind !== "menu") {
      press(button);
      return;
    }
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const items = button.buttons.map((one, n) => ({ words: one.name, icon: SIGNS[one.kind] ?? "message-circle", act: () => press(one), test: `menu-${n}` }));
    menu.value = { title: button.name, x: left, y: top - 52 * items.length - 16, items };
  };
  const buttons = account?.menu ?? [];
  if (keys) {
    return html`<div class="account-keys">${buttons.length > 0 && html`<button type="button" class="icon-button account-turn" onClick=${() => setKeys(false)}
      aria-label=${t("accounts.menu")} data-test="to-menu"><${Icon} name="list-checks" /></button>`}${children}</div>`;
  }
  return html`<footer class="composer account-bar" data-test="account-bar">
    ${account?.writable && html`<button type="button" class="icon-button" onClick=${write} aria-label=${t("accounts.keys")} data-test="to-keys"><${Icon} name="keyboard" /></button>`}
    ${buttons.map((button, n) => html`<button key=${n} type="button" class="account-button" onClick=${(event) => choose(event, button)}
      aria-haspopup=${button.kind === "menu" ? "menu" : undefined} data-test="bar-${n}"><bdi>${button.name}</bdi>${button.kind === "menu" && html`<${Icon} name="chevron-down" />`}</button>`)}
    ${account && !buttons.length && !account.writable && html`<p class="account-still">${t("talk.account_only")}</p>`}
  </footer>`;
}

const SIGNS = { link: "globe", article: "newspaper", entrance: "compass" };
