// Screens within one page: the part of the address after `#`. Back and forward work, and places can be linked.
import { signal } from "./dom.js";

function here() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  return { path: path || "/", query: new URLSearchParams(query ?? "") };
}

/** `{path, query}` of the screen shown now. */
export const place = signal(here());
addEventListener("hashchange", () => {
  keepScroll(place.value.path);
  place.value = here();
  restoreScroll(place.value.path);
});

const scrolls = new Map();
let lastScroll = 0;
addEventListener("scroll", () => { lastScroll = scrollY; }, { passive: true });

function keepScroll(path) {
  scrolls.set(path, lastScroll);
}

function restoreScroll(path) {
  const top = scrolls.get(path) ?? 0;
  requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, top)));
}

/** The address of a screen, for links. */
export function to(path) {
  return `#${path}`;
}

/** Show another screen. */
export function go(path) {
  location.hash = path;
}

/** The first route that fits: `{screen, values}`. Routes are `["/statement/:mode", screen]`. */
export function match(routes, path) {
  for (const [pattern, screen] of routes) {
    const names = [];
    const shape = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)"));
    const found = new RegExp(`^${shape}$`).exec(path);
    if (found) {
      const values = Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1])]));
      return { screen, values };
    }
  }
  return null;
}
