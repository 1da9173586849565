// Everything of official accounts in the app, fetched when one first comes there.
import { teachAccounts } from "../../accounts/words.js";

teachAccounts();

export { Account, Follows } from "./account.js";
export { Article } from "./article.js";
export { Bar } from "./bar.js";
