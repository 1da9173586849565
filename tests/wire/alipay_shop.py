"""A shop that speaks Alipay's dialect by hand, to the letter of its docs: signs, verifies, listens."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
import msgspec

from changliao.wire.rsa import signed, verifies
from tests.wire.platform import Receiver, Shop, Town

Told = dict[str, Any]


class AlipayShop:
    """An account of a shop at our gateway; keys as onboarding handed them out."""

    def __init__(self, town: Town, shop: Shop, view: Any) -> None:
        self.town, self.shop, self.view = town, shop, view
        self.number = str(view["number"])
        files = {one["name"]: one["content"] for one in view["files"]}
        self.private_key = files["app_private_key_pkcs8.pem"].encode()
        self.our_key = files["alipay_public_key.pem"]
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(town.hosts),
            base_url=town.platform.settings.alipay_url,
        )
        self.last: httpx2.Response | None = None

    def now(self) -> datetime:
        """The town's clock."""
        return datetime.fromtimestamp(self.town.clock() // 1_000_000, UTC)

    def params(self, method: str, biz: Any, **common: str) -> dict[str, str]:
        """A request's parameters, signed."""
        said = {
            "app_id": self.number,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": (self.now() + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "biz_content": biz if isinstance(biz, str) else msgspec.json.encode(biz).decode(),
        }
        return self.signed(said | common)

    def signed(self, said: dict[str, str]) -> dict[str, str]:
        """The parameters with their signature."""
        text = "&".join(f"{k}={v}" for k, v in sorted(said.items()) if v and k != "sign")
        return said | {"sign": signed(self.private_key, text.encode())}

    async def send(self, said: dict[str, str], *, how: str = "split") -> httpx2.Response:
        """The request, by POST with the common parameters in the query (as the official SDKs), by GET
        (`get`), or all of it in the form (`form`)."""
        if how == "get":
            self.last = await self.http.get("/gateway.do", params=said)
        elif how == "form":
            self.last = await self.http.post("/gateway.do", data=said)
        else:
            query = {name: value for name, value in said.items() if name != "biz_content"}
            form = {"biz_content": said["biz_content"]}
            self.last = await self.http.post("/gateway.do", params=query, data=form)
        return self.last

    async def ask(self, method: str, biz: Any, *, how: str = "split", **common: str) -> Told:
        """The inner object of a reply whose signature is good over its exact bytes."""
        answer = await self.send(self.params(method, biz, **common), how=how)
        return self.read(answer, method)

    def read(self, answer: httpx2.Response, method: str) -> Told:
        """The inner object, verified when it must be signed."""
        assert answer.status_code == 200, answer.text
        name = method.replace(".", "_") + "_response"
        told: Told = msgspec.json.decode(answer.content)
        inner = told[name]
        if inner["code"] in ("10000", "40004"):
            start = f'{{"{name}":'.encode()
            tail = f',"sign":"{told["sign"]}"}}'.encode()
            assert answer.content.startswith(start) and answer.content.endswith(tail)
            raw = answer.content[len(start) : -len(tail)]
            assert verifies(self.our_key, raw, told["sign"])
        else:
            assert "sign" not in told
        return dict(inner)

    async def precreated(self, number: str, amount: str = "10.00", **common: str) -> Told:
        """An order that waits for its buyer."""
        biz = {"out_trade_no": number, "total_amount": amount, "subject": "一壶茶"}
        told = await self.ask("alipay.trade.precreate", biz, **common)
        assert told["code"] == "10000", told
        return told

    async def paid(self, number: str, amount: str = "10.00", **common: str) -> str:
        """An order that somebody has paid; its trade number."""
        told = await self.precreated(number, amount, **common)
        lin = await self.town.person(money=100_000)
        return await self.pay(lin, told["qr_code"])

    async def pay(self, person: Any, cashier_url: str) -> str:
        """The person pays at the cashier; the trade number."""
        payment_id = cashier_url.partition("/pay/")[2].partition("?")[0]
        payment = {"id": payment_id, "cashier_url": cashier_url}
        answer = await self.town.pay(person, payment)
        assert answer.status_code == 200, answer.text
        return payment_id

    def verified(self, form: bytes) -> dict[str, str]:
        """A notification, if it is ours: every value is covered but `sign` and `sign_type`."""
        told = dict(parse_qsl(form.decode(), keep_blank_values=True, strict_parsing=True))
        sign, kind = told.pop("sign"), told.pop("sign_type")
        assert kind == "RSA2" and base64.b64decode(sign)
        text = "&".join(f"{k}={v}" for k, v in sorted(told.items()) if v)
        assert verifies(self.our_key, text.encode(), sign)
        return told


async def alipay_shop(town: Town, shop: Shop | None = None) -> AlipayShop:
    """A shop that has come on board by the API."""
    shop = shop or await town.shop()
    view = await town.done("POST", "/v1/dialects", {"dialect": "alipay"}, token=shop.key)
    return AlipayShop(town, shop, view)


def query(url: str) -> dict[str, str]:
    """What stands behind the question mark."""
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))


def urlencoded(said: dict[str, str]) -> bytes:
    """A form."""
    return urlencode(said).encode()


__all__ = ["AlipayShop", "Receiver", "alipay_shop", "query", "urlencoded"]
