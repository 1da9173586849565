"""Facts and the clock: numbered without a gap in commit order, chained, and strictly one after another."""

from typing import Any

import pytest

from changliao.db.db import Db
from changliao.db.facts import FACTS, LINKS
from changliao.db.tx import Tx, digest, link_hash
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.world import (
    AskMove,
    AskPay,
    Noted,
    TooLittle,
    everything,
    move,
    pay,
    write_down,
)
from tests.places import Place


def assert_chain_holds(db: Db) -> None:
    """Recompute the chain from the rows alone."""
    facts = {fact.seq: fact for fact in read(db, lambda r: r.rows(FACTS, ""))}
    links = read(db, lambda r: r.rows(LINKS, "ORDER BY number"))
    previous, next_seq = bytes(32), 1
    for number, link in enumerate(links, start=1):
        first, last = link.spans["facts"]
        digests = b"".join([digest(FACTS, facts[seq]) for seq in range(first, last + 1)])
        assert (link.number, first, link.digests) == (number, next_seq, digests)
        assert link.hash == link_hash(previous, number, link.at, {"facts": (first, last)}, digests)
        previous, next_seq = link.hash, last + 1
    assert next_seq == len(facts) + 1


def test_facts_are_numbered_without_a_gap_though_verbs_between_refuse(bank: Db) -> None:
    asked = [(move, AskMove("a", "b", amount)) for amount in (10, 500, 20, 500, 500, 30)]

    ask_together(bank, asked)
    ask_together(bank, asked)

    facts = read(bank, everything)["facts"]
    assert [(seq, about) for seq, about, _ in facts] == [
        (seq, "ba"[(seq + 1) % 2]) for seq in range(1, 11)
    ]
    assert_chain_holds(bank)


def test_every_group_with_facts_adds_one_link(bank: Db) -> None:
    ask_together(bank, [(write_down, f"{n}") for n in range(5)])
    ask(bank, move, AskMove("a", "b", 1))
    with pytest.raises(TooLittle):
        ask(bank, move, AskMove("a", "b", 1000))
    ask(bank, lambda tx, _: tx.next_number("no fact"), None)

    links = read(bank, lambda r: r.rows(LINKS, "ORDER BY number"))
    assert [link.spans for link in links] == [{"facts": (1, 5)}, {"facts": (6, 7)}]
    assert_chain_holds(bank)


def test_the_chain_shows_whoever_changes_a_fact(place: Place) -> None:
    db = place.open()
    ask_together(db, [(write_down, f"{n}") for n in range(5)])
    assert_chain_holds(db)

    ask(db, lambda tx, _: tx.query("UPDATE facts SET body = '{}' WHERE seq = 3"), None)

    with pytest.raises(AssertionError):
        assert_chain_holds(db)


def test_the_chain_and_all_numbers_go_on_after_a_restart(place: Place) -> None:
    numbers: list[int] = []
    for _ in range(3):
        db = place.open()
        ask_together(db, [(write_down, f"{n}") for n in range(2)])
        numbers = ask(db, lambda tx, _: [tx.next_number("x"), tx.next_number("x")], None)
        place.close()

    assert numbers == [5, 6]
    db = place.open()
    assert [fact[0] for fact in read(db, everything)["facts"]] == [1, 2, 3, 4, 5, 6]
    assert_chain_holds(db)


def test_a_verb_that_refuses_gives_its_numbers_back(bank: Db) -> None:
    def take(tx: Tx, refuses: bool) -> list[int]:
        taken = [tx.next_number("x"), tx.next_number("x"), tx.next_number("y")]
        if refuses:
            raise TooLittle
        return taken

    answers = ask_together(bank, [(take, True), (take, False), (take, True), (take, False)])

    assert (answers[1], answers[3]) == ([1, 2, 1], [3, 4, 2])


def test_an_attempt_that_refuses_gives_its_numbers_back(bank: Db) -> None:
    def outer(tx: Tx, _: None) -> list[int]:
        tx.emit(Noted("before"), about="x")
        tx.attempt(move, AskMove("a", "b", 1000))
        return [tx.emit(Noted("after"), about="x").seq, tx.next_number("entries of b")]

    assert ask(bank, outer, None) == [2, 1]


# --- The clock ----------------------------------------------------------------------------------


def moments(db: Db, count: int = 3) -> list[Any]:
    return ask_together(db, [(write_down, f"{n}") for n in range(count)])


def test_now_grows_strictly_from_verb_to_verb_though_the_clock_stands_still(place: Place) -> None:
    db = place.open(clock=lambda: 1_000_000)
    before = ask(db, lambda tx, _: tx.now, None)

    seen = [before, *moments(db), *moments(db), ask(db, lambda tx, _: tx.now, None), *moments(db)]

    assert seen == sorted(set(seen))
    assert seen[0] >= 1_000_000
    facts = read(db, lambda r: r.query("SELECT at FROM facts ORDER BY seq"))
    assert facts == sorted(set(facts))


def test_now_grows_over_a_restart_though_the_clock_went_back(place: Place) -> None:
    seen = moments(place.open(clock=lambda: 9_000_000))
    place.close()

    seen += moments(place.open(clock=lambda: 1_000_000))
    place.close()
    seen += moments(place.open(clock=lambda: 9_500_000))

    assert seen == sorted(set(seen))
    assert seen[-1] > 9_500_000 - 1


def test_now_follows_the_clock(place: Place) -> None:
    clock = [5_000_000]
    db = place.open(clock=lambda: clock[0])
    first = ask(db, write_down, "x")
    clock[0] = 7_000_000

    assert (first >= 5_000_000, ask(db, write_down, "y")) == (True, 7_000_000)


def test_refused_verbs_have_moments_of_their_own(bank: Db) -> None:
    seen: list[int] = []

    def look(tx: Tx, refuses: bool) -> None:
        seen.append(tx.now)
        pay(tx, AskPay("b", 1))
        if refuses:
            raise TooLittle

    ask_together(bank, [(look, True), (look, False), (look, True)])

    assert len(set(seen)) == len(seen)
