"""The ASGI application: finds the route, decodes the body, asks the guard, answers in JSON."""

import asyncio
import logging
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import msgspec

from changliao.kernel.refusal import Refusal
from changliao.wire.call import Answer, Call
from changliao.wire.problems import broken as told_of_bug
from changliao.wire.problems import problem
from changliao.wire.refusals import (
    BadJson,
    BadRequest,
    BodyTooLarge,
    BodyTooSlow,
    CrossSite,
    MethodNotAllowed,
    RouteNotFound,
    UpgradeRequired,
    WrongContentType,
)
from changliao.wire.routes import EMPTY, UNCHANGED, Route, Router
from changliao.wire.socket import Accept, Handshake, Listener

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("changliao.http")

BODY_TIMEOUT_S = 30
STREAM_TIMEOUT_S = 3600
"""How long a streamed body may take as a whole; between two pieces of it, BODY_TIMEOUT_S."""

_JSON = msgspec.json.Encoder()
_AT = re.compile(r" - at `\$\.?(.*?)`$")
_FIELD = re.compile(r"field `(\w+)`")
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SAFE = ("GET", "HEAD", "OPTIONS")
_BODILESS = (EMPTY, UNCHANGED)  # RFC 9110 sections 8.6 and 15.4.5
_FIXED = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def page_policy(frames: Sequence[str] = ()) -> str:
    """Our content security policy, for a page that shows others' pages of these origins in a frame."""
    return f"{PAGE_POLICY}; frame-src {' '.join(frames)}" if frames else PAGE_POLICY


class _HungUp(Exception):
    """The caller went away before the request was whole; nobody waits for an answer."""


