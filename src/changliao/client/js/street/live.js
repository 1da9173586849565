// Follows the street: how the telling stands, and the tally of its facts.
import { batch, signal } from "../dom.js";
import { get, pause } from "../api.js";
import { hear, nothing } from "./fold.js";

const WAIT_MS = 30_000;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** `{told, heard_ms, tally, lost, stop}`: signals. A new telling begins with an empty tally. */
export function followStreet(begin) {
  const told = signal(begin);
  const heard_ms = signal(performance.now());
  const tally = signal(nothing());
  const lost = signal(false);
  const stopping = new AbortController();

  const loop = async () => {
    let after = begin.begins_after;
    for (let seen = 0, failures = 0; !stopping.signal.aborted; ) {
      try {
        const path = `/demo/street/live?after=${after}&seen=${seen}`;
        const news = await get(path, { signal: stopping.signal, timeout_ms: WAIT_MS });
        const anew = news.telling.number !== told.value.number;
        failures = 0;
        seen = anew ? 0 : news.telling.version;
        after = anew ? news.telling.begins_after : news.cursor;
        batch(() => {
          lost.value = false;
          heard_ms.value = performance.now();
          if (anew) tally.value = nothing();
          else if (news.facts.length) tally.value = hear(tally.value, news.facts);
          told.value = news.telling;
        });
      } catch (error) {
        if (stopping.signal.aborted) return;
        lost.value = true;
        await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], stopping.signal).catch(() => {});
      }
    }
  };
  loop();
  return { told, heard_ms, tally, lost, stop: () => stopping.abort() };
}
