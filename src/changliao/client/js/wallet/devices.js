// Where one is signed in: what with, from roughly where, when last; and signing out there.
import { html, useState } from "../dom.js";
import { get, remove } from "../api.js";
import { has, t } from "../i18n.js";
import { sentence } from "../say.js";
import { ago } from "../time.js";
import { Ask, Button, Cell, Cells, Pill, useToast } from "../ui.js";
import { Asked, useAsked } from "./frame.js";

const ICONS = { phone: "smartphone", tablet: "smartphone", computer: "monitor" };

function kindOf(device) {
  if (!device) return t("device.unknown");
  return has(`device.${device}`) ? t(`device.${device}`) : device;
}

/** A device by its browser, or by what it says it is. */
function nameOf({ device, agent }) {
  return agent || kindOf(device);
}

function noteOf(one) {
  const seen = one.current ? t("sessions.now") : t("sessions.seen", { when: ago(Date.parse(one.seen_at)) });
  return [one.agent && kindOf(one.device), seen, one.place && t("sessions.place", { place: one.place })]
    .filter(Boolean).join(" · ");
}

/** The devices of who is signed in, this one first. */
export function Devices() {
  const asked = useAsked(() => get("/v1/sessions"), []);
  const [going, setGoing] = useState(null); // a session, or "others"
  const say = useToast();
  const end = async () => {
    const others = going === "others";
    try {
      await remove(others ? "/v1/sessions?others=true" : `/v1/sessions/${encodeURIComponent(going.id)}`);
      if (others) say(t("sessions.others_done"));
    } catch (error) {
      say(sentence(error));
    }
    setGoing(null);
    if (going.current) location.replace("/sign-in");
    else await asked.again();
  };
  const ask = going === "others" ? "sessions.others_ask" : going?.current ? "sign_out.ask" : "sessions.ask";
  return html`<${Asked} asked=${asked}>${({ items }) => html`
    <${Cells} title=${t("sessions.title")} note=${t("sessions.what")} data-test="devices">
      ${[...items].sort((a, b) => b.current - a.current).map((one) => html`<${Cell} key=${one.id}
        icon=${ICONS[one.device] ?? "monitor"} note=${noteOf(one)} test="session-${one.id}"
        title=${html`<span>${nameOf(one)}</span>${one.current && html` <${Pill} kind="good">${t("sessions.this")}</${Pill}>`}`}
        tail=${html`<${Button} kind="link" onPress=${() => setGoing(one)} test="end-session"
          aria-label=${`${t("sign_out")}: ${nameOf(one)}`}>${t("sign_out")}</${Button}>`} />`)}
      ${items.length > 1 && html`<${Cell} icon="log-out" title=${t("sessions.others")} danger
        onPress=${() => setGoing("others")} test="end-others" />`}
    </${Cells}>`}
  </${Asked}>
  <${Ask} open=${Boolean(going)} title=${t(going === "others" ? "sessions.others" : "sign_out")} danger yes=${t("sign_out")}
    onYes=${end} onNo=${() => setGoing(null)} text=${t(ask)} />`;
}