class Http:
    """Serves the routes. Below `/static/` it asks `assets`, when given. `sockets` says who takes a
    WebSocket at which path, `farewell` says to those that are open what they should hear before the end.

    `refused(refusal, request_id, path)` and `broken(request_id)` say how this application words what
    it refuses and what is a bug of ours; problem+json unless given.
    """

    def __init__(
        self,
        routes: list[Route],
        *,
        assets: Callable[[Call, str], Answer] | None = None,
        start: Callable[[], Awaitable[None]] | None = None,
        stop: Callable[[], Awaitable[None]] | None = None,
        body_timeout_s: float = BODY_TIMEOUT_S,
        stream_timeout_s: float = STREAM_TIMEOUT_S,
        refused: "Callable[[Refusal, str, str], Answer] | None" = None,
        broken: "Callable[[str], Answer] | None" = None,
        sockets: Mapping[str, Accept] | None = None,
        farewell: Callable[[], None] | None = None,
    ) -> None:
        self.routes = routes
        self._sockets, self._farewell = dict(sockets or {}), farewell
        self._refused, self._broken = refused or problem, broken or told_of_bug
        self._body_timeout_s, self._stream_timeout_s = body_timeout_s, stream_timeout_s
        self._router = Router(routes)
        self._assets, self._start, self._stop = assets, start, stop
        self._decoders = {
            id(route): msgspec.json.Decoder(route.body) for route in routes if route.body
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":  # Only a server without our own class asks so.
            await send({"type": "websocket.close", "code": 1000})

    def accept(self, handshake: Handshake) -> Listener:
        """Who listens to the WebSocket that is asked for; RouteNotFound where there is none."""
        accept = self._sockets.get(handshake.path)
        if accept is None:
            raise RouteNotFound
        return accept(handshake)

    def farewell(self) -> None:
        """The server is about to end; its sockets are still open."""
        if self._farewell is not None:
            self._farewell()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods, values = self._router.find(scope["path"])
        request_id = "req_" + os.urandom(9).hex()
        head_only = scope["method"] == "HEAD"
        route = methods.get("GET" if head_only else scope["method"]) if methods else None
        try:
            if route is not None:
                body = b"" if route.streamed else await self._body(scope, receive, route)
                call = Call(scope, body, request_id)
                call.path_values = values
                answer = await self._answer(route, call, receive)
            elif methods is not None:
                raise MethodNotAllowed(f"This address takes {', '.join(sorted(methods))}.")
            else:
                answer = self._asset(Call(scope, b"", request_id))
        except _HungUp:
            return
        except Refusal as refusal:
            answer = self._refused(refusal, request_id, scope["path"])
        except Exception:
            log.exception(
                "bug while answering %s %s (%s)", scope["method"], scope["path"], request_id
            )
            answer = self._broken(request_id)
        await _send(send, answer, request_id, head_only)

    async def _answer(self, route: Route, call: Call, receive: Receive) -> Answer:
        if route.guard is not None:
            call.who = await route.guard(call)
        if route.streamed:
            _check_length(call.headers.get(b"content-length"), route.body_max)
            pieces = self._pieces(receive, route.body_max)
            said = await route.handler(call, *call.path_values, pieces)
        elif route.body is None:
            said = await route.handler(call, *call.path_values)
        else:
            said = await route.handler(call, *call.path_values, self._decode(route, call))
        if type(said) is Answer:
            return said
        return Answer(_JSON.encode(said), status=route.status)

    async def _body(self, scope: Scope, receive: Receive, route: Route) -> bytes:
        """The whole body, refused as soon as it is known to be too large. A part of one is none: a
        refund whose body was lost on the way would be a refund of everything."""
        if scope["method"] in _SAFE:
            return b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                _check_length(value, route.body_max)
        try:
            async with asyncio.timeout(self._body_timeout_s):
                return await _received(receive, route.body_max)
        except TimeoutError:
            raise BodyTooSlow(field="body") from None

    async def _pieces(self, receive: Receive, most: int) -> AsyncIterator[bytes]:
        """The body as it comes. Refused when it is too large or too slow, or stands still; when the
        caller goes away, so does the handler."""
        ends_at = monotonic_s() + self._stream_timeout_s
        got, more = 0, True
        while more:
            wait_s = min(self._body_timeout_s, ends_at - monotonic_s())
            try:
                async with asyncio.timeout(max(wait_s, 0)):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlow(field="body") from None
            if message["type"] == "http.disconnect":
                raise _HungUp
            piece, more = message.get("body", b""), message.get("more_body", False)
            got += len(piece)
            if got > most:
                raise BodyTooLarge(field="body")
            if piece:
                yield piece

    def _asset(self, call: Call) -> Answer:
        if call.path in self._sockets:
            raise UpgradeRequired
        if self._assets is None or not call.path.startswith("/static/") or call.method not in _SAFE:
            raise RouteNotFound
        return self._assets(call, call.path.removeprefix("/static/"))

    def _decode(self, route: Route, call: Call) -> Any:
        kind = call.header("content-type").partition(";")[0].strip().lower()
        if call.body and kind != "application/json":
            raise WrongContentType(field="Content-Type")
        if holds_zero(call.body):
            raise BadRequest("A text holds a zero byte.", field="body")
        try:
            return self._decoders[id(route)].decode(call.body or b"{}")
        except msgspec.ValidationError as error:
            raise _bad_shape(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BadJson(field="body") from None

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._start:
                    await self._start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._stop:
                    await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def holds_zero(text: bytes) -> bool:
    """Whether a text of this JSON holds a zero byte, which not every database can keep."""
    return b"\\u0000" in text and _ZERO.search(text) is not None


def _check_length(announced: bytes | None, most: int) -> None:
    """Refuse a body as soon as its length is known to be too large, or to be none."""
    if announced is None:
        return
    if not announced.isdigit() or len(announced) >= 20 or int(announced) > most:
        raise BodyTooLarge(field="body")


async def _received(receive: Receive, most: int) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        body += message.get("body", b"")
        if len(body) > most:
            raise BodyTooLarge(field="body")
        more = message.get("more_body", False)
    return body


def _bad_shape(text: str) -> Refusal:
    """msgspec's sentence, with the field picked out of it."""
    at, named = _AT.search(text), _FIELD.search(text)
    path = at[1] if at else ""
    field = ".".join(part for part in (path, named[1] if named else "") if part)
    return BadRequest(_AT.sub("", text) + ".", field=field or "body")


def same_site(call: Call) -> None:
    """Refuse what another site's page sent with our cookie (Fetch Metadata, W3C; Origin, RFC 6454)."""
    if call.method in _SAFE:
        return
    fetch_site = call.header("sec-fetch-site")
    if fetch_site:
        if fetch_site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = call.header("origin")
    host = origin.partition("://")[2]
    if not host or host != call.header("host"):
        raise CrossSite


def html(text: str, status: int = 200, frames: Sequence[str] = ()) -> Answer:
    """A page under our content security policy, which may frame pages of these origins."""
    return Answer(
        text.encode(),
        status,
        "text/html; charset=utf-8",
        (("content-security-policy", page_policy(frames)), ("x-frame-options", "DENY")),
    )


async def _send(send: Send, answer: Answer, request_id: str, head_only: bool) -> None:
    about_body = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
    ]
    if answer.stream is not None:
        about_body.pop()  # Nobody knows yet how long it will be.
    headers = [
        *(about_body if answer.status not in _BODILESS else ()),
        (b"x-request-id", request_id.encode()),
        *_FIXED,
        *((name.encode(), value.encode("latin-1")) for name, value in answer.headers),
    ]
    if not any(name == "cache-control" for name, _ in answer.headers):
        headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.stream is not None and not head_only:
        async for piece in answer.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if head_only else answer.body})


def monotonic_s() -> float:
    """Seconds that only grow, for measuring and limiting."""
    return time.monotonic()
