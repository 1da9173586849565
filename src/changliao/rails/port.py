"""The port: what a way of moving money must be able to do."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

from changliao.kernel.value import Value
from changliao.rails.model import Answer, Attempt, Word

TIMEOUT_S = 20
"""How long the other side of a rail may take to answer; after that it is doubt."""


class Site(Value, frozen=True):
    """What a rail to the outside must know of this installation: its clock and name, where notices
    come in (the rail's name follows), and the address of the cashier of a payment."""

    clock: Callable[[], int]
    name: str
    notices_url: str
    cashier_url: Callable[[str], str]

    def notice_url(self, rail: str) -> str:
        """Where the other side of this rail reports."""
        return f"{self.notices_url}/{rail}"


Hear = Callable[[str, Answer], Awaitable[None]]
"""How a rail reports by itself: the attempt's id and what became of it. May be called twice."""


class Rail(Protocol):
    """One way of moving money. Every call is keyed by the attempt's id: made twice is made once.
    `of` is the attempt whose money an attempt outwards gives back."""

    name: str
    test_only: bool
    """Play money: never beside live mode."""
    top_up: bool
    """Whether persons may fill a wallet by it."""

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        """Ask the outside to move the money; inwards from the payer, outwards back to where
        `attempt.of` came from."""

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        """Ask what became of it. From `attempt.until` on, see to it that nobody pays it any more."""

    def listen(self, hear: Hear) -> None:
        """Where to report what becomes known later."""

    async def close(self) -> None:
        """Let connections go."""


def takes(rail: Rail, attempt: Attempt) -> bool:
    """Whether the rail's account is of the attempt's mode. An operator may have put a test account in a
    live one's place, and its play money pays nobody."""
    return rail.test_only == (attempt.mode == "test")


@runtime_checkable
class Notified(Protocol):
    """A rail that is told by the other side, by HTTP and under a signature."""

    thanks: bytes
    """What the other side takes for heard."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Word | None:
        """What a notice says, None when it is about nothing of ours; NoticeRefused unless the other
        side has signed it. Names of headers are in lower case."""
