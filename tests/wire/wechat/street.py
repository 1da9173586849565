"""A running platform that speaks the dialect on a port of its own, and merchants that speak it by hand."""

import asyncio
import base64
import contextlib
import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from changliao.dialects.api.wechat import wire
from changliao.dialects.api.wechat.wire import Box
from changliao.wire.rsa import signed
from tests.patience import PATIENCE_S
from tests.places import Place
from tests.wire.platform import PIN, Shop, Someone, Town

NATIVE = "/v3/pay/transactions/native"
NOTIFY = "http://127.0.0.1:9/notify"
"""Where nobody listens."""
OnItsWay = Callable[[bytes], list[bytes]]
"""What becomes of a request's Authorization on its way: what arrives instead, one after the other."""


class Merchant:
    """A shop with everything that its onboarding gave it, who signs requests by hand."""

    def __init__(self, street: "Street", shop: Shop, opened: Any) -> None:
        self.street, self.shop, self.opened = street, shop, opened
        self.account_id = str(opened["id"])
        self.values: dict[str, str] = opened["values"]
        self.files = {one["name"]: one["content"] for one in opened["files"]}
        self.mchid, self.appid = self.values["mchid"], self.values["appid"]
        self.serial = self.values["serial_no"]
        self.apiv3_key = self.files["apiv3_key.txt"]
        self.private_key = self.files.get("apiclient_key.pem", "").encode()

    def order(self, **said: Any) -> dict[str, Any]:
        """The body of an order."""
        body = {
            "appid": self.appid,
            "mchid": self.mchid,
            "description": "茶叶 250g",
            "out_trade_no": "N" + secrets.token_hex(8),
            "notify_url": NOTIFY,
            "amount": {"total": 1000, "currency": "CNY"},
        }
        return body | said

    def authorization(
        self, method: str, target: str, body: bytes, *, nonce: str = "", ahead_s: int = 0
    ) -> str:
        """The header that signs a request."""
        nonce = nonce or secrets.token_hex(16)
        time = str(self.street.town.clock() // 1_000_000 + ahead_s)
        text = f"{method}\n{target}\n{time}\n{nonce}\n".encode() + body + b"\n"
        pairs = {
            "mchid": self.mchid,
            "nonce_str": nonce,
            "timestamp": time,
            "serial_no": self.serial,
            "signature": signed(self.private_key, text),
        }
        return f"{wire.SCHEME} " + ",".join(f'{name}="{value}"' for name, value in pairs.items())

    async def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **said: Any,
    ) -> httpx2.Response:
        """A signed request. An answer that is no refusal must be signed, or be a bill."""
        sent = content if content is not None else (json.dumps(body).encode() if body else b"")
        signed_by = self.authorization(method, target, sent, **said)
        answer = await self.street.ask(
            method, target, sent, {"authorization": signed_by} | (headers or {})
        )
        if answer.is_success and "billdownload" not in target:
            assert self.verifies(answer.headers, answer.content)
        if not answer.is_success:
            assert "wechatpay-signature" not in answer.headers
        return answer

    async def done(self, method: str, target: str, body: Any = None, **said: Any) -> Any:
        """The decoded answer of a request that must succeed."""
        answer = await self.call(method, target, body, **said)
        assert answer.is_success, answer.text
        return json.loads(answer.content) if answer.content else None

    async def refused(
        self, code: str, method: str, target: str, body: Any = None, **said: Any
    ) -> str:
        """The message of a request that must be refused with this code."""
        answer = await self.call(method, target, body, **said)
        assert (answer.status_code >= 400, answer.json()["code"]) == (True, code), answer.text
        return str(answer.json()["message"])

    def verifies(self, headers: Any, body: bytes) -> bool:
        """Whether what we sent is signed with the key that the merchant was given."""
        key = load_pem_public_key(self.files["pub_key.pem"].encode())
        assert isinstance(key, RSAPublicKey)
        text = wire.answer_text(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body)
        raw = base64.b64decode(headers["wechatpay-signature"])
        key.verify(raw, text, PKCS1v15(), SHA256())
        assert headers["wechatpay-signature-type"] == wire.SCHEME
        serials = (self.values["public_key_id"], self.values["platform_serial_no"])
        return headers["wechatpay-serial"] in serials

    def opened_resource(self, body: bytes) -> Any:
        """What is inside a notification."""
        resource = json.loads(body)["resource"]
        box = Box(
            resource["algorithm"],
            resource["nonce"],
            resource["associated_data"],
            resource["ciphertext"],
        )
        return json.loads(wire.unseal(self.apiv3_key, box))

    async def bought(self, person: Someone, **said: Any) -> dict[str, Any]:
        """An order that the person has paid on the cashier; its query."""
        body = self.order(**said)
        made = await self.done("POST", NATIVE, body)
        await self.street.pays(person, made["code_url"])
        return await self.query(body["out_trade_no"])

    async def query(self, number: str) -> dict[str, Any]:
        """The order with this number."""
        at = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.mchid}"
        found: dict[str, Any] = await self.done("GET", at)
        return found

    async def refund(self, number: str, amount: int, total: int = 1000, **said: Any) -> Any:
        """A refund of an order."""
        body = {
            "out_trade_no": number,
            "out_refund_no": "R" + secrets.token_hex(8),
            "amount": {"refund": amount, "total": total, "currency": "CNY"},
        }
        return await self.done("POST", "/v3/refund/domestic/refunds", body | said)


