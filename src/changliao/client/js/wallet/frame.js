// What the screens of the wallet share: the head with a way back, and loading with all its ends.
import { html, useCallback, useEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { to } from "../router.js";
import { askToSignIn, signOut } from "../session.js";
import { Ask, Icon, Loading, Trouble, useToast } from "../ui.js";

/** `Head({title, back, top, children})`: name, way back, what may be done. `top`: it is in the rail, too. */
export function Head({ title, back = "/", top = false, children }) {
  return html`<header class="head ${top ? "head-top" : ""}">
    ${back && html`<a class="icon-button head-back" href=${to(back)} aria-label=${t("back")} data-test="back">
      <${Icon} name="chevron-left" /></a>`}
    <h1 class="head-title">${title}</h1>
    <div class="head-tail">${children}</div>
  </header>`;
}

/** What a wallet is shown in: the first currency it holds something of, or its first. */
export function mainBalance({ balances }) {
  return balances.find(({ balance }) => balance > 0) ?? balances[0];
}

/** `{found, trouble, again, setFound}` of an async question; a 401 leads to the sign-in page. */
export function useAsked(ask, deps) {
  const [state, setState] = useState({ found: null, trouble: null });
  const again = useCallback(async () => {
    setState((before) => ({ ...before, trouble: null }));
    try {
      const found = await ask();
      setState({ found, trouble: null });
    } catch (trouble) {
      if (trouble.status === 401) askToSignIn();
      else setState((before) => ({ ...before, trouble }));
    }
  }, deps);
  useEffect(() => { again(); }, [again]);
  const setFound = (found) => setState({ found, trouble: null });
  return { ...state, again, setFound };
}

/** `Asked({asked, children, card})`: loading, trouble, or `children(found)`. */
export function Asked({ asked, children, card, lines }) {
  if (asked.found) return children(asked.found);
  if (asked.trouble) return html`<${Trouble} error=${asked.trouble} onAgain=${asked.again} />`;
  return html`<${Loading} onAgain=${asked.again} card=${card} lines=${lines} />`;
}

/** `SignOut({draw})`: `draw(ask)` draws what is pressed; asks once more, then signs out here. */
export function SignOut({ draw }) {
  const [leaving, setLeaving] = useState(false);
  const say = useToast();
  const leave = async () => {
    try {
      await signOut();
      location.replace("/sign-in");
    } catch {
      setLeaving(false);
      say(t("sign_out.failed"));
    }
  };
  return html`${draw(() => setLeaving(true))}
    <${Ask} open=${leaving} title=${t("sign_out")} text=${t("sign_out.ask")} yes=${t("sign_out")}
      onYes=${leave} onNo=${() => setLeaving(false)} />`;
}
