"""The shop and who uses it: a buyer at the shop API, a keeper at the admin API, both in GraphQL."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from standardwebhooks import Webhook

from benchmarks.server import free_port
from tests.patience import PATIENCE_S
from tests.wire.platform import Shop
from tests.wire.served import Served

HERE = Path(__file__).resolve().parents[3]
SDKS = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
SDK = SDKS / "vendure-npm"
KEEPER_PASSWORD = "a long keeper's password"
START_S = 600
TEA_NAME, UMBRELLA_NAME = "longjing-tea", "paper-umbrella"
TEA, UMBRELLA, PARCEL = 6800, 19900, 1000
"""Prices in fen."""
WORDS = """... on ErrorResult { errorCode message }
           ... on PaymentFailedError { paymentErrorMessage }"""
ORDER = "code state totalWithTax payments { id state amount transactionId metadata }"
FULL = """code state history { items { type data } } payments { id state amount transactionId
    errorMessage refunds { id state total transactionId metadata } }"""
ADDRESS = {
    "fullName": "Lin Na",
    "streetLine1": "8 Lake Street",
    "city": "Hangzhou",
    "postalCode": "310000",
    "countryCode": "CN",
}


async def until(seen: Callable[[], Awaitable[Any]]) -> Any:
    """What is seen, once it is."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await seen():
                return found
            await asyncio.sleep(0.05)


class Client:
    """Somebody who speaks GraphQL and keeps the session that the shop hands out."""

    def __init__(self, url: str, language: str) -> None:
        headers = {"accept-language": language}
        self._http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S)
        self._language = language

    async def ask(self, query: str, **variables: Any) -> Any:
        """The one field of the answer."""
        body = {"query": query, "variables": variables}
        answer = await self._http.post("", params={"languageCode": self._language}, json=body)
        if token := answer.headers.get("vendure-auth-token"):
            self._http.headers["authorization"] = f"Bearer {token}"
        told = answer.json()
        assert not told.get("errors"), told["errors"]
        (found,) = told["data"].values()
        return found

    async def close(self) -> None:
        await self._http.aclose()


class Buyer(Client):
    """A guest with a basket."""

    async def fills_basket(self, name: str = TEA_NAME) -> None:
        """One thing in the basket, an address, a way to send it."""
        found = await self.ask("{ products { items { slug variants { id } } } }")
        things = {one["slug"]: one["variants"][0]["id"] for one in found["items"]}
        await self.ask(
            "mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1)"
            " { ... on Order { code } ... on ErrorResult { message } } }",
            id=things[name],
        )
        await self.ask(
            "mutation ($of: CreateAddressInput!) { setOrderShippingAddress(input: $of)"
            " { ... on Order { code } ... on ErrorResult { message } } }",
            of=ADDRESS,
        )
        who = {"firstName": "Na", "lastName": "Lin", "emailAddress": "lin@buyer.example"}
        await self.ask(
            "mutation ($of: CreateCustomerInput!) { setCustomerForOrder(input: $of)"
            " { ... on Order { code } ... on ErrorResult { message } } }",
            of=who,
        )
        ways = await self.ask("{ eligibleShippingMethods { id } }")
        await self.ask(
            "mutation ($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id)"
            " { ... on Order { code } ... on ErrorResult { message } } }",
            id=[ways[0]["id"]],
        )

    async def moves(self, state: str) -> Any:
        """The order in another state, or why not."""
        return await self.ask(
            "mutation ($to: String!) { transitionOrderToState(state: $to)"
            " { ... on Order { state } ... on OrderStateTransitionError { transitionError } } }",
            to=state,
        )

    async def asks_to_pay(self) -> Any:
        """The order with its payment, or the error."""
        return await self.ask(
            "mutation { addPaymentToOrder(input: {method: "
            f'"changliao-pay", metadata: {{}}}}) {{ ... on Order {{ {ORDER} }} {WORDS} }} }}'
        )

    async def buys(self, name: str = TEA_NAME) -> tuple[Any, str]:
        """From the shelf to the cashier: the order and the cashier's address."""
        await self.fills_basket(name)
        assert (await self.moves("ArrangingPayment")) == {"state": "ArrangingPayment"}
        order = await self.asks_to_pay()
        return order, cashier_of(order)

    async def order(self) -> Any:
        """The active order, None once it is placed."""
        return await self.ask(f"{{ activeOrder {{ {ORDER} }} }}")


def cashier_of(order: Any) -> str:
    """The cashier's address of the newest payment."""
    newest = max(order["payments"], key=lambda one: int(one["id"]))
    return str(newest["metadata"]["public"]["cashierUrl"])


