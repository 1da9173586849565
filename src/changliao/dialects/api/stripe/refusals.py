"""What this dialect itself refuses, and how every refusal is worded in it: type, code, status, param."""

from typing import Any

import msgspec

from changliao.kernel.refusal import Exhausted, Forbidden, Invalid, NotFound, Refusal
from changliao.wire.call import Answer
from changliao.wire.refusals import status_of


class ParameterUnknown(
    Invalid, code="parameter_unknown", hint="docs/integrations/stripe.md lists what is taken."
):
    """There is a parameter that this address does not take."""


class ParameterMissing(Invalid, code="parameter_missing"):
    """A parameter that is needed is missing."""


class ParameterInvalid(Invalid, code="parameter_invalid"):
    """A parameter is not what it must be."""


class ResourceMissing(NotFound, code="resource_missing"):
    """There is no such object of yours."""


class CannotExpand(Invalid, code="property_not_expandable"):
    """This property cannot be expanded."""


class VersionInvalid(
    Invalid, code="api_version_invalid", hint="Send a date such as 2023-08-16, or none."
):
    """This is not a version of the API."""


class NotSpokenYet(
    Forbidden,
    code="dialect_not_opened",
    hint="Open it in the console or by POST /v1/dialects, then use the same key.",
):
    """The app of this key has not been opened for this dialect."""


class AccountInvalid(
    Forbidden,
    code="account_invalid",
    hint="Leave Stripe-Account out, or send the key's own account.",
):
    """This key does not act for that account."""


class NoPayouts(
    Invalid, code="payouts_not_allowed", hint="GET /v1/balance shows the money that is there."
):
    """This installation pays nothing out to banks by this address."""


CODES: dict[str, str] = {
    "unauthenticated": "",
    "idempotency_mismatch": "",
    "idempotency_key_invalid": "",
    "rate_limited": "rate_limit",
    "busy": "lock_timeout",
    "route_not_found": "",
    "method_not_allowed": "",
    "payment_not_found": "resource_missing",
    "refund_not_found": "resource_missing",
    "customer_not_found": "resource_missing",
    "hook_not_found": "resource_missing",
    "line_not_found": "resource_missing",
    "currency_unknown": "parameter_invalid",
    "amount_must_be_positive": "parameter_invalid_integer",
    "amount_too_large": "amount_too_large",
    "refund_too_large": "amount_too_large",
    "capture_too_large": "amount_too_large",
    "payment_not_paid": "payment_intent_unexpected_state",
    "payment_not_cancelable": "payment_intent_unexpected_state",
    "payment_not_authorized": "payment_intent_unexpected_state",
    "payment_expired": "payment_intent_unexpected_state",
    "hold_already_captured": "payment_intent_unexpected_state",
    "payment_not_open": "payment_intent_unexpected_state",
    "callback_address_invalid": "url_invalid",
    "expires_at_invalid": "parameter_invalid",
    "text_too_long": "parameter_invalid",
    "metadata_invalid": "parameter_invalid",
    "scope_forbids": "secret_key_required",
    "mode_not_here": "testmode_charges_only",
    "bad_request": "parameter_invalid",
    "wrong_content_type": "parameter_invalid",
}
"""Stripe's code for a refusal of ours (docs, "Error codes"); empty: it says none. Others keep ours."""

PARAMS: dict[str, str] = {
    "reference": "client_reference_id",
    "customer_id": "customer",
    "query": "",
    "body": "",
    "Idempotency-Key": "",
    "Authorization": "",
}
"""What a field of ours is called there; others keep their name."""

STATUSES: dict[int, int] = {405: 404, 408: 400, 409: 400, 413: 400, 415: 400, 422: 400}
"""Statuses of ours that Stripe words by another: it knows 200 400 401 402 403 404 409 424 429 and 5xx,
and 409 only for requests that collide, which a client then sends again."""

_LATER, _NOBODY = frozenset({429, 500, 502, 503}), 401


def worded(refusal: Refusal, request_id: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A refusal as Stripe words it."""
    status = status_of(refusal)
    status = STATUSES.get(status, status)
    said: dict[str, Any] = {"type": _type(refusal, status), "message": refusal.detail}
    code = _code(refusal)
    if code:
        said["code"] = code
    param = PARAMS.get(refusal.field, refusal.field)
    if param:
        said["param"] = param
    extra: tuple[tuple[str, str], ...] = (
        ("request-id", request_id),
        ("stripe-should-retry", "true" if status in _LATER else "false"),
    )
    if isinstance(refusal, Exhausted):
        extra = (*extra, ("retry-after", str(refusal.retry_after_s)))
    if status == _NOBODY:
        extra = (*extra, ("www-authenticate", 'Bearer realm="Stripe"'))
    return Answer(msgspec.json.encode({"error": said}), status, headers=(*extra, *headers))


def _code(refusal: Refusal) -> str:
    if refusal.code == "refund_too_large" and not refusal.extra.get("refundable_amount"):
        return "charge_already_refunded"
    return str(refusal.extra.get("code_there") or CODES.get(refusal.code, refusal.code))


def broken(request_id: str) -> Answer:
    """A bug of ours as Stripe words it; nothing of the request was kept."""
    said = {"type": "api_error", "message": "Something of ours broke; nothing was kept."}
    headers = (("request-id", request_id), ("stripe-should-retry", "true"))
    return Answer(msgspec.json.encode({"error": said}), 500, headers=headers)


def _type(refusal: Refusal, status: int) -> str:
    if refusal.code == "idempotency_mismatch":
        return "idempotency_error"
    return "api_error" if status >= 500 else "invalid_request_error"
