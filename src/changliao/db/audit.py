"""The proof of the hash chain (I6): no chained row was edited, removed or added by hand."""

from collections.abc import Iterator
from typing import Any

import msgspec

from changliao.db.driver import Reader
from changliao.db.facts import LINKS, Link
from changliao.db.table import ALL, Table
from changliao.db.tx import digest, link_hash

LINKS_AT_ONCE = 50
ROWS_AT_ONCE = 5000
DIGEST_BYTES = 32


def broken_links(reader: Reader) -> Iterator[str]:
    """What is wrong with the chain, in plain words, table and number of the row named; nothing when
    all is well. Reads every chained row once, a page at a time."""
    tables = {table.name: table for table in ALL if table.chained}
    covered = dict.fromkeys(tables, 0)
    number, end = 0, bytes(32)
    for link in _links(reader):
        if link.number != number + 1:
            yield f"I6: chain {number + 1} is missing"
        yield from _wrong_hash(link, end)
        yield from _wrong_rows(reader, link, tables, covered)
        number, end = link.number, link.hash
    yield from _uncovered(reader, tables, covered)
    yield from _wrong_end(reader, number, end, covered)


def _links(reader: Reader) -> Iterator[Link]:
    after = -(2**63)  # So that one that was slipped in before the first is seen.
    while found := reader.rows(
        LINKS, "WHERE number > ? ORDER BY number LIMIT ?", after, LINKS_AT_ONCE
    ):
        yield from found
        after = found[-1].number


def _wrong_hash(link: Link, end: bytes) -> Iterator[str]:
    if link.hash != link_hash(end, link.number, link.at, link.spans, link.digests):
        yield f"I6: chain {link.number} was edited, or does not follow from the one before it"
    if len(link.digests) != DIGEST_BYTES * sum(
        last - first + 1 for first, last in link.spans.values()
    ):
        yield f"I6: chain {link.number} was edited: it covers other rows than it has digests for"


def _wrong_rows(
    reader: Reader, link: Link, tables: dict[str, Table[Any]], covered: dict[str, int]
) -> Iterator[str]:
    """Compare each row that the link covers with its digest."""
    place = 0
    for name, (first, last) in link.spans.items():
        digests, place = link.digests[place:], place + DIGEST_BYTES * (last - first + 1)
        if name not in tables:
            yield f"I6: chain {link.number} covers {name}, which is no chained table"
            continue
        if first != covered[name] + 1:
            yield f"I6: chain {link.number} begins at {name} {first}, not at {covered[name] + 1}"
        yield from _wrong_span(reader, tables[name], first, last, digests)
        covered[name] = last


def _wrong_span(
    reader: Reader, table: Table[Any], first: int, last: int, digests: bytes
) -> Iterator[str]:
    for start in range(first, last + 1, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE - 1, last)
        found = reader.rows(table, "WHERE seq BETWEEN ? AND ? ORDER BY seq", start, end)
        rows = {row.seq: row for row in found}
        for seq in range(start, end + 1):
            at = DIGEST_BYTES * (seq - first)
            if seq not in rows:
                yield f"I6: {table.name} {seq} was removed"
            elif digest(table, rows[seq]) != digests[at : at + DIGEST_BYTES]:
                yield f"I6: {table.name} {seq} was edited"


def _uncovered(
    reader: Reader, tables: dict[str, Table[Any]], covered: dict[str, int]
) -> Iterator[str]:
    """Rows before the first or after the last number that the chain covers."""
    for name in tables:
        rows = reader.query(
            f"SELECT seq FROM {name} WHERE seq > ? OR seq < 1 ORDER BY seq LIMIT 1", covered[name]
        )
        for (seq,) in rows:
            yield f"I6: {name} {seq} was added: the chain covers 1 to {covered[name]}"


def _wrong_end(reader: Reader, number: int, end: bytes, covered: dict[str, int]) -> Iterator[str]:
    """The lane's own memory of where the chain and each numbering ends."""
    rows = reader.query("SELECT link, hash, numbers FROM lanes WHERE name = 'main'")
    last, hash_, numbers = rows[0] if rows else (0, bytes(32), "{}")
    if (last, bytes(hash_)) != (number, end):
        yield f"I6: the lane ends at link {last}, the chain at {number}, or their hashes differ"
    counted = msgspec.json.decode(numbers, type=dict[str, int])
    for name, known in covered.items():
        if counted.get(name, 0) != known:
            yield f"I6: the lane has counted {counted.get(name, 0)} {name}, the chain covers {known}"
