"""Idempotency: the first answer to a key is kept in the commit of what it did, refusals too."""

import asyncio
from typing import Any

import msgspec
import pytest

from changliao.db.db import Db
from changliao.db.lane import touches
from changliao.db.once import KEPT, AskOnce, forget_old_answers, once
from changliao.db.refusals import IdempotencyMismatch
from changliao.db.tx import Tx
from changliao.kernel.refusal import CATALOGUE, Refusal
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.world import (
    ACCOUNTS,
    Account,
    AskMove,
    AskPay,
    Later,
    TooLittle,
    balances,
    everything,
    move,
    pay,
)
from tests.places import Place


def keyed(key: str, asked: Any, verb: Any = pay, request: bytes = b"") -> AskOnce:
    return AskOnce("app_1", key, request or msgspec.json.encode(asked), verb, asked, Account)


def shown(answers: list[Any]) -> list[Any]:
    """Answers with their refusals made comparable."""
    return [
        (answer.code, answer.detail, answer.extra) if isinstance(answer, Refusal) else answer
        for answer in answers
    ]


def test_one_key_twice_in_one_group_and_later_is_done_once_and_answered_the_same(
    bank: Db,
) -> None:
    asked = (once, keyed("k", AskPay("b", 5)))

    answers = ask_together(bank, [asked, asked])
    answers += [ask(bank, *asked), ask(bank, *asked)]

    assert answers == [Account("b", "bob", "main", 5)] * 4
    assert read(bank, balances) == {"a": 100, "b": 5}
    assert len(read(bank, everything)["entries"]) == 1


def test_one_key_of_two_scopes_is_two_keys(bank: Db) -> None:
    mine = keyed("k", AskPay("b", 5))
    yours = msgspec.structs.replace(mine, scope="app_2")

    answers = ask_together(bank, [(once, mine), (once, yours)])

    assert [answer.balance for answer in answers] == [5, 10]


def test_another_request_under_the_same_key_is_refused_and_changes_nothing(bank: Db) -> None:
    first, mismatch, again = ask_together(
        bank,
        [
            (once, keyed("k", AskPay("b", 5))),
            (once, keyed("k", AskPay("b", 6))),
            (once, keyed("k", AskPay("b", 5))),
        ],
    )

    assert first == again == Account("b", "bob", "main", 5)
    assert isinstance(mismatch, IdempotencyMismatch)
    with pytest.raises(IdempotencyMismatch):
        ask(bank, once, keyed("k", AskPay("b", 7)))
    assert read(bank, balances) == {"a": 100, "b": 5}


def test_a_refusal_is_kept_though_money_is_there_by_then(bank: Db) -> None:
    asked = (once, keyed("k", AskMove("b", "a", 30), move))

    answers = ask_together(bank, [asked, (pay, AskPay("b", 500)), asked])
    answers.append(ask(bank, *asked))

    refusal = ("try_too_little", "There is not that much in the account.", {"balance": 0})
    assert shown([answers[0], answers[2], answers[3]]) == [refusal] * 3
    assert read(bank, balances) == {"a": 100, "b": 500}
    assert len(read(bank, everything)["facts"]) == 1


def test_an_answer_is_kept_over_a_restart(place: Place) -> None:
    db = place.open()
    ask(db, lambda tx, _: tx.add(ACCOUNTS, Account("b", "bob", "main", 0)), None)
    first = shown(
        ask_together(
            db,
            [(once, keyed("k", AskPay("b", 5))), (once, keyed("no", AskPay("b", -9)))],
        )
    )
    place.close()

    again = place.open()

    assert shown([ask(again, once, keyed("k", AskPay("b", 5)))]) == first[:1]
    assert shown([ask(again, once, keyed("no", AskPay("b", -9)))]) == first[1:]
    assert read(again, balances) == {"b": 5}


