// Who is in a group: asked once a visit, and again when a note of the group says that it changed.
import { signal } from "../dom.js";
import { get } from "../api.js";
import { know } from "./people.js";

const found = new Map();

function kept(c) {
  if (!found.has(c)) found.set(c, { list: signal(null), asked: 0 });
  return found.get(c);
}

/** The members of a group that are known, or null. Redraws with them. */
export function membersOf(c) {
  return kept(c).list.value;
}

/** Learn them, unless they were learned since `version`. */
export async function learnMembers(c, version = 1) {
  const one = kept(c);
  if (one.asked >= version) return;
  one.asked = version;
  try {
    const all = [];
    let after = "";
    do {
      const { items, next } = await get(`/v1/conversations/${c}/members${after && `?after=${encodeURIComponent(after)}`}`);
      all.push(...items);
      after = next ?? "";
    } while (after);
    know(all.map(({ id, name, handle, avatar }) => ({ id, name, handle, avatar })));
    one.list.value = all;
  } catch {
    one.asked = 0; // Asked again when it is looked at again.
  }
}

/** What an answer or a verb of ours changed. */
export function keepMembers(c, change) {
  const one = kept(c);
  if (one.list.value) one.list.value = change(one.list.value);
}
