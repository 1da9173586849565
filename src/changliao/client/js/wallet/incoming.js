// What shops want to pay: taken or declined with one press each.
import { html, useEffect, useState } from "../dom.js";
import { get, newKey, postKeyed } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { sentence } from "../say.js";
import { Button, Mark, PlayPill, useToast } from "../ui.js";

const HERE = "/v1/wallet/incoming_transfers";

/** `Incoming({onTaken})`: a panel for each transfer that waits; nothing when none does. */
export function Incoming({ onTaken }) {
  const [waiting, setWaiting] = useState([]);
  useEffect(() => {
    let stale = false;
    get(`${HERE}?status=waiting`).then(({ items }) => stale || setWaiting(items), () => {}); // The wallet above has said what is wrong.
    return () => { stale = true; };
  }, []);
  const gone = ({ id }) => setWaiting((all) => all.filter((one) => one.id !== id));
  return waiting.map((one) => html`<${Offer} key=${one.id} offer=${one} onGone=${() => gone(one)} onTaken=${onTaken} />`);
}

function Offer({ offer, onGone, onTaken }) {
  const [keys] = useState(() => ({ acceptance: newKey(), refusal: newKey() }));
  const say = useToast();
  const { id, shop_name: shop, amount, currency, description, mode } = offer;
  const answer = async (what) => {
    try {
      await postKeyed(`${HERE}/${encodeURIComponent(id)}/${what}`, undefined, { key: keys[what] });
      say(t(`incoming.${what}_done`, { amount: money(amount, currency) }));
    } catch (error) {
      say(sentence(error));
      if (!error.definite) return;
    }
    onGone();
    onTaken();
  };
  return html`<article class="panel offer ${mode === "test" ? "tone-play" : ""}" data-test="incoming">
    <div class="mandate-head">
      <${Mark} name=${shop} size="m" />
      <h2 class="mandate-shop">${t("incoming.title", { shop, amount: money(amount, currency) })}</h2>
      ${mode === "test" && html`<${PlayPill} />`}
    </div>
    ${description && html`<p>${description}</p>`}
    <div class="wallet-card-ways">
      <${Button} small onPress=${() => answer("acceptance")} test="incoming-accept">${t("incoming.accept")}</${Button}>
      <${Button} kind="quiet-danger" small onPress=${() => answer("refusal")} test="incoming-decline">${t("incoming.decline")}</${Button}>
    </div>
  </article>`;
}
