"""What happened to wallets."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class TopUpRequested(Fact, frozen=True):
    """A person asked to fill a wallet."""

    kind: ClassVar[str] = "top_up.requested"
    top_up_id: str
    person_id: str
    mode: str
    rail: str
    amount: int
    currency: str


class TopUpSucceeded(Fact, frozen=True):
    """The money is in the wallet."""

    kind: ClassVar[str] = "top_up.succeeded"
    top_up_id: str
    person_id: str
    mode: str
    amount: int
    currency: str


class TopUpFailed(Fact, frozen=True):
    """No money came."""

    kind: ClassVar[str] = "top_up.failed"
    top_up_id: str
    person_id: str
    reason: str


class MandateGiven(Fact, frozen=True):
    """A person lets a shop confirm payments within limits."""

    kind: ClassVar[str] = "mandate.given"
    mandate_id: str
    currency: str
    per_payment: int
    per_day: int


class MandateTakenBack(Fact, frozen=True):
    """A person has revoked a mandate."""

    kind: ClassVar[str] = "mandate.revoked"
    mandate_id: str
