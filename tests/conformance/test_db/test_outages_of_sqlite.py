"""SQLite when the disk is full, another process comes, or the process dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from changliao.db.db import Db
from changliao.db.refusals import StorageUnavailable
from changliao.db.sqlite import AnotherProcess
from changliao.db.tx import Tx
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.test_facts import assert_chain_holds
from tests.conformance.test_db.world import (
    THINGS,
    Account,
    AskPay,
    Thing,
    balances,
    everything,
    open_account,
    pay,
    write_down,
)
from tests.patience import PATIENCE_S
from tests.places import SqlitePlace


def limit_pages(tx: Tx, beyond: int) -> None:
    """From now on the file may grow by so many pages only."""
    pages = tx.query("PRAGMA page_count")[0][0]
    tx.query(f"PRAGMA max_page_count = {pages + beyond}")


def fill(tx: Tx, name: str) -> str:
    """Needs some fifty pages."""
    tx.add(THINGS, Thing(name, None, None, None, bytes(200_000), {}, ()))
    write_down(tx, name)
    return name


@pytest.fixture
def db(sqlite_place: SqlitePlace) -> Db:
    db = sqlite_place.open()
    ask(db, open_account, Account("a", "ann", "main", 0))
    return db


def test_a_full_disk_refuses_and_writes_nothing_until_there_is_room(db: Db) -> None:
    ask(db, limit_pages, 10)
    before = read(db, everything)

    answers = ask_together(db, [(pay, AskPay("a", 1)), (fill, "x"), (pay, AskPay("a", 2))])

    assert [type(answer) for answer in answers] == [StorageUnavailable] * 3
    assert read(db, everything) == before
    assert ask(db, pay, AskPay("a", 4)).balance == 4  # What is small still fits.

    ask(db, limit_pages, 1_000_000)
    assert ask_together(db, [(fill, "x"), (pay, AskPay("a", 8))])[0] == "x"
    assert read(db, balances) == {"a": 12}
    assert_chain_holds(db)


def test_a_disk_that_is_full_in_the_midst_of_a_query_refuses_too(db: Db) -> None:
    def fill_and_count(tx: Tx, name: str) -> int:
        fill(tx, name)
        return int(tx.query("SELECT count(*) FROM try_things")[0][0])

    ask(db, limit_pages, 10)

    with pytest.raises(StorageUnavailable):
        ask(db, fill_and_count, "x")

    assert read(db, everything)["things"] == []
    ask(db, limit_pages, 1_000_000)
    assert ask(db, fill_and_count, "x") == 1


def test_a_second_opening_is_refused_and_the_first_goes_on(
    sqlite_place: SqlitePlace, db: Db
) -> None:
    with pytest.raises(AnotherProcess, match="another process is serving"):
        sqlite_place.open()

    assert ask(db, pay, AskPay("a", 1)).balance == 1
    sqlite_place.close()
    assert read(sqlite_place.open(), balances) == {"a": 1}


SERVE = """
import sys
from pathlib import Path
from changliao.db.db import open_sqlite
from changliao.db.sqlite import AnotherProcess
from tests.asking import ask
from tests.conformance.test_db.world import MIGRATION, write_down
from changliao.db.migrate import shipped
from tests.places import VAULT

try:
    db = open_sqlite(Path(sys.argv[1]), VAULT, migrations=[*shipped(), MIGRATION])
except AnotherProcess:
    print("refused", flush=True)
    raise SystemExit
n = 0
while True:
    n += 1
    ask(db, write_down, f"note {n}")
    print(n, flush=True)
"""


def serve(path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(["src", ".", *sys.path])},
    )


def test_a_second_process_is_refused(sqlite_place: SqlitePlace, db: Db) -> None:
    with serve(sqlite_place.path) as process:
        said, _ = process.communicate(timeout=PATIENCE_S)

    assert said == "refused\n"
    assert ask(db, pay, AskPay("a", 1)).balance == 1


def test_what_was_answered_outlives_the_death_of_the_process(sqlite_place: SqlitePlace) -> None:
    with serve(sqlite_place.path) as process:
        assert process.stdout
        answered = [int(process.stdout.readline()) for _ in range(30)]
        process.kill()
        answered += [int(line) for line in process.stdout.read().splitlines()]

    db = sqlite_place.open()
    noted = [seq for seq, _, _ in read(db, everything)["facts"]]
    assert noted[: len(answered)] == answered
    assert len(noted) <= len(answered) + 1
    assert_chain_holds(db)
    assert ask(db, write_down, "again")
