// Everything that happened to a payment, in order: facts, tries on rails, webhooks with what was answered.
import { html, useState } from "../dom.js";
import { has, t } from "../i18n.js";
import { money } from "../money.js";
import { sentence } from "../say.js";
import { railName } from "../top_up.js";
import { Button, Icon, Note, Pill, useToast } from "../ui.js";
import { dayOf } from "../time.js";
import { exactlyOf, instantOf, secondOf } from "../when.js";
import { app } from "./ask.js";
import { Empty, Status } from "./parts.js";
import { methodName } from "./say_method.js";

const SIGNS = {
  "payment.created": "plus", "payment.paid": "check", "payment.authorized": "lock-keyhole", "payment.captured": "check",
  "payment.canceled": "ban", "payment.expired": "hourglass", "payment.attempt_failed": "circle-x", "payment.in_doubt": "circle-alert",
  "payment.processing": "landmark", "refund.requested": "undo-2", "refund.succeeded": "undo-2", "refund.failed": "circle-x",
  "split.created": "hand-coins", "split.returned": "undo-2", "split.finished": "check",
};
const GOOD = ["payment.paid", "payment.captured", "payment.authorized", "refund.succeeded"];
const BAD = ["payment.attempt_failed", "refund.failed", "payment.late_money"];

function eventsOf({ history, webhooks, names }) {
  const events = [
    ...history.facts.map((fact) => ({ at: fact.at, rank: 0, key: fact.id, draw: () => html`<${Fact} fact=${fact} names=${names} />` })),
    ...history.attempts.map((attempt) => ({ at: attempt.created_at, rank: 1, key: attempt.id,
      draw: () => html`<${Attempt} attempt=${attempt} />` })),
    ...webhooks.deliveries.map((delivery) => ({ at: delivery.created_at, rank: 2, key: delivery.id, delivery })),
  ];
  return events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.rank - b.rank));
}

/** `Timeline({found, again})`. */
export function Timeline({ found, again }) {
  const events = eventsOf(found);
  const { urls, hidden } = found.webhooks;
  let day = "";
  return html`<ol class="con-timeline">
      ${events.map(({ key, at, draw, delivery }) => {
        const today = new Date(at).toDateString();
        const first = today !== day;
        day = today;
        return html`<li key=${key} class="con-event ${delivery ? "con-event-webhook" : ""}">
          <time class="con-event-at" datetime=${at} title=${exactlyOf(at)}>${first ? dayOf(Date.parse(at)) : ""}
            <span>${instantOf(at)}</span></time>
          ${delivery ? html`<${Delivery} delivery=${delivery} url=${urls[delivery.endpoint_id]} again=${again} />` : draw()}
        </li>`;
      })}
    </ol>
    ${hidden && html`<${Note} icon="lock-keyhole">${t("timeline.hidden")}</${Note}>`}
    ${!hidden && !found.webhooks.deliveries.length && html`<p class="con-dim con-timeline-none">${t("timeline.no_webhooks")}</p>`}`;
}

function Sign({ name, kind = "" }) {
  return html`<span class="con-event-sign ${kind ? `con-event-${kind}` : ""}"><${Icon} name=${name} /></span>`;
}

function Raw({ of }) {
  return html`<details class="con-raw"><summary>${t("timeline.raw")}</summary><pre>${JSON.stringify(of, null, 2)}</pre></details>`;
}

/** Who did it for the shop: a member by name, a key or another app by its id. */
function Doer({ id, names }) {
  return html`<span class="con-dim" data-test="doer"> · ${names[id] ? html`<bdi>${names[id]}</bdi>` : html`<code class="code">${id}</code>`}</span>`;
}

