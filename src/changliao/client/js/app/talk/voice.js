// Recording a voice note: hold or press, up to a minute, thrown away when it is shorter than a breath.
import { useEffect, useRef, useState } from "../../dom.js";

export const MOST_MS = 60_000;
const LEAST_MS = 700;
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** Whether this browser can record here: over plain HTTP none can. */
export function canRecord() {
  return Boolean(navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder);
}

/** `{state, ms, start, stop, cancel}`: `state` is `idle`, `asking`, `on`; `onDone(file, ms)`, `onFault(code)`. */
export function useRecorder(onDone, onFault) {
  const [state, setState] = useState("idle");
  const [ms, setMs] = useState(0);
  const it = useRef({}).current;

  const end = (keep) => {
    it.keep = keep;
    if (it.recorder?.state === "recording") it.recorder.stop();
    else it.wanted = false;
  };
  const start = async () => {
    if (state !== "idle") return;
    setState("asking");
    it.wanted = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (!it.wanted) {
        stream.getTracks().forEach((track) => track.stop());
        setState("idle");
        return;
      }
      record(stream);
    } catch {
      setState("idle");
      onFault("denied");
    }
  };
  const record = (stream) => {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 24_000 });
    const parts = [];
    const from = performance.now();
    it.recorder = recorder;
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
      const lasted = Math.min(MOST_MS, Math.round(performance.now() - from));
      stream.getTracks().forEach((track) => track.stop());
      clearInterval(it.clock);
      it.recorder = null;
      setState("idle");
      if (!it.keep) return;
      if (lasted < LEAST_MS) onFault("short");
      else onDone(new Blob(parts, { type: (recorder.mimeType || mimeType).split(";")[0] }), lasted);
    };
    recorder.start();
    setMs(0);
    setState("on");
    it.clock = setInterval(() => {
      const now = Math.round(performance.now() - from);
      setMs(now);
      if (now >= MOST_MS) end(true);
    }, 200);
  };
  useEffect(() => () => end(false), []);
  return { state, ms, start, stop: () => end(true), cancel: () => end(false) };
}
