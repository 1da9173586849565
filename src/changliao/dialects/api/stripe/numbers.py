"""Stripe's ids, amounts and states for ours, and back. The ids carry ours: no table keeps them."""

from typing import Any

from changliao.dialects.api.stripe.refusals import ParameterInvalid, ResourceMissing
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import SECOND_US
from changliao.partners.model import Mode
from changliao.pay.model import Payment

_TWO_MORE = frozenset({"ISK", "UGX"})
"""Currencies without minor units that Stripe still counts in hundredths (docs, "Currencies")."""


def theirs(amount: int, currency: str) -> int:
    """An amount of ours as Stripe counts it."""
    return amount * 100 if currency in _TWO_MORE else amount


def ours(amount: int, currency: str, field: str) -> int:
    """An amount of Stripe's as we count it."""
    if currency not in _TWO_MORE:
        return amount
    if amount % 100:
        raise ParameterInvalid(
            f"Amounts in {currency.lower()} must be divisible by 100.",
            field=field,
            code_there="parameter_invalid_integer",
        )
    return amount // 100


def seconds(moment: int) -> int:
    """Unix seconds of a moment of ours."""
    return moment // SECOND_US


def tail(own_id: str) -> str:
    """An id without its kind."""
    return own_id.partition("_")[2]


def session_id(payment_id: str, mode: Mode) -> str:
    """The checkout session of a payment."""
    return f"cs_{mode}_{tail(payment_id)}"


def intent_id(payment_id: str) -> str:
    """The payment intent that a payment is."""
    return "pi_" + tail(payment_id)


def charge_id(payment_id: str) -> str:
    """The charge of a payment that somebody has paid."""
    return "ch_" + tail(payment_id)


def own_id(kind: str, prefix: str, their_id: str, what: str, field: str) -> str:
    """Our id of this kind out of one of theirs, or ResourceMissing for what is none."""
    found = f"{kind}_{their_id.removeprefix(prefix)}"
    if not their_id.startswith(prefix) or not looks_like(kind, found):
        raise missing(what, their_id, field)
    return found


def missing(what: str, their_id: str, field: str) -> ResourceMissing:
    """There is no such thing, in Stripe's words."""
    return ResourceMissing(f"No such {what}: '{their_id[:100]}'", field=field)


def intent_status(payment: Payment, said: dict[str, str]) -> str:
    """What a payment intent of this payment is."""
    if payment.status == "open":
        return "requires_action" if said.get("confirmed") else "requires_payment_method"
    return {
        "processing": "processing",
        "authorized": "requires_capture",
        "paid": "succeeded",
        "canceled": "canceled",
        "expired": "canceled",
    }[payment.status]


def session_states(payment: Payment) -> tuple[str, str]:
    """`status` and `payment_status` of a session for this payment: a hold completes it, unpaid."""
    if payment.status in ("open", "processing"):
        return "open", "unpaid"
    if payment.status == "paid":
        return "complete", "paid"
    return ("complete" if payment.hold_id else "expired"), "unpaid"


def has_charge(payment: Payment) -> bool:
    """Whether somebody's money was taken or held for it."""
    return bool(payment.hold_id) or payment.status == "paid"


Shown = dict[str, Any]
"""An object as Stripe's API shows it."""
