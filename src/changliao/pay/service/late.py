"""Money that came though nobody waited for it: into suspense, and back out on its rail."""

from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer
from changliao.pay.events import (
    CombinedLateMoney,
    CombinedLateMoneyReturned,
    LateMoney,
    LateMoneyReturned,
)
from changliao.pay.model import SUSPENSE, Combined, Payment
from changliao.pay.store import COMBINED, PAYMENTS
from changliao.rails import service as rails
from changliao.rails.events import AttemptFailed, AttemptSucceeded
from changliao.rails.model import AskAttempt

RETURN = "late_money"
"""The purpose of an attempt that gives late money back; `about` is the payment or combination."""

Asked = Payment | Combined
"""What an attempt may have been for."""


def came(tx: Tx, asked: Asked, fact: AttemptSucceeded) -> None:
    """Nobody waits for this money any more: it stands in suspense until the rail has taken it back."""
    received = rails.received(tx, fact.rail, fact.currency, asked.mode)
    post(tx, fact.amount, received, _suspense(tx, asked), "late_money", asked)
    kind = CombinedLateMoney if isinstance(asked, Combined) else LateMoney
    _tell(tx, asked, kind(asked.id, asked.reference, fact.amount, fact.currency, fact.attempt_id))
    payable = rails.payable(tx, fact.rail, asked.currency, asked.mode)
    post(tx, fact.amount, _suspense(tx, asked), payable, "late_money_back", asked)
    rails.open_attempt(
        tx,
        AskAttempt(
            fact.rail,
            "out",
            RETURN,
            asked.id,
            asked.mode,
            fact.amount,
            asked.currency,
            of=fact.attempt_id,
        ),
    )


def returned(tx: Tx, fact: AttemptSucceeded) -> None:
    """The rail has taken late money back."""
    asked = _asked(tx, fact.about)
    kind = CombinedLateMoneyReturned if isinstance(asked, Combined) else LateMoneyReturned
    _tell(tx, asked, kind(asked.id, asked.reference, fact.amount, fact.currency, fact.attempt_id))


def stuck(tx: Tx, fact: AttemptFailed) -> None:
    """The rail does not take it back: it stays in suspense, in sight of the trial balance, and an
    operator decides."""
    asked = _asked(tx, fact.about)
    payable = rails.payable(tx, fact.rail, fact.currency, asked.mode)
    post(tx, fact.amount, payable, _suspense(tx, asked), "late_money_stuck", asked)


def post(tx: Tx, amount: int, debit: Account, credit: Account, code: str, asked: Asked) -> None:
    """One transfer on account of a payment or combination."""
    ledger.post(
        tx, AskTransfer(amount, debit.id, credit.id, code, ref=asked.id, memo=asked.reference)
    )


def _asked(tx: Tx, about: str) -> Asked:
    asked: Asked | None
    asked = tx.get(COMBINED, about) if about.startswith("cmb_") else tx.get(PAYMENTS, about)
    assert asked is not None
    return asked


def _suspense(tx: Tx, asked: Asked) -> Account:
    return ledger.account_of(
        tx, asked.app_id, SUSPENSE, asked.currency, asked.mode, no_overdraft=True
    )


def _tell(tx: Tx, asked: Asked, fact: Fact) -> None:
    tx.emit(fact, about=asked.id, audience=asked.audience)
