"""The port between the lane and a database; sqlite.py and postgres.py honour it."""

from collections.abc import Sequence
from typing import Any, Protocol

from changliao.db.table import Key, Row, Table
from changliao.kernel.value import Value

Wish = tuple[Table[Any], tuple[str, ...], Sequence[Key]]
"""A table, the columns of one of its keys, and which keys."""


class Head(Value, frozen=True):
    """Where the lane stands: its clock, its counters, the end of its hash chain."""

    clock_us: int
    numbers: dict[str, int]
    link: int
    hash: bytes


class Lost(Exception):
    """The database is away or full: nobody's verb is at fault, and nothing of this group was kept."""


class InDoubt(Exception):
    """The connection died during COMMIT, and the server cannot be asked yet what became of it."""


class Vanished(Exception):
    """A row that is being changed is not there any more: somebody else deleted it."""


class Driver(Protocol):
    """One connection, owned by the lane's thread."""

    rehearses: bool
    """Whether a round trip is dear enough to learn a group's wishes first."""
    untouched: bool
    """After `begin`: whether it is certain that nobody else has written since this driver's last commit."""

    def begin(self) -> Head:
        """Open a transaction that excludes every other writer, and say where the lane stands."""

    def load(self, wishes: Sequence[Wish]) -> list[list[Row]]:
        """For each wish the rows whose columns equal one of its keys; absent ones are left out."""

    def insert(self, table: Table[Any], rows: list[Row]) -> None:
        """Write new rows; at the latest before the next call of another kind."""

    def update(self, table: Table[Any], columns: tuple[str, ...], rows: list[Row]) -> None:
        """Change `columns`; a row is their new values followed by the key's. Vanished if one is gone."""

    def query(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """One hand-written statement with `?` for its arguments."""

    def savepoint(self, name: str) -> None:
        """Mark a point to come back to."""

    def rollback_to(self, name: str) -> None:
        """Undo what came after the mark, and forget it."""

    def commit(self, head: Head) -> None:
        """Keep the group and the lane's new head, durably. Raises Lost when it certainly was not
        kept, InDoubt when nobody can tell yet."""

    def rollback(self) -> None:
        """Forget the group."""

    def close(self) -> None:
        """Let the connection go."""


class Reader(Protocol):
    """A consistent, read-only look at what is committed."""

    def get(self, table: Table[Any], key: Key) -> Any:
        """The row with this key, or None."""

    def find(self, table: Table[Any], unique: tuple[str, ...], key: Key) -> Any:
        """The row with this alternate key, or None."""

    def gets(self, table: Table[Any], keys: Sequence[Key]) -> list[Any]:
        """Those of the rows with these keys that are there, each once, in no order."""

    def rows(self, table: Table[Any], tail: str, *args: Any) -> list[Any]:
        """Values of the table; `tail` is the SQL from WHERE on."""

    def query(self, sql: str, *args: Any) -> list[Row]:
        """One hand-written statement with `?` for its arguments."""
