"""Rows: what is written comes back, the same on both databases, and mistakes end only their verb."""

from typing import Any

import pytest

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.tx import Bug, Tx
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.world import (
    ACCOUNTS,
    ENTRIES,
    THINGS,
    Account,
    Entry,
    Thing,
    balances,
    everything,
    open_account,
)

THINGS_OF_EVERY_KIND = [
    Thing("1", '畅聊 🧧 it\'s "100%" ?', 2**63 - 1, True, bytes(range(256)), {"a": 1}, ("x", "é")),
    Thing("2", "", -(2**63), False, b"", {}, ()),
    Thing("3", None, None, None, None, {"\x00": 0}, ("\x00",)),
    Thing("4", "\t\r\n\\ {NULL} \x01\x7f", 0, True, b"\x00", {"ключ": -5}, ("a",) * 3),
]


def keep(tx: Tx, things: list[Thing]) -> None:
    for thing in things:
        tx.add(THINGS, thing)


def keep_again(tx: Tx, things: list[Thing]) -> None:
    for thing in things:
        assert tx.get(THINGS, thing.id)
        tx.put(THINGS, thing)


def fetch(tx: Tx, ids: list[str]) -> list[Thing | None]:
    return [tx.get(THINGS, one) for one in ids]


def test_every_kind_of_column_comes_back_as_it_was_written(db: Db) -> None:
    ask(db, keep, THINGS_OF_EVERY_KIND)

    assert ask(db, fetch, ["4", "3", "2", "1", "0"]) == [*THINGS_OF_EVERY_KIND[::-1], None]
    assert read(db, everything)["things"] == THINGS_OF_EVERY_KIND
    assert read(db, lambda reader: reader.get(THINGS, "1")) == THINGS_OF_EVERY_KIND[0]
    assert read(db, lambda reader: reader.get(THINGS, "0")) is None


def test_every_kind_of_column_changes_to_what_it_was_changed_to(db: Db) -> None:
    ask(db, keep, THINGS_OF_EVERY_KIND)
    one, two, three, four = THINGS_OF_EVERY_KIND
    swapped = [
        Thing("1", two.text, two.number, two.yes, two.raw, two.notes, two.parts),
        Thing("2", three.text, three.number, three.yes, three.raw, three.notes, three.parts),
        Thing("3", one.text, one.number, one.yes, one.raw, one.notes, one.parts),
        Thing("4", four.text, four.number, None, four.raw, four.notes, four.parts),
    ]

    ask(db, keep_again, swapped)

    assert read(db, everything)["things"] == swapped


def test_rows_are_found_by_composite_and_by_alternate_keys(bank: Db) -> None:
    def enter(tx: Tx, _: None) -> None:
        for number in (1, 2, 3):
            tx.add(ENTRIES, Entry("a", number, number * 10))

    def look(tx: Tx, _: None) -> list[Any]:
        return [
            tx.get(ENTRIES, ("a", 2)),
            tx.get(ENTRIES, ("a", 4)),
            tx.get(ENTRIES, ("b", 2)),
            tx.find(ACCOUNTS, ("owner", "name"), ("bob", "main")),
            tx.find(ACCOUNTS, ("owner", "name"), ("bob", "other")),
            tx.find(ACCOUNTS, ("owner", "name"), (None, "main")),
        ]

    ask(bank, enter, None)

    bob = Account("b", "bob", "main", 0)
    assert ask(bank, look, None) == [Entry("a", 2, 20), None, None, bob, None, None]
    assert read(bank, lambda r: r.find(ACCOUNTS, ("owner", "name"), ("bob", "main"))) == bob
    assert read(bank, lambda r: r.get(ENTRIES, ("a", 3))) == Entry("a", 3, 30)


def test_text_is_ordered_byte_by_byte(db: Db) -> None:
    texts = ["a", "B", "_", "ä", "中", "Z", "a_b", "aB", "a b", "𝄞", "~"]
    ask(db, keep, [Thing(text, text, None, None, None, {}, ()) for text in texts])

    found = read(db, lambda r: r.query("SELECT id FROM try_things ORDER BY id"))
    after = read(db, lambda r: r.query("SELECT id FROM try_things WHERE id > ? ORDER BY 1", "a"))

    ordered = sorted(texts, key=str.encode)
    assert [row[0] for row in found] == ordered
    assert [row[0] for row in after] == ordered[ordered.index("a") + 1 :]


