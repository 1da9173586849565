"""What shops, people and auditors read of payments."""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from changliao.db.driver import Reader
from changliao.db.table import Table, V
from changliao.db.vault import Vault
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules, store
from changliao.pay.events import PaymentCreated
from changliao.pay.model import (
    UNSPLIT,
    Combined,
    Customer,
    Method,
    Mode,
    Payment,
    Refund,
    Split,
    SplitLine,
    SplitReturn,
)
from changliao.pay.service.acting import parts_for
from changliao.pay.store import (
    COMBINED,
    CUSTOMERS,
    METHODS,
    PAYMENTS,
    REFUNDS,
    RETURNS,
    SPLITS,
    Cut,
)

_BY_REFERENCE = ("app_id", "mode", "reference")
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


def _own(reader: Reader, table: Table[V], row_id: str, caller: Caller, missing: type[Refusal]) -> V:
    """A row of the caller's app and mode; any other does not exist."""
    found = reader.get(table, row_id)
    if found is None or (found.app_id, found.mode) != (caller.app_id, caller.mode):
        raise missing(field="id")
    return found  # type: ignore[no-any-return]


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
    return reader.find(PAYMENTS, _BY_REFERENCE, key)  # type: ignore[no-any-return]


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


def refund(reader: Reader, refund_id: str) -> Refund:
    """The refund, for somebody who may see it whatever shop it is of."""
    found = reader.get(REFUNDS, refund_id)
    if found is None:
        raise m.RefundNotFound(field="id")
    return found  # type: ignore[no-any-return]


def under_way_of(reader: Reader, person_id: str) -> list[str]:
    """Ids of payments and transfers with real money that a person takes part in and that have not ended."""
    return store.under_way_of(reader, person_id)


def payments_by(reader: Reader, person_id: str, after: str, limit: int) -> list[Payment]:
    """What a person paid or began to pay, oldest first."""
    return store.payments_by(reader, person_id, after, limit)


def refund_of(reader: Reader, caller: Caller, refund_id: str) -> Refund:
    """One of the caller's refunds."""
    return _own(reader, REFUNDS, refund_id, caller, m.RefundNotFound)


def refund_by_reference(reader: Reader, caller: Caller, reference: str) -> Refund | None:
    """The caller's refund with this number of its own."""
    key = (caller.app_id, caller.mode, reference)
    return reader.find(REFUNDS, ("app_id", "mode", "reference"), key)  # type: ignore[no-any-return]


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


def common_methods(reader: Reader, app_ids: Sequence[str], mode: Mode) -> list[Method]:
    """The methods that every one of these shops offers, suspended when one has suspended it."""
    found = methods_of(reader, app_ids[0], mode)
    for app_id in app_ids[1:]:
        others = {(one.method, one.channel): one for one in methods_of(reader, app_id, mode)}
        pairs = [(one, others.get((one.method, one.channel))) for one in found]
        found = [
            other if one.state == "active" else one for one, other in pairs if other is not None
        ]
    return found


def method(reader: Reader, app_id: str, mode: Mode, name: str, channel: str) -> Method | None:
    """What a shop has said of one method in one channel."""
    return reader.get(METHODS, (app_id, mode, name, channel))  # type: ignore[no-any-return]


def customer_of(reader: Reader, caller: Caller, customer_id: str) -> Customer:
    """One of the caller's customers."""
    return _own(reader, CUSTOMERS, customer_id, caller, m.CustomerNotFound)


def customer(reader: Reader, customer_id: str) -> Customer:
    """The customer, whatever shop knows them."""
    found = reader.get(CUSTOMERS, customer_id)
    if found is None:
        raise m.CustomerNotFound(field="id")
    return found  # type: ignore[no-any-return]


def payments_page(reader: Reader, caller: Caller, cut: Cut) -> list[Payment]:
    """A page of the caller's payments, newest first."""
    return store.page_of(reader, PAYMENTS, caller.app_id, caller.mode, cut)


def refunds_page(reader: Reader, caller: Caller, cut: Cut) -> list[Refund]:
    """A page of the caller's refunds, newest first."""
    return store.page_of(reader, REFUNDS, caller.app_id, caller.mode, cut)


def customers_page(reader: Reader, caller: Caller, cut: Cut) -> list[Customer]:
    """A page of the caller's customers, newest first."""
    return store.page_of(reader, CUSTOMERS, caller.app_id, caller.mode, cut)


def payments_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Open payments whose time is up."""
    return store.due(reader, now, limit)


# Splits and combinations --------------------------------------------------------------------


def split_of(reader: Reader, caller: Caller, split_id: str) -> Split:
    """One of the caller's splits."""
    return _own(reader, SPLITS, split_id, caller, m.SplitNotFound)


def split_by_reference(reader: Reader, caller: Caller, reference: str) -> Split | None:
    """The caller's split with this number."""
    key = (caller.app_id, caller.mode, reference)
    return reader.find(SPLITS, _BY_REFERENCE, key)  # type: ignore[no-any-return]


def splits_of(reader: Reader, payment_id: str) -> list[Split]:
    """A payment's splits, oldest first."""
    return store.splits_of(reader, payment_id)


