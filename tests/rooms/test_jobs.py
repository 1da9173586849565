"""Jobs run at least once, leased, until done or given up; what is promised meanwhile is kept."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from changliao.bus import jobs
from changliao.bus.jobs import AskFinish, AskLease, Job, Runner
from changliao.bus.outbox import News
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.kernel.instant import SECOND_US, Instant
from changliao.kernel.refusal import Refusal
from tests.patience import PATIENCE_S
from tests.places import Place, PostgresPlace
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


def test_a_job_that_is_moved_to_later_while_it_runs_waits_until_then(world: World) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    at = world.clock.now_us + 60 * MINUTE * SECOND_US
    world.ask(promise, ("a", at))
    world.ask(jobs.finish, AskFinish(job, 0))
    [moved] = stored(world)
    assert (moved.id, moved.state, moved.run_at, moved.attempts) == (job.id, "waiting", at, 0)
    world.clock.forward(59 * MINUTE)
    assert take(world) == []
    world.clock.forward(MINUTE)
    [again] = take(world)
    world.ask(jobs.finish, AskFinish(again, 0))
    assert [one.state for one in stored(world)] == ["done"]


def test_a_job_that_was_moved_to_later_and_then_lost_is_done_again_at_its_leases_end(
    world: World,
) -> None:
    world.ask(promise, ("a", 0))
    assert len(take(world)) == 1
    at = world.clock.now_us + 60 * MINUTE * SECOND_US
    world.ask(promise, ("a", at))
    world.clock.forward(2 * MINUTE + 1)
    [again] = take(world)
    world.ask(jobs.finish, AskFinish(again, 0))
    assert [(one.state, one.run_at) for one in stored(world)] == [("waiting", at)]


def test_what_is_promised_while_a_job_runs_starts_no_second_run_beside_it(world: World) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    world.ask(promise, ("a", 0))
    world.clock.forward(MINUTE)
    assert take(world) == []
    world.ask(jobs.finish, AskFinish(job, 0))
    assert [one.id for one in take(world)] == [job.id]


@pytest.mark.parametrize(("asked_s", "promised_s"), [(10, 600), (600, 10)])
def test_of_what_a_run_asks_and_what_was_promised_meanwhile_the_earlier_counts(
    world: World, asked_s: int, promised_s: int
) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    now = world.clock.now_us
    world.ask(promise, ("a", now + promised_s * SECOND_US))
    world.ask(jobs.finish, AskFinish(job, now + asked_s * SECOND_US))
    [kept] = stored(world)
    assert (kept.state, kept.run_at) == ("waiting", now + 10 * SECOND_US)


def test_a_job_that_is_given_up_while_it_is_promised_anew_begins_anew(world: World) -> None:
    world.ask(promise, ("a", 0))
    [job] = take(world)
    at = world.clock.now_us + 600 * SECOND_US
    world.ask(promise, ("a", at))
    world.ask(jobs.finish, AskFinish(job, world.clock.now_us, True, "ValueError"))
    [kept] = stored(world)
    assert (kept.state, kept.run_at, kept.attempts) == ("waiting", at, 0)


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


def test_a_great_many_done_jobs_are_forgotten_a_few_at_a_time_oldest_first(world: World) -> None:
    many = jobs.FORGET_MAX + 2
    for number in range(many):
        world.ask(promise, (f"{number:04}", 0))
    for _ in range(many // 100 + 1):
        for job in take(world):
            world.ask(jobs.finish, AskFinish(job, 0))
    assert {one.state for one in stored(world)} == {"done"}
    newest = sorted(stored(world), key=lambda one: one.run_at)[-2:]
    world.clock.forward(10)

    assert world.ask(jobs.forget_done, world.clock.now_us) is True
    assert sorted(stored(world), key=lambda one: one.run_at) == newest
    assert world.ask(jobs.forget_done, world.clock.now_us) is False
    assert stored(world) == []


def test_what_was_done_long_ago_is_found_by_an_index(world: World, place: Place) -> None:
    """PostgreSQL reads a small table whole, whatever there is; so it is told not to."""
    postgres = isinstance(place, PostgresPlace)

    def plan(reader: Reader) -> str:
        if postgres:
            reader.query("SELECT set_config('enable_seqscan', 'off', true)")
        explain = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
        rows = reader.query(f"{explain} {jobs.DONE_BEFORE}", 1, 500)
        return "\n".join(str(tuple(row)) for row in rows)

    found = world.read(plan)
    assert "bus_jobs_done" in found, found
    assert "Sort" not in found and "TEMP B-TREE" not in found, found


# The runner -------------------------------------------------------------------------------------


def run_jobs(
    world: World,
    work: jobs.Work,
    until: Callable[[], bool],
    kind: str = "work",
    *,
    noted: bool = False,
) -> None:
    """Let a runner work until something is true, and (`noted`) what it did is written; a few seconds at
    most."""

    async def running() -> None:
        runner = Runner(world.db, News(world.db), {kind: work})
        task = asyncio.ensure_future(runner.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not until():  # noqa: ASYNC110 - the work itself is what we wait for.
                    await asyncio.sleep(0.01)
                if noted:
                    await asyncio.gather(*runner._running)
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
    assert set(waits[10:-1]) == {600}
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


def test_a_job_that_nobody_does_waits_unharmed_until_somebody_starts_who_can(world: World) -> None:
    world.ask(promise, ("a", 0))
    done: list[int] = []

    async def work(job: Job) -> Instant | None:
        done.append(job.attempts)
        return None

    for _ in range(jobs.ATTEMPTS_MAX + 1):
        world.clock.forward(3601)
        run_once(world, work, kind="other")
        [job] = stored(world)
        assert (job.state, job.attempts, job.note) == ("waiting", 0, "stranded")
        assert 3600 <= (job.run_at - world.clock.now_us) / SECOND_US < 3601

    def until() -> bool:
        world.clock.forward(1)
        return bool(done)

    run_jobs(world, work, until, noted=True)
    assert done == [1]
    assert become(world) == {"a": "done"}


def test_a_start_wakes_what_is_stranded_and_nothing_else(world: World) -> None:
    again_at = world.clock.now_us + 60 * MINUTE * SECOND_US
    for name in ("failing", "promised", "running", "stranded"):
        world.ask(promise, (name, 0))
    leased = {job.about: job for job in take(world)}
    world.ask(jobs.finish, AskFinish(leased["failing"], again_at, note="ValueError"))
    world.ask(jobs.finish, AskFinish(leased["promised"], again_at))
    world.ask(jobs.finish, AskFinish(leased["stranded"], again_at, note=jobs.STRANDED))
    before = {job.about: job for job in stored(world)}
    world.ask(jobs.wake_stranded, None)
    after = {job.about: job for job in stored(world)}
    woken = after.pop("stranded")
    assert woken.run_at < before.pop("stranded").run_at
    assert after == before
    world.clock.forward(1)
    assert [job.about for job in take(world)] == ["stranded"]


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
