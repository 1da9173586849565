"""Payments, refunds, methods, customers; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import Caller, audience
from changliao.people.model.passkeys import Assertion

PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
CustomerId = NewType("CustomerId", str)
Mode = Literal["test", "live"]
Status = Literal["open", "processing", "authorized", "paid", "canceled", "expired"]
Channel = Literal["web", "mobile"]
CHANNELS: tuple[Channel, ...] = ("web", "mobile")

WALLET_METHOD = "wallet"
SHOP = "shop"
"""The ledger code of a shop's money."""
SUSPENSE = "suspense"
"""The ledger code of money that came though nobody waited for it, on its way back."""


class Payment(Value, frozen=True):
    """One shop's wish to be paid one amount for one of its order numbers.

    Amounts are minor units. `refunding_amount` is set aside for refunds under way. `hold_id` is the
    ledger's hold while or after it was authorized. `version` grows with each change of status.
    `paid_at` is when it was paid (of a hold: when its first part was captured), 0 before.

    With `split` the captured money is set aside: `unsplit_amount` of it still is, until all was
    split or refunded, the shop ends it, or `split_until` has come. `split_amount` is what receivers
    have, less what they gave back. `combined_id` names the combination that it is paid with.
    """

    id: PaymentId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    description: str
    return_url: str
    capture: Literal["auto", "manual"]
    customer_id: str
    metadata: dict[str, str]
    created_at: int
    expires_at: int
    status: Status
    method: str
    payer: str
    attempt_id: str
    hold_id: str
    hold_expires_at: int
    captured_amount: int
    refunded_amount: int
    refunding_amount: int
    reason: str
    changed_at: int
    version: int
    paid_at: int = 0
    split: bool = False
    split_amount: int = 0
    unsplit_amount: int = 0
    split_until: int = 0
    split_ended_at: int = 0
    combined_id: str = ""

    @property
    def refundable_amount(self) -> int:
        """What may still be refunded, or split: what was captured and is neither refunded, nor under
        way back, nor with receivers."""
        return (
            self.captured_amount - self.refunded_amount - self.refunding_amount - self.split_amount
        )

    @property
    def sets_aside(self) -> bool:
        """Whether its money is to be kept off the shop's balance."""
        return self.split and not self.split_ended_at

    @property
    def audience(self) -> str:
        """Who hears of this payment."""
        return audience(self.app_id, self.mode)


class Refund(Value, frozen=True):
    """Money on its way back. `waits_for` says why it is still pending; `tries` counts rail attempts.
    `asked_amount` is what was asked for: 0 for all that was left."""

    id: RefundId
    payment_id: PaymentId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    reason: str
    status: Literal["pending", "succeeded", "failed"]
    waits_for: str
    attempt_id: str
    tries: int
    created_at: int
    changed_at: int
    asked_amount: int = 0


class Method(Value, frozen=True):
    """The wallet or a rail as one shop offers it in one channel."""

    app_id: str
    mode: Mode
    method: str
    channel: Channel
    state: Literal["active", "suspended"]
    reason: str
    changed_at: int


class Customer(Value, frozen=True):
    """Somebody a shop knows by a number of its own."""

    id: CustomerId
    app_id: str
    mode: Mode
    reference: str
    name: str
    created_at: int


class Confirmation(Value, frozen=True):
    """How a shop confirms a payment itself: within a mandate, or by a rail its customer pays on."""

    mandate_id: str = ""
    method: str = ""
    instrument: str = ""


class AskPayment(Value, frozen=True):
    """A shop wishes to be paid. `expires_at` 0: in two hours."""

    caller: Caller
    amount: int
    currency: str
    reference: str
    description: str = ""
    return_url: str = ""
    expires_at: int = 0
    capture: Literal["auto", "manual"] = "auto"
    customer_id: str = ""
    metadata: dict[str, str] = {}
    confirm: Confirmation | None = None
    split: bool = False


class AskConfirm(Value, frozen=True):
    """A person pays: by this method, proven by the PIN, or by a passkey when there is one. `modes` are
    those that persons have here; `payer_ip` is where from, for rails that ask."""

    person_id: str
    payment_id: str
    method: str
    channel: Channel
    pin: str
    instrument: str = ""
    modes: tuple[Mode, ...] = ("live", "test")
    payer_ip: str = ""
    passkey: Assertion | None = None


class AskGiveUp(Value, frozen=True):
    """A person does not want to pay at a rail's own page after all (`payment_id` or a combination's)."""

    person_id: str
    payment_id: str


class AskShopConfirm(Value, frozen=True):
    """A shop confirms one of its payments itself."""

    caller: Caller
    payment_id: str
    confirm: Confirmation


