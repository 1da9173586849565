"""What may be combined, and what may happen to it. Pure: values in, values out, or a refusal."""

import msgspec

from changliao.kernel.money import AMOUNT_MAX
from changliao.ledger.model import AmountTooLarge
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay.model import Payment
from changliao.pay.rules.payments import expiry, reference, return_url, text

PARTS_MIN, PARTS_MAX = 2, 50

COMBINED_ARROWS: dict[m.CombinedStatus, tuple[m.CombinedStatus, ...]] = {
    "open": ("processing", "paid", "canceled", "expired"),
    "processing": ("open", "paid"),
    "paid": (),
    "canceled": (),
    "expired": (),
}


def combined(ask: m.AskCombined, combined_id: str, now: int) -> m.Combined:
    """The open combination that this ask earns, yet without its payments."""
    reference(ask.reference)
    text("description", ask.description, 200)
    return_url(ask.return_url, ask.caller.mode == "test")
    currencies = {part.currency for part in ask.parts}
    if not PARTS_MIN <= len(ask.parts) <= PARTS_MAX or len(currencies) != 1:
        raise m.PartsInvalid(field="payments")
    amount = sum(part.amount for part in ask.parts)
    if amount > AMOUNT_MAX:
        raise AmountTooLarge(field="payments")
    expires_at = expiry(ask.expires_at, now)
    return m.Combined(
        m.CombinedId(combined_id),
        ask.caller.app_id,
        ask.caller.mode,
        ask.reference,
        amount,
        currencies.pop(),
        ask.description,
        ask.return_url,
        (),
        now,
        expires_at,
        "open",
        "",
        "",
        "",
        "",
        now,
        1,
    )


def same_combined(earlier: m.Combined, payments: list[Payment], ask: m.AskCombined) -> m.Combined:
    """The earlier combination of this number, if the ask is for the very same thing."""
    had = tuple(
        m.Part(
            one.amount,
            one.currency,
            one.reference,
            one.app_id,
            one.description,
            one.split,
            one.metadata,
        )
        for one in payments
    )
    wanted = tuple(
        msgspec.structs.replace(part, app_id=part.app_id or ask.caller.app_id) for part in ask.parts
    )
    if (earlier.description, earlier.return_url, had) != (
        ask.description,
        ask.return_url,
        wanted,
    ):
        raise m.ReferenceTaken(
            "This number belongs to another combined payment.", field="reference"
        )
    return earlier


def own_combined(combined: m.Combined | None, caller: Caller) -> m.Combined:
    """The combination, for the app that made it; for others it does not exist."""
    if combined is None or (combined.app_id, combined.mode) != (caller.app_id, caller.mode):
        raise m.CombinedNotFound(field="id")
    return combined


def payable_combined(combined: m.Combined | None, now: int) -> m.Combined:
    """The combination, if it can be paid now."""
    if combined is None:
        raise m.CombinedNotFound(field="id")
    if combined.status == "expired" or (combined.status == "open" and combined.expires_at <= now):
        raise m.PaymentExpired(field="id")
    if combined.status != "open":
        raise m.PaymentNotOpen(
            f"This payment is {combined.status}.", field="id", status=combined.status
        )
    return combined


def combined_moved(
    combined: m.Combined, status: m.CombinedStatus, now: int, **changes: str
) -> m.Combined:
    """The combination with another status, along a drawn arrow."""
    assert status in COMBINED_ARROWS[combined.status], (combined.status, status)
    return msgspec.structs.replace(
        combined, status=status, changed_at=now, version=combined.version + 1, **changes
    )
