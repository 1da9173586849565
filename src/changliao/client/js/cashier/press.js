// One press of "pay": one Idempotency-Key from the sixth digit (or the passkey's signature) to a definite answer, whatever the network does.
import { useEffect, useRef, useState } from "../dom.js";
import { newKey, post, postKeyed } from "../api.js";
import { keep, recall } from "../keep.js";
import { signByPasskey } from "../passkeys.js";

const RECHECK_MS = 12_000;
const OVER = ["payment_not_open", "payment_expired", "method_suspended", "unauthenticated"];

/** The method this browser paid with last. */
export function lastMethod() {
  return recall("method");
}

/**
 * `{phase, pressed, attempt, refusal, send, sendByPasskey, again, forget}`. `phase`: `idle`, `sending`, `doubt` (answers
 * get lost, the same key is being sent again), `unsure` (given up for now), `checking` (asking once more
 * after that). `attempt` grows with every
 * press that was refused, which empties the PIN pad.
 */
export function usePress({ followed, paymentId, token, channel }) {
  const [state, setState] = useState({ phase: "idle", pressed: false, attempt: 0, refusal: null });
  const last = useRef(null); // The press that is not settled: {key, body}
  const stop = useRef(null);
  const turn = (news) => setState((before) => ({ ...before, ...news }));
  useEffect(() => () => stop.current?.abort(), []);

  const path = (what) => {
    const kind = followed.view.value?.parts?.length ? "combined_payments" : "payments";
    return `/v1/${kind}/${encodeURIComponent(paymentId)}/${what}`;
  };
  const run = async (phase, patience_ms) => {
    const { key, body } = last.current;
    stop.current = new AbortController();
    turn({ phase, pressed: true, refusal: null });
    try {
      const done = await postKeyed(path("confirmation"), body, {
        key, patience_ms, signal: stop.current.signal,
        onDoubt: () => turn({ phase: phase === "sending" ? "doubt" : phase }),
      });
      last.current = null;
      keep("method", body.method);
      followed.take({ ...followed.view.value, ...done });
      followed.refresh();
      turn({ phase: "idle" });
    } catch (error) {
      if (stop.current.signal.aborted) return;
      if (error.code === "unsure") {
        turn({ phase: "unsure" });
        followed.refresh();
        return;
      }
      last.current = null;
      if (OVER.includes(error.code) || error.code === "insufficient_funds") await followed.refresh();
      setState((before) => ({
        phase: "idle", pressed: false, attempt: before.attempt + 1, refusal: error,
      }));
    }
  };
  /** Pay with this method and this proof. A press while another one is under way does nothing. */
  const send = ({ method, instrument, ...proof }) => {
    if (last.current) return undefined;
    last.current = { key: newKey(), body: { token, method, channel, ...proof, ...(instrument && { instrument }) } };
    return run("sending");
  };
  return {
    ...state,
    send,
    /** The same, proven by a passkey: this device signs payment, amount and shop. */
    async sendByPasskey(way) {
      turn({ refusal: null });
      try {
        const asked = await post(path("challenges"), { token });
        send({ ...way, passkey: await signByPasskey(asked.public_key) });
      } catch (refusal) {
        if (OVER.includes(refusal.code)) await followed.refresh();
        turn({ refusal });
      }
    },
    /** Ask again what became of the last press, with its own key. */
    again() {
      return last.current ? run("checking", RECHECK_MS) : followed.refresh();
    },
    forget() {
      turn({ refusal: null });
    },
    /** The payment is open again: whatever ends it now, this press did not. */
    over() {
      turn({ pressed: false });
    },
  };
}