class AskOnPayment(Value, frozen=True):
    """Cancel, void, or capture: `amount` 0 means all that is left; `final` gives the rest back."""

    caller: Caller
    payment_id: str
    amount: int = 0
    final: bool = False
    reason: str = ""


class AskRefund(Value, frozen=True):
    """Give money back; `amount` 0 means all that is left. `reference` is the shop's own number."""

    caller: Caller
    payment_id: str
    amount: int = 0
    reference: str = ""
    reason: str = ""


class AskRefundAgain(Value, frozen=True):
    """Try a failed refund again, under the same id."""

    caller: Caller
    refund_id: str


class AskMethod(Value, frozen=True):
    """Offer, suspend or resume a method in a channel."""

    caller: Caller
    method: str
    channel: Channel
    reason: str = ""


class AskCustomer(Value, frozen=True):
    """Make a customer known."""

    caller: Caller
    reference: str
    name: str = ""


class PaymentNotFound(NotFound, code="payment_not_found"):
    """There is no such payment of yours."""


class RefundNotFound(NotFound, code="refund_not_found"):
    """There is no such refund of yours."""


class CustomerNotFound(NotFound, code="customer_not_found"):
    """There is no such customer of yours."""


class MethodNotFound(NotFound, code="method_not_found", hint="GET /v1/methods lists yours."):
    """This shop does not offer that method in that channel."""


class ReferenceInvalid(Invalid, code="reference_invalid", hint="1 to 100 printable characters."):
    """This cannot be an order number."""


class ReferenceTaken(
    Conflict,
    code="reference_taken",
    hint="GET /v1/payments?reference= shows the payment that has it.",
):
    """This order number belongs to another payment, with other content."""


class AmountMismatch(
    Conflict,
    code="amount_mismatch",
    hint="Say the amount again, or take another number for all that is left.",
):
    """This number was asked for with an amount; without one it means all that is left."""


class TextTooLong(Invalid, code="text_too_long"):
    """This text is longer than the field takes, or holds control characters."""


class MetadataInvalid(
    Invalid,
    code="metadata_invalid",
    hint="At most 20 entries; keys to 40, values to 500 characters.",
):
    """The metadata is too large."""


class ReturnUrlInvalid(
    Invalid,
    code="return_url_invalid",
    hint="https://…; in test mode also http:// to this machine or its network.",
):
    """People cannot be sent to this address."""


class ExpiryInvalid(Invalid, code="expires_at_invalid", hint="From one minute to 30 days ahead."):
    """A payment cannot expire then."""


class PaymentNotOpen(Conflict, code="payment_not_open"):
    """This payment can no longer be paid: it is under way, done or closed."""


class PaymentExpired(Conflict, code="payment_expired", hint="Ask the shop for a new payment."):
    """This payment has expired; no money has moved."""


class PaymentNotCancelable(Conflict, code="payment_not_cancelable"):
    """Only an open payment can be canceled; one in doubt must first become clear."""


class PaymentNotAuthorized(Conflict, code="payment_not_authorized"):
    """There is no hold to capture or void."""


class CaptureTooLarge(Conflict, code="capture_too_large"):
    """That is more than is left of the hold."""


class CaptureUnsupported(
    Invalid, code="capture_unsupported", hint='Use "capture": "auto" for this method.'
):
    """This method takes money at once and cannot hold it."""


class HoldUsed(Conflict, code="hold_already_captured", hint="Refund what was captured instead."):
    """Part of this hold was captured, so it cannot be voided any more."""


class PaymentNotPaid(Conflict, code="payment_not_paid"):
    """Nothing was captured, so nothing can be refunded."""


class RefundTooLarge(Conflict, code="refund_too_large"):
    """That is more than is left to refund."""


class RefundNotFailed(Conflict, code="refund_not_failed"):
    """Only a failed refund can be tried again."""


class MethodSuspended(Conflict, code="method_suspended", hint="Choose another method."):
    """The shop does not take this method at the moment; no money has moved."""


class MethodIsDefault(
    Invalid, code="method_unknown", hint="Use wallet or a rail of this installation."
):
    """There is no such method here."""


class ReasonMissing(Invalid, code="reason_missing", hint="Say it in a sentence people can read."):
    """Suspending a method needs a reason."""


class OwnPayment(
    Forbidden,
    code="confirmation_forbidden",
    hint="Use a mandate, or send the person to the cashier.",
):
    """A shop cannot spend a person's wallet without a mandate."""


class ModeForbids(Forbidden, code="mode_forbids", hint="Use the key of the other mode."):
    """Play money cannot pay a live shop, nor real money a test shop."""
