"""Housekeeping: what nobody finished, posted or needs goes; in an order that loses nothing."""

import asyncio
import time
from pathlib import Path

from changliao.bus.jobs import Job, Work
from changliao.db.db import Books, Db
from changliao.kernel.instant import Instant
from changliao.media import service
from changliao.media.model import MediaStoreUnavailable
from changliao.media.port import Store

STALE_S = 86_400
"""How long something may lie in `incoming`; no upload takes so long."""
LOOKED_AT_MAX = 1000
"""How many media, the newest, the doctor looks for in the store."""


def release(db: Db) -> Work:
    """The job that takes back everything that was posted in a scope."""

    async def work(job: Job) -> Instant | None:
        while await db.write(service.release_some, job.about):
            pass
        return None

    return work


async def keep_house(db: Db, store: Store) -> None:
    """Forget what is loose, then drop the blobs that nobody needs.

    A blob is dropped after the commit that counted it down to 0, and may be claimed again only after the
    one that forgets it; a crash between them leaves a row at 0, and the next round does the rest.
    """
    while await db.write(service.forget_loose, None):
        pass
    while sha256s := await db.read(service.unneeded):
        for sha256 in sha256s:
            await store.drop(sha256)
        await db.write(service.forget_blobs, sha256s)
    await asyncio.to_thread(_clear, store.incoming)


async def trouble(books: Books, store: Store) -> str:
    """What is wrong with the newest whole media: bytes that are not in the store, or a store that is
    away. Empty when nothing is."""
    needed = await books.read(service.needed, LOOKED_AT_MAX)
    try:
        lost = {media_id for media_id, sha256 in needed if await store.size(sha256) is None}
    except MediaStoreUnavailable as refusal:
        return refusal.detail
    if not lost:
        return ""
    return f"the bytes of {len(lost)} are missing, such as {min(lost)}: restore them from a backup"


def _clear(incoming: Path) -> None:
    """Remove what a crash has left of uploads."""
    oldest = time.time() - STALE_S
    for path in incoming.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
