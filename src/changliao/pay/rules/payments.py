"""What may happen to a payment. Pure: values in, values out, or a refusal."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from changliao.kernel.addresses import fit_for_people
from changliao.kernel.instant import DAY_US, HOUR_US, MINUTE_US, from_datetime, is_moment
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay.model import (
    AskPayment,
    AskShopTransfer,
    Day,
    FundTotal,
    Line,
    Method,
    Payment,
    PaymentId,
    Refund,
    ShopTransfer,
    Status,
    Trade,
    TradeTotal,
    TransferId,
    TransferStatus,
)

EXPIRES_US = 2 * HOUR_US
EXPIRES_MIN_US, EXPIRES_MAX_US = MINUTE_US, 30 * DAY_US
HOLD_S = 7 * 24 * 3600
REFUND_TRIES = 5
ACCEPT_S = 24 * 3600
"""How long a person may think about a transfer."""
OFFSET_MAX = timedelta(hours=14)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-5][0-9])")
_SURROGATE = re.compile("[\ud800-\udfff]")  # Half a character, which no database keeps.

ARROWS: dict[Status, tuple[Status, ...]] = {
    "open": ("processing", "authorized", "paid", "canceled", "expired"),
    "processing": ("open", "authorized", "paid"),
    "authorized": ("paid", "canceled", "expired"),
    "paid": (),
    "canceled": (),
    "expired": (),
}
"""Every arrow there is (DESIGN section 6); `open` passes through `processing` at once for a wallet."""


def payment(ask: AskPayment, payment_id: str, now: int, combined_id: str = "") -> Payment:
    """The open payment that this ask earns."""
    _money_and_reference(ask)
    text("description", ask.description, 200)
    return_url(ask.return_url, ask.caller.mode == "test")
    metadata(ask.metadata)
    expires_at = expiry(ask.expires_at, now)
    return Payment(
        PaymentId(payment_id),
        ask.caller.app_id,
        ask.caller.mode,
        ask.reference,
        ask.amount,
        ask.currency,
        ask.description,
        ask.return_url,
        ask.capture,
        ask.customer_id,
        ask.metadata,
        now,
        expires_at,
        "open",
        "",
        "",
        "",
        "",
        0,
        0,
        0,
        0,
        "",
        now,
        1,
        split=ask.split,
        combined_id=combined_id,
    )


def expiry(asked: int, now: int) -> int:
    """When a payment expires; 0 asked means in two hours."""
    expires_at = asked or now + EXPIRES_US
    if not EXPIRES_MIN_US <= expires_at - now <= EXPIRES_MAX_US:
        raise m.ExpiryInvalid(field="expires_at")
    return expires_at


def reference(text: str) -> None:
    """Refuse what cannot be a number of the shop's own."""
    if not 1 <= len(text) <= 100 or not text.isprintable():
        raise m.ReferenceInvalid(field="reference")


def _money_and_reference(ask: AskPayment | AskShopTransfer) -> None:
    if ask.currency not in DIGITS:
        raise CurrencyUnknown(field="currency")
    if ask.amount <= 0:
        raise AmountNotPositive(field="amount")
    if ask.amount > AMOUNT_MAX:
        raise AmountTooLarge(field="amount")
    reference(ask.reference)


def same_payment(earlier: Payment, ask: AskPayment) -> Payment:
    """The earlier payment of this order number, if the ask is for the very same thing."""
    if (earlier.amount, earlier.currency) != (ask.amount, ask.currency):
        raise m.ReferenceTaken(field="reference")
    other = (ask.description, ask.return_url, ask.capture, ask.customer_id, ask.metadata, ask.split)
    kept = (
        earlier.description,
        earlier.return_url,
        earlier.capture,
        earlier.customer_id,
        earlier.metadata,
        earlier.split,
    )
    if other != kept or earlier.combined_id:
        raise m.ReferenceTaken(field="reference")
    return earlier


def text(field: str, value: str, most: int) -> None:
    """Refuse a text that is too long or cannot be shown."""
    if len(value) > most or any(ord(sign) < 32 for sign in value) or _SURROGATE.search(value):
        raise m.TextTooLong(
            f"`{field}` is at most {most} characters without control characters.", field=field
        )


def metadata(entries: dict[str, str]) -> None:
    """Refuse metadata that is too large."""
    if not entries:
        return
    if len(entries) > 20 or any(
        len(k) > 40 or len(v) > 500 or "\x00" in k + v or _SURROGATE.search(k + v)
        for k, v in entries.items()
    ):
        raise m.MetadataInvalid(field="metadata")


