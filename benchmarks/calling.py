"""HTTP/1.1 over keep-alive sockets, as cheap as it gets, so that the caller is not what is measured."""

import asyncio
import collections
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

R = TypeVar("R")

AT_ONCE = 64
TRIES = 60
"""How often a request is sent again that was refused as too many, or whose connection broke."""

_LENGTH = b"content-length: "


class Refused(Exception):
    """The platform said no where yes was expected."""

    def __init__(self, asked: str, status: int, body: bytes) -> None:
        super().__init__(f"{asked}: {status} {body.decode('utf-8', 'replace')[:400]}")
        self.status, self.body = status, body

    @property
    def code(self) -> str:
        """The stable code of the refusal, or empty."""
        try:
            return str(msgspec.json.decode(self.body).get("code", ""))
        except (msgspec.DecodeError, AttributeError):
            return ""


class Broken(ConnectionError):
    """The connection ended before the answer was whole."""


def request(
    method: str, path: str, host: str, body: bytes = b"", *, token: str = "", key: str = ""
) -> bytes:
    """A whole request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if key:
        lines.append(f"idempotency-key: {key}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    elif method != "GET":
        lines.append("content-length: 0")
    return "\r\n".join([*lines, "\r\n"]).encode() + body


class Line(asyncio.Protocol):
    """One connection that carries one request at a time. Answers must tell their length, as ours do."""

    def __init__(self) -> None:
        self._got = b""
        self._whole = 0
        self._body_at = 0
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: the transports of uvloop honour asyncio.Transport without being one.
        self._transport, self.open = cast(asyncio.Transport, transport), True

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(Broken("the connection ended before the answer was whole"))

    def data_received(self, piece: bytes) -> None:
        got = self._got = self._got + piece if self._got else piece
        if not self._whole:
            end = got.find(b"\r\n\r\n")
            if end < 0:
                return
            self._body_at = end + 4
            at = got.find(_LENGTH, 0, end)
            if at < 0:
                self._whole = self._body_at
            else:
                at += len(_LENGTH)
                self._whole = self._body_at + int(got[at : got.find(b"\r\n", at)])
        if len(got) < self._whole:
            return
        body, status = got[self._body_at : self._whole], int(got[9:12])
        self._got, self._whole = got[self._whole :], 0
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result((status, body))

    def ask(self, sent: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request; the future is its status and body, or Broken."""
        future = asyncio.get_running_loop().create_future()
        if not self.open or self._transport is None:
            future.set_exception(Broken("not connected"))
            return future
        self._waiting = future
        self._transport.write(sent)
        return future

    def close(self) -> None:
        """Let the connection go."""
        if self._transport is not None:
            self._transport.abort()


async def connect(url: str) -> Line:
    """A line to the server of this address."""
    parts = urlsplit(url)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, parts.hostname or "", port, ssl=secure)
    return line


class Client:
    """JSON in, JSON out, over a few lines that come back by themselves."""

    def __init__(self, url: str, at_once: int = AT_ONCE) -> None:
        self.url = url.rstrip("/")
        self.host = urlsplit(self.url).netloc
        self._idle: list[Line] = []
        self._places = asyncio.Semaphore(at_once)

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", key: str = ""
    ) -> Any:
        """One request; the decoded answer, or Refused. Waits and asks again when told to, and when
        the connection breaks: everything sent here may be sent twice."""
        text = msgspec.json.encode(body) if body is not None else b""
        sent = request(method, path, self.host, text, token=token, key=key)
        for left in reversed(range(TRIES)):
            try:
                status, answer = await self._send(sent)
            except OSError:
                if not left:
                    raise
                await asyncio.sleep(0.1)
                continue
            if status in (429, 503) and left:
                await asyncio.sleep(0.2)
                continue
            if status >= 400:
                raise Refused(f"{method} {path}", status, answer)
            return msgspec.json.decode(answer) if answer else None
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Let the connections go."""
        while self._idle:
            self._idle.pop().close()

    async def _send(self, sent: bytes) -> tuple[int, bytes]:
        async with self._places:
            line = self._idle.pop() if self._idle else await connect(self.url)
            if not line.open:
                line = await connect(self.url)
            answer = await line.ask(sent)
            self._idle.append(line)
            return answer


@asynccontextmanager
async def client(url: str, at_once: int = AT_ONCE) -> AsyncIterator[Client]:
    """A client for as long as the block lasts."""
    one = Client(url, at_once)
    try:
        yield one
    finally:
        one.close()


async def in_turn(work: Iterable[Coroutine[Any, Any, R]], at_once: int = AT_ONCE) -> list[R]:
    """The answers of all the work, so many under way at a time; the first trouble ends it."""
    waiting = collections.deque(enumerate(work))
    done: dict[int, R] = {}

    async def one() -> None:
        while waiting:
            place, job = waiting.popleft()
            done[place] = await job

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one())
    return [done[place] for place in sorted(done)]
