"""A process that uploads a picture, keeps house or packs an archive, and is killed at a named step: its
three arguments."""

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from PIL import Image

from changliao.app.made import entry_of_export
from changliao.bus.jobs import Runner
from changliao.bus.outbox import News
from changliao.db.db import Db, open_sqlite, wall_clock
from changliao.media import jobs, service
from changliao.media.api.pictures import Pictures
from changliao.media.api.uploads import Uploads
from changliao.media.folder import FolderStore
from changliao.media.model import AskAnnounce, Media
from changliao.safety.jobs import Packing
from changliao.safety.service import mine
from tests.places import VAULT

WHO = "per_lin"
DAY_US = 86_400_000_000
UPLOADING = (
    "before claim",
    "after claim",
    "half kept",
    "one kept",
    "before finish",
    "after finish",
)
PACKING = ("half packed", "after name_export", "one kept", "after finish_export")
KEEPING_HOUSE = ("before drop", "one dropped", "before forget_blobs", "after forget_blobs")


def picture() -> bytes:
    """A small one."""
    place = BytesIO()
    Image.new("RGB", (60, 40), "red").save(place, "PNG")
    return place.getvalue()


CONTENT = picture()


def die(step: str, wanted: str) -> None:
    """End at once, as if the current were gone."""
    if step == wanted:
        os.kill(os.getpid(), signal.SIGKILL)


class MortalStore(FolderStore):
    """A folder that dies while it keeps or drops."""

    def __init__(self, folder: Path, wanted: str) -> None:
        super().__init__(folder)
        self._wanted = wanted

    async def keep(self, sha256: str, file: Path) -> None:
        if self._wanted == "half kept":
            self._path(sha256).parent.mkdir(parents=True)
        die("half kept", self._wanted)
        await super().keep(sha256, file)
        die("one kept", self._wanted)

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        die("half packed", self._wanted)
        return await super().read(sha256, start, stop)

    async def drop(self, sha256: str) -> None:
        die("before drop", self._wanted)
        await super().drop(sha256)
        die("one dropped", self._wanted)


class MortalDb:
    """A database that dies before or after a verb."""

    def __init__(self, db: Db, wanted: str) -> None:
        self._db, self._wanted = db, wanted
        self.read, self.look, self.clock = db.read, db.look, db.clock

    async def write(self, verb: Callable[..., Any], ask: Any) -> Any:
        die(f"before {verb.__name__}", self._wanted)
        answer = await self._db.write(verb, ask)
        die(f"after {verb.__name__}", self._wanted)
        return answer


def opened(folder: Path, days: int = 0) -> Db:
    """The books, so many days later."""

    def clock() -> int:
        return wall_clock() + days * DAY_US

    return open_sqlite(folder / "books.sqlite3", VAULT, clock=clock)


async def announced(db: Db, who: str = WHO) -> Media:
    """A ticket for the picture."""
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    ask = AskAnnounce(who, "image", "image/png", len(CONTENT), sha256)
    return await db.write(service.announce, ask)


async def upload(db: Db, store: FolderStore, media: Media) -> Media:
    """Send the picture."""

    async def pieces() -> AsyncIterator[bytes]:
        yield CONTENT

    return await Uploads(db, store, Pictures(), free_min=0).take(media, pieces())


async def packed(db: Db, packing: Packing, until: Callable[[], Awaitable[bool]]) -> None:
    """Let the jobs run until it is so."""
    runner = Runner(db, News(db), {mine.PACK: packing.work})
    task = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(60):
            while not await until():  # noqa: ASYNC110 - the job itself is what we wait for.
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await runner.stop()


async def main(folder: Path, what: str, wanted: str) -> None:
    db = opened(folder, days=8 if what == "keep_house" else 0)
    mortal, store = cast(Db, MortalDb(db, wanted)), MortalStore(folder / "media", wanted)
    if what == "keep_house":
        await jobs.keep_house(mortal, store)
    elif what == "pack":
        await packed(db, Packing(mortal, store, entry_of_export), never)
    else:
        await upload(mortal, store, await announced(db))
    raise AssertionError(f"lived through {wanted}")


async def never() -> bool:
    """What does not come."""
    return False


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
