"""Receipts: what somebody paid, as a card in their conversation with the shop."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.chat.model import Receipt
from changliao.chat.model.entries import PayBody
from changliao.chat.rules.messages import encode
from changliao.chat.service.accounts import open_talk
from changliao.chat.service.log import add
from changliao.chat.store import ENTRIES
from changliao.db.facts import FactRow
from changliao.db.tx import Tx

Paid = Callable[[Tx, str], Receipt | None]
"""What is known of a payment, by its id, for a receipt; None when nobody is to get one."""

_STATES = {
    "payment.paid": "paid",
    "payment.authorized": "authorized",
    "refund.succeeded": "refunded",
}


class _About(msgspec.Struct):
    payment_id: str
    amount: int


def hear_payments(paid: Paid) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that gives whoever paid a receipt, and another one for each refund: once per fact."""

    @hears(of_kinds(*_STATES))
    def heard(tx: Tx, facts: Sequence[FactRow]) -> None:
        for row in facts:
            if row.kind in _STATES:
                about = msgspec.json.decode(row.body, type=_About)
                if receipt := paid(tx, about.payment_id):
                    _give(tx, receipt, _STATES[row.kind], about.amount, f"#fact{row.seq}")

    return heard


def _give(tx: Tx, receipt: Receipt, status: str, amount: int, client_id: str) -> None:
    where = open_talk(tx, receipt.app_id, receipt.person_id, receipt.shop)
    if tx.find(
        ENTRIES, ("conversation_id", "sender", "client_id"), (where.id, where.owner, client_id)
    ):
        return
    body = PayBody(
        receipt.payment_id,
        receipt.shop,
        amount if status == "refunded" else receipt.amount,
        receipt.currency,
        receipt.description[:200],
        status,
        receipt.play,
    )
    add(tx, where, where.owner, "pay", encode(body), client_id=client_id)
