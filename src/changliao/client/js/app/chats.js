// The list of conversations.
import { html, useState } from "../dom.js";
import { clearHistory, known, markRead, rows, setMine, touch } from "../chat/live.js";
import { unread } from "../chat/state.js";
import { t } from "../i18n.js";
import { go, place, to } from "../router.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { clockTime, dayOf, nowMs } from "../time.js";
import { Ask, Icon, Loading, useToast } from "../ui.js";
import { Avatar, Badge } from "./avatar.js";
import { holds, menu } from "./menu.js";
import { NewGroup } from "./new_group.js";
import { lastLine } from "./snippet.js";
import { draftOf } from "./talk/composer.js";

const DAY_MS = 86_400_000;

function shortTime(text) {
  const ms = Date.parse(text);
  if (!ms) return "";
  const today = new Date(nowMs()).setHours(0, 0, 0, 0);
  return ms >= today ? clockTime(ms) : ms >= today - DAY_MS ? t("time.yesterday") : dayOf(ms);
}

/** The first tab. */
export function Chats() {
  const [clearing, setClearing] = useState(null);
  const [making, setMaking] = useState(false);
  const toast = useToast();
  const found = rows.value;
  const tell = (error) => toast(sentence(error));
  const clear = () => {
    const row = clearing;
    setClearing(null);
    return clearHistory(row.c).then(() => setMine(row.c, { hide: true })).catch(tell);
  };
  const add = (event) => {
    const { right, bottom } = event.currentTarget.getBoundingClientRect();
    menu.value = {
      title: t("new.title"), x: right - 200, y: bottom,
      items: [
        { words: t("new.group"), icon: "message-circle-plus", act: () => setMaking(true), test: "new-group" },
        { words: t("add.title"), icon: "user-round-plus", act: () => go("/contacts/add"), test: "new-contact" },
        { words: t("card.mine"), icon: "qr-code", act: () => go("/me/card"), test: "my-card" },
      ],
    };
  };
  return html`<section class="pane" data-test="chats">
    <header class="pane-head"><h1>${t("tab.chats")}</h1>
      <a class="icon-button pane-search" href=${to("/search")} aria-label=${t("search")} data-test="search"><${Icon} name="search" /></a>
      <button type="button" class="icon-button" onClick=${add} aria-label=${t("new.title")} data-test="new"><${Icon} name="plus" /></button></header>
    <div class="pane-body" data-test="conversations">
      ${found === null ? html`<${Loading} lines=${6} />`
        : found.length ? found.map((row) => html`<${Row} key=${row.c} row=${row} onClear=${setClearing} tell=${tell} />`)
        : html`<${NoChats} />`}
    </div>
    <${NewGroup} open=${making} onClose=${() => setMaking(false)} />
    <${Ask} open=${Boolean(clearing)} title=${t("clear.title")} text=${t("clear.ask", { title: clearing?.title ?? "" })}
      yes=${t("clear.go")} danger onYes=${clear} onNo=${() => setClearing(null)} />
  </section>`;
}

function NoChats() {
  return html`<div class="pane-empty" data-test="no-chats"><span class="state-sign"><${Icon} name="message-circle" /></span>
    <h2>${t("chats.empty")}</h2><p>${t("chats.empty_text")}</p>
    <a class="weui-btn btn btn-primary" href=${to("/contacts/add")} data-test="first-contact">${t("add.title")}</a></div>`;
}

function Row({ row, onClear, tell }) {
  const { c, pin, mute, mention } = row;
  touch(c);
  const count = unread(row);
  const draft = draftOf(row);
  const here = place.value.path.startsWith(`/chats/${c}`);
  const change = (what) => setMine(c, what).catch(tell);
  const open = ({ x, y }) => {
    menu.value = {
      title: row.title, x, y,
      items: [
        { words: t(pin ? "unpin" : "pin"), icon: pin ? "pin-off" : "pin", act: () => change({ pin: !pin }), test: "pin" },
        { words: t(mute ? "unmute" : "mute"), icon: mute ? "bell" : "bell-off", act: () => change({ mute: !mute }), test: "mute" },
        count > 0 && { words: t("mark_read"), icon: "check-check", act: () => markRead(c), test: "mark-read" },
        { words: t("hide"), icon: "eye-off", act: () => change({ hide: true }), test: "hide" },
        { words: t("clear.title"), icon: "trash", danger: true, act: () => onClear(row), test: "delete" },
      ].filter(Boolean),
    };
  };
  const mine = me.value?.id;
  const sending = row.last && known().posts.some((post) => post.c === c && !post.failed);
  const failed = known().posts.some((post) => post.c === c && post.failed);
  return html`<a class="chat-row ${pin ? "chat-row-pin" : ""}" href=${to(`/chats/${c}`)} aria-current=${here ? "page" : undefined}
      data-row data-test="conversation" data-c=${c} ...${holds(open)}>
    <span class="chat-face"><${Avatar} name=${row.title} media=${row.peer?.avatar} group=${row.k === "group"} />
      <${Badge} n=${count} quiet=${mute} label=${t("unread.n", { n: count })} /></span>
    <span class="chat-words">
      <span class="chat-top"><strong class="chat-title"><bdi>${row.title}</bdi></strong>
        <time class="chat-time">${shortTime(row.at)}</time></span>
      <span class="chat-foot"><span class="chat-last">
        ${failed && html`<${Icon} name="circle-alert" class="chat-failed" label=${t("send.failed")} />`}
        ${sending && html`<${Icon} name="arrow-up" class="chat-sending" label=${t("send.sending")} />`}
        ${mention > 0 && html`<span class="chat-mention">${t("mentioned")}</span>`}
        ${draft && !here ? html`<span class="chat-draft">${t("draft")}</span> <bdi>${draft.slice(0, 80)}</bdi>`
          : html`<bdi>${lastLine(row, mine)}</bdi>`}</span>
        ${mute && html`<${Icon} name="bell-off" class="chat-sign" label=${t("muted")} />`}</span>
    </span></a>`;
}
