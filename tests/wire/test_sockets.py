"""HTTP/1.1 on a real socket: requests in pieces, bundled, smuggled, broken off; refused is not done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from changliao.kernel.value import Value
from changliao.wire.call import Answer, Call
from changliao.wire.http import Http
from changliao.wire.routes import Route
from changliao.wire.serving import served
from tests.patience import PATIENCE_S

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
KEEP_ALIVE_S = 1
STREAM_MAX, STREAM_TIMEOUT_S = 10**6, 0.6
FILE = b"0123456789"


class Order(Value, frozen=True):
    """What a test asks for; left out means everything."""

    amount: int = 0


class Server:
    """A server with a few routes: POST /orders, which notes what it did, GET /slow, PUT /stream."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.hold = asyncio.Event()
        self.streamed = asyncio.Event()
        self.begun = False
        routes = [
            Route("POST", "/orders", self._order, body=Order),
            Route("POST", "/large", self._order, body=Order, body_max=10**7),
            Route("GET", "/slow", self._slow),
            Route("GET", "/who", self._who),
            Route("PUT", "/stream", self._stream, streamed=True, body_max=STREAM_MAX),
            Route("GET", "/file", self._file),
        ]
        config = uvicorn.Config(
            Http(routes, body_timeout_s=0.3, stream_timeout_s=STREAM_TIMEOUT_S),
            http="httptools",
            timeout_keep_alive=KEEP_ALIVE_S,
            log_level="warning",
        )
        config.load()
        self.state = ServerState()
        self._config = config

    async def _order(self, call: Call, order: Order) -> dict[str, int]:
        self.done.append(("order", order.amount))
        return {"amount": order.amount}

    async def _slow(self, call: Call) -> dict[str, str]:
        await self.hold.wait()
        self.done.append(("slow", call.param("n")))
        return {"n": call.param("n")}

    async def _who(self, call: Call) -> Answer:
        return Answer(call.header("authorization").encode() or b"nobody", content_type="text/plain")

    async def _stream(self, call: Call, pieces: AsyncIterator[bytes]) -> dict[str, int]:
        size, self.begun = 0, True
        try:
            async for piece in pieces:
                size += len(piece)
        finally:
            self.done.append(("streamed", size))
            self.streamed.set()
        return {"size": size}

    async def _file(self, call: Call) -> Answer:
        async def pieces(start: int, stop: int) -> AsyncIterator[bytes]:
            for place in range(start, stop, 4):
                yield FILE[place : min(place + 4, stop)]

        async def read(start: int, stop: int) -> AsyncIterator[bytes]:
            return pieces(start, stop)

        return await served(call, len(FILE), "tag", "text/plain", (), read)

    async def start(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpToolsProtocol(self._config, self.state, {}, loop), "127.0.0.1", 0
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything, so that no socket is left to the garbage."""
        self._server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.02)


class Peer:
    """A socket to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    @classmethod
    async def of(cls, port: int) -> "Peer":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def says(self, *pieces: bytes) -> None:
        """Send pieces with a breath between them."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.01)

    async def hears(self) -> tuple[int, bytes]:
        """The next answer's status and body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, await self._reader.readexactly(length)

    async def is_over(self) -> bool:
        """Whether the server says nothing more and closes."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self._reader.read() == b""
            except ConnectionResetError:
                return True


Talk = Callable[[Server, Peer], Coroutine[Any, Any, None]]


@pytest.fixture(params=LOOPS)
def meet(request: pytest.FixtureRequest) -> Callable[[Talk], None]:
    """Let a talk happen, on asyncio's loop and on uvloop's."""

    def run(talk: Talk) -> None:
        async def both() -> None:
            server = Server()
            peer = await Peer.of(await server.start())
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await talk(server, peer)
            finally:
                peer.writer.close()
                await server.stop()

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(both())

    return run


Meet = Callable[[Talk], None]
JSON = b"content-type: application/json\r\n"


def post(body: bytes, *headers: bytes, path: bytes = b"/orders") -> bytes:
    """A request with a length."""
    lines = b"".join(header + b"\r\n" for header in headers)
    head = b"POST %s HTTP/1.1\r\nhost: x\r\n%s%s" % (path, JSON, lines)
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


def test_one_connection_serves_many_requests(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        for amount in (1, 2, 3):
            await peer.says(post(b'{"amount":%d}' % amount))
            assert await peer.hears() == (200, b'{"amount":%d}' % amount)
        assert server.done == [("order", 1), ("order", 2), ("order", 3)]

    meet(talk)


def test_a_request_may_come_byte_by_byte(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        request = post(b'{"amount":7}')
        for place in range(len(request)):
            peer.writer.write(request[place : place + 1])
            await asyncio.sleep(0)
        assert await peer.hears() == (200, b'{"amount":7}')

    meet(talk)


def test_requests_sent_without_waiting_are_answered_in_their_order(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        gets = b"".join(b"GET /slow?n=%d HTTP/1.1\r\nhost: x\r\n\r\n" % n for n in range(50))
        await peer.says(gets + post(b'{"amount":9}'))
        assert server.done == []
        server.hold.set()
        for number in range(50):
            assert await peer.hears() == (200, b'{"n":"%d"}' % number)
        assert await peer.hears() == (200, b'{"amount":9}')
        assert len(server.done) == 51

    meet(talk)


def test_a_body_in_chunks_is_one_body(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        head = (
            b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b"transfer-encoding: chunked\r\n\r\n"
        )
        await peer.says(head, b'5\r\n{"amo\r\n', b'7;x=y\r\nunt":1}\r\n', b"0\r\n\r\n")
        assert await peer.hears() == (200, b'{"amount":1}')
        await peer.says(post(b'{"amount":2}'))
        assert await peer.hears() == (200, b'{"amount":2}')

    meet(talk)


CUT_OFF = [
    b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b"content-length: 12\r\n\r\n",
    b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b'content-length: 12\r\n\r\n{"amount"',
    b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b"transfer-encoding: chunked\r\n\r\n",
    b"POST /orders HTTP/1.1\r\nhost: x\r\n"
    + JSON
    + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
    b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b"content-length: 2\r\n",
]


@pytest.mark.parametrize("request_", CUT_OFF, ids=range(5))
def test_a_request_that_breaks_off_is_not_done(meet: Meet, request_: bytes) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(request_)
        peer.writer.close()
        await asyncio.sleep(0.1)
        assert server.done == []

    meet(talk)


@pytest.mark.parametrize("request_", CUT_OFF[:4], ids=range(4))
def test_a_body_whose_end_never_comes_is_refused_and_not_done(meet: Meet, request_: bytes) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(request_)
        status, said = await peer.hears()
        assert status == 408 and b"body_too_slow" in said
        assert server.done == []

    meet(talk)


MALFORMED = {
    "two ways to tell the length": b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
    "a length that is none": b"content-length: two\r\n\r\n{}",
    "a length below nothing": b"content-length: -2\r\n\r\n{}",
    "another coding": b"transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunked not last": b"transfer-encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a chunk of no size": b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": b"transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a name with space": b"content-length : 2\r\n\r\n{}",
    "a header without colon": b"content-length 2\r\n\r\n{}",
    "a zero byte": b"x: a\0b\r\ncontent-length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("rest", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_http_is_refused_and_not_done(meet: Meet, rest: bytes) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + rest)
        await peer.says(post(b'{"amount":666}'))
        heard = await peer._reader.read()
        assert heard == b"" or heard.split(b" ")[1] == b"400"
        assert server.done == []

    meet(talk)


@pytest.mark.parametrize(
    "line",
    [
        b"P\xf6ST /orders HTTP/1.1",
        b"POST /ord\xe9rs HTTP/1.1",
        b"POST orders HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=range(4),
)
def test_a_first_line_that_is_none_is_refused(meet: Meet, line: bytes) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(line + b"\r\nhost: x\r\n" + JSON + b"content-length: 2\r\n\r\n{}")
        heard = await peer._reader.read()
        assert heard == b"" or heard.split(b" ")[1] in (b"400", b"404")
        assert server.done == []

    meet(talk)


@pytest.mark.parametrize("size", [65537, 90_000, 10_000_000])
def test_a_body_that_is_too_large_is_refused_early(meet: Meet, size: int) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(
            b"POST /orders HTTP/1.1\r\nhost: x\r\n" + JSON + b"content-length: %d\r\n\r\n" % size
        )
        status, said = await peer.hears()
        assert status == 413 and b"body_too_large" in said
        assert server.done == []

    meet(talk)


def test_whoever_waits_to_be_told_to_go_on_is_told(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        request = post(b'{"amount":1}', b"expect: 100-continue")
        head, body = request[:-12], request[-12:]
        await peer.says(head)
        assert await peer._reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await peer.says(body)
        assert await peer.hears() == (200, b'{"amount":1}')

    meet(talk)


@pytest.mark.parametrize("request_", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nconnection: close\r\n"])
def test_whoever_asks_for_the_end_gets_it_after_the_answer(meet: Meet, request_: bytes) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(b"GET /who " + request_ + b"host: x\r\n\r\n" + post(b"{}"))
        assert await peer.hears() == (200, b"nobody")
        assert await peer.is_over()
        assert server.done == []

    meet(talk)


# Bodies and answers that are streamed ---------------------------------------------------------


def put(length: int) -> bytes:
    """The head of a streamed upload."""
    return b"PUT /stream HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % length


def test_a_streamed_body_comes_piece_by_piece_and_is_no_json(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        piece = bytes(range(256)) * 1000
        await peer.says(put(3 * len(piece)), piece, piece, piece)
        assert await peer.hears() == (200, b'{"size":768000}')
        await peer.says(put(0))
        assert await peer.hears() == (200, b'{"size":0}')

    meet(talk)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_streamed_body_that_is_too_large_is_refused(meet: Meet, chunked: bool) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        if chunked:
            head = b"PUT /stream HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            await peer.says(head, *[b"186a0\r\n" + bytes(100_000) + b"\r\n"] * 11, b"0\r\n\r\n")
        else:
            await peer.says(put(STREAM_MAX + 1))
        status, told = await peer.hears()
        assert (status, b"body_too_large" in told) == (413, True)
        assert server.begun is chunked

    meet(talk)


def test_a_streamed_body_that_stands_still_is_refused(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(put(100), b"half of it")
        status, told = await peer.hears()
        assert (status, b"body_too_slow" in told) == (408, True)
        assert server.done == [("streamed", 10)]

    meet(talk)


def test_a_streamed_body_that_only_trickles_is_refused_as_well(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(put(10_000))
        while not server.done:
            await peer.says(b".")
        status, told = await peer.hears()
        assert (status, b"body_too_slow" in told) == (408, True)

    meet(talk)


def test_a_streamed_body_that_is_cut_off_ends_its_handler(meet: Meet) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        await peer.says(put(100), b"half of it")
        peer.writer.close()
        await server.streamed.wait()
        assert server.done == [("streamed", 10)]

    meet(talk)


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        (b"", 200, FILE),
        (b"range: bytes=2-4\r\n", 206, b"234"),
        (b"range: bytes=0-\r\n", 206, FILE),
        (b"range: bytes=-3\r\n", 206, b"789"),
        (b'range: bytes=2-4\r\nif-range: "tag"\r\n', 206, b"234"),
        (b'range: bytes=2-4\r\nif-range: "old"\r\n', 200, FILE),
        (b'if-none-match: "old", W/"tag"\r\n', 304, b""),
    ],
)
def test_a_file_is_served_whole_in_part_or_not_again(
    meet: Meet, headers: bytes, status: int, body: bytes
) -> None:
    async def talk(server: Server, peer: Peer) -> None:
        for _ in range(2):  # The connection is left as it should be.
            await peer.says(b"GET /file HTTP/1.1\r\nhost: x\r\n" + headers + b"\r\n")
            assert await peer.hears() == (status, body)

    meet(talk)
