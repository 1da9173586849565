// Says what went wrong in a person's words: what happened, what did not, what to do.
import { has, language, t } from "./i18n.js";
import { momentOf } from "./time.js";

/** One sentence or two for an ApiError; `figures` fills in what the caller knows. */
export function sentence(error, figures = {}) {
  const key = `error.${error.code}`;
  if (!has(key)) {
    const plain = language.value === "en" && error.detail;
    return (plain && plain + (figures.after ?? "")) || t("error.other", { code: error.code ?? "?", id: error.request_id ?? "" });
  }
  const until = error.figures?.locked_until_s ?? error.figures?.until_s;
  return t(key, {
    ...error.figures,
    id: error.request_id ?? "",
    n: error.figures?.tries_left,
    wait: error.retry_after_s || 1,
    until: until ? momentOf(until * 1000) : "",
    ...figures,
  });
}

/** A heading and a text for a page that could not be shown. */
export function sayError(error) {
  const away = error.code === "offline" || error.code === "timeout";
  return { title: t(away ? "trouble.offline" : "trouble.title"), text: sentence(error) };
}
