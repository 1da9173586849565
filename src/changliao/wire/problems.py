"""What is refused and what broke, as RFC 9457 problem+json."""

from typing import Any

import msgspec

from changliao.kernel.refusal import Exhausted, Refusal
from changliao.wire.call import Answer
from changliao.wire.refusals import status_of

_JSON = msgspec.json.Encoder()


def problem(refusal: Refusal, request_id: str, instance: str) -> Answer:
    """A refusal as RFC 9457 problem+json."""
    status = status_of(refusal)
    said: dict[str, Any] = {
        "type": f"/docs/errors#{refusal.code}",
        "title": (type(refusal).__doc__ or "").strip().split("\n")[0],
        "status": status,
        "code": refusal.code,
        "detail": refusal.detail,
        "field": refusal.field or None,
        "hint": refusal.hint or None,
        "retryable": refusal.retryable,
        "request_id": request_id,
        "instance": instance,
    }
    if refusal.extra:
        said["figures"] = refusal.extra
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, Exhausted):
        headers = (("retry-after", str(refusal.retry_after_s)),)
    if status == 401:
        headers = (*headers, ("www-authenticate", "Bearer"))
    if status == 426:
        headers = (("upgrade", "websocket"), ("sec-websocket-version", "13"))
    return Answer(_JSON.encode(said), status, "application/problem+json", headers)


def broken(request_id: str) -> Answer:
    """What is told of a bug of ours: nothing but that it was one, and the request to look it up by."""
    said = {
        "type": "/docs/errors#internal",
        "title": "Something of ours broke.",
        "status": 500,
        "code": "internal",
        "detail": "Something of ours broke; nothing of this request was kept.",
        "field": None,
        "hint": "Send the same request with the same Idempotency-Key again.",
        "retryable": True,
        "request_id": request_id,
    }
    return Answer(_JSON.encode(said), 500, "application/problem+json")
