"""The port: what a store of blobs must be able to do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

PIECE = 256 * 1024
"""How much of a blob is read at a time."""


class BlobMissing(Exception):
    """There is no such blob in the store."""


def made(folder: Path) -> Path:
    """The folder, for nobody but us."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Store(Protocol):
    """Blobs by the SHA-256 of their bytes, in hexadecimal digits. When the store is full or away, every
    call raises MediaStoreUnavailable."""

    @property
    def incoming(self) -> Path:
        """A folder on this machine, made when it is missing, where uploads lie until they are kept; what
        is forgotten there is removed after a day."""

    async def keep(self, sha256: str, file: Path) -> None:
        """Keep the file's bytes, durably when this returns, and all of them or nothing; the file may be
        gone then. Keeping the same again changes nothing."""

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, and without, `stop`. Raises BlobMissing before the first one."""

    async def size(self, sha256: str) -> int | None:
        """How long a blob is; None when there is none."""

    async def drop(self, sha256: str) -> None:
        """Let a blob go; one that is not there is gone already."""

    async def close(self) -> None:
        """Let connections go."""
