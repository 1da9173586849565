"""Reads of articles, gathered in memory and written down in heaps."""

import asyncio
import logging

from changliao.accounts import service
from changliao.accounts.model.articles import AskCount, Reading
from changliao.db.db import Db
from changliao.kernel.instant import DAY_US
from changliao.kernel.refusal import Exhausted

FLUSH_S = 5.0
PEOPLE_MAX = 20_000
"""Readers that are kept in memory between two writings; reads beyond them count without a reader."""
AT_ONCE = 200

log = logging.getLogger("changliao.accounts")


class Tally:
    """Reads of articles since they were last written down: a read costs the lane nothing by itself. A
    crash loses the reads of a few seconds, which is what a count of reads may lose."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._reads: dict[tuple[str, int], int] = {}
        self._people: dict[tuple[str, int], set[str]] = {}
        self._readers = 0

    def read(self, article_id: str, person_id: str) -> None:
        """Somebody opened an article; `person_id` empty when nobody is signed in."""
        key = (article_id, self._db.clock() // DAY_US)
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
