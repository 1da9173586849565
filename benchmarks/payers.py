"""Clients of a server that is killed again and again: they ask until they are answered, and remember."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from benchmarks.calling import Line, connect, request
from benchmarks.town import CURRENCY, PIN, Town
from changliao.kernel.value import Value

RAIL = "credit_card"
PAUSE_S = 0.02
PATIENCE_S = 60


class Acknowledged(Value, frozen=True):
    """A payment that was answered: paid from a wallet, or on its way on a rail; what was refunded."""

    id: str
    amount: int
    on_rail: bool
    refunded: int = 0


class Unanswered(Exception):
    """A request that got no answer, or one that must not be."""


class Payers:
    """Clients that each pay in turn in every way there is; every request is repeated until answered."""

    def __init__(self, url: str, town: Town, clients: int) -> None:
        self._url, self._town, self._clients = url, town, clients
        self._host = url.partition("//")[2]
        self._numbers = itertools.count(1)
        self._chance = random.Random(7)
        self._ending = False
        self.paid: dict[str, Acknowledged] = {}
        self.repeats = 0

    async def run(self) -> None:
        """Pay until told to end; each client ends with a whole payment."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._clients):
                group.create_task(self._client())

    def end(self) -> None:
        """Let every client finish what it is at."""
        self._ending = True

    async def _client(self) -> None:
        connection = Steady(self._url)
        ways: list[Callable[[Steady], Awaitable[None]]]
        ways = [self._by_person, self._in_mandate, self._in_mandate, self._on_rail, self._refunded]
        while not self._ending:
            await self._chance.choice(ways)(connection)
            self.repeats += connection.repeats
            connection.repeats = 0
        connection.close()

    async def _in_mandate(self, connection: "Steady") -> Acknowledged:
        shop = self._shop()
        return await self._create(
            connection, shop, {"mandate_id": self._chance.choice(self._town.mandates[shop])}
        )

    async def _on_rail(self, connection: "Steady") -> None:
        await self._create(connection, self._shop(), {"method": RAIL})

    async def _by_person(self, connection: "Steady") -> None:
        number, shop = next(self._numbers), self._shop()
        body = {"amount": number, "currency": CURRENCY, "reference": f"soak-{number}"}
        made = await self._ask(connection, "/v1/payments", body, self._town.keys[shop])
        proof = {
            "token": made["cashier_url"].partition("?t=")[2],
            "channel": "web",
            "pin": PIN,
        }
        path = f"/v1/payments/{made['id']}/confirmation"
        view = await self._ask(connection, path, proof, self._chance.choice(self._town.tokens))
        if view["payment"]["status"] != "paid":
            raise Unanswered(str(view))
        self.paid[made["reference"]] = Acknowledged(made["id"], number, False)

    async def _refunded(self, connection: "Steady") -> None:
        paid = await self._in_mandate(connection)
        shop = next(s for s, app in enumerate(self._town.app_ids) if app == self._last_app)
        path = f"/v1/payments/{paid.id}/refunds"
        back = await self._ask(connection, path, {"amount": 1}, self._town.keys[shop])
        if back["status"] not in ("succeeded", "pending"):
            raise Unanswered(str(back))
        reference = next(r for r, one in self.paid.items() if one.id == paid.id)
        self.paid[reference] = msgspec.structs.replace(paid, refunded=1)

    async def _create(
        self, connection: "Steady", shop: int, confirm: dict[str, str]
    ) -> Acknowledged:
        raise NotImplementedError
