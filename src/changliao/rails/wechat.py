"""WeChat Pay APIv3, by the SDK `wechatpayv3`: a code to scan on a PC (Native), a page on a phone (H5).

The SDK signs, checks the signature of every 2xx answer and opens notices. It has no setting for the
address, so that is written where it keeps it; it takes the current time for its signatures.

Source: WeChat Pay's merchant documentation (v3) of orders, refunds and notifications.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import urlencode

from wechatpayv3.async_ import (  # type: ignore[import-untyped]
    AsyncWeChatPay,
    WeChatPayType,
)

from changliao.kernel.instant import SECOND_US
from changliao.kernel.value import Value
from changliao.rails import rules
from changliao.rails.model import Answer, Attempt, NoticeRefused, Word
from changliao.rails.port import TIMEOUT_S, Hear, Site

NAME, CURRENCY = "wechat", "CNY"
_BEIJING = timezone(timedelta(hours=8))
_CONNECT_S, _SKEW_S = 5, 300
_KNOWN = ("ORDERPAID", "ORDER_CLOSED", "ORDERCLOSED", "OUT_TRADE_NO_USED")
"""Refusals of an order that say that there is one: the query tells how it stands."""
_NONE = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
_WELL, _REFERRED, _TOO_OFTEN, _OUR_FAULT, _THEIR_FAULT = 200, 300, 429, 400, 500
_REFUNDED: dict[str, Answer] = {
    "SUCCESS": Answer("succeeded"),
    "PROCESSING": Answer("pending"),
    "CLOSED": Answer("failed", "CLOSED"),
    # The money is stuck between bank and shop; somebody sets that right at WeChat, under the same number.
    "ABNORMAL": Answer("unknown", "ABNORMAL"),
}


class Account(Value, frozen=True, forbid_unknown_fields=True):
    """A merchant's account with WeChat Pay, as `rails.toml` names it. `private_key` is the merchant's,
    `public_key` WeChat Pay's with its id (`PUB_KEY_ID_…`)."""

    mchid: str
    appid: str
    serial_no: str
    private_key: str
    apiv3_key: str
    public_key: str
    public_key_id: str
    url: str = "https://api.mch.weixin.qq.com"
    mode: Literal["live", "test"] = "live"