function Fact({ fact, names }) {
  const { kind, data } = fact;
  const what = [
    data.amount && data.currency ? money(kind === "payment.captured" ? data.captured_amount : data.amount, data.currency) : "",
    data.method ? methodName(data.method) : "", data.reason,
  ].filter(Boolean).join(" · ");
  return html`<${Sign} name=${SIGNS[kind] ?? "flag"} kind=${GOOD.includes(kind) ? "good" : BAD.includes(kind) ? "bad" : ""} />
    <div class="con-event-body"><strong>${has(`fact.${kind}`) ? t(`fact.${kind}`) : kind}</strong>
      ${what && html` <span class="con-dim"><bdi>${what}</bdi></span>`}
      ${data.actor && html`<${Doer} id=${data.actor} names=${names} />`}
      <p class="con-event-note"><code class="code">${kind}</code> <code class="code">${fact.id}</code></p><${Raw} of=${data} /></div>`;
}

function Attempt({ attempt }) {
  return html`<${Sign} name="landmark" kind=${attempt.state === "failed" ? "bad" : ""} />
    <div class="con-event-body"><strong>${t("timeline.attempt", { rail: railName(attempt.rail) })}</strong>
      <${Status} of=${attempt.state} words=${t(`attempt.${attempt.state}`)} />
      <p class="con-event-note">${money(attempt.amount, attempt.currency)} · ${t("timeline.asked", { n: attempt.asked })}
        ${attempt.reason && html` · <bdi>${attempt.reason}</bdi>`} · <code class="code">${attempt.id}</code></p></div>`;
}

/** `Tries({tries})`: what was sent, what came back, how long it took. */
export function Tries({ tries }) {
  return html`<ul class="con-tries">${tries.map((one) => html`<li key=${one.number} data-test="try">
    <${Pill} kind=${one.status >= 200 && one.status < 300 ? "good" : "bad"}>${one.status || t("lane.none")}</${Pill}>
    <span>${t("lane.ms", { n: one.took_ms })}</span><time datetime=${one.at} title=${exactlyOf(one.at)}>${secondOf(one.at)}</time>
    ${one.number > 1 && html`<span class="con-dim">${t("lane.try", { n: one.number })}</span>`}
    ${one.trouble && html`<span class="bad-words">${one.trouble}</span>`}
    ${one.excerpt && html`<code class="con-excerpt">${one.excerpt}</code>`}</li>`)}</ul>`;
}

/** `Replay({delivery, again})`: send this once more, now. */
export function Replay({ delivery, again }) {
  const say = useToast();
  const press = async () => {
    try {
      await app.post(`/v1/deliveries/${encodeURIComponent(delivery.id)}/tries`, {});
      say(t("webhooks.replayed"));
      setTimeout(again, 700);
      await again();
    } catch (error) {
      say(sentence(error));
    }
  };
  return html`<${Button} kind="link" onPress=${press} test="replay">${t("webhooks.replay")}</${Button}>`;
}

function Delivery({ delivery, url, again }) {
  const [open, setOpen] = useState(delivery.state !== "delivered");
  const last = delivery.tries.at(-1);
  return html`<${Sign} name="webhook" kind=${delivery.state === "failed" ? "bad" : ""} />
    <div class="con-event-body" data-test="delivery">
      <strong>${t("timeline.told")}</strong> <code class="code">${delivery.kind}</code>
      ${last ? html` <${Pill} kind=${last.trouble ? "bad" : "good"}>${last.status || t("lane.none")}</${Pill}>
        <span class="con-dim">${t("lane.ms", { n: last.took_ms })}</span>` : html` <${Status} of="waiting" words=${t("webhooks.waiting")} />`}
      <p class="con-event-note"><bdi>${url ?? delivery.endpoint_id}</bdi></p>
      <div class="con-event-ways">
        <button type="button" class="link" aria-expanded=${open} onClick=${() => setOpen(!open)} data-test="tries-toggle">
          ${t("timeline.tries", { n: delivery.tries.length })}</button>
        <${Replay} delivery=${delivery} again=${again} />
      </div>
      ${open && delivery.tries.length > 0 && html`<${Tries} tries=${delivery.tries} />`}
    </div>`;
}

/** Nothing has been sent yet. */
export function NoDeliveries() {
  return html`<${Empty} icon="send" title=${t("webhooks.no_deliveries")} text=${t("webhooks.no_deliveries_text")} />`;
}
