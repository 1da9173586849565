// What a shop may do with a payment: refund, capture, void, cancel. Amounts are typed and parsed exactly.
import { html, useLayoutEffect, useState } from "../dom.js";
import { t } from "../i18n.js";
import { decimal, digitsOf, money, parseAmount, symbolOf } from "../money.js";
import { Field, useToast } from "../ui.js";
import { useKeyed } from "./ask.js";
import { Act } from "./parts.js";

function pathOf({ id }, what) {
  return `/v1/payments/${encodeURIComponent(id)}/${what}`;
}

/** A typed amount of at most `most`: `{typed, setTyped, fault, read}`; `read()` answers it, or null and says why. */
export function useAmount(open, most, currency) {
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState("");
  useLayoutEffect(() => {
    if (open) {
      setTyped(decimal(most, currency));
      setFault("");
    }
  }, [open]);
  const read = () => {
    const { amount, fault: wrong } = parseAmount(typed, currency);
    const said = wrong ? t(`amount.${wrong}`, { n: digitsOf(currency) })
      : amount <= 0 ? t("amount.empty")
      : amount > most ? t("amount.at_most", { most: money(most, currency) }) : "";
    setFault(said);
    return said ? null : amount;
  };
  const type = (text) => {
    setTyped(text);
    setFault("");
  };
  return { typed, setTyped: type, fault, read };
}

/** The line in which it is typed. */
export function AmountField({ of, most, currency, label }) {
  return html`<${Field} label=${label} value=${of.typed} onInput=${of.setTyped} error=${of.fault} big inputmode="decimal"
    autocomplete="off" lead=${symbolOf(currency)} data-focus test="amount-field"
    hint=${t("amount.left", { most: money(most, currency) })} />`;
}

/** Give money back, all or part of it. */
export function Refund({ open, payment, onClose, onDone }) {
  const { refundable_amount: most, currency } = payment;
  const of = useAmount(open, most, currency);
  const [reason, setReason] = useState("");
  const { press, doubt } = useKeyed();
  const say = useToast();
  const submit = async () => {
    const amount = of.read();
    if (amount === null) return;
    const refund = await press(pathOf(payment, "refunds"), { amount, reason: reason.trim() });
    setReason("");
    say(t(refund.status === "succeeded" ? "refund.done" : "refund.pending", { amount: money(amount, currency) }));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("refund.title")} lead=${t("refund.lead")} go=${t("refund.go")} doubt=${doubt}
      onClose=${onClose} onSubmit=${submit} test="refund-sheet">
    <${AmountField} of=${of} most=${most} currency=${currency} label=${t("refund.amount")} />
    <${Field} label=${t("refund.reason")} value=${reason} onInput=${setReason} maxlength="200" hint=${t("optional")} test="reason" />
  </${Act}>`;
}

/** Take some of what is held. */
export function Capture({ open, payment, onClose, onDone }) {
  const { amount: whole, captured_amount: taken, currency } = payment;
  const most = whole - taken;
  const of = useAmount(open, most, currency);
  const [final, setFinal] = useState(false);
  const { press, doubt } = useKeyed();
  const say = useToast();
  const submit = async () => {
    const amount = of.read();
    if (amount === null) return;
    await press(pathOf(payment, "captures"), { amount, final });
    say(t("capture.done", { amount: money(amount, currency) }));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("capture.title")} lead=${t("capture.lead")} go=${t("capture.go")} doubt=${doubt}
      onClose=${onClose} onSubmit=${submit} test="capture-sheet">
    <${AmountField} of=${of} most=${most} currency=${currency} label=${t("capture.amount")} />
    <label class="con-check"><input type="checkbox" checked=${final} onChange=${() => setFinal(!final)} data-test="final" />
      <span>${t("capture.final")}<small>${t("capture.final_text")}</small></span></label>
  </${Act}>`;
}

function WithReason({ name, what, open, payment, onClose, onDone, ...rest }) {
  const [reason, setReason] = useState("");
  const { press, doubt } = useKeyed();
  const say = useToast();
  const submit = async () => {
    await press(pathOf(payment, what), { reason: reason.trim() });
    setReason("");
    say(t(`${name}.done`));
    onDone();
  };
  return html`<${Act} open=${open} title=${t(`${name}.title`)} lead=${t(`${name}.lead`)} go=${t(`${name}.go`)} danger
      doubt=${doubt} onClose=${onClose} onSubmit=${submit} test="${name}-sheet" ...${rest}>
    <${Field} label=${t("refund.reason")} value=${reason} onInput=${setReason} maxlength="200" hint=${t("optional")} data-focus
      test="reason" />
  </${Act}>`;
}

/** Give all that is held back. */
export function Void(props) {
  return html`<${WithReason} name="void" what="void" ...${props} />`;
}

/** Nobody shall pay this any more. */
export function Cancel(props) {
  return html`<${WithReason} name="cancel_payment" what="cancellation" ...${props} />`;
}
