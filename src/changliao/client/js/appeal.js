// Saying that one does not agree with what was decided: in the app, or before signing in.
import { html, useLayoutEffect, useState } from "./dom.js";
import { t } from "./i18n.js";
import { sentence } from "./say.js";
import { teach } from "./teach.js";
import { Button, Field, Sheet, useBusy, useToast } from "./ui.js";
import en from "./words/safety.en.js";
import zh from "./words/safety.zh-CN.js";

teach({ en, "zh-CN": zh });

/** `AppealSheet({open, send, onClose, onDone})`: `send(words)` brings it to whoever decides. */
export function AppealSheet({ open, send, onClose, onDone }) {
  const [words, setWords] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const toast = useToast();
  useLayoutEffect(() => {
    setWords("");
    setWrong("");
  }, [open]);
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      try {
        await send(words.trim());
        onClose();
        toast(t("appeal.sent"));
        onDone?.();
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Sheet} open=${open} title=${t("appeal.title")} onClose=${onClose} busy=${busy} test="appeal-sheet">
    <form class="sheet-form" onSubmit=${submit}><p class="cells-note">${t("appeal.lead")}</p>
      <${Field} label=${t("appeal.words")} value=${words} onInput=${setWords} error=${wrong} maxlength="500" data-focus test="appeal-words" />
      <${Button} type="submit" busy=${busy} test="appeal-send">${t("appeal.go")}</${Button}></form></${Sheet}>`;
}
