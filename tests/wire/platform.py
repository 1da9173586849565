"""A whole platform over HTTP, in this process: people, a partner's shop, play money, a webhook receiver.

Every answer passes a check: a refusal's code is among those its route documents, and nothing is a 5xx
that no test asked for.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp.test_utils
import aiohttp.web
import httpx2
import msgspec
from argon2 import PasswordHasher

from changliao.app import Platform, audit
from changliao.db.driver import Reader
from changliao.db.migrate import shipped
from changliao.db.table import ALL
from changliao.db.vault import Vault, new_ring
from changliao.ledger.model import Mode
from changliao.pay import jobs as pay_jobs
from changliao.people import service as people
from changliao.people.api.routes import SESSION_S, fresh_token
from changliao.people.model import AskRegister, AskSession, AskSetPin
from changliao.settings import Settings
from changliao.wire.hosts import ByHost
from changliao.wire.openapi import refusals_of
from changliao.wire.refusals import status_of
from changliao.wire.routes import Route, Router
from tests.patience import PATIENCE_S, until
from tests.places import Place, SqlitePlace
from tests.rooms.world import AskFund, fund

URL = "http://changliao.localhost"
BOOKS = "books.sqlite3"
ALIPAY_URL = "http://alipay.localhost"
PIN = "258036"
PASSWORD = "correct horse 7"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""The same password at a lower price, so that tests do not wait for it."""
MONEY_TABLES = ("ledger_accounts", "ledger_transfers", "pay_payments", "pay_refunds")
BACKGROUND = ("chain", "bus_cursors", "bus_jobs", "partners_deliveries", "partners_tries")

Answer = httpx2.Response


class Clock:
    """The wall clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us

    def forward(self, seconds: int) -> None:
        self.ahead_us += seconds * 1_000_000


class Someone:
    """A person with a bearer token; `id` and `handle` as the platform knows them."""

    def __init__(self, person_id: str, handle: str, token: str) -> None:
        self.id, self.handle, self.token = person_id, handle, token


class Shop:
    """A partner's app with a key of all scopes."""

    def __init__(self, owner: Someone, partner_id: str, app_id: str, key: Any) -> None:
        self.owner, self.partner_id, self.app_id = owner, partner_id, app_id
        self.key_id, self.key = str(key["id"]), str(key["key"])


