"""The port: what a way of moving money must be able to do."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from changliao.rails.model import Answer, Attempt

Hear = Callable[[str, Answer], Awaitable[None]]
"""How a rail reports by itself: the attempt's id and what became of it. May be called twice."""


class Rail(Protocol):
    """One way of moving money. Every call is keyed by the attempt's id: made twice is made once."""

    name: str
    test_only: bool
    """Play money: never beside live mode."""
    top_up: bool
    """Whether persons may fill a wallet by it."""

    async def send(self, attempt: Attempt) -> Answer:
        """Ask the outside to move the money; inwards from the payer, outwards back to where
        `attempt.of` came from."""

    async def look(self, attempt: Attempt) -> Answer:
        """Ask what became of it."""

    def listen(self, hear: Hear) -> None:
        """Where to report what becomes known later."""
