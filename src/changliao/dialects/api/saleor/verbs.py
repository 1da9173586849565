"""Verbs that this dialect puts together from those of pay: one commit each, no rule of their own."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.dialects import numbers, service
from changliao.dialects.api.saleor import standing
from changliao.dialects.api.saleor.refusals import CancelInPart, TransactionUnknown
from changliao.kernel.value import Value
from changliao.ledger.model import CurrencyUnknown
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskRefund, Payment

TRANSACTION, INSTANCE = "transaction", "instance"
"""What is kept beside a payment: Saleor's id of its transaction, and which instance it is of."""


class AskAction(Value, frozen=True):
    """What staff request for a transaction. `amount` is minor units; `reference` is made of the signed
    request, so that the same one is the same refund for ever."""

    caller: Caller
    instance_id: str
    transaction_id: str
    amount: int
    currency: str
    reference: str


class Done(Value, frozen=True):
    """What came of it: under which pspReference, of how much, whether that is the last word, when, and
    what may be requested next."""

    psp_reference: str
    amount: int
    outcome: str
    at: int
    actions: list[str]


def charge(tx: Tx, ask: AskAction) -> Done:
    """Take some of what is held; the rest stays held, to be charged too."""
    payment = _own(tx, ask)
    taken = pay.capture(tx, AskOnPayment(ask.caller, payment.id, ask.amount))
    reference = standing.capture_reference(taken.id, taken.captured_amount)
    return Done(reference, ask.amount, standing.SUCCESS, tx.now, standing.actions(taken, tx.now))


def refund(tx: Tx, ask: AskAction) -> Done:
    """Give some of it back; one that waits or is on its way is told of later."""
    payment = _own(tx, ask)
    wanted = AskRefund(ask.caller, payment.id, ask.amount, ask.reference)
    made = pay.request_refund(tx, wanted)
    now = pay.payment_of(tx, ask.caller, payment.id)
    outcome = standing.refund_result(made)
    return Done(made.id, made.amount, outcome, tx.now, standing.actions(now, tx.now))


def cancel(tx: Tx, ask: AskAction) -> Done:
    """Close what nobody has paid yet, which takes no amount off what is authorised; or give all of a hold
    back."""
    payment = _own(tx, ask)
    on = AskOnPayment(ask.caller, payment.id)
    if payment.status != "authorized":
        pay.cancel_payment(tx, on)
        return Done(payment.id, 0, standing.SUCCESS, tx.now, [])
    if ask.amount not in (0, payment.amount):
        raise CancelInPart(field="amount")
    pay.void(tx, on)
    return Done(standing.void_reference(payment.id), payment.amount, standing.SUCCESS, tx.now, [])


def _own(tx: Tx, ask: AskAction) -> Payment:
    payment = transaction_of(tx, ask.caller, ask.instance_id, ask.transaction_id)
    if payment.currency != ask.currency:
        raise CurrencyUnknown("The transaction is in another currency.", field="currency")
    return payment


def transaction_of(
    reader: Reader, caller: Caller, instance_id: str, transaction_id: str
) -> Payment:
    """The payment of a transaction; to another instance of the same shop it does not exist."""
    payment = numbers.payment_numbered(reader, caller, "saleor", transaction_id)
    said = service.particulars(reader, payment.id) if payment else None
    if payment is None or said is None or said.said.get(INSTANCE) != instance_id:
        raise TransactionUnknown(field="transaction")
    return payment
