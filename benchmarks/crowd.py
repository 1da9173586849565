"""A crowd that pays: many clients, each on its own connection, each with one payment at a time."""

import asyncio
import itertools
import random
import secrets
import time
from typing import Literal

from benchmarks.calling import Broken, Line, connect
from benchmarks.town import PIN, Town
from changliao.kernel.value import Value

HOT_SHARE = 0.8
Way = Literal["one", "two"]
"""Whether a payment is one request (within a mandate) or two (shop creates, person confirms)."""

_ID, _TOKEN = b'{"id":"', b"?t="
_ID_CHARS, _TOKEN_CHARS = 30, 32


class Ran(Value, frozen=True):
    """What a run came to. `paid` counts all acknowledged, `counted` those of the measured time."""

    paid: int
    counted: int
    seconds: float
    p50_ms: float
    p99_ms: float
    most_ms: float

    @property
    def per_s(self) -> float:
        """Payments a second."""
        return self.counted / self.seconds


class Trouble(Exception):
    """An answer that is no payment."""


class Crowd:
    """Clients that pay uniformly, or (`hot`) four times in five the same shop."""

    def __init__(self, url: str, town: Town, clients: int, way: Way, *, hot: bool = False) -> None:
        self._url, self._town, self._clients, self._hot = url, town, clients, hot
        self._pay = self._in_one if way == "one" else self._in_two
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._chance = random.Random(20261122)
        host = url.partition("//")[2]
        self._create = [_head(f"/v1/payments HTTP/1.1\r\nhost: {host}", key) for key in town.keys]
        self._tail = f" HTTP/1.1\r\nhost: {host}"
        self._persons = [f"\r\nauthorization: Bearer {token}".encode() for token in town.tokens]

    async def pay(self, seconds: float, warm_up_s: float) -> Ran:
        """Pay for so long after a warm-up; every client ends with a whole payment."""
        began = time.monotonic()
        start, end = began + warm_up_s, began + warm_up_s + seconds
        lines = [await connect(self._url) for _ in range(self._clients)]
        times: list[float] = []
        paid = 0

        async def client(line: Line) -> None:
            nonlocal paid
            while (at := time.monotonic()) < end:
                await self._pay(line)
                paid += 1
                done = time.monotonic()
                if start <= done < end:
                    times.append(done - at)
            line.close()

        try:
            async with asyncio.TaskGroup() as group:
                for line in lines:
                    group.create_task(client(line))
        except* (Trouble, Broken) as trouble:
            raise trouble.exceptions[0] from None
        times.sort()
        return Ran(
            paid,
            len(times),
            seconds,
            *(round(_at(times, share) * 1000, 2) for share in (0.5, 0.99, 1.0)),
        )

    def _shop(self) -> int:
        if self._hot and self._chance.random() < HOT_SHARE:
            return 0
        return self._chance.randrange(len(self._create))

    async def _in_one(self, line: Line) -> None:
        shop, number = self._shop(), next(self._numbers)
        mandates = self._town.mandates[shop]
        mandate = mandates[self._chance.randrange(len(mandates))]
        status, body = await line.ask(
            self._asked_of(shop, number, b'"confirm":{"mandate_id":"%s"},' % mandate.encode())
        )
        if status != 201 or b'"status":"paid"' not in body:
            raise Trouble(f"{status} {body.decode()[:400]}")

    async def _in_two(self, line: Line) -> None:
        number = next(self._numbers)
        status, body = await line.ask(self._asked_of(self._shop(), number, b""))
        if status != 201 or not body.startswith(_ID):
            raise Trouble(f"{status} {body.decode()[:400]}")
        payment_id = body[len(_ID) : len(_ID) + _ID_CHARS]
        at = body.find(_TOKEN) + len(_TOKEN)
        text = b'{"token":"%s","method":"wallet","channel":"web","pin":"%s"}' % (
            body[at : at + _TOKEN_CHARS],
            PIN.encode(),
        )
        person = self._persons[self._chance.randrange(len(self._persons))]
        head = f"POST /v1/payments/{payment_id.decode()}/confirmation{self._tail}".encode()
        status, body = await line.ask(head + person + self._ending(number, b"c", text))
        if status != 200 or b'"status":"paid"' not in body:
            raise Trouble(f"{status} {body.decode()[:400]}")

    def _asked_of(self, shop: int, number: int, confirm: bytes) -> bytes:
        text = b'{%s"amount":%d,"currency":"CNY","reference":"%s-%d"}' % (
            confirm,
            100 + number % 900,
            self._run.encode(),
            number,
        )
        return self._create[shop] + self._ending(number, b"p", text)

    def _ending(self, number: int, kind: bytes, text: bytes) -> bytes:
        return (
            b"\r\nidempotency-key: %s-%s%d\r\ncontent-type: application/json"
            b"\r\ncontent-length: %d\r\n\r\n%s"
        ) % (self._run.encode(), kind, number, len(text), text)


def _head(rest: str, key: str) -> bytes:
    return f"POST {rest}\r\nauthorization: Bearer {key}".encode()


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
