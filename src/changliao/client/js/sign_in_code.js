// A code on this computer's screen that a phone scans: it counts down, renews itself, and goes on by itself.
import { html, useEffect, useRef, useState } from "./dom.js";
import { get, pause, post } from "./api.js";
import { t } from "./i18n.js";
import { sentence } from "./say.js";
import { signInByCode } from "./session.js";
import { nowMs } from "./time.js";
import { Button, Icon, State } from "./ui.js";

const WAIT_S = 20;
const SCAN_MS = 20_000; // So much time is left to whoever scans at the last moment.
const CODES_MAX = 20; // Then nobody seems to be here.
const PAUSE_MS = 3000;

/** `{code, state, error, renew}`: the code on screen and how it stands; `onApproved(code)` once a phone says so. */
function useCode(onApproved) {
  const [shown, setShown] = useState({ code: null, state: "waiting", error: null });
  const [turn, setTurn] = useState(0);
  const count = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const awake = () => new Promise((resolve) => {
      if (document.visibilityState === "visible") resolve();
      else document.addEventListener("visibilitychange", resolve, { once: true, signal });
    });
    /** One code from its birth to its end; answers whether to show another. */
    const show = async () => {
      const code = await post("/v1/sign-in-codes", {}, { signal });
      const renewAt = Date.parse(code.expires_at) - SCAN_MS;
      for (let state = "waiting"; ;) {
        setShown({ code: { ...code, renewAt }, state, error: null });
        const left_s = Math.ceil((renewAt - nowMs()) / 1000);
        if (state === "waiting" && left_s <= 0) return true;
        if (state === "approved") return onApproved(code);
        if (state === "refused") return false;
        if (!["waiting", "scanned"].includes(state)) return true;
        const wait = state === "waiting" ? Math.min(WAIT_S, left_s) : WAIT_S;
        const path = `/v1/sign-in-codes/${encodeURIComponent(code.id)}?seen=${state}&wait=${wait}`;
        ({ state } = await get(path, { token: code.secret, signal, timeout_ms: (WAIT_S + 15) * 1000 }));
      }
    };
    const run = async () => {
      while (!signal.aborted) {
        await awake();
        try {
          if (!(await show())) return;
          if (++count.current >= CODES_MAX) {
            setShown((before) => ({ ...before, state: "asleep" }));
            return;
          }
        } catch (error) {
          if (signal.aborted) return;
          setShown((before) => ({ ...before, error }));
          await pause(Math.max(PAUSE_MS, error.retry_after_s * 1000), signal).catch(() => {});
        }
      }
    };
    run();
    return () => stop.abort();
  }, [turn]);
  const renew = () => {
    count.current = 0;
    setTurn(turn + 1);
  };
  return { ...shown, renew };
}

function useCountdown(at) {
  const [now, setNow] = useState(nowMs());
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((at - now) / 1000));
}

function Scan({ code }) {
  const left = useCountdown(code.renewAt);
  return html`<h2 class="qr-title">${t("scan_in.title")}</h2>
    <div class="qr-frame"><img class="qr-image" src=${code.qr_url} width="232" height="232" alt=${t("scan_in.alt")}
      data-test="sign-in-qr" data-url=${code.url} /></div>
    <p class="qr-says">${t("scan_in.says")}</p>
    <p class="qr-count" data-test="sign-in-left"><${Icon} name="refresh-cw" />${t("scan_in.left", { n: left })}</p>`;
}

/** `SignInCode({onDone})`: `onDone()` once this computer is signed in. */
export function SignInCode({ onDone }) {
  const { code, state, error, renew } = useCode(async (approved) => {
    await signInByCode(approved);
    onDone();
  });
  const again = html`<${Button} kind="plain" onPress=${renew} test="sign-in-renew">${t("scan_in.again")}</${Button}>`;
  return html`<section class="qr sign-in-code" aria-live="polite" data-test="sign-in-code">
    ${error && html`<p class="qr-says" role="alert">${sentence(error)}</p>`}
    ${state === "scanned" ? html`<h2 class="qr-title">${t("scan_in.number")}</h2>
        <p class="qr-number" data-test="sign-in-number">${code.number}</p>
        <p class="qr-says">${t("scan_in.number_says")}</p>`
      : state === "approved" ? html`<h2 class="qr-title">${t("scan_in.approved")}</h2>`
      : state === "refused" ? html`<${State} icon="circle-x" kind="bad" title=${t("scan_in.refused")}
          text=${t("scan_in.refused_says")} test="sign-in-refused">${again}</${State}>`
      : state === "asleep" ? html`<${State} icon="qr-code" title=${t("scan_in.asleep")}>${again}</${State}>`
      : code && html`<${Scan} code=${code} />`}
  </section>`;
}
