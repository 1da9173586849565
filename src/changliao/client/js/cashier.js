// The cashier: one payment from "how much, to whom" to "paid", on a phone, by QR from a PC, or embedded.
import { html, useEffect, useMemo, useRef, useState } from "./dom.js";
import { Choose } from "./cashier/choose.js";
import { Elsewhere, isElsewhere } from "./cashier/elsewhere.js";
import { follow } from "./cashier/follow.js";
import { usePress } from "./cashier/press.js";
import { Canceled, Expired, Gone, Processing, Result, Unsure } from "./cashier/outcomes.js";
import { Ticket } from "./cashier/ticket.js";
import { language, t } from "./i18n.js";
import { learnMe } from "./session.js";
import { SignIn } from "./sign_in.js";
import { Brand, LanguageSwitch, Loading, OfflineBar, Stage, Trouble } from "./ui.js";

const PHONE_WIDTH = 560;

function onPhone() {
  return matchMedia("(hover: none) and (pointer: coarse)").matches || innerWidth < PHONE_WIDTH;
}

/**
 * `Cashier({paymentId, token, first, embedded, via, onGo, onSettled})`. `first` is the view that the page
 * brought along, if it did. `embedded` draws it as a phone inside
 * its parent element, and never leaves the page by itself: `onGo(url)` is told instead. `via="qr"` says
 * that a phone came here by scanning. `onSettled(payment)` hears once of paid, authorized, canceled, expired.
 */
export function Cashier({ paymentId, token, first = null, embedded = false, via = null, onGo, onSettled }) {
  const followed = useMemo(() => follow(paymentId, token, first), [paymentId, token]);
  useEffect(() => () => followed.stop(), [followed]);
  const [phone] = useState(() => embedded || via === "qr" || onPhone());
  const press = usePress({ followed, paymentId, token, channel: phone ? "mobile" : "web" });
  const view = followed.view.value;
  const trouble = followed.trouble.value;
  const play = view?.payment.mode === "test";

  useEffect(() => {
    if (view?.me?.handle && !embedded) learnMe().catch(() => {});
  }, [view?.me?.handle]);
  useSettled(view?.payment, onSettled);
  useEffect(() => {
    if (view && !embedded) document.title = `${t("cashier.title", { shop: view.shop.name })} · ${t("brand.pay")}`;
  }, [view?.shop.name, language.value]);

  return html`<${Stage} embedded=${embedded} tone="cashier ${play ? "tone-play" : ""}" data-test="cashier">
    <${OfflineBar} lost=${Boolean(view && trouble?.error)} />
    <header class="page-bar"><${Brand} words=${t("brand.pay")} /><${LanguageSwitch} /></header>
    <main class="cashier-main ${phone ? "cashier-phone" : "cashier-pc"}">
      <${Screen} view=${view} trouble=${trouble} followed=${followed} press=${press} phone=${phone} via=${via}
        embedded=${embedded} onGo=${onGo} paymentId=${paymentId} token=${token} />
    </main>
  </${Stage}>`;
}

function useSettled(payment, onSettled) {
  const told = useRef(null);
  useEffect(() => {
    const status = payment?.status;
    const settled = ["paid", "authorized", "canceled", "expired"].includes(status);
    if (settled && told.current !== status) {
      told.current = status;
      onSettled?.(payment);
    }
  }, [payment?.status]);
}

/** Which status this page saw first, so that it knows whether the end came before its eyes. */
function useFirstStatus(view) {
  const first = useRef(null);
  if (view && !first.current) first.current = view.payment.status;
  return first.current;
}

function Screen({ view, trouble, followed, press, phone, via, embedded, onGo, paymentId, token }) {
  const first = useFirstStatus(view);
  const [here, setHere] = useState(phone);
  const [password, setPassword] = useState(null); // Only until a PIN is set with it.
  const again = () => followed.refresh();
  const openAgain = view?.payment.status === "open" && press.phase === "idle" && press.pressed;
  useEffect(() => {
    if (openAgain) press.over();
  }, [openAgain]);

  if (trouble?.gone) return html`<${Gone} error=${trouble.error} onAgain=${again} />`;
  if (!view && trouble) return html`<${Trouble} error=${trouble.error} onAgain=${again} />`;
  if (!view) return html`<${Loading} what=${t("cashier.loading")} onAgain=${again} card />`;

  const { payment, me } = view;
  const mine = press.pressed || Boolean(me?.paid_this);
  if (payment.status === "paid" || payment.status === "authorized") {
    const seen = first !== payment.status;
    return html`<${Result} view=${view} mine=${mine} seen=${seen} followed=${!here} via=${via}
      embedded=${embedded} onGo=${onGo} />`;
  }
  if (payment.status === "expired") return html`<${Expired} view=${view} embedded=${embedded} onGo=${onGo} />`;
  if (payment.status === "canceled") return html`<${Canceled} view=${view} embedded=${embedded} onGo=${onGo} />`;
  if (payment.status === "processing" && isElsewhere(view.attempt?.method)) {
    return html`<${Elsewhere} view=${view} pressed=${press.pressed} mine=${mine} followed=${followed} paymentId=${paymentId}
      token=${token} embedded=${embedded} onGo=${onGo} />`;
  }
  if (payment.status === "processing") {
    return html`<${Processing} view=${view} mine=${mine} embedded=${embedded} onGo=${onGo} />`;
  }
  if (press.phase === "unsure" || press.phase === "checking") return html`<${Unsure} view=${view} checking=${press.phase === "checking"} onAgain=${press.again} />`;

  const signedIn = async (said) => {
    setPassword(said.password);
    await followed.refresh();
  };
  const inside = !me
    ? html`<${SignIn} title=${t("cashier.sign_in")} text=${t("cashier.sign_in_text")} onDone=${signedIn} />`
    : html`<${Choose} view=${view} followed=${followed} press=${press} phone=${phone} password=${password}
        onPasswordUsed=${() => setPassword(null)} />`;
  return html`<${Ticket} view=${view} phone=${phone} via=${via} here=${here} onHere=${setHere}
    embedded=${embedded} onGo=${onGo} paymentId=${paymentId} token=${token} onEnd=${again}>${inside}</${Ticket}>`;
}
