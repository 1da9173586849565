// The page /operator: what whoever runs this installation decides.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { teachEntrances } from "../entrance/words.js";
import { t } from "../i18n.js";
import { Segments } from "../console/parts.js";
import { Entrances } from "../operator/entrances.js";
import { Gates } from "../operator/gates.js";
import { Paces, Reports, Words } from "../operator/order.js";
import { go, place } from "../router.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { teach } from "../teach.js";
import { Brand, LanguageSwitch, Loading, OfflineBar, Stage, State, Trouble } from "../ui.js";
import console_en from "../words/console.en.js";
import console_zh from "../words/console.zh-CN.js";

teach({ en: console_en, "zh-CN": console_zh });
teachEntrances();

effect(() => {
  document.title = `${t("operator.title")} · ${t("brand")}`;
});

const DESKS = [["/entrances", "operator.entrances", Entrances], ["/reports", "keep.reports", Reports],
  ["/words", "keep.words", Words], ["/limits", "keep.limits", Paces], ["/gates", "operator.gates", Gates]];

function Desk() {
  const [path, , screen] = DESKS.find(([one]) => one === place.value.path) ?? DESKS[0];
  return html`<${Segments} label=${t("operator.title")} value=${path} options=${DESKS.map(([one, words]) => [one, t(words)])} onChange=${go} test="desk" />
    <${screen} key=${path} />`;
}

function Page() {
  const [trouble, setTrouble] = useState(null);
  const learn = () => {
    setTrouble(null);
    return learnMe().then((person) => person || askToSignIn(), setTrouble);
  };
  useEffect(() => { learn(); }, []);
  return html`<${Stage} tone="console">
    <${OfflineBar} />
    <header class="operator-bar"><${Brand} words=${t("operator.title")} /><${LanguageSwitch} /></header>
    <main class="operator-main">
      ${trouble ? html`<${Trouble} error=${trouble} onAgain=${learn} />`
        : !me.value ? html`<${Loading} lines=${5} />`
        : me.value.operator ? html`<${Desk} />`
        : html`<${State} icon="lock-keyhole" title=${t("operator.not_you")} text=${t("operator.not_you_text")} test="not-operator" />`}
    </main>
  </${Stage}>`;
}

render(html`<${Page} />`, document.getElementById("app"));
