"""What a shop wants of whoever brings its money."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Order:
    """One order to be paid; `home` is the shop's own address."""

    number: str
    title: str
    fen: int
    home: str

    @property
    def page(self) -> str:
        """Where the shop shows it."""
        return f"{self.home}/orders/{self.number}"

    @property
    def notices(self) -> str:
        """Where the shop hears of it."""
        return f"{self.home}/notices"


@dataclass(frozen=True)
class Heard:
    """A verified notice: which order became what (`paid`, `closed`; empty for news of something else)."""

    number: str
    status: str


class Till(Protocol):
    """One dialect. `shows_code`: the address is shown as a code to scan, not gone to."""

    shows_code: bool
    thanks: str

    def ask(self, order: Order) -> str:
        """The address at which the buyer pays."""
        ...

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard | None:
        """What a notice tells; None when it cannot be believed."""
        ...
