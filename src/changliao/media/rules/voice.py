"""How long a voice note is, read from its container: Ogg (RFC 3533, RFC 7845), WebM, MP4 (ISO 14496-12).

Each reader takes the whole file and believes nothing: what does not add up is ValueError.
"""

import struct
from collections.abc import Callable, Iterator

from changliao.media.model import VoiceTooLong, VoiceUnreadable

LONGEST_MS = 60_000
_SLACK_MS = 1_000  # What a recorder adds while it is being stopped.
_SAMPLES_MAX, _DEEP_MAX = 10_000, 8


def length_ms(content: bytes, content_type: str) -> int:
    """The voice note's length; refuses one that is broken, too long, or more than a voice."""
    try:
        ms = _READERS[content_type](content)
    except (ValueError, struct.error, IndexError, ZeroDivisionError, OverflowError):
        raise VoiceUnreadable(field="body") from None
    if ms <= 0:
        raise VoiceUnreadable(field="body")
    if ms > LONGEST_MS + _SLACK_MS:
        raise VoiceTooLong(field="body", ms=ms)
    return min(ms, LONGEST_MS)


def _ogg(content: bytes) -> int:
    """Opus counts samples of 48 kHz; the file is pages from its first byte to its last."""
    place, serial, last, skip = 0, b"", 0, 0
    while place < len(content):
        if content[place : place + 5] != b"OggS\0":
            raise ValueError("not a page")
        granule, count = struct.unpack_from("<q", content, place + 6)[0], content[place + 26]
        begin = place + 27 + count
        length = sum(content[place + 27 : begin])
        if place == 0:
            serial = content[14:18]
            skip = struct.unpack_from("<H", content, begin + 10)[0]
            if content[begin : begin + 8] != b"OpusHead":
                raise ValueError("not Opus")
        if content[place + 14 : place + 18] != serial or begin + length > len(content):
            raise ValueError("another stream, or half a page")
        last = max(last, granule)
        place = begin + length
    return (last - skip) // 48


# WebM: EBML elements, `id size content`. Inside these we look on; all others are passed over.
_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _GROUP = (
    0x18538067,
    0x1F43B675,
    0x1549A966,
    0x1654AE6B,
    0xAE,
    0xA0,
)
_INTO = frozenset((_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK, _GROUP))
_SCALE, _AT, _SIMPLE, _BLOCK, _CODEC = 0x2AD7B1, 0xE7, 0xA3, 0xA1, 0x86


def _webm(content: bytes) -> int:
    scale, at, last, codecs = 1_000_000, 0, -1, []
    for name, start, stop in _elements(content):
        if name == _SCALE:
            scale = int.from_bytes(content[start:stop])
        elif name == _CODEC:
            codecs.append(content[start:stop].rstrip(b"\0"))
        elif name == _AT:
            at = int.from_bytes(content[start:stop])
        elif name in (_SIMPLE, _BLOCK):
            _track, after = _number(content, start, keep=False)
            last = max(last, at + struct.unpack_from(">h", content, after)[0])
    if codecs != [b"A_OPUS"] or not 0 < scale <= 10**9 or last < 0:
        raise ValueError("not one track of Opus")
    return (
        last * scale // 1_000_000 + 20
    )  # The last block holds a frame of 20 ms, as browsers write it.


def _elements(content: bytes) -> Iterator[tuple[int, int, int]]:
    place = 0
    while place < len(content):
        name, after = _number(content, place, keep=True)
        size, start = _number(content, after, keep=False)
        if name in _INTO:
            place = start  # Its size may be unknown; what it holds comes next in any case.
            continue
        if start + size > len(content):
            raise ValueError("half an element")
        yield name, start, start + size
        place = start + size


def _number(content: bytes, place: int, *, keep: bool) -> tuple[int, int]:
    """A number whose first byte says how long it is, and where it ends; `keep` for ids."""
    first = content[place]
    length = 9 - first.bit_length()
    if length > 8 or place + length > len(content):
        raise ValueError("no number")
    whole = int.from_bytes(content[place : place + length])
    return (whole if keep else whole & ~(1 << 7 * length)), place + length


# MP4: boxes, `size name content`.
_BOXES = frozenset((b"moov", b"trak", b"mdia", b"moof", b"traf", b"mvex"))


def _mp4(content: bytes) -> int:
    scale, length, usual, begun = 0, 0, 0, 0
    for name, start, stop in _boxes(content, 0, len(content)):
        box = content[start:stop]
        if name == b"hdlr" and box[8:12] != b"soun":
            raise ValueError("more than a voice")
        if name == b"mdhd":
            scale, total = struct.unpack_from(">IQ" if box[0] else ">II", box, 20 if box[0] else 12)
            length = max(length, total if total not in (2**32 - 1, 2**64 - 1) else 0)
        elif name == b"trex":
            usual = struct.unpack_from(">I", box, 12)[0]
        elif name == b"tfhd":
            usual = _usual(box, usual)
        elif name == b"tfdt":
            begun = struct.unpack_from(">Q" if box[0] else ">I", box, 4)[0]
        elif name == b"trun":
            begun += _run(box, usual)
            length = max(length, begun)
    return length * 1000 // scale


def _boxes(content: bytes, place: int, end: int, deep: int = 0) -> Iterator[tuple[bytes, int, int]]:
    while place < end:
        size, name = struct.unpack_from(">I4s", content, place)
        if size < 8 or place + size > end or deep > _DEEP_MAX:
            raise ValueError("half a box")
        if name in _BOXES:
            yield from _boxes(content, place + 8, place + size, deep + 1)
        else:
            yield name, place + 8, place + size
        place += size


def _usual(box: bytes, usual: int) -> int:
    """How long a sample of this fragment is unless it says otherwise."""
    flags, place = int.from_bytes(box[1:4]), 8
    place += 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    return struct.unpack_from(">I", box, place)[0] if flags & 0x8 else usual


def _run(box: bytes, usual: int) -> int:
    """How long the samples of a run are together."""
    flags, count = int.from_bytes(box[1:4]), struct.unpack_from(">I", box, 4)[0]
    place = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    step = 4 * sum(bool(flags & flag) for flag in (0x100, 0x200, 0x400, 0x800))
    if not flags & 0x100:
        return int(count * usual)
    if count > _SAMPLES_MAX or place + count * step > len(box):
        raise ValueError("a run that is not there")
    return sum(struct.unpack_from(">I", box, place + n * step)[0] for n in range(count))


_READERS: dict[str, Callable[[bytes], int]] = {
    "audio/ogg": _ogg,
    "audio/webm": _webm,
    "audio/mp4": _mp4,
}
