// What an account answers by itself: to the first follow, to words, and to everything else.
import { html, useState } from "../../dom.js";
import { t } from "../../i18n.js";
import { sentence } from "../../say.js";
import { Button, Field, Note, useBusy, useToast } from "../../ui.js";
import { app } from "../ask.js";
import { Panel, Select } from "../parts.js";

const textIn = (replies) => replies.find(({ k }) => k === "text")?.text ?? "";
/** What is not text in these replies stays as it is. */
const withText = (replies, text) => [...(text.trim() ? [{ k: "text", text: text.trim() }] : []), ...replies.filter(({ k }) => k !== "text")];

/** `Replies({settings, onDone})` */
export function Replies({ settings, onDone }) {
  const { id } = settings;
  const [welcome, setWelcome] = useState(textIn(settings.welcome));
  const [fallback, setFallback] = useState(textIn(settings.fallback));
  const [rules, setRules] = useState(settings.rules.map((rule) => ({ ...rule, said: rule.words.join(", ") })));
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const say = useToast();
  const change = (at, what) => setRules(what ? rules.map((one, n) => (n === at ? { ...one, ...what } : one)) : rules.filter((_, n) => n !== at));
  const save = (event) => {
    event.preventDefault();
    run(async () => {
      setWrong("");
      try {
        await app.patch(`/v1/accounts/${id}/settings`, { welcome: withText(settings.welcome, welcome), fallback: withText(settings.fallback, fallback) });
        await app.put(`/v1/accounts/${id}/replies`, { rules: rules.map(told) });
        say(t("voice.saved"));
        onDone();
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Panel} title=${t("voice.replies")} test="account-replies"><p class="con-dim">${t("voice.replies_lead")}</p>
    <form class="voice-form" onSubmit=${save}>
      <${Field} label=${t("voice.welcome")} value=${welcome} onInput=${setWelcome} hint=${t("voice.welcome_hint")} test="welcome" />
      ${rules.map((rule, at) => html`<fieldset key=${at} class="voice-button" data-test="rule"><div class="voice-line">
        <${Select} label=${t("voice.match")} value=${rule.match} options=${["contains", "exact"].map((one) => [one, t(`voice.match_${one}`)])} onChange=${(match) => change(at, { match })} test="match" />
        <${Field} label=${t("voice.words")} value=${rule.said} onInput=${(said) => change(at, { said })} hint=${t("voice.words_hint")} test="words" />
        <${Field} label=${t("voice.answer")} value=${textIn(rule.replies)} onInput=${(text) => change(at, { replies: withText(rule.replies, text) })} test="answer" />
        <button type="button" class="link con-danger" onClick=${() => change(at, null)} data-test="drop-rule">${t("voice.drop")}</button></div></fieldset>`)}
      <p><button type="button" class="link" onClick=${() => setRules([...rules, { match: "contains", said: "", words: [], replies: [] }])} data-test="add-rule">${t("voice.add_rule")}</button></p>
      <${Field} label=${t("voice.fallback")} value=${fallback} onInput=${setFallback} hint=${t("voice.fallback_hint")} test="fallback" />
      ${wrong && html`<${Note} kind="bad" live test="refusal">${wrong}</${Note}>`}
      <div class="con-row-ways"><${Button} small type="submit" busy=${busy} test="save">${t("save")}</${Button}></div>
    </form></${Panel}>`;
}

function told({ match, said, replies }) {
  return { match, words: said.split(/[,，、]/).map((one) => one.trim()).filter(Boolean), replies };
}
