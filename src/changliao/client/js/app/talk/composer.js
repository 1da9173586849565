// The line one writes in: text with mentions, a reply, emoji, things to send, voice; a draft that is kept.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../dom.js";
import { say, setMine, typing } from "../../chat/live.js";
import { nameOf } from "../../chat/people.js";
import { EVERYBODY } from "../../chat/state.js";
import { measure } from "../../chat/upload.js";
import { t } from "../../i18n.js";
import { recall } from "../../keep.js";
import { Icon, useToast } from "../../ui.js";
import { isDesk } from "../menu.js";
import { snippet } from "../snippet.js";
import { CommandList } from "./commands.js";
import { MentionList } from "./mention.js";
import { EmojiPanel, ThingsPanel } from "./panels.js";
import { canRecord, useRecorder } from "./voice.js";

const TEXT_MAX = 4000;
const TALL_PX = 132;
const HAS_BOTS = new Set(["group", "service"]);
const DRAFT_MS = 800;
const FILE_MAX = 100 * 1024 * 1024;

/** Drafts of this visit, by conversation: newer than what the server tells. */
const drafts = new Map();

/** The draft of a conversation, for the list. */
export function draftOf(row) {
  return drafts.get(row.c) ?? row.draft ?? "";
}

function useDraft(row) {
  const [text, setText] = useState(() => draftOf(row));
  const timer = useRef(0);
  const latest = useRef(text);
  const keepIt = () => {
    clearTimeout(timer.current);
    if ((row.draft ?? "") !== latest.current) setMine(row.c, { draft: latest.current.slice(0, TEXT_MAX) }).catch(() => {});
  };
  const write = (now) => {
    latest.current = now;
    setText(now);
    drafts.set(row.c, now);
    clearTimeout(timer.current);
    timer.current = setTimeout(keepIt, DRAFT_MS);
  };
  useEffect(() => () => {
    if (latest.current !== text || drafts.has(row.c)) keepIt();
  }, []);
  return [text, write];
}

