// One line that says what a message is, for lists, quotes and notices; and what a note of a group says.
import { nameOf } from "../chat/people.js";
import { has, t } from "../i18n.js";

const FLAT = /[\s\u200b\u202a-\u202e\u2066-\u2069]+/g;

/** The entry in one line, without who said it. */
export function snippet({ k, b = {} }) {
  if (k === "text") return (b.text ?? "").slice(0, 200).replace(FLAT, " ");
  if (k === "note") return sayNote({ b });
  if (k === "file") return `[${t("kind.file")}] ${b.name ?? ""}`;
  if (k === "pay") return `[${t("kind.pay")}] ${b.shop ?? ""}`;
  const title = b.title ?? b.name ?? "";
  if (k === "article" || k === "card" || k === "location" || k === "contact" || k === "forward" || k === "template") {
    return `[${t(`kind.${k}`)}] ${title}`.trim();
  }
  return has(`kind.${k}`) ? `[${t(`kind.${k}`)}]` : t("kind.unknown");
}

const named = (who, me) => (who === me ? t("you") : nameOf(who) || t("somebody"));

/** What a note says: `{note, by, who, text}`. */
export function sayNote({ b }, me = "") {
  const by = b.by ? named(b.by, me) : "";
  const who = (b.who ?? []).map((one) => named(one, me)).join(t("and"));
  const told = b.note === "opened" && !b.by ? "opened_direct" : b.note === "role" || b.note === "approval" ? `${b.note}_${b.text}`
    : b.note === "notice" && !b.text ? "notice_gone" : b.note;
  return has(`note.${told}`) ? t(`note.${told}`, { by, who: who || by, text: b.text ?? "" }) : t("kind.unknown");
}

/** What a recalled message leaves behind. */
export function sayRecalled({ by, f }, me) {
  const who = by ?? f;
  return who === me ? t("recalled.me") : t("recalled.other", { name: nameOf(who) || t("somebody") });
}

/** The line of a conversation in the list: what was said last, and by whom in a group. */
export function lastLine(row, me) {
  if (!row.last) return "";
  if (row.last.k === "recalled") return sayRecalled(row.last, me);
  const said = snippet(row.last);
  const mine = row.last.f === me;
  if (row.k !== "group" || mine || row.last.k === "note") return said;
  const name = nameOf(row.last.f) || row.name;
  return name ? `${name}: ${said}` : said;
}
