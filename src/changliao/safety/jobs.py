"""Packing archives, deleting accounts whose time has come, dropping archives that are over."""

import asyncio
import hashlib
import logging
import secrets
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from changliao.bus.jobs import Job, Work
from changliao.chat.model.entries import Entry
from changliao.db.db import Db
from changliao.kernel.instant import DAY_US, MINUTE_US, Instant
from changliao.kernel.refusal import Refusal
from changliao.media import service as media
from changliao.media.model import Media
from changliao.people.model.standing import NotLeaving
from changliao.safety.model.mine import AskReady, Export, ExportNotFound
from changliao.safety.service import archive
from changliao.safety.service import mine as service

log = logging.getLogger("changliao.safety")

PIECE = 256 * 1024
PAGE = 200
OVER_MAX = 50
BLOCKED_US = DAY_US
"""How soon it is tried again to delete an account on which something hangs."""

EntryShown = Callable[[Entry, str], bytes]
"""An entry as this person sees it, as JSON."""


class Store(Protocol):
    """The store of blobs, where archives lie too."""

    @property
    def incoming(self) -> Path:
        """A folder where what is being made may lie; what is forgotten there goes after a day."""

    async def keep(self, sha256: str, file: Path) -> None:
        """Keep the file's bytes, durably when this returns."""

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, and without, `stop`."""

    async def size(self, sha256: str) -> int | None:
        """How long a blob is; None when there is none."""

    async def drop(self, sha256: str) -> None:
        """Let a blob go."""


class Packing:
    """Packs archives piece by piece: never more than a page of rows or a piece of a file is in memory.

    A run that was cut off while it packed leaves a file that goes by itself, and the next one begins anew.
    One that was cut off later has named the archive first: the next one finds it whole and finishes, or
    drops it.
    """

    def __init__(self, db: Db, store: Store, shown: EntryShown) -> None:
        self._db, self._store, self._shown = db, store, shown
        self._under_way: set[str] = set()

    async def work(self, job: Job) -> Instant | None:
        """The job that packs one archive."""
        if job.about in self._under_way:  # A long one outlives its lease.
            return Instant(self._db.clock() + MINUTE_US)
        export = await self._db.read(service.export, job.about)
        if export is None or export.state != "waiting":
            return None
        if await self._is_there(export):
            await self._finish(AskReady(export.id, export.blob, export.size))
            return None
        self._under_way.add(export.id)
        path = self._store.incoming / f"{export.id}-{secrets.token_hex(4)}.zip"
        try:
            await self._pack(export, path)
            await self._keep(export, path)
        finally:
            self._under_way.discard(export.id)
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return None

    async def _is_there(self, export: Export) -> bool:
        """Whether an earlier run has put the whole archive into the store."""
        return bool(export.blob) and await self._store.size(export.blob) == export.size

    async def _keep(self, export: Export, path: Path) -> None:
        ask = AskReady(export.id, *await asyncio.to_thread(_digest, path))
        with suppress(ExportNotFound):  # Another process was quicker, with bytes of its own.
            if earlier := await self._db.write(service.name_export, ask):
                await self._store.drop(earlier)
            await self._store.keep(ask.blob, path)
            await self._finish(ask)

    async def _finish(self, ask: AskReady) -> None:
        try:
            await self._db.write(service.finish_export, ask)
        except ExportNotFound:  # Another process has named bytes of its own since.
            await self._store.drop(ask.blob)

    async def _pack(self, export: Export, path: Path) -> None:
        who = export.person_id
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, query in archive.PARTS:
                text = await self._db.read(query, who)
                await asyncio.to_thread(packed.writestr, name, text)
            for name, pages in archive.PAGED:
                await self._paged(packed, name, who, pages)
            for where in await self._db.read(archive.conversations, who):
                await self._log(packed, who, where)
            await self._media(packed, who)

    async def _paged(
        self, packed: zipfile.ZipFile, name: str, who: str, pages: archive.Pages
    ) -> None:
        """One JSON object a line, page by page."""
        after = ""
        with packed.open(name, "w", force_zip64=True) as out:
            while True:
                lines, after = await self._db.read(pages, who, after, PAGE)
                out.write(b"".join([line + b"\n" for line in lines]))
                if not after:
                    return

    async def _log(self, packed: zipfile.ZipFile, who: str, where: str) -> None:
        after = 0
        with packed.open(f"conversations/{where}.jsonl", "w", force_zip64=True) as out:
            while entries := await self._db.read(archive.entries, who, where, after, PAGE):
                out.write(b"".join([self._shown(one, who) + b"\n" for one in entries]))
                after = entries[-1].number

    async def _media(self, packed: zipfile.ZipFile, who: str) -> None:
        after = ""
        while found := await self._db.read(media.own_of, who, after, PAGE):
            for one in found:
                await self._file(packed, one)
            after = found[-1].id

    async def _file(self, packed: zipfile.ZipFile, one: Media) -> None:
        size = await self._store.size(one.blob)
        if size is None:
            log.error("blob %s is missing in the store", one.blob)
            return
        info = zipfile.ZipInfo(f"media/{archive.file_name(one)}")
        with packed.open(info, "w", force_zip64=True) as out:
            async for piece in await self._store.read(one.blob, 0, size):
                await asyncio.to_thread(out.write, piece)


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def erase(db: Db) -> Work:
    """The job that deletes an account when its days of grace are over; a day later again, when something
    hangs on the person by then."""

    async def work(job: Job) -> Instant | None:
        at = await db.read(service.leaving, job.about)
        if not at or at > db.clock():
            return Instant(at) if at else None
        try:
            said = await db.write(service.erase, job.about)
        except NotLeaving:
            return None
        if isinstance(said, Refusal):
            log.warning("%s cannot be deleted yet: %s", job.about, said.code)
            return Instant(db.clock() + BLOCKED_US)
        return None

    return work


async def keep_house(db: Db, store: Store) -> None:
    """Drop archives that are over: first the bytes, then the row says so."""
    while found := await db.read(service.exports_over, db.clock(), OVER_MAX):
        for one in found:
            await store.drop(one.blob)
            await db.write(service.end_export, one.id)
