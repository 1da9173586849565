// Times to the second, for desks and consoles; the exact moment for those who ask.
import { language } from "./i18n.js";
import { clockTime, dayOf, exactly, nowMs } from "./time.js";

const formats = new Map();

function format(options) {
  const key = language.value + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language.value, options));
  return formats.get(key);
}

/** `14:05:09` */
export function secondOf(text) {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(Date.parse(text));
}

/** `14:05:09.042`: to the millisecond, where the order of things matters. */
export function instantOf(text) {
  return format({
    hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
  }).format(Date.parse(text));
}

/** The time; with the day where it is not today. */
export function whenOf(text) {
  const ms = Date.parse(text);
  const today = new Date(ms).toDateString() === new Date(nowMs()).toDateString();
  return today ? clockTime(ms) : `${dayOf(ms)} ${clockTime(ms)}`;
}

/** The whole moment, for titles. */
export function exactlyOf(text) {
  return exactly(Date.parse(text));
}
