// Who is signed in here: asked once, and kept for the screens of this page.
import { signal } from "./dom.js";
import { get, newKey, post, remove } from "./api.js";
import { adopt, choose } from "./i18n.js";
import { signByPasskey } from "./passkeys.js";

/** The person signed in (`/v1/me`), or null. */
export const me = signal(null);

/** Ask who is signed in; null when nobody is. */
export async function learnMe() {
  try {
    me.value = await get("/v1/me");
    adopt(me.value.locale);
  } catch (error) {
    if (error.status !== 401) throw error;
    me.value = null;
  }
  return me.value;
}

/** Speak this language from now on: here at once, and wherever this person signs in next. */
export function speak(code) {
  choose(code);
  if (me.value) post("/v1/me/locale", { locale: code }).catch(() => {}); // This browser has kept it anyway.
}

function thisDevice() {
  if (/iPad|Tablet/.test(navigator.userAgent)) return "tablet";
  return /Mobi|Android|iPhone/.test(navigator.userAgent) ? "phone" : "computer";
}

async function openSession(proof) {
  await post("/v1/sessions", { ...proof, transport: "cookie", device: thisDevice() });
  return learnMe();
}

/** Sign in with a cookie; then `me` is known. */
export function signIn(handle, password) {
  return openSession({ handle: handle.trim().toLowerCase(), password });
}

/** Sign in by a passkey: of this person, or, without a handle, by one that the device offers. */
export async function signInByPasskey(handle) {
  const asked = await post("/v1/passkeys/sign-ins", { handle: handle.trim().toLowerCase() });
  return openSession({ passkey: await signByPasskey(asked.public_key) });
}

/** Sign in by a code that a phone has approved. */
export function signInByCode({ id, secret }) {
  return openSession({ sign_in_code: { id, secret } });
}

/** Make an account and sign in to it. */
export async function register({ handle, name, password, locale }) {
  const said = { handle: handle.trim().toLowerCase(), name: name.trim(), password, locale };
  await post("/v1/persons", said, { key: newKey() });
  return signIn(handle, password);
}

/** Sign out here. */
export async function signOut() {
  try {
    await remove("/v1/sessions/current");
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  me.value = null;
}

/** Where we are, for coming back. */
export function here() {
  return location.pathname + location.search + location.hash;
}

/** Leave for the sign-in page, and come back to where we are. */
export function askToSignIn() {
  location.replace(`/sign-in?next=${encodeURIComponent(here())}`);
}

/** A path of our own out of `?next=`, or null: never another site. */
export function safeNext(text) {
  if (!text || !/^\/(?![/\\])/.test(text)) return null;
  try {
    const url = new URL(text, location.origin);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}
