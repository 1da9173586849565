"""The opening handshake (RFC 6455, section 4.2): an HTTP request, checked, and what is answered to it."""

import base64
import binascii
import hashlib
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from changliao.kernel.value import Value
from changliao.wire.call import Answer
from changliao.wire.refusals import BadUpgrade, UpgradeRequired

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)


class Handshake(Value, frozen=True):
    """What came with the upgrade. Names of headers are in small letters; `client_ip` and `secure` are
    what a proxy that is trusted says, else what the connection is."""

    path: str
    query: str
    headers: dict[bytes, bytes]
    client_ip: str
    secure: bool

    def __repr__(self) -> str:
        return f"Handshake({self.path!r} from {self.client_ip})"  # Headers and query hold secrets.


def asked(head: bytes, client_ip: str, secure: bool, trusted: Any = ()) -> Handshake:
    """The request as a handshake. Refuses BadUpgrade, and UpgradeRequired for another version.

    `trusted` are the proxies whose word on the client's address is taken: uvicorn's own list.
    """
    first, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    method, _, rest = first.partition(b" ")
    headers = _headers(lines)
    if method != b"GET":
        raise BadUpgrade("A WebSocket is asked for by GET.")
    if not headers.get(b"host"):
        raise BadUpgrade(field="Host")
    if b"upgrade" not in _tokens(headers, b"connection"):
        raise BadUpgrade(field="Connection")
    if b"websocket" not in _tokens(headers, b"upgrade"):
        raise BadUpgrade(field="Upgrade")
    if headers.get(b"sec-websocket-version") != b"13":
        raise UpgradeRequired(field="Sec-WebSocket-Version")
    if not _is_key(headers.get(b"sec-websocket-key", b"")):
        raise BadUpgrade("The key is 16 bytes in base64.", field="Sec-WebSocket-Key")
    target, _, query = rest.rpartition(b" ")[0].decode("latin-1").partition("?")
    if client_ip in trusted:
        client_ip, secure = _forwarded(headers, client_ip, secure, trusted)
    return Handshake(unquote(target), query, headers, client_ip, secure)


def _headers(lines: list[bytes]) -> dict[bytes, bytes]:
    """Headers by name; one that comes more than once is joined, as RFC 9110 section 5.3 reads it."""
    found: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        before = found.get(name)
        between = b"; " if name == b"cookie" else b", "
        found[name] = value if before is None else before + between + value
    return found


def _tokens(headers: dict[bytes, bytes], name: bytes) -> list[bytes]:
    return [token.strip().lower() for token in headers.get(name, b"").split(b",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False


def _forwarded(
    headers: dict[bytes, bytes], client_ip: str, secure: bool, trusted: Any
) -> tuple[str, bool]:
    scheme = headers.get(b"x-forwarded-proto", b"").decode("latin-1")
    if scheme in ("http", "https", "ws", "wss"):
        secure = scheme in ("https", "wss")
    said = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    if said:
        client_ip = trusted.get_trusted_client_address(said)[0] or client_ip
    return client_ip, secure


def switching(key: bytes) -> bytes:
    """The answer that opens the socket."""
    digest = hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
    return _SWITCHING % base64.b64encode(digest)


def refused(answer: Answer, request_id: str, served: list[tuple[bytes, bytes]]) -> bytes:
    """An answer as HTTP/1.1, after which nothing more comes; `served` is what the server adds to each."""
    headers = [
        *served,
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
        *((name.encode(), value.encode("latin-1")) for name, value in answer.headers),
        (b"connection", b"close"),
    ]
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n".encode()
    return b"%s%s\r\n%s" % (first, lines, answer.body)
