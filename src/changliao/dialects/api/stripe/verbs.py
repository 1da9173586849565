"""Verbs that this dialect puts together from those of pay: one commit each, no rule of their own."""

from collections.abc import Iterator
from typing import Any

import msgspec

from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.dialects import hooks, service
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.model import Account, AskSayMore, Said
from changliao.kernel.instant import DAY_US
from changliao.kernel.value import Value
from changliao.pay import service as pay
from changliao.pay.model import (
    AskCustomer,
    AskPayment,
    Customer,
    CustomerNotFound,
    Payment,
    PaymentNotOpen,
    Refund,
)
from changliao.wire.call import Call

SESSION_US = DAY_US
"""How long a session is open unless its shop says otherwise (Stripe: 24 hours)."""

INTENT_METADATA = "intent_metadata"
"""Where an intent's metadata is kept; its session has some of its own."""


NATIVE_METADATA_MAX = 20
"""How many entries pay itself keeps; where an intent has more, they are kept here alone."""


class AskOpen(Value, frozen=True):
    """Ask to be paid, under a number of ours when the shop's own is taken or there is none."""

    payment: AskPayment
    said: Said
    number: str


class AskSayOn(Value, frozen=True):
    """Carry `verb(tx, ask)` out and add to what was said about its noun."""

    verb: Any
    ask: Any
    account: Account
    said: dict[str, str]


class AskMerge(Value, frozen=True):
    """Add to what was said about a thing; `metadata` is merged under the name given."""

    account: Account
    about: str
    said: dict[str, str]
    metadata: dict[str, str] | None = None
    metadata_as: str = "metadata"
    standing: dict[str, str] = {}


def number_of(call: Call) -> str:
    """An order number for whoever has none: that of the request, which is random."""
    return "cs_" + call.request_id.removeprefix("req_")


def open_payment(tx: Tx, ask: AskOpen) -> Payment:
    """A payment for a session or an intent. Stripe's `client_reference_id` need not be unique, an order
    number must be: the second payment of an order has a number of its own behind it."""
    wanted = ask.payment
    if wanted.customer_id:
        try:
            pay.customer_of(tx, wanted.caller, wanted.customer_id)
        except CustomerNotFound:
            raise n.missing("customer", wanted.customer_id, "customer") from None
        _known(tx, wanted.customer_id, ask.said.account)
    reference = wanted.reference or ask.number
    if wanted.reference and pay.payment_by_reference(tx, wanted.caller, reference) is not None:
        reference = f"{reference} {ask.number}"
    expires_at = wanted.expires_at or tx.now + SESSION_US
    wanted = msgspec.structs.replace(wanted, reference=reference, expires_at=expires_at)
    payment = pay.create_payment(tx, wanted)
    service.note_said(tx, payment.id, ask.said, fresh=True)
    return payment


@touches(open_payment)
def _wishes(tx: Tx, ask: AskOpen) -> Iterator[Wish | None]:
    wanted = ask.payment
    yield from pay.payment_wishes(tx, wanted, wanted.reference or ask.number)
    if wanted.customer_id:
        yield service.particulars_wish(wanted.customer_id)


def _known(tx: Tx, customer_id: str, account: Account) -> None:
    """Refuse a customer that was deleted."""
    said = service.particulars(tx, customer_id)
    if said is not None and said.account_id == account.id and said.said.get("deleted"):
        raise n.missing("customer", customer_id, "customer")


def close_payment(tx: Tx, ask: AskSayOn) -> Payment:
    """Cancel what is open, or give back what is held."""
    payment = pay.payment_of(tx, ask.ask.caller, ask.ask.payment_id)
    verb = pay.void if payment.status == "authorized" else pay.cancel_payment
    noun: Payment = _said_on(tx, verb(tx, ask.ask), ask)
    return noun


def saying_on(tx: Tx, ask: AskSayOn) -> Any:
    """Any verb, and a word more about its noun."""
    return _said_on(tx, ask.verb(tx, ask.ask), ask)


def _said_on(tx: Tx, noun: Any, ask: AskSayOn) -> Any:
    if ask.said:
        hooks.say_more(tx, AskSayMore(ask.account, noun.id, ask.said))
    return noun


def merge(tx: Tx, ask: AskMerge) -> None:
    """Change what was said, metadata entry by entry: an empty value takes one away, and no entries at
    all take all away."""
    said = dict(ask.said)
    if ask.metadata is not None:
        known = service.particulars(tx, ask.about)
        kept = known.said.get(ask.metadata_as) if known else None
        before = msgspec.json.decode(kept, type=dict[str, str]) if kept else ask.standing
        merged = {k: v for k, v in {**before, **ask.metadata}.items() if v} if ask.metadata else {}
        said[ask.metadata_as] = msgspec.json.encode(merged).decode()
    hooks.say_more(tx, AskSayMore(ask.account, ask.about, said))


def add_customer(tx: Tx, ask: AskSayOn) -> Customer:
    """Make a customer known; Stripe's have no number of the shop's, so it gets one of ours."""
    wanted: AskCustomer = msgspec.structs.replace(ask.ask, reference=tx.new_id("cus"))
    noun: Customer = _said_on(tx, pay.add_customer(tx, wanted), ask)
    return noun


class AskCustomerSaid(Value, frozen=True):
    """Change what is known of a customer of the caller's."""

    caller: Any
    customer_id: str
    change: AskMerge


def change_customer(tx: Tx, ask: AskCustomerSaid) -> Customer:
    """Change or delete a customer; a deleted one does not exist for changes."""
    customer = pay.customer_of(tx, ask.caller, ask.customer_id)
    _known(tx, customer.id, ask.change.account)
    merge(tx, ask.change)
    return customer


class AskOnPaymentSaid(Value, frozen=True):
    """Change what was said about a payment of the caller's."""

    caller: Any
    payment_id: str
    change: AskMerge


def change_payment(tx: Tx, ask: AskOnPaymentSaid) -> Payment:
    """A word more about a payment."""
    payment = pay.payment_of(tx, ask.caller, ask.payment_id)
    standing = payment.metadata if ask.change.metadata_as == INTENT_METADATA else {}
    merge(tx, msgspec.structs.replace(ask.change, standing=standing))
    return payment


def confirm_intent(tx: Tx, ask: AskOnPaymentSaid) -> Payment:
    """Let an open payment wait for its payer at the cashier; one that is under way or done does not."""
    payment = pay.payment_of(tx, ask.caller, ask.payment_id)
    if payment.status != "open":
        raise PaymentNotOpen(f"This PaymentIntent is {payment.status}.", field="intent")
    return change_payment(tx, ask)


def change_refund(tx: Tx, ask: AskOnPaymentSaid) -> Refund:
    """A word more about a refund; `payment_id` is the refund's here."""
    refund = pay.refund_of(tx, ask.caller, ask.payment_id)
    merge(tx, ask.change)
    return refund
