"""What RFC 6455 asks of a server, case by case, on a real socket: the ground that the Autobahn suite's
sections 1 to 7 cover (framing, pings, reserved bits and kinds, parts, UTF-8, closing)."""

import asyncio

import pytest

from changliao.kernel.value import Value
from changliao.wire.socket.frames import BINARY, CLOSE, MORE, PING, PONG, TEXT
from tests.frames import FINAL, frame
from tests.wire.websocket import LOOPS, House, run

Heard = list[tuple[int, bytes]]


class Case(Value, frozen=True):
    """Frames that a client sends; what it hears back; the code that it is closed with at last. When
    its frames do not end it, it ends it itself: 1000."""

    sent: list[bytes]
    back: Heard = []
    code: int = 1000
    ends: bool = True


def text(body: bytes) -> tuple[int, bytes]:
    return (FINAL | TEXT, body)


def pong(body: bytes = b"") -> tuple[int, bytes]:
    return (FINAL | PONG, body)


def alive(sent: list[bytes], back: Heard) -> Case:
    """It goes on."""
    return Case(sent, back, ends=False)


def part(kind: int, body: bytes = b"", *, final: bool = False) -> bytes:
    return frame(kind, body, final=final)


SIZES = [0, 125, 126, 127, 128, 65_535, 65_536]

FRAMING = {
    **{f"1.1 text of {n}": alive([frame(TEXT, b"*" * n)], [text(b"*" * n)]) for n in SIZES},
    "1.1 larger than we take": Case([frame(TEXT, b"*" * 65_537)], code=1009),
    "1.1 as large in parts": alive(
        [part(TEXT, b"*" * 65_535), frame(MORE, b"*")], [text(b"*" * 65_536)]
    ),
    "1.1 larger in parts": Case([part(TEXT, b"*" * 65_536), frame(MORE, b"*")], code=1009),
    # Binary messages are understood and not wanted (section 7.4.1: 1003).
    **{f"1.2 binary of {n}": Case([frame(BINARY, b"\xfe" * n)], code=1003) for n in SIZES},
    "1.3 a mask of zeros": alive([frame(TEXT, b"abc", mask=bytes(4))], [text(b"abc")]),
    "1.3 no mask": Case([frame(TEXT, b"a"), b"\x81\x01b"], [text(b"a")], 1002),
    "1.3 a ping without mask": Case([b"\x89\x00"], code=1002),
}

BYTES = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
PINGS = {
    "2.1 without a word": alive([frame(PING)], [pong()]),
    "2.2 with a text": alive([frame(PING, b"Hello")], [pong(b"Hello")]),
    "2.3 with any bytes": alive([frame(PING, BYTES)], [pong(BYTES)]),
    "2.4 of 125 bytes": alive([frame(PING, b"\xfe" * 125)], [pong(b"\xfe" * 125)]),
    "2.5 of 126 bytes": Case([frame(PING, b"\xfe" * 126)], code=1002),
    "2.7 a pong that nobody asked for": alive([frame(PONG)], []),
    "2.8 and one with a word": alive([frame(PONG, b"unasked")], []),
    "2.9 before a ping": alive([frame(PONG, b"unasked"), frame(PING, b"p")], [pong(b"p")]),
    "2.10 ten at once": alive(
        [frame(PING, b"%d" % n) for n in range(10)], [pong(b"%d" % n) for n in range(10)]
    ),
}

HELLO = frame(TEXT, b"hello")
ECHO = [text(b"hello")]
AFTER = [HELLO, frame(PING)]
RESERVED = {
    **{
        f"3 bits {bits} of kind {kind}": Case(
            [HELLO, frame(kind, b"", bits=bits << 4), *AFTER], ECHO, 1002
        )
        for bits in range(1, 8)
        for kind in (MORE, TEXT, BINARY, CLOSE, PING, PONG)
    },
    **{
        f"4 kind {kind} of {len(body)}": Case([HELLO, frame(kind, body), *AFTER], ECHO, 1002)
        for kind in (*range(3, 8), *range(11, 16))
        for body in (b"", b"reserved")
    },
}

