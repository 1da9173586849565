"""Random programs give the same answers and rows as a naive model, on any cut into groups."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.db.db import Db
from changliao.db.migrate import Migration
from changliao.db.table import Table
from changliao.kernel.refusal import Refusal
from tests.asking import ask_together, read
from tests.conformance.test_db.world import (
    ACCOUNTS,
    ENTRIES,
    Account,
    Entry,
    TooLittle,
    everything,
)
from tests.places import Place, PostgresPlace, PostgresServer, SqliteFiles, SqlitePlace

pytestmark = pytest.mark.slow

IDS = st.sampled_from("abc")
OWNERS = st.sampled_from(["ann", "bob", None])
AMOUNTS = st.integers(-3, 3)

STEPS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        st.tuples(st.just("open"), IDS, OWNERS, st.sampled_from("xy")),
        st.tuples(st.just("pay"), IDS, AMOUNTS),
        st.tuples(st.just("pay_found"), OWNERS, st.sampled_from("xy"), AMOUNTS),
        st.tuples(st.just("enter"), IDS, st.integers(1, 4), AMOUNTS),
        st.tuples(st.just("number"), st.sampled_from("pq")),
        st.tuples(st.just("look")),
        st.tuples(st.just("pay_by_hand"), IDS, AMOUNTS),
        st.tuples(st.just("attempt"), st.lists(STEPS, max_size=5).map(tuple)),
        st.tuples(st.just("refuse")),
    )
)
PROGRAMS = st.lists(st.lists(STEPS, max_size=6).map(tuple), min_size=1, max_size=8)


class Naive:
    """What a transaction promises, in the plainest way: dicts, and a copy of them for each attempt."""

    def __init__(self) -> None:
        self.state: dict[str, dict[Any, Any]] = {"accounts": {}, "entries": {}, "numbers": {}}

    def _of(self, table: Table[Any]) -> dict[Any, Any]:
        return self.state["accounts" if table is ACCOUNTS else "entries"]

    def get(self, table: Table[Any], key: Any) -> Any:
        return self._of(table).get(key)

    def find(self, table: Table[Any], unique: tuple[str, ...], key: Any) -> Any:
        if None in key:
            return None
        of = [row for row in self._of(table).values() if (row.owner, row.name) == key]
        return of[0] if of else None

    def add(self, table: Table[Any], value: Any) -> None:
        self._of(table)[table.key_of(value)] = value

    put = add

    def next_number(self, name: str) -> int:
        self.state["numbers"][name] = self.state["numbers"].get(name, 0) + 1
        return int(self.state["numbers"][name])

    def query(self, sql: str, *args: Any) -> list[Any]:
        accounts = self.state["accounts"]
        if sql.startswith("UPDATE"):
            amount, key = args
            if key in accounts:
                old = accounts[key]
                accounts[key] = msgspec.structs.replace(old, balance=old.balance + amount)
            return []
        return [(len(accounts), sum(one.balance for one in accounts.values()))]

    def attempt(self, verb: Callable[[Any, Any], Any], asked: Any) -> Any:
        before = copy.deepcopy(self.state)
        try:
            return verb(self, asked)
        except Refusal as refusal:
            self.state = before
            return refusal


def run(tx: Any, program: tuple[Any, ...]) -> list[Any]:
    """A verb that does whatever the steps say and tells all that it saw."""
    return [step(tx, *details) for name, *details in program for step in [STEP[name]]]


def open_one(tx: Any, key: str, owner: str | None, name: str) -> Any:
    taken = tx.get(ACCOUNTS, key) or tx.find(ACCOUNTS, ("owner", "name"), (owner, name))
    if taken is None:
        tx.add(ACCOUNTS, Account(key, owner, name, 0))
    return taken


def pay(tx: Any, key: str, amount: int) -> Any:
    account = tx.get(ACCOUNTS, key)
    return change(tx, account, amount)


def pay_found(tx: Any, owner: str | None, name: str, amount: int) -> Any:
    return change(tx, tx.find(ACCOUNTS, ("owner", "name"), (owner, name)), amount)


def change(tx: Any, account: Account | None, amount: int) -> Any:
    if account is None:
        return None
    after = msgspec.structs.replace(account, balance=account.balance + amount)
    tx.put(ACCOUNTS, after)
    if after.balance < -2:
        raise TooLittle
    return after


def enter(tx: Any, key: str, number: int, amount: int) -> Any:
    there = tx.get(ENTRIES, (key, number))
    if there is None:
        tx.add(ENTRIES, Entry(key, number, amount))
    return there


def look(tx: Any) -> Any:
    return list(tx.query("SELECT count(*), COALESCE(sum(balance), 0) FROM try_accounts"))


def pay_by_hand(tx: Any, key: str, amount: int) -> Any:
    tx.query("UPDATE try_accounts SET balance = balance + ? WHERE id = ?", amount, key)
    return tx.get(ACCOUNTS, key)


def attempt(tx: Any, program: tuple[Any, ...]) -> Any:
    answer = tx.attempt(run, program)
    return answer.code if isinstance(answer, Refusal) else answer


def refuse(_tx: Any) -> Any:
    raise TooLittle


STEP: dict[str, Callable[..., Any]] = {
    "open": open_one,
    "pay": pay,
    "pay_found": pay_found,
    "enter": enter,
    "number": lambda tx, name: tx.next_number(name),
    "look": look,
    "pay_by_hand": pay_by_hand,
    "attempt": attempt,
    "refuse": refuse,
}


class Cut(NamedTuple):
    """How programs are asked: so many at once, in groups so large at most, shaken or not."""

    at_once: int
    group_max: int
    shake: bool


CUTS = st.builds(Cut, st.integers(1, 8), st.integers(1, 8), st.booleans())


def assert_same_as_the_model(db: Db, programs: list[Any], cut: Cut) -> None:
    naive = Naive()
    expected = [attempt(naive, program) for program in programs]

    answers: list[Any] = []
    for start in range(0, len(programs), cut.at_once):
        some = programs[start : start + cut.at_once]
        answers += ask_together(db, [(run, program) for program in some])

    shown = [answer.code if isinstance(answer, Refusal) else answer for answer in answers]
    assert shown == expected
    now = read(db, everything)
    assert now["accounts"] == [naive.state["accounts"][k] for k in sorted(naive.state["accounts"])]
    assert now["entries"] == [naive.state["entries"][k] for k in sorted(naive.state["entries"])]


@contextmanager
def opened(place: Place, cut: Cut) -> Iterator[Db]:
    yield place.open(group_max=cut.group_max, shake=cut.shake)
    place.close()


RANDOMLY = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(programs=PROGRAMS, cut=CUTS)
@settings(RANDOMLY, max_examples=200)
def test_random_programs_on_sqlite(
    sqlite_files: SqliteFiles, migrations: list[Migration], programs: list[Any], cut: Cut
) -> None:
    path: Path = sqlite_files.lend(migrations)
    with opened(SqlitePlace(path, migrations), cut) as db:
        assert_same_as_the_model(db, programs, cut)
    sqlite_files.take_back(path)


@pytest.mark.postgres
@given(programs=PROGRAMS, cut=CUTS)
@settings(RANDOMLY, max_examples=50)
def test_random_programs_on_postgresql(
    postgres_server: PostgresServer, migrations: list[Migration], programs: list[Any], cut: Cut
) -> None:
    url = postgres_server.lend(migrations)
    with opened(PostgresPlace(url, migrations), cut) as db:
        assert_same_as_the_model(db, programs, cut)
    postgres_server.take_back(url, migrations)
