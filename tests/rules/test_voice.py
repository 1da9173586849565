"""How long a voice note is, in each container, and what is none."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.media.model import VoiceTooLong, VoiceUnreadable
from changliao.media.rules.sniff import sniffed
from changliao.media.rules.voice import length_ms
from tests.wire.uploads import voice

UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"
HDLR = bytes(8) + b"soun" + bytes(12)


def element(name: bytes, content: bytes) -> bytes:
    """An EBML element with a size of two bytes."""
    return name + struct.pack(">H", 0x4000 | len(content)) + content


def webm(ms: int, codec: bytes = b"A_OPUS", tracks: int = 1) -> bytes:
    """As a browser records it: segment and clusters of unknown length, a block each 20 ms."""
    track = element(b"\xae", element(b"\x86", codec)) * tracks
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3)))
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
    out = head + b"\x18\x53\x80\x67" + UNKNOWN + info + element(b"\x16\x54\xae\x6b", track)
    for start in range(0, ms, 1000):
        out += b"\x1f\x43\xb6\x75" + UNKNOWN + element(b"\xe7", start.to_bytes(4))
        for at in range(0, min(1000, ms - start), 20):
            out += element(b"\xa3", b"\x81" + struct.pack(">hB", at, 0x80) + bytes(10))
    return out


def box(name: bytes, *content: bytes) -> bytes:
    """An MP4 box."""
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), name) + inside


def mp4(ms: int, handler: bytes = HDLR, version: int = 0) -> bytes:
    """A whole recording, whose head says how long it is."""
    if version:
        mdhd = box(b"mdhd", struct.pack(">B3x16xIQ", 1, 48_000, ms * 48), bytes(4))
    else:
        mdhd = box(b"mdhd", struct.pack(">12xII", 48_000, ms * 48), bytes(4))
    moov = box(b"moov", box(b"trak", box(b"mdia", mdhd, box(b"hdlr", handler))))
    return box(b"ftyp", b"isom", bytes(4)) + moov + box(b"mdat", bytes(64))


def fragments(seconds: int, *, each: bool) -> bytes:
    """As a browser records it: an empty head, then a fragment each second of 50 samples, which say how
    long they are one by one, or all together."""
    out = mp4(0)
    for second in range(seconds):
        tfdt = box(b"tfdt", struct.pack(">B3xQ", 1, second * 48_000))
        if each:
            tfhd = box(b"tfhd", struct.pack(">II", 0, 1))
            run = struct.pack(">III", 0x000101, 50, 0) + struct.pack(">I", 960) * 50
        else:
            tfhd = box(b"tfhd", struct.pack(">III", 0x8, 1, 960))
            run = struct.pack(">II", 0, 50)
        traf = box(b"traf", tfhd, tfdt, box(b"trun", run))
        out += box(b"moof", traf) + box(b"mdat", bytes(32))
    return out


WHOLE = {
    "Ogg": ("audio/ogg", voice(2500), 2500),
    "WebM": ("audio/webm", webm(2500), 2500),
    "MP4": ("audio/mp4", mp4(2500), 2500),
    "MP4 with long numbers": ("audio/mp4", mp4(2500, version=1), 2500),
    "MP4 in fragments": ("audio/mp4", fragments(7, each=True), 7000),
    "MP4 in fragments of one measure": ("audio/mp4", fragments(7, each=False), 7000),
    "a minute and what the recorder adds": ("audio/ogg", voice(60_500), 60_000),
}


@pytest.mark.parametrize("which", WHOLE)
def test_each_container_tells_how_long_it_is(which: str) -> None:
    content_type, content, ms = WHOLE[which]
    assert sniffed(content[:64]) == content_type
    assert length_ms(content, content_type) == ms


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("audio/ogg", voice(61_500)),
        ("audio/webm", webm(61_500)),
        ("audio/mp4", mp4(61_500)),
        ("audio/mp4", fragments(62, each=True)),
        ("audio/mp4", fragments(62, each=False)),
    ],
)
def test_more_than_a_minute_is_refused(content_type: str, content: bytes) -> None:
    with pytest.raises(VoiceTooLong) as caught:
        length_ms(content, content_type)
    assert caught.value.extra["ms"] > 61_000  # type: ignore[operator]


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("audio/ogg", voice(0)),
        ("audio/ogg", voice() + b"<script>"),
        ("audio/ogg", voice()[:-1]),
        ("audio/ogg", voice().replace(b"OpusHead", b"vorbis!!")),
        ("audio/ogg", voice() + voice().replace(b"\x07\0\0\0", b"\x08\0\0\0")),
        ("audio/webm", webm(0)),
        ("audio/webm", webm(2000)[:-1]),
        ("audio/webm", webm(2000, b"V_VP8")),
        ("audio/webm", webm(2000, tracks=2)),
        ("audio/webm", webm(2000) + b"\0"),
        ("audio/mp4", mp4(0)),
        ("audio/mp4", mp4(2000, bytes(8) + b"vide" + bytes(12))),
        ("audio/mp4", mp4(2000)[:-1]),
        ("audio/mp4", mp4(2000) + b"<script>"),
        ("audio/mp4", b""),
    ],
)
def test_what_is_broken_or_more_than_a_voice_is_refused(content_type: str, content: bytes) -> None:
    with pytest.raises(VoiceUnreadable):
        length_ms(content, content_type)


@given(
    st.sampled_from(["Ogg", "WebM", "MP4", "MP4 in fragments"]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    st.integers(0, 6000),
)
def test_whatever_is_changed_in_it_it_is_read_or_refused(
    which: str, changes: list[tuple[int, int]], cut: int
) -> None:
    content_type, whole, _ = WHOLE[which]
    content = bytearray(whole)
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(VoiceTooLong, VoiceUnreadable):
        assert 0 < length_ms(bytes(content[:cut] or content), content_type) <= 60_000


def test_boxes_in_boxes_without_end_are_refused() -> None:
    content = box(b"mdat")
    for _ in range(2000):
        content = box(b"moov", content)
    with pytest.raises(VoiceUnreadable):
        length_ms(content, "audio/mp4")
