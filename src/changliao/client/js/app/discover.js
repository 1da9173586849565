// The third tab: entrances to partners, and what else there is.
import { html } from "../dom.js";
import { get } from "../api.js";
import { t } from "../i18n.js";
import { Cell, Cells, Mark } from "../ui.js";
import { useAsked } from "../wallet/frame.js";
import { mediaUrl } from "../chat/upload.js";

/** What opens an entrance; the frame of entrances hands itself in. */
export const opener = { open: null };

/** The list of what can be opened. */
export function Discover() {
  const asked = useAsked(() => get("/v1/entrances?place=discover"), []);
  const items = asked.found?.items ?? [];
  return html`<section class="pane" data-test="discover">
    <header class="pane-head"><h1>${t("tab.discover")}</h1></header>
    <div class="pane-body pane-cells">
      ${items.length > 0 && html`<${Cells} title=${t("discover.partners")}>${items.map((one) => html`<${Cell} key=${one.id}
        title=${one.title ?? one.name} note=${one.note ?? one.partner} test="entrance" onPress=${() => opener.open?.(one)}
        lead=${one.icon ? html`<img class="entrance-sign" src=${mediaUrl(one.icon, { thumbnail: true })} alt="" />`
          : html`<${Mark} name=${one.title ?? one.name} size="s" />`} />`)}</${Cells}>`}
      <${Cells}>
        <${Cell} icon="wallet" title=${t("wallet.title")} note=${t("discover.wallet")} href="/wallet" test="to-wallet" />
        <${Cell} icon="search" title=${t("search")} note=${t("discover.search")} href="#/search" test="to-search" />
      </${Cells}>
      ${asked.found && !items.length && html`<p class="empty-line">${t("discover.none")}</p>`}
    </div></section>`;
}
