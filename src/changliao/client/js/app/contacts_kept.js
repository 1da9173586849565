// My contacts and the requests that wait, shared by the screens that show them; asked again when the
// personal log tells of something.
import { signal, useEffect } from "../dom.js";
import { get } from "../api.js";
import { personal } from "../chat/live.js";
import { know } from "../chat/people.js";
import { keep, recall } from "../keep.js";
import { me } from "../session.js";

/** `[{id, handle, name, avatar, remark, tags, since}]`; null until they are known. */
export const contacts = signal(null);
/** `[{id, from, to, peer, text, state, at}]`; null until they are known. */
export const requests = signal(null);
/** What went wrong when they were asked for last, or null. */
export const contactsTrouble = signal(null);

const KEPT = "contacts";

let asking = null;

/** Ask what has changed of contacts and requests; one question at a time, the next one once that is answered. */
export function learnContacts() {
  asking = (asking ?? Promise.resolve()).then(learn);
  return asking;
}

async function learn() {
  const place = `${KEPT}.${me.value.id}`;
  const kept = recall(place) ?? {};
  contacts.value ??= kept.items ?? null;
  try {
    const since = kept.version ? `?after=${kept.version}` : "";
    const [news, asked] = await Promise.all([get(`/v1/contacts${since}`), get("/v1/contact-requests")]);
    const items = merged(kept.version ? kept.items : [], news);
    know(news.items);
    know(asked.items.map(({ peer }) => peer));
    contacts.value = items;
    requests.value = asked.items;
    contactsTrouble.value = null;
    keep(place, { items, version: news.version });
  } catch (error) {
    contactsTrouble.value = error;
  }
}

/** What was known, with what came, changed and left since; the longest known first. */
function merged(known, { items, gone }) {
  const now = new Map(known.map((one) => [one.id, one]));
  for (const one of items) now.set(one.id, one);
  for (const id of gone) now.delete(id);
  return [...now.values()].sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

/** The contacts, asked for while `wanted`; [] until they are known. */
export function useContacts(wanted = true) {
  const news = personal.value;
  useEffect(() => { if (wanted) learnContacts(); }, [wanted, news]);
  return contacts.value ?? [];
}

/** Requests that wait for my answer. */
export function waiting() {
  return (requests.value ?? []).filter(({ to, state }) => to === me.value?.id && state === "open");
}
