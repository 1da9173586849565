"""Slow work of one kind, a shop that lets its webhooks hang, never keeps rails from being called."""

import asyncio
from contextlib import suppress

import pytest

from changliao.bus import jobs
from changliao.bus.jobs import Job, Runner
from changliao.bus.outbox import News
from changliao.db.tx import Tx
from changliao.kernel.instant import Instant
from tests.patience import PATIENCE_S
from tests.rooms.world import World


def promise(tx: Tx, of: tuple[str, int]) -> None:
    kind, many = of
    for number in range(many):
        jobs.later(tx, kind, f"{kind}-{number:03}")


async def started(world: World, hanging: int) -> tuple[int, int]:
    """How many slow and how many quick jobs run while the slow ones hang."""
    slow, quick, all_quick = [], [], asyncio.Event()

    async def hang(job: Job) -> Instant | None:
        slow.append(job.about)
        await asyncio.Event().wait()
        return None

    async def be_quick(job: Job) -> Instant | None:
        quick.append(job.about)
        if len(quick) == 20:
            all_quick.set()
        return None

    await world.db.write(promise, ("slow", hanging))
    await world.db.write(promise, ("quick", 20))
    world.clock.forward(1)
    runner = Runner(world.db, News(world.db), {"slow": hang, "quick": be_quick})
    running = asyncio.ensure_future(runner.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await all_quick.wait()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await runner.stop()
    return len(slow), len(quick)


@pytest.mark.parametrize("hanging", [jobs.AT_ONCE_MAX, 3 * jobs.AT_ONCE_MAX])
def test_what_hangs_leaves_room_for_work_of_another_kind(world: World, hanging: int) -> None:
    assert asyncio.run(started(world, hanging)) == (jobs.OF_A_KIND_MAX, 20)
    assert jobs.OF_A_KIND_MAX < jobs.AT_ONCE_MAX