class Street:
    """A town, and the port at which it speaks the dialect."""

    def __init__(self, folder: Path, place: Place | None = None, **said: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.town = Town(folder, place, wechat_url=self.url, **said)
        self.client = httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE_S)
        self.said: list[tuple[str, str, int, bytes]] = []
        self._hosts = self.town.hosts
        self._on_its_way: OnItsWay | None = None

    async def start(self) -> "Street":
        await self.town.start()
        config = uvicorn.Config(
            self._heard, interface="asgi3", http="httptools", log_level="warning"
        )
        config.load()
        self._state, loop = ServerState(), asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpToolsProtocol(config, self._state, {}, loop), sock=self._socket
        )
        return self

    async def stop(self) -> None:
        await self.client.aclose()
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.02)
        await self.town.stop()

    @contextlib.contextmanager
    def between(self, on_its_way: OnItsWay) -> Iterator[None]:
        """Meanwhile somebody stands between a merchant and us."""
        self._on_its_way = on_its_way
        try:
            yield
        finally:
            self._on_its_way = None

    async def _heard(self, scope: Any, receive: Any, send: Any) -> None:
        """A request as it arrives. Who asked has the answer to what arrived last; all are without a body."""
        if self._on_its_way is None:
            return await self._hosts(scope, receive, send)
        headers = dict(scope["headers"])
        arrives = self._on_its_way(headers[b"authorization"])
        message = await receive()

        async def again() -> Any:
            return message

        async def nowhere(_message: Any) -> None:
            """Nobody hears it."""

        for number, header in enumerate(arrives, 1):
            sent = list((headers | {b"authorization": header}).items())
            answers = send if number == len(arrives) else nowhere
            await self._hosts(scope | {"headers": sent}, again, answers)

    async def ask(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> httpx2.Response:
        """One request, its target as it is."""
        headers = {"content-type": "application/json"} | headers
        url = httpx2.URL(self.url).copy_with(raw_path=target.encode())
        answer = await self.client.request(method, url, content=body, headers=headers)
        self.said.append((method, target, answer.status_code, answer.content))
        return answer

    async def merchant(self, shop: Shop | None = None, **said: Any) -> Merchant:
        """A shop that was let into the dialect."""
        shop = shop or await self.town.shop()
        body = {"dialect": "wechat"} | said
        opened = await self.town.done("POST", "/v1/dialects", body, token=shop.key)
        return Merchant(self, shop, opened)

    async def kept(self) -> dict[str, Any]:
        """A digest of every table but those that the background writes."""
        found = await self.town.everything()
        found.pop("dialects_notices")
        return found

    async def pays(self, person: Someone, cashier_url: str) -> None:
        """The person pays on the cashier."""
        payment_id = cashier_url.partition("/pay/")[2].partition("?")[0]
        answer = await self.tries_to_pay(person, payment_id, cashier_url)
        assert answer.is_success, answer.text

    async def tries_to_pay(
        self, person: Someone, payment_id: str, cashier_url: str
    ) -> httpx2.Response:
        """The person confirms with the right PIN, one payment or several at once."""
        if not payment_id.startswith("cmb_"):
            return await self.town.pay(person, {"id": payment_id, "cashier_url": cashier_url})
        body = {"token": cashier_url.partition("?t=")[2], "pin": PIN}
        at = f"/v1/combined_payments/{payment_id}/confirmation"
        return await self.town.call("POST", at, body, token=person.token)

    async def lets(self, seller: "Merchant", provider: "Merchant") -> None:
        """The seller lets a service provider act for it."""
        at = f"/v1/apps/{seller.shop.app_id}/agents/{provider.shop.app_id}"
        assert (await self.town.call("PUT", at, token=seller.shop.owner.token)).is_success

    async def balance(self, shop: "Merchant") -> int:
        """What a merchant has in CNY."""
        found = await self.town.done("GET", "/v1/balances", token=shop.shop.key)
        return sum(one["balance"] for one in found["items"] if one["currency"] == "CNY")
