// The console's screens of official accounts, fetched when one first opens them.
import { CHAT_ICONS } from "../../../vendor/lucide/chat_icons.js";
import { ICONS } from "../../../vendor/lucide/icons.js";
import { teachAccounts } from "../../accounts/words.js";
import { teach } from "../../teach.js";
import en from "../../words/voice.en.js";
import zh from "../../words/voice.zh-CN.js";

Object.assign(ICONS, CHAT_ICONS);
teachAccounts();
teach({ en, "zh-CN": zh });

export { Accounts } from "./account.js";
export { Editor } from "./editor.js";
export { TalkScreen } from "./talks.js";
