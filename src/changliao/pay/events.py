"""What happened to payments, refunds, transfers and methods. Shops read these; who paid is not in them.

`actor` is who did it for the shop (`Caller.doer`); empty when nobody of the shop did, or before it was told.
"""

from typing import ClassVar

from changliao.kernel.fact import Fact


class PaymentCreated(Fact, frozen=True):
    """A shop wishes to be paid."""

    kind: ClassVar[str] = "payment.created"
    payment_id: str
    reference: str
    amount: int
    currency: str
    capture: str
    split: bool = False
    combined_id: str = ""


class PaymentProcessing(Fact, frozen=True):
    """Somebody pays on a rail; the outcome is not known yet."""

    kind: ClassVar[str] = "payment.processing"
    payment_id: str
    reference: str
    amount: int
    currency: str
    method: str


class PaymentAttemptFailed(Fact, frozen=True):
    """A try failed for certain; the payment is open again."""

    kind: ClassVar[str] = "payment.attempt_failed"
    payment_id: str
    reference: str
    amount: int
    currency: str
    method: str
    reason: str


class PaymentInDoubt(Fact, frozen=True):
    """The rail cannot tell yet whether the money came."""

    kind: ClassVar[str] = "payment.in_doubt"
    payment_id: str
    reference: str
    amount: int
    currency: str
    method: str


class PaymentAuthorized(Fact, frozen=True):
    """The money is held for the shop to capture."""

    kind: ClassVar[str] = "payment.authorized"
    payment_id: str
    reference: str
    amount: int
    currency: str
    method: str


class PaymentCaptured(Fact, frozen=True):
    """The shop took some of what was held."""

    kind: ClassVar[str] = "payment.captured"
    payment_id: str
    reference: str
    amount: int
    currency: str
    captured_amount: int
    actor: str = ""


class PaymentPaid(Fact, frozen=True):
    """The shop has the money (of a hold: its first part)."""

    kind: ClassVar[str] = "payment.paid"
    payment_id: str
    reference: str
    amount: int
    currency: str
    captured_amount: int
    method: str


class PaymentCanceled(Fact, frozen=True):
    """Nobody will pay this any more."""

    kind: ClassVar[str] = "payment.canceled"
    payment_id: str
    reference: str
    amount: int
    currency: str
    reason: str
    actor: str = ""


class PaymentRanOut(Fact, frozen=True):
    """Its time, or its hold's time, ran out before money was taken."""

    kind: ClassVar[str] = "payment.expired"
    payment_id: str
    reference: str
    amount: int
    currency: str


class LateMoney(Fact, frozen=True):
    """A rail delivered money for a payment that no longer takes it; it goes back by itself."""

    kind: ClassVar[str] = "payment.late_money"
    payment_id: str
    reference: str
    amount: int
    currency: str
    attempt_id: str


class LateMoneyReturned(Fact, frozen=True):
    """Money that came late went back where it came from."""

    kind: ClassVar[str] = "payment.late_money_returned"
    payment_id: str
    reference: str
    amount: int
    currency: str
    attempt_id: str


class RefundRequested(Fact, frozen=True):
    """A shop gives money back; it is set aside or, with too little there, waits."""

    kind: ClassVar[str] = "refund.requested"
    refund_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    waits_for: str
    actor: str = ""


class RefundSucceeded(Fact, frozen=True):
    """The money is back with whoever paid."""

    kind: ClassVar[str] = "refund.succeeded"
    refund_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    refunded_amount: int


class RefundFailed(Fact, frozen=True):
    """The rail would not take the money back; the shop has it again and may try again."""

    kind: ClassVar[str] = "refund.failed"
    refund_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    reason: str


class MethodOffered(Fact, frozen=True):
    """A shop offers a method in a channel."""

    kind: ClassVar[str] = "method.offered"
    app_id: str
    method: str
    channel: str
    actor: str


class MethodWasSuspended(Fact, frozen=True):
    """A shop does not take a method for now, and says why."""

    kind: ClassVar[str] = "method.suspended"
    app_id: str
    method: str
    channel: str
    reason: str
    actor: str


class MethodResumed(Fact, frozen=True):
    """A shop takes a method again."""

    kind: ClassVar[str] = "method.resumed"
    app_id: str
    method: str
    channel: str
    actor: str


class CustomerAdded(Fact, frozen=True):
    """A shop made a customer known."""

    kind: ClassVar[str] = "customer.added"
    customer_id: str
    reference: str


class TransferWaiting(Fact, frozen=True):
    """A shop's money for a person is set aside until the person accepts it."""

    kind: ClassVar[str] = "transfer.waiting"
    transfer_id: str
    reference: str
    amount: int
    currency: str
    actor: str = ""


