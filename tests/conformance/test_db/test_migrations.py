"""Migrations: each file runs once, in order, on both databases; history cannot be rewritten."""

import threading
from typing import Any

import pytest

from changliao.db.db import Db
from changliao.db.migrate import Migration, MigrationChanged, shipped, statements
from changliao.db.sqlite import AnotherProcess
from tests.asking import read
from tests.places import Place

ONE = Migration("901_one.sql", "CREATE TABLE one (id TEXT PRIMARY KEY, n BIGINT NOT NULL);")
TWO = Migration(
    "902_two.sql", "INSERT INTO one (id, n) VALUES ('x', 1);\nALTER TABLE one ADD b TEXT;"
)


def ran(db: Db) -> list[str]:
    return [row[0] for row in read(db, lambda r: r.query("SELECT name FROM migrations ORDER BY 1"))]


def ones(db: Db) -> list[Any]:
    return read(db, lambda r: r.query("SELECT id, n FROM one"))


def test_every_shipped_file_runs_once_and_a_new_one_at_the_next_start(empty_place: Place) -> None:
    names = [migration.name for migration in shipped()]
    assert ran(empty_place.open(migrations=shipped())) == names
    empty_place.close()

    for more in ([ONE], [ONE], [ONE, TWO], [ONE, TWO]):
        db = empty_place.open(migrations=[*shipped(), *more])
        assert ran(db) == [*names, *[migration.name for migration in more]]
        assert ones(db) == [("x", 1)] * (len(more) - 1)
        empty_place.close()


def test_a_file_that_ran_and_reads_otherwise_now_stops_the_start(empty_place: Place) -> None:
    empty_place.open(migrations=[*shipped(), ONE])
    empty_place.close()
    changed = Migration(ONE.name, ONE.sql + "\n-- a comment")

    with pytest.raises(MigrationChanged, match=r"901_one.sql ran on this database and is changed"):
        empty_place.open(migrations=[*shipped(), changed, TWO])

    db = empty_place.open(migrations=[*shipped(), ONE])
    assert ran(db)[-1] == ONE.name


def test_a_file_that_ran_and_is_gone_stops_the_start(empty_place: Place) -> None:
    empty_place.open(migrations=[*shipped(), ONE])
    empty_place.close()

    with pytest.raises(MigrationChanged, match=r"901_one.sql .* is missing"):
        empty_place.open(migrations=shipped())


def test_a_file_that_fails_leaves_nothing_and_runs_when_it_is_mended(empty_place: Place) -> None:
    broken = Migration(TWO.name, TWO.sql + "\nINSERT INTO one (id, n) VALUES ('x', 2);")
    with pytest.raises(Exception, match=r"(?i)unique"):
        empty_place.open(migrations=[*shipped(), ONE, broken])

    db = empty_place.open(migrations=[*shipped(), ONE, TWO])

    assert ran(db)[-2:] == [ONE.name, TWO.name]
    assert ones(db) == [("x", 1)]


def test_several_starters_at_once_do_not_collide(empty_place: Place) -> None:
    """On PostgreSQL one after the other; on SQLite the first wins, because it takes one process."""
    outcomes: list[Any] = []
    line = threading.Barrier(4)

    def start() -> None:
        line.wait()
        try:
            outcomes.append(empty_place.open(migrations=[*shipped(), ONE, TWO]))
        except AnotherProcess as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    served = [outcome for outcome in outcomes if isinstance(outcome, Db)]
    assert len(outcomes) == 4
    assert len(served) == (4 if empty_place.kind == "postgres" else 1)
    assert ones(served[0]) == [("x", 1)]
    assert ran(served[0]) == [m.name for m in [*shipped(), ONE, TWO]]


def test_a_file_is_cut_into_its_statements() -> None:
    text = "-- one; two\nCREATE TABLE a (\n  b TEXT -- why\n);\n\n  -- three\nINSERT INTO a\nVALUES ('x');\n"

    assert statements(text) == [
        "CREATE TABLE a (\n  b TEXT -- why\n)",
        "INSERT INTO a\nVALUES ('x')",
    ]
