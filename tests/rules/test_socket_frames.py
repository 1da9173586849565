"""WebSocket frames: what RFC 6455 allows is understood however it is cut, the rest ends the connection."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.wire.socket.frames import (
    BINARY,
    CLOSE,
    MORE,
    PING,
    PONG,
    TEXT,
    Broken,
    Frames,
    close_frame,
    control_frame,
    may_be_sent,
    text_frame,
)
from tests.frames import FINAL, frame

MOST = 64 << 10
Said = list[tuple[int, bytes]]


def heard(pieces: Iterable[bytes], most: int = MOST) -> tuple[Said, int]:
    """What is understood, and the code that it ends with (0: it goes on)."""
    frames, said = Frames(most), Said()
    for piece in pieces:
        try:
            said.extend(frames.feed(piece))
        except Broken as broken:
            return said, broken.code
        if any(kind == CLOSE for kind, _ in said):
            break
    return said, 0


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535, 65_536])
def test_a_text_of_any_size_is_one_message(size: int) -> None:
    text = b"*" * size
    assert heard([frame(TEXT, text)]) == ([(TEXT, text)], 0)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1 << 20])
def test_our_frame_says_its_size_in_the_shortest_form(size: int) -> None:
    text = b"x" * size
    made = text_frame(text)
    head = made[: len(made) - size]
    assert made.endswith(text) and head[0] == 0x81
    if size < 126:
        assert head[1:] == bytes([size])
    elif size < 65_536:
        assert head[1:] == b"\x7e" + size.to_bytes(2)
    else:
        assert head[1:] == b"\x7f" + size.to_bytes(8)


def test_a_message_in_parts_is_put_together_with_pings_between() -> None:
    said = [
        frame(TEXT, "聊".encode()[:1], final=False),
        frame(PING, b"1"),
        frame(MORE, "聊".encode()[1:2], final=False),
        frame(PONG),
        frame(MORE, "聊".encode()[2:]),
        frame(BINARY, b"\xff"),
    ]
    whole: Said = [(PING, b"1"), (PONG, b""), (TEXT, "聊".encode()), (BINARY, b"\xff")]
    assert heard(said) == (whole, 0)
    assert heard([b"".join(said)]) == (whole, 0)


BROKEN = {
    "not masked": (b"\x81\x02hi", 1002),
    **{f"reserved bit {bit:#x}": (frame(TEXT, b"hi", bits=bit), 1002) for bit in (16, 32, 64)},
    **{
        f"reserved kind {kind}": (frame(kind), 1002) for kind in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    },
    "a ping in parts": (frame(PING, final=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "nothing to continue": (frame(MORE, b"x"), 1002),
    "a message inside a message": (frame(TEXT, final=False) + frame(TEXT, b"x"), 1002),
    "two bytes of length for a short one": (frame(TEXT, b"x", size=b"\x7e\x00\x01"), 1002),
    "eight bytes of length for two": (
        frame(TEXT, b"x" * 126, size=b"\x7f" + (126).to_bytes(8)),
        1002,
    ),
    "a length below nothing": (b"\x81\xff" + b"\xff" * 8 + b"mask", 1002),
    "too large": (frame(TEXT, b"x" * (MOST + 1)), 1009),
    "too large as it says": (b"\x81\xff" + (1 << 62).to_bytes(8), 1009),
    "too large in parts": (frame(TEXT, b"x" * MOST, final=False) + frame(MORE, b"x"), 1009),
    "no UTF-8": (frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"), 1007),
    "half a character": (frame(TEXT, b"\xe8\x81"), 1007),
    "half a character over two frames": (
        frame(TEXT, b"\xe8", final=False) + frame(MORE, b"\x81"),
        1007,
    ),
    "no UTF-8 long before the end": (frame(TEXT, b"\xff", final=False), 1007),
    "a close of one byte": (frame(CLOSE, b"\x03"), 1002),
    "a reason that is no UTF-8": (frame(CLOSE, b"\x03\xe8\xce\xba\xe1\xbd\xed\xa0"), 1007),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_allowed_ends_it(data: bytes, code: int) -> None:
    before: Said = [(TEXT, b"before")]
    said = frame(TEXT, b"before") + data
    assert heard([said]) == (before, code)
    assert heard([said[place : place + 1] for place in range(len(said))]) == (before, code)


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_a_close_code_that_may_be_sent_is_heard(code: int) -> None:
    payload = code.to_bytes(2) + "再见".encode()
    assert may_be_sent(code)
    assert heard([frame(CLOSE, payload)]) == ([(CLOSE, payload)], 0)


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
)
def test_a_close_code_that_may_not_be_sent_is_a_fault(code: int) -> None:
    assert not may_be_sent(code)
    assert heard([frame(CLOSE, code.to_bytes(2))]) == ([], 1002)


def test_a_reason_that_is_too_long_is_cut_between_characters() -> None:
    made = close_frame(1000, "聊" * 100)
    assert made[:2] == bytes([FINAL | CLOSE, 2 + 123])
    assert made[4:].decode() == "聊" * 41
    assert close_frame(1005) == control_frame(CLOSE, b"")


def test_empty_parts_without_end_are_too_many() -> None:
    begin, nothing = frame(TEXT, final=False), frame(MORE, final=False)
    assert heard([begin, *99 * [nothing]], most=100) == ([], 0)
    assert heard([begin, *100 * [nothing]], most=100) == ([], 1008)


def test_nothing_is_held_between_messages() -> None:
    frames = Frames(MOST)

    def state(piece: bytes) -> tuple[int, bool, bool]:
        return len(list(frames.feed(piece))), frames.begun, frames.in_message

    whole = frame(TEXT, b"x" * 300)
    assert [state(piece) for piece in (whole[:1], whole[1:7], whole[7:200])] == 3 * [
        (0, True, False)
    ]
    assert state(whole[200:] + whole[:3]) == (1, True, False)
    assert state(whole[3:]) == (1, False, False)
    assert state(frame(TEXT, b"x", final=False)) == (0, True, True)
    assert state(frame(MORE, b"x")) == (1, False, False)


def cut(data: bytes, seed: int) -> list[bytes]:
    """The bytes in pieces, as a network may bring them."""
    chance, pieces = random.Random(seed), []
    while data:
        size = chance.choice((1, 2, 3, 7, 60, 5000))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@given(
    st.lists(st.text(max_size=400), max_size=8), st.binary(min_size=4, max_size=4), st.integers(0)
)
def test_texts_arrive_however_they_are_cut(texts: list[str], mask: bytes, seed: int) -> None:
    data = b"".join(frame(TEXT, text.encode(), mask=mask) for text in texts)
    assert heard(cut(data, seed)) == ([(TEXT, text.encode()) for text in texts], 0)


@given(st.binary(max_size=300), st.integers(0))
def test_no_bytes_are_a_bug_and_how_they_are_cut_changes_nothing(data: bytes, seed: int) -> None:
    assert heard([data]) == heard(cut(data, seed))
