"""Blobs in a bucket of an S3-compatible store, one object each, named by its SHA-256."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import aiohttp

from changliao.kernel.instant import Instant
from changliao.media.model import MediaStoreUnavailable
from changliao.media.port import PIECE, BlobMissing, made
from changliao.wire.sigv4 import NO_BODY, Credentials, signed

WHOLE_S, CONNECT_S, SILENT_S = 1800, 10, 30
_DONE, _PART, _GONE, _MISSING = 200, 206, 204, 404

log = logging.getLogger("changliao.media")


class S3Store:
    """A store in a bucket, addressed by path (`https://host/bucket/prefix/sha256`). An object appears whole
    or not at all, and the store checks its bytes against the SHA-256 that is signed with them."""

    def __init__(
        self,
        root: str,
        bucket: str,
        prefix: str,
        who: Credentials,
        incoming: Path,
        clock: Callable[[], int],
    ) -> None:
        self._root, self._host = root, root.partition("://")[2]
        self._path = "/" + "/".join(part for part in (bucket, prefix.strip("/")) if part)
        self._who, self._clock = who, clock
        self._session: aiohttp.ClientSession | None = None
        self._incoming = incoming

    @cached_property
    def incoming(self) -> Path:
        """On this machine, as for any store."""
        return made(self._incoming)

    async def keep(self, sha256: str, file: Path) -> None:
        """Put the object; the bytes go from the disk to the network piece by piece."""
        with file.open("rb") as content:
            async with await self._ask("PUT", sha256, sha256, data=content) as answer:
                _check(answer, _DONE)

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The object's bytes as they come."""
        part = {"range": f"bytes={start}-{stop - 1}"}
        answer = await self._ask("GET", sha256, headers=part)
        if answer.status != _PART:
            answer.release()
        if answer.status == _MISSING:
            raise BlobMissing(sha256)
        _check(answer, _PART)
        return _pieces(answer)

    async def size(self, sha256: str) -> int | None:
        """The length of the object."""
        async with await self._ask("HEAD", sha256) as answer:
            if answer.status == _MISSING:
                return None
            _check(answer, _DONE)
            return int(answer.headers["content-length"])

    async def drop(self, sha256: str) -> None:
        """Delete the object."""
        async with await self._ask("DELETE", sha256) as answer:
            _check(answer, _DONE, _GONE, _MISSING)

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        sha256: str,
        body_sha256: str = NO_BODY,
        *,
        headers: Mapping[str, str] | None = None,
        data: BinaryIO | None = None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(WHOLE_S, CONNECT_S, SILENT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        path, now = f"{self._path}/{sha256}", Instant(self._clock())
        sent = signed(
            *(self._who, method, self._host, path, now), body_sha256=body_sha256, headers=headers
        )
        with _away_is_told():
            return await self._session.request(
                method, self._root + path, data=data, headers=sent, allow_redirects=False
            )


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    with _away_is_told():
        async with answer:
            async for piece in answer.content.iter_chunked(PIECE):
                yield piece


def _check(answer: aiohttp.ClientResponse, *good: int) -> None:
    if answer.status not in good:
        log.error("the store of media answers %s with %d", answer.method, answer.status)
        raise MediaStoreUnavailable(retry_after_s=30)


@contextmanager
def _away_is_told() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise MediaStoreUnavailable(retry_after_s=30) from error
