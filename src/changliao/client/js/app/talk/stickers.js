// Our own stickers, drawn from a few strokes each; and the emoji that the panel offers.
import { html } from "../../dom.js";
import { has, t } from "../../i18n.js";

const EYES = {
  open: "M34 44v7M62 44v7",
  smile: "M28 49q6-8 12 0M56 49q6-8 12 0",
  shut: "M28 46q6 7 12 0M56 46q6 7 12 0",
  wide: "M34 43a4 4 0 1 0 .1 0M62 43a4 4 0 1 0 .1 0",
  wink: "M34 44v7M56 48h12",
  cross: "M29 43l9 8M38 43l-9 8M58 43l9 8M67 43l-9 8",
};
const MOUTHS = {
  smile: "M35 62q13 13 26 0",
  laugh: "M33 60h30q-3 16-15 16t-15-16z",
  flat: "M38 66h20",
  sad: "M36 70q12-12 24 0",
  oh: "M48 60a6 7 0 1 0 .1 0",
  tongue: "M35 61h26M48 61v9q0 6 6 6t6-6v-9",
};
const THINGS = {
  none: "",
  heart: "M74 20c-4-7-14-3-11 5 2 5 8 8 11 11 3-3 9-6 11-11 3-8-7-12-11-5z",
  tear: "M30 56q-6 9 0 11 6-2 0-11z",
  zzz: "M68 14h12L68 28h12M84 30h7l-7 9h7",
  sweat: "M76 26q-7 10 0 13 7-3 0-13z",
  spark: "M76 14v14M69 21h14M87 32v8M83 36h8",
  hand: "M72 78l6-18q2-5 6-3t2 7l-3 9 6 1q4 1 3 5l-3 9q-2 5-8 4l-9-3z",
  cup: "M70 60h16v14q0 6-8 6t-8-6zM86 63h5v8h-5",
  moon: "M82 12a13 13 0 1 0 8 22 11 11 0 0 1-8-22z",
};

/** name -> eyes, mouth, thing, tone. */
const STICKERS = {
  hello: ["smile", "laugh", "hand", 0],
  thanks: ["shut", "smile", "heart", 3],
  ok: ["wink", "smile", "hand", 4],
  love: ["smile", "smile", "heart", 3],
  laugh: ["smile", "laugh", "none", 2],
  cry: ["shut", "sad", "tear", 1],
  wow: ["wide", "oh", "spark", 2],
  sorry: ["open", "sad", "sweat", 5],
  cheers: ["smile", "laugh", "cup", 2],
  sleepy: ["shut", "flat", "zzz", 1],
  night: ["shut", "smile", "moon", 1],
  cheeky: ["wink", "tongue", "none", 4],
  busy: ["open", "flat", "sweat", 5],
  dizzy: ["cross", "oh", "none", 5],
  great: ["smile", "laugh", "spark", 0],
  hmm: ["open", "flat", "none", 0],
};

/** The names of the set, in the order of the panel. */
export const STICKER_NAMES = Object.keys(STICKERS);

/** `Sticker({name})` */
export function Sticker({ name }) {
  const [eyes, mouth, thing, tone] = STICKERS[name] ?? ["open", "flat", "none", 0];
  const label = has(`sticker.${name}`) ? t(`sticker.${name}`) : t("kind.sticker");
  return html`<svg class="sticker sticker-tone-${tone}" viewBox="0 0 96 96" role="img" aria-label=${label} data-test="sticker">
    <circle class="sticker-face" cx="48" cy="52" r="36" />
    <g fill="none" stroke="currentColor" stroke-width="4.5" stroke-linecap="round" stroke-linejoin="round">
      <path d=${EYES[eyes]} /><path d=${MOUTHS[mouth]} /><path class="sticker-thing" d=${THINGS[thing]} /></g></svg>`;
}

/** Emoji of the panel; the first six are offered as reactions. */
export const EMOJI = ("👍 ❤️ 😂 😮 😢 🙏 😀 😁 😄 😅 🤣 😊 😇 🙂 😉 😌 😍 🥰 😘 😋 😜 🤪 🤗 🤭 🤔 🤫 😐 😏 😒 🙄 😬 😴 🤤 😷 🤒 "
  + "🤧 🥵 🥶 😵 🤯 🥳 😎 🤓 😕 😟 😳 🥺 😭 😱 😖 😞 😓 😩 😤 😡 👻 💩 🤖 👋 🤚 ✋ 👌 🤏 ✌️ 🤞 🤙 👈 👉 👆 👇 👎 ✊ 👏 🙌 🤝 💪 "
  + "💔 💯 💥 🎉 🎁 🎂 🍻 ☕ 🍚 🍜 🥟 🍎 🌹 🌞 🌙 ⭐ 🔥 🌈 ☔ ⚡ 🐶 🐱 🐼 🧧 🏮 🚄 ✈️ 🏠 📷 💰 ✅ ❌ ❓ ❗").split(" ");
export const REACTIONS = EMOJI.slice(0, 6);
