"""One order as a shop says it natively and in each dialect: whole requests, signed before they are timed."""

import itertools
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from benchmarks.calling import Client
from changliao.kernel.value import Value
from changliao.wire.rsa import new_pair, signed, verifies

HOSTS = {name: f"{name}.localhost" for name in ("stripe", "alipay", "wechat")}
"""Where each dialect is spoken. Its host is named in the request; the connection is the server's own."""

_NOTIFY = "https://shop.example/told"
_DONE, _CART = "https://shop.example/done", "https://shop.example/cart"
_FORM = "application/x-www-form-urlencoded"


class Tongue(Protocol):
    """A way to say an order."""

    name: str

    def order(self) -> bytes:
        """The next order, as a whole request."""

    def right(self, status: int, headers: Message, body: bytes) -> bool:
        """Whether an answer is the order, made and signed as this dialect signs."""

    def looks_right(self, status: int, body: bytes) -> bool:
        """The same at a glance, for every answer while it is timed."""


class Keys(Value, frozen=True):
    """A shop's key, and what opening a dialect gave it beside."""

    key: str
    number: str = ""
    app_id: str = ""
    serial: str = ""
    our_key: str = ""


class _Spoken:
    """What they share: shops in turn, an order number, and the head of a request."""

    def __init__(self, host: str, shops: Sequence[Keys], private_key: bytes = b"") -> None:
        self._host, self._shops, self._private_key = host, itertools.cycle(shops), private_key
        self._our_key = shops[0].our_key
        self._run, self._count = secrets.token_hex(4), itertools.count(1)

    def _next(self) -> tuple[Keys, str, int]:
        number = next(self._count)
        return next(self._shops), f"{self._run}-{number}", 100 + number % 900

    def _request(self, target: str, body: bytes, kind: str, **headers: str) -> bytes:
        lines = [f"POST {target} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"content-type: {kind}", f"content-length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def right(self, status: int, headers: Message, body: bytes) -> bool:
        """Nothing is signed."""
        return self.looks_right(status, body)

    def looks_right(self, status: int, body: bytes) -> bool:
        """Made."""
        raise NotImplementedError


class Native(_Spoken):
    """Our own API."""

    name = "native"

    def order(self) -> bytes:
        """POST /v1/payments."""
        shop, number, amount = self._next()
        said = {
            "amount": amount,
            "currency": "CNY",
            "reference": number,
            "description": "Tea",
            "return_url": _DONE,
        }
        return self._request(
            "/v1/payments",
            msgspec.json.encode(said),
            "application/json",
            authorization=f"Bearer {shop.key}",
            idempotency_key=number,
        )

    def looks_right(self, status: int, body: bytes) -> bool:
        """An open payment with a cashier."""
        return status == 201 and b'"status":"open"' in body and b'"cashier_url":"http' in body


class Stripe(_Spoken):
    """A hosted Checkout session, as stripe-python sends it."""

    name = "stripe"

    def order(self) -> bytes:
        """POST /v1/checkout/sessions."""
        shop, number, amount = self._next()
        said = {
            "cancel_url": _CART,
            "client_reference_id": number,
            "line_items[0][price_data][currency]": "cny",
            "line_items[0][price_data][product_data][name]": "Tea",
            "line_items[0][price_data][unit_amount]": amount,
            "line_items[0][quantity]": 1,
            "mode": "payment",
            "success_url": _DONE,
        }
        return self._request(
            "/v1/checkout/sessions",
            urlencode(said, safe="[]").encode(),
            _FORM,
            authorization=f"Bearer {shop.key}",
            idempotency_key=number,
            stripe_version="2026-01-28.clover",
            user_agent="Stripe/v1 PythonBindings/16.1.0",
        )

    def looks_right(self, status: int, body: bytes) -> bool:
        """An open session with an address."""
        return status == 200 and b'"status":"open"' in body and b'"url":"http' in body


class Alipay(_Spoken):
    """alipay.trade.precreate, as alipay-sdk-python sends it: common parameters in the query."""

    name = "alipay"

    def order(self) -> bytes:
        """POST /gateway.do."""
        shop, number, amount = self._next()
        biz = {
            "out_trade_no": number,
            "subject": "Tea",
            "total_amount": f"{amount // 100}.{amount % 100:02}",
        }
        said = {
            "app_id": shop.number,
            "biz_content": msgspec.json.encode(biz).decode(),
            "charset": "utf-8",
            "format": "json",
            "method": "alipay.trade.precreate",
            "notify_url": _NOTIFY,
            "sign_type": "RSA2",
            "timestamp": f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
        }
        text = "&".join(f"{name}={value}" for name, value in sorted(said.items()))
        form = urlencode({"biz_content": said.pop("biz_content")}).encode()
        query = urlencode({**said, "sign": signed(self._private_key, text.encode())})
        return self._request(f"/gateway.do?{query}", form, f"{_FORM};charset=utf-8")

    def right(self, status: int, headers: Message, body: bytes) -> bool:
        """The signature is over the inner object's own bytes."""
        start, _, tail = body.partition(b',"sign":"')
        inner = start.partition(b":")[2]
        good = verifies(self._our_key, inner, tail.partition(b'"')[0].decode())
        return good and self.looks_right(status, body)

    def looks_right(self, status: int, body: bytes) -> bool:
        """A code to be shown as a picture, signed."""
        return status == 200 and b'"qr_code":"http' in body and b'"sign":"' in body


class WeChat(_Spoken):
    """A Native order, as wechatpayv3 sends it in public-key mode."""

    name = "wechat"
    _PATH = "/v3/pay/transactions/native"

    def order(self) -> bytes:
        """POST /v3/pay/transactions/native."""
        shop, number, amount = self._next()
        body = msgspec.json.encode(
            {
                "appid": shop.app_id,
                "mchid": shop.number,
                "description": "Tea",
                "out_trade_no": number,
                "notify_url": _NOTIFY,
                "amount": {"total": amount, "currency": "CNY"},
            }
        )
        nonce, at = secrets.token_hex(16).upper(), int(time.time())
        text = f"POST\n{self._PATH}\n{at}\n{nonce}\n".encode() + body + b"\n"
        pairs = {
            "mchid": shop.number,
            "nonce_str": nonce,
            "signature": signed(self._private_key, text),
            "timestamp": at,
            "serial_no": shop.serial,
        }
        said = ",".join(f'{name}="{value}"' for name, value in pairs.items())
        return self._request(
            self._PATH,
            body,
            "application/json",
            authorization=f"WECHATPAY2-SHA256-RSA2048 {said}",
            wechatpay_serial="PUB_KEY_ID_0",
        )

    def right(self, status: int, headers: Message, body: bytes) -> bool:
        """The signature is in the headers."""
        at, nonce = headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"]
        text = f"{at}\n{nonce}\n".encode() + body + b"\n"
        return self.looks_right(status, body) and verifies(
            self._our_key, text, headers["Wechatpay-Signature"]
        )

    def looks_right(self, status: int, body: bytes) -> bool:
        """A code to be shown as a picture."""
        return status == 200 and b'"code_url":"http' in body


_MAKE: dict[str, Callable[..., Tongue]] = {"stripe": Stripe, "alipay": Alipay, "wechat": WeChat}


async def learn(client: Client, keys: list[str]) -> list[Tongue]:
    """A native tongue for a quarter of the shops, and a dialect for each of the others."""
    quarter = len(keys) // (len(_MAKE) + 1)
    found: list[Tongue] = [Native(client.host, [Keys(key) for key in keys[:quarter]])]
    private_key, public_key = new_pair()  # One for all: what is measured is using it.
    for number, (name, make) in enumerate(_MAKE.items(), 1):
        mine = keys[number * quarter : (number + 1) * quarter]
        asked = {"dialect": name} | ({} if name == "stripe" else {"public_key": public_key})
        views = [await client.call("POST", "/v1/dialects", asked, token=key) for key in mine]
        shops = [_keys(key, view) for key, view in zip(mine, views, strict=True)]
        found.append(make(HOSTS[name], shops, private_key))
    return found


def _keys(key: str, view: Any) -> Keys:
    values, files = view["values"], {one["name"]: one["content"] for one in view["files"]}
    our_key = files.get("pub_key.pem") or files.get("alipay_public_key.pem", "")
    serial = values.get("serial_no", "")
    return Keys(key, view["number"], values.get("appid", ""), serial, our_key)