class Keeper(Client):
    """The administrator."""

    async def signs_in(self) -> "Keeper":
        told = await self.ask(
            "mutation ($p: String!) { login(username: "
            '"keeper", password: $p) { ... on CurrentUser { identifier } } }',
            p=KEEPER_PASSWORD,
        )
        assert told == {"identifier": "keeper"}
        return self

    async def order(self, code: str) -> Any:
        """An order with all that was written about it."""
        of = {"filter": {"code": {"eq": code}}}
        found = await self.ask(
            f"query ($of: OrderListOptions) {{ orders(options: $of) {{ items {{ {FULL} }} }} }}",
            of=of,
        )
        return found["items"][0]

    async def once(self, code: str, holds: Callable[[Any], bool]) -> Any:
        """The order, once this holds."""

        async def seen() -> Any:
            order = await self.order(code)
            return order if holds(order) else None

        return await until(seen)

    async def settled(self, code: str) -> Any:
        """The order, once it is paid."""
        return await self.once(code, lambda order: bool(order["state"] == "PaymentSettled"))

    async def refunds(self, payment_id: str, amount: int, reason: str = "chipped") -> Any:
        """What the shop answers to a refund of so much."""
        of = {"paymentId": payment_id, "amount": amount, "reason": reason}
        return await self.ask(
            "mutation ($of: RefundOrderInput!) { refundOrder(input: $of)"
            " { ... on Refund { id state total transactionId metadata }"
            " ... on ErrorResult { errorCode message } } }",
            of={**of, "lines": [], "shipping": 0, "adjustment": 0},
        )

    async def does(self, deed: str, payment_id: str) -> Any:
        """`settlePayment` or `cancelPayment`."""
        kind = deed[0].upper() + deed[1:] + "Error"
        return await self.ask(
            f"mutation ($id: ID!) {{ {deed}(id: $id) {{ ... on Payment {{ state }}"
            f" ... on {kind} {{ paymentErrorMessage }} }} }}",
            id=payment_id,
        )


class VendureShop:
    """The shop's process, and its platform."""

    def __init__(self, town: Served, app: Shop, url: str, folder: Path, database: str) -> None:
        self.town, self.app, self.url = town, app, url
        self._folder, self._database = folder, database

    async def open(self) -> None:
        """Start the process. What is in doubt it asks about at its start, and then not for hours: what
        happens here meanwhile is the doing of webhooks."""
        self._log = (self._folder / "shop.log").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            str(HERE / "integrations/vendure_plugin/run"),
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env={
                "PATH": os.environ["PATH"],
                "CHANGLIAO_SDKS": str(SDKS),
                "CHANGLIAO_URL": self.town.url,
                "CHANGLIAO_KEY": self.app.key,
                "CHANGLIAO_ASK_AGAIN_S": "9999",
                "SHOP_PORT": self.url.rpartition(":")[2],
                "SHOP_FOLDER": str(self._folder),
                "SHOP_DATABASE_URL": self._database,
                "SHOP_KEEPER_PASSWORD": KEEPER_PASSWORD,
            },
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            line = b"-"
            while line and not line.startswith(b"shop: "):
                line = await self._process.stdout.readline()
        assert line.decode() == f"shop: {self.url}\n"
        self._drain = asyncio.create_task(self._process.stdout.read())

    async def close(self) -> None:
        """End it as a service manager does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        await self._process.wait()
        await self._drain
        self._log.close()

    async def restart(self) -> None:
        """The same shop in a new process."""
        await self.close()
        await self.open()

    @contextlib.asynccontextmanager
    async def buyer(self, language: str = "en") -> AsyncIterator[Buyer]:
        """Somebody with a session of their own."""
        buyer = Buyer(f"{self.url}/shop-api", language)
        try:
            yield buyer
        finally:
            await buyer.close()

    @contextlib.asynccontextmanager
    async def keeper(self) -> AsyncIterator[Keeper]:
        """The administrator, signed in."""
        keeper = Keeper(f"{self.url}/admin-api", "en")
        try:
            yield await keeper.signs_in()
        finally:
            await keeper.close()

    async def ours(self, path: str) -> Any:
        """Something of the platform, as the shop's app sees it."""
        return await self.town.done("GET", path, token=self.app.key)

    async def hears(self, kind: str, data: Any, secret: str = "") -> httpx2.Response:
        """A webhook as Changliao would send it, or, with another secret, as somebody else would."""
        own = (self._folder / "webhook_secret").read_text()
        body = json.dumps({"type": kind, "data": data})
        now = datetime.fromtimestamp(int(time.time()), UTC)
        headers = {
            "webhook-id": "del_test",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret or own).sign("del_test", now, body),
            "content-type": "application/json",
        }
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
            at = f"{self.url}/changliao/webhook"
            return await client.post(at, content=body, headers=headers)

    async def back(self, url: str, language: str = "en") -> httpx2.Response:
        """The page that a buyer comes back to."""
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
            return await client.get(url, headers={"accept-language": language})


@contextlib.asynccontextmanager
async def running(town: Served, folder: Path, database: str) -> AsyncIterator[VendureShop]:
    """A shop on this platform, started by its one command; `database` is empty for SQLite."""
    url = f"http://127.0.0.1:{free_port()}"
    shop = VendureShop(town, await town.shop(), url, folder, database)
    await shop.open()
    try:
        yield shop
    finally:
        await shop.close()
