"""Work after commit: articles that are due, reads that were gathered."""

import asyncio
import logging
from collections.abc import Callable

from changliao.accounts import service
from changliao.accounts.model.articles import AskCount, Reading
from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.kernel.instant import DAY_US, Instant
from changliao.kernel.refusal import Exhausted

FLUSH_S = 5.0
PEOPLE_MAX = 20_000
"""Readers that are kept in memory between two writings; reads beyond them count without a reader."""
AT_ONCE = 200

log = logging.getLogger("changliao.accounts")


def publish(db: Db) -> Work:
    """The job that publishes what is due."""

    async def work(job: Job) -> Instant | None:
        again_at = await db.write(service.publish_due, job.about)
        return Instant(again_at) if again_at else None

    return work


class Tally:
    """Reads of articles since they were last written down: a read costs the lane nothing by itself. A
    crash loses the reads of a few seconds, which is what a count of reads may lose."""

    def __init__(self, db: Db, clock: Callable[[], int]) -> None:
        self._db, self._clock = db, clock
        self._reads: dict[tuple[str, int], int] = {}
        self._people: dict[tuple[str, int], set[str]] = {}
        self._readers = 0

    def read(self, article_id: str, person_id: str) -> None:
        """Somebody opened an article; `person_id` empty when nobody is signed in."""
        key = (article_id, self._clock() // DAY_US)
        self._reads[key] = self._reads.get(key, 0) + 1
        people = self._people.setdefault(key, set())
        if person_id and person_id not in people and self._readers < PEOPLE_MAX:
            people.add(person_id)
            self._readers += 1

    async def flush(self) -> None:
        """Write down what was gathered, some articles at a time."""
        reads, people = self._reads, self._people
        self._reads, self._people, self._readers = {}, {}, 0
        readings = [
            Reading(article_id, day, count, tuple(sorted(people[article_id, day])))
            for (article_id, day), count in reads.items()
        ]
        for start in range(0, len(readings), AT_ONCE):
            await self._db.write(
                service.count_reads, AskCount(tuple(readings[start : start + AT_ONCE]))
            )

    async def run(self) -> None:
        """Write down every few seconds, for ever."""
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
            except Exhausted:
                log.warning("some reads of articles were not counted: the lane is full")
            except Exception:
                log.exception("reads of articles were not counted")