ONE, TWO = part(TEXT, b"one "), frame(MORE, b"two")
BOTH = [text(b"one two")]
FIVE = [part(TEXT, b"1"), *(part(MORE, b"%d" % n) for n in range(2, 5)), frame(MORE, b"5")]
PARTS = {
    "5.1 a ping in two": Case([part(PING, b"a"), frame(MORE, b"b")], code=1002),
    "5.2 a pong in two": Case([part(PONG, b"a"), frame(MORE, b"b")], code=1002),
    "5.3 a text in two": alive([ONE, TWO], BOTH),
    "5.6 with a ping between": alive([ONE, frame(PING, b"p"), TWO], [pong(b"p"), *BOTH]),
    "5.8 with an empty part": alive([ONE, part(MORE), TWO], BOTH),
    "5.9 the end of nothing": Case([frame(MORE, b"x"), HELLO], code=1002),
    "5.12 the middle of nothing": Case([part(MORE, b"x"), HELLO], code=1002),
    "5.15 more after the end": Case([ONE, TWO, part(MORE, b"x"), HELLO], BOTH, 1002),
    "5.16 again and again": Case([part(MORE, b"a"), HELLO, frame(MORE, b"b")], code=1002),
    "5.18 a text inside a text": Case([ONE, HELLO], code=1002),
    "5.18 a binary inside a text": Case([ONE, frame(BINARY)], code=1002),
    "5.19 five parts and two pings": alive(
        [*FIVE[:2], frame(PING, b"1"), *FIVE[2:4], frame(PING, b"2"), FIVE[4]],
        [pong(b"1"), pong(b"2"), text(b"12345")],
    ),
    "5.20 a hundred parts": alive(
        [part(TEXT), *[part(MORE, b"x")] * 100, frame(MORE)], [text(b"x" * 100)]
    ),
}

