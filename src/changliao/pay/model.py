"""Payments, refunds, methods, customers; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.ledger.model import Transfer
from changliao.partners.model import Caller, audience

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

    @property
    def refundable_amount(self) -> int:
        """What may still be refunded."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount

    @property
    def audience(self) -> str:
        """Who hears of this payment."""
        return audience(self.app_id, self.mode)


class Refund(Value, frozen=True):
    """Money on its way back. `waits_for` says why it is still pending; `tries` counts rail attempts."""

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


class AskConfirm(Value, frozen=True):
    """A person pays: by this method, proven by the PIN. `modes` are those that persons have here."""

    person_id: str
    payment_id: str
    method: str
    channel: Channel
    pin: str
    instrument: str = ""
    modes: tuple[Mode, ...] = ("live", "test")


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


class TextTooLong(Invalid, code="text_too_long"):
    """This text is longer than the field takes, or holds control characters."""


class MetadataInvalid(
    Invalid,
    code="metadata_invalid",
    hint="At most 20 entries; keys to 40, values to 500 characters.",
):
    """The metadata is too large."""


class ReturnUrlInvalid(
    Invalid, code="return_url_invalid", hint="https://…; in test mode also http:// to this machine."
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


TransferId = NewType("TransferId", str)
TransferStatus = Literal["waiting", "succeeded", "declined", "canceled", "returned"]


class ShopTransfer(Value, frozen=True):
    """A shop pays a person's wallet. `hold_id` and `expires_at` say that the person was asked first."""

    id: TransferId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    description: str
    person_id: str
    status: TransferStatus
    hold_id: str
    expires_at: int
    created_at: int
    changed_at: int

    @property
    def needs_acceptance(self) -> bool:
        """Whether the person is asked first."""
        return bool(self.hold_id)

    @property
    def audience(self) -> str:
        """Who hears of this transfer."""
        return audience(self.app_id, self.mode)


class AskShopTransfer(Value, frozen=True):
    """Pay a person, named by open id or handle. `modes` are those that persons have wallets of here."""

    caller: Caller
    amount: int
    currency: str
    reference: str
    person: str
    description: str = ""
    needs_acceptance: bool = False
    modes: tuple[Mode, ...] = ("live", "test")


class AskCancelTransfer(Value, frozen=True):
    """Take back a transfer that waits."""

    caller: Caller
    transfer_id: str


class AskIncoming(Value, frozen=True):
    """A person accepts or declines what a shop wants to pay."""

    person_id: str
    transfer_id: str


class TransferNotFound(NotFound, code="transfer_not_found"):
    """There is no such transfer of yours."""


class TransferNotWaiting(Conflict, code="transfer_not_waiting"):
    """This transfer does not wait for anybody any more."""


class TransferReferenceTaken(
    Conflict,
    code="transfer_reference_taken",
    hint="GET /v1/transfers?reference= shows the transfer that has it.",
):
    """This number belongs to another transfer, with other content."""


class ShopBalanceShort(
    Conflict, code="shop_balance_short", hint="GET /v1/balances says what is there."
):
    """There is too little on the shop's balance; no money has moved."""


class AskLines(Value, frozen=True):
    """Which lines of a shop's ledger accounts: numbers below `after` and above `before` (0: no end),
    written from `from_at` until `until_at` (inclusive, 0: no end); at most `limit`, 1 to 1,000."""

    caller: Caller
    currency: str = ""
    code: str = ""
    ref: str = ""
    after: int = 0
    before: int = 0
    from_at: int = 0
    until_at: int = 0
    limit: int = 20


class Line(Value, frozen=True):
    """A ledger transfer as one side of a shop's account sees it."""

    transfer: Transfer
    credited: bool

    @property
    def amount(self) -> int:
        """By how much the posted balance changed, in signed minor units; a hold changes nothing."""
        if self.transfer.kind not in ("single", "post"):
            return 0
        return self.transfer.amount if self.credited else -self.transfer.amount

    @property
    def balance_after(self) -> int:
        """The posted balance that it left behind."""
        return self.transfer.credit_after if self.credited else self.transfer.debit_after


class LinePage(Value, frozen=True):
    """Lines, and the cursor to go on in the same direction. Only `next` 0 says that it is the last."""

    items: list[Line]
    next: int


class Day(Value, frozen=True):
    """One calendar day at a fixed offset from UTC: `from_at` until before `until_at`."""

    from_at: int
    until_at: int


class Trade(Value, frozen=True):
    """A row of a trade bill: what a shop took for a payment (`refund` None), or a refund that went."""

    at: int
    amount: int
    payment: Payment
    refund: Refund | None = None


class TradeMark(Value, frozen=True):
    """How far a trade bill was read: the last ledger number, the last refund."""

    seq: int = 0
    refunded_at: int = 0
    refund_id: str = ""


class TradePage(Value, frozen=True):
    """Rows of a trade bill, and where to go on (None: there are no more)."""

    items: list[Trade]
    next: TradeMark | None


class TradeTotal(Value, frozen=True):
    """What a trade bill adds up to in one currency."""

    payments: int = 0
    amount: int = 0
    refunds: int = 0
    refunded_amount: int = 0


class FundTotal(Value, frozen=True):
    """What a fund bill adds up to in one currency; `codes` are signed sums."""

    opening_balance: int = 0
    closing_balance: int = 0
    incoming: int = 0
    incoming_amount: int = 0
    outgoing: int = 0
    outgoing_amount: int = 0
    codes: dict[str, int] = {}


class LineNotFound(NotFound, code="statement_line_not_found"):
    """There is no such line on a statement of yours."""


class DayInvalid(
    Invalid, code="day_invalid", hint="A date such as 2026-01-31 and an offset such as +08:00."
):
    """This is no day, or no offset from UTC."""
