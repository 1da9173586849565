"""How WeChat Pay APIv3 says no: `{code, message}` under a status of its own; never signed."""

import msgspec

from changliao.kernel.refusal import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
)
from changliao.wire.call import Answer

STATUS = {
    "PARAM_ERROR": 400,
    "INVALID_REQUEST": 400,
    "MCH_NOT_EXISTS": 400,
    "APPID_MCHID_NOT_MATCH": 400,
    "ORDER_CLOSED": 400,
    "ORDERPAID": 400,
    "NO_STATEMENT_EXIST": 400,
    "SIGN_ERROR": 401,
    "NO_AUTH": 403,
    "RULE_LIMIT": 403,
    "NOT_ENOUGH": 403,
    "TRADE_ERROR": 403,
    "OUT_TRADE_NO_USED": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
    "FREQUENCY_LIMITED": 429,
    "SYSTEM_ERROR": 500,
}
"""WeChat Pay's public table of error codes (merchant documentation, v3)."""

CODES = {
    "reference_taken": "OUT_TRADE_NO_USED",
    "payment_not_found": "ORDER_NOT_EXIST",
    "payment_not_open": "ORDERPAID",
    "payment_expired": "ORDER_CLOSED",
    "payment_not_cancelable": "INVALID_REQUEST",
    "payment_not_paid": "INVALID_REQUEST",
    "refund_too_large": "INVALID_REQUEST",
    "combined_payment_not_found": "ORDER_NOT_EXIST",
    "payment_is_combined": "INVALID_REQUEST",
    "app_not_found": "NO_AUTH",
    "split_too_large": "NOT_ENOUGH",
    "split_return_too_large": "NOT_ENOUGH",
    "receiver_balance_short": "NOT_ENOUGH",
    "shop_balance_short": "NOT_ENOUGH",
    "transfer_reference_taken": "INVALID_REQUEST",
    "transfer_not_waiting": "INVALID_REQUEST",
    "unauthenticated": "SIGN_ERROR",
    "rate_limited": "FREQUENCY_LIMITED",
    "body_too_slow": "PARAM_ERROR",
}
"""Refusals of ours that have a word of their own there; others go by their kind."""

_BY_KIND: tuple[tuple[type[Refusal], str], ...] = (
    (NotFound, "RESOURCE_NOT_EXISTS"),
    (Forbidden, "NO_AUTH"),
    (Conflict, "INVALID_REQUEST"),
    (Exhausted, "SYSTEM_ERROR"),
    (Invalid, "PARAM_ERROR"),
)


class Says(Refusal):
    """A refusal that only this dialect knows: it is about its shape, not about money."""

    def __init__(self, said: str, message: str) -> None:
        super().__init__(message)
        self.said = said


def code_of(refusal: Refusal) -> str:
    """The dialect's word for a refusal."""
    if isinstance(refusal, Says):
        return refusal.said
    if known := CODES.get(refusal.code):
        return known
    return next(code for kind, code in _BY_KIND if isinstance(refusal, kind))


def worded(refusal: Refusal) -> Answer:
    """A refusal as an answer."""
    code = code_of(refusal)
    said = {"code": code, "message": refusal.detail}
    if refusal.field:
        said["detail"] = {"field": refusal.field}  # type: ignore[assignment]
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, Exhausted):
        headers = (("retry-after", str(refusal.retry_after_s)),)
    return Answer(msgspec.json.encode(said), STATUS[code], headers=headers)


def broken() -> Answer:
    """A bug of ours."""
    said = {"code": "SYSTEM_ERROR", "message": "系统异常，请用相同参数重试"}
    return Answer(msgspec.json.encode(said), STATUS["SYSTEM_ERROR"])
