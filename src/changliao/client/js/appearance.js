// How the pages look to this person in this browser: dark or light, and how large the letters are.
import { effect, signal } from "./dom.js";
import { keep, recall } from "./keep.js";

export const LOOKS = ["system", "light", "dark"];
export const SIZES = ["small", "normal", "large", "huge"];

const known = (name, all, otherwise) => (all.includes(recall(name)) ? recall(name) : otherwise);

/** `system`, `light` or `dark`. */
export const look = signal(known("look", LOOKS, "system"));
/** One of SIZES. */
export const size = signal(known("size", SIZES, "normal"));

effect(() => {
  const { dataset } = document.documentElement;
  keep("look", look.value === "system" ? null : look.value);
  if (look.value === "system") delete dataset.theme;
  else dataset.theme = look.value;
  document.body.dataset.weuiTheme = look.value === "system" ? "" : look.value;
});
effect(() => {
  keep("size", size.value === "normal" ? null : size.value);
  document.documentElement.dataset.size = size.value;
});
