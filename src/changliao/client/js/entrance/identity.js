// Asking a person what a partner may know: each thing once, and each may be left out.
import { html, useLayoutEffect, useState } from "../dom.js";
import { put } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { me } from "../session.js";
import { Button, Mark, Note, Sheet, useBusy } from "../ui.js";

/** What a scope would tell, so that one sees it before one says yes. */
function valueOf(scope) {
  return { name: me.value?.name, handle: me.value && `@${me.value.handle}` }[scope] ?? "";
}

/** Keep a decision: `granted` true or false. */
export function decide(appId, scope, granted) {
  return put(`/v1/consents/${encodeURIComponent(appId)}/${encodeURIComponent(scope)}`, { granted });
}

/**
 * `Identity({asked, name, onDone})`: `asked` is what POST /v1/launches/{id}/tokens answered, or null. Putting
 * the sheet away decides nothing, so the page may ask another time.
 */
export function Identity({ asked, appId, name, onDone }) {
  const scopes = asked?.undecided ?? [];
  const [left, setLeft] = useState([]);
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  useLayoutEffect(() => { setLeft([]); setWrong(""); }, [asked]);
  const answer = (yes) => run(async () => {
    setWrong("");
    try {
      for (const scope of scopes) await decide(appId, scope, yes && !left.includes(scope));
      onDone();
    } catch (error) {
      setWrong(sentence(error));
    }
  });
  const turn = (scope) => setLeft(left.includes(scope) ? left.filter((one) => one !== scope) : [...left, scope]);
  return html`<${Sheet} open=${Boolean(asked)} title=${t("identity.title")} onClose=${() => onDone()} busy=${busy} test="identity">
    <div class="sheet-form identity">
      <div class="identity-who"><${Mark} name=${name} size="m" /><p>${t("identity.asks", { name })}</p></div>
      <ul class="identity-scopes">${scopes.map((scope) => html`<li key=${scope}><label>
        <input type="checkbox" checked=${!left.includes(scope)} onChange=${() => turn(scope)} data-test="scope-${scope}" />
        <span><strong>${t(`scope.${scope}`)}</strong><bdi>${valueOf(scope)}</bdi></span></label></li>`)}</ul>
      <p class="sheet-lead">${t("identity.rest")}</p>
      ${wrong && html`<${Note} kind="bad" live>${wrong}</${Note}>`}
      <${Button} onPress=${() => answer(true)} busy=${busy} disabled=${left.length === scopes.length} test="allow">${t("identity.allow")}</${Button}>
      <${Button} kind="quiet" onPress=${() => answer(false)} test="refuse">${t("identity.refuse")}</${Button}>
    </div>
  </${Sheet}>`;
}
