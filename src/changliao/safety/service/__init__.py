"""The verbs of safety, by noun: `reports`, `words`, `mine`; and what is wrong with all of it."""

from collections.abc import Iterator

from changliao.db.driver import Reader
from changliao.people.service import standing
from changliao.safety import store
from changliao.safety.service.reports import hear_chat


def broken_invariants(reader: Reader) -> Iterator[str]:
    """What is wrong with reports, decisions and archives, and what deleted accounts have left behind."""
    yield from store.wrong(reader)
    yield from standing.remains(reader)


__all__ = ["broken_invariants", "hear_chat"]
