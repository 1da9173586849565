// Small things this browser remembers. A browser that forbids it simply forgets.
const PREFIX = "changliao.";

function box(tab) {
  return tab ? window.sessionStorage : window.localStorage;
}

/** What was kept under this name, or null. `tab: true` looks in this tab only. */
export function recall(name, { tab = false } = {}) {
  try {
    return JSON.parse(box(tab).getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Keep a value under this name; null forgets it. */
export function keep(name, value, { tab = false } = {}) {
  try {
    if (value === null) box(tab).removeItem(PREFIX + name);
    else box(tab).setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Private windows may refuse; nothing here is worth an error.
  }
}
