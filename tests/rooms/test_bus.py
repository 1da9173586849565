"""Followers hear every fact once and in order; jobs run at least once, leased, until done or given up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from changliao.bus import jobs
from changliao.bus.jobs import AskFinish, AskLease, Job, Runner
from changliao.bus.outbox import (
    CURSORS,
    AskAdvance,
    News,
    advance,
    facts_about,
    facts_after,
    facts_for,
    follow,
    newest_seq,
)
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.kernel.instant import SECOND_US, Instant
from changliao.kernel.refusal import Refusal
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment
from changliao.people import service as people
from changliao.people.model import AskRegister
from tests.rooms.world import World

MINUTE = 60


def promise(tx: Tx, asked: tuple[str, int]) -> Job:
    return jobs.later(tx, "work", asked[0], at=asked[1])


def promise_and_refuse(tx: Tx, about: str) -> Job:
    jobs.later(tx, "work", about)
    raise Refusal


def due(world: World) -> list[str]:
    return world.read(jobs.due, world.clock.now_us + SECOND_US - 1, 100)


def take(world: World) -> list[Job]:
    return world.ask(jobs.lease, AskLease(due(world)))


def stored(world: World) -> list[Job]:
    rows = [row for row in world.everything()["bus_jobs"] if row.kind == "work"]
    return sorted(rows, key=lambda row: row.about)


@pytest.fixture(autouse=True)
def _a_second_passes_first(world: World) -> Iterator[None]:
    world.clock.forward(1)
    yield
    assert world.wrong() == []


# Jobs -------------------------------------------------------------------------------------------


def test_a_promise_made_twice_is_one_job_at_the_earlier_time(world: World) -> None:
    now = world.clock.now_us
    first = world.ask(promise, ("a", now + 20 * SECOND_US))
    world.ask(promise, ("a", now + 10 * SECOND_US))
    world.ask(promise, ("a", now + 30 * SECOND_US))
    [job] = stored(world)
    assert (job.id, job.state, job.run_at) == (first.id, "waiting", now + 10 * SECOND_US)
    world.ask(promise, ("b", now))
    assert [job.about for job in stored(world)] == ["a", "b"]


def test_what_a_refused_verb_promised_is_not_done(world: World) -> None:
    with world.refuses(Refusal):
        world.ask(promise_and_refuse, "a")
    assert due(world) == []


def test_a_job_is_due_at_its_time_and_not_before(world: World) -> None:
    world.ask(promise, ("a", world.clock.now_us + 10 * SECOND_US))
    world.clock.forward(8)
    assert due(world) == []
    world.clock.forward(2)
    assert len(due(world)) == 1


def test_a_leased_job_is_taken_by_nobody_else_until_the_lease_is_over(world: World) -> None:
    made = world.ask(promise, ("a", 0))
    answers = world.ask_together([(jobs.lease, AskLease([made.id]))] * 3)
    assert [[job.id for job in answer] for answer in answers] == [[made.id], [], []]
    assert take(world) == []
    world.clock.forward(2 * MINUTE + 1)
    [again] = take(world)
    assert (again.id, again.attempts) == (made.id, 2)


def test_a_finished_job_is_done_and_may_be_promised_anew(world: World) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    world.ask(jobs.finish, AskFinish(job, 0))
    assert [one.state for one in stored(world)] == ["done"]
    world.clock.forward(10 * MINUTE)
    assert due(world) == []
    world.ask(promise, ("a", 0))
    assert [one.id for one in take(world)] == [job.id]


def test_a_job_that_was_promised_anew_while_it_ran_runs_again(world: World) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    world.ask(promise, ("a", 0))
    world.ask(jobs.finish, AskFinish(job, 0))
    assert [one.state for one in stored(world)] == ["waiting"]
    world.clock.forward(1)
    assert [one.id for one in take(world)] == [job.id]


def test_a_run_that_outlived_its_lease_does_not_end_the_run_after_it(world: World) -> None:
    world.ask(promise, ("a", 0))
    [slow] = take(world)
    world.clock.forward(2 * MINUTE + 1)
    [second] = take(world)
    before = stored(world)
    world.ask(jobs.finish, AskFinish(slow, 0))
    assert stored(world) == before
    world.ask(jobs.finish, AskFinish(second, 0))
    assert [one.state for one in stored(world)] == ["done"]


def test_a_job_that_is_to_run_later_waits_without_counting_as_a_failure(world: World) -> None:
    world.ask(promise, ("a", 0))
    for _ in range(3):
        [job] = take(world)
        assert job.attempts == 1
        again_at = world.clock.now_us + 5 * SECOND_US
        world.ask(jobs.finish, AskFinish(job, again_at))
        [kept] = stored(world)
        assert (kept.state, kept.run_at, kept.attempts) == ("waiting", again_at, 0)
        world.clock.forward(5)


def test_done_jobs_are_forgotten_after_a_while_and_dead_ones_never(world: World) -> None:
    for name in ("done", "dead", "waiting"):
        world.ask(promise, (name, 0))
    leased = {job.about: job for job in take(world)}
    world.ask(jobs.finish, AskFinish(leased["done"], 0))
    world.ask(jobs.finish, AskFinish(leased["dead"], world.clock.now_us, True, "ValueError"))
    world.clock.forward(10)
    world.ask(jobs.forget_done, world.clock.now_us)
    assert {job.about: job.state for job in stored(world)} == {"dead": "dead", "waiting": "waiting"}
    assert world.read(jobs.dead_jobs) == 1
    world.clock.forward(10 * MINUTE)
    assert [job.about for job in take(world)] == ["waiting"]


# The runner -------------------------------------------------------------------------------------


def run_jobs(world: World, work: jobs.Work, until: Callable[[], bool], kind: str = "work") -> None:
    """Let a runner work until something is true; a few seconds at most."""

    async def running() -> None:
        runner = Runner(world.db, News(world.db), {kind: work})
        task = asyncio.ensure_future(runner.run())
        try:
            async with asyncio.timeout(20):
                while not until():  # noqa: ASYNC110 - the work itself is what we wait for.
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await runner.stop()

    asyncio.run(running())


def become(world: World) -> dict[str, str]:
    """Read in the loop's own thread, beside the running loop."""
    found: dict[str, str] = {}

    async def look() -> None:
        rows = await world.db.read(lambda reader: reader.rows(jobs.JOBS, "WHERE kind = 'work'"))
        found.update({row.about: row.state for row in rows})

    asyncio.run(look())
    return found


