// Parts that several screens of the app share: a head with a way back, a switch, one line to change.
import { html, useState } from "../dom.js";
import { t } from "../i18n.js";
import { to } from "../router.js";
import { sentence } from "../say.js";
import { Button, Cell, Field, Icon, Sheet, useBusy } from "../ui.js";

/** `Page({title, back, children, tail})`: a screen with its own head; `back` is where it goes up to. */
export function Page({ title, back, tail, children, test }) {
  return html`<section class="page" data-test=${test}>
    <header class="head"><a class="icon-button head-back" href=${to(back)} aria-label=${t("back")} data-test="back">
        <${Icon} name="chevron-left" /></a><h1 class="head-title"><bdi>${title}</bdi></h1>
      <div class="head-tail">${tail}</div></header>
    <div class="page-body"><div class="page-inside">${children}</div></div></section>`;
}

/** `Turn({title, note, on, onTurn, test})`: a cell that is on or off. */
export function Turn({ title, note, on, onTurn, disabled, test }) {
  return html`<label class="weui-cell cell cell-turn" data-test=${test}>
    <span class="weui-cell__bd cell-words"><span class="cell-title">${title}</span>${note && html`<span class="cell-note">${note}</span>`}</span>
    <input type="checkbox" role="switch" class="turn" checked=${on} disabled=${disabled}
      onChange=${(event) => onTurn(event.currentTarget.checked)} /></label>`;
}

/** `Line({title, value, sheet, onSave, max, test})`: a cell whose words are changed in a sheet. */
export function Line({ title, value, hint, onSave, max = 40, area = false, icon, disabled = false, test }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useBusy();
  const show = () => {
    setText(value ?? "");
    setWrong("");
    setOpen(true);
  };
  const save = (event) => {
    event?.preventDefault();
    run(async () => {
      try {
        await onSave(text.trim());
        setOpen(false);
      } catch (error) {
        setWrong(sentence(error));
      }
    });
  };
  return html`<${Cell} icon=${icon} title=${title} value=${html`<bdi class="cell-short">${value || t("not_set")}</bdi>`}
      onPress=${disabled ? undefined : show} test=${test} />
    <${Sheet} open=${open} title=${title} onClose=${() => setOpen(false)} busy=${busy} test="${test}-sheet">
      <form class="sheet-form" onSubmit=${save}>
        ${area ? html`<textarea class="area" rows="6" maxlength=${max} aria-label=${title} value=${text} data-focus dir="auto"
            onInput=${(event) => setText(event.currentTarget.value)} data-test="${test}-field"></textarea>
            <p class="field-says" role="alert">${wrong}</p>`
          : html`<${Field} label=${title} value=${text} onInput=${setText} error=${wrong} hint=${hint} maxlength=${max} data-focus
            test="${test}-field" />`}
        <${Button} type="submit" busy=${busy} test="${test}-save">${t("save")}</${Button}>
      </form></${Sheet}>`;
}

/** A QR code of an address of ours, with what to do with it. */
export function Qr({ path, words }) {
  return html`<figure class="qr"><img src=${`/qr.svg?path=${encodeURIComponent(path)}`} alt=${words} width="220" height="220" data-test="qr" />
    <figcaption>${words}</figcaption></figure>`;
}
