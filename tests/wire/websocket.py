"""A real uvicorn with our socket class on a port of its own, and a client that says any bytes it likes."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from changliao.wire.http import Http
from changliao.wire.socket import Accept, Handshake, Limits, Listener, Socket, sockets, text_frame
from changliao.wire.socket.frames import CLOSE, TEXT
from tests.frames import FINAL, frame
from tests.patience import PATIENCE_S
from tests.wire.served import Quiet, bound

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
PATH = "/v1/socket"
REQUEST = {
    "Host": "x",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Ear(Listener):
    """Notes what it hears; says it back when `echo`."""

    def __init__(self, *, echo: bool = True, bug: str = "") -> None:
        self.echo, self.bug = echo, bug
        self.heard: list[str] = []
        self.texts: list[bytes] = []
        self.codes: list[int] = []
        self._socket: Socket | None = None
        self._news = asyncio.Event()

    @property
    def socket(self) -> Socket:
        assert self._socket is not None
        return self._socket

    def _note(self, what: str) -> None:
        self.heard.append(what)
        self._news.set()
        if what == self.bug:
            raise ZeroDivisionError

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        self._note("opened")

    def said(self, text: bytes) -> None:
        self.texts.append(text)
        self._note("said")
        if self.echo:
            self.socket.send(text_frame(text))

    def paused(self) -> None:
        self._note("paused")

    def resumed(self) -> None:
        self._note("resumed")

    def closed(self, code: int) -> None:
        self.codes.append(code)
        self._note("closed")

    async def until(self, what: str, count: int = 1) -> None:
        """Wait until this was heard so often."""
        async with asyncio.timeout(PATIENCE_S):
            while self.heard.count(what) < count:
                self._news.clear()
                await self._news.wait()


class Client:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def asks(
        self, path: str = PATH, method: str = "GET", **changed: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask for a socket; headers may be `Changed_thus="…"`, or left out by an empty one."""
        named = REQUEST | {name.replace("_", "-"): value for name, value in changed.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        self.says(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.strip().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (r.partition(":") for r in rest)
        }
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers, body

    def says(self, data: bytes) -> None:
        """Send bytes as they are."""
        if not self.writer.is_closing():
            self.writer.write(data)

    def text(self, text: bytes) -> None:
        """Send a text."""
        self.says(frame(TEXT, text, mask=os.urandom(4)))

    async def hears(self) -> tuple[int, bytes]:
        """The next frame of the server: final and kind in one byte, payload."""
        async with asyncio.timeout(PATIENCE_S):
            first, size = await self.reader.readexactly(2)
            assert size < 128, "a server's frame is not masked"
            if size > 125:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
            return first, await self.reader.readexactly(size)

    async def hears_text(self) -> bytes:
        """The next frame, which is a text."""
        first, payload = await self.hears()
        assert first == FINAL | TEXT, (first, payload)
        return payload

    async def is_closed(self) -> int:
        """The code of the close that comes next, after which the line ends (0: an empty one)."""
        first, payload = await self.hears()
        assert first == FINAL | CLOSE, (first, payload)
        await self.is_over()
        return int.from_bytes(payload[:2])

    async def is_over(self) -> None:
        """The server says nothing more and ends the line; so do we."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                assert await self.reader.read() == b""
        self.writer.close()

    def leaves(self) -> None:
        """Hang up without a word."""
        self.writer.transport.abort()


class House:
    """A server whose sockets all have an ear. `ears` are in the order in which they opened."""

    def __init__(
        self, accept: Accept | None = None, limits: Limits | None = None, cert: Path | None = None
    ) -> None:
        self.cert = cert
        self.ears: list[Ear] = []
        self._clients: list[Client] = []
        self.echo, self.bug = True, ""
        self.asked: list[Handshake] = []
        self.bound = bound()
        self.port = int(self.bound.getsockname()[1])
        http = Http([], sockets={PATH: accept or self.accept})
        config = uvicorn.Config(
            http,
            interface="asgi3",
            http="httptools",
            ws=sockets(http.accept, limits),
            lifespan="off",
            log_level="critical",
            timeout_graceful_shutdown=3,
            ssl_certfile=cert,
        )
        self.server = Quiet(config)

    def accept(self, handshake: Handshake) -> Ear:
        """Let anybody in."""
        self.asked.append(handshake)
        self.ears.append(Ear(echo=self.echo, bug=self.bug))
        return self.ears[-1]

    async def knocks(self, limit: int = 64 << 10) -> Client:
        """A client that is connected and has not said anything. Above its limit it does not read."""
        tls = ssl.create_default_context(cafile=self.cert) if self.cert else None
        met = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, limit=limit)
        self._clients.append(Client(*met))
        return self._clients[-1]

    async def enters(self, limit: int = 64 << 10) -> tuple[Client, Ear]:
        """A client whose socket is open, and who hears it."""
        client = await self.knocks(limit)
        assert (await client.asks())[0] == 101
        return client, self.ears[-1]

    async def is_empty(self) -> None:
        """Wait until the server holds no connection any more."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if not self.server.server_state.connections:
                    return
                await asyncio.sleep(0.005)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["House"]:
        """Serve until the end of the block."""
        serving = asyncio.create_task(self.server.serve([self.bound]))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if self.server.started:
                        break
                    await asyncio.sleep(0.005)
            yield self
        finally:
            for client in self._clients:
                client.leaves()
            self.server.should_exit = True
            await serving


Talk = Callable[[House], Coroutine[Any, Any, None]]


def run(loop: str, house: Callable[[], House], talk: Talk) -> None:
    """Let a talk happen in a house, on this loop."""

    async def both() -> None:
        async with house().open() as built, asyncio.timeout(PATIENCE_S):
            await talk(built)

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(both())
