// The third tab: entrances to partners, and what else there is.
import { html } from "../dom.js";
import { get } from "../api.js";
import { openInTab, opensInside } from "../entrance/open.js";
import { language, t } from "../i18n.js";
import { sentence } from "../say.js";
import { Cell, Cells, Icon, useToast } from "../ui.js";
import { useAsked } from "../wallet/frame.js";

/** A page of its own may show partners' pages in a frame; this one may not. */
const FRAMES = "/discover";

/** The list of what can be opened. */
export function Discover() {
  const asked = useAsked(() => get("/v1/entrances?place=discover"), []);
  const items = asked.found?.items ?? [];
  return html`<section class="pane" data-test="discover">
    <header class="pane-head"><h1>${t("tab.discover")}</h1></header>
    <div class="pane-body pane-cells">
      ${items.length > 0 && html`<${Cells} title=${t("discover.partners")}>
        ${items.map((one) => html`<${Door} key=${one.id} entrance=${one} />`)}</${Cells}>`}
      <${Cells}>
        <${Cell} icon="newspaper" title=${t("accounts.title")} note=${t("discover.accounts")} href="#/contacts/accounts" test="to-accounts" />
        <${Cell} icon="wallet" title=${t("wallet.title")} note=${t("discover.wallet")} href="/wallet" test="to-wallet" />
        <${Cell} icon="search" title=${t("search")} note=${t("discover.search")} href="#/search" test="to-search" />
      </${Cells}>
      ${asked.found && !items.length && html`<p class="empty-line">${t("discover.none")}</p>`}
    </div></section>`;
}

function Door({ entrance }) {
  const say = useToast();
  const spoken = (words) => words?.[language.value] || words?.en || "";
  const open = async () => {
    if (opensInside()) {
      location.assign(`${FRAMES}#/open/${encodeURIComponent(entrance.id)}`);
      return;
    }
    try {
      await openInTab(entrance);
    } catch (error) {
      say(sentence(error));
    }
  };
  return html`<${Cell} title=${html`<bdi>${spoken(entrance.title)}</bdi>`}
    note=${html`<bdi>${spoken(entrance.subtitle) || entrance.partner}</bdi>`} onPress=${open} test="entrance"
    lead=${html`<span class="entrance-sign"><${Icon} name=${entrance.icon} /></span>`} />`;
}