def splits_page(reader: Reader, caller: Caller, cut: Cut) -> list[Split]:
    """A page of the caller's splits, newest first."""
    return store.page_of(reader, SPLITS, caller.app_id, caller.mode, cut)


def lines_of(reader: Reader, split: Split) -> list[SplitLine]:
    """The receivers of a split, in the order they were named."""
    return store.lines_of(reader, split.line_ids)


def return_of(reader: Reader, caller: Caller, return_id: str) -> SplitReturn:
    """One of the caller's returns."""
    return _own(reader, RETURNS, return_id, caller, m.SplitReturnNotFound)


def return_by_reference(reader: Reader, caller: Caller, reference: str) -> SplitReturn | None:
    """The caller's return with this number."""
    key = (caller.app_id, caller.mode, reference)
    return reader.find(RETURNS, _BY_REFERENCE, key)  # type: ignore[no-any-return]


def returns_of(reader: Reader, split_id: str) -> list[SplitReturn]:
    """A split's returns, oldest first."""
    return store.returns_of(reader, split_id)


def splits_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Payments whose set-aside money has waited long enough."""
    return store.splits_due(reader, now, limit)


def combined(reader: Reader, combined_id: str) -> Combined:
    """The combination, for somebody who may see it whatever app it is of."""
    found = reader.get(COMBINED, combined_id)
    if found is None:
        raise m.CombinedNotFound(field="id")
    return found  # type: ignore[no-any-return]


def combined_of(reader: Reader, caller: Caller, combined_id: str) -> Combined:
    """One of the caller's combinations, while every app in it lets the caller act for it."""
    found = rules.own_combined(reader.get(COMBINED, combined_id), caller)
    parts_for(reader, caller, found)
    return found


def combined_by_reference(reader: Reader, caller: Caller, reference: str) -> Combined | None:
    """The caller's combination with this number, if there is one that it may see."""
    key = (caller.app_id, caller.mode, reference)
    found = reader.find(COMBINED, _BY_REFERENCE, key)
    try:
        return combined_of(reader, caller, found.id) if found else None
    except m.CombinedNotFound:
        return None


def parts_of(reader: Reader, combined: Combined) -> list[Payment]:
    """The payments of a combination, in the order they were named."""
    return [payment(reader, payment_id) for payment_id in combined.payment_ids]


def worth_confirming(reader: Reader, asked: Payment | Combined) -> str:
    """What a passkey is to sign for a payment or a combination, as one text."""
    parts = parts_of(reader, asked) if isinstance(asked, Combined) else ()
    return rules.worth_confirming(asked, parts)


def combined_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Open combinations whose time is up."""
    return store.combined_due(reader, now, limit)


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
    found += _wrong_splits(reader)
    found += [
        f"I11: combined payment {one}: its payments are not all as it is"
        for one in store.wrong_combined(reader)
    ]
    found += [
        f"I10: combined payment {one}: not exactly one fact says how it ended"
        for one in store.combined_with_wrong_endings(reader)
    ]
    found += _unlike_what_was_asked(reader)
    found += [f"I14: {one}: a fact tells of it, and it is not there" for one in store.gone(reader)]
    return found


def _wrong_splits(reader: Reader) -> list[str]:
    """I8 of splits: a payment's sums, each line and return beside the ledger, what is set aside."""
    found = [
        f"I8: payment {one}: its split and unsplit sums do not fit its lines"
        for one in store.wrong_splits(reader)
    ]
    found += [
        f"I8: split {one}: its sum is not that of its lines"
        for one in store.splits_unlike_their_lines(reader)
    ]
    found += [
        f"I8: split line {one}: the ledger moved another sum, or its returns are another sum"
        for one in store.wrong_lines(reader)
    ]
    found += [
        f"I8: split return {one}: the ledger moved another sum"
        for one in store.returns_unequal_to_ledger(reader)
    ]
    aside = store.unsplit_sums(reader)
    for app_id, mode, currency, balance in ledger.balances_by_owner(reader, UNSPLIT):
        said = aside.pop((app_id, mode, currency), 0)
        if balance != said:
            found.append(
                f"I8: set aside for {app_id} ({mode}, {currency}) stands {balance},"
                f" its payments say {said}"
            )
    found += [
        f"I8: payments of {app_id} ({mode}, {currency}) say {said} is set aside, without an account"
        for (app_id, mode, currency), said in aside.items()
    ]
    return found


def _unlike_what_was_asked(reader: Reader) -> list[str]:
    """Payments that are for something else now than when their shop asked, a slice at a time."""
    found: list[str] = []
    after = ""
    while slice_ := store.created(reader, after, _SLICE):
        found += [
            f"I14: payment {payment.id}: shop, amount, currency or order are not what its first fact"
            " tells"
            for payment, body, audience in slice_
            if audience != payment.audience or not _as_asked(payment, body)
        ]
        after = slice_[-1][0].id
    return found[:10]


def _as_asked(payment: Payment, body: str) -> bool:
    try:
        told = msgspec.json.decode(body, type=PaymentCreated)
    except msgspec.DecodeError:
        return False
    return told == PaymentCreated(
        payment.id,
        payment.reference,
        payment.amount,
        payment.currency,
        payment.capture,
        payment.split,
        payment.combined_id,
    )