KOSME = "κόσμε".encode()
VALID = [
    KOSME,
    "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "畅聊 🀄️ 👩‍👩‍👧‍👦 𠮷 é\u0301".encode(),
    b"\x00",
    b"\x7f",
    *(
        chr(code).encode()
        for code in (0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF)
    ),
    *(chr(code).encode() for code in (0xFEFF, 0xFFFE, 0xFFFF, 0xFDD0, 0x1FFFE, 0x1FFFF, 0x10FFFE)),
]
LONG_FORMS = [  # 5 and 6 bytes, and 4 above U+10FFFF: RFC 3629 has none of them.
    *(b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xf8\x88\x80\x80\x80", b"\xfb\xbf\xbf\xbf\xbf"),
    *(b"\xfc\x84\x80\x80\x80\x80", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
]
LONELY = [
    *(b"\x80" * n for n in range(1, 8)),
    b"\xbf",
    bytes(range(0x80, 0xC0)),
    *(bytes([start, 0x20]) for start in range(0xC0, 0x100)),
]
CUT_OFF = [b"\xc2", b"\xe0\xa0", b"\xf0\x90\x80", b"\xdf", b"\xef\xbf", b"\xf4\x8f\xbf", KOSME[:-1]]
OVERLONG = [  # A slash, the largest of each length, and a zero, in more bytes than they need.
    *(b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf"),
    *(b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf"),
    *(b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"),
]
HALVES = [
    *(b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"),
    *(b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80"),
]
INVALID = [*LONG_FORMS, *LONELY, *CUT_OFF, *OVERLONG, *HALVES]


def in_parts(body: bytes) -> list[bytes]:
    """One byte in each part, and an empty one at the end."""
    kinds = [TEXT, *[MORE] * len(body)]
    return [*(part(kind, body[n : n + 1]) for n, kind in enumerate(kinds[:-1])), frame(kinds[-1])]


CHARACTERS = {
    "6.1 nothing": alive([frame(TEXT)], [text(b"")]),
    "6.1 nothing in three parts": alive([part(TEXT), part(MORE), frame(MORE)], [text(b"")]),
    "6.1 between nothing": alive([part(TEXT), part(MORE, b"x"), frame(MORE)], [text(b"x")]),
    **{f"6 valid {body!r}": alive([frame(TEXT, body)], [text(body)]) for body in VALID},
    **{f"6 valid in parts {body!r}": alive(in_parts(body), [text(body)]) for body in VALID},
    **{f"6 invalid {body!r}": Case([frame(TEXT, KOSME + body)], code=1007) for body in INVALID},
    **{f"6 invalid in parts {body!r}": Case(in_parts(body), code=1007) for body in INVALID},
    "6.4 known before the end": Case([part(TEXT, KOSME), part(MORE, b"\xf4\x90")], code=1007),
}


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2) + reason)


GOOD_CODES = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]
BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
CLOSING = {
    "7.1 after a text": Case([HELLO, close(1000)], ECHO),
    "7.1 twice": Case([close(1000), close(1001)]),
    "7.1 a ping after it": Case([close(1000), frame(PING)]),
    "7.1 a text after it": Case([close(1000), HELLO]),
    "7.1 inside a message": Case([ONE, close(1000), TWO]),
    "7.1 after a large text": Case(
        [frame(TEXT, b"*" * 65_536), close(1000)], [text(b"*" * 65_536)]
    ),
    "7.3 without a code": Case([frame(CLOSE)], code=0),
    "7.3 with half a code": Case([frame(CLOSE, b"\x03")], code=1002),
    "7.3 with a reason": Case([close(1000, b"bye")]),
    "7.3 with the longest reason": Case([close(1000, b"*" * 123)]),
    "7.3 with a longer one": Case([frame(CLOSE, (1000).to_bytes(2) + b"*" * 124)], code=1002),
    "7.5 with a reason that is no text": Case([close(1000, KOSME + b"\xed\xa0\x80")], code=1007),
    **{f"7.7 code {code}": Case([close(code)], code=code) for code in GOOD_CODES},
    **{f"7.9 code {code}": Case([close(code)], code=1002) for code in BAD_CODES},
}

SECTIONS = {
    "framing": FRAMING,
    "pings": PINGS,
    "reserved": RESERVED,
    "parts": PARTS,
    "characters": CHARACTERS,
    "closing": CLOSING,
}
BYTEWISE_MAX = 400


def ways(case: Case) -> dict[str, list[bytes]]:
    """At once, frame by frame, and byte by byte where that does not take long."""
    sent = [*case.sent, *([] if case.ends else [close(1000)])]
    whole = b"".join(sent)
    found = {"at once": [whole], "frame by frame": sent}
    if len(whole) <= BYTEWISE_MAX:
        found["byte by byte"] = [whole[n : n + 1] for n in range(len(whole))]
    return found


async def played(house: House, pieces: list[bytes]) -> tuple[Heard, int]:
    """What a client hears who says this, and the code at last."""
    client, _ = await house.enters()
    for piece in pieces:
        client.says(piece)
        await asyncio.sleep(0)
    heard: Heard = []
    while True:
        first, payload = await client.hears()
        if first == FINAL | CLOSE:
            await client.is_over()
            return heard, int.from_bytes(payload[:2])
        heard.append((first, payload))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_the_protocol_is_kept(loop: str, section: str) -> None:
    async def talk(house: House) -> None:
        wrong = {}
        for name, case in SECTIONS[section].items():
            for way, pieces in ways(case).items():
                found = await played(house, pieces)
                if found != (case.back, case.code):
                    wrong[name, way] = found
        assert not wrong
        assert all(
            ear.heard.count("closed") == 1 and ear.heard[-1] == "closed" for ear in house.ears
        )
        await house.is_empty()

    run(loop, House, talk)
