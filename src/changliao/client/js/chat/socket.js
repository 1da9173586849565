// The socket: opens it with a token of this session, keeps it alive, and comes back by itself, spread over
// the window that the server gives. What is said over it is the business of others.
import { post } from "../api.js";

const FIRST_MS = 500;
const MOST_MS = 30_000;
const SPARE_MS = 20_000;
const RENEWED_MS = 9 * 60_000; // A minute less than a token lives.
const SILENT_BEATS = 2.5;

/** Ask for what opens a socket: `{tok, url, until}`, the last in ms. */
export async function askTicket() {
  const { token: tok, url, expires_at } = await post("/v1/sessions/socket", {});
  return { tok, url, until: Date.parse(expires_at) };
}

/**
 * `openSocket({early, hello, hear, status, refused})`: `early` may be a ticket that was asked for already;
 * `hello()` is the first frame (without `tok`), `hear(frame)` takes every other, `status("open" | "away")`
 * tells how it stands, `refused()` that nobody is signed in.
 */
export function openSocket({ early = null, hello, hear, status, refused }) {
  let socket = null;
  let timer = 0;
  let watch = 0;
  let token = null;
  let fails = 0;
  let beat_s = 30;
  let bye = null;
  let closed = false;

  const ticket = async () => {
    if (!token || token.until - Date.now() < SPARE_MS) {
      token = (await early?.catch(() => null)) ?? await askTicket();
      early = null;
    }
    return token;
  };

  const again = (soon = false) => {
    clearTimeout(timer);
    if (closed) return;
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** fails);
    const wait = bye ? 1000 * (bye.lo + Math.random() * Math.max(0, bye.hi - bye.lo)) : Math.random() * most;
    bye = null;
    timer = setTimeout(open, soon ? 0 : wait);
  };

  const lost = () => {
    clearTimeout(watch);
    const dead = socket;
    socket = null;
    dead?.close(); // A dead network never answers a close, so nobody waits for it.
    fails++;
    status("away");
    again();
  };

  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(lost, beat_s * SILENT_BEATS * 1000);
  };

  const heard = (event) => {
    alive();
    const frame = JSON.parse(event.data);
    if (frame.t === "hi") {
      fails = 0;
      beat_s = frame.hb || beat_s;
      status("open");
    }
    if (frame.t === "hb") {
      send({ t: "hb" });
    }
    if (frame.t === "tok") token = { ...token, tok: frame.tok, until: Date.now() + RENEWED_MS };
    if (frame.t === "bye") {
      bye = frame;
      if (frame.why === "auth") token = null;
    }
    hear(frame);
  };

  const open = async () => {
    if (closed || socket) return;
    try {
      const { tok, url } = await ticket();
      if (closed || socket) return;
      const made = new WebSocket(new URL(url, location.href.replace(/^http/, "ws")));
      socket = made;
      made.onopen = () => send({ t: "hi", v: 1, tok, ...hello() });
      made.onmessage = heard;
      made.onclose = () => made === socket && lost();
      alive();
    } catch (error) {
      if (error.status === 401) refused();
      else lost();
    }
  };

  const send = (frame) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };

  const wake = () => {
    if (!socket) again(true);
  };
  const rest = () => socket && lost();
  addEventListener("online", wake);
  addEventListener("offline", rest);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
  open();

  return {
    send,
    wake,
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(watch);
      removeEventListener("online", wake);
      removeEventListener("offline", rest);
      socket?.close();
      socket = null;
    },
  };
}
