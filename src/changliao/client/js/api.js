// Speaks to /v1: JSON both ways, refusals as errors, and one key per press that outlives a lost network.
import { signal } from "./dom.js";
import { learnClock } from "./time.js";

const TIMEOUT_MS = 15_000;
const PATIENCE_MS = 90_000;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** Whether this device thinks it is connected. */
export const online = signal(navigator.onLine);
addEventListener("online", () => { online.value = true; });
addEventListener("offline", () => { online.value = false; });

/**
 * A call that was not answered with 2xx. `code` is the server's, or one of ours: `offline`, `timeout`,
 * `garbled`. `definite` says that the server refused, so that nothing has happened.
 */
export class ApiError extends Error {
  constructor(said, status = 0) {
    super(said.detail || said.code);
    this.status = status;
    this.definite = status > 0 && said.code !== "garbled";
    this.code = said.code;
    this.detail = said.detail ?? "";
    this.field = said.field ?? null;
    this.hint = said.hint ?? null;
    this.retryable = said.retryable ?? !this.definite;
    this.figures = said.figures ?? {};
    this.request_id = said.request_id ?? null;
    this.retry_after_s = 0;
  }
}

/** A fresh Idempotency-Key: one for each press of a button. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Wait; sooner when the network comes back. Rejects when `signal` aborts. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      clearTimeout(timer);
      removeEventListener("online", onOnline);
      signal?.removeEventListener("abort", onAbort);
      settle(value);
    };
    const onOnline = () => done(resolve);
    const onAbort = () => done(reject, signal.reason);
    const timer = setTimeout(onOnline, ms);
    addEventListener("online", onOnline);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
  });
}

async function send(method, path, { body, key, token, signal, timeout_ms = TIMEOUT_MS } = {}) {
  signal?.throwIfAborted();
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  if (token) headers.authorization = `Bearer ${token}`;
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), timeout_ms);
  const onAbort = () => stop.abort();
  signal?.addEventListener("abort", onAbort);
  let answer, text;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: stop.signal,
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new ApiError({ code: stop.signal.aborted ? "timeout" : "offline" });
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener("abort", onAbort);
  }
  online.value = true;
  learnClock(answer.headers.get("date"));
  return read(answer, text);
}

function read(answer, text) {
  let said = null;
  try {
    said = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError({ code: "garbled" }, answer.status); // A proxy's page, not ours.
  }
  if (answer.ok) return said;
  const error = new ApiError(said?.code ? said : { code: "garbled" }, answer.status);
  error.retry_after_s = Number(answer.headers.get("retry-after")) || 0;
  throw error;
}

/** GET, as JSON. */
export function get(path, options) {
  return send("GET", path, options);
}

/** POST without money in it. */
export function post(path, body, options) {
  return send("POST", path, { ...options, body });
}

/** PUT. */
export function put(path, body, options) {
  return send("PUT", path, { ...options, body });
}

/** PATCH, as JSON. */
export function patch(path, body, options) {
  return send("PATCH", path, { ...options, body });
}

/** DELETE. */
export function remove(path, options) {
  return send("DELETE", path, options);
}

// Answers that are not kept under the key: after a doubt they prove nothing about the first try.
function kept(error) {
  return error.definite && error.status < 500 && error.status !== 401 && error.status !== 429;
}

/**
 * POST that moves money. Pass the key of this press; a try whose answer was lost is sent again with the
 * same key, so it cannot happen twice. Ends with the answer, a definite refusal, or `code: "unsure"`.
 * `onDoubt` hears of each lost answer.
 */
export async function postKeyed(path, body, { key, signal, onDoubt, patience_ms = PATIENCE_MS }) {
  const from = Date.now();
  let doubt = false;
  for (let turn = 0; ; turn++) {
    try {
      return await send("POST", path, { body, key, signal });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.definite || error.code === "outcome_unknown") doubt = true;
      const busy = error.definite && error.retryable && error.status === 503 && turn < 3;
      if (!doubt && !busy) throw error;
      if (doubt && kept(error)) throw error;
      if (doubt) onDoubt?.(error);
      if (Date.now() - from > patience_ms) {
        throw doubt ? new ApiError({ code: "unsure", retryable: true }) : error;
      }
      const wait = PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)];
      await pause(Math.max(wait, error.retry_after_s * 1000), signal);
    }
  }
}
