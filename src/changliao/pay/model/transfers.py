"""Transfers: money that a shop pays to a person."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import Caller, audience
from changliao.pay.model.payments import Mode

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
