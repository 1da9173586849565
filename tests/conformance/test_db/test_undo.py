"""Undo: a verb that refuses or breaks leaves nothing behind, whatever it did, and harms nobody beside it."""

from typing import Any

import msgspec
import pytest

from changliao.db.db import Db
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.world import (
    ACCOUNTS,
    ENTRIES,
    THINGS,
    Account,
    AskMove,
    AskPay,
    Entry,
    Thing,
    TooLittle,
    balances,
    everything,
    move,
    open_account,
    pay,
)


def test_a_refusal_leaves_nothing(bank: Db) -> None:
    before = read(bank, everything)

    with pytest.raises(TooLittle) as refused:
        ask(bank, move, AskMove("a", "b", 101))

    assert refused.value.extra == {"balance": 100}
    assert read(bank, everything) == before


def test_a_verb_that_refuses_after_it_wrote_stands_between_two_that_succeed(bank: Db) -> None:
    first, refused, last = ask_together(
        bank,
        [
            (move, AskMove("a", "b", 60)),
            (move, AskMove("a", "b", 60)),
            (move, AskMove("a", "b", 40)),
        ],
    )

    assert (first.balance, type(refused), last.balance) == (40, TooLittle, 0)
    now = read(bank, everything)
    assert read(bank, balances) == {"a": 0, "b": 100}
    assert now["entries"] == [
        Entry("a", 1, -60),
        Entry("a", 2, -40),
        Entry("b", 1, 60),
        Entry("b", 2, 40),
    ]
    assert [fact[:2] for fact in now["facts"]] == [(1, "b"), (2, "a"), (3, "b"), (4, "a")]


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("x"), StopIteration("x"), KeyboardInterrupt(), SystemExit(3), Refusal("x")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_verb_raises_after_writing_ends_only_that_verb(
    bank: Db, error: BaseException
) -> None:
    def break_down(tx: Tx, _: None) -> None:
        move(tx, AskMove("a", "b", 10))
        raise error

    first, bug, last = ask_together(
        bank,
        [(pay, AskPay("b", 1)), (break_down, None), (pay, AskPay("b", 2))],
    )

    assert isinstance(bug, Exception)
    assert (first.balance, last.balance) == (1, 3)
    assert read(bank, balances) == {"a": 100, "b": 3}
    assert ask(bank, pay, AskPay("b", 3)).balance == 6


def test_an_attempt_that_refuses_is_undone_and_the_rest_of_its_verb_stands(db: Db) -> None:
    def try_both(tx: Tx, _: None) -> list[Any]:
        open_account(tx, Account("a", "ann", "main", 100))
        open_account(tx, Account("b", "bob", "main", 0))
        return [tx.attempt(move, AskMove("a", "b", 500)), tx.attempt(move, AskMove("a", "b", 30))]

    refused, moved = ask(db, try_both, None)

    assert isinstance(refused, TooLittle)
    assert moved == Account("a", "ann", "main", 70)
    assert read(db, balances) == {"a": 70, "b": 30}
    assert read(db, everything)["entries"] == [Entry("a", 1, -30), Entry("b", 1, 30)]


def test_an_attempt_that_succeeded_is_undone_with_the_verb_around_it(bank: Db) -> None:
    before = read(bank, everything)

    def change_mind(tx: Tx, _: None) -> None:
        moved = tx.attempt(move, AskMove("a", "b", 30))
        assert isinstance(moved, Account)
        raise TooLittle

    assert [type(a) for a in ask_together(bank, [(change_mind, None)] * 2)] == [TooLittle] * 2
    assert read(bank, everything) == before


def test_attempts_within_attempts_are_undone_each_for_itself(bank: Db) -> None:
    def inner(tx: Tx, amount: int) -> str:
        pay(tx, AskPay("b", amount))
        tx.attempt(move, AskMove("b", "a", 1_000_000))
        if amount == 2:
            raise TooLittle
        return f"paid {amount}"

    def outer(tx: Tx, _: None) -> list[Any]:
        return [tx.attempt(inner, amount) for amount in (1, 2, 4)]

    one, two, four = ask(bank, outer, None)

    assert (one, type(two), four) == ("paid 1", TooLittle, "paid 4")
    assert read(bank, balances) == {"a": 100, "b": 5}
    assert read(bank, everything)["entries"] == [Entry("b", 1, 1), Entry("b", 2, 4)]


