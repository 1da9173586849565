// Where one is in the console: /console/{page}?app=…&mode=…; filters are in the address, too.
import { html, signal } from "../dom.js";

const STAYS = ["app", "mode"];

function here() {
  const page = decodeURIComponent(location.pathname.split("/")[2] ?? "") || "overview";
  return { page, query: new URLSearchParams(location.search) };
}

/** `{page, query}` of the screen shown now. */
export const place = signal(here());
const scrolls = new Map();
addEventListener("popstate", () => {
  place.value = here();
  const top = scrolls.get(location.href) ?? 0;
  requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, top)));
});

/** The address of a screen; app and mode stay unless `query` names others. Empty values are left out. */
export function address(page, query = {}) {
  const said = new URLSearchParams();
  const now = place.value.query;
  for (const name of STAYS) if (now.get(name)) said.set(name, now.get(name));
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") said.delete(name);
    else said.set(name, value);
  }
  const tail = said.toString();
  return `/console${page === "overview" ? "" : `/${page}`}${tail ? `?${tail}` : ""}`;
}

function show(url, replace) {
  if (url === location.pathname + location.search) return;
  scrolls.set(location.href, scrollY);
  history[replace ? "replaceState" : "pushState"](null, "", url);
  place.value = here();
}

/** Show another screen. */
export function go(page, query, { replace = false } = {}) {
  show(address(page, query), replace);
  if (!replace) scrollTo(0, 0);
}

/** Change filters of this screen; typing does not fill the history. */
export function filter(changes) {
  const now = Object.fromEntries(place.value.query);
  show(address(place.value.page, { ...now, ...changes }), true);
}

/** A plain press on a link of ours shows the screen without loading the page anew. */
export function onLink(event) {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!plain || event.defaultPrevented) return;
  event.preventDefault();
  show(event.currentTarget.getAttribute("href"), false);
  scrollTo(0, 0);
}

/** `Link({page, query, children})`. */
export function Link({ page, query, children, test, ...rest }) {
  return html`<a href=${address(page, query)} onClick=${onLink} data-test=${test} ...${rest}>${children}</a>`;
}
