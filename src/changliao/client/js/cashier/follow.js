// Follows one payment live: asks, waits for the next version, asks again; survives a lost network.
import { signal } from "../dom.js";
import { get, pause } from "../api.js";

const WAIT_S = 20;
const FINAL = ["canceled", "expired"];
const GONE = [400, 401, 403, 404];
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const BREATH_MS = 400;

/** What may be done about a payment that has this status. */
export function isFinal(status) {
  return FINAL.includes(status);
}

/**
 * `{view, trouble, refresh, take, stop}`: `view` is the last `/v1/cashier/{id}` answer (or null);
 * `first` is one that is known already, so that only news of it are asked for.
 * `trouble` is null, `{gone: true}` for an address that opens nothing, or `{error}` while asking fails.
 */
export function follow(paymentId, token, first = null) {
  const view = signal(first);
  const trouble = signal(null);
  const path = `/v1/cashier/${encodeURIComponent(paymentId)}?t=${encodeURIComponent(token)}`;
  let stopped = false;
  let fresh = !first; // Whether to be answered at once rather than at the next version.
  let asking = new AbortController();
  let heard = [];

  const tell = () => {
    heard.splice(0).forEach((resolve) => resolve());
  };
  const ask = async () => {
    const seen = fresh || !view.value ? "" : `&seen=${encodeURIComponent(view.value.version)}&wait=${WAIT_S}`;
    fresh = false;
    const answer = await get(path + seen, { signal: asking.signal, timeout_ms: (WAIT_S + 15) * 1000 });
    if (asking.signal.aborted) return;
    view.value = answer;
    trouble.value = null;
    tell();
  };
  const loop = async () => {
    for (let failures = 0; !stopped; ) {
      asking = new AbortController();
      try {
        if (view.value && !fresh) {
          if (isFinal(view.value.payment.status)) return;
          await pause(BREATH_MS, asking.signal);
        }
        await ask();
        failures = 0;
      } catch (error) {
        if (asking.signal.aborted) continue; // Somebody wants to know at once.
        if (GONE.includes(error.status)) {
          trouble.value = { gone: true, error };
          tell();
          return;
        }
        trouble.value = { error };
        tell();
        await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], asking.signal).catch(() => {});
      }
    }
  };
  const onVisible = () => document.visibilityState === "visible" && refresh();
  let going = loop();
  document.addEventListener("visibilitychange", onVisible);
  addEventListener("online", onVisible);

  /** Ask now; settles when there is an answer. */
  function refresh() {
    if (stopped) return Promise.resolve();
    const answered = new Promise((resolve) => heard.push(resolve));
    fresh = true;
    asking.abort();
    going = going.then(() => (stopped || !fresh ? undefined : loop()));
    return answered;
  }
  return {
    view,
    trouble,
    refresh,
    /** A newer view that came another way: a confirmation answers with a part of one. */
    take(newer) {
      if (!stopped) view.value = newer;
    },
    stop() {
      stopped = true;
      asking.abort();
      document.removeEventListener("visibilitychange", onVisible);
      removeEventListener("online", onVisible);
      tell();
    },
  };
}
