"""What the ledger tells: batches that were posted, holds that ran out."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class TransfersPosted(Fact, frozen=True):
    """A batch was taken: these transfers (by number, inclusive) were written."""

    kind: ClassVar[str] = "ledger.transfers_posted"
    first_seq: int
    last_seq: int
    refused: int


class HoldExpired(Fact, frozen=True):
    """A hold ran out and what was left went back."""

    kind: ClassVar[str] = "ledger.hold_expired"
    transfer_id: str
    ref: str
    amount: int
