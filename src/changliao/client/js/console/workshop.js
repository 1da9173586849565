// The partners one acts for and their apps: which one is looked at now, founding one, making an app.
import { html, signal, useState } from "../dom.js";
import { get, post } from "../api.js";
import { t } from "../i18n.js";
import { keep, recall } from "../keep.js";
import { me } from "../session.js";
import { Button, Cell, Cells, Field, Sheet } from "../ui.js";
import { Act, Empty } from "./parts.js";
import { go, place } from "./place.js";

/** `[{id, name, role, apps}]`, or null until it is known. */
export const partners = signal(null);

/** Ask for one's partners and their apps. */
export async function learnPartners() {
  const { items } = await get("/v1/partners");
  const found = await Promise.all(items.map(async (partner) => ({
    ...partner, apps: (await get(`/v1/partners/${encodeURIComponent(partner.id)}/apps`)).items,
  })));
  partners.value = found;
  settle();
  return found;
}

/** The app that the address names: `{app, partner}`, or null. */
export function current() {
  const id = place.value.query.get("app");
  for (const partner of partners.value ?? []) {
    const app = partner.apps.find((one) => one.id === id);
    if (app) return { app, partner };
  }
  return null;
}

/** `test` or `live`, as the address says. */
export function modeNow() {
  return place.value.query.get("mode") === "live" ? "live" : "test";
}

/** Put an app and a mode into the address when there are none yet. */
function settle() {
  const found = current();
  const named = place.value.query.get("app");
  if (found) keep("console.app", found.app.id);
  if (named && (!found || place.value.query.get("mode"))) return;
  const apps = partners.value.flatMap((partner) => partner.apps);
  const app = found?.app ?? apps.find(({ id }) => id === recall("console.app")) ?? apps[0];
  if (!app) return;
  const query = Object.fromEntries(place.value.query);
  go(place.value.page, { ...query, app: app.id, mode: modeNow() }, { replace: true });
}

/** Look at another app. */
export function choose(id) {
  keep("console.app", id);
  go({ payment: "payments", webhook: "payments", agent: "agents" }[place.value.page] ?? place.value.page, { app: id });
}

/** `Chooser({open, onClose})`: the partners and apps one may look at, and making more. */
export function Chooser({ open, onClose }) {
  const [making, setMaking] = useState(null); // {kind: "partner" | "app", partner}
  const now = current();
  return html`<${Sheet} open=${open} title=${t("chooser.title")} onClose=${onClose} test="chooser">
      <div class="sheet-form">
        ${(partners.value ?? []).map((partner) => html`<${Cells} key=${partner.id}
            title=${html`<span><bdi>${partner.name}</bdi> · ${t(`role.${partner.role}`)}</span>`}>
          ${partner.apps.map((app) => html`<${Cell} key=${app.id} title=${html`<bdi>${app.name}</bdi>`} icon="app-window"
            note=${html`<code class="code">${app.id}</code>`} checked=${now?.app.id === app.id} test="app-${app.id}"
            onPress=${() => { choose(app.id); onClose(); }} />`)}
          <${Cell} icon="plus" title=${t("app.new")} onPress=${() => setMaking({ kind: "app", partner })} test="new-app" />
        </${Cells}>`)}
        <${Button} kind="plain" onPress=${() => setMaking({ kind: "partner" })} test="new-partner">${t("partner.new")}</${Button}>
      </div>
    </${Sheet}>
    <${Make} making=${making} onClose=${() => setMaking(null)} onDone=${() => { setMaking(null); onClose(); }} />`;
}

/** Founding a partner, or making an app of one. */
export function Make({ making, onClose, onDone }) {
  const [name, setName] = useState("");
  const kind = making?.kind ?? "app";
  const submit = async () => {
    const body = { name: name.trim() };
    if (kind === "partner") {
      await post("/v1/partners", body);
      await learnPartners();
    } else {
      const app = await post(`/v1/partners/${encodeURIComponent(making.partner.id)}/apps`, body);
      await learnPartners();
      go("overview", { app: app.id, mode: "test" });
    }
    setName("");
    onDone?.();
  };
  return html`<${Act} open=${Boolean(making)} title=${t(`${kind}.new`)} lead=${t(`${kind}.new_text`)} go=${t(`${kind}.go`)}
      onClose=${onClose} onSubmit=${submit} test="make-${kind}">
    <${Field} label=${t(`${kind}.name`)} value=${name} onInput=${setName} maxlength="60" data-focus test="name"
      hint=${t(`${kind}.name_hint`)} />
  </${Act}>`;
}

/** For somebody without a partner or an app: the one next thing to do. */
export function FirstSteps() {
  const [making, setMaking] = useState(null);
  const partner = partners.value[0];
  const kind = partner ? "app" : "partner";
  return html`<${Empty} whole icon=${partner ? "app-window" : "store"} title=${t(`${kind}.none`)} text=${t(`${kind}.none_text`)}
      test="first-${kind}">
    <${Button} onPress=${() => setMaking({ kind, partner })} test="first-go">${t(`${kind}.new`)}</${Button}>
    ${!partner && html`<p class="con-dim">${t("partner.join", { handle: me.value.handle })}${" "}
      <a class="link" href="/sign-in?next=/console" data-test="other-person">${t("sign_in.other")}</a></p>`}
  </${Empty}>
  <${Make} making=${making} onClose=${() => setMaking(null)} onDone=${() => setMaking(null)} />`;
}
