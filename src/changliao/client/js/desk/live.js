// Follows what happens on the platform: facts, ledger lines and webhook tries, the newest first.
import { batch, signal } from "../dom.js";
import { get, pause } from "../api.js";

const KEPT = 40;
const WAIT_MS = 35_000;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** `{facts, transfers, tries, lost, stop}`; `onFacts(news)` hears each batch, oldest first. */
export function followDesk(cursor, onFacts) {
  const facts = signal([]);
  const transfers = signal([]);
  const tries = signal([]);
  const lost = signal(false);
  const stopping = new AbortController();

  const take = (lane, news) => {
    if (news.length) lane.value = [...news.slice().reverse(), ...lane.value].slice(0, KEPT);
  };
  const loop = async () => {
    for (let after = cursor, failures = 0; !stopping.signal.aborted; ) {
      try {
        const path = `/demo/live?after=${encodeURIComponent(after)}`;
        const news = await get(path, { signal: stopping.signal, timeout_ms: WAIT_MS });
        after = news.cursor;
        failures = 0;
        batch(() => {
          lost.value = false;
          take(facts, news.facts);
          take(transfers, news.transfers);
          take(tries, news.tries);
        });
        onFacts(news.facts);
      } catch (error) {
        if (stopping.signal.aborted) return;
        lost.value = true;
        await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], stopping.signal).catch(() => {});
      }
    }
  };
  loop();
  return { facts, transfers, tries, lost, stop: () => stopping.abort() };
}
