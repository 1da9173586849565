"""What a top-up may be, what a mandate allows."""

import msgspec

from changliao.kernel.instant import DAY_US
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.wallet import model as m
from changliao.wallet.model import AskMandate, AskSpend, Mandate


def amount(minor: int, currency: str) -> None:
    """Refuse an amount that is not above zero, too large, or of no currency."""
    if currency not in DIGITS:
        raise CurrencyUnknown(field="currency")
    if minor <= 0:
        raise AmountNotPositive(field="amount")
    if minor > AMOUNT_MAX:
        raise AmountTooLarge(field="amount")


def limits(ask: AskMandate) -> None:
    """Refuse limits that are not above zero, or a payment larger than a day."""
    if ask.per_payment <= 0 or ask.per_day > AMOUNT_MAX or ask.per_payment > ask.per_day:
        raise m.MandateLimitsInvalid(field="per_payment")
    amount(ask.per_day, ask.currency)


def worth_confirming(ask: AskMandate) -> str:
    """What a passkey signs when a person gives a mandate: to whom, of which wallet, and up to how much. An
    answer to a challenge about it is worth nothing for anything else."""
    what = ("mandate", ask.app_id, ask.mode, ask.currency, ask.per_payment, ask.per_day)
    return msgspec.json.encode(what).decode()


def spend(mandate: Mandate | None, ask: AskSpend, now: int) -> Mandate:
    """The mandate after this payment; refused when it is another's, revoked, or too small for it."""
    if mandate is None or (mandate.app_id, mandate.mode) != (ask.app_id, ask.mode):
        raise m.MandateNotFound(field="mandate_id")
    if mandate.revoked_at:
        raise m.MandateRevoked(field="mandate_id")
    if mandate.currency != ask.currency:
        raise m.MandateExceeded("This mandate is for another currency.", field="currency")
    day = now // DAY_US
    spent = ask.amount + (mandate.spent_today if mandate.day == day else 0)
    if ask.amount > mandate.per_payment or spent > mandate.per_day:
        left = mandate.per_day - spent + ask.amount
        raise m.MandateExceeded(field="amount", left_today=left, per_payment=mandate.per_payment)
    return Mandate(
        mandate.id,
        mandate.person_id,
        mandate.app_id,
        mandate.mode,
        mandate.currency,
        mandate.per_payment,
        mandate.per_day,
        day,
        spent,
        mandate.created_at,
        0,
    )
