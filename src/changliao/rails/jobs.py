"""Calling rails, after commit and outside any transaction."""

import logging
from collections.abc import Mapping

from changliao.bus.jobs import Job, Stranded, Work
from changliao.db.db import Db
from changliao.kernel.instant import Instant
from changliao.rails import service
from changliao.rails.model import Answer, AskSettle
from changliao.rails.port import Hear, Rail, takes

log = logging.getLogger("changliao.rails")


def carry(db: Db, rails: Mapping[str, Rail]) -> Work:
    """The job that sends an attempt, or asks what became of it. May run twice: rails are keyed by id.
    An attempt whose rail was switched off, or has an account of the other mode now, is stranded until the
    rail is as it was."""

    async def work(job: Job) -> Instant | None:
        attempt = await db.read(service.attempt, job.about)
        if attempt is None or attempt.state in ("succeeded", "failed"):
            return None
        rail = rails.get(attempt.rail)
        if rail is None:
            raise Stranded(f"{attempt.rail} is not among CHANGLIAO_RAILS")
        if not takes(rail, attempt):
            raise Stranded(f"{attempt.rail} has no account of {attempt.mode} mode")
        try:
            of = await db.read(service.attempt, attempt.of) if attempt.of else None
            ask = rail.send if attempt.state == "created" else rail.look
            answer = await ask(attempt, of)
        except Exception as error:
            # The call may have been heard all the same, so this is doubt and not failure.
            log.warning("rail %s did not answer for %s: %s", rail.name, attempt.id, error)
            answer = Answer("unknown", reason=f"no answer: {type(error).__name__}")
        again_at = await db.write(service.settle, AskSettle(attempt.id, answer))
        return Instant(again_at) if again_at else None

    return work


def hear(db: Db) -> Hear:
    """Take in what a rail reports by itself."""

    async def heard(attempt_id: str, answer: Answer) -> None:
        await db.write(service.settle, AskSettle(attempt_id, answer))

    return heard
