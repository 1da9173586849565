// Whether a browser lets this page do what it keeps for safe places, and one sentence why not.
import { t } from "./i18n.js";

const HERE = ["127.0.0.1", "[::1]"];

/** Null where this page may send notices and work offline, or one sentence why it may not. */
export function whyNotSafe() {
  return isSecureContext ? null : t("secure.plain");
}

/** The same for passkeys, which want a name in the address as well. */
export function whyNoPasskeys() {
  if (!isSecureContext) return t("secure.plain");
  if (HERE.includes(location.hostname)) return t("secure.localhost", { url: `localhost:${location.port}` });
  if (/^[\d.]+$|^\[/.test(location.hostname)) return t("secure.number");
  return window.PublicKeyCredential ? null : t("secure.old");
}
