"""Alipay: people pay at Alipay's own page; its gateway is asked in forms signed with RSA2.

Neither of the two Python SDKs fits behind the port, so the wire is spoken with our own RSA. Alipay's own
(`alipay-sdk-python`) ignores the port of a gateway, blocks, and turns every answer but 200 into a TypeError,
so that doubt and refusal look alike. `python-alipay-sdk` blocks, takes no gateway but its two, writes
local time where Beijing's is meant, and knows one exception for a refusal without a signature and for
garbage. Both write a folder `alipay/` and bring a second library of cryptography.

Source: Alipay's open docs: signing, `alipay.trade.*`, asynchronous notifications.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import aiohttp
import msgspec

from changliao.kernel.instant import MINUTE_US, SECOND_US
from changliao.kernel.value import Value
from changliao.rails import rules
from changliao.rails.model import Answer, Attempt, NoticeRefused, Word
from changliao.rails.port import TIMEOUT_S, Hear, Site
from changliao.wire.rsa import private_pem, public_pem, signed, verifies

NAME, CURRENCY = "alipay", "CNY"
_BEIJING = timezone(timedelta(hours=8))
_WELL, _REFUSED = "10000", "40004"
_VAGUE = ("ACQ.SYSTEM_ERROR", "SYSTEM_ERROR", "isp.unknow-error", "aop.ACQ.SYSTEM_ERROR")
"""Refusals that Alipay's docs say to ask again after, with the same numbers."""
_NO_TRADE = "ACQ.TRADE_NOT_EXIST"
_PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
_LATE_US = 2 * MINUTE_US
"""How much longer than its page an order might still come into being, by another clock."""


class Account(Value, frozen=True, forbid_unknown_fields=True):
    """An account with Alipay, as `rails.toml` names it. `private_key` is ours, `public_key` Alipay's."""

    app_id: str
    private_key: str
    public_key: str
    gateway: str = "https://openapi.alipay.com/gateway.do"
    mode: Literal["live", "test"] = "live"


class Said(Value, frozen=True):
    """What the gateway has said and signed."""

    code: str
    sub_code: str
    fields: dict[str, Any]


class Doubt(Exception):
    """There is an answer, and it says nothing that could be believed."""