def test_the_runner_does_each_due_job_once_and_leaves_the_others(world: World) -> None:
    for number in range(100):
        world.ask(promise, (f"thing-{number:03}", 0))
    world.ask(promise, ("later", world.clock.now_us + MINUTE * SECOND_US))
    done: list[str] = []
    at_once: list[int] = [0, 0]

    async def work(job: Job) -> Instant | None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.001)
        at_once[0] -= 1
        done.append(job.about)
        return None

    world.clock.forward(1)
    run_jobs(world, work, lambda: len(done) >= 100)
    assert sorted(done) == [f"thing-{number:03}" for number in range(100)]
    assert at_once[1] <= jobs.AT_ONCE_MAX


def test_a_job_that_keeps_failing_waits_ever_longer_and_is_dead_after_forty_tries(
    world: World,
) -> None:
    world.ask(promise, ("a", 0))
    waits: list[int] = []
    states: list[str] = []

    async def fail(_job: Job) -> Instant | None:
        raise ValueError("as the test asks")

    for number in range(1, jobs.ATTEMPTS_MAX + 1):
        [job] = stored(world)
        world.clock.now_us = max(world.clock.now_us, job.run_at) + SECOND_US
        run_once(world, fail)
        [job] = stored(world)
        assert (job.attempts, job.note) == (number, "ValueError")
        waits.append((job.run_at - world.clock.now_us) // SECOND_US)
        states.append(job.state)
    assert waits[:10] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600]
    assert set(waits[10:]) == {600}
    assert states == ["waiting"] * 39 + ["dead"]


def test_a_job_that_asks_to_run_again_is_never_given_up_for_one_late_failure(world: World) -> None:
    world.ask(promise, ("a", 0))
    fails: list[bool] = []

    async def poll(_job: Job) -> Instant | None:
        if fails:
            raise TimeoutError
        return Instant(world.clock.now_us + SECOND_US)

    for _ in range(jobs.ATTEMPTS_MAX + 5):
        world.clock.forward(2)
        run_once(world, poll)
    fails.append(True)
    world.clock.forward(2)
    run_once(world, poll)
    [job] = stored(world)
    assert (job.state, job.attempts, job.note) == ("waiting", 1, "TimeoutError")


def test_a_job_that_nobody_does_waits_for_somebody_who_can(world: World) -> None:
    world.ask(promise, ("a", 0))

    async def work(_job: Job) -> Instant | None:
        return None

    world.clock.forward(1)
    run_once(world, work, kind="other")
    [job] = stored(world)
    assert (job.state, job.note) == ("waiting", "LookupError")
    world.clock.forward(10)
    run_once(world, work)
    assert become(world) == {"a": "done"}


def test_a_job_whose_process_died_is_done_again_after_its_lease(world: World) -> None:
    world.ask(promise, ("a", 0))
    began: list[int] = []

    async def hang(job: Job) -> Instant | None:
        began.append(job.attempts)
        await asyncio.sleep(3600)
        return None

    world.clock.forward(1)
    run_jobs(world, hang, lambda: bool(began))
    assert become(world) == {"a": "waiting"}

    async def work(job: Job) -> Instant | None:
        began.append(job.attempts)
        return None

    world.clock.forward(2 * MINUTE + 1)
    run_once(world, work)
    assert began == [1, 2]
    assert become(world) == {"a": "done"}


def run_once(world: World, work: jobs.Work, kind: str = "work") -> None:
    """Take what is due and carry it out, as one turn of the runner does."""

    async def turn() -> None:
        runner = Runner(world.db, News(world.db), {kind: work})
        assert await runner._start_due()
        await asyncio.gather(*runner._running)

    asyncio.run(turn())


# Followers --------------------------------------------------------------------------------------


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
            async with asyncio.timeout(20):
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
        async with asyncio.timeout(20):
            while len(await world.db.read(_heard)) < 2:
                await news.wait(0.2)

    following(world, stumble_twice, wait)
    assert heard(world) == [1, 2]


def following(
    world: World,
    hears: Callable[[Tx, Sequence[FactRow]], None],
    meanwhile: Callable[[News], Awaitable[None]],
) -> None:
    """Follow while something happens."""

    async def both() -> None:
        news = News(world.db)
        task = asyncio.ensure_future(follow(world.db, news, "one", hears))
        try:
            await meanwhile(news)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

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


def test_whoever_waits_about_a_thing_wakes_for_it_alone(world: World) -> None:
    shop = world.shop()
    mine, other = world.payment(shop), world.payment(shop)

    async def waiting() -> tuple[bool, bool]:
        news = News(world.db)
        woken = asyncio.ensure_future(news.wait_about(20, mine.id))
        asleep = asyncio.ensure_future(news.wait_about(0.3, other.id))
        await asyncio.sleep(0.05)
        await world.db.write(pay.cancel_payment, AskOnPayment(shop, mine.id))
        return await woken, await asleep

    assert asyncio.run(waiting()) == (True, False)
