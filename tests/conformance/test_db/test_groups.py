"""Groups: many verbs in one transaction, halved when the database rejects it, answered one by one."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from changliao.db.db import Db
from changliao.db.driver import Vanished
from changliao.db.refusals import Busy
from changliao.db.tx import Tx
from tests.asking import ask, ask_together, gathering, read
from tests.conformance.test_db.world import (
    Account,
    AskPay,
    Order,
    balances,
    everything,
    open_account,
    pay,
    place_order,
    write_down,
)
from tests.places import Place


def order(number: int, name: str = "") -> tuple[Any, Order]:
    return place_order, Order(name or f"o{number:04}", number)


def numbers(db: Db) -> list[int]:
    return [one.number for one in read(db, everything)["orders"]]


def test_one_poison_verb_among_five_hundred_is_found_and_the_others_happen_once(
    place: Place,
) -> None:
    db = place.open()
    ask(db, *order(250, "already there"))

    answers = ask_together(db, [order(number) for number in range(500)])

    assert not isinstance(answers.pop(250), Order)
    assert answers == [Order(f"o{n:04}", n) for n in range(500) if n != 250]
    assert numbers(db) == [250, *range(250), *range(251, 500)]
    facts = read(db, everything)["facts"]
    assert [seq for seq, _, _ in facts] == list(range(1, 501))
    assert set(Counter(about for _, about, _ in facts).values()) == {1}


def test_the_same_order_number_twice_in_one_group_is_taken_once(place: Place) -> None:
    db = place.open()

    answers = ask_together(db, [order(1), order(2), order(2, "again"), order(3)])

    assert [isinstance(answer, Order) for answer in answers].count(False) == 1
    assert isinstance(answers[0], Order)
    assert isinstance(answers[3], Order)
    assert numbers(db) == [1, 2, 3] or sorted(numbers(db)) == [1, 2, 3]


def test_the_same_alternate_key_twice_in_one_group_is_one_row_and_two_equal_answers(
    place: Place,
) -> None:
    db = place.open()
    asked = [(open_account, Account(f"id{n}", "ann", "main", n)) for n in range(3)]

    answers = ask_together(db, asked)

    assert answers == [Account("id0", "ann", "main", 0)] * 3
    assert read(db, balances) == {"id0": 0}


def test_a_verb_decided_after_another_is_decided_anew_when_that_one_turns_out_poison(
    place: Place,
) -> None:
    db = place.open()
    ask(db, *order(1, "already there"))

    def place_and_open(tx: Tx, account: Account) -> Account:
        place_order(tx, Order("clash", 1))
        return open_account(tx, account)

    poison, second = ask_together(
        db,
        [
            (place_and_open, Account("first", "ann", "main", 1)),
            (open_account, Account("second", "ann", "main", 2)),
        ],
    )

    assert not isinstance(poison, Account)
    assert second == Account("second", "ann", "main", 2)
    assert read(db, balances) == {"second": 2}


def test_a_flush_that_the_database_rejects_during_a_query_is_bisected_too(place: Place) -> None:
    db = place.open()
    ask(db, *order(3, "already there"))

    def count(tx: Tx, _: None) -> int:
        return int(tx.query("SELECT count(*) FROM try_orders")[0][0])

    answers = ask_together(db, [order(1), order(2), order(3), (count, None), order(4)])

    assert [type(answer).__name__ for answer in answers[:2]] == ["Order", "Order"]
    assert not isinstance(answers[2], Order)
    assert (answers[3], answers[4].number) == (3, 4)
    assert sorted(numbers(db)) == [1, 2, 3, 4]


def test_changing_a_row_that_vanished_is_no_silence(bank: Db) -> None:
    def pay_into_nothing(tx: Tx, _: None) -> None:
        pay(tx, AskPay("a", 5))
        tx.query('DELETE FROM "try_accounts" WHERE id = ?', "a")  # Quoted: the map does not notice.
        pay(tx, AskPay("a", 5))

    answers = ask_together(
        bank, [(pay, AskPay("b", 1)), (pay_into_nothing, None), (pay, AskPay("b", 2))]
    )

    assert isinstance(answers[1], Vanished)
    assert read(bank, balances) == {"a": 100, "b": 3}


@pytest.mark.parametrize("group_max", [1, 2, 7, 1024])
def test_groups_of_any_size_give_the_same(place: Place, group_max: int) -> None:
    db = place.open(group_max=group_max, shake=True)
    ask(db, open_account, Account("a", "ann", "main", 0))

    answers = ask_together(db, [(pay, AskPay("a", 3 if n % 3 else -4)) for n in range(20)])

    balance = 0
    expected: list[int | str] = []
    for n in range(20):
        amount = 3 if n % 3 else -4
        if balance + amount >= 0:
            balance += amount
            expected.append(balance)
        else:
            expected.append("refused")
    assert [getattr(answer, "balance", "refused") for answer in answers] == expected
    assert read(db, balances) == {"a": balance}


def test_shaking_runs_every_verb_again_and_writes_once(place: Place) -> None:
    db = place.open(shake=True)
    ask(db, open_account, Account("a", "ann", "main", 0))
    runs = []

    def count_runs(tx: Tx, asked: AskPay) -> Account:
        runs.append(tx.now)
        return pay(tx, asked)

    assert ask(db, count_runs, AskPay("a", 5)).balance == 5
    assert len(runs) >= 3  # Rehearsed, run and undone, run.
    assert len(read(db, everything)["entries"]) == 1


def test_shaking_shows_a_verb_that_is_not_repeatable(place: Place) -> None:
    db = place.open(shake=True)
    ask(db, open_account, Account("a", "ann", "main", 0))
    asked = [AskPay("a", 1), AskPay("a", 2)]

    def use_up(tx: Tx, asks: list[AskPay]) -> Account:
        return pay(tx, asks.pop())

    with pytest.raises(IndexError):
        ask(db, use_up, asked)
    assert read(db, balances) == {"a": 0}


# --- The queue ----------------------------------------------------------------------------------


def test_a_full_queue_answers_busy_and_what_was_queued_is_done(place: Place) -> None:
    db = place.open(queue_max=3)

    answers = ask_together(db, [(write_down, f"note {n}") for n in range(5)])

    assert [type(answer) for answer in answers] == [int, int, int, Busy, Busy]
    assert answers[3].retry_after_s >= 1
    assert len(read(db, everything)["facts"]) == 3
    assert isinstance(ask(db, write_down, "later"), int)


def test_a_caller_that_went_away_does_not_hang_the_others(place: Place) -> None:
    db = place.open()

    async def go_away() -> list[Any]:
        async with gathering(db):
            waiting = [asyncio.ensure_future(db.write(write_down, f"{n}")) for n in range(5)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            waiting[2].cancel()
            await asyncio.sleep(0)
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)

    answers = asyncio.run(go_away())

    went = asyncio.CancelledError
    assert [type(answer) for answer in answers] == [went, int, went, int, int]
    assert len(read(db, everything)["facts"]) == 5


def test_a_loop_that_ended_does_not_stop_the_lane(place: Place) -> None:
    db = place.open()

    async def leave_at_once() -> None:
        async with gathering(db):
            left = [asyncio.ensure_future(db.write(write_down, f"{n}")) for n in range(3)]
            assert len(left) == 3
            await asyncio.sleep(0)

    asyncio.run(leave_at_once())

    assert isinstance(ask(db, write_down, "still there"), int)
    assert len(read(db, everything)["facts"]) == 4


def test_closing_finishes_what_is_queued_and_takes_no_more(place: Place) -> None:
    db = place.open()

    async def close_on_them() -> list[Any]:
        async with gathering(db):
            waiting = [asyncio.ensure_future(db.write(write_down, f"{n}")) for n in range(5)]
            await asyncio.sleep(0)
        db.close()
        return [*await asyncio.gather(*waiting), *await asyncio.gather(
            db.write(write_down, "too late"), return_exceptions=True
        )]  # fmt: skip

    answers = asyncio.run(close_on_them())

    assert [type(answer) for answer in answers] == [int] * 5 + [Busy]
    assert len(read(place.open(), everything)["facts"]) == 5


def test_listeners_hear_of_commits_that_wrote_and_of_no_others(place: Place) -> None:
    db = place.open()

    async def listen() -> list[int]:
        heard: list[int] = []
        db.on_commit(lambda _: heard.append(len(heard)))
        await db.write(write_down, "a note")
        await db.write(lambda tx, _: tx.query("SELECT count(*) FROM facts"), None)
        await db.write(lambda tx, _: None, None)
        await asyncio.sleep(0.01)
        return heard

    assert asyncio.run(listen()) == [0]