class AlipayRail:
    """Page pay on a PC, wap pay on a phone; query, close, refund, refund query."""

    name, top_up = NAME, False
    thanks = b"success"

    def __init__(self, account: Account, site: Site) -> None:
        self._account, self._site = account, site
        self.test_only = account.mode == "test"
        self._private = private_pem(account.private_key)
        self._public = public_pem(account.public_key)
        self._session: aiohttp.ClientSession | None = None

    def listen(self, hear: Hear) -> None:
        """What Alipay reports comes by `read`."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        """Inwards nothing is sent: the order comes into being when its payer opens the page."""
        if attempt.currency != CURRENCY:
            return Answer("failed", "currency_not_taken")
        if of is None:
            return await self._waiting(attempt)
        return await self._refund(attempt, of)

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if of is not None:
            return await self._look_at_refund(attempt, of)
        said = await self._ask("alipay.trade.query", {"out_trade_no": attempt.id})
        if said.code == _REFUSED and said.sub_code == _NO_TRADE:
            if self._site.clock() < rules.page_until(attempt) + _LATE_US:
                return await self._waiting(attempt)
            return Answer("failed", rules.EXPIRED)
        if said.code != _WELL:
            return Answer("unknown", said.sub_code)
        status = said.fields.get("trade_status")
        if status == "WAIT_BUYER_PAY":
            over = self._site.clock() >= attempt.until
            return await self._end(attempt) if over else await self._waiting(attempt)
        return _traded(said.fields)

    def read(self, headers: Mapping[str, str], body: bytes) -> Word | None:
        """A form whose every value but `sign` and `sign_type` is signed."""
        try:
            said = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
        except ValueError:
            raise NoticeRefused from None
        content = _text(said, "sign", "sign_type")
        if not verifies(self._public, content, said.get("sign", "")):
            raise NoticeRefused
        if said.get("app_id") != self._account.app_id:
            raise NoticeRefused
        status, number = said.get("trade_status", ""), said.get("out_trade_no", "")
        refunded = status == "TRADE_CLOSED" and "gmt_payment" in said
        if not number or refunded or status not in (*_PAID, "TRADE_CLOSED"):
            return None  # A refund is settled by its own answer or query.
        return Word(number, _traded(said))

    # Inwards --------------------------------------------------------------------------------

    async def _waiting(self, attempt: Attempt) -> Answer:
        """The payer may go to the page: its address, signed now, because Alipay looks at the time."""
        mobile = attempt.channel == "mobile"
        content = {
            "out_trade_no": attempt.id,
            "total_amount": _yuan(attempt.amount),
            "subject": f"{self._site.name} {attempt.about}",
            "product_code": "QUICK_WAP_WAY" if mobile else "FAST_INSTANT_TRADE_PAY",
            "time_expire": _beijing(rules.page_until(attempt)),
        }
        method = "alipay.trade.wap.pay" if mobile else "alipay.trade.page.pay"
        params = await self._signed(
            method,
            content,
            notify_url=self._site.notice_url(NAME),
            return_url=self._site.cashier_url(attempt.about),
        )
        return Answer("pending", pay_url=f"{self._account.gateway}?{urlencode(params)}")

    async def _end(self, attempt: Attempt) -> Answer:
        said = await self._ask("alipay.trade.close", {"out_trade_no": attempt.id})
        if said.code == _WELL:
            return Answer("failed", rules.EXPIRED)
        return Answer("pending", said.sub_code)  # Perhaps it is being paid now: asked again.

    # Outwards -------------------------------------------------------------------------------

    async def _refund(self, attempt: Attempt, of: Attempt) -> Answer:
        """Refund under the attempt's id, which is one refund however often it is asked for."""
        content = {
            "out_trade_no": of.id,
            "out_request_no": attempt.id,
            "refund_amount": _yuan(attempt.amount),
        }
        said = await self._ask("alipay.trade.refund", content)
        if said.code == _WELL and said.fields.get("fund_change") == "Y":
            return Answer("succeeded", rail_ref=str(said.fields.get("trade_no", "")))
        if said.code == _WELL:  # Heard before, or not through yet: the query says which.
            return Answer("pending", ask_again_s=1)
        if said.code == _REFUSED and said.sub_code not in _VAGUE:
            return Answer("failed", said.sub_code)
        return Answer("unknown", said.sub_code)

    async def _look_at_refund(self, attempt: Attempt, of: Attempt) -> Answer:
        numbers: dict[str, str] = {"out_trade_no": of.id, "out_request_no": attempt.id}
        said = await self._ask("alipay.trade.fastpay.refund.query", numbers)
        if said.code == _WELL and said.fields.get("refund_status") == "REFUND_SUCCESS":
            moved = _fen(said.fields.get("refund_amount"))
            return Answer("succeeded", amount=moved, currency=CURRENCY)
        if said.code == _WELL or said.sub_code == _NO_TRADE:
            return await self._refund(attempt, of)
        return Answer("unknown", said.sub_code)

    # The wire -------------------------------------------------------------------------------

    async def _ask(self, method: str, content: dict[str, str]) -> Said:
        """One request, and what was said under Alipay's signature; Doubt for anything else."""
        params = await self._signed(method, content)
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        async with self._session.post(
            self._account.gateway, data=params, allow_redirects=False
        ) as response:
            raw = await response.read()
            response.raise_for_status()
        told = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        inner = told.get(method.replace(".", "_") + "_response")
        sign = msgspec.json.decode(told.get("sign", b'""'), type=str)
        if inner is None or not verifies(self._public, bytes(inner), sign):
            raise Doubt("an answer that Alipay has not signed")
        fields = msgspec.json.decode(inner, type=dict[str, Any])
        return Said(str(fields.get("code")), str(fields.get("sub_code", "")), fields)

    async def _signed(self, method: str, content: dict[str, str], **more: str) -> dict[str, str]:
        params = {
            "app_id": self._account.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": _beijing(self._site.clock()),
            "version": "1.0",
            "biz_content": msgspec.json.encode(content).decode(),
            **more,
        }
        sign = await asyncio.to_thread(signed, self._private, _text(params))
        return params | {"sign": sign}


def _traded(fields: Mapping[str, Any]) -> Answer:
    """How a trade ended. Alipay calls a trade closed that was given back in full, too: either way no
    money of it is with us."""
    if fields.get("trade_status") in _PAID:
        moved = _fen(fields.get("total_amount"))
        return Answer("succeeded", "", str(fields.get("trade_no", "")), 5, "", moved, CURRENCY)
    if fields.get("trade_status") == "TRADE_CLOSED":
        return Answer("failed", rules.EXPIRED)
    return Answer("unknown", str(fields.get("trade_status", "")))


def _text(params: Mapping[str, str], *without: str) -> bytes:
    """What a signature covers: all that says something, sorted, `k=v` joined by `&`."""
    said = sorted((name, value) for name, value in params.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in said).encode()


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _fen(yuan: object) -> int:
    """Fen of a text such as `88.88`; -1, which no attempt is over, for anything else."""
    whole, _, rest = str(yuan).partition(".")
    if not (whole + rest).isdigit() or not whole.isascii() or len(rest) > 2:
        return -1
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _beijing(at: int) -> str:
    moment = datetime.fromtimestamp(at // SECOND_US, UTC).astimezone(_BEIJING)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
