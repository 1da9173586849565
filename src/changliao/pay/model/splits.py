"""Splits: one paid payment shared among receivers, and what comes back of it."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import Caller, audience
from changliao.pay.model.payments import Mode, PaymentId

SplitId = NewType("SplitId", str)
LineId = NewType("LineId", str)
SplitReturnId = NewType("SplitReturnId", str)
ReceiverKind = Literal["app", "person"]

UNSPLIT = "shop_unsplit"
"""The ledger code of a shop's money that was set aside to be split."""


class Split(Value, frozen=True):
    """One sharing out of a payment. `amount` is the sum of its lines; with `finish` it was the last,
    and `rest_amount` of what was set aside went to the shop. Minor units of `currency`."""

    id: SplitId
    payment_id: PaymentId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    description: str
    finish: bool
    rest_amount: int
    line_ids: tuple[LineId, ...]
    created_at: int

    @property
    def audience(self) -> str:
        """Who hears of this split."""
        return audience(self.app_id, self.mode)


class SplitLine(Value, frozen=True):
    """What one receiver had of a split: `receiver` is an app's or a person's id. `returned_amount` of
    it went back."""

    id: LineId
    split_id: SplitId
    payment_id: PaymentId
    place: int
    kind: ReceiverKind
    receiver: str
    amount: int
    currency: str
    description: str
    returned_amount: int
    created_at: int


class SplitReturn(Value, frozen=True):
    """Money that a receiver gave back; `destination` says where it stands now. `asked_amount` is what was
    asked for: 0 for all that was left."""

    id: SplitReturnId
    split_id: SplitId
    line_id: LineId
    payment_id: PaymentId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    reason: str
    destination: Literal["unsplit", "shop"]
    created_at: int
    asked_amount: int = 0


class Receiver(Value, frozen=True):
    """Who is to have how much."""

    kind: ReceiverKind
    id: str
    amount: int
    description: str = ""


class AskSplit(Value, frozen=True):
    """Share a payment among receivers; with `finish` and no receivers only end it."""

    caller: Caller
    payment_id: str
    reference: str
    receivers: tuple[Receiver, ...] = ()
    finish: bool = False
    description: str = ""


class AskSplitReturn(Value, frozen=True):
    """Take back from one receiver of a split; `amount` 0 means all that is left."""

    caller: Caller
    split_id: str
    line_id: str
    reference: str
    amount: int = 0
    reason: str = ""


class SplitNotFound(NotFound, code="split_not_found"):
    """There is no such split of yours."""


class SplitLineNotFound(
    NotFound, code="split_line_not_found", hint="GET /v1/splits/{id} lists its receivers."
):
    """This split has no such receiver line."""


class SplitReturnNotFound(NotFound, code="split_return_not_found"):
    """There is no such return of yours."""


class ReceiversInvalid(
    Invalid,
    code="receivers_invalid",
    hint="1 to 50 receivers; end a split without any by POST /v1/payments/{id}/split_end.",
):
    """A split has 1 to 50 receivers."""


class ReceiverNotFound(NotFound, code="receiver_not_found"):
    """There is no such app or person to receive money."""


class ReceiverIsShop(Invalid, code="receiver_is_shop", hint="What is not split stays the shop's."):
    """The shop itself cannot be a receiver of its own payment."""


class SplitTooLarge(Conflict, code="split_too_large"):
    """That is more than is left to split: what was captured less splits and refunds."""


class SplitEnded(Conflict, code="split_ended"):
    """The splitting of this payment is over; the rest is with the shop."""


class ReceiverShort(Conflict, code="receiver_balance_short"):
    """The receiver's balance is too small to give this back; nothing has moved."""


class ReceiverIsPerson(Conflict, code="receiver_is_person"):
    """Money that a person received is theirs and cannot be taken back."""


class ReturnTooLarge(Conflict, code="split_return_too_large"):
    """That is more than this receiver has left of the split."""
