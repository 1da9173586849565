"""A running platform with a port for the dialect, and shops whose own Saleor has installed the app."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tests.patience import PATIENCE_S
from tests.places import Place
from tests.wire.platform import Shop, Someone, Town
from tests.wire.saleor.instance import Saleor, Transaction


class Street:
    """A town, and the port at which it speaks the dialect."""

    def __init__(self, folder: Path, place: Place | None = None, **said: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.town = Town(folder, place, saleor_url=self.url, **said)
        self._saleors: list[Saleor] = []

    async def start(self) -> "Street":
        await self.town.start()
        config = uvicorn.Config(self.town.hosts, http="httptools", log_level="warning")
        config.load()
        self._state, loop = ServerState(), asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpToolsProtocol(config, self._state, {}, loop), sock=self._socket
        )
        return self

    async def stop(self) -> None:
        for saleor in self._saleors:
            await saleor.stop()
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.02)
        await self.town.stop()

    async def saleor(self) -> Saleor:
        """An instance that has installed nothing."""
        saleor = await Saleor(self.town.clock).start()
        self._saleors.append(saleor)
        return saleor

    async def opened(self, shop: Shop | None = None) -> "Account":
        """A shop that was let into the dialect and has allowed no instance."""
        shop = shop or await self.town.shop()
        body = {"dialect": "saleor"}
        view = await self.town.done("POST", "/v1/dialects", body, token=shop.key)
        return Account(self, shop, view)

    async def shop(self, *, storefronts: str = "https://shop.example") -> "Account":
        """A shop whose own Saleor has installed the app."""
        account = await self.opened()
        account.saleor = await self.saleor()
        await account.choose(instances=account.saleor.api_url, storefronts=storefronts)
        answer = await account.saleor.install(account.manifest_url)
        assert answer.status_code == 200, answer.text
        return account


class Account:
    """A shop's account in the dialect, and the Saleor that speaks for it."""

    saleor: Saleor

    def __init__(self, street: Street, shop: Shop, view: Any) -> None:
        self.street, self.town, self.shop, self.view = street, street.town, shop, view
        self.id, self.number = str(view["id"]), str(view["number"])
        self.manifest_url = str(view["values"]["manifest_url"])

    async def choose(self, **settings: str) -> Any:
        """Choose settings, as a person does in the console."""
        at = f"/v1/dialects/{self.id}/settings"
        token = self.shop.key
        return await self.town.done("PUT", at, {"settings": settings}, token=token)

    async def pays(self, person: Someone, told: dict[str, Any]) -> str:
        """The person pays at the cashier that the storefront was given; the payment's id."""
        url = told["data"]["url"]
        payment_id = url.partition("/pay/")[2].partition("?")[0]
        answer = await self.town.pay(person, {"id": payment_id, "cashier_url": url})
        assert answer.status_code == 200, answer.text
        return str(payment_id)

    async def paid(self, person: Someone, amount: str, kind: str = "CHARGE") -> Transaction:
        """A transaction that was paid, or is held, and that Saleor knows to be so."""
        transaction, told = await self.saleor.begin(amount, kind=kind)
        await self.pays(person, told)
        await self.reported(transaction, f"{kind}_SUCCESS")
        return transaction

    async def reported(self, transaction: Transaction, kind: str, count: int = 1) -> None:
        """Wait until Saleor has so many events of a type."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if transaction.types.count(kind) >= count:
                    return
                await asyncio.sleep(0.02)

    async def notices(self) -> list[dict[str, Any]]:
        """The account's notices, newest first."""
        at = f"/v1/dialects/{self.id}/notices"
        return list((await self.town.done("GET", at, token=self.shop.key))["items"])

    async def until(self, states: set[str], count: int = 1) -> list[dict[str, Any]]:
        """The notices, once there are so many and they are in these states."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await self.notices()
                if len(found) >= count and {str(one["state"]) for one in found} == states:
                    return found
                await asyncio.sleep(0.02)

    async def payment(self, payment_id: str) -> Any:
        """The payment, natively."""
        return await self.town.done("GET", f"/v1/payments/{payment_id}", token=self.shop.key)

    async def checks(self) -> dict[str, list[tuple[bool, str]]]:
        """The self-check: each name with what was found."""
        at = f"/v1/dialects/{self.id}/checks"
        told = await self.town.done("POST", at, token=self.shop.key)
        found: dict[str, list[tuple[bool, str]]] = {}
        for one in told["items"]:
            found.setdefault(one["name"], []).append((one["well"], one["code"]))
        return found

    async def kept(self) -> dict[str, Any]:
        """A digest of every table but those that the background writes, which is where other stories'
        payments run out meanwhile."""
        found = await self.town.everything()
        for name in ("dialects_notices", "facts", "chain"):
            found.pop(name, None)
        found["pay_payments"] = found["pay_payments"].partition(",")[0]
        return found
