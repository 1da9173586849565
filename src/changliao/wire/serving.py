"""Serving bytes that lie somewhere: parts of them, and nothing when the caller has them (RFC 9110)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

from changliao.wire.call import Answer, Call
from changliao.wire.refusals import RangeUnsatisfiable
from changliao.wire.routes import PARTIAL, UNCHANGED

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Read = Callable[[int, int], Awaitable[AsyncIterator[bytes]]]
"""The bytes from `start` up to, and without, `stop`."""


async def served(
    call: Call,
    size: int,
    etag: str,
    content_type: str,
    headers: tuple[tuple[str, str], ...],
    read: Read,
) -> Answer:
    """The bytes, one part of them, or UNCHANGED; `etag` without its quotes names what they are."""
    quoted = f'"{etag}"'
    headers = (*headers, ("etag", quoted), ("accept-ranges", "bytes"))
    if quoted in _tags(call.header("if-none-match")):
        return Answer(b"", UNCHANGED, content_type, headers)
    pieces = _nothing if call.method == "HEAD" else read
    asked = call.header("range") if call.header("if-range") in ("", quoted) else ""
    wanted = part(asked, size)
    start, stop = wanted or (0, size)
    headers = (*headers, ("content-length", str(stop - start)))
    if wanted is None:
        return Answer(b"", 200, content_type, headers, await pieces(0, size))
    where = ("content-range", f"bytes {start}-{stop - 1}/{size}")
    return Answer(b"", PARTIAL, content_type, (*headers, where), await pieces(start, stop))


def part(asked: str, size: int) -> tuple[int, int] | None:
    """What a Range header asks of so many bytes: the first, and the one after the last. None is all of
    it: for several parts too, and for what is no range (RFC 9110 section 14.2)."""
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    first, last = int(found[1] or size), int(found[2] or size)
    if not found[1]:
        first, last = max(size - last, 0), size
    elif last < first and found[2]:
        return None
    if first >= size:
        raise RangeUnsatisfiable(field="Range", size=size)
    return first, min(last + 1, size)


async def _nothing(_start: int, _stop: int) -> AsyncIterator[bytes]:
    """Who asks for the head alone is read nothing."""
    return _none()


async def _none() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
