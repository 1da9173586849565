// The words of official accounts, for the pages that show them.
import { teach } from "../teach.js";
import en from "../words/accounts.en.js";
import zh from "../words/accounts.zh-CN.js";

export function teachAccounts() {
  teach({ en, "zh-CN": zh });
}
