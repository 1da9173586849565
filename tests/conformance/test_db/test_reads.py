"""Reads: one snapshot each, and never older than an answer that was given before."""

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from changliao.db.db import Db, ThreadedReads, open_sqlite
from changliao.db.driver import Reader
from changliao.db.migrate import shipped
from changliao.db.postgres.driver import PostgresDriver
from changliao.db.postgres.reader import PostgresReader
from changliao.db.refusals import Busy
from changliao.db.sqlite import by_keys
from changliao.db.table import Row
from changliao.kernel.refusal import NotFound
from tests.asking import ask, read
from tests.conformance.test_db.world import ACCOUNTS, ENTRIES, MIGRATION, AskPay, balances, pay
from tests.places import VAULT, PostgresPlace


def test_a_read_sees_whatever_was_answered_before_it(bank: Db) -> None:
    async def pay_and_look() -> list[tuple[int, int]]:
        seen = []
        for _ in range(20):
            paid = await bank.write(pay, AskPay("b", 1))
            seen.append((paid.balance, (await bank.read(balances))["b"]))
        return seen

    assert asyncio.run(pay_and_look()) == [(n, n) for n in range(1, 21)]


def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(bank: Db) -> None:
    def look_twice(reader: Reader) -> list[dict[str, int]]:
        first = balances(reader)
        other = threading.Thread(target=ask, args=(bank, pay, AskPay("b", 5)))
        other.start()
        other.join()
        return [first, balances(reader)]

    assert read(bank, look_twice) == [{"a": 100, "b": 0}] * 2
    assert read(bank, balances) == {"a": 100, "b": 5}


def test_a_read_that_refuses_or_breaks_harms_no_later_one(bank: Db) -> None:
    def refuse(reader: Reader) -> None:
        balances(reader)
        raise NotFound

    with pytest.raises(NotFound):
        read(bank, refuse)
    with pytest.raises(Exception, match="nowhere"):
        read(bank, lambda reader: reader.query("SELECT id FROM nowhere"))
    assert read(bank, balances) == {"a": 100, "b": 0}


def test_rows_are_read_by_many_keys_at_once(bank: Db) -> None:
    for _ in range(3):
        ask(bank, pay, AskPay("b", 5))
    keys = [("b", 3), ("b", 1), ("b", 3), ("b", 9), ("nobody", 1)]
    found = read(bank, lambda reader: reader.gets(ENTRIES, keys))
    assert sorted(one.number for one in found) == [1, 3]
    found = read(bank, lambda reader: reader.gets(ACCOUNTS, ["b", "nobody", "a", "b"]))
    assert sorted(one.id for one in found) == ["a", "b"]
    many = [("b", number) for number in range(2_000)]
    assert len(read(bank, lambda reader: reader.gets(ENTRIES, many))) == 3
    assert read(bank, lambda reader: reader.gets(ENTRIES, [])) == []


def _explained(sql: str, args: list[Any], reader: Reader) -> list[Row]:
    return reader.query(f"EXPLAIN QUERY PLAN {sql}", *args)


def test_sqlite_reads_no_whole_table_for_many_keys(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "db", VAULT, migrations=[MIGRATION, *shipped()])
    try:
        keys = [("x", number) for number in range(3)]
        for sql, args in by_keys(ENTRIES, ENTRIES.key, keys):
            plan = read(db, partial(_explained, sql, args))
            assert any("SEARCH t USING INDEX" in row[3] for row in plan)
            assert not any(row[3] in ("SCAN t", "SCAN try_entries") for row in plan)
    finally:
        db.close()


def test_many_reads_and_writes_at_once_are_all_answered(bank: Db) -> None:
    async def all_at_once() -> list[Any]:
        writes = [bank.write(pay, AskPay("b", 1)) for _ in range(50)]
        reads = [bank.read(balances) for _ in range(50)]
        return [await asyncio.gather(*writes), await asyncio.gather(*reads)]

    paid, seen = asyncio.run(all_at_once())

    assert [account.balance for account in paid] == list(range(1, 51))
    assert {one["a"] for one in seen} == {100}
    assert all(0 <= one["b"] <= 50 for one in seen)


@pytest.mark.postgres
def test_when_too_many_reads_wait_the_next_is_told_to_come_later(
    postgres_place: PostgresPlace,
) -> None:
    url = postgres_place.url
    reads = ThreadedReads(lambda: PostgresReader(url), 1, reads_max=3)
    db = Db(PostgresDriver(url), reads, VAULT)

    async def ask_five() -> list[Any]:
        waiting = [db.read(balances) for _ in range(5)]
        first = await asyncio.gather(*waiting, return_exceptions=True)
        return [*first, await db.read(balances)]

    answers = asyncio.run(ask_five())
    db.close()

    assert [type(answer) for answer in answers] == [dict, dict, dict, Busy, Busy, dict]
