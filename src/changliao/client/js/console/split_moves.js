// What a shop may do with splits: share a payment, end the sharing, take back from an app that received.
import { html, useLayoutEffect, useState } from "../dom.js";
import { newKey } from "../api.js";
import { t } from "../i18n.js";
import { digitsOf, money, parseAmount, symbolOf } from "../money.js";
import { Button, Field, Icon, useToast } from "../ui.js";
import { useKeyed } from "./ask.js";
import { AmountField, useAmount } from "./moves.js";
import { Act, Segments } from "./parts.js";

const RECEIVERS_MAX = 50;
const empty = () => ({ mark: newKey(), kind: "app", id: "", typed: "", description: "", fault: "" });

/** A number of the shop's own, proposed anew each time the sheet opens. */
function useNumber(open) {
  const [number, setNumber] = useState("");
  useLayoutEffect(() => { if (open) setNumber(`console-${newKey().slice(0, 10)}`); }, [open]);
  return [number, setNumber];
}

function NumberField({ value, onInput }) {
  return html`<${Field} label=${t("splits.reference")} value=${value} onInput=${onInput} maxlength="100" spellcheck=${false}
    hint=${t("splits.reference_hint")} test="reference" />`;
}

/** Each typed amount in minor units, or what is wrong with it; `most` for all together. */
function readAll(rows, most, currency) {
  let sum = 0;
  return rows.map((row) => {
    const { amount, fault } = parseAmount(row.typed, currency);
    if (fault || amount <= 0) return { ...row, fault: t(fault ? `amount.${fault}` : "amount.empty", { n: digitsOf(currency) }) };
    sum += amount;
    return { ...row, amount, fault: sum > most ? t("amount.at_most", { most: money(most, currency) }) : "" };
  });
}

function sumOf(rows, currency) {
  return rows.reduce((sum, { typed }) => sum + (parseAmount(typed, currency).amount ?? 0), 0);
}

