// One line of a conversation: the time, the divider, and the bubble with all that hangs on it.
import { html } from "../../dom.js";
import { known, touch } from "../../chat/live.js";
import { nameOf, pageOf, personOf } from "../../chat/people.js";
import { able, readers } from "../../chat/state.js";
import { t } from "../../i18n.js";
import { to } from "../../router.js";
import { momentOf } from "../../time.js";
import { Icon } from "../../ui.js";
import { Avatar } from "../avatar.js";
import { holds } from "../menu.js";
import { sayNote, sayRecalled, snippet } from "../snippet.js";
import { Body, Preview, shapeOf } from "./bodies.js";

const HOVERS = matchMedia("(hover: hover)").matches; // A finger holds a message; a pointer finds a button beside it.

/** `Line({line, talk})`: `talk` holds what may be done: `me group select act`. */
export function Line({ line, talk }) {
  const { entry, time, divider } = line;
  const quiet = entry.k === "note" || entry.k === "recalled";
  return html`<div class="line ${line.first ? "line-first" : ""}" data-s=${line.s || undefined} data-test="line">
    ${time > 0 && html`<p class="line-time"><time>${momentOf(time)}</time></p>`}
    ${divider && html`<p class="line-divider" data-test="unread-divider"><span>${t("unread.here")}</span></p>`}
    ${quiet ? html`<${Quiet} line=${line} talk=${talk} />` : html`<${Said} line=${line} talk=${talk} />`}
  </div>`;
}

function Quiet({ line: { entry }, talk }) {
  if (entry.k === "note") return html`<p class="line-note" data-test="note"><bdi>${sayNote(entry, talk.me)}</bdi></p>`;
  const again = entry.f === talk.me && entry.was?.k === "text" && entry.by === talk.me;
  return html`<p class="line-note" data-test="recalled"><span>${sayRecalled(entry, talk.me)}</span>
    ${again && html` <button type="button" class="link" onClick=${() => talk.act.writeAgain(entry.was)}
      data-test="write-again">${t("recalled.again")}</button>`}</p>`;
}

function Said({ line, talk }) {
  const { entry, mine, first, failed, post } = line;
  const by = entry.b?.by; // A bot or a hook, under the name it had.
  const who = by ?? personOf(entry.f) ?? talk.peer;
  const name = who ? who.remark || who.name : "";
  const shape = shapeOf(entry);
  const picked = talk.picked?.has(line.s);
  const reached = talk.reached === line.s && line.s > 0;
  const picture = first && html`<${Avatar} name=${name} media=${who?.avatar} />`;
  const place = `said-face ${first ? "" : "said-face-none"}`;
  const face = by ? html`<span class=${place} aria-hidden="true">${picture}</span>`
    : html`<a class=${place} href=${mine ? to("/me") : linkTo(talk.peer?.id ?? entry.f)} tabindex="-1" aria-hidden="true">${picture}</a>`;
  return html`<div class="said ${mine ? "said-mine" : ""} ${first ? "said-first" : ""} ${reached ? "said-reached" : ""}"
      data-test=${mine ? "mine" : "theirs"}>
    ${talk.picked && html`<input type="checkbox" class="said-pick" checked=${picked} disabled=${!line.s}
      aria-label=${snippet(entry)} onChange=${() => talk.act.pick(line.s)} data-test="pick" />`}
    ${face}
    <div class="said-words">
      ${first && !mine && (talk.group || by) && html`<span class="said-name"><bdi>${name || t("somebody")}</bdi>
        ${by && html` <span class="said-mark" data-test="mark">${t(`mark.${by.mark}`)}</span>`}</span>`}
      <span class="visually-hidden">${mine ? t("you") : name}${": "}</span>
      <div class="said-line">
        <div class="bubble bubble-${shape}" ...${holds((place) => talk.act.menu(line, place))} data-test="bubble">
          ${entry.r > 0 && html`<${Quote} r=${entry.r} talk=${talk} />`}
          <${Body} entry=${entry} onView=${talk.act.view} onForward=${talk.act.openForward} />
          ${entry.preview && html`<${Preview} preview=${entry.preview} />`}
        </div>
        ${failed && html`<button type="button" class="said-failed" aria-label=${t("send.failed_again")}
            onClick=${() => talk.act.failed(line)} data-test="failed"><${Icon} name="circle-alert" /></button>`}
        ${post && !failed && html`<span class="said-sending" aria-label=${t("send.sending")} role="img"></span>`}
        ${mine && line.s > 0 && html`<${ReadMark} c=${entry.c} s=${line.s} group=${talk.group} />`}
        ${HOVERS && !talk.picked && line.s > 0 && html`<button type="button" class="icon-button said-more" aria-label=${t("message.more")}
          onClick=${(event) => talk.act.menu(line, placeOf(event))} tabindex="-1" data-test="more"><${Icon} name="ellipsis" /></button>`}
      </div>
      ${entry.reactions?.length > 0 && html`<${Reactions} entry=${entry} talk=${talk} />`}
    </div>
  </div>`;
}

const linkTo = (id) => (pageOf(id) ? to(pageOf(id)) : undefined);

/** Whether the others have read what I wrote, where this edition tells. */
function ReadMark({ c, s, group }) {
  touch(`read ${c}`);
  const state = known();
  if (!able(state, "receipts")) return null;
  const n = readers(state, c, s);
  if (group) return n ? html`<span class="read-mark" data-test="read-mark">${t("read.n", { n })}</span>` : null;
  return html`<span class="read-mark ${n ? "read-mark-on" : ""}" data-test="read-mark"><${Icon} name=${n ? "check-check" : "check"}
    label=${t(n ? "read.yes" : "read.no")} /></span>`;
}

function placeOf(event) {
  const { left, bottom } = event.currentTarget.getBoundingClientRect();
  return { x: left, y: bottom };
}

function Quote({ r, talk }) {
  const entry = talk.entryOf(r);
  const words = !entry ? t("quote.unknown") : entry.k === "recalled" ? t("quote.recalled")
    : `${entry.f === talk.me ? t("you") : nameOf(entry.f)}: ${snippet(entry)}`;
  return html`<button type="button" class="quote" onClick=${() => talk.act.jump(r, true)} data-test="quote"
      aria-label=${t("quote.jump", { words })}><bdi>${words}</bdi></button>`;
}

function Reactions({ entry, talk }) {
  return html`<div class="reactions">${entry.reactions.map(({ emoji, by }) => {
    const mine = by.includes(talk.me);
    return html`<button key=${emoji} type="button" class="reaction ${mine ? "reaction-mine" : ""}" aria-pressed=${mine}
        title=${by.map((one) => nameOf(one)).filter(Boolean).join(", ")} data-test="reaction"
        onClick=${() => talk.act.react(entry, emoji, !mine)}><span>${emoji}</span><span>${by.length}</span></button>`;
  })}</div>`;
}
