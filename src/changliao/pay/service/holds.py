"""Captures and voids of money that is held, and holds that run out."""

from changliao.db.tx import Tx
from changliao.kernel.ids import looks_like
from changliao.ledger import service as ledger
from changliao.ledger.model import AskTransfer
from changliao.partners import service as partners
from changliao.pay import rules
from changliao.pay.events import PaymentCaptured
from changliao.pay.model import AskOnPayment, Payment
from changliao.pay.service import splits, transfers
from changliao.pay.service.acting import acted
from changliao.pay.service.confirmation import tell_paid
from changliao.pay.service.payments import canceled, ran_out
from changliao.pay.store import PAYMENTS


def capture(tx: Tx, ask: AskOnPayment) -> Payment:
    """Take some of what is held; `amount` 0: all that is left. The first capture makes it paid.

    Many captures are fine until nothing is left; `final` gives the rest back to the payer.
    """
    partners.allows(ask.caller, "payments:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    hold = ledger.hold_of(tx, payment.hold_id) if payment.hold_id else None
    left = hold.remaining if hold is not None and hold.state == "open" else 0
    amount = rules.capture_amount(payment, ask.amount, left)
    rules.not_run_out(payment, tx.now)
    ledger.post(tx, AskTransfer(amount, kind="post", pending_id=payment.hold_id, final=ask.final))
    captured = payment.captured_amount + amount
    first = payment.status == "authorized"
    if payment.split:
        payment = rules.set_aside(payment, amount, tx.now)
    paid_at = tx.now if first else payment.paid_at
    payment = rules.moved(payment, "paid", tx.now, captured_amount=captured, paid_at=paid_at)
    tx.emit(
        PaymentCaptured(
            payment.id, payment.reference, amount, payment.currency, captured, ask.caller.doer
        ),
        about=payment.id,
        audience=payment.audience,
    )
    acted(tx, ask.caller, PaymentCaptured.kind, payment, amount)
    if first:
        tell_paid(tx, payment)
    tx.put(PAYMENTS, payment)
    return splits.release(tx, payment) if payment.split_ended_at else payment


def void(tx: Tx, ask: AskOnPayment) -> Payment:
    """Give all that is held back to the payer; refused once a part was captured."""
    partners.allows(ask.caller, "payments:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    rules.voidable(payment)
    rules.not_run_out(payment, tx.now)
    rules.text("reason", ask.reason, 200)
    ledger.post(tx, AskTransfer(0, kind="void", pending_id=payment.hold_id))
    return canceled(tx, payment, ask.reason, ask.caller)


def expire_holds(tx: Tx, hold_ids: list[str]) -> None:
    """Give back what is left of holds that have run out; expire payments nothing was taken of, and
    return transfers that nobody accepted."""
    for hold_id in hold_ids:
        given_back = ledger.expire_hold(tx, hold_id)
        if given_back is None:
            continue
        if looks_like("trf", given_back.ref):
            transfers.returned(tx, given_back.ref)
            continue
        payment = tx.get(PAYMENTS, given_back.ref)
        if payment is not None and payment.status == "authorized":
            ran_out(tx, payment)