/** Share a payment among apps and persons. */
export function Share({ open, payment, onClose, onDone }) {
  const { refundable_amount: most, currency } = payment;
  const [rows, setRows] = useState([empty()]);
  const [finish, setFinish] = useState(false);
  const [number, setNumber] = useNumber(open);
  const { press, doubt } = useKeyed();
  const say = useToast();
  useLayoutEffect(() => { if (open) { setRows([empty()]); setFinish(false); } }, [open]);
  const change = (at, what) => setRows(rows.map((row, place) => (place === at ? { ...row, fault: "", ...what } : row)));
  const submit = async () => {
    const read = readAll(rows, most, currency);
    setRows(read);
    if (read.some(({ fault }) => fault)) return;
    const receivers = read.map(({ kind, id, amount, description }) => ({ kind, id: id.trim(), amount, description: description.trim() }));
    const split = await press(`/v1/payments/${encodeURIComponent(payment.id)}/splits`, { reference: number.trim(), receivers, finish });
    say(t("split.done", { amount: money(split.amount, currency) }));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("split.title")} lead=${t(payment.split ? "split.lead" : "split.lead_balance")} go=${t("split.go")}
      doubt=${doubt} onClose=${onClose} onSubmit=${submit} test="split-sheet">
    ${rows.map((row, at) => html`<${Receiver} key=${row.mark} row=${row} currency=${currency} first=${at === 0}
      onChange=${(what) => change(at, what)} onDrop=${rows.length > 1 ? () => setRows(rows.filter((one) => one !== row)) : null} />`)}
    <div class="con-split-sum">${rows.length < RECEIVERS_MAX && html`<${Button} kind="plain" small onPress=${() => setRows([...rows, empty()])}
        test="add-receiver"><${Icon} name="plus" />${t("split.add")}</${Button}>`}
      <span class="con-dim" data-test="sum">${t("split.sum", { sum: money(sumOf(rows, currency), currency), most: money(most, currency) })}</span></div>
    <label class="con-check"><input type="checkbox" checked=${finish} onChange=${() => setFinish(!finish)} data-test="finish" />
      <span>${t("split.finish")}<small>${t(payment.split ? "split.finish_text" : "split.finish_balance")}</small></span></label>
    <${NumberField} value=${number} onInput=${setNumber} />
  </${Act}>`;
}

function Receiver({ row, currency, first, onChange, onDrop }) {
  return html`<fieldset class="con-receiver-row" data-test="receiver-row">
    <div class="con-receiver-kind"><${Segments} label=${t("splits.receivers")} value=${row.kind} onChange=${(kind) => onChange({ kind })} test="kind"
        options=${["app", "person"].map((one) => [one, t(`receiver.${one}`)])} />
      ${onDrop && html`<button type="button" class="link con-danger" onClick=${onDrop} data-test="drop">${t("split.drop")}</button>`}</div>
    <${Field} label=${t(`receiver.${row.kind}_id`)} value=${row.id} onInput=${(id) => onChange({ id })} maxlength="64" autocapitalize="none"
      spellcheck=${false} placeholder=${row.kind === "app" ? "app_…" : "opn_…"} hint=${t(`receiver.${row.kind}_hint`)} test="receiver-id"
      data-focus=${first || undefined} />
    <div class="con-pair">
      <${Field} label=${t("payment.amount")} value=${row.typed} onInput=${(typed) => onChange({ typed })} error=${row.fault} inputmode="decimal"
        autocomplete="off" lead=${symbolOf(currency)} test="receiver-amount" />
      <${Field} label=${t("splits.what_for")} value=${row.description} onInput=${(description) => onChange({ description })} maxlength="200"
        hint=${t("optional")} test="receiver-what" />
    </div>
  </fieldset>`;
}

/** Nothing more is shared: what is set aside becomes the shop's. */
export function EndSplits({ open, payment, onClose, onDone }) {
  const [number, setNumber] = useNumber(open);
  const { press, doubt } = useKeyed();
  const say = useToast();
  const rest = money(payment.unsplit_amount, payment.currency);
  const submit = async () => {
    await press(`/v1/payments/${encodeURIComponent(payment.id)}/split_end`, { reference: number.trim() });
    say(t("split_end.done", { rest }));
    onDone();
  };
  return html`<${Act} open=${open} title=${t("split_end.title")} lead=${t("split_end.lead", { rest })} go=${t("split_end.go")} doubt=${doubt}
      onClose=${onClose} onSubmit=${submit} test="split_end-sheet"><${NumberField} value=${number} onInput=${setNumber} /></${Act}>`;
}

/** Take back from an app that received; `of` is `{split, line}`, or null. */
export function TakeBack({ of, onClose, onDone }) {
  const currency = of?.split.currency ?? "CNY";
  const most = of ? of.line.amount - of.line.returned_amount : 0;
  const typed = useAmount(Boolean(of), most, currency);
  const [reason, setReason] = useState("");
  const [number, setNumber] = useNumber(Boolean(of));
  const { press, doubt } = useKeyed();
  const say = useToast();
  const submit = async () => {
    const amount = typed.read();
    if (amount === null) return;
    const body = { reference: number.trim(), line_id: of.line.id, amount, reason: reason.trim() };
    await press(`/v1/splits/${encodeURIComponent(of.split.id)}/returns`, body);
    setReason("");
    say(t("take_back.done", { amount: money(amount, currency) }));
    onDone();
  };
  return html`<${Act} open=${Boolean(of)} title=${t("take_back.title")} lead=${t("take_back.lead")} go=${t("take_back.go")} doubt=${doubt}
      onClose=${onClose} onSubmit=${submit} test="take_back-sheet">
    <${AmountField} of=${typed} most=${most} currency=${currency} label=${t("take_back.amount")} />
    <${Field} label=${t("refund.reason")} value=${reason} onInput=${setReason} maxlength="200" hint=${t("optional")} test="reason" />
    <${NumberField} value=${number} onInput=${setNumber} />
  </${Act}>`;
}
