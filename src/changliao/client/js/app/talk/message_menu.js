// What may be done with one message.
import { html } from "../../dom.js";
import { able } from "../../chat/state.js";
import { known } from "../../chat/live.js";
import { t } from "../../i18n.js";
import { nowMs } from "../../time.js";
import { menu } from "../menu.js";
import { report } from "../safety.js";
import { snippet } from "../snippet.js";
import { REACTIONS } from "./stickers.js";

const RECALL_MS = 120_000;
const FORWARDED = new Set(["text", "image", "file", "sticker", "location", "contact", "article", "card", "forward"]);

/** Open the menu of a line at this place. */
export function messageMenu({ line, place, row, act, toast }) {
  const { entry, mine, post, failed } = line;
  if (post) {
    if (!failed) return;
    menu.value = {
      title: t("send.failed"), ...place,
      items: [
        { words: t("send.again"), icon: "refresh-cw", act: () => act.resend(line), test: "resend" },
        { words: t("send.discard"), icon: "trash", danger: true, act: () => act.discard(line), test: "discard" },
      ],
    };
    return;
  }
  const young = nowMs() - Date.parse(entry.ts) < RECALL_MS;
  const leads = row.role === "owner" || row.role === "admin";
  const items = [
    entry.k === "text" && { words: t("copy"), icon: "copy", act: () => copy(entry, toast), test: "copy" },
    !row.left && { words: t("reply"), icon: "reply", act: () => act.reply(entry), test: "reply" },
    FORWARDED.has(entry.k) && { words: t("forward"), icon: "forward", act: () => act.forward(entry), test: "forward-one" },
    { words: t("select"), icon: "list-checks", act: () => act.select(entry), test: "select" },
    !row.left && entry.k !== "pay" && (leads || (mine && young))
      && { words: t("recall"), icon: "undo-2", act: () => act.recall(entry), test: "recall" },
    able(known(), "editing") && mine && entry.k === "text"
      && { words: t("edit"), icon: "pencil", act: () => act.edit(entry), test: "edit" },
    !mine && { words: t("report"), icon: "circle-alert",
      act: () => report({ what: "messages", conversation: entry.c, numbers: [entry.s] }), test: "report" },
  ].filter(Boolean);
  const head = row.left ? null : (close) => html`<div class="menu-faces">
    ${REACTIONS.map((emoji) => html`<button key=${emoji} type="button" class="menu-face" aria-label=${t("react", { emoji })}
      onClick=${() => { close(); act.react(entry, emoji, true); }} data-test="react">${emoji}</button>`)}</div>`;
  menu.value = { title: snippet(entry).slice(0, 40), items, head, ...place };
}

async function copy(entry, toast) {
  try {
    await navigator.clipboard.writeText(entry.b.text);
    toast(t("copied"));
  } catch {
    toast(t("copy.failed"));
  }
}
