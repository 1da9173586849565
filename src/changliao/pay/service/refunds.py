"""Giving money back: set aside first, sent after, tried again under the same id."""

from collections.abc import Iterator
from typing import Any

import msgspec

from changliao.bus import jobs
from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.kernel.instant import later
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer, ExceedsCredits
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import RefundFailed, RefundRequested, RefundSucceeded
from changliao.pay.model import (
    WALLET_METHOD,
    AskRefund,
    AskRefundAgain,
    Payment,
    Refund,
    RefundId,
)
from changliao.pay.service.acting import acted
from changliao.pay.service.confirmation import shop_account, till_wish, unsplit_account
from changliao.pay.store import PAYMENTS, REFUNDS
from changliao.rails import service as rails
from changliao.rails.model import AskAttempt
from changliao.wallet import service as wallet

PURPOSE = "refund"
RETRY = "pay.retry_refund"
"""The kind of job that tries a waiting refund again."""
SHOP_IS_SHORT = "shop_balance"
_BY_REFERENCE = ("app_id", "mode", "reference")


def request_refund(tx: Tx, ask: AskRefund) -> Refund:
    """Promise money back: never more than is left, counting refunds under way.

    A wallet payment is refunded at once; a rail is called after commit, the money set aside now. With
    too little on the shop's account the refund is `pending` and carried out when money is there. The same
    number again, with the amount that it gave back or as it was asked, is the same refund.
    """
    partners.allows(ask.caller, "refunds:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    rules.text("reason", ask.reason, 200)
    rules.text("reference", ask.reference, 100)
    refund_id = tx.new_id("re")
    key = (payment.app_id, payment.mode, ask.reference or refund_id)
    earlier = tx.find(REFUNDS, _BY_REFERENCE, key) if ask.reference else None
    if earlier is not None:
        return rules.same_refund(earlier, ask)
    amount = rules.refund_amount(payment, ask.amount)
    refund = Refund(
        RefundId(refund_id),
        payment.id,
        payment.app_id,
        payment.mode,
        key[2],
        amount,
        payment.currency,
        ask.reason,
        "pending",
        "",
        "",
        0,
        tx.now,
        tx.now,
        ask.amount,
    )
    tx.add(REFUNDS, refund)
    _count(tx, payment, refunding=amount)
    return _carry_out(tx, refund, ask.caller)


@touches(request_refund)
def _wishes(tx: Tx, ask: AskRefund) -> Iterator[Wish | None]:
    yield PAYMENTS, ask.payment_id
    if ask.reference:
        yield REFUNDS, _BY_REFERENCE, (ask.caller.app_id, ask.caller.mode, ask.reference)
    yield None
    if payment := tx.peek(PAYMENTS, ask.payment_id):
        yield till_wish(payment.app_id, payment.currency, payment.mode, split=payment.sets_aside)
        if payment.method == WALLET_METHOD:
            yield wallet.wallet_wish(payment.payer, payment.currency, payment.mode)


def retry_refund(tx: Tx, refund_id: str) -> Refund | None:
    """Carry out a refund that waits, if it still does."""
    refund = tx.get(REFUNDS, refund_id)
    if refund is None or refund.status != "pending" or not refund.waits_for:
        return None
    return _carry_out(tx, refund)


def refund_again(tx: Tx, ask: AskRefundAgain) -> Refund:
    """Try a failed refund again, under the same id."""
    partners.allows(ask.caller, "refunds:write")
    refund = tx.get(REFUNDS, ask.refund_id)
    if refund is None or (refund.app_id, refund.mode) != (ask.caller.app_id, ask.caller.mode):
        raise m.RefundNotFound(field="id")
    if refund.status != "failed":
        raise m.RefundNotFailed(field="id", status=refund.status)
    payment = tx.get(PAYMENTS, refund.payment_id)
    assert payment is not None
    rules.refund_amount(payment, refund.amount)
    _count(tx, payment, refunding=refund.amount)
    return _carry_out(tx, _changed(tx, refund, status="pending", tries=0), ask.caller)


def refund_went(tx: Tx, refund_id: str) -> None:
    """The rail has given the money back."""
    refund = tx.get(REFUNDS, refund_id)
    assert refund is not None
    _succeeded(tx, refund)


def refund_stuck(tx: Tx, refund_id: str, reason: str) -> None:
    """The rail has refused: the money returns to the shop, and is tried again a few times."""
    refund = tx.get(REFUNDS, refund_id)
    assert refund is not None and refund.status == "pending"
    payment = tx.get(PAYMENTS, refund.payment_id)
    assert payment is not None
    payable = rails.payable(tx, payment.method, refund.currency, refund.mode)
    source = _source(tx, payment)
    ledger.post(
        tx, AskTransfer(refund.amount, payable.id, source.id, "refund_returned", ref=refund.id)
    )
    payment = _took(tx, payment, -refund.amount)
    if refund.tries < rules.REFUND_TRIES:
        _wait(tx, refund, reason or "rail")
        return
    _count(tx, payment, refunding=-refund.amount)
    _changed(tx, refund, status="failed", waits_for="", reason=refund.reason)
    tx.emit(
        RefundFailed(
            refund.id, payment.id, payment.reference, refund.amount, refund.currency, reason
        ),
        about=payment.id,
        audience=payment.audience,
    )


def _carry_out(tx: Tx, refund: Refund, asked_by: Caller | None = None) -> Refund:
    payment = tx.get(PAYMENTS, refund.payment_id)
    assert payment is not None
    refund = _send(tx, refund, payment)
    if asked_by is not None:
        tx.emit(
            RefundRequested(
                refund.id,
                payment.id,
                payment.reference,
                refund.amount,
                refund.currency,
                refund.waits_for,
                asked_by.doer,
            ),
            about=payment.id,
            audience=payment.audience,
        )
        acted(tx, asked_by, RefundRequested.kind, payment, refund.amount)
    if payment.method == WALLET_METHOD and not refund.waits_for:
        return _succeeded(tx, refund)
    return refund


def _send(tx: Tx, refund: Refund, payment: Payment) -> Refund:
    """Move the money out of what is set aside, or of the shop's account: into the wallet, or aside for
    the rail."""
    source = _source(tx, payment)
    to_wallet = payment.method == WALLET_METHOD
    if to_wallet:
        target = wallet.wallet_of(tx, payment.payer, refund.currency, refund.mode)
    else:
        target = rails.payable(tx, payment.method, refund.currency, refund.mode)
    ask = AskTransfer(
        refund.amount, source.id, target.id, "refund", ref=refund.id, memo=payment.reference
    )
    try:
        ledger.post(tx, ask)
    except ExceedsCredits:
        return _wait(tx, refund, SHOP_IS_SHORT)
    _took(tx, payment, refund.amount)
    if to_wallet:
        return _changed(tx, refund, waits_for="")
    attempt = rails.open_attempt(
        tx,
        AskAttempt(
            payment.method,
            "out",
            PURPOSE,
            refund.id,
            refund.mode,
            refund.amount,
            refund.currency,
            of=payment.attempt_id,
        ),
    )
    return _changed(tx, refund, waits_for="", attempt_id=attempt.id, tries=refund.tries + 1)


def _source(tx: Tx, payment: Payment) -> Account:
    """What refunds are taken from and given back to: while money is set aside it covers all that may be
    refunded; then the shop's balance."""
    return unsplit_account(tx, payment) if payment.sets_aside else shop_account(tx, payment)


def _took(tx: Tx, payment: Payment, amount: int) -> Payment:
    """So much was taken from (or, below zero, given back to) what `_source` says."""
    if not payment.sets_aside:
        return payment
    left = payment.unsplit_amount - amount
    return tx.put(PAYMENTS, msgspec.structs.replace(payment, unsplit_amount=left))


def _wait(tx: Tx, refund: Refund, why: str) -> Refund:
    at = later(tx.now, rules.refund_wait_s(refund.tries))
    jobs.later(tx, RETRY, refund.id, at=at)
    return _changed(tx, refund, waits_for=why)


def _succeeded(tx: Tx, refund: Refund) -> Refund:
    payment = tx.get(PAYMENTS, refund.payment_id)
    assert payment is not None
    payment = _count(tx, payment, refunding=-refund.amount, refunded=refund.amount)
    refund = _changed(tx, refund, status="succeeded", waits_for="")
    tx.emit(
        RefundSucceeded(
            refund.id,
            payment.id,
            payment.reference,
            refund.amount,
            refund.currency,
            payment.refunded_amount,
        ),
        about=payment.id,
        audience=payment.audience,
    )
    return refund


def _count(tx: Tx, payment: Payment, *, refunding: int = 0, refunded: int = 0) -> Payment:
    return tx.put(
        PAYMENTS,
        msgspec.structs.replace(
            payment,
            refunding_amount=payment.refunding_amount + refunding,
            refunded_amount=payment.refunded_amount + refunded,
            changed_at=tx.now,
        ),
    )


def _changed(tx: Tx, refund: Refund, **changes: Any) -> Refund:
    return tx.put(REFUNDS, msgspec.structs.replace(refund, changed_at=tx.now, **changes))
