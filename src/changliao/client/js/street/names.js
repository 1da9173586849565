// What the street calls its shops and methods, in the language that is spoken.
import { language, t } from "../i18n.js";

/** A shop's name. */
export function shopName(shop) {
  return language.value === "en" ? shop.en : shop.zh;
}

/** A method's name. */
export function methodName(method) {
  return t(`street.method.${method}`);
}