def return_url(url: str, test: bool) -> None:
    """Refuse an address people must not be sent to: https, or in test mode also http to this machine or
    its network, so that a phone beside it can try a shop."""
    if url and not fit_for_people(url, test=test):
        raise m.ReturnUrlInvalid(field="return_url")


def payable(payment: Payment | None, now: int) -> Payment:
    """The payment, if it can be paid now."""
    if payment is None:
        raise m.PaymentNotFound(field="id")
    alone(payment)
    if payment.status == "expired" or (payment.status == "open" and payment.expires_at <= now):
        raise m.PaymentExpired(field="id")
    if payment.status != "open":
        raise m.PaymentNotOpen(
            f"This payment is {payment.status}.", field="id", status=payment.status
        )
    return payment


def alone(payment: Payment) -> None:
    """Refuse a part of a combination: it is paid and closed with the others only."""
    if payment.combined_id:
        raise m.PaymentIsCombined(field="id", combined_id=payment.combined_id)


def own(payment: Payment | None, caller: Caller) -> Payment:
    """The payment, for the shop it belongs to; for others it does not exist."""
    if payment is None or (payment.app_id, payment.mode) != (caller.app_id, caller.mode):
        raise m.PaymentNotFound(field="id")
    return payment


def moved(payment: Payment, status: Status, now: int, **changes: int | str) -> Payment:
    """The payment with another status, along a drawn arrow."""
    assert status == payment.status or status in ARROWS[payment.status], (payment.status, status)
    return msgspec.structs.replace(
        payment, status=status, changed_at=now, version=payment.version + 1, **changes
    )


def cancelable(payment: Payment) -> None:
    """Refuse what is not simply open."""
    alone(payment)
    if payment.status != "open":
        raise m.PaymentNotCancelable(
            f"This payment is {payment.status}.", field="id", status=payment.status
        )


def capture_amount(payment: Payment, asked: int, left: int) -> int:
    """How much a capture takes; 0 asked means all that is left."""
    if payment.status not in ("authorized", "paid") or not payment.hold_id or not left:
        raise m.PaymentNotAuthorized(field="id", status=payment.status)
    if asked < 0:
        raise AmountNotPositive(field="amount")
    if asked > left:
        raise m.CaptureTooLarge(field="amount", capturable_amount=left)
    return asked or left


def voidable(payment: Payment) -> None:
    """Refuse to void what is not held, or of which a part was captured."""
    if payment.status == "paid" and payment.hold_id:
        raise m.HoldUsed(field="id")
    if payment.status != "authorized":
        raise m.PaymentNotAuthorized(field="id", status=payment.status)


def not_run_out(payment: Payment, now: int) -> None:
    """Refuse to touch a hold whose time is up, though the sweep has not come by yet."""
    if payment.hold_expires_at <= now:
        raise m.PaymentExpired(
            "The hold has run out; the money is back with the payer.", field="id"
        )


def refund_amount(payment: Payment, asked: int) -> int:
    """How much a refund gives back; 0 asked means all that is left."""
    if payment.status != "paid":
        raise m.PaymentNotPaid(field="id", status=payment.status)
    if asked < 0:
        raise AmountNotPositive(field="amount")
    left = payment.refundable_amount
    if asked > left or not left:
        raise m.RefundTooLarge(field="amount", refundable_amount=left)
    return asked or left


def same_refund(earlier: Refund, ask: m.AskRefund) -> Refund:
    """The earlier refund of this number, if the ask is for the very same thing."""
    if earlier.payment_id != ask.payment_id or not same_amount(earlier, ask.amount):
        raise m.ReferenceTaken(field="reference")
    return earlier


def same_amount(earlier: Refund | m.SplitReturn, asked: int) -> bool:
    """Whether a number is asked for again with what it gave back. An amount left out means all that is
    left: refused where an amount was asked for, since nobody can tell that it was all."""
    if not asked and earlier.asked_amount:
        raise m.AmountMismatch(field="amount", asked_amount=earlier.asked_amount)
    return asked in (0, earlier.amount)


def refund_wait_s(tries: int) -> int:
    """How long a refund that could not be carried out waits for its next try."""
    wait_s: int = 30 * 4 ** min(tries, 10)
    return min(wait_s, 24 * 3600)


def offered(method: Method | None, name: str) -> None:
    """Refuse a method the shop does not offer (a wallet is offered by default) or has suspended."""
    if method is None:
        if name != m.WALLET_METHOD:
            raise m.MethodNotFound(field="method")
    elif method.state == "suspended":
        raise m.MethodSuspended(field="method", reason=method.reason)


# Transfers ----------------------------------------------------------------------------------


