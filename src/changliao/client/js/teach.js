// A page's own words and icons, added to those that every page has, so that the phone need not load them.
import { ICONS } from "../vendor/lucide/icons.js";
import { MORE_ICONS } from "../vendor/lucide/more_icons.js";
import en from "./words/en.js";
import zh from "./words/zh-CN.js";

Object.assign(ICONS, MORE_ICONS);

/** From now on `t` knows these sentences too: `{en: {…}, "zh-CN": {…}}`. */
export function teach(words) {
  Object.assign(en, words.en);
  Object.assign(zh, words["zh-CN"]);
}
