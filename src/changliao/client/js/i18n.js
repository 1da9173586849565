// The two languages: which one is spoken now, and `t`, which says a sentence in it.
import { effect, signal } from "./dom.js";
import { keep, recall } from "./keep.js";
import en from "./words/en.js";
import zh from "./words/zh-CN.js";

const WORDS = { "zh-CN": zh, en };
export const LANGUAGES = [
  { code: "zh-CN", name: "简体中文", short: "中" },
  { code: "en", name: "English", short: "EN" },
];

/** The code of ours that serves this BCP 47 tag, or null. */
export function known(tag) {
  const text = String(tag ?? "").toLowerCase();
  if (text.startsWith("zh")) return "zh-CN";
  return text.startsWith("en") ? "en" : null;
}

function asked() {
  const fromAddress = known(new URLSearchParams(location.search).get("lang"));
  if (fromAddress) keep("language", fromAddress, { tab: true });
  return fromAddress ?? known(recall("language", { tab: true })) ?? known(recall("language"));
}

function ofBrowser() {
  for (const tag of navigator.languages ?? [navigator.language]) {
    if (known(tag)) return known(tag);
  }
  return "en";
}

/** The language spoken now; reading it in a component redraws that component on a switch. */
export const language = signal(asked() ?? ofBrowser());

effect(() => {
  document.documentElement.lang = language.value;
});

/** Speak the language of the person who signed in, unless this browser was told otherwise. */
export function adopt(locale) {
  language.value = asked() ?? known(locale) ?? language.value;
}

/** Speak this language from now on, in this browser. */
export function choose(code) {
  keep("language", code);
  keep("language", code, { tab: true });
  language.value = code;
}

/** Whether there is a sentence under this key. */
export function has(key) {
  return key in WORDS[language.value];
}

/** The sentence under this key, with `{name}` filled in. A missing key shows itself. */
export function t(key, figures = {}) {
  const said = WORDS[language.value][key];
  if (typeof said === "function") return said(figures);
  return (said ?? key).replace(/\{(\w+)\}/g, (_, name) => String(figures[name] ?? ""));
}
