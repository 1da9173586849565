// One door to the vendored view libraries, so that screens import from a single place.
import { Fragment, createContext, createPortal, h, render } from "../vendor/preact/preact.module.js";
import htm from "../vendor/htm/htm.module.js";

export const html = htm.bind(h);
export { Fragment, createContext, createPortal, h, render };
export {
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState,
} from "../vendor/preact/hooks.module.js";
export {
  batch, computed, effect, signal, useComputed, useSignal, useSignalEffect,
} from "../vendor/signals/signals.module.js";
