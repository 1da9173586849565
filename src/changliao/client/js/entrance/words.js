// The words of entrances, for the pages that show them.
import { teach } from "../teach.js";
import en from "../words/entrance.en.js";
import zh from "../words/entrance.zh-CN.js";

/** From now on this page has them. */
export function teachEntrances() {
  teach({ en, "zh-CN": zh });
}
