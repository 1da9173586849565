"""WebSocket frames (RFC 6455, section 5): a client's bytes into messages, messages of ours into bytes."""

import codecs
from collections.abc import Iterator

MORE, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL, GOING, PROTOCOL, UNSUPPORTED = 1000, 1001, 1002, 1003
NO_CODE, LOST, NOT_UTF8, POLICY, TOO_LARGE, OUR_BUG = 1005, 1006, 1007, 1008, 1009, 1011
"""Close codes (section 7.4.1). `NO_CODE` and `LOST` never stand in a frame."""

CONTROL_MAX = 125
REASON_MAX = CONTROL_MAX - 2

_FINAL = 0x80
_MASKED = 0x80
_FIRST = frozenset(
    [MORE, TEXT, BINARY, *(_FINAL | kind for kind in (MORE, TEXT, BINARY, CLOSE, PING, PONG))]
)
"""Every first byte there may be: no reserved bit, no reserved kind, no control frame in parts."""


class Broken(Exception):
    """What came is not what RFC 6455 allows, or more than we take; the code to close with, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Frames:
    """Takes a client's bytes in pieces of any size; gives whole messages and control frames.

    Holds no more than one message of `most` bytes and one frame; nothing while nothing is begun.
    After Broken it must not be fed again.
    """

    __slots__ = ("_message", "_most", "_need", "_rest")

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest: bytearray | None = None
        self._need = 0
        self._message: _Message | None = None

    @property
    def begun(self) -> bool:
        """Whether a frame or a message has begun and not ended."""
        return self._rest is not None or self._message is not None

    @property
    def in_message(self) -> bool:
        """Whether the parts of a message came and its end did not."""
        return self._message is not None

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """What these bytes complete: `(TEXT | BINARY | CLOSE | PING | PONG, payload)`.

        A text is valid UTF-8, and so is the reason of a CLOSE, whose code is one that may be sent.
        Raises Broken after what was whole before it.
        """
        if self._rest is not None:
            self._rest += data
            if len(self._rest) < self._need:
                return
            data, self._rest = bytes(self._rest), None
        place, need, end = 0, 0, len(data)
        while place < end:
            need = place + 2
            if end < need:
                break
            first, size = data[place], data[place + 1]
            self._check(first, size)
            size &= 127
            if size > CONTROL_MAX:
                start, need = need, need + (2 if size == 126 else 8)
                if end < need:
                    break
                size = _long(data[start:need])
            if first & 15 < CLOSE:
                self._fits(size)
            start = need + 4
            need = start + size
            if end < need:
                break
            place = need
            payload = _unmasked(data[start:need], data[start - 4 : start])
            found = self._frame(first, payload)
            if found is not None:
                yield found
        else:
            return
        self._rest, self._need = bytearray(data[place:]), need - place

    def _check(self, first: int, second: int) -> None:
        """What the first two bytes of a frame already tell."""
        if first not in _FIRST:
            raise Broken(PROTOCOL, _odd(first))
        if second < _MASKED:
            raise Broken(PROTOCOL, "a client's frame must be masked")
        if first & 15 < CLOSE:
            if (first & 15 == MORE) is (self._message is None):
                what = (
                    "nothing to continue" if self._message is None else "the message before goes on"
                )
                raise Broken(PROTOCOL, what)
        elif second & 127 > CONTROL_MAX:
            raise Broken(PROTOCOL, "a control frame has at most 125 bytes")

    def _fits(self, size: int) -> None:
        if size + (self._message.size if self._message else 0) > self._most:
            raise Broken(TOO_LARGE, f"a message has at most {self._most} bytes")

    def _frame(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        kind = first & 15
        if kind >= CLOSE:
            if kind == CLOSE:
                _check_close(payload)
            return kind, payload
        if self._message is None and first & _FINAL:
            if kind == TEXT and not payload.isascii():
                _check_utf8(payload)
            return kind, payload
        if self._message is None:
            self._message = _Message(kind)
        self._message.add(payload, bool(first & _FINAL))
        if self._message.parts > self._most:
            raise Broken(POLICY, "a message in too many parts")
        if not first & _FINAL:
            return None
        whole, self._message = self._message, None
        return whole.kind, bytes(whole.body)


class _Message:
    """A message that comes in several frames."""

    __slots__ = ("body", "decoder", "kind", "parts")

    def __init__(self, kind: int) -> None:
        self.kind, self.body, self.parts = kind, bytearray(), 0
        self.decoder = codecs.getincrementaldecoder("utf-8")() if kind == TEXT else None

    @property
    def size(self) -> int:
        return len(self.body)

    def add(self, payload: bytes, final: bool) -> None:
        self.body += payload
        self.parts += 1
        if self.decoder is not None:
            try:
                self.decoder.decode(payload, final)
            except UnicodeDecodeError:
                raise Broken(NOT_UTF8, "a text is UTF-8") from None


def _odd(first: int) -> str:
    if first & 0x70:
        return "a reserved bit is set"
    if first & 15 in (CLOSE, PING, PONG):
        return "a control frame comes in one part"
    return "a reserved kind of frame"


def _long(digits: bytes) -> int:
    """A length in two or eight bytes; the shortest form is the only one (section 5.2)."""
    size = int.from_bytes(digits)
    if size <= (CONTROL_MAX if len(digits) == 2 else 0xFFFF) or size >> 63:
        raise Broken(PROTOCOL, "a length in its shortest form")
    return size


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(
        size, "little"
    )


def _check_utf8(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise Broken(NOT_UTF8, "a text is UTF-8") from None


def _check_close(payload: bytes) -> None:
    if len(payload) == 1 or (payload and not may_be_sent(int.from_bytes(payload[:2]))):
        raise Broken(PROTOCOL, "no such close code")
    _check_utf8(payload[2:])


def may_be_sent(code: int) -> bool:
    """Whether a close frame may carry this code: RFC 6455 section 7.4, and IANA's registry of them."""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and code not in (1004, NO_CODE, LOST))


def text_frame(payload: bytes) -> bytes:
    """A text as one frame of ours. It is the same for every socket: make it once, send it to all."""
    size = len(payload)
    if size <= CONTROL_MAX:
        return bytes((_FINAL | TEXT, size)) + payload
    if size <= 0xFFFF:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


def control_frame(kind: int, payload: bytes) -> bytes:
    """A PING, PONG or CLOSE of ours, with at most 125 bytes."""
    return bytes((_FINAL | kind, len(payload))) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """The end, and why. A reason of more than 123 bytes is cut; without a code nothing is said."""
    if code == NO_CODE:
        return control_frame(CLOSE, b"")
    said = reason.encode()[:REASON_MAX].decode(errors="ignore").encode()
    return control_frame(CLOSE, code.to_bytes(2) + said)
