"""Asking to be paid, canceling, running out."""

from collections.abc import Iterator, Sequence

from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import PaymentCanceled, PaymentCreated, PaymentRanOut
from changliao.pay.model import AskOnPayment, AskPayment, AskShopConfirm, Payment
from changliao.pay.service import confirmation
from changliao.pay.service.acting import acted
from changliao.pay.store import CUSTOMERS, PAYMENTS

BY_REFERENCE = ("app_id", "mode", "reference")


def create_payment(tx: Tx, ask: AskPayment) -> Payment:
    """A shop's wish to be paid; with `confirm`, confirmed in the same commit or not made at all.

    `amount` is minor units of `currency`, 1 to 2^53 - 1. The order number is unique for ever per app
    and mode: asking again for the same thing answers the same payment, for another thing is refused.
    """
    partners.allows(ask.caller, "payments:write")
    earlier = tx.find(PAYMENTS, BY_REFERENCE, (ask.caller.app_id, ask.caller.mode, ask.reference))
    if earlier is not None:
        return rules.same_payment(earlier, ask)
    payment = add_payment(tx, ask)
    if ask.confirm is None:
        return payment
    return confirmation.confirm_by_shop(tx, AskShopConfirm(ask.caller, payment.id, ask.confirm))


def add_payment(tx: Tx, ask: AskPayment, combined_id: str = "") -> Payment:
    """A new payment, of a combination or by itself; its order number is known to be free."""
    payment = rules.payment(ask, tx.new_id("pay"), tx.now, combined_id)
    if ask.customer_id:
        customer = tx.get(CUSTOMERS, ask.customer_id)
        if customer is None or (customer.app_id, customer.mode) != (payment.app_id, payment.mode):
            raise m.CustomerNotFound(field="customer_id")
    tx.add(PAYMENTS, payment)
    tx.emit(
        PaymentCreated(
            payment.id,
            payment.reference,
            payment.amount,
            payment.currency,
            payment.capture,
            payment.split,
            combined_id,
        ),
        about=payment.id,
        audience=payment.audience,
    )
    acted(tx, ask.caller, PaymentCreated.kind, payment, payment.amount)
    return payment


@touches(create_payment)
def _wishes(tx: Tx, ask: AskPayment) -> Iterator[Wish | None]:
    yield from payment_wishes(tx, ask, ask.reference)


def payment_wishes(tx: Tx, ask: AskPayment, reference: str) -> Iterator[Wish | None]:
    """What `create_payment` looks for, under an order number that another verb chooses."""
    yield PAYMENTS, BY_REFERENCE, (ask.caller.app_id, ask.caller.mode, reference)
    if ask.customer_id:
        yield CUSTOMERS, ask.customer_id
    if ask.confirm is not None:
        yield from confirmation.confirm_wishes(tx, ask.caller, ask.confirm, ask.currency, ask.split)


def cancel_payment(tx: Tx, ask: AskOnPayment) -> Payment:
    """Nobody shall pay this any more. Refused unless open: money may be on its way."""
    partners.allows(ask.caller, "payments:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    rules.cancelable(payment)
    rules.text("reason", ask.reason, 200)
    return canceled(tx, payment, ask.reason, ask.caller)


def canceled(tx: Tx, payment: Payment, reason: str, by: Caller) -> Payment:
    """The payment is closed, voided or never paid."""
    payment = rules.moved(payment, "canceled", tx.now, reason=reason)
    tx.emit(
        PaymentCanceled(
            payment.id, payment.reference, payment.amount, payment.currency, reason, by.doer
        ),
        about=payment.id,
        audience=payment.audience,
    )
    acted(tx, by, PaymentCanceled.kind, payment, payment.amount)
    return tx.put(PAYMENTS, payment)


def expire_payment(tx: Tx, payment_id: str) -> None:
    """Close an open payment whose time is up; anything else is left alone, and so are parts of a
    combination: they run out together."""
    payment = tx.get(PAYMENTS, payment_id)
    if payment is None or payment.combined_id:
        return
    if payment.status == "open" and payment.expires_at <= tx.now:
        ran_out(tx, payment)


def ran_out(tx: Tx, payment: Payment) -> None:
    """The payment has expired."""
    payment = rules.moved(payment, "expired", tx.now)
    tx.emit(
        PaymentRanOut(payment.id, payment.reference, payment.amount, payment.currency),
        about=payment.id,
        audience=payment.audience,
    )
    tx.put(PAYMENTS, payment)


def expire_many(tx: Tx, payment_ids: Sequence[str]) -> None:
    """Expire each of these whose time is up."""
    for payment_id in payment_ids:
        expire_payment(tx, payment_id)
