// What buyers and shopkeepers read, in Chinese where they read Chinese and in English elsewhere.

const WORDS = require("./words.json");

/** The sentence, its blanks filled in. `language` is a tag such as `zh_Hans` or `en`. */
function say(language, what, said = {}) {
  const words = String(language).startsWith("zh") ? WORDS.zh : WORDS.en;
  return words[what].replace(/\{(\w+)\}/g, (_, name) => said[name]);
}

module.exports = { WORDS, say };
