"""Clients of a server that is killed again and again: they ask until they are answered, and remember."""

import asyncio
import itertools
import random
import secrets
import time
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
    """A payment that was answered: paid from a wallet or on its way on a rail; what was refunded."""

    shop: int
    reference: str
    id: str
    amount: int
    on_rail: bool = False
    refunded: int = 0


class NotAnswered(Exception):
    """A request that got no answer at all, or one that it must not get."""


class Payers:
    """Clients that each pay in every way there is; each request is repeated until it is answered."""

    def __init__(self, url: str, town: Town, clients: int) -> None:
        self._url, self._town, self._clients = url, town, clients
        self._host = url.partition("//")[2]
        self._numbers = itertools.count(1)
        self._chance = random.Random(7)
        self._ending = False
        self.acknowledged: dict[str, Acknowledged] = {}
        self.repeated = 0

    async def run(self) -> None:
        """Pay until told to end; each client ends with a whole payment."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._clients):
                group.create_task(self._client())

    def end(self) -> None:
        """Let every client finish what it is at."""
        self._ending = True

    async def post(self, path: str, body: Any, token: str, key: str = "") -> bytes:
        """The answer to one request on a connection of its own."""
        return await _Persistent(self, self._url).post(path, body, token, key)

    def body_of(self, confirm: dict[str, str] | None = None) -> dict[str, Any]:
        """A payment's body with a number and an amount of its own."""
        number = next(self._numbers)
        body = {"amount": 10 + number % 90, "currency": CURRENCY, "reference": f"soak-{number}"}
        return body | {"confirm": confirm} if confirm else body

    def mandate(self, shop: int) -> dict[str, str]:
        """Somebody's mandate for a shop."""
        return {"mandate_id": self._chance.choice(self._town.mandates[shop])}

    def proof(self, cashier_url: str) -> dict[str, str]:
        """What a person sends to pay."""
        return {"token": cashier_url.partition("?t=")[2], "channel": "web", "pin": PIN}

    def request(self, path: str, body: Any, token: str, key: str) -> bytes:
        """The bytes of one request."""
        text = msgspec.json.encode(body)
        return request("POST", path, self._host, text, token=token, key=key)

    async def _client(self) -> None:
        line = _Persistent(self, self._url)
        ways: list[Callable[[_Persistent], Awaitable[object]]]
        ways = [self._by_person, self._in_mandate, self._in_mandate, self._on_rail, self._refunded]
        while not self._ending:
            await self._chance.choice(ways)(line)
        line.close()

    async def _in_mandate(self, line: "_Persistent") -> Acknowledged:
        shop = self._chance.randrange(len(self._town.keys))
        made = await line.ask("/v1/payments", self.body_of(self.mandate(shop)), self._key(shop))
        return self._note(shop, made, "paid")

    async def _on_rail(self, line: "_Persistent") -> None:
        shop = self._chance.randrange(len(self._town.keys))
        body = self.body_of({"method": RAIL})
        made = await line.ask("/v1/payments", body, self._key(shop))
        noted = self._note(shop, made, "processing")
        self.acknowledged[noted.id] = msgspec.structs.replace(noted, on_rail=True)

    async def _by_person(self, line: "_Persistent") -> None:
        shop = self._chance.randrange(len(self._town.keys))
        made = await line.ask("/v1/payments", self.body_of(), self._key(shop))
        path = f"/v1/payments/{made['id']}/confirmation"
        person = self._chance.choice(self._town.tokens)
        view = await line.ask(path, self.proof(made["cashier_url"]), person)
        self._note(shop, made | {"status": view["payment"]["status"]}, "paid")

    async def _refunded(self, line: "_Persistent") -> None:
        paid = await self._in_mandate(line)
        back = await line.ask(
            f"/v1/payments/{paid.id}/refunds", {"amount": 1}, self._key(paid.shop)
        )
        if back["status"] != "succeeded":
            raise NotAnswered(str(back))
        self.acknowledged[paid.id] = msgspec.structs.replace(paid, refunded=1)

    def _key(self, shop: int) -> str:
        return self._town.keys[shop]

    def _note(self, shop: int, made: dict[str, Any], status: str) -> Acknowledged:
        if made["status"] != status:
            raise NotAnswered(str(made))
        noted = Acknowledged(shop, made["reference"], made["id"], made["amount"])
        self.acknowledged[noted.id] = noted
        return noted


class _Persistent:
    """A connection that is made anew, and a request that is sent anew, until an answer comes."""

    def __init__(self, payers: Payers, url: str) -> None:
        self._payers, self._url = payers, url
        self._line: Line | None = None

    async def ask(self, path: str, body: Any, token: str) -> dict[str, Any]:
        """The decoded answer."""
        decoded: dict[str, Any] = msgspec.json.decode(await self.post(path, body, token))
        return decoded

    async def post(self, path: str, body: Any, token: str, key: str = "") -> bytes:
        """The answer, however often it takes to get it; always with the same Idempotency-Key."""
        sent = self._payers.request(path, body, token, key or secrets.token_hex(12))
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                if self._line is None or not self._line.open:
                    self._line = await connect(self._url)
                status, answer = await self._line.ask(sent)
            except OSError:
                status, answer = 0, b""
            if 200 <= status < 300:
                return answer
            if status not in (0, 429, 503):
                raise NotAnswered(f"{path}: {status} {answer.decode()[:400]}")
            self._payers.repeated += 1
            await asyncio.sleep(PAUSE_S)
        raise NotAnswered(f"{path}: no answer within {PATIENCE_S} s")

    def close(self) -> None:
        """Let the connection go."""
        if self._line is not None:
            self._line.close()
