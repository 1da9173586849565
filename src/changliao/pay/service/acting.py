"""Acting for other apps: for which, and noted, so that a shop's partner sees who did what."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller
from changliao.pay import model as m
from changliao.pay.model import Combined, Payment
from changliao.pay.store import PAYMENTS


def acted(tx: Tx, caller: Caller, what: str, payment: Payment, amount: int) -> None:
    """Note it when the caller acts for the payment's shop; `what` is the kind of the fact that tells it,
    `amount` minor units of the payment's currency."""
    partners.note_act(tx, caller, what, payment.id, payment.reference, amount, payment.currency)


def acting_in(rows: Tx | Reader, caller: Caller, app_id: str) -> Caller:
    """The caller for a payment of this app in a combination: itself, or acting. AppNotFound where it may
    not, or no longer."""
    return caller if app_id in ("", caller.app_id) else partners.acting_for(rows, caller, app_id)


def parts_for(
    rows: Tx | Reader, caller: Caller, combined: Combined
) -> list[tuple[Payment, Caller]]:
    """The payments of a combination, each with the caller acting for its app. Once one of the apps no
    longer lets the caller act, there is no such combination."""
    found = [rows.get(PAYMENTS, payment_id) for payment_id in combined.payment_ids]
    try:
        return [(one, acting_in(rows, caller, one.app_id)) for one in found if one is not None]
    except AppNotFound:
        raise m.CombinedNotFound(field="id") from None
