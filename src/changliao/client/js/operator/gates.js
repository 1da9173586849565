// The operator's gates: addresses that are asked before a message is written, wherever it is.
import { html, useState } from "../dom.js";
import { get, post, remove } from "../api.js";
import { Asked, useAsked } from "../console/ask.js";
import { GateFacts, GateSecret, GateSheet } from "../console/gate.js";
import { Empty, Head, Panel } from "../console/parts.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, useToast } from "../ui.js";

const PATH = "/v1/operator/gates";

/** The screen /operator#/gates. */
export function Gates() {
  const asked = useAsked(() => get(PATH), []);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState(null);
  const [made, setMade] = useState(null);
  const say = useToast();
  const add = html`<${Button} small onPress=${() => setAdding(true)} test="add-gate">${t("gates.add")}</${Button}>`;
  const make = async (said) => {
    const gate = await post(PATH, said);
    setAdding(false);
    setMade(gate);
  };
  const end = async () => {
    try {
      await remove(`${PATH}/${encodeURIComponent(ending.id)}`);
      say(t("gate.ended"));
    } catch (error) {
      say(sentence(error));
    }
    setEnding(null);
    await asked.again();
  };
  return html`<${Head} title=${t("gate.title")} lead=${t("gates.lead")}>${asked.found?.items.length > 0 && add}</${Head}>
    <${Asked} asked=${asked} lines=${3}>${({ items }) => (items.length
      ? items.map((one) => html`<${Panel} key=${one.id} test="gate-row"><${GateFacts} gate=${one} everywhere />
          <div class="operator-ways"><${Button} kind="quiet-danger" small onPress=${() => setEnding(one)} test="end-gate">${t("gate.end")}</${Button}></div></${Panel}>`)
      : html`<${Empty} icon="shield-check" title=${t("gates.empty")} text=${t("gates.empty_text")}>${add}</${Empty}>`)}</${Asked}>
    <${GateSheet} open=${adding} everywhere onClose=${() => setAdding(false)} onSet=${make} />
    <${GateSecret} gate=${made} onClose=${() => { setMade(null); asked.again(); }} />
    <${Ask} open=${Boolean(ending)} title=${t("gate.end_title")} text=${t("gate.end_text")} yes=${t("gate.end")} danger onYes=${end} onNo=${() => setEnding(null)} />`;
}