class WeChatRail:
    """Orders by Native or H5; query, close, refund, refund query."""

    name, top_up = NAME, False
    thanks = b'{"code":"SUCCESS","message":"OK"}'

    def __init__(self, account: Account, site: Site) -> None:
        self._account, self._site = account, site
        self.test_only = account.mode == "test"
        self._sdk = AsyncWeChatPay(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=account.mchid,
            private_key=account.private_key,
            cert_serial_no=account.serial_no,
            appid=account.appid,
            apiv3_key=account.apiv3_key,
            notify_url=site.notice_url(NAME),
            timeout=(_CONNECT_S, TIMEOUT_S),
            public_key=account.public_key,
            public_key_id=account.public_key_id,
        )
        self._sdk._core._gate_way = account.url.rstrip("/")
        self._open = False

    def listen(self, hear: Hear) -> None:
        """What WeChat Pay reports comes by `read`."""

    async def close(self) -> None:
        if self._open:
            await self._sdk.__aexit__(None, None, None)

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if attempt.currency != CURRENCY:
            return Answer("failed", "currency_not_taken")
        return await (self._order(attempt) if of is None else self._refund(attempt, of))

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if of is not None:
            return await self._look_at_refund(attempt, of)
        status, said = await self._call("query", out_trade_no=attempt.id)
        if said.get("code") in _NONE:
            over = self._site.clock() >= attempt.until
            return Answer("failed", rules.EXPIRED) if over else await self._order(attempt)
        if not _well(status):
            return Answer("unknown", _why(said))
        return await self._stands(attempt, said)

    def read(self, headers: Mapping[str, str], body: bytes) -> Word | None:
        """An encrypted notice under a signature of the last five minutes."""
        try:
            at_s = int(headers.get("wechatpay-timestamp", ""))
            said = self._sdk.callback(dict(headers), body)
        except Exception:
            raise NoticeRefused from None  # The SDK says by any exception what it cannot believe.
        if not said or abs(self._site.clock() // SECOND_US - at_s) > _SKEW_S:
            raise NoticeRefused
        told = said["resource"]
        if told.get("mchid") != self._account.mchid:
            raise NoticeRefused
        kind: str = said.get("event_type", "")
        if kind == "TRANSACTION.SUCCESS" and told.get("trade_state") == "SUCCESS":
            return Word(told["out_trade_no"], _paid(told))
        if kind.startswith("REFUND."):
            return Word(told["out_refund_no"], _refunded(told, told.get("refund_status")))
        return None

    # Inwards --------------------------------------------------------------------------------

    async def _order(self, attempt: Attempt) -> Answer:
        """Order under the attempt's id: the same again is answered with the same page."""
        mobile = attempt.channel == "mobile"
        scene = {"payer_client_ip": attempt.payer_ip or "127.0.0.1", "h5_info": {"type": "Wap"}}
        status, said = await self._call(
            "pay",
            description=f"{self._site.name} {attempt.about}",
            out_trade_no=attempt.id,
            amount={"total": attempt.amount, "currency": CURRENCY},
            time_expire=_beijing(rules.page_until(attempt)),
            scene_info=scene if mobile else None,
            pay_type=WeChatPayType.H5 if mobile else WeChatPayType.NATIVE,
        )
        if _well(status):
            return Answer("pending", pay_url=self._page(attempt, said, mobile=mobile))
        if said.get("code") in _KNOWN or not _refused(status, said):
            return Answer("unknown", _why(said))
        return Answer("failed", _why(said))

    def _page(self, attempt: Attempt, said: dict[str, Any], *, mobile: bool) -> str:
        if not mobile:
            return str(said["code_url"])
        back = urlencode({"redirect_url": self._site.cashier_url(attempt.about)})
        return f"{said['h5_url']}{'&' if '?' in said['h5_url'] else '?'}{back}"

    async def _stands(self, attempt: Attempt, said: dict[str, Any]) -> Answer:
        state = said.get("trade_state")
        if state in ("SUCCESS", "REFUND"):
            return _paid(said)
        if state in ("CLOSED", "REVOKED", "PAYERROR"):
            return Answer("failed", rules.EXPIRED if state == "CLOSED" else str(state))
        if state not in ("NOTPAY", "USERPAYING"):
            return Answer("unknown", str(state))
        if self._site.clock() >= attempt.until:
            return await self._end(attempt)
        if not attempt.pay_url and state == "NOTPAY":
            return await self._order(attempt)
        return Answer("pending")

    async def _end(self, attempt: Attempt) -> Answer:
        status, said = await self._call("close", out_trade_no=attempt.id)
        if _well(status):
            return Answer("failed", rules.EXPIRED)
        return Answer("pending", _why(said))  # Perhaps it is being paid now: asked again.

    # Outwards -------------------------------------------------------------------------------

    async def _refund(self, attempt: Attempt, of: Attempt) -> Answer:
        """Refund under the attempt's id, which is one refund however often it is asked for."""
        amount = {"refund": attempt.amount, "total": of.amount, "currency": CURRENCY}
        status, said = await self._call(
            "refund", out_refund_no=attempt.id, out_trade_no=of.id, amount=amount
        )
        if _well(status):
            return _refunded(said, said.get("status"))
        return Answer("failed" if _refused(status, said) else "unknown", _why(said))

    async def _look_at_refund(self, attempt: Attempt, of: Attempt) -> Answer:
        status, said = await self._call("query_refund", out_refund_no=attempt.id)
        if _well(status):
            return _refunded(said, said.get("status"))
        if said.get("code") in _NONE:
            return await self._refund(attempt, of)
        return Answer("unknown", _why(said))

    async def _call(self, name: str, **said: Any) -> tuple[int, dict[str, Any]]:
        """A call of the SDK: the status and what was said; an answer with a bad signature raises."""
        if not self._open:
            await self._sdk.__aenter__()
            self._open = True
        status, text = await getattr(self._sdk, name)(**said)
        try:
            told = json.loads(text or "{}")
        except ValueError:
            told = {}
        return status, told if isinstance(told, dict) else {}


def _well(status: int) -> bool:
    """Whether it was done. Nothing else is signed, so somebody between may have answered that."""
    return _WELL <= status < _REFERRED


def _refused(status: int, said: Mapping[str, Any]) -> bool:
    """Whether it is certain that nothing was done: WeChat Pay's own refusals have a code, a proxy's page
    has none, and what it stands before may have been heard."""
    return _OUR_FAULT <= status < _THEIR_FAULT and status != _TOO_OFTEN and bool(_why(said))


def _why(said: Mapping[str, Any]) -> str:
    return str(said.get("code", ""))


def _paid(said: Mapping[str, Any]) -> Answer:
    amount = said.get("amount", {})
    moved, currency = int(amount.get("total", -1)), str(amount.get("currency", ""))
    return Answer("succeeded", "", str(said.get("transaction_id", "")), 5, "", moved, currency)


def _refunded(said: Mapping[str, Any], status: object) -> Answer:
    answer = _REFUNDED.get(str(status), Answer("unknown", str(status)))
    if answer.outcome != "succeeded":
        return answer
    moved = int(said.get("amount", {}).get("refund", -1))
    return Answer("succeeded", "", str(said.get("refund_id", "")), 5, "", moved, CURRENCY)


def _beijing(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND_US, UTC).astimezone(_BEIJING).isoformat()
