"""Work of pay after commit: what has run out, refunds that wait."""

import asyncio
import logging

from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Exhausted
from changliao.ledger import service as ledger
from changliao.pay import service

SWEEP_S = 1

log = logging.getLogger("changliao.pay")


def retry_refund(db: Db) -> Work:
    """The job that carries out a refund that had to wait."""

    async def work(job: Job) -> Instant | None:
        await db.write(service.retry_refund, job.about)
        return None

    return work


async def sweep(db: Db) -> None:
    """Close payments, holds and splits whose time is up, once a second, for ever. Late by a second is
    harmless: the verbs themselves refuse what has run out."""
    while True:
        try:
            await sweep_once(db)
        except Exhausted as busy:
            await asyncio.sleep(busy.retry_after_s)
        except Exception:
            log.exception("the sweep stumbled")
        await asyncio.sleep(SWEEP_S)


async def sweep_once(db: Db) -> int:
    """One sweep; how much there was to do."""
    now = db.clock()
    payments = await db.read(service.payments_due, now)
    if payments:
        await db.write(service.expire_many, payments)
    combined = await db.read(service.combined_due, now)
    if combined:
        await db.write(service.expire_combined, combined)
    holds = await db.read(ledger.holds_due, now)
    if holds:
        await db.write(service.expire_holds, holds)
    splits = await db.read(service.splits_due, now)
    if splits:
        await db.write(service.end_splits, splits)
    return len(payments) + len(combined) + len(holds) + len(splits)
