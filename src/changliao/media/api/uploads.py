"""An upload from its first byte to the row that is whole; see `service` for the order and why."""

import asyncio
import contextlib
import hashlib
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from changliao.db.db import Db
from changliao.media import service
from changliao.media.api.pictures import Pictures
from changliao.media.model import (
    AskAnnounce,
    AskKeep,
    Kept,
    Media,
    MediaStoreUnavailable,
    MediaTypeWrong,
    UploadDiffers,
    UploadsBusy,
)
from changliao.media.port import Store
from changliao.media.rules import sniff, voice

AT_ONCE_MAX, OF_A_PERSON_MAX = 64, 8
FREE_MIN = 256 << 20
"""What stays free on the disk whatever is uploaded: the books may lie on the same one."""
_WRITTEN_AT_ONCE = 1 << 20


class Uploads:
    """Takes uploads into a store. `free_min` bytes of the disk are left alone."""

    def __init__(self, db: Db, store: Store, pictures: Pictures, free_min: int = FREE_MIN) -> None:
        self._db, self._store, self._pictures = db, store, pictures
        self._free_min = free_min
        self._under_way: set[str] = set()
        self._of: Counter[str] = Counter()

    async def take(self, media: Media, pieces: AsyncIterator[bytes]) -> Media:
        """The media, whole. Whatever goes wrong on the way, nothing of it is kept."""
        with self._counted(media), self._place(media) as place:
            await _receive(media, pieces, place)
            kept, files = await self._examine(media, place)
            ask = AskKeep(media.person_id, media.id, kept)
            await self._db.write(service.claim, ask)
            for sha256, file in files.items():
                await self._store.keep(sha256, file)
            return await self._db.write(service.finish, ask)

    async def bring(self, person_id: str, content: bytes) -> Media:
        """A picture that we fetched ourselves for somebody, as if they had uploaded it. Refuses what is
        none, and more than a person's day holds."""
        kind = sniff.sniffed(content[: sniff.HEAD]) or "application/octet-stream"
        sha256 = hashlib.sha256(content).hexdigest()
        ask = AskAnnounce(person_id, "image", kind, len(content), sha256)
        return await self.take(await self._db.write(service.announce, ask), _once(content))

    def check_room(self, size: int) -> None:
        """Refuse while the disk has no room for so much."""
        if shutil.disk_usage(self._store.incoming).free - size < self._free_min:
            raise MediaStoreUnavailable(retry_after_s=60)

    @contextmanager
    def _counted(self, media: Media) -> Iterator[None]:
        """One upload for each ticket, a few for each person, and not too many in all."""
        who = media.person_id
        many = len(self._under_way) >= AT_ONCE_MAX or self._of[who] >= OF_A_PERSON_MAX
        if many or media.id in self._under_way:
            raise UploadsBusy(retry_after_s=2)
        self.check_room(media.size)
        self._under_way.add(media.id)
        self._of[who] += 1
        try:
            yield
        finally:
            self._under_way.discard(media.id)
            self._of[who] -= 1
            self._of += Counter()  # Forgets whoever has none.

    @contextmanager
    def _place(self, media: Media) -> Iterator[Path]:
        """A name for files of this upload; what is left of them goes in the end."""
        place = self._store.incoming / f"{media.id}.{secrets.token_hex(4)}"
        try:
            yield place
        except OSError as error:  # The disk is full, or broken.
            raise MediaStoreUnavailable(retry_after_s=30) from error
        finally:
            for path in (place, _drawn(place), _small(place)):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    async def _examine(self, media: Media, place: Path) -> tuple[Kept, dict[str, Path]]:
        """What is kept of the bytes, and the files that hold it."""
        if media.kind == "file":  # Never shown, so it may be whatever it says.
            return Kept(media.sha256, media.size), {media.sha256: place}
        if sniff.sniffed(await asyncio.to_thread(_head, place)) != media.content_type:
            raise MediaTypeWrong(field="body")
        if media.kind == "voice":
            content = await asyncio.to_thread(place.read_bytes)
            ms = voice.length_ms(content, media.content_type)
            return Kept(media.sha256, media.size, ms=ms), {media.sha256: place}
        target, thumbnail = _drawn(place), _small(place)
        width, height = await self._pictures.draw(
            media.kind, media.content_type, place, target, thumbnail
        )
        blob, small = [await asyncio.to_thread(_digest, one) for one in (target, thumbnail)]
        kept = Kept(blob, target.stat().st_size, small, width, height)
        return kept, {blob: target, small: thumbnail}


async def _receive(media: Media, pieces: AsyncIterator[bytes], place: Path) -> None:
    """Write what comes, and refuse as soon as it cannot be what was announced."""
    hashed, size = hashlib.sha256(), 0
    with place.open("xb", buffering=0) as file:
        async for some in _gathered(pieces):
            size += len(some)
            if size > media.size:
                break
            await asyncio.to_thread(_write, file, some)
            await asyncio.to_thread(hashed.update, some)
    if (size, hashed.hexdigest()) != (media.size, media.sha256):
        raise UploadDiffers(field="body")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, in pieces that are worth a trip to another thread."""
    some = bytearray()
    async for piece in pieces:
        some += piece
        if len(some) >= _WRITTEN_AT_ONCE:
            yield bytes(some)
            some.clear()
    if some:
        yield bytes(some)


def _write(file: BinaryIO, some: bytes) -> None:
    rest = memoryview(some)
    while rest:
        rest = rest[file.write(rest) :]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(sniff.HEAD)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _drawn(place: Path) -> Path:
    return place.with_name(place.name + ".drawn")


def _small(place: Path) -> Path:
    return place.with_name(place.name + ".small")