def transfer(ask: AskShopTransfer, transfer_id: str, person_id: str, now: int) -> ShopTransfer:
    """The transfer that this ask earns, as if nobody had to accept it."""
    _money_and_reference(ask)
    text("description", ask.description, 100)
    return ShopTransfer(
        TransferId(transfer_id),
        ask.caller.app_id,
        ask.caller.mode,
        ask.reference,
        ask.amount,
        ask.currency,
        ask.description,
        person_id,
        "succeeded",
        "",
        0,
        now,
        now,
    )


def same_transfer(earlier: ShopTransfer, ask: AskShopTransfer, person_id: str) -> ShopTransfer:
    """The earlier transfer of this number, if the ask is for the very same thing."""
    asked = (ask.amount, ask.currency, ask.description, person_id, ask.needs_acceptance)
    if asked != (
        earlier.amount,
        earlier.currency,
        earlier.description,
        earlier.person_id,
        earlier.needs_acceptance,
    ):
        raise m.TransferReferenceTaken(field="reference")
    return earlier


def own_transfer(transfer: ShopTransfer | None, caller: Caller) -> ShopTransfer:
    """The transfer, for the shop it belongs to; for others it does not exist."""
    if transfer is None or (transfer.app_id, transfer.mode) != (caller.app_id, caller.mode):
        raise m.TransferNotFound(field="id")
    return transfer


def incoming(transfer: ShopTransfer | None, person_id: str) -> ShopTransfer:
    """The transfer, for the person who was asked; for others it does not exist."""
    if transfer is None or transfer.person_id != person_id or not transfer.needs_acceptance:
        raise m.TransferNotFound(field="id")
    return transfer


def decided(transfer: ShopTransfer, status: TransferStatus, now: int) -> ShopTransfer:
    """The transfer after the word that it waited for; only one that waits and is in time takes one."""
    if transfer.status != "waiting":
        raise m.TransferNotWaiting(
            f"This transfer is {transfer.status}.", field="id", status=transfer.status
        )
    if status != "returned" and transfer.expires_at <= now:
        raise m.TransferNotWaiting("Its time has run out.", field="id", status="returned")
    return msgspec.structs.replace(transfer, status=status, changed_at=now)


# Bills --------------------------------------------------------------------------------------


def day(date: str, utc_offset: str) -> Day:
    """A calendar day at a fixed offset of at most 14 hours; an offset left out is UTC. A `+` that was
    not escaped in an address comes as a space and is taken for what it was."""
    offset = utc_offset.replace(" ", "+", 1) or "+00:00"
    found = _OFFSET.fullmatch(offset)
    if not _DATE.fullmatch(date):
        raise m.DayInvalid(field="date")
    if found is None:
        raise m.DayInvalid(field="utc_offset")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if ahead > OFFSET_MAX:
        raise m.DayInvalid(field="utc_offset")
    try:
        midnight = datetime.fromisoformat(date).replace(tzinfo=UTC)
        begin = from_datetime(midnight - ahead if found[1] == "+" else midnight + ahead)
    except (ValueError, OverflowError):
        raise m.DayInvalid(field="date") from None
    if not is_moment(begin) or not is_moment(begin + DAY_US):
        raise m.DayInvalid(field="date")
    return Day(begin, begin + DAY_US)


def add_trades(totals: dict[str, TradeTotal], rows: Iterable[Trade]) -> dict[str, TradeTotal]:
    """The totals by currency, with these rows counted too."""
    totals = dict(totals)
    for row in rows:
        currency = row.payment.currency
        before = totals.get(currency, TradeTotal())
        if row.refund is None:
            totals[currency] = msgspec.structs.replace(
                before, payments=before.payments + 1, amount=before.amount + row.amount
            )
        else:
            totals[currency] = msgspec.structs.replace(
                before,
                refunds=before.refunds + 1,
                refunded_amount=before.refunded_amount + row.amount,
            )
    return totals


def add_lines(totals: dict[str, FundTotal], rows: Iterable[Line]) -> dict[str, FundTotal]:
    """The totals by currency, with these lines counted too."""
    totals = dict(totals)
    for row in rows:
        moved, code = row.amount, row.transfer.code
        before = totals.get(row.transfer.currency, FundTotal())
        codes = {**before.codes, code: before.codes.get(code, 0) + moved}
        if moved > 0:
            after = msgspec.structs.replace(
                before,
                codes=codes,
                incoming=before.incoming + 1,
                incoming_amount=before.incoming_amount + moved,
            )
        else:
            after = msgspec.structs.replace(
                before,
                codes=codes,
                outgoing=before.outgoing + 1,
                outgoing_amount=before.outgoing_amount - moved,
            )
        totals[row.transfer.currency] = after
    return totals
