// Who the people in conversations are: names and pictures by id, learned from whatever names them.
import { signal } from "../dom.js";

const found = new Map();
const version = signal(0);
let told = () => {};

/** Hear when somebody new is known. */
export function rememberPeople(hear) {
  told = hear;
}

/** Learn people: `{id, name, handle?, avatar?, remark?}`. */
export function know(people) {
  let news = false;
  for (const { id, name, handle, avatar, remark } of people) {
    if (!id) continue;
    const before = found.get(id);
    const now = {
      id, name: name ?? before?.name ?? "", handle: handle ?? before?.handle ?? "",
      avatar: avatar === undefined ? before?.avatar ?? null : avatar,
      remark: remark === undefined ? before?.remark ?? "" : remark,
    };
    if (before && Object.keys(now).every((key) => now[key] === before[key])) continue;
    found.set(id, now);
    news = true;
  }
  if (!news) return;
  version.value++;
  told();
}

/** The person, or null. Redraws when more is known. */
export function personOf(id) {
  version.value;
  return found.get(id) ?? null;
}

/** What I call a person: my remark, or the name; "" when nobody told. */
export function nameOf(id) {
  const one = personOf(id);
  return one ? one.remark || one.name : "";
}

/** Where in the app somebody's page is: a person's or an account's; "" where there is none. */
export function pageOf(id) {
  return id.startsWith("acc_") ? `/accounts/${id}` : id.startsWith("per_") ? `/p/${id}` : "";
}

/** Everybody known, for keeping. */
export function knownPeople() {
  return [...found.values()];
}