def test_hand_written_sql_means_the_same_on_both(bank: Db) -> None:
    def questions(reader: Reader) -> list[Any]:
        return [
            reader.query("SELECT sum(balance), count(*), max(balance) FROM try_accounts"),
            reader.query("SELECT '100%', 'what?', \"name\" FROM try_accounts WHERE id = ?", "a"),
            reader.query(
                "SELECT id FROM try_accounts WHERE owner LIKE ? OR owner LIKE 'B%'", "%NN"
            ),
            reader.query(
                "SELECT id FROM try_accounts WHERE owner LIKE 'a%' AND balance % 7 = ?", 2
            ),
            reader.query("SELECT sum(balance) FROM try_accounts WHERE id = 'nobody'"),
        ]

    expected = [[(100, 2, 100)], [("100%", "what?", "main")], [], [("a",)], [(None,)]]
    answers = read(bank, questions)

    assert answers == expected
    assert type(answers[0][0][0]) is int
    assert ask(bank, lambda tx, _: tx.query("SELECT sum(balance) FROM try_accounts"), None) == [
        (100,)
    ]


def test_a_read_cannot_write(bank: Db) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        read(bank, lambda reader: reader.query("DELETE FROM try_accounts"))

    assert read(bank, balances) == {"a": 100, "b": 0}


@pytest.mark.parametrize(
    "mistake",
    [
        lambda tx: tx.put(ACCOUNTS, Account("z", "zoe", "main", 5)),
        lambda tx: tx.put(ENTRIES, Entry("a", 1, 5)),
        lambda tx: tx.get(ACCOUNTS, "a") and tx.add(ACCOUNTS, Account("a", "x", "main", 5)),
        lambda tx: tx.add(ACCOUNTS, Account("c", "ann", "main", 5)),
        lambda tx: tx.get(ACCOUNTS, "a") and tx.put(ACCOUNTS, Account("a", "ann", "new", 5)),
    ],
    ids=[
        "putting a row that was never got",
        "putting a row of an append-only table",
        "adding a key that is taken",
        "adding an alternate key that is taken",
        "changing an alternate key",
    ],
)
def test_a_broken_rule_of_the_map_is_a_bug_of_that_verb_alone(bank: Db, mistake: Any) -> None:
    def clumsy(tx: Tx, _: None) -> None:
        tx.add(ACCOUNTS, Account("d", "dan", "main", 1))
        mistake(tx)

    first, bug, last = ask_together(
        bank,
        [
            (open_account, Account("e", "eve", "main", 1)),
            (clumsy, None),
            (open_account, Account("f", "fay", "main", 2)),
        ],
    )

    assert isinstance(bug, Bug)
    assert (first.id, last.id) == ("e", "f")
    assert read(bank, balances) == {"a": 100, "b": 0, "e": 1, "f": 2}


def test_an_alternate_key_with_nothing_in_it_clashes_with_none(bank: Db) -> None:
    nobody = [Account(f"n{number}", None, "main", number) for number in range(3)]

    answers = ask_together(bank, [(open_account, account) for account in nobody])

    assert answers == nobody
    assert ask(bank, open_account, Account("n3", None, "main", 3)).id == "n3"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "中\udfff"])
def test_what_a_database_cannot_hold_is_the_bug_of_that_verb_alone(
    bank: Db, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    def name(tx: Tx, asked: str) -> str:
        tx.find(ACCOUNTS, ("owner", "name"), (asked, "main"))
        return tx.add(THINGS, Thing(f"of {asked}", asked, None, None, None, {}, ())).id

    answers = ask_together(bank, [(name, "one"), (name, text), (name, "two")])

    assert [type(answer) for answer in answers] == [str, Bug, str]
    assert [thing.id for thing in read(bank, everything)["things"]] == ["of one", "of two"]
    assert "halving" not in caplog.text


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_the_bug_of_that_verb_alone(bank: Db, number: int) -> None:
    def big(tx: Tx, _: None) -> None:
        tx.add(ACCOUNTS, Account("big", "big", "main", number))

    answers = ask_together(bank, [(big, None), (open_account, Account("c", "cat", "main", 1))])

    assert isinstance(answers[0], Bug)
    assert read(bank, balances) == {"a": 100, "b": 0, "c": 1}


def test_a_search_for_what_cannot_exist_finds_nothing(bank: Db) -> None:
    def search(tx: Tx, text: str) -> list[Any]:
        return [tx.get(ACCOUNTS, text), tx.find(ACCOUNTS, ("owner", "name"), (text, "main"))]

    assert ask(bank, search, "a\x00") == [None, None]
    assert ask(bank, search, "\udc00") == [None, None]
