// The methods an app offers in each channel: pausing one with a reason that people read, taking it again.
import { html, useState } from "../dom.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Button, Field, Icon, Note, useToast } from "../ui.js";
import { Asked, app, useAsked } from "./ask.js";
import { Act, Head, Panel, Status, useKeys } from "./parts.js";
import { methodName } from "./say_method.js";

const CHANNELS = ["mobile", "web"];

/** The screen /console/methods. */
export function Methods() {
  const asked = useAsked(() => app.get("/v1/methods"), []);
  useKeys({ r: asked.again });
  return html`<${Head} title=${t("nav.methods")} lead=${t("methods.lead")} />
    <${Asked} asked=${asked}>${(found) => html`<${Offered} found=${found} again=${asked.again} />`}</${Asked}>`;
}

function Offered({ found, again }) {
  const [pausing, setPausing] = useState(null);
  const say = useToast();
  const names = ["wallet", ...found.rails.filter((rail) => rail !== "wallet")];
  const of = (method, channel) => found.items.find((one) => one.method === method && one.channel === channel);
  const change = (what, words) => async () => {
    try {
      await what();
      say(words);
      await again();
    } catch (error) {
      say(sentence(error));
    }
  };
  const resume = ({ id, method }) => change(() => app.remove(`/v1/methods/${encodeURIComponent(id)}/suspension`),
    t("methods.resumed", { method: methodName(method) }));
  const offer = (method, channel) => change(() => app.post("/v1/methods", { method, channel }),
    t("methods.offered", { method: methodName(method) }));
  const paused = found.items.filter(({ state }) => state === "suspended");
  return html`
    ${paused.length > 0 && html`<${Note} kind="warn" icon="circle-pause" test="paused">${t("methods.paused_now", { n: paused.length })}</${Note}>`}
    <div class="con-methods">${names.map((method) => html`<${Panel} key=${method} title=${methodName(method)} test="method-${method}"
        tail=${html`<code class="code">${method}</code>`}>
      ${CHANNELS.map((channel) => {
        const one = of(method, channel);
        return html`<div key=${channel} class="con-method" data-test="${method}-${channel}">
          <span class="con-method-channel"><${Icon} name=${channel === "web" ? "monitor" : "smartphone"} />${t(`channel.${channel}`)}</span>
          <span class="con-method-state">${one ? html`<${Status} of=${one.state} words=${t(`methods.${one.state}`)} />`
            : html`<span class="con-dim">${t("methods.not_offered")}</span>`}
            ${one?.reason && html`<span class="con-method-reason"><bdi>${one.reason}</bdi></span>`}</span>
          ${!one ? html`<${Button} kind="plain" small onPress=${offer(method, channel)} test="offer">${t("methods.offer")}</${Button}>`
            : one.state === "active" ? html`<${Button} kind="plain" small onPress=${() => setPausing(one)} test="suspend">${t("methods.suspend")}</${Button}>`
            : html`<${Button} small onPress=${resume(one)} test="resume">${t("methods.resume")}</${Button}>`}
        </div>`;
      })}</${Panel}>`)}</div>
    <${Suspend} method=${pausing} onClose=${() => setPausing(null)} onDone=${() => { setPausing(null); again(); }} />`;
}

function Suspend({ method, onClose, onDone }) {
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const say = useToast();
  const name = method ? methodName(method.method) : "";
  const submit = async () => {
    if (!reason.trim()) {
      setWrong(t("suspend.missing"));
      return;
    }
    await app.post(`/v1/methods/${encodeURIComponent(method.id)}/suspension`, { reason: reason.trim() });
    setReason("");
    say(t("suspend.done", { method: name }));
    onDone();
  };
  return html`<${Act} open=${Boolean(method)} title=${t("suspend.title", { method: name })} lead=${t("suspend.lead")} danger
      go=${t("methods.suspend")} onClose=${onClose} onSubmit=${submit} test="suspend-sheet">
    <${Field} label=${t("suspend.reason")} value=${reason} onInput=${(text) => { setReason(text); setWrong(""); }} error=${wrong}
      hint=${t("suspend.hint")} maxlength="200" data-focus test="reason" />
  </${Act}>`;
}
