"""Where a payment stands, in Saleor's words: results, references, what staff may do next."""

from changliao.pay.model import Payment, Refund

CHARGE, AUTHORIZATION = "CHARGE", "AUTHORIZATION"
CANCEL, REFUND = "CANCEL", "REFUND"
SUCCESS, FAILURE = "SUCCESS", "FAILURE"

_ENDINGS = {
    "open": "ACTION_REQUIRED",
    "processing": "REQUEST",
    "authorized": SUCCESS,
    "paid": SUCCESS,
    "canceled": FAILURE,
    "expired": FAILURE,
}


def first_step(payment: Payment) -> str:
    """What its transaction began with: a charge, or a hold."""
    return AUTHORIZATION if payment.capture == "manual" else CHARGE


def result(payment: Payment) -> str:
    """The result of a session. A hold stays an AUTHORIZATION_SUCCESS whatever became of it: charges and
    cancelations are events of their own, and a failure would take it off twice."""
    if payment.hold_id:
        return f"{AUTHORIZATION}_{SUCCESS}"
    return f"{first_step(payment)}_{_ENDINGS[payment.status]}"


def actions(payment: Payment, now: int) -> list[str]:
    """What may be requested next."""
    if payment.status == "open":
        return [CANCEL]
    if payment.status == "authorized":
        return [CHARGE, CANCEL]
    found = []
    if payment.status == "paid":
        left = payment.hold_id and payment.captured_amount < payment.amount
        if left and payment.hold_expires_at > now:
            found.append(CHARGE)
        if payment.refundable_amount > 0:
            found.append(REFUND)
    return found


def capture_reference(payment_id: str, captured_amount: int) -> str:
    """The pspReference of one capture, told from the others by what was captured with it in all. Saleor
    counts one event of a type for each reference."""
    return f"{payment_id}.{captured_amount}"


def void_reference(payment_id: str) -> str:
    """The pspReference of giving a hold back."""
    return f"{payment_id}.void"


def refund_result(refund: Refund) -> str:
    """What became of a refund; empty while nobody knows."""
    return {"succeeded": SUCCESS, "failed": FAILURE}.get(refund.status, "")
