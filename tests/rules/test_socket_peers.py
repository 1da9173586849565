"""The same bytes, cut anywhere, to us, to `websockets` and to `wsproto`: the same messages, the same end."""

import codecs
import random
from collections.abc import Callable
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.protocol import SERVER, Protocol
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from changliao.kernel.value import Value
from changliao.wire.socket.frames import BINARY, CLOSE, MORE, PING, PONG, TEXT, Broken, Frames
from tests.frames import frame

MOST = 300
Said = list[tuple[int, bytes]]


class Stream(Value, frozen=True):
    """Bytes of a client; with a fault at their end when `fault` has a name."""

    data: bytes
    fault: str = ""


def ours(pieces: list[bytes], most: int = MOST) -> tuple[Said, int, bool]:
    """What we hear, the code we end with (0: we go on), whether something has begun."""
    frames, said = Frames(most), Said()
    for piece in pieces:
        try:
            for kind, payload in frames.feed(piece):
                said.append((kind, payload))
                if kind == CLOSE:
                    return said, 0, False
        except Broken as broken:
            return said, broken.code, False
    return said, 0, frames.begun


def websockets_hears(pieces: list[bytes]) -> tuple[Said, int]:
    """What `websockets` hears: its frames put together and decoded, as its own connections do."""
    protocol, said = Protocol(SERVER, max_size=MOST), Said()
    kind, body = 0, bytearray()
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in pieces:
        protocol.receive_data(piece)
        for event in protocol.events_received():
            assert isinstance(event, Frame)
            opcode, payload = int(event.opcode), bytes(event.data)
            if opcode not in (TEXT, BINARY, MORE):
                said.append((opcode, payload))
                continue
            kind = opcode or kind
            body += payload
            try:
                if kind == TEXT:
                    decoder.decode(payload, event.fin)
            except UnicodeDecodeError:
                return said, 1007
            if event.fin:
                said.append((kind, bytes(body)))
                body.clear()
        if protocol.parser_exc is not None:
            assert protocol.close_sent is not None
            return said, protocol.close_sent.code
        if said and said[-1][0] == CLOSE:
            break
    return said, 0


def wsproto_hears(pieces: list[bytes]) -> tuple[Said, int]:
    """What `wsproto` hears."""
    protocol, said, body = FrameProtocol(client=False, extensions=[]), Said(), b""
    for piece in pieces:
        protocol.receive_bytes(piece)
        try:
            for event in protocol.received_frames():
                payload = event.payload
                if event.opcode is Opcode.CLOSE:
                    assert isinstance(payload, tuple)
                    empty = payload[0] == 1005
                    code = b"" if empty else payload[0].to_bytes(2)
                    said.append((CLOSE, code + (payload[1] or "").encode()))
                    return said, 0
                assert not isinstance(payload, tuple)
                part = payload.encode() if isinstance(payload, str) else bytes(payload)
                if event.opcode.iscontrol():
                    said.append((int(event.opcode), part))
                    continue
                body += part
                if event.message_finished:
                    said.append((int(event.opcode), body))
                    body = b""
        except ParseFailed as failed:
            return said, int(failed.code)
    return said, 0


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    """The bytes in pieces, as a network may bring them."""
    pieces = []
    while data:
        size = chance.choice((1, 1, 2, 3, 7, 60, 5000))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


masks = st.binary(min_size=4, max_size=4)
texts = st.text(max_size=60).map(str.encode) | st.just("聊🀄𠮷".encode() * 7)
BAD_TEXTS = [
    b"\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\x80",
    "聊".encode()[:2],
    "𠮷".encode()[:3] + b"a",
]
CODES = [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 3000, 4999]
BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535]


@st.composite
def controls(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from((PING, PONG)))
    return frame(kind, draw(st.binary(max_size=125)), mask=draw(masks))


@st.composite
def messages(draw: st.DrawFn, kind: int, body: bytes, *, ends: bool = True) -> bytes:
    """A message in some parts, with controls between them; without its end unless it `ends`."""
    places = draw(st.lists(st.integers(0, len(body)), max_size=3).map(sorted))
    parts = [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]
    made = b""
    for number, part in enumerate(parts):
        last = ends and number == len(parts) - 1
        made += frame(MORE if number else kind, part, final=last, mask=draw(masks))
        if not last:
            made += b"".join(draw(st.lists(controls(), max_size=2)))
    return made


