// Times as people say them: relative up to a day, then dates. Trusts the server's clock.
import { t, language } from "./i18n.js";

let skewMs = 0;

/** Learn how far this device's clock is off, from an answer's Date header. */
export function learnClock(dateHeader) {
  const server = Date.parse(dateHeader ?? "");
  if (!Number.isFinite(server)) return;
  const off = server - Date.now();
  skewMs = Math.abs(off) > 2000 ? off : 0; // The header counts whole seconds.
}

/** Milliseconds since 1970, by the server's clock. */
export function nowMs() {
  return Date.now() + skewMs;
}

const formats = new Map();

function format(name, options) {
  const key = `${language.value} ${name}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language.value, options));
  return formats.get(key);
}

const two = (number) => String(number).padStart(2, "0");

/** `14:05`; `Intl` says the same, but first takes a phone 150 ms to begin. */
export function clockTime(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `today`, `yesterday`, or a date; the year only where it is another one. */
export function dayOf(ms) {
  const now = nowMs();
  if (sameDay(ms, now)) return t("time.today");
  if (sameDay(ms, now - 86_400_000)) return t("time.yesterday");
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? format("day", { month: "short", day: "numeric" }).format(ms)
    : format("date", { year: "numeric", month: "short", day: "numeric" }).format(ms);
}

/** `12 minutes ago` up to a day, then the date. */
export function ago(ms) {
  const seconds = Math.round((nowMs() - ms) / 1000);
  if (seconds < 60) return t("time.now");
  if (seconds < 3600) return t("time.minutes_ago", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("time.hours_ago", { n: Math.floor(seconds / 3600) });
  return dayOf(ms);
}

/** The date and the time to the second, for details. */
export function exactly(ms) {
  return format("exact", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }).format(ms);
}

/** The time, with the day where it is not today: `14:05`, `23 Nov, 14:05`. */
export function momentOf(ms) {
  return sameDay(ms, nowMs()) ? clockTime(ms) : `${dayOf(ms)} ${clockTime(ms)}`;
}

/** What is left, as `4:05` or, from an hour on, in words. */
export function left(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds >= 172_800) return t("time.days", { n: Math.floor(seconds / 86_400) });
  if (seconds >= 3600) {
    return t("time.hours_minutes", {
      h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60),
    });
  }
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
