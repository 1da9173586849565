"""Blobs in a folder on this machine: `ab/cd/abcd…`, renamed into place when they are on the disk."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, TypeVar

from changliao.media.model import MediaStoreUnavailable
from changliao.media.port import PIECE, BlobMissing, made

R = TypeVar("R")

INCOMING = "incoming"


class FolderStore:
    """A store in a folder, whose `incoming` lies beside the blobs, so that a rename moves no bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def incoming(self) -> Path:
        """Beside the blobs."""
        return made(self._folder / INCOMING)

    async def keep(self, sha256: str, file: Path) -> None:
        """Bytes first, then the name, then the folder that holds the name: in this order on the disk."""
        await _on_disk(lambda: self._keep(self._path(sha256), file))

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Pieces of the file, read in a thread."""
        path = self._path(sha256)
        if await self.size(sha256) is None:
            raise BlobMissing(sha256)
        return _pieces(path, start, stop)

    async def size(self, sha256: str) -> int | None:
        """The length of the file."""
        with contextlib.suppress(FileNotFoundError):
            return (await _on_disk(self._path(sha256).stat)).st_size
        return None

    async def drop(self, sha256: str) -> None:
        """Remove the file; its folders stay."""
        await _on_disk(lambda: self._path(sha256).unlink(missing_ok=True))

    async def close(self) -> None:
        """Nothing to let go of."""

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, path: Path, file: Path) -> None:
        with file.open("rb") as written:
            os.fsync(written.fileno())
        fresh = [above for above in (path.parent.parent, path.parent) if not above.exists()]
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.replace(path)
        for folder in (path.parent, *(above.parent for above in reversed(fresh))):
            _sync(folder)


async def _on_disk(work: Callable[[], R]) -> R:
    """What the work comes to, in a thread; a disk that is full or broken is no bug of ours."""
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise MediaStoreUnavailable(retry_after_s=30) from error


async def _pieces(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    with await _on_disk(lambda: path.open("rb")) as file:
        file.seek(start)
        for length in _lengths(stop - start):
            yield await _on_disk(lambda n=length: _exactly(file, n))  # type: ignore[misc]


def _lengths(size: int) -> Iterator[int]:
    yield from [PIECE] * (size // PIECE)
    if size % PIECE:
        yield size % PIECE


def _exactly(file: BinaryIO, length: int) -> bytes:
    piece = file.read(length)
    if len(piece) < length:
        raise OSError(f"{file.name} is shorter than it was")
    return piece


def _sync(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
