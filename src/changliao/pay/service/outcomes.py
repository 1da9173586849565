"""What rails made of attempts: payments become paid or open again, money that came late goes back."""

from collections.abc import Sequence

import msgspec

from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer
from changliao.pay import rules
from changliao.pay.events import (
    LateMoney,
    LateMoneyReturned,
    PaymentAttemptFailed,
    PaymentInDoubt,
)
from changliao.pay.model import SUSPENSE, Payment
from changliao.pay.service import confirmation, refunds
from changliao.pay.store import PAYMENTS
from changliao.rails import service as rails
from changliao.rails.events import AttemptFailed, AttemptSucceeded, AttemptUnknown
from changliao.rails.model import AskAttempt

RETURN = "late_money"
"""The purpose of an attempt that gives late money back; `about` is the payment."""


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
    elif fact.purpose == RETURN:
        payment = _payment(tx, fact.about)
        tx.emit(
            LateMoneyReturned(
                payment.id, payment.reference, fact.amount, fact.currency, fact.attempt_id
            ),
            about=payment.id,
            audience=payment.audience,
        )


def _money_came(tx: Tx, fact: AttemptSucceeded) -> None:
    payment = _payment(tx, fact.about)
    received = rails.received(tx, fact.rail, fact.currency, payment.mode)
    if payment.status == "processing" and payment.attempt_id == fact.attempt_id:
        _post(tx, fact.amount, received, confirmation.shop_account(tx, payment), "payment", payment)
        confirmation.paid(tx, payment, fact.rail)
        return
    # Nobody waits for it any more: it stands in suspense until the rail has taken it back.
    suspense = _suspense(tx, payment)
    _post(tx, fact.amount, received, suspense, "late_money", payment)
    tx.emit(
        LateMoney(payment.id, payment.reference, fact.amount, fact.currency, fact.attempt_id),
        about=payment.id,
        audience=payment.audience,
    )
    _give_back(tx, payment, fact.rail, fact.amount, fact.attempt_id)


def _give_back(tx: Tx, payment: Payment, rail: str, amount: int, attempt_id: str) -> None:
    payable = rails.payable(tx, rail, payment.currency, payment.mode)
    _post(tx, amount, _suspense(tx, payment), payable, "late_money_back", payment)
    rails.open_attempt(
        tx,
        AskAttempt(
            rail, "out", RETURN, payment.id, payment.mode, amount, payment.currency, of=attempt_id
        ),
    )


def _failed(tx: Tx, fact: AttemptFailed) -> None:
    if fact.purpose == refunds.PURPOSE:
        refunds.refund_stuck(tx, fact.about, fact.reason)
        return
    if fact.purpose == RETURN:
        # It stays in suspense, in sight of the trial balance, and an operator decides.
        payment = _payment(tx, fact.about)
        payable = rails.payable(tx, fact.rail, fact.currency, payment.mode)
        _post(tx, fact.amount, payable, _suspense(tx, payment), "late_money_stuck", payment)
        return
    if fact.purpose != confirmation.PURPOSE:
        return
    payment = _payment(tx, fact.about)
    if payment.status != "processing" or payment.attempt_id != fact.attempt_id:
        return
    payment = rules.moved(payment, "open", tx.now, reason=fact.reason, attempt_id="", payer="")
    tx.emit(
        PaymentAttemptFailed(
            payment.id, payment.reference, fact.amount, fact.currency, fact.rail, fact.reason
        ),
        about=payment.id,
        audience=payment.audience,
    )
    tx.put(PAYMENTS, payment)


def _in_doubt(tx: Tx, fact: AttemptUnknown) -> None:
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


def _suspense(tx: Tx, payment: Payment) -> Account:
    return ledger.account_of(
        tx, payment.app_id, SUSPENSE, payment.currency, payment.mode, no_overdraft=True
    )


def _post(
    tx: Tx, amount: int, debit: Account, credit: Account, code: str, payment: Payment
) -> None:
    ledger.post(
        tx,
        AskTransfer(amount, debit.id, credit.id, code, ref=payment.id, memo=payment.reference),
    )
