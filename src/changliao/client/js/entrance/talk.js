// The app's end of changliao.js: hears one frame, of one origin, and answers it.

const HELD_MS = 800; // After a person has put a question away, the page cannot put up the next one at once.

/** What a page is told of the person's device: language, theme, and which launch this is. */
function surroundings({ launch, language, edition }) {
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  return { launch, language, edition, theme };
}

/** Whether the person has put a question away instead of answering it. */
function putAway({ status, shared, undecided }) {
  return status === "canceled" || shared === false || undecided?.length > 0;
}

/**
 * `talk({frame, origin, known, answers})`: `frame()` is the iframe, `known()` `{launch, language, edition}`;
 * `answers` are functions by what is asked, each answering a promise. A message counts only when it comes
 * from this very frame and the frame shows a page of this origin: another page of it, a frame inside it,
 * or another window is not heard. Answers `{stop, tell}`.
 */
export function talk({ frame, origin, known, answers }) {
  let asking = false;
  let freeAt = 0;
  const send = (said) => frame()?.contentWindow?.postMessage({ changliao: 1, ...said }, origin);
  const tell = () => send({ now: surroundings(known()) });

  const one = async (id, work, said) => {
    if (asking || performance.now() < freeAt) {
      send({ id, no: { code: "busy", message: "The person is looking at another question." } });
      return;
    }
    asking = true;
    try {
      const found = await work(said);
      if (putAway(found)) freeAt = performance.now() + HELD_MS;
      send({ id, ok: found });
    } catch (error) {
      send({ id, no: { code: error.code ?? "failed", message: error.detail ?? "" } });
    } finally {
      asking = false;
    }
  };

  const hear = ({ source, origin: from, data }) => {
    if (from !== origin || !source || source !== frame()?.contentWindow) return;
    if (data?.changliao !== 1 || typeof data.ask !== "string") return;
    if (data.ask === "hello") return tell();
    const { id, said = {} } = data;
    if (data.ask in answers.quick) send({ id, ok: answers.quick[data.ask](said) ?? true });
    else if (data.ask in answers.asking) one(id, answers.asking[data.ask], said);
    else send({ id, no: { code: "unknown", message: "This app does not know that." } });
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  addEventListener("message", hear);
  dark.addEventListener("change", tell);
  return {
    tell,
    stop() {
      removeEventListener("message", hear);
      dark.removeEventListener("change", tell);
    },
  };
}
