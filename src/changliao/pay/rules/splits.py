"""What may be split and given back. Pure: values in, values out, or a refusal."""

import msgspec

from changliao.kernel.instant import DAY_US
from changliao.ledger.model import AmountNotPositive
from changliao.pay import model as m
from changliao.pay.model import Payment
from changliao.pay.rules.payments import reference, same_amount, text

SPLIT_US = 30 * DAY_US
"""How long money that was set aside waits to be split before the shop has it."""
RECEIVERS_MAX = 50


def set_aside(payment: Payment, amount: int, now: int) -> Payment:
    """The payment with so much more of its money set aside."""
    until = 0 if payment.split_ended_at else payment.split_until or now + SPLIT_US
    return msgspec.structs.replace(
        payment, unsplit_amount=payment.unsplit_amount + amount, split_until=until
    )


def split_amount(payment: Payment, ask: m.AskSplit) -> int:
    """The sum that this split shares out, if it may be: 0 when it only ends the splitting."""
    reference(ask.reference)
    text("description", ask.description, 200)
    if len(ask.receivers) > RECEIVERS_MAX or not (ask.receivers or ask.finish):
        raise m.ReceiversInvalid(field="receivers")
    for receiver in ask.receivers:
        if receiver.amount <= 0:
            raise AmountNotPositive(field="receivers")
        text("description", receiver.description, 200)
        if receiver.kind == "app" and receiver.id == payment.app_id:
            raise m.ReceiverIsShop(field="receivers")
    if payment.status != "paid":
        raise m.PaymentNotPaid(
            "Nothing was captured, so nothing can be split.", field="id", status=payment.status
        )
    if payment.split_ended_at:
        raise m.SplitEnded(field="id")
    amount = sum(receiver.amount for receiver in ask.receivers)
    if amount > payment.refundable_amount:
        raise m.SplitTooLarge(field="receivers", splittable_amount=payment.refundable_amount)
    return amount


def same_split(earlier: m.Split, lines: list[m.SplitLine], ask: m.AskSplit) -> m.Split:
    """The earlier split of this number, if the ask is for the very same thing."""
    had = tuple(m.Receiver(one.kind, one.receiver, one.amount, one.description) for one in lines)
    kept = (earlier.payment_id, earlier.finish, earlier.description, had)
    if kept != (ask.payment_id, ask.finish, ask.description, ask.receivers):
        raise m.ReferenceTaken("This number belongs to another split.", field="reference")
    return earlier


def return_amount(line: m.SplitLine, ask: m.AskSplitReturn) -> int:
    """How much a receiver gives back; 0 asked means all that is left."""
    reference(ask.reference)
    text("reason", ask.reason, 200)
    if line.kind == "person":
        raise m.ReceiverIsPerson(field="line_id")
    if ask.amount < 0:
        raise AmountNotPositive(field="amount")
    left = line.amount - line.returned_amount
    if ask.amount > left or not left:
        raise m.ReturnTooLarge(field="amount", returnable_amount=left)
    return ask.amount or left


def same_return(earlier: m.SplitReturn, ask: m.AskSplitReturn) -> m.SplitReturn:
    """The earlier return of this number, if the ask is for the very same thing."""
    same_line = (earlier.split_id, earlier.line_id) == (ask.split_id, ask.line_id)
    if not same_line or not same_amount(earlier, ask.amount):
        raise m.ReferenceTaken("This number belongs to another return.", field="reference")
    return earlier
