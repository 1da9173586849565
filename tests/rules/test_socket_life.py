"""The life of one WebSocket: whatever happens, it ends once, and nothing is said after the end."""

import asyncio
import errno
import random
from collections.abc import Callable

import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from changliao.wire.http import Http
from changliao.wire.socket import Limits, Listener, Socket, sockets, text_frame
from changliao.wire.socket.frames import CLOSE, PING, PONG, TEXT
from tests.frames import FINAL, frame

HEAD = (
    b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CONFIG = uvicorn.Config(Http([]), interface="asgi3", log_config=None)
CONFIG.load()


class Line(asyncio.Transport):
    """A line whose other end reads when it likes. `close` waits for it, `abort` does not."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Socket | None = None
        self.written, self.unread = bytearray(), 0
        self.reads, self.ended, self.closing, self.lost = True, False, False, False
        self.reset = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended and not self.closing
        self.written += data
        if not self.reads:
            before, self.unread = self.unread, self.unread + len(data)
            if before <= 1000 < self.unread and self.protocol is not None:
                self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return self.unread

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        assert not self.closing
        if self.reset:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        self.ended = True

    def is_closing(self) -> bool:
        return self.closing

    def is_read(self) -> None:
        """The other end reads all there is."""
        self.reads = True
        full, self.unread = self.unread > 1000, 0
        if self.closing:
            self.goes()
        elif full and self.protocol is not None:
            self.protocol.resume_writing()

    def is_not_read(self) -> None:
        """The other end stops reading."""
        self.reads = False

    def is_reset(self) -> None:
        """The other end broke the line; the loop has not told so yet."""
        self.reset = True

    def goes(self) -> None:
        """The line is no more."""
        if not self.lost and self.protocol is not None:
            self.lost = self.closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def close(self) -> None:
        self.closing = True
        if not self.unread:
            self.goes()

    def abort(self) -> None:
        self.closing = True
        self.goes()


class Ear(Listener):
    """Notes what it hears, and sometimes says or closes meanwhile."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.heard = chance, list[str]()
        self.socket: Socket | None = None

    def _note(self, what: str) -> None:
        assert self.heard[-1:] != ["closed"], what
        self.heard.append(what)
        if self.socket is None or what == "closed":
            return
        if self.chance.random() < 0.3:
            self.socket.send(text_frame(b"while " + what.encode()))
        if self.chance.random() < 0.05:
            self.socket.close(1000)
        if self.chance.random() < 0.02:
            raise ZeroDivisionError

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        self._note("opened")

    def said(self, text: bytes) -> None:
        self._note("said")

    def paused(self) -> None:
        self._note("paused")

    def resumed(self) -> None:
        self._note("resumed")

    def closed(self, code: int) -> None:
        self._note("closed")


async def live(steps: list[str], chance: random.Random) -> tuple[Line, Ear]:
    """Everything that is in the steps happens to one socket, and then its line breaks."""
    line, ear, state = Line(), Ear(chance), ServerState()
    bugs: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, bug: bugs.append(bug))
    quick = Limits(idle_s=0.006, message_s=0.003, close_s=0.004, unsent_bytes=20_000)
    line.protocol = made = sockets(lambda _: ear, quick)(CONFIG, state, {})
    made.connection_made(line)
    made.data_received(HEAD)
    hears: dict[str, Callable[[], None]] = {
        "text": lambda: made.data_received(frame(TEXT, b"x" * chance.choice((0, 5, 500)))),
        "part": lambda: made.data_received(frame(TEXT, b"x", final=False)),
        "half": lambda: made.data_received(frame(TEXT, b"half")[:3]),
        "ping": lambda: made.data_received(frame(PING, b"p")),
        "pings": lambda: made.data_received(frame(PING, b"p") * 100),
        "bad": lambda: made.data_received(b"\x81\x00"),
        "close": lambda: made.data_received(frame(CLOSE, (1000).to_bytes(2)) + frame(TEXT)),
        "eof": lambda: line.close() if not made.eof_received() and not line.closing else None,
        "goes": line.goes,
    }
    does: dict[str, Callable[[], None]] = {
        "send": lambda: made.send(text_frame(b"y" * chance.choice((1, 300, 3000)))),
        "end": lambda: made.close(4000, "enough"),
        "shutdown": made.shutdown,
        "stops": line.is_not_read,
        "reads": line.is_read,
        "reset": line.is_reset,
    }
    for step in steps:
        if step in hears and not line.closing and not line.lost:
            hears[step]()
        elif step in does:
            does[step]()
        elif step == "turn":
            await asyncio.sleep(0)
        elif step == "time":
            await asyncio.sleep(0.002)
    line.goes()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not state.connections and not bugs
    return line, ear


def kinds_of(data: bytes) -> list[int]:
    """The kinds of a server's frames, all of which must be whole and in one part."""
    kinds = []
    while data:
        first, size = data[0], data[1]
        start = 2 if size < 126 else 4
        size = size if size < 126 else int.from_bytes(data[2:4])
        assert first & 0xF0 == FINAL and len(data) >= start + size
        kinds.append(first & 15)
        data = data[start + size :]
    return kinds


STEPS = (
    "text part half ping pings bad close eof goes send end shutdown stops reads reset turn time"
).split()
OFTEN = "text send turn stops reads ping".split()


@example(["part", "stops", "send", "turn", "eof", *["time"] * 4], random.Random(0))
@example(["reset", "bad"], random.Random(0))
@example(["pings", "bad"], random.Random(0))  # The newest ping was answered after the close.
@given(
    st.lists(st.sampled_from(OFTEN) | st.sampled_from(STEPS), max_size=25),
    st.randoms(use_true_random=False),
)
def test_it_ends_once_and_says_nothing_after_its_end(
    steps: list[str], chance: random.Random
) -> None:
    line, ear = asyncio.run(live(steps, chance))
    assert ear.heard[0] == "opened" and ear.heard.count("closed") == 1
    turns = [what for what in ear.heard if what in ("paused", "resumed")]
    assert turns == (["paused", "resumed"] * len(turns))[: len(turns)]
    kinds = kinds_of(bytes(line.written).partition(b"\r\n\r\n")[2])
    assert set(kinds) <= {TEXT, CLOSE, PING, PONG} and CLOSE not in kinds[:-1]
