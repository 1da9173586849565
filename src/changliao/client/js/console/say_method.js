// What methods and channels are called in the console.
import { t } from "../i18n.js";
import { railName } from "../top_up.js";
import { modeNow } from "./workshop.js";

/** A method's name, by its id: the wallet, or a rail. */
export function methodName(id) {
  return id === "wallet" ? t(modeNow() === "test" ? "wallet.play" : "wallet.live") : railName(id);
}