class TransferSucceeded(Fact, frozen=True):
    """What a shop pays to a person is in the person's wallet."""

    kind: ClassVar[str] = "transfer.succeeded"
    transfer_id: str
    reference: str
    amount: int
    currency: str
    actor: str = ""


class TransferDeclined(Fact, frozen=True):
    """The person would not have it; the shop has its money again."""

    kind: ClassVar[str] = "transfer.declined"
    transfer_id: str
    reference: str
    amount: int
    currency: str


class TransferCanceled(Fact, frozen=True):
    """The shop took it back before the person said a word."""

    kind: ClassVar[str] = "transfer.canceled"
    transfer_id: str
    reference: str
    amount: int
    currency: str
    actor: str = ""


class TransferReturned(Fact, frozen=True):
    """The person said nothing in time; the shop has its money again."""

    kind: ClassVar[str] = "transfer.returned"
    transfer_id: str
    reference: str
    amount: int
    currency: str


class SplitCreated(Fact, frozen=True):
    """A shop shared a payment among receivers; all of them have their money."""

    kind: ClassVar[str] = "split.created"
    split_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    receivers: int
    actor: str = ""


class SplitReceived(Fact, frozen=True):
    """An app received a part of another shop's payment. Told to the receiving app."""

    kind: ClassVar[str] = "split.received"
    line_id: str
    split_id: str
    payment_id: str
    from_app: str
    amount: int
    currency: str
    description: str


class SplitReturned(Fact, frozen=True):
    """A receiver gave back some of a split; `destination` says where it stands now."""

    kind: ClassVar[str] = "split.returned"
    return_id: str
    split_id: str
    line_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    destination: str
    actor: str = ""


class SplitTakenBack(Fact, frozen=True):
    """Some of what an app received was taken back. Told to the app that had it."""

    kind: ClassVar[str] = "split.taken_back"
    return_id: str
    split_id: str
    line_id: str
    payment_id: str
    amount: int
    currency: str
    reason: str


class SplitFinished(Fact, frozen=True):
    """Splitting is over: the rest of what was set aside is the shop's. `by`: `shop` or `time`."""

    kind: ClassVar[str] = "split.finished"
    payment_id: str
    reference: str
    amount: int
    currency: str
    by: str
    actor: str = ""


class CombinedCreated(Fact, frozen=True):
    """An app wishes several payments to be paid at once. `amount` is their sum."""

    kind: ClassVar[str] = "combined.created"
    combined_id: str
    reference: str
    amount: int
    currency: str
    payment_ids: tuple[str, ...]


class CombinedProcessing(Fact, frozen=True):
    """Somebody pays the whole on a rail; the outcome is not known yet."""

    kind: ClassVar[str] = "combined.processing"
    combined_id: str
    reference: str
    amount: int
    currency: str
    method: str


class CombinedAttemptFailed(Fact, frozen=True):
    """A try failed for certain; the whole is open again."""

    kind: ClassVar[str] = "combined.attempt_failed"
    combined_id: str
    reference: str
    amount: int
    currency: str
    method: str
    reason: str


class CombinedInDoubt(Fact, frozen=True):
    """The rail cannot tell yet whether the money for the whole came."""

    kind: ClassVar[str] = "combined.in_doubt"
    combined_id: str
    reference: str
    amount: int
    currency: str
    method: str


class CombinedPaid(Fact, frozen=True):
    """All its payments are paid, in one commit."""

    kind: ClassVar[str] = "combined.paid"
    combined_id: str
    reference: str
    amount: int
    currency: str
    method: str


class CombinedCanceled(Fact, frozen=True):
    """Nobody will pay these any more."""

    kind: ClassVar[str] = "combined.canceled"
    combined_id: str
    reference: str
    amount: int
    currency: str
    reason: str
    actor: str = ""


class CombinedRanOut(Fact, frozen=True):
    """The time to pay them ran out."""

    kind: ClassVar[str] = "combined.expired"
    combined_id: str
    reference: str
    amount: int
    currency: str


class CombinedLateMoney(Fact, frozen=True):
    """A rail delivered money for a combination that no longer takes it; it goes back by itself."""

    kind: ClassVar[str] = "combined.late_money"
    combined_id: str
    reference: str
    amount: int
    currency: str
    attempt_id: str


class CombinedLateMoneyReturned(Fact, frozen=True):
    """Money that came late for a combination went back where it came from."""

    kind: ClassVar[str] = "combined.late_money_returned"
    combined_id: str
    reference: str
    amount: int
    currency: str
    attempt_id: str
