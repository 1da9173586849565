"""Work after commit: articles that are due."""

from changliao.accounts import service
from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.kernel.instant import Instant


def publish(db: Db) -> Work:
    """The job that publishes what is due."""

    async def work(job: Job) -> Instant | None:
        again_at = await db.write(service.publish_due, job.about)
        return Instant(again_at) if again_at else None

    return work
