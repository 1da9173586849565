"""The outbox and the chain: rows that the lane itself writes."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.kernel.value import Value


class FactRow(Value, frozen=True):
    """One fact. `seq` grows in commit order without a gap; `body` is the fact as JSON."""

    seq: int
    at: int
    kind: str
    about: str
    audience: str
    body: str


class Link(Value, frozen=True):
    """One link of the hash chain: one committed group.

    `spans` says which numbers of which chained tables it covers, `digests` holds the SHA-256 of each
    of those rows in that order, and `hash` is SHA-256 over the previous hash and all of this.
    """

    number: int
    at: int
    spans: dict[str, tuple[int, int]]
    digests: bytes
    hash: bytes


FACTS = Table("facts", FactRow, key="seq", append=True, chained=True)
LINKS = Table("chain", Link, key="number", append=True)


def clock_of_books(reader: Reader) -> int:
    """The time of the newest verb, in microseconds; 0 in empty books."""
    rows = reader.query("SELECT clock_us FROM lanes WHERE name = 'main'")
    return int(rows[0][0]) if rows else 0
