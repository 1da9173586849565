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

/** Ask for contacts and requests anew. */
export async function learnContacts() {
  contacts.value ??= recall(`${KEPT}.${me.value.id}`);
  try {
    const [list, asked] = await Promise.all([get("/v1/contacts"), get("/v1/contact-requests")]);
    know(list.items);
    know(asked.items.map(({ peer }) => peer));
    contacts.value = list.items;
    requests.value = asked.items;
    contactsTrouble.value = null;
    keep(`${KEPT}.${me.value.id}`, list.items);
  } catch (error) {
    contactsTrouble.value = error;
  }
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
