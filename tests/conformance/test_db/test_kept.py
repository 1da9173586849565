"""What the lane remembers from group to group: never more than what is so."""

import sqlite3
from typing import Any

import psycopg
import pytest

from changliao.db import tx as tx_module
from changliao.db.db import Db
from changliao.db.tx import Tx
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.world import (
    ACCOUNTS,
    ENTRIES,
    Account,
    AskPay,
    TooLittle,
    balances,
    open_account,
    pay,
)
from tests.places import Place, PostgresPlace, SqlitePlace


def by_hand(place: Place, sql: str) -> None:
    """What somebody does who has a shell on the machine."""
    if isinstance(place, PostgresPlace):
        with psycopg.connect(place.url) as db:
            db.execute(sql)
        return
    assert isinstance(place, SqlitePlace)
    with sqlite3.connect(place.path) as file:
        file.execute(sql)
    file.close()


def balance(tx: Tx, account: str) -> int | None:
    found = tx.get(ACCOUNTS, account)
    return None if found is None else found.balance


def named(tx: Tx, key: tuple[str, str]) -> str | None:
    found = tx.find(ACCOUNTS, ("owner", "name"), key)
    return None if found is None else found.id


def counting(db: Db) -> list[Any]:
    """What the lane asks the database for from now on."""
    asked: list[Any] = []
    driver = db.lane._driver
    load = driver.load

    def counted(wishes: Any) -> Any:
        asked.extend(wish for wish in wishes if wish[2])
        return load(wishes)

    driver.load = counted  # type: ignore[method-assign]
    return asked


def test_a_row_is_loaded_once_as_long_as_nobody_else_can_write(bank: Db, place: Place) -> None:
    ask(bank, balance, "a")
    asked = counting(bank)

    assert [ask(bank, balance, one) for one in ("a", "a", "nobody", "nobody")] == [100, 100] + [
        None
    ] * 2
    assert ask(bank, pay, AskPay("a", 5)).balance == 105
    assert ask(bank, balance, "a") == 105

    names = [(table.name, keys) for table, _, keys in asked if table is ACCOUNTS]
    if place.kind == "sqlite":
        assert names == [("try_accounts", ["nobody"])]
    else:
        assert len(names) > 4  # Others write there too: each group looks for itself.


def test_what_somebody_changes_by_hand_is_so_for_the_next_verb(bank: Db, place: Place) -> None:
    assert (ask(bank, balance, "a"), ask(bank, named, ("ann", "main"))) == (100, "a")
    assert ask(bank, balance, "new") is None

    by_hand(place, "UPDATE try_accounts SET balance = 7 WHERE id = 'a'")
    by_hand(place, "INSERT INTO try_accounts VALUES ('new', 'ned', 'main', 9)")
    by_hand(place, "DELETE FROM try_accounts WHERE id = 'b'")

    assert [ask(bank, balance, one) for one in ("a", "b", "new")] == [7, None, 9]
    assert ask(bank, named, ("ned", "main")) == "new"


def test_what_a_refused_verb_wrote_is_not_remembered(bank: Db) -> None:
    def change_mind(tx: Tx, by_sql: bool) -> None:
        assert balance(tx, "a") == 100
        if by_sql:
            tx.query("UPDATE try_accounts SET balance = 1 WHERE id = ?", "a")
            assert balance(tx, "a") == 1
        else:
            tx.put(ACCOUNTS, Account("a", "ann", "main", 1))
        tx.add(ACCOUNTS, Account("c", "cid", "main", 1))
        raise TooLittle

    for by_sql in (False, True):
        refused = ask_together(bank, [(change_mind, by_sql), (pay, AskPay("b", 1))])[0]
        assert isinstance(refused, TooLittle)
        assert ask(bank, balance, "a") == 100
        assert (ask(bank, balance, "c"), ask(bank, named, ("cid", "main"))) == (None, None)


def test_what_sql_changed_is_looked_up_again_by_the_next_group(bank: Db) -> None:
    def double(tx: Tx, sql: str) -> None:
        tx.query(sql)

    for sql in (
        "UPDATE try_accounts SET balance = balance * 2",
        'UPDATE "try_accounts" SET balance = balance * 2',  # In a spelling that no map notices.
    ):
        before = ask(bank, balance, "a") or 0
        ask(bank, double, sql)
        assert ask(bank, balance, "a") == 2 * before


def test_a_group_that_the_database_rejects_leaves_nothing_behind(bank: Db) -> None:
    def vanish(tx: Tx, _: None) -> None:
        tx.put(ACCOUNTS, Account("b", "bob", "main", balance(tx, "b") or 3))
        tx.query('DELETE FROM "try_accounts"')
        tx.put(ACCOUNTS, Account("b", "bob", "main", 77))

    ask(bank, balance, "b")
    with pytest.raises(Exception, match="not there any more"):
        ask(bank, vanish, None)

    assert ask(bank, balance, "b") == 0
    assert read(bank, balances) == {"a": 100, "b": 0}


def test_no_more_than_so_many_rows_are_remembered_and_none_that_is_only_added(bank: Db) -> None:
    ask_together(
        bank,
        [(open_account, Account(f"n{n}", f"o{n}", "main", n)) for n in range(500)]
        + [(pay, AskPay(f"n{n}", 1)) for n in range(500)],
    )
    kept = bank.lane._maps
    assert len(kept[ACCOUNTS].rows) >= 500
    assert ENTRIES not in kept

    def look(tx: Tx, several: range) -> list[Account]:
        return tx.gets(ACCOUNTS, [f"none{n}" for n in several])

    for start in range(0, tx_module.KEPT_MAX, 1000):
        ask(bank, look, range(start, start + 1000))
        assert all(len(one.rows) <= tx_module.KEPT_MAX for one in bank.lane._maps.values())
    assert ask(bank, balance, "n7") == 8
