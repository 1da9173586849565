// Entrances as the operator sees them: what waits for an answer, what is shown to whom, in which order.
import { html, useLayoutEffect, useState } from "../dom.js";
import { ApiError, get, patch } from "../api.js";
import { Asked, useAsked } from "../console/ask.js";
import { Act, Checks, Empty, Facts, Head, Panel, Select } from "../console/parts.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { titleOf } from "../entrance/doors.js";
import { Button, Field, Icon, Pill, useToast } from "../ui.js";

const PLACES = ["discover", "chats_top", "me", "pay_done"];
const EDITIONS = ["all", "domestic", "overseas"];
const TONES = { proposed: "warn", on: "good", off: "calm" };
const WHOLE = 100; // The API counts a rollout of ten thousand, people in percent.

function change(one, said) {
  return patch(`/v1/operator/entrances/${encodeURIComponent(one.id)}`, said);
}

/** The operator's list of entrances. */
export function Entrances() {
  const asked = useAsked(() => get("/v1/operator/entrances"), []);
  const [editing, setEditing] = useState(null);
  return html`<${Head} title=${t("operator.entrances")} lead=${t("operator.entrances_lead")} />
    <${Asked} asked=${asked}>${({ items }) => items.length
      ? items.map((one) => html`<${Row} key=${one.id} one=${one} onEdit=${() => setEditing(one)} onDone=${asked.again} />`)
      : html`<${Empty} icon="store" title=${t("operator.none")} text=${t("operator.none_text")} />`}</${Asked}>
    <${Edit} one=${editing} onClose=${() => setEditing(null)} onDone=${() => { setEditing(null); asked.again(); }} />`;
}

function Row({ one, onEdit, onDone }) {
  const say = useToast();
  const turn = (state) => async () => {
    try {
      await change(one, { state });
      await onDone();
    } catch (error) {
      say(sentence(error));
    }
  };
  const tail = html`<${Pill} kind=${TONES[one.state]} test="state">${t(`entrance.${one.state}`)}</${Pill}>`;
  return html`<${Panel} title=${html`<span class="operator-name"><span class="door-sign"><${Icon} name=${one.icon} /></span><bdi>${titleOf(one)}</bdi></span>`}
      tail=${tail} test="entrance-row">
    <${Facts} rows=${[
      [t("operator.partner"), html`<bdi>${one.partner} · ${one.app}</bdi>`],
      [t("operator.leads_to"), html`<code class="code">${one.start_url}</code>`],
      [t("operator.shown"), t("operator.shown_to", {
        place: t(`place.${one.place}`), edition: t(`edition.${one.edition}`), percent: one.rollout / WHOLE, position: one.position,
      })],
      [t("operator.asks"), one.scopes.map((scope) => t(`scope.${scope}`)).join(" · ")],
      [t("operator.week"), t("operator.opened", { opened: one.opened, people: one.people })],
    ]} />
    <div class="operator-ways">
      ${one.state === "on"
        ? html`<${Button} kind="plain" small onPress=${turn("off")} test="switch-off">${t("entrance.switch_off")}</${Button}>`
        : html`<${Button} small onPress=${turn("on")} test="switch-on">${t("entrance.switch_on")}</${Button}>`}
      ${one.state === "proposed" && html`<${Button} kind="plain" small onPress=${turn("off")} test="decline">${t("entrance.decline")}</${Button}>`}
      <${Button} kind="plain" small onPress=${onEdit} test="edit">${t("entrance.edit")}</${Button}>
    </div>
  </${Panel}>`;
}

function Edit({ one, onClose, onDone }) {
  const [said, setSaid] = useState(null);
  useLayoutEffect(() => {
    setSaid(one && {
      percent: String(one.rollout / WHOLE), position: String(one.position), place: one.place, edition: one.edition, scopes: one.scopes,
    });
  }, [one]);
  const put = (field) => (value) => setSaid({ ...said, [field]: value });
  const submit = async () => {
    const rollout = Math.round(Number(said.percent) * WHOLE);
    const position = Number(said.position);
    if (!Number.isInteger(rollout) || said.percent.trim() === "") throw new ApiError({ code: "rollout_invalid" });
    if (!Number.isInteger(position) || said.position.trim() === "") throw new ApiError({ code: "position_invalid" });
    await change(one, { rollout, position, place: said.place, edition: said.edition, scopes: said.scopes });
    onDone();
  };
  const named = (names, prefix) => names.map((name) => [name, t(`${prefix}.${name}`)]);
  return html`<${Act} open=${Boolean(one)} title=${one ? titleOf(one) : ""} lead=${t("operator.edit_lead")} go=${t("save")}
      onClose=${onClose} onSubmit=${submit} test="edit-sheet">${said && html`
    <${Field} label=${t("operator.percent")} value=${said.percent} onInput=${put("percent")} inputmode="decimal" hint=${t("operator.percent_hint")} test="percent" />
    <${Field} label=${t("operator.position")} value=${said.position} onInput=${put("position")} inputmode="numeric" hint=${t("operator.position_hint")} test="position" />
    <${Select} label=${t("operator.place")} value=${said.place} options=${named(PLACES, "place")} onChange=${put("place")} test="place" />
    <${Select} label=${t("operator.edition")} value=${said.edition} options=${named(EDITIONS, "edition")} onChange=${put("edition")} test="edition" />
    <${Checks} label=${t("operator.asks")} all=${[["name", t("scope.name")], ["handle", t("scope.handle")]]} chosen=${said.scopes} onChange=${put("scopes")} test="scopes" />`}
  </${Act}>`;
}