class Town:
    """A running platform and a client of it; its books are a file in the folder, or in another place."""

    def __init__(self, folder: Path, place: Place | None = None, **said: Any) -> None:
        self.clock = Clock()
        self.ring = new_ring()
        defaults: dict[str, Any] = {
            "dir": folder,
            "base_url": URL,
            "rails": ("sandbox_bank", "credit_card"),
            "allow_private_callbacks": True,
            "alipay_url": ALIPAY_URL,
        }
        settings = Settings(**(defaults | said))
        place = place or SqlitePlace(folder / BOOKS, shipped())
        db = place.open(vault=Vault(self.ring), clock=self.clock)
        self.platform = Platform(settings, db)
        self.http = self.platform.http()
        self.router = Router(self.http.routes)
        self.seen: set[tuple[str, str, int]] = set()
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.http), base_url=URL, timeout=PATIENCE_S
        )

    @cached_property
    def hosts(self) -> ByHost:
        """The platform and its dialects, by host."""
        return self.platform.hosts()

    async def start(self) -> "Town":
        await self.platform.start()
        return self

    async def stop(self) -> None:
        await self.client.aclose()
        await self.platform.stop()

    # Asking ---------------------------------------------------------------------------------

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """One request. A POST carries a fresh Idempotency-Key unless one is given; "" sends none."""
        sent = {"authorization": f"Bearer {token}"} if token else {}
        if method == "POST" and key is None:
            key = secrets.token_hex(12)
        if key:
            sent["idempotency-key"] = key
        if body is not None:
            content = msgspec.json.encode(body)
        if content is not None:
            sent["content-type"] = "application/json"
        sent |= headers or {}
        answer = await self.client.request(method, path, content=content, headers=sent)
        self.check(answer)
        return answer

    async def done(self, method: str, path: str, body: Any = None, **said: Any) -> Any:
        """The decoded answer of a request that must succeed."""
        answer = await self.call(method, path, body, **said)
        assert answer.is_success, answer.text
        return msgspec.json.decode(answer.content) if answer.content else None

    def route_of(self, method: str, path: str) -> Route | None:
        """The route at this address."""
        methods, _ = self.router.find(path)
        return (methods or {}).get("GET" if method == "HEAD" else method)

    def check(self, answer: Answer) -> None:
        """Whether the answer is one its route documents."""
        method, path = answer.request.method, answer.request.url.path
        assert answer.status_code != 500, f"{method} {path}: {answer.text}"
        route = self.route_of(method, path)
        if route is None:
            return
        self.seen.add((method, route.path, answer.status_code))
        if answer.status_code < 400:
            good = (route.status, *route.beside)
            assert route.page or answer.status_code in good, (method, path, answer.text)
            return
        told = answer.json()
        documented = {refusal.code: refusal for refusal in refusals_of(route)}
        assert told["code"] in documented, f"{method} {route.path} never says {told['code']}"
        assert answer.status_code == told["status"] == status_of(documented[told["code"]])

    # People, shops, money -------------------------------------------------------------------

    async def person(self, handle: str = "", *, money: int = 0, pin: bool = True) -> Someone:
        """A person who is signed in and has a PIN and, it may be, play money."""
        handle = handle or "p" + secrets.token_hex(6)
        db = self.platform.db
        person = await db.write(people.register, AskRegister(handle, handle, "en", HASHED))
        token = fresh_token()
        hashed = people.token_hash(token)
        asked = AskSession(person.id, hashed, "bearer", "", "127.0.0.1", SESSION_S)
        await db.write(people.open_session, asked)
        if pin:
            await db.write(people.set_pin, AskSetPin(person.id, PIN))
        if money:
            await self.give(person.id, money)
        return Someone(person.id, handle, token)

    async def operator(self) -> Someone:
        """Somebody who runs this installation."""
        someone = await self.person(pin=False)
        await self.platform.db.write(people.make_operator, someone.handle)
        return Someone(someone.id, someone.handle, await self.sign_in(someone.handle))

    async def sign_in(self, handle: str) -> str:
        """A new bearer token."""
        body = {"handle": handle, "password": PASSWORD}
        return str((await self.done("POST", "/v1/sessions", body))["token"])

    async def give(self, owner: str, amount: int, *, mode: Mode = "test") -> None:
        """Play money out of nowhere for a wallet."""
        await self.platform.db.write(fund, AskFund(owner, "wallet", amount, "CNY", mode))

    async def shop(self, owner: Someone | None = None) -> Shop:
        """A partner with one app and a test key."""
        owner = owner or await self.person(pin=False)
        token = owner.token
        partner = await self.done("POST", "/v1/partners", {"name": "Corner"}, token=token)
        app = await self.done(
            "POST", f"/v1/partners/{partner['id']}/apps", {"name": "Shop"}, token=token
        )
        key = await self.done("POST", f"/v1/apps/{app['id']}/keys", {}, token=token)
        return Shop(owner, partner["id"], app["id"], key)

    async def payment(self, shop: Shop, amount: int = 1000, **said: Any) -> Any:
        """An open payment of a shop."""
        body = {"amount": amount, "currency": "CNY", "reference": secrets.token_hex(8)} | said
        return await self.done("POST", "/v1/payments", body, token=shop.key)

    async def pay(self, person: Someone, payment: Any, **said: Any) -> Answer:
        """The person confirms with the right PIN, unless `said` has other things."""
        token = payment["cashier_url"].partition("?t=")[2]
        key = said.pop("key", None)
        body = {"token": token, "pin": PIN} | said
        path = f"/v1/payments/{payment['id']}/confirmation"
        return await self.call("POST", path, body, token=person.token, key=key)

    async def paid(self, person: Someone, shop: Shop, amount: int = 1000, **said: Any) -> Any:
        """A payment that was paid (or held) from a wallet."""
        payment = await self.payment(shop, amount, **said)
        assert (await self.pay(person, payment)).status_code == 200
        return await self.done("GET", f"/v1/payments/{payment['id']}", token=shop.key)

    async def balance(self, person: Someone) -> int:
        """What the person has in CNY play money."""
        wallets = (await self.done("GET", "/v1/wallet", token=person.token))["wallets"]
        play = next(one for one in wallets if one["mode"] == "test")
        return sum(one["available"] for one in play["balances"] if one["currency"] == "CNY")

    # People who talk ------------------------------------------------------------------------

    async def befriend(self, one: Someone, other: Someone) -> None:
        """Both ask, so both are contacts."""
        for who, whom in ((one, other), (other, one)):
            await self.done("POST", "/v1/contact-requests", {"person": whom.id}, token=who.token)

    async def direct(self, one: Someone, other: Someone) -> str:
        """The conversation of two."""
        body = {"person": other.id}
        return str((await self.done("POST", "/v1/conversations", body, token=one.token))["c"])

    async def group(self, owner: Someone, *others: Someone, title: str = "Tea") -> str:
        """A group."""
        body = {"title": title, "members": [one.id for one in others]}
        return str((await self.done("POST", "/v1/conversations", body, token=owner.token))["c"])

    # Books ----------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Wait until followers have heard everything, no rail is being asked, and what has run out (a
        test may have put the clock forward) is closed."""
        while await pay_jobs.sweep_once(self.platform.db):
            pass
        await until(lambda: self.platform.db.read(_quiet))

    async def resting(self) -> None:
        """Wait until no job is running: whatever was tried is done or has put itself off. A clock that is
        put forward meanwhile would end its lease, and it would run twice."""
        await until(lambda: self.platform.db.read(_resting))

    async def books(self) -> dict[str, Any]:
        """Everything that money is written in, to compare, once the background is quiet."""
        await self.settled()
        return await self.platform.db.read(_rows_of, MONEY_TABLES)

    async def everything(self) -> dict[str, Any]:
        """A digest of every table but those that followers and jobs write in the background, once that
        is quiet."""
        await self.settled()
        return await self.platform.db.read(_all_rows)

    async def wrong(self) -> list[str]:
        """What is wrong with the books."""
        return await self.platform.db.read(lambda reader: list(audit(reader)))


def filled(route: Route, **ids: str) -> str:
    """The route's path with these ids, or with one that nobody has."""
    path = route.path
    for name in re.findall(r"{(\w+)}", path):
        path = path.replace("{" + name + "}", ids.get(name, "nobody_1"))
    return path