@st.composite
def whole(draw: st.DrawFn) -> bytes:
    """Messages and controls, all of them right."""
    made = b""
    for _ in range(draw(st.integers(0, 5))):
        which = draw(st.integers(0, 2))
        if which == 0:
            made += draw(controls())
        elif which == 1:
            made += draw(messages(TEXT, draw(texts)))
        else:
            made += draw(messages(BINARY, draw(st.binary(max_size=MOST))))
    return made


@st.composite
def faults(draw: st.DrawFn) -> Stream:
    """One thing that is wrong, or a close that is right, or nothing."""
    mask = draw(masks)

    def one(*of: Any) -> Any:
        return draw(st.sampled_from(of))

    def text() -> bytes:
        return draw(texts)

    def begun() -> bytes:
        return draw(messages(TEXT, text(), ends=False))

    def close(code: int, reason: bytes = b"") -> bytes:
        return frame(CLOSE, code.to_bytes(2) + reason, mask=mask)

    made: dict[str, Callable[[], bytes]] = {
        "": lambda: b"",
        "close": lambda: close(one(*CODES), text()[:120].decode(errors="ignore").encode()),
        "empty close": lambda: frame(CLOSE, mask=mask),
        "close inside": lambda: begun() + close(1000),
        "bad code": lambda: close(one(*BAD_CODES)),
        "short close": lambda: frame(CLOSE, b"\x03", mask=mask),
        "bad reason": lambda: close(1000, one(*BAD_TEXTS)),
        "bad text": lambda: draw(messages(TEXT, text() + one(*BAD_TEXTS))),
        "bit": lambda: frame(TEXT, b"x", bits=one(16, 32, 64, 96, 112), mask=mask),
        "kind": lambda: frame(one(3, 7, 11, 15), b"x", mask=mask),
        "control in parts": lambda: frame(one(PING, PONG, CLOSE), final=False, mask=mask),
        "long control": lambda: frame(one(PING, PONG, CLOSE), b"x" * 126, mask=mask),
        "not masked": lambda: b"\x81\x01x",
        "nothing to continue": lambda: frame(MORE, b"x", mask=mask),
        "inside": lambda: begun() + frame(one(TEXT, BINARY), b"x", mask=mask),
        "too large": lambda: frame(BINARY, b"x" * (MOST + 1), mask=mask),
        "too large in parts": lambda: begun() + frame(MORE, b"x" * (MOST + 1), mask=mask),
        "long length": lambda: frame(TEXT, b"x", size=b"\x7e\x00\x01", mask=mask),
        "longer length": lambda: frame(TEXT, b"x" * 200, size=b"\x7f" + (200).to_bytes(8)),
    }
    fault = one(*sorted(made))
    return Stream(made[fault](), fault)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    before, fault = draw(whole()), draw(faults())
    return Stream(before + fault.data + draw(whole()), fault.fault)


UNCHECKED_BY_WEBSOCKETS = ("long length", "longer length", "close inside")
UNCHECKED_BY_WSPROTO = ("too large", "too large in parts")


@settings(max_examples=200)
@given(streams(), st.randoms(use_true_random=False))
def test_three_of_us_hear_the_same(stream: Stream, chance: random.Random) -> None:
    said, code, _ = ours(cut(stream.data, chance))
    if stream.fault not in UNCHECKED_BY_WEBSOCKETS:
        assert websockets_hears(cut(stream.data, chance)) == (said, code)
    if stream.fault not in UNCHECKED_BY_WSPROTO:
        assert wsproto_hears(cut(stream.data, chance)) == (said, code)
    assert (code > 0) == (stream.fault not in ("", "close", "empty close", "close inside"))


@given(st.binary(max_size=200), st.randoms(use_true_random=False))
@example(b"\x01\x81mask" + bytes([0xFF ^ ord("m")]), random.Random(0))
def test_any_bytes_are_heard_as_wsproto_hears_them(data: bytes, chance: random.Random) -> None:
    data += (
        b"\x00" * 16
    )  # So that the last frame's head is whole: we look at each byte as it comes.
    said, code, begun = ours(cut(data, chance), most=1 << 63)
    theirs = wsproto_hears(cut(data, chance))
    early = theirs == (said, 1007) and begun  # It decodes what we have not got whole.
    assert theirs == (said, code) or early
