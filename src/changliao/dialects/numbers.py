"""Whose number is whose: each dialect has all order numbers to itself, as two companies would.

A shop with a button for each sends the same number to whichever its buyer presses. The first payment of a
number has it as its reference in pay; one that another dialect asks for has a reference beside it
(`rules.references`). A dialect speaks, finds and shows the shop's number alone. What was made natively is
everybody's until one of them says a word of it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from changliao.db.driver import Reader
from changliao.db.lane import Wish, touches, wishes_of
from changliao.db.tx import Tx
from changliao.dialects import rules, service
from changliao.dialects.model import AskSaying, DialectName
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import AskCombined, AskPayment, Payment


def saying_payment(tx: Tx, ask: AskSaying) -> Any:
    """`saying` for a payment: another dialect's order of the same number is no hindrance."""
    wanted: AskPayment = ask.ask
    reference = _reference(tx, wanted.caller, ask.said.account.dialect, wanted.reference)
    wanted = msgspec.structs.replace(wanted, reference=reference)
    return service.saying(tx, msgspec.structs.replace(ask, ask=wanted))


def saying_combined(tx: Tx, ask: AskSaying) -> Any:
    """`saying` for several payments at once, each under its own shop's number."""
    wanted: AskCombined = ask.ask
    parts = []
    for part in wanted.parts:
        app_id = part.app_id or wanted.caller.app_id
        seller = msgspec.structs.replace(wanted.caller, app_id=app_id)
        reference = _reference(tx, seller, ask.said.account.dialect, part.reference)
        parts.append(msgspec.structs.replace(part, reference=reference))
    wanted = msgspec.structs.replace(wanted, parts=tuple(parts))
    return service.saying(tx, msgspec.structs.replace(ask, ask=wanted))


@touches(saying_payment)
@touches(saying_combined)
def _wishes(tx: Tx, ask: AskSaying) -> Iterator[Wish | None]:
    if inner := wishes_of(service.saying):
        yield from inner(tx, ask)


def payment_numbered(
    reader: Reader, caller: Caller, dialect: DialectName, number: str
) -> Payment | None:
    """The caller's payment that was asked for in this dialect, or natively, under this number."""
    for reference in rules.references(number, dialect):
        found = pay.payment_by_reference(reader, caller, reference)
        if found is not None and is_of(reader, found, dialect):
            return found
    return None


def is_of(reader: Reader, payment: Payment, dialect: DialectName) -> bool:
    """Whether the payment was asked for in this dialect, or nobody has said a word of it."""
    # Whoever asked for several at once said so of the whole; what is said of a part came later.
    known = service.particulars(reader, payment.combined_id or payment.id)
    asker = service.account(reader, known.account_id) if known else None
    return asker is None or asker.dialect == dialect


def _reference(tx: Tx, caller: Caller, dialect: DialectName, number: str) -> str:
    """What pay is to call this number's payment. It is the same at every try: whose a payment is does not
    change once a dialect has asked for it."""
    first, *others = rules.references(number, dialect)
    if not others:
        return first
    found = pay.payment_by_reference(tx, caller, first)
    return first if found is None or is_of(tx, found, dialect) else others[0]
