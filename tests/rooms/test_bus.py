"""Followers hear every fact once and in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from changliao.bus import jobs
from changliao.bus.outbox import (
    CURSORS,
    AskAdvance,
    Cares,
    News,
    advance,
    facts_about,
    facts_after,
    facts_for,
    follow,
    keep_cursors,
    newest_seq,
)
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment
from changliao.people import service as people
from changliao.people.model import AskRegister
from tests.patience import PATIENCE_S
from tests.rooms.world import World


@pytest.fixture(autouse=True)
def _a_second_passes_first(world: World) -> Iterator[None]:
    world.clock.forward(1)
    yield
    assert world.wrong() == []


def register(world: World, *handles: str) -> None:
    for handle in handles:
        world.ask(people.register, AskRegister(handle, handle, "en", "no hash"))


def note(tx: Tx, facts: Sequence[FactRow]) -> None:
    """A follower whose effect can be counted: one job for each fact, which Tx would not take twice."""
    for fact in facts:
        assert tx.find(jobs.JOBS, ("kind", "about"), ("heard", str(fact.seq))) is None
        jobs.later(tx, "heard", str(fact.seq))


def heard(world: World) -> list[int]:
    return sorted(int(row.about) for row in world.everything()["bus_jobs"] if row.kind == "heard")


def test_a_follower_hears_facts_in_one_commit_with_its_cursor(world: World) -> None:
    register(world, "ann", "bob")
    facts = world.read(facts_after, 0, 500)
    assert [fact.seq for fact in facts] == [1, 2]
    assert world.ask(advance, AskAdvance("one", 0, facts, note)) == 2
    before = world.everything()
    assert world.ask(advance, AskAdvance("one", 0, facts, note)) == 2
    assert world.everything() == before
    assert heard(world) == [1, 2]


def test_two_processes_that_follow_at_once_hear_each_fact_once(world: World) -> None:
    register(world, "ann", "bob", "cid")
    facts = world.read(facts_after, 0, 500)
    asks = [
        (advance, AskAdvance("one", 0, facts[:2], note)),
        (advance, AskAdvance("one", 0, facts, note)),
        (advance, AskAdvance("one", 2, facts[2:], note)),
    ]
    assert world.ask_together(asks) == [2, 2, 3]
    assert heard(world) == [1, 2, 3]


def test_a_follower_that_stumbles_has_heard_nothing_and_hears_it_again(world: World) -> None:
    register(world, "ann", "bob")
    facts = world.read(facts_after, 0, 500)

    def stumble(tx: Tx, facts: Sequence[FactRow]) -> None:
        note(tx, facts)
        raise ValueError("as the test asks")

    before = world.everything()
    with pytest.raises(ValueError, match="as the test asks"):
        world.ask(advance, AskAdvance("one", 0, facts, stumble))
    assert world.everything() == before
    assert world.ask(advance, AskAdvance("one", 0, facts, note)) == 2
    assert heard(world) == [1, 2]


def test_followers_do_not_wait_for_one_another(world: World) -> None:
    register(world, "ann")
    facts = world.read(facts_after, 0, 500)
    world.ask(advance, AskAdvance("one", 0, facts, note))
    assert world.read(lambda reader: reader.get(CURSORS, "two")) is None
    assert world.ask(advance, AskAdvance("two", 0, facts, lambda *_: None)) == 1


def test_a_running_follower_hears_what_commits_meanwhile_and_goes_on_after_a_restart(
    world: World,
) -> None:
    register(world, "ann")

    def until(count: int) -> Callable[[News], Awaitable[None]]:
        async def wait(news: News) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while len(await world.db.read(_heard)) < count:
                    await news.wait(0.2)

        return wait

    following(world, note, until(1))
    register(world, "bob")

    async def one_more(news: News) -> None:
        await until(2)(news)
        await world.db.write(people.register, AskRegister("cid", "cid", "en", "no hash"))
        await until(3)(news)

    following(world, note, one_more)
    assert heard(world) == [1, 2, 3]


def test_a_running_follower_tries_again_what_it_stumbled_over(world: World) -> None:
    register(world, "ann", "bob")
    tries: list[int] = []

    def stumble_twice(tx: Tx, facts: Sequence[FactRow]) -> None:
        if not tx.rehearsing:
            tries.append(len(facts))
        if len(tries) < 4:  # A shaken lane runs it twice.
            raise ValueError("as the test asks")
        note(tx, facts)

    async def wait(news: News) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(await world.db.read(_heard)) < 2:
                await news.wait(0.2)

    following(world, stumble_twice, wait)
    assert heard(world) == [1, 2]


def test_what_a_follower_does_not_care_for_costs_the_lane_nothing_until_there_is_quiet(
    world: World,
) -> None:
    seen: list[str] = []

    def cares(reader: Reader, facts: Sequence[FactRow]) -> bool:
        return any(one.kind == "wallet.emptied" for one in facts)

    def hears(tx: Tx, facts: Sequence[FactRow]) -> None:
        if not tx.rehearsing:
            seen.extend(one.kind for one in facts)

    async def wait(news: News) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                cursor = await world.db.read(lambda reader: reader.get(CURSORS, "one"))
                if cursor and cursor.seq == await world.db.read(newest_seq):
                    return
                await news.wait(0.05)

    world.person("lin")
    following(world, hears, wait, cares)
    assert seen == []  # The cursor stands at the end, and nobody was asked to hear.
    world.person("chen")
    following(world, hears, wait, lambda reader, facts: True)
    assert "person.registered" in seen


def test_nothing_at_or_before_the_cursor_is_heard_again_and_it_never_goes_back(
    world: World,
) -> None:
    world.person("lin")
    heard: list[int] = []

    def hears(tx: Tx, facts: Sequence[FactRow]) -> None:
        heard.extend(one.seq for one in facts)

    facts = world.read(facts_after, 0, 100)
    first, last = facts[0].seq, facts[-1].seq
    assert first < last
    world.ask(advance, AskAdvance("one", 0, facts[:1], hears))
    heard.clear()
    assert world.ask(advance, AskAdvance("one", first, facts, hears)) == last
    assert set(heard) == {one.seq for one in facts[1:]}
    heard.clear()
    assert world.ask(advance, AskAdvance("one", last, facts, hears)) == last
    assert world.ask(advance, AskAdvance("one", last, [], hears, upto=first)) == last
    assert heard == []
    assert world.read(lambda reader: reader.get(CURSORS, "one")).seq == last


def following(
    world: World,
    hears: Callable[[Tx, Sequence[FactRow]], None],
    meanwhile: Callable[[News], Awaitable[None]],
    cares: Cares | None = None,
) -> None:
    """Follow while something happens."""

    async def both() -> None:
        news = News(world.db)
        works = (follow(world.db, news, "one", hears, cares), keep_cursors(world.db, news))
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            await meanwhile(news)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(both())


def _heard(reader: Any) -> list[Any]:
    return reader.rows(jobs.JOBS, "WHERE kind = 'heard'")  # type: ignore[no-any-return]


def test_an_audience_reads_its_own_facts_alone(world: World) -> None:
    one, two = world.shop("One"), world.shop("Two")
    mine, other = world.payment(one), world.payment(two)
    assert [row.about for row in world.read(facts_for, one.audience, 0, "", 10)] == [mine.id]
    assert [row.about for row in world.read(facts_for, two.audience, 0, "", 10)] == [other.id]
    assert world.read(facts_for, "", 0, "", 10) == []
    [fact] = world.read(facts_about, mine.id)
    assert world.read(facts_for, one.audience, fact.seq, "", 10) == []
    assert world.read(facts_for, one.audience, 0, "payment.paid", 10) == []
    assert world.read(newest_seq) == world.read(facts_about, other.id)[0].seq


def test_old_facts_do_not_hide_what_came_after_them(world: World) -> None:
    shop = world.shop()
    old = [world.payment(shop) for _ in range(5)]
    world.clock.forward(91 * 86_400)
    new = [world.payment(shop) for _ in range(3)]
    since = world.read(facts_about, new[0].id)[0].at
    for limit in (2, 10):
        found = world.read(facts_for, shop.audience, 0, "payment.created", limit, since)
        assert [row.about for row in found] == [one.id for one in new][:limit]
    found = world.read(facts_for, shop.audience, 0, "", 1, 1)
    assert [row.about for row in found] == [old[0].id]


def test_whoever_waits_about_a_thing_wakes_for_it_alone(world: World) -> None:
    shop = world.shop()
    mine, other = world.payment(shop), world.payment(shop)

    async def waiting() -> tuple[bool, bool]:
        news = News(world.db)
        woken = asyncio.ensure_future(news.wait_about(20, mine.id))
        asleep = asyncio.ensure_future(news.wait_about(0.3, other.id))
        while True:  # Reading where the books stand takes them a moment.
            if len(news._about) == 2:
                break
            await asyncio.sleep(0.01)
        await world.db.write(pay.cancel_payment, AskOnPayment(shop, mine.id))
        return await woken, await asleep

    assert asyncio.run(waiting()) == (True, False)
