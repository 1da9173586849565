"""HTTP/1.1 for uvicorn: one task and one write for each request, and one timer for each connection.

uvicorn's own class arms a timer, an event and two writes for every request and checks our headers by
regular expressions; on a payment that was a tenth of all the time (docs/decisions/0003).
"""

import asyncio
import http
import logging
from collections import deque
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from changliao.wire.http import WHOLE_BODY

HEAD_MAX = 65536
"""Bytes of a request's line and headers."""

BODY_AHEAD_MAX = 65536
"""Bytes of a body that may wait for the application to take them."""

WAITING_MAX = 100
"""Requests that may wait for the answer to the one before; while more would come, nothing is read."""

log = logging.getLogger("changliao.http")

_VERSIONS = ("1.0", "1.1")
_STATUS = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in http.HTTPStatus
}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_BODY = (204, 304)


class HttpProtocol(asyncio.Protocol):
    """One connection. Requests that come before an answer is out wait for their turn."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.config, self.server_state, self.app_state = config, server_state, app_state
        self.app = config.loaded_app
        self.loop = _loop or asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._current: _Exchange | None = None  # Being answered.
        self._arriving: _Exchange | None = None  # Its body is not whole yet.
        self._next: deque[_Exchange] = deque()
        self._since = self.loop.time()  # When the peer last did something we wait for.
        self._watch: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._ending = False  # No further request is begun.
        self._deaf = False  # What still comes is not for us: nothing of it is carried out.
        self._in_head = False

    # The connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(
            asyncio.Transport, transport
        )  # uvloop's honours it without being one.
        self.server_state.connections.add(self)  # type: ignore[arg-type]
        self._server, self._client = get_local_addr(self.transport), get_remote_addr(self.transport)
        self._scheme = "https" if is_ssl(self.transport) else "http"
        self._look_later(self.config.timeout_keep_alive)

    def connection_lost(self, error: Exception | None) -> None:
        self.server_state.connections.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        for exchange in (self._current, self._arriving, *self._next):
            if exchange is not None:
                exchange.hang_up()
        self._next.clear()
        self.resume_writing()

    def shutdown(self) -> None:
        """Close as soon as what has begun is answered."""
        self._ending = True
        if self._current is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError:
            self._refuse(400)

    def pause_writing(self) -> None:
        self._writable = self.loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # What httptools finds -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._since = self.loop.time()
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._size = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._grown(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # What stands after a chunked body adds nothing to what was said before.
            self._headers.append((name.lower(), value))
        self._grown(len(name) + len(value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._in_head = False
        if self._deaf or (parser.should_upgrade() and self._to_websocket()):
            return
        version = parser.get_http_version()
        if version not in _VERSIONS:
            self._refuse(505)
            return
        url = httptools.parse_url(self._url)
        raw_path = url.path or b"/"
        path = raw_path.decode("ascii")
        scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": url.query or b"",
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
            "state": self.app_state.copy(),
        }
        stays = version == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        exchange = self._arriving = _Exchange(self, scope, stays)
        if self._current is None:
            self._begin(exchange)
        else:
            self._next.append(exchange)
            if len(self._next) >= WAITING_MAX:
                self.transport.pause_reading()

    def on_body(self, body: bytes) -> None:
        if self._arriving is not None:
            self._arriving.more(body)

    def on_message_complete(self) -> None:
        if self._arriving is not None:
            self._deaf = not self._arriving.stays
            self._arriving.whole()
            self._arriving = None

    # Answering ------------------------------------------------------------------------------

    async def writable(self) -> None:
        """Wait while the peer does not read what we have written."""
        if self._writable is not None:
            await self._writable

    def answered(self, exchange: "_Exchange") -> None:
        """The answer is out: go on with the next request, wait for one, or close."""
        self.server_state.total_requests += 1
        self._current = None
        if self.transport.is_closing():
            return
        # Whoever is answered before the body is whole would have the rest of it read as a request.
        if not exchange.stays or self._ending or self._arriving is exchange:
            self.transport.close()
            return
        self._since = self.loop.time()
        if self._next:
            self._begin(self._next.popleft())
            if len(self._next) == WAITING_MAX // 2:
                self.transport.resume_reading()

    def date(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer; uvicorn renews them each second."""
        return self.server_state.default_headers

    def _begin(self, exchange: "_Exchange") -> None:
        self._current = exchange
        task = self.loop.create_task(exchange.run(self.app))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    def _grown(self, size: int) -> None:
        self._size += size
        if self._size > HEAD_MAX:
            self._refuse(431)

    def _refuse(self, status: int) -> None:
        """End a connection that does not speak HTTP as it should; nothing of it is carried out."""
        self._deaf = True
        if self.transport.is_closing():
            return
        if self._current is None:
            self.transport.write(
                _STATUS[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()

    def _look_later(self, seconds: float) -> None:
        self._watch = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """Close a connection on which no request has become whole, or begun, for too long."""
        left = self._since + self.config.timeout_keep_alive - self.loop.time()
        if self._current is None and left <= 0:
            self.transport.close()
        else:
            self._look_later(max(left, 1.0))

    # WebSockets -----------------------------------------------------------------------------

    def _to_websocket(self) -> bool:
        wanted = any(n == b"upgrade" and v.lower() == b"websocket" for n, v in self._headers)
        return wanted and self.config.ws_protocol_class is not None

    def _upgrade(self) -> None:
        """Hand the connection over; what it is not handed over for is answered and then closed."""
        if not self._to_websocket() or self.config.ws_protocol_class is None:
            return
        self.server_state.connections.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        lines = [self._parser.get_method(), b" ", self._url, b" HTTP/1.1\r\n"]
        for name, value in self._headers:
            lines += [name, b": ", value, b"\r\n"]
        protocol = self.config.ws_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join([*lines, b"\r\n"]))
        self.transport.set_protocol(protocol)


_ASGI = {"version": "3.0", "spec_version": "2.3"}


class _Exchange:
    """One request and its answer, as ASGI sees them."""

    __slots__ = (
        "_body",
        "_gone",
        "_head",
        "_protocol",
        "_scope",
        "_started",
        "_taken",
        "_taken_some",
        "_waits",
        "_whole",
        "done",
        "stays",
    )

    def __init__(self, protocol: HttpProtocol, scope: dict[str, Any], stays: bool) -> None:
        self._protocol, self._scope, self.stays = protocol, scope, stays
        self._body = b""
        self._whole = self._taken = self._taken_some = self._gone = self._started = self.done = (
            False
        )
        self._waits: asyncio.Future[None] | None = None
        self._head: dict[str, Any] = {}

    async def run(self, app: Any) -> None:
        """Let the application answer."""
        try:
            await app(self._scope, self.receive, self.send)
        except Exception:
            log.exception("the application itself failed")
        if not self.done and not self._gone:  # It gave up, or broke in the middle of its answer.
            self._protocol.transport.close()
            self._protocol.answered(self)

    # From the peer --------------------------------------------------------------------------

    def more(self, body: bytes) -> None:
        """A part of the body."""
        self._body = self._body + body if self._body else body
        if len(self._body) > BODY_AHEAD_MAX:
            self._protocol.transport.pause_reading()
        self._wake()

    def whole(self) -> None:
        """That was all of it."""
        self._whole = True
        if not self._taken_some:
            self._scope[WHOLE_BODY] = self._body
        self._wake()

    def hang_up(self) -> None:
        """Nobody waits for the answer any more."""
        self._gone = True
        self._wake()

    def _wake(self) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    # For the application --------------------------------------------------------------------

    async def receive(self) -> dict[str, Any]:
        """The body as far as it has come; after the last of it, that the peer is gone."""
        transport = self._protocol.transport
        while not (self._gone or ((self._body or self._whole) and not self._taken)):
            if not self._whole and not self._started:
                if (b"expect", b"100-continue") in self._scope["headers"]:
                    transport.write(_CONTINUE)
                transport.resume_reading()
            self._waits = self._protocol.loop.create_future()
            await self._waits
        if self._gone:
            return {"type": "http.disconnect"}
        body, self._body, self._taken = self._body, b"", self._whole
        self._taken_some = True
        return {"type": "http.request", "body": body, "more_body": not self._whole}

    async def send(self, message: dict[str, Any]) -> None:
        """The answer's head is kept until its body comes, so that both go out together."""
        if self._gone:
            return
        protocol = self._protocol
        if message["type"] == "http.response.start":
            self._head = message
            return
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        if not self._started:
            self._started = True
            if self._scope["method"] == "HEAD":
                body = b""
            body = self._headed() + body
        protocol.transport.write(body)
        await protocol.writable()
        if not more:
            self.done = True
            protocol.answered(self)

    def _headed(self) -> bytes:
        """Status and headers as bytes. A header with a line break in it is a bug, and a way in."""
        status: int = self._head["status"]
        lines = [_STATUS[status]]
        measured = False
        for name, value in (*self._protocol.date(), *self._head["headers"]):
            if b"\n" in value or b"\r" in value:
                raise ValueError(f"a line break in the header {name!r}")
            measured = measured or name == b"content-length"
            lines += (name, b": ", value, b"\r\n")
        if not measured and status not in _NO_BODY:
            self.stays = False  # Its end is where the connection ends.
        if not self.stays:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)
