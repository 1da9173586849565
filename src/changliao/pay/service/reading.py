"""What shops, people and auditors read of payments."""

import hashlib
import hmac

import msgspec

from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules, store
from changliao.pay.events import PaymentCreated
from changliao.pay.model import Customer, Method, Mode, Payment, Refund
from changliao.pay.store import CUSTOMERS, METHODS, PAYMENTS, REFUNDS

_SLICE = 10_000
"""Payments looked at together, so that memory stays bounded however many there are."""


def cashier_token(vault: Vault, payment_id: str) -> str:
    """The 128 bits that open a payment's cashier; the payment's id alone opens nothing."""
    key = vault.derive("cashier")
    return hashlib.blake2b(payment_id.encode(), key=key, digest_size=16).hexdigest()


def check_token(vault: Vault, payment_id: str, token: str) -> None:
    """Refuse a cashier address whose token is not this payment's: as if there were no such payment."""
    if not hmac.compare_digest(cashier_token(vault, payment_id).encode(), token.encode()):
        raise m.PaymentNotFound(field="id")


def payment(reader: Reader, payment_id: str) -> Payment:
    """The payment, for somebody who may see it whatever shop it is of."""
    found = reader.get(PAYMENTS, payment_id)
    if found is None:
        raise m.PaymentNotFound(field="id")
    return found  # type: ignore[no-any-return]


def payment_of(reader: Reader, caller: Caller, payment_id: str) -> Payment:
    """One of the caller's payments."""
    return rules.own(reader.get(PAYMENTS, payment_id), caller)


def payment_by_reference(reader: Reader, caller: Caller, reference: str) -> Payment | None:
    """The caller's payment with this order number."""
    key = (caller.app_id, caller.mode, reference)
    return reader.find(PAYMENTS, ("app_id", "mode", "reference"), key)  # type: ignore[no-any-return]


def payments_of(
    reader: Reader, caller: Caller, *, status: str, text: str, before: str, limit: int
) -> list[Payment]:
    """The caller's payments, newest first."""
    return store.payments_of(
        reader,
        caller.app_id,
        caller.mode,
        status=status,
        text=text,
        before=before,
        limit=limit,
    )


def refund_of(reader: Reader, caller: Caller, refund_id: str) -> Refund:
    """One of the caller's refunds."""
    found = reader.get(REFUNDS, refund_id)
    if found is None or (found.app_id, found.mode) != (caller.app_id, caller.mode):
        raise m.RefundNotFound(field="id")
    return found  # type: ignore[no-any-return]


def refunds_of(reader: Reader, payment_id: str) -> list[Refund]:
    """A payment's refunds, oldest first."""
    return store.refunds_of(reader, payment_id)


def methods_of(reader: Reader, app_id: str, mode: Mode, at: int = 0) -> list[Method]:
    """Every method a shop offers in each channel: what it has said, and the wallet by default."""
    said = store.methods_of(reader, app_id, mode)
    named = {(row.method, row.channel) for row in said}
    default = [
        Method(app_id, mode, m.WALLET_METHOD, channel, "active", "", at)
        for channel in m.CHANNELS
        if (m.WALLET_METHOD, channel) not in named
    ]
    return default + said


def method(reader: Reader, app_id: str, mode: Mode, name: str, channel: str) -> Method | None:
    """What a shop has said of one method in one channel."""
    return reader.get(METHODS, (app_id, mode, name, channel))  # type: ignore[no-any-return]


def customer_of(reader: Reader, caller: Caller, customer_id: str) -> Customer:
    """One of the caller's customers."""
    found = reader.get(CUSTOMERS, customer_id)
    if found is None or (found.app_id, found.mode) != (caller.app_id, caller.mode):
        raise m.CustomerNotFound(field="id")
    return found  # type: ignore[no-any-return]


def payments_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Open payments whose time is up."""
    return store.due(reader, now, limit)


def broken_invariants(reader: Reader) -> list[str]:
    """What is wrong with payments, in plain words; empty when all is well."""
    found = [
        f"I8: payment {one}: its captured, refunded and refunding sums do not fit together"
        for one in store.wrong_sums(reader)
    ]
    found += [
        f"I8: payment {one}: the ledger moved another sum than was captured"
        for one in store.unequal_to_ledger(reader)
    ]
    found += [
        f"I8: payment {one}: the ledger holds another sum than was authorized"
        for one in store.unequal_to_hold(reader)
    ]
    found += [
        f"I8: refund {one}: the ledger moved another sum than its state says"
        for one in store.refunds_unequal_to_ledger(reader)
    ]
    found += [
        f"I10: payment {one}: not exactly one fact says how it ended"
        for one in store.wrong_endings(reader)
    ]
    found += [
        f"I10: payment {one}: its fact tells another moment for being paid"
        for one in store.wrong_moments(reader)
    ]
    found += [
        f"I8: transfer {one}: the ledger moved or holds another sum than its status says"
        for one in store.transfers_unequal_to_ledger(reader)
    ]
    found += [
        f"I10: transfer {one}: not exactly one fact says how it ended, and says its status"
        for one in store.transfers_unlike_their_facts(reader)
    ]
    found += [
        f"I11: payment {one}: its status is not what the newest fact about it tells"
        for one in store.unlike_their_facts(reader)
    ]
    found += _unlike_what_was_asked(reader)
    return found


def _unlike_what_was_asked(reader: Reader) -> list[str]:
    """Payments that are for something else now than when their shop asked, a slice at a time."""
    found: list[str] = []
    after = ""
    while slice_ := store.created(reader, after, _SLICE):
        found += [
            f"I14: payment {payment.id}: amount, currency or order are not what its first fact tells"
            for payment, body in slice_
            if not _as_asked(payment, body)
        ]
        after = slice_[-1][0].id
    return found[:10]


def _as_asked(payment: Payment, body: str) -> bool:
    try:
        told = msgspec.json.decode(body, type=PaymentCreated)
    except msgspec.DecodeError:
        return False
    return told == PaymentCreated(
        payment.id, payment.reference, payment.amount, payment.currency, payment.capture
    )
