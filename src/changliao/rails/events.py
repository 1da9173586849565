"""What became of attempts. Higher rooms hear these and act."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class AttemptOpened(Fact, frozen=True):
    """An attempt was written; the rail is called after commit."""

    kind: ClassVar[str] = "attempt.opened"
    attempt_id: str
    rail: str
    direction: str
    purpose: str
    about: str
    amount: int
    currency: str


class AttemptSucceeded(Fact, frozen=True):
    """The money moved. `late`: the rail had said before that it had failed."""

    kind: ClassVar[str] = "attempt.succeeded"
    attempt_id: str
    rail: str
    direction: str
    purpose: str
    about: str
    amount: int
    currency: str
    late: bool = False


class AttemptFailed(Fact, frozen=True):
    """The money did not move, for certain."""

    kind: ClassVar[str] = "attempt.failed"
    attempt_id: str
    rail: str
    direction: str
    purpose: str
    about: str
    amount: int
    currency: str
    reason: str = ""


class AttemptUnknown(Fact, frozen=True):
    """Nobody can tell yet whether the money moved; the rail is asked again until it can."""

    kind: ClassVar[str] = "attempt.unknown"
    attempt_id: str
    rail: str
    direction: str
    purpose: str
    about: str
    amount: int
    currency: str
