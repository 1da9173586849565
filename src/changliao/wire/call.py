"""One HTTP request as a handler sees it, and the answers it may give."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from changliao.db.once import AskOnce
from changliao.kernel.value import Value
from changliao.wire.refusals import (
    BadCursor,
    BadRequest,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
)

PAGE_DEFAULT, PAGE_MAX = 20, 100


class Answer(Value, frozen=True):
    """An answer with more to say than a value: bytes of any type, another status, headers. `stream`
    comes before the body, piece by piece, for what nobody wants whole in memory."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncIterator[bytes] | None = None


DONE = Answer(status=204)
"""Done, and there is nothing to say."""


def moved(url: str) -> Answer:
    """Go on there, by GET."""
    return Answer(status=302, headers=(("location", url),))


class Call:
    """One request. `who` is what the route's guard answered; `path_values` fill the `{…}` of its path."""

    __slots__ = (
        "_query",
        "body",
        "client_ip",
        "headers",
        "method",
        "path",
        "path_values",
        "raw_path",
        "raw_query",
        "request_id",
        "secure",
        "who",
    )

    def __init__(self, scope: Mapping[str, Any], body: bytes, request_id: str) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_path: bytes = scope.get("raw_path") or self.path.encode()
        self.raw_query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.body = body
        self.client_ip: str = (scope.get("client") or ("", 0))[0]
        self.secure: bool = scope.get("scheme") == "https"
        self.request_id = request_id
        self.path_values: tuple[str, ...] = ()
        self.who: Any = None
        self._query: dict[str, str] | None = None

    def header(self, name: str) -> str:
        """A header's value, or empty."""
        return self.headers.get(name.lower().encode(), b"").decode("latin-1")

    def cookie(self, name: str) -> str:
        """A cookie's value, or empty."""
        for part in self.header("cookie").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return ""

    @property
    def bearer(self) -> str:
        """What follows `Authorization: Bearer`, or empty."""
        kind, _, token = self.header("authorization").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def param(self, name: str, default: str = "") -> str:
        """A query parameter; the last one wins."""
        if self._query is None:
            try:
                text = self.raw_query.decode("ascii")
                self._query = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
            except (UnicodeDecodeError, ValueError):
                raise BadRequest("The query string is not valid UTF-8.", field="query") from None
        value = self._query.get(name, default)
        if "\x00" in value:
            raise BadRequest("A parameter holds a zero byte.", field=name)
        return value

    def number(self, name: str, default: int, most: int = 2**53) -> int:
        """A query parameter that is a whole number from 0."""
        text = self.param(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > most:
            raise BadRequest(f"`{name}` must be a whole number from 0 to {most}.", field=name)
        return int(text)

    @property
    def limit(self) -> int:
        """How many rows a page may have: 1 to 100, 20 by default."""
        return max(1, self.number("limit", PAGE_DEFAULT, PAGE_MAX))

    @property
    def after(self) -> str:
        """The cursor to go on from, or empty."""
        cursor = self.param("after")
        if len(cursor) > 64:
            raise BadCursor(field="after")
        return cursor

    @property
    def after_number(self) -> int:
        """A cursor that is a number."""
        text = self.after
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise BadCursor(field="after")
        return int(text)

    def once(self, scope: str, verb: Callable[..., Any], ask: Any, noun: Any) -> AskOnce:
        """This request as an ask that is carried out once per Idempotency-Key of the scope.

        The header is an RFC 8941 string in the IETF draft; the bare form that most clients send is
        taken too. The same key with another method, path or body is refused.
        """
        key = self.header("idempotency-key").strip()
        if len(key) >= 2 and key[0] == key[-1] == '"':
            key = key[1:-1]
        if not key:
            raise IdempotencyKeyMissing(field="Idempotency-Key")
        if len(key) > 255 or not key.isascii() or not key.isprintable():
            raise IdempotencyKeyInvalid(field="Idempotency-Key")
        whole = b"%s %s\n%s" % (self.method.encode(), self.raw_path, self.body)
        return AskOnce(scope, key, hashlib.sha256(whole).digest(), verb, ask, noun)
