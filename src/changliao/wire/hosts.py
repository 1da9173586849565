"""Several applications behind one server, each under host names of its own."""

from collections.abc import Mapping
from typing import Any

from changliao.wire.http import Http, Receive, Scope, Send
from changliao.wire.socket import Handshake, Listener

_SCHEMES = ("http://", "https://")


class ByHost:
    """Serves each request with the application of its `Host`, and with `other` when it has none.

    Names are authorities as a client writes them: `pay.example.com`, `127.0.0.1:8101`. A request line
    in absolute form (RFC 9112 section 3.2.2), which some clients send to servers too, is served as if
    its origin had been left out; its own authority is the host then.
    """

    def __init__(self, other: Http, named: Mapping[str, Http]) -> None:
        self._other = other
        self._named = {_plain(name): http for name, http in named.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        authority = _authority(scope)
        await self._named.get(authority, self._other)(scope, receive, send)

    def accept(self, handshake: Handshake) -> Listener:
        """Who listens to the WebSocket that is asked for, at the host it is asked at."""
        host = handshake.headers.get(b"host", b"").decode("latin-1")
        return self._named.get(_plain(host), self._other).accept(handshake)

    def farewell(self) -> None:
        """The server is about to end."""
        for http in {*self._named.values(), self._other}:
            http.farewell()


def _authority(scope: Scope) -> str:
    path: str = scope["path"]
    if path[:1] != "/" and path.lower().startswith(_SCHEMES):
        authority = _cut(scope, path)
        if authority:
            return _plain(authority)
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return _plain(host.decode("latin-1"))


def _plain(authority: str) -> str:
    """In small letters, without the port that its scheme has anyway."""
    return authority.lower().removesuffix(":443").removesuffix(":80")


def _cut(scope: Any, path: str) -> str:
    """Take the origin off the target, in both its spellings; what its authority was."""
    _, _, rest = path.partition("://")
    authority, _, local = rest.partition("/")
    scope["path"] = "/" + local
    raw = bytes(scope.get("raw_path") or b"")
    if b"://" in raw:
        scope["raw_path"] = b"/" + raw.partition(b"://")[2].partition(b"/")[2]
    return authority.rpartition("@")[2]