def test_what_a_refused_verb_added_may_be_added_by_the_next(bank: Db) -> None:
    def open_and_refuse(tx: Tx, account: Account) -> None:
        open_account(tx, account)
        raise TooLittle

    account = Account("c", "cat", "main", 7)
    answers = ask_together(
        bank,
        [(open_and_refuse, account), (open_account, account), (open_account, account)],
    )

    assert [type(answers[0]), *answers[1:]] == [TooLittle, account, account]
    assert read(bank, balances) == {"a": 100, "b": 0, "c": 7}


# --- With hand-written SQL in between -----------------------------------------------------------


def total(tx: Tx) -> int:
    """What the database itself thinks all accounts hold."""
    return int(tx.query("SELECT sum(balance) FROM try_accounts")[0][0])


def test_a_query_sees_what_was_written_before_it(bank: Db) -> None:
    def pay_and_count(tx: Tx, amount: int) -> tuple[int, int]:
        before = total(tx)
        pay(tx, AskPay("b", amount))
        return before, total(tx)

    answers = ask_together(bank, [(pay_and_count, 1), (pay, AskPay("a", 5)), (pay_and_count, 2)])

    assert (answers[0], answers[2]) == ((100, 101), (106, 108))


def test_what_a_query_flushed_is_undone_when_its_verb_refuses(bank: Db) -> None:
    def flush_and_refuse(tx: Tx, amount: int) -> None:
        pay(tx, AskPay("b", amount))
        total(tx)
        pay(tx, AskPay("b", amount))
        total(tx)
        pay(tx, AskPay("a", amount))
        raise TooLittle

    answers = ask_together(
        bank,
        [
            (pay, AskPay("b", 1)),
            (flush_and_refuse, 1000),
            (pay, AskPay("b", 2)),
            (flush_and_refuse, 1000),
            (pay, AskPay("a", 3)),
        ],
    )

    assert [type(answer).__name__ for answer in answers] == [
        "Account", "TooLittle", "Account", "TooLittle", "Account"
    ]  # fmt: skip
    assert read(bank, balances) == {"a": 103, "b": 3}
    now = read(bank, everything)
    assert now["entries"] == [Entry("a", 1, 3), Entry("b", 1, 1), Entry("b", 2, 2)]
    assert [fact[0] for fact in now["facts"]] == [1, 2, 3]


def test_attempts_that_query_are_undone_each_for_itself(bank: Db) -> None:
    seen: list[int] = []

    def inner(tx: Tx, amount: int) -> int:
        pay(tx, AskPay("b", amount))
        seen.append(total(tx))
        if amount % 2:
            raise TooLittle
        return amount

    def outer(tx: Tx, refuses: bool) -> None:
        pay(tx, AskPay("a", 1))
        for amount in (10, 21, 40, 81):
            tx.attempt(inner, amount)
        seen.append(total(tx))
        if refuses:
            raise TooLittle

    answers = ask_together(bank, [(outer, True), (outer, False), (pay, AskPay("b", 100))])

    assert [type(answer).__name__ for answer in answers] == ["TooLittle", "NoneType", "Account"]
    assert seen == [111, 132, 151, 232, 151] * 2
    assert read(bank, balances) == {"a": 101, "b": 150}
    assert read(bank, everything)["entries"] == [
        Entry("a", 1, 1),
        Entry("b", 1, 10),
        Entry("b", 2, 40),
        Entry("b", 3, 100),
    ]


def test_a_row_changed_by_hand_is_read_anew(bank: Db) -> None:
    def double(tx: Tx, _: None) -> list[Any]:
        before = tx.get(ACCOUNTS, "a"), tx.get(ACCOUNTS, "c"), tx.find(ACCOUNTS, *NAMED_C)
        tx.query("UPDATE try_accounts SET balance = balance * 2 WHERE id = 'a'")
        tx.query("INSERT INTO try_accounts VALUES ('c', 'cat', 'main', 5)")
        return [*before, tx.get(ACCOUNTS, "a"), tx.get(ACCOUNTS, "c"), tx.find(ACCOUNTS, *NAMED_C)]

    answers = ask_together(bank, [(pay, AskPay("a", 1)), (double, None), (pay, AskPay("a", 1))])

    ann, cat = Account("a", "ann", "main", 101), Account("c", "cat", "main", 5)
    doubled = msgspec.structs.replace(ann, balance=202)
    assert answers[1] == [ann, None, None, doubled, cat, cat]
    assert answers[2].balance == 203
    assert read(bank, balances) == {"a": 203, "b": 0, "c": 5}


