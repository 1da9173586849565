// What one let partners know, and taking it back.
import { html, useState } from "../dom.js";
import { get, remove } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { Ask, Button, Cell, Cells, State, useToast } from "../ui.js";
import { Asked, useAsked } from "../wallet/frame.js";
import { decide } from "./identity.js";

/** `ConsentList({appId})`: everything one decided, partner by partner; with `appId`, about that app alone. */
export function ConsentList({ appId }) {
  const asked = useAsked(() => get("/v1/consents"), []);
  const [ending, setEnding] = useState(null);
  const say = useToast();
  const act = (work, words) => async () => {
    try {
      await work();
      say(words);
      await asked.again();
    } catch (error) {
      say(sentence(error));
    }
    setEnding(null);
  };
  const path = ({ app_id, scope }) => `/v1/consents/${encodeURIComponent(app_id)}/${encodeURIComponent(scope)}`;
  return html`<${Asked} asked=${asked} lines=${2}>${({ items }) => {
      const kept = items.filter((one) => one.state !== "withdrawn" && (!appId || one.app_id === appId));
      if (!kept.length) return html`<${State} icon="shield-check" title=${t("consents.none")} text=${t("consents.none_text")} test="no-consents" />`;
      const apps = [...new Set(kept.map(({ app_id }) => app_id))];
      return apps.map((id) => {
        const mine = kept.filter(({ app_id }) => app_id === id);
        return html`<${Cells} key=${id} title=${html`<bdi>${mine[0].partner}</bdi>`}>${mine.map((one) => html`
          <${Cell} key=${one.scope} title=${t(`scope.${one.scope}`)} note=${t(`consent.${one.state}`)} test="consent-${one.scope}"
            tail=${one.state === "granted"
              ? html`<${Button} kind="plain" small onPress=${() => setEnding(one)} test="withdraw">${t("consents.withdraw")}</${Button}>`
              : html`<${Button} kind="plain" small onPress=${act(() => decide(one.app_id, one.scope, true), t("consents.given"))} test="grant">${t("consents.grant")}</${Button}>`} />`)}
        </${Cells}>`;
      });
    }}</${Asked}>
    <${Ask} open=${Boolean(ending)} title=${t("consents.withdraw_title", { what: ending ? t(`scope.${ending.scope}`) : "" })}
      text=${t("consents.withdraw_text", { name: ending?.partner })} yes=${t("consents.withdraw")} danger
      onYes=${act(() => remove(path(ending)), t("consents.withdrawn"))} onNo=${() => setEnding(null)} />`;
}