def _quiet(reader: Reader) -> bool:
    behind = reader.query(
        "SELECT COUNT(*) FROM bus_cursors WHERE seq < (SELECT MAX(seq) FROM facts)"
    )
    asked = reader.query("SELECT COUNT(*) FROM rails_attempts WHERE state IN ('created', 'sent')")
    return bool(behind[0][0] == 0 and asked[0][0] == 0)


def _resting(reader: Reader) -> bool:
    running = "SELECT COUNT(*) FROM bus_jobs WHERE state = 'waiting' AND again_at <> 0"
    return bool(reader.query(running)[0][0] == 0)


def _rows_of(reader: Reader, tables: tuple[str, ...]) -> dict[str, Any]:
    return {name: _digest(reader.query(f"SELECT * FROM {name}")) for name in tables}


def _digest(rows: Any) -> str:
    """Short, so that a comparison that fails can be read."""
    found = sorted(repr(tuple(row)) for row in rows)
    return f"{len(found)} rows, {hashlib.sha256(''.join(found).encode()).hexdigest()[:12]}"


def _all_rows(reader: Reader) -> dict[str, Any]:
    ours = [table.name for table in ALL if table.value.__module__.startswith("changliao.")]
    return _rows_of(reader, tuple(name for name in ours if name not in BACKGROUND))


class Receiver:
    """A shop's webhook address on this machine. `answers` are given one after the other, then 204."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[aiohttp.web.StreamResponse] = []
        site = aiohttp.web.Application()
        site.router.add_post("/{way:.*}", self._hear)
        self._server = aiohttp.test_utils.TestServer(site)

    async def start(self) -> "Receiver":
        await self._server.start_server()
        return self

    async def stop(self) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("/hook"))

    async def _hear(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append((headers, await request.read()))
        return self.answers.pop(0) if self.answers else aiohttp.web.Response(status=204)