NAMED_C = (("owner", "name"), ("cat", "main"))


def test_rows_written_by_hand_leave_no_ghosts_when_their_verb_refuses(bank: Db) -> None:
    def write_by_hand_and_refuse(tx: Tx, _: None) -> None:
        tx.query("UPDATE try_accounts SET balance = 999 WHERE id = 'a'")
        tx.query("INSERT INTO try_accounts VALUES ('c', 'cat', 'main', 5)")
        tx.query("DELETE FROM try_accounts WHERE id = 'b'")
        a, c, found = tx.get(ACCOUNTS, "a"), tx.get(ACCOUNTS, "c"), tx.find(ACCOUNTS, *NAMED_C)
        assert a
        assert c
        assert c == found
        assert a.balance == 999
        assert tx.get(ACCOUNTS, "b") is None
        tx.put(ACCOUNTS, msgspec.structs.replace(c, balance=6))
        raise TooLittle

    def look(tx: Tx, _: None) -> list[Any]:
        return [tx.get(ACCOUNTS, "c"), tx.find(ACCOUNTS, *NAMED_C)]

    answers = ask_together(
        bank,
        [
            (write_by_hand_and_refuse, None),
            (look, None),
            (pay, AskPay("a", 1)),
            (pay, AskPay("b", 1)),
            (open_account, Account("c", "cat", "main", 7)),
        ],
    )

    assert isinstance(answers[0], TooLittle)
    assert answers[1] == [None, None]
    assert read(bank, balances) == {"a": 101, "b": 1, "c": 7}


def test_hand_written_sql_that_the_database_rejects_ends_only_its_verb(
    bank: Db, caplog: pytest.LogCaptureFixture
) -> None:
    def take_a_key_twice(tx: Tx, _: None) -> None:
        pay(tx, AskPay("a", 1))
        tx.query("INSERT INTO try_accounts VALUES ('b', 'x', 'y', 0)")

    def misspell(tx: Tx, _: None) -> None:
        pay(tx, AskPay("a", 1))
        tx.query("SELECT id FROM nowhere")

    answers = ask_together(
        bank,
        [
            (pay, AskPay("b", 1)),
            (take_a_key_twice, None),
            (pay, AskPay("b", 2)),
            (misspell, None),
            (pay, AskPay("b", 4)),
        ],
    )

    assert [isinstance(answer, Account) for answer in answers] == [True, False, True, False, True]
    assert read(bank, balances) == {"a": 100, "b": 7}
    assert "halving" not in caplog.text


def test_a_query_in_an_attempt_that_breaks_takes_the_whole_verb_along(bank: Db) -> None:
    def misspell(tx: Tx, _: None) -> None:
        tx.add(THINGS, Thing("1", None, None, None, None, {}, ()))
        tx.query("SELECT id FROM nowhere")

    def outer(tx: Tx, _: None) -> None:
        pay(tx, AskPay("a", 1))
        total(tx)
        tx.attempt(misspell, None)

    answers = ask_together(bank, [(pay, AskPay("b", 1)), (outer, None), (pay, AskPay("b", 2))])

    assert not isinstance(answers[1], Account | Refusal)
    assert read(bank, balances) == {"a": 100, "b": 3}
    assert read(bank, everything)["things"] == []
    assert read(bank, everything)["entries"] == [Entry("b", 1, 1), Entry("b", 2, 2)]


def test_an_entry_got_by_key_is_remembered_as_absent_only_until_it_is_added(db: Db) -> None:
    def look_add_look(tx: Tx, _: None) -> list[Any]:
        return [
            tx.get(ENTRIES, ("x", 1)),
            tx.add(ENTRIES, Entry("x", 1, 5)),
            tx.get(ENTRIES, ("x", 1)),
        ]

    assert ask(db, look_add_look, None) == [None, Entry("x", 1, 5), Entry("x", 1, 5)]