/** `Composer({row, members, reply, onReply, handle, why})`: `why` says why one may not write here. */
export function Composer({ row, members, reply, onReply, handle, onSent, onPickContact, why }) {
  const [text, write] = useDraft(row);
  const [panel, setPanel] = useState("");
  const [speaking, setSpeaking] = useState(false);
  const [at, setAt] = useState([]);
  const [asked, setAsked] = useState(null);
  const [slash, setSlash] = useState(null); // What follows a slash that begins the text.
  const field = useRef(null);
  const toast = useToast();

  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(TALL_PX, field.current.scrollHeight)}px`;
  }, [text, speaking]);

  const focus = () => field.current?.focus({ preventScroll: true });
  handle.current = {
    focus,
    write: (words) => {
      setSpeaking(false);
      write(words);
      setTimeout(focus, 0);
    },
    files: (found) => sendFiles(found, ""),
    mention: (person) => pickMention(person, true),
  };

  const sent = () => {
    onReply(null);
    onSent();
  };
  const sendText = () => {
    const said = text.trim();
    if (!said) return;
    if (said.length > TEXT_MAX) {
      toast(t("send.long", { n: TEXT_MAX }));
      return;
    }
    const named = at.filter((id) => said.includes(`@${id === EVERYBODY ? t("mention.all") : nameOf(id)}`));
    if (reply?.editing) say(row.c, "edit", { text: said }, { r: reply.s });
    else say(row.c, "text", { text: said }, { r: reply?.s ?? 0, at: named });
    write("");
    setAt([]);
    setSlash(null);
    sent();
    focus();
  };
  const insert = (words) => {
    const { selectionStart: from = text.length, selectionEnd: to = text.length } = field.current ?? {};
    write(text.slice(0, from) + words + text.slice(to));
  };
  const pickMention = (person, fresh = false) => {
    const name = person.remark || person.name;
    const from = fresh ? text.length : asked?.from ?? text.length;
    const after = fresh ? "" : text.slice(asked.to);
    write(`${text.slice(0, from)}@${name} ${after}`);
    setAt([...at, person.id]);
    setAsked(null);
    focus();
  };
  const pickCommand = (words) => {
    write(words);
    setSlash(null);
    focus();
  };
  const sendFiles = async (found, kind) => {
    setPanel("");
    for (const file of found) {
      if (file.size > FILE_MAX || !file.size) {
        toast(t(file.size ? "send.file_large" : "send.file_empty", { name: file.name }));
        continue;
      }
      const size = kind === "file" ? null : await measure(file);
      if (size) say(row.c, "image", { ...size, name: file.name }, { file });
      else say(row.c, "file", { name: file.name, size: file.size }, { file });
    }
    sent();
  };
  const sendLocation = () => {
    setPanel("");
    navigator.geolocation?.getCurrentPosition(({ coords }) => {
      const micro = (degrees) => Math.round(degrees * 1e6);
      say(row.c, "location", {
        latitude: micro(coords.latitude), longitude: micro(coords.longitude), name: t("location.mine"), address: "",
      });
      sent();
    }, () => toast(t("location.denied")), { timeout: 10_000 });
  };

  const onInput = (event) => {
    const { value, selectionStart } = event.currentTarget;
    write(value);
    typing(row.c);
    const found = row.k === "group" && /(^|\s|[^\x00-\x7f])@([^\s@]*)$/.exec(value.slice(0, selectionStart));
    setSlash(/^\/([a-z0-9_]*)$/.exec(value)?.[1] ?? null);
    setAsked(found ? { words: found[2], from: selectionStart - found[2].length - 1, to: selectionStart } : null);
  };
  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if ((asked || slash !== null) && handle.current.mentionKey?.(event.key)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      if (asked || slash !== null || reply || panel) {
        event.stopPropagation();
        setAsked(null);
        setSlash(null);
        setPanel("");
        onReply(null);
      }
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    const withCtrl = event.ctrlKey || event.metaKey;
    if (recall("send_with_ctrl") ? !withCtrl : false) return;
    event.preventDefault();
    sendText();
  };
  const onPaste = (event) => {
    const found = [...(event.clipboardData?.files ?? [])];
    if (!found.length) return;
    event.preventDefault();
    sendFiles(found, "");
  };

  if (why) return html`<footer class="composer composer-off" data-test="composer-off"><p>${why}</p></footer>`;
  const turn = (name) => {
    setPanel(panel === name ? "" : name);
    setSpeaking(false);
  };
  return html`<footer class="composer" data-test="composer">
    ${asked && html`<${MentionList} words=${asked.words} members=${members} all=${row.role !== "member"} onPick=${pickMention}
      keys=${(key) => { handle.current.mentionKey = key; }} />`}
    ${slash !== null && HAS_BOTS.has(row.k) && html`<${CommandList} c=${row.c} words=${slash} onPick=${pickCommand}
      keys=${(key) => { handle.current.mentionKey = key; }} />`}
    ${reply && html`<div class="reply" data-test="reply"><span class="reply-words"><bdi>
        ${nameOf(reply.f)}: ${snippet(reply)}</bdi></span>
      <button type="button" class="icon-button" aria-label=${t("cancel")} onClick=${() => onReply(null)}><${Icon} name="x" /></button></div>`}
    <div class="composer-line">
      ${canRecord() && html`<button type="button" class="icon-button" aria-label=${t(speaking ? "composer.keys" : "composer.voice")}
        onClick=${() => { setPanel(""); setSpeaking(!speaking); }} data-test="voice-switch">
        <${Icon} name=${speaking ? "keyboard" : "mic"} /></button>`}
      ${speaking ? html`<${Speak} onDone=${(file, ms) => { say(row.c, "voice", { ms }, { file }); sent(); }}
          onFault=${(code) => toast(t(`voice.${code}`))} />`
        : html`<textarea ref=${field} class="composer-field" rows="1" dir="auto" value=${text} onInput=${onInput}
          onKeyDown=${onKeyDown} onPaste=${onPaste} onFocus=${() => !isDesk() && setPanel("")} aria-label=${t("composer.label")}
          placeholder=${isDesk() ? t("composer.hint") : ""} enterkeyhint="send" data-test="write"></textarea>`}
      <button type="button" class="icon-button" aria-label=${t("panel.faces")} aria-expanded=${panel === "faces"}
        onClick=${() => turn("faces")} data-test="faces"><${Icon} name="face-slightly-smiling" /></button>
      ${text.trim() && !speaking
        ? html`<button type="button" class="composer-send" onClick=${sendText} data-test="send" aria-label=${t("send.go")}>
            <${Icon} name="arrow-up" /></button>`
        : html`<button type="button" class="icon-button" aria-label=${t("panel.things")} aria-expanded=${panel === "things"}
            onClick=${() => turn("things")} data-test="things"><${Icon} name="circle-plus" /></button>`}
    </div>
    ${panel === "faces" && html`<${EmojiPanel} onEmoji=${insert}
      onSticker=${(sticker) => { say(row.c, "sticker", { sticker }); sent(); }} />`}
    ${panel === "things" && html`<${ThingsPanel} onFiles=${sendFiles} onLocation=${sendLocation}
      onContact=${() => { setPanel(""); onPickContact(); }} />`}
  </footer>`;
}

function Speak({ onDone, onFault }) {
  const { state, ms, start, stop, cancel } = useRecorder(onDone, onFault);
  if (state === "on") {
    return html`<div class="speak speak-on" data-test="recording"><span class="speak-dot"></span>
      <span class="speak-time" role="timer">${Math.floor(ms / 1000)}″</span>
      <button type="button" class="link speak-cancel" onClick=${cancel} data-test="voice-cancel">${t("cancel")}</button>
      <button type="button" class="speak-send" onClick=${stop} data-test="voice-send">${t("send.go")}</button></div>`;
  }
  return html`<button type="button" class="speak" onClick=${start} disabled=${state === "asking"} data-test="voice-start">
    ${t(state === "asking" ? "voice.asking" : "voice.start")}</button>`;
}
