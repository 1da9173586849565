"""What apps do for other apps: noted, so that a shop's partner sees who did what."""

from changliao.db.tx import Tx
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay.model import Payment


def acted(tx: Tx, caller: Caller, what: str, payment: Payment, amount: int) -> None:
    """Note it when the caller acts for the payment's shop; `what` is the kind of the fact that tells it,
    `amount` minor units of the payment's currency."""
    partners.note_act(tx, caller, what, payment.id, payment.reference, amount, payment.currency)
