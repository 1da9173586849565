"""What the edge itself refuses, and the HTTP status of every refusal. Statuses live only in wire."""

from changliao.kernel.refusal import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
)


class BadRequest(Invalid, code="bad_request", hint="See the field named, and /docs for its shape."):
    """The request does not have the documented shape."""


class BadJson(Invalid, code="bad_json", hint="Send one JSON object in UTF-8."):
    """The body is not valid JSON."""


class BodyTooLarge(Invalid, code="body_too_large", hint="64 KiB, unless the reference says more."):
    """The body is larger than this route takes."""


class BodyTooSlow(
    Invalid,
    code="body_too_slow",
    hint="Send the whole body within 30 seconds; one that is streamed never stands still for so long.",
):
    """The body did not arrive in time; nothing of this request was done."""


class WrongContentType(
    Invalid, code="wrong_content_type", hint="Send Content-Type: application/json."
):
    """The body is not declared as JSON."""


class IdempotencyKeyMissing(
    Invalid,
    code="idempotency_key_missing",
    hint="Send an Idempotency-Key header: any text of 1 to 255 characters, fresh per request.",
):
    """Requests that move money need an Idempotency-Key."""


class IdempotencyKeyInvalid(
    Invalid, code="idempotency_key_invalid", hint="1 to 255 visible ASCII characters."
):
    """The Idempotency-Key cannot be used."""


class RouteNotFound(NotFound, code="route_not_found", hint="See /docs for the routes."):
    """There is nothing at this address."""


class MethodNotAllowed(Invalid, code="method_not_allowed"):
    """This address does not take this method."""


class Unauthenticated(
    Forbidden, code="unauthenticated", hint="Send Authorization: Bearer with a valid key or token."
):
    """Nobody is signed in here, or the key is not known."""


class CrossSite(Forbidden, code="cross_site", hint="Cookie requests must come from our own pages."):
    """This request came from another site."""


class RateLimited(Exhausted, code="rate_limited", hint="Wait Retry-After seconds."):
    """Too many requests with this key."""


class UpgradeRequired(
    Invalid, code="upgrade_required", hint="Open it as a WebSocket, version 13 (RFC 6455)."
):
    """This address is a WebSocket."""


class BadUpgrade(Invalid, code="bad_upgrade", hint="See RFC 6455, section 4.1."):
    """The request for a WebSocket is not as it should be."""


class SocketsBusy(Exhausted, code="sockets_busy", hint="Wait Retry-After seconds."):
    """Too many sockets are being opened at this moment."""


class BadCursor(Invalid, code="bad_cursor", hint="Use `next` of the page before as `after`."):
    """This cursor is none of ours."""


class RangeUnsatisfiable(
    Invalid, code="range_unsatisfiable", hint="Ask without Range to learn how long it is."
):
    """The range that was asked for lies outside of this."""


_BY_CODE = {
    "unauthenticated": 401,
    "route_not_found": 404,
    "method_not_allowed": 405,
    "body_too_slow": 408,
    "body_too_large": 413,
    "wrong_content_type": 415,
    "range_unsatisfiable": 416,
    "idempotency_mismatch": 422,
    "upgrade_required": 426,
    "rate_limited": 429,
    "sign_in_throttled": 429,
    "contact_requests_used_up": 429,
    "export_too_soon": 429,
    "slow_here": 429,
}
_BY_KIND: tuple[tuple[type[Refusal], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Exhausted, 503),
    (Invalid, 400),
)


def status_of(refusal: Refusal | type[Refusal]) -> int:
    """The HTTP status of a refusal: by its code where the web has a word of its own, else by its kind."""
    if status := _BY_CODE.get(refusal.code):
        return status
    kind = refusal if isinstance(refusal, type) else type(refusal)
    return next(status for base, status in _BY_KIND if issubclass(kind, base))
