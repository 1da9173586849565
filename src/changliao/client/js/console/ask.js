// Asking for an app: the console's own session, in the name of the app and the mode in the address.
import { html, useCallback, useEffect, useRef, useState } from "../dom.js";
import { get, newKey, patch, post, postKeyed, put, remove } from "../api.js";
import { t } from "../i18n.js";
import { askToSignIn } from "../session.js";
import { Loading, State, Trouble } from "../ui.js";
import { place } from "./place.js";

/** The path with the app and the mode that the session asks for (see AppGuard). */
function scoped(path) {
  const { query } = place.value;
  const said = new URLSearchParams({ app: query.get("app") ?? "", mode: query.get("mode") ?? "test" });
  return `${path}${path.includes("?") ? "&" : "?"}${said}`;
}

/** The verbs, for the app in the address. */
export const app = {
  get: (path, options) => get(scoped(path), options),
  post: (path, body, options) => post(scoped(path), body, options),
  patch: (path, body, options) => patch(scoped(path), body, options),
  put: (path, body, options) => put(scoped(path), body, options),
  remove: (path, options) => remove(scoped(path), options),
  postKeyed: (path, body, options) => postKeyed(scoped(path), body, options),
};

/** `{found, trouble, busy, again}` of an async question; asked again when `deps` change. A 401 leads to the sign-in. */
export function useAsked(ask, deps) {
  const [state, setState] = useState({ found: null, trouble: null, busy: true });
  const turn = useRef(0);
  const again = useCallback(async () => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, trouble: null, busy: true }));
    try {
      const found = await ask();
      if (mine === turn.current) setState({ found, trouble: null, busy: false });
    } catch (trouble) {
      if (mine !== turn.current) return;
      if (trouble.status === 401) askToSignIn();
      else setState((before) => ({ ...before, trouble, busy: false }));
    }
  }, deps);
  useEffect(() => {
    setState({ found: null, trouble: null, busy: true });
    again();
    return () => { turn.current++; };
  }, [again]);
  return { ...state, again };
}

/** Pages of a list: `{items, next, busy, trouble, more, again}`. The same list may be asked anew in place. */
export function usePages(path) {
  const [state, setState] = useState({ items: null, next: null, trouble: null, busy: true });
  const turn = useRef(0);
  const load = useCallback(async (after) => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, trouble: null, busy: true }));
    try {
      const found = await app.get(after ? `${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}` : path);
      if (mine !== turn.current) return;
      setState((before) => ({
        items: after ? [...before.items, ...found.items] : found.items, next: found.next ?? null, trouble: null, busy: false,
      }));
    } catch (trouble) {
      if (mine !== turn.current) return;
      if (trouble.status === 401) askToSignIn();
      else setState((before) => ({ ...before, trouble, busy: false }));
    }
  }, [path]);
  useEffect(() => {
    setState({ items: null, next: null, trouble: null, busy: true });
    load(null);
    return () => { turn.current++; };
  }, [load]);
  return { ...state, more: () => load(state.next), again: () => load(null) };
}

/** What a role may not see, said plainly. */
export function Forbidden() {
  return html`<${State} icon="lock-keyhole" kind="warn" title=${t("forbidden.title")} text=${t("forbidden.text")} test="forbidden" />`;
}

/** `Asked({asked, children})`: loading, forbidden, trouble, or `children(found)`. */
export function Asked({ asked, children, lines = 5 }) {
  if (asked.found) return children(asked.found);
  if (asked.trouble?.code === "role_forbids") return html`<${Forbidden} />`;
  if (asked.trouble) return html`<${Trouble} error=${asked.trouble} onAgain=${asked.again} />`;
  return html`<${Loading} lines=${lines} onAgain=${asked.again} />`;
}

/**
 * One press of a button that moves money: a key of its own, kept while it is not known what became of it.
 * `press(path, body)` answers; `doubt` says that the connection dropped meanwhile.
 */
export function useKeyed() {
  const [doubt, setDoubt] = useState(false);
  const last = useRef(null);
  const press = async (path, body) => {
    const same = last.current?.path === path && JSON.stringify(last.current.body) === JSON.stringify(body);
    last.current = same ? last.current : { path, body, key: newKey() };
    try {
      const answer = await app.postKeyed(path, body, { key: last.current.key, onDoubt: () => setDoubt(true), patience_ms: 30_000 });
      last.current = null;
      return answer;
    } catch (error) {
      if (error.code !== "unsure") last.current = null;
      throw error;
    } finally {
      setDoubt(false);
    }
  };
  return { press, doubt };
}
