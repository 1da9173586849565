// Opening an entrance: inside the app on a phone, in a tab of its own on a PC.
import { post } from "../api.js";
import { language } from "../i18n.js";

const PHONE_WIDTH = 720;

/** Whether entrances open inside the app here. */
export function opensInside() {
  return innerWidth < PHONE_WIDTH || matchMedia("(hover: none) and (pointer: coarse)").matches;
}

/** Launch an entrance: `{launch, url, origin}`. Refuses an address that no page of a partner can have. */
export async function launch(entrance, { from = "", path = "" } = {}) {
  const body = { from, path, lang: language.value };
  const made = await post(`/v1/entrances/${encodeURIComponent(entrance.id)}/launches`, body);
  const { protocol, origin } = new URL(made.url);
  const page = protocol === "https:" || protocol === "http:";
  if (!page || origin !== entrance.origin || origin === location.origin) {
    throw Object.assign(new Error("not a partner's page"), { code: "start_url_invalid" });
  }
  return { ...made, origin };
}

/**
 * Open an entrance in a tab of its own. Call it in the press: the tab is opened at once, because a browser
 * lets nobody open one later.
 */
export async function openInTab(entrance, said) {
  const tab = window.open("about:blank", "_blank");
  try {
    if (tab) tab.opener = null; // The partner's page shall not be able to lead this one elsewhere.
    const { url } = await launch(entrance, said);
    if (tab) tab.location.replace(url);
    else location.assign(url);
  } catch (error) {
    tab?.close();
    throw error;
  }
}
