"""What rails made of attempts: payments become paid or open again, money that came late goes back."""

from collections.abc import Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.pay.events import PaymentInDoubt
from changliao.pay.model import Payment
from changliao.pay.service import combined, confirmation, late, refunds
from changliao.pay.store import PAYMENTS
from changliao.rails import service as rails
from changliao.rails.events import AttemptFailed, AttemptSucceeded, AttemptUnknown


@hears(of_kinds(AttemptSucceeded.kind, AttemptFailed.kind, AttemptUnknown.kind))
def hear_rails(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Hear what became of attempts."""
    for fact in facts:
        if fact.kind == AttemptSucceeded.kind:
            _succeeded(tx, msgspec.json.decode(fact.body, type=AttemptSucceeded))
        elif fact.kind == AttemptFailed.kind:
            _failed(tx, msgspec.json.decode(fact.body, type=AttemptFailed))
        elif fact.kind == AttemptUnknown.kind:
            _in_doubt(tx, msgspec.json.decode(fact.body, type=AttemptUnknown))


def _succeeded(tx: Tx, fact: AttemptSucceeded) -> None:
    if fact.purpose == confirmation.PURPOSE:
        _money_came(tx, fact)
    elif fact.purpose == refunds.PURPOSE:
        refunds.refund_went(tx, fact.about)
    elif fact.purpose == combined.PURPOSE:
        combined.money_came(tx, fact)
    elif fact.purpose == late.RETURN:
        late.returned(tx, fact)


def _money_came(tx: Tx, fact: AttemptSucceeded) -> None:
    payment = _payment(tx, fact.about)
    received = rails.received(tx, fact.rail, fact.currency, payment.mode)
    if payment.status == "processing" and payment.attempt_id == fact.attempt_id:
        late.post(tx, fact.amount, received, confirmation.till(tx, payment), "payment", payment)
        confirmation.paid(tx, payment, fact.rail)
        return
    late.came(tx, payment, fact)


def _failed(tx: Tx, fact: AttemptFailed) -> None:
    if fact.purpose == refunds.PURPOSE:
        refunds.refund_stuck(tx, fact.about, fact.reason)
        return
    if fact.purpose == combined.PURPOSE:
        combined.attempt_failed(tx, fact)
        return
    if fact.purpose == late.RETURN:
        late.stuck(tx, fact)
        return
    if fact.purpose != confirmation.PURPOSE:
        return
    payment = _payment(tx, fact.about)
    if payment.status != "processing" or payment.attempt_id != fact.attempt_id:
        return
    confirmation.reopened(tx, payment, fact.rail, fact.reason)


def _in_doubt(tx: Tx, fact: AttemptUnknown) -> None:
    if fact.purpose == combined.PURPOSE:
        combined.in_doubt(tx, fact)
    if fact.purpose != confirmation.PURPOSE:
        return
    payment = _payment(tx, fact.about)
    tx.emit(
        PaymentInDoubt(payment.id, payment.reference, fact.amount, fact.currency, fact.rail),
        about=payment.id,
        audience=payment.audience,
    )


def _payment(tx: Tx, payment_id: str) -> Payment:
    payment = tx.get(PAYMENTS, payment_id)
    assert payment is not None
    return payment
