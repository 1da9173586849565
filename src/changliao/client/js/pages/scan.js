// The page /s/{code}, which a phone opens by scanning a computer's code: which computer, and its number.
import { effect, html, render, useEffect, useState } from "../dom.js";
import { post, put } from "../api.js";
import { t } from "../i18n.js";
import { sentence } from "../say.js";
import { askToSignIn, learnMe, me } from "../session.js";
import { clockTime, nowMs } from "../time.js";
import {
  Brand, Button, Cell, Cells, Field, LanguageSwitch, Loading, Note, OfflineBar, Stage, State, Trouble, useBusy,
} from "../ui.js";

const OVER = ["sign_in_code_over", "sign_in_code_not_found"];
const code = decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");

effect(() => {
  document.title = `${t("scan.title")} · ${t("brand")}`;
});

function Page() {
  const [seen, setSeen] = useState({ scan: null, trouble: null, end: null });
  const turn = (news) => setSeen((before) => ({ ...before, trouble: null, ...news }));
  const look = async () => {
    try {
      if (await learnMe()) turn({ scan: await post("/v1/scans", { code }) });
      else askToSignIn();
    } catch (error) {
      turn(OVER.includes(error.code) ? { end: "over" } : { trouble: error });
    }
  };
  useEffect(() => { look(); }, []);
  const { scan, trouble, end } = seen;
  return html`<${Stage} tone="plain-page">
    <${OfflineBar} />
    <header class="page-bar"><${Brand} /><${LanguageSwitch} /></header>
    <main class="narrow">
      ${end ? html`<${End} end=${end} />`
        : trouble ? html`<${Trouble} error=${trouble} onAgain=${look} />`
        : scan ? html`<${Answer} scan=${scan} onEnd=${(how) => turn({ end: how })} />`
        : html`<${Loading} />`}
    </main>
  </${Stage}>`;
}

const ENDS = {
  done: ["circle-check", "good"], refused: ["shield-check", "calm"], wrong: ["circle-x", "bad"], over: ["clock", "warn"],
};

function End({ end }) {
  const [icon, kind] = ENDS[end];
  return html`<${State} icon=${icon} kind=${kind} title=${t(`scan.${end}`)} text=${t(`scan.${end}_says`)}
    test="scan-${end}" />`;
}

function useOver(at, onOver) {
  useEffect(() => {
    const timer = setTimeout(onOver, Math.max(0, Date.parse(at) - nowMs()));
    return () => clearTimeout(timer);
  }, [at]);
}

function Answer({ scan, onEnd }) {
  const [number, setNumber] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  useOver(scan.expires_at, () => onEnd("over"));
  const say = async (said, how) => {
    try {
      await put(`/v1/scans/${encodeURIComponent(scan.id)}/answer`, { number: said });
      onEnd(how);
    } catch (error) {
      if (error.code === "wrong_number") onEnd("wrong");
      else if (OVER.includes(error.code)) onEnd("over");
      else setWrong(sentence(error));
    }
  };
  const send = (event) => {
    event.preventDefault();
    if (/^[1-9]\d$/.test(number)) run(() => say(Number(number), "done"));
    else setWrong(t("scan.two_digits"));
  };
  const type = (text) => {
    setNumber(text.normalize("NFKC").replace(/\D/g, "").slice(0, 2));
    setWrong("");
  };
  return html`<div data-test="scan">
    <h1 class="sign-in-title">${t("scan.title")}</h1>
    <p class="sign-in-text">${t("scan.as", { name: me.value.name, handle: me.value.handle })}</p>
    <div class="scan-where"><${Cells}>
      <${Cell} icon="monitor" title=${t("scan.device")} value=${scan.device || t("device.unknown")} test="scan-device" />
      <${Cell} icon="info" title=${t("scan.place")} value=${scan.place || t("scan.no_place")}
        note=${t(scan.same_network ? "scan.same_network" : "scan.other_network")} test="scan-place" />
      <${Cell} icon="clock" title=${t("scan.time")} value=${clockTime(Date.parse(scan.asked_at))} test="scan-time" />
    </${Cells}></div>
    <form class="scan-number" onSubmit=${send} noValidate>
      <${Field} label=${t("scan.number")} hint=${t("scan.number_hint")} value=${number} error=${wrong} onInput=${type}
        inputmode="numeric" autocomplete="off" maxlength="2" big test="scan-number" />
      <${Button} type="submit" busy=${busy} test="scan-yes">${t("scan.yes")}</${Button}>
      <${Button} kind="plain" onPress=${() => say(null, "refused")} test="scan-no">${t("scan.no")}</${Button}>
    </form>
    <${Note} kind="warn" test="scan-warning">${t("scan.warning")}</${Note}>
  </div>`;
}

render(html`<${Page} />`, document.getElementById("app"));
