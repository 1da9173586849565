// Money as text and back. Amounts are whole minor units; no float touches them on the way.
import { language } from "./i18n.js";

// ISO 4217: the currencies whose digits after the point are not two. Browsers use other tables.
const DIGITS = {};
for (const [digits, codes] of [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
]) {
  for (const code of codes.split(" ")) DIGITS[code] = digits;
}

/** Digits after the point of this currency. */
export function digitsOf(currency) {
  return DIGITS[currency] ?? 2;
}

/** Plain decimal text of an amount: `-1234.50`. */
export function decimal(amount, currency) {
  const digits = digitsOf(currency);
  const whole = String(Math.abs(amount)).padStart(digits + 1, "0");
  const cut = whole.length - digits;
  const text = digits ? `${whole.slice(0, cut)}.${whole.slice(cut)}` : whole;
  return amount < 0 ? `-${text}` : text;
}

/** How the money of most pages is written: `Intl` says the same, but first takes a phone 150 ms to begin. */
const SIGNS = { "zh-CN": { CNY: "¥" }, en: { CNY: "CN¥" } };

/** An amount in a currency that needs no `Intl`: `{sign, symbol, whole, fraction}`, or null. */
function plainly(amount, currency, signed) {
  const symbol = SIGNS[language.value]?.[currency];
  if (!symbol) return null;
  const [whole, fraction] = decimal(Math.abs(amount), currency).split(".");
  return {
    sign: amount < 0 ? "−" : signed && amount > 0 ? "+" : "",
    symbol,
    whole: whole.replace(/\B(?=(\d{3})+$)/g, ","),
    fraction: `.${fraction}`,
  };
}

const formats = new Map();

function format(currency, signed) {
  const name = `${language.value} ${currency} ${signed}`;
  if (!formats.has(name)) {
    const digits = digitsOf(currency);
    formats.set(name, new Intl.NumberFormat(language.value, {
      style: "currency",
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: signed ? "exceptZero" : "auto",
    }));
  }
  return formats.get(name);
}

/** The amount as a person reads it: `¥1,234.50`. `signed` adds a plus to what comes in. */
export function money(amount, currency, { signed = false } = {}) {
  const plain = plainly(amount, currency, signed);
  if (plain) return plain.sign + plain.symbol + plain.whole + plain.fraction;
  // Decimal text, not a number: Intl formats a string exactly.
  return format(currency, signed).format(decimal(amount, currency)).replace("-", "−");
}

/** The same in parts (`symbol`, `whole`, `fraction`), for large amounts. */
export function moneyParts(amount, currency, { signed = false } = {}) {
  const plain = plainly(amount, currency, signed);
  if (plain) return { before: plain.sign + plain.symbol, whole: plain.whole, fraction: plain.fraction, after: "" };
  const said = { before: "", whole: "", fraction: "", after: "" };
  for (const { type, value } of format(currency, signed).formatToParts(decimal(amount, currency))) {
    if (type === "integer" || type === "group") said.whole += value;
    else if (type === "decimal" || type === "fraction") said.fraction += value;
    else said[said.whole ? "after" : "before"] += value.replace("-", "−").replace(/\s+$/, "");
  }
  return said;
}

/** The sign of a currency as it stands before an amount: `¥`, `US$`. */
export function symbolOf(currency) {
  const known = SIGNS[language.value]?.[currency];
  if (known) return known;
  const parts = format(currency, false).formatToParts("0");
  return parts.find((part) => part.type === "currency")?.value ?? currency;
}

/**
 * A typed amount in minor units: `{amount}`, or `{fault}` with `empty`, `format`, `digits`, `large`.
 * Takes full-width digits, groups of three, and a leading currency sign.
 */
export function parseAmount(text, currency) {
  const plain = text.normalize("NFKC").replace(/。/g, ".").replace(/[\s'’]/g, "");
  const bare = plain.replace(/^\p{L}*\p{Sc}|^[A-Za-z]{3}/u, "").replace(/元$/, "");
  if (!bare) return { fault: "empty" };
  const shape = /^(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?$/.exec(bare);
  if (!shape || (!shape[1] && !shape[2])) return { fault: "format" };
  const digits = digitsOf(currency);
  const fraction = shape[2] ?? "";
  if (fraction.length > digits) return { fault: "digits" };
  const whole = (shape[1] ?? "0").replaceAll(",", "") + fraction.padEnd(digits, "0");
  const amount = Number(whole);
  return Number.isSafeInteger(amount) ? { amount } : { fault: "large" };
}