def test_what_may_go_better_later_is_not_kept(bank: Db) -> None:
    def busy_at_first(tx: Tx, asked: AskPay) -> Account:
        account = pay(tx, asked)
        if account.balance < 5:
            raise Later
        return account

    asked = (once, keyed("k", AskPay("b", 3), busy_at_first))

    answers = ask_together(bank, [asked, (pay, AskPay("b", 2)), asked, asked])

    assert isinstance(answers[0], Later)
    assert [answer.balance for answer in answers[1:]] == [2, 5, 5]
    assert read(bank, balances) == {"a": 100, "b": 5}


def test_a_bug_is_not_kept(bank: Db) -> None:
    broken = [True]

    def mended_later(tx: Tx, asked: AskPay) -> Account:
        account = pay(tx, asked)
        if broken:
            raise ZeroDivisionError
        return account

    asked = (once, keyed("k", AskPay("b", 3), mended_later))
    with pytest.raises(ZeroDivisionError):
        ask(bank, *asked)
    broken.clear()

    assert ask(bank, *asked).balance == 3


def test_the_door_raises_a_kept_refusal(bank: Db) -> None:
    asked = keyed("k", AskMove("b", "a", 30), move)

    async def twice() -> list[Any]:
        return [
            await asyncio.gather(bank.write_once(asked), return_exceptions=True),
            await asyncio.gather(bank.write_once(asked), return_exceptions=True),
        ]

    first, second = asyncio.run(twice())

    assert isinstance(first[0], TooLittle)
    assert isinstance(second[0], TooLittle)
    assert first[0] is not second[0]


def test_what_must_remain_after_a_refusal_is_written_by_returning_it(bank: Db) -> None:
    def count_a_wrong_try(tx: Tx, asked: AskPay) -> Account | Refusal:
        account = tx.get(ACCOUNTS, "b")
        assert account
        tx.put(ACCOUNTS, msgspec.structs.replace(account, balance=account.balance + 1))
        return tx.attempt(pay, asked)

    answers = ask_together(bank, [(once, keyed(f"k{n}", AskPay("a", -500), count_a_wrong_try))
                                  for n in range(3)])  # fmt: skip

    assert [type(answer) for answer in answers] == [TooLittle] * 3
    assert read(bank, balances) == {"a": 100, "b": 3}


def test_old_answers_are_forgotten_and_young_ones_stay(place: Place) -> None:
    clock = [1_000_000]
    db = place.open(clock=lambda: clock[0])
    ask(db, lambda tx, _: tx.add(ACCOUNTS, Account("b", "bob", "main", 0)), None)
    ask(db, once, keyed("old", AskPay("b", 1)))
    clock[0] = 2_000_000
    ask(db, once, keyed("young", AskPay("b", 1)))

    ask(db, forget_old_answers, 2_000_000)

    kept = read(db, lambda reader: reader.rows(KEPT, "ORDER BY key"))
    assert [row.key for row in kept] == ["young"]
    assert ask(db, once, keyed("old", AskPay("b", 1))).balance == 3


def test_wishes_of_the_verb_inside_are_passed_on_and_a_broken_wish_harms_nobody(db: Db) -> None:
    ask(db, lambda tx, _: tx.add(ACCOUNTS, Account("b", "bob", "main", 0)), None)

    def pay_wishfully(tx: Tx, asked: AskPay) -> Account:
        return pay(tx, asked)

    wished: list[Any] = []

    @touches(pay_wishfully)
    def _(tx: Tx, asked: AskPay) -> Any:
        yield ACCOUNTS, ("owner", "name"), ("bob", "main")
        yield ACCOUNTS, "nobody"
        yield
        wished.append(tx.peek(ACCOUNTS, "b"))
        raise ZeroDivisionError

    answers = ask_together(
        db, [(once, keyed(f"k{n}", AskPay("b", 1), pay_wishfully)) for n in range(3)]
    )

    assert [answer.balance for answer in answers] == [1, 2, 3]
    assert wished == [Account("b", "bob", "main", 0)] * 3


def test_every_refusal_of_the_database_can_be_revived() -> None:
    assert {"busy", "storage_unavailable", "outcome_unknown", "idempotency_mismatch"} <= {
        *CATALOGUE
    }
