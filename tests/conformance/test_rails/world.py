"""Two platforms behind real sockets: one speaks the dialects, the other has rails that call them.

`far` is the other company: shops of its own, one for each protocol, and people with play money. `near`
is where a shop offers those three rails. Everything between them goes over wires that can be disturbed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
import stripe
import uvicorn

from changliao.bus import jobs
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.rails import service as rails_service
from changliao.rails.api import NOTICES
from changliao.rails.model import CLEARING, Attempt
from changliao.rails.store import ATTEMPTS
from tests.conformance.test_rails.wire import Wire
from tests.patience import PATIENCE_S
from tests.wire.platform import Shop, Someone, Town
from tests.wire.served import Quiet, address, bound

Name = Literal["alipay", "wechat", "stripe"]
NAMES: tuple[Name, ...] = ("alipay", "wechat", "stripe")


class Listening(Town):
    """A Town that is also served by real sockets."""

    def __init__(self, folder: Path, sockets: list[Any], **said: Any) -> None:
        super().__init__(folder, **said)
        self._sockets = sockets
        config = uvicorn.Config(self.hosts, lifespan="off", log_level="warning")
        self._server = Quiet(config)

    async def start(self) -> "Listening":
        await super().start()
        self._serving = asyncio.create_task(self._server.serve(self._sockets))
        await until(lambda: _is(self._server.started))
        return self

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._serving
        await super().stop()


class Pair:
    """Both of them, and the wires: `to[name]` is what near's rail calls, `home` the way to near."""

    far: Listening
    near: Listening
    shop: Shop
    lin: Someone
    wei: Someone

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.to: dict[Name, Wire] = {}
        self.sellers: dict[Name, Shop] = {}

    async def start(self) -> "Pair":
        """Far first, because its shops' keys are near's accounts; lin buys, and is wei over there."""
        native, *spoken = sockets = [bound() for _ in range(4)]
        urls = {f"{name}_url": address(one) for name, one in zip(NAMES, spoken, strict=True)}
        (self._folder / "far").mkdir()
        self.far = Listening(self._folder / "far", sockets, base_url=address(native), **urls)
        await self.far.start()
        ours = bound()
        self.home = Wire(lambda: address(ours))
        base_url = await self.home.start()
        (self._folder / "near").mkdir()
        text = ""
        for name in NAMES:
            wire = self.to[name] = Wire(lambda url=urls[f"{name}_url"]: url)  # type: ignore[misc]
            self.sellers[name] = await self.far.shop()
            text += await self._account(name, await wire.start(), base_url)
        file = self._folder / "near" / "rails.toml"
        file.write_text(text)
        file.chmod(0o600)
        self.near = Listening(
            self._folder / "near", [ours], base_url=base_url, rails=NAMES, alipay_url=""
        )
        await self.near.start()
        self.shop = await self.near.shop()
        for method in NAMES:
            for channel in ("web", "mobile"):
                body = {"method": method, "channel": channel}
                await self.near.done("POST", "/v1/methods", body, token=self.shop.key)
        self.lin = await self.near.person(money=0)
        self.wei = await self.far.person(money=10**9)
        return self

    async def stop(self) -> None:
        await self.near.stop()
        await self.far.stop()
        for wire in (self.home, *self.to.values()):
            await wire.stop()

    def mend(self) -> None:
        """Every wire carries again."""
        for wire in (self.home, *self.to.values()):
            wire.mend()

    async def _account(self, name: Name, url: str, near_url: str) -> str:
        """The table of `rails.toml` for a fresh account at far."""
        seller = self.sellers[name]
        made = await self.far.done("POST", "/v1/dialects", {"dialect": name}, token=seller.key)
        files = {one["name"]: one["content"] for one in made["files"]}
        if name == "alipay":
            said = {
                "mode": "test",
                "gateway": f"{url}/gateway.do",
                "app_id": made["number"],
                "private_key": files["app_private_key_pkcs1.txt"],
                "public_key": files["alipay_public_key.txt"],
            }
        elif name == "wechat":
            (self._folder / "near" / "apiclient_key.pem").write_text(files["apiclient_key.pem"])
            said = {
                "mode": "test",
                "url": url,
                "mchid": made["number"],
                "appid": made["values"]["appid"],
                "serial_no": made["values"]["serial_no"],
                "private_key": "apiclient_key.pem",
                "apiv3_key": files["apiv3_key.txt"].strip(),
                "public_key": files["pub_key.pem"],
                "public_key_id": files["pub_key_id.txt"].strip(),
            }
        else:
            client = stripe.StripeClient(seller.key, base_addresses={"api": url})
            hook: Any = {"url": f"{near_url}{NOTICES}/stripe", "enabled_events": ["*"]}
            endpoint = await asyncio.to_thread(client.v1.webhook_endpoints.create, hook)
            said = {"url": url, "secret_key": seller.key, "webhook_secret": endpoint.secret}
        lines = [f'{key} = """{value}"""' for key, value in said.items()]
        return "\n".join([f"[{name}]", *lines, ""])

    async def orders(self, name: Name) -> list[Any]:
        """Everything that far's shop was ever asked for, newest first."""
        token = self.sellers[name].key
        return list((await self.far.done("GET", "/v1/payments?limit=100", token=token))["items"])

    # A purchase -----------------------------------------------------------------------------

    async def begun(self, name: Name, amount: int = 1000, channel: str = "web", **said: Any) -> Any:
        """A payment that lin has begun to pay on this rail."""
        payment = await self.near.payment(self.shop, amount, **said)
        answer = await self.near.pay(self.lin, payment, method=name, channel=channel)
        assert answer.status_code == 200, answer.text
        assert answer.json()["payment"]["status"] == "processing"
        return payment

    async def cashier(self, payment: Any) -> Any:
        """What lin's cashier shows."""
        token = payment["cashier_url"].partition("?t=")[2]
        path = f"/v1/cashier/{payment['id']}?t={token}"
        return await self.near.done("GET", path, token=self.lin.token)

    async def page(self, payment: Any) -> str:
        """The other side's page, as soon as the cashier sends there."""
        found = ""

        async def there() -> bool:
            nonlocal found
            attempt = (await self.cashier(payment))["attempt"]
            found = attempt["pay_url"] or ""
            return bool(found)

        await until(there, self.near)
        return found

    async def arrives(self, url: str) -> Any:
        """Wei's browser goes there; far's payment whose cashier that is, as `pay` takes it."""
        async with aiohttp.ClientSession() as browser:
            while not urlsplit(url).path.startswith("/pay/pay_"):
                async with browser.get(url, allow_redirects=False) as answer:
                    url = answer.headers["location"]
        parts = urlsplit(url)
        token = parts.query.partition("t=")[2].partition("&")[0]
        return {"id": parts.path.rpartition("/")[2], "cashier_url": f"?t={token}"}

    async def pays(self, theirs: Any) -> None:
        """Wei pays at far's cashier."""
        answer = await self.far.pay(self.wei, theirs)
        assert answer.status_code == 200, answer.text

    async def bought(self, name: Name, amount: int = 1000, **said: Any) -> tuple[Any, Any]:
        """A payment that was paid over there and has come in: near's and far's."""
        payment = await self.begun(name, amount, **said)
        theirs = await self.arrives(await self.page(payment))
        await self.pays(theirs)
        await self.becomes(payment, "paid")
        return payment, theirs

    # How things stand -----------------------------------------------------------------------

    async def of(self, payment: Any) -> Any:
        """Near's payment as its shop sees it."""
        return await self.near.done("GET", f"/v1/payments/{payment['id']}", token=self.shop.key)

    async def given_up(self, payment: Any) -> Any:
        """Lin wants to pay another way."""
        token = payment["cashier_url"].partition("?t=")[2]
        path = f"/v1/cashier/{payment['id']}/attempt?t={token}"
        return await self.near.call("DELETE", path, token=self.lin.token)

    async def becomes(self, payment: Any, status: str) -> Any:
        """Wait until near's payment stands so."""

        async def so() -> bool:
            return bool((await self.of(payment))["status"] == status)

        await until(so, self.near)
        return await self.of(payment)

    async def theirs(self, name: Name, payment: Any) -> Any:
        """Far's payment as its shop sees it."""
        token = self.sellers[name].key
        return await self.far.done("GET", f"/v1/payments/{payment['id']}", token=token)

    async def attempts(self, about: str) -> list[Attempt]:
        """Near's attempts for a payment or refund."""
        return await self.near.platform.db.read(rails_service.attempts_about, about)

    async def refund(self, payment: Any, **said: Any) -> Any:
        """Near's shop gives money back."""
        path = f"/v1/payments/{payment['id']}/refunds"
        return await self.near.done("POST", path, said, token=self.shop.key)

    async def refund_becomes(self, refund: Any, status: str) -> Any:
        """Wait until near's refund stands so."""
        now: Any = None

        async def so() -> bool:
            nonlocal now
            path = f"/v1/refunds/{refund['id']}"
            now = await self.near.done("GET", path, token=self.shop.key)
            return bool(now["status"] == status)

        await until(so, self.near)
        return now

    async def attempt_becomes(self, about: str, state: str) -> Attempt:
        """Wait until the newest attempt for this stands so."""

        async def so() -> bool:
            found = await self.attempts(about)
            return bool(found) and found[-1].state == state

        await until(so)
        return (await self.attempts(about))[-1]

    async def outside(self, name: Name) -> tuple[int, int]:
        """What near's books say that the other side owes, and what far's shop has."""
        owed = await self.near.platform.db.read(ledger.balances_by_owner, CLEARING)
        near = sum(-row[3] for row in owed if row[0] == name)
        token = self.sellers[name].key
        rows = (await self.far.done("GET", "/v1/balances", token=token))["items"]
        return near, sum(row["balance"] for row in rows)

    async def sound(self) -> None:
        """Both books are well, and no secret of an account is on any attempt."""
        assert await self.near.wrong() == []
        assert await self.far.wrong() == []


def _ask_rails(tx: Tx, _: None) -> None:
    for attempt in tx.rows(ATTEMPTS, "WHERE state IN ('sent', 'unknown')"):
        jobs.later(tx, rails_service.CARRY, attempt.id)


async def _is(well: bool) -> bool:
    return well


async def until(well: Callable[[], Awaitable[bool]], hurried: Town | None = None) -> None:
    """Wait for something to be so; `hurried` is a town that asks its rails now and then meanwhile,
    rather than every few seconds."""
    async with asyncio.timeout(PATIENCE_S):
        for turn in range(10**6):
            if await well():
                return
            if hurried is not None and turn % 20 == 19:
                await hurried.platform.db.write(_ask_rails, None)
            await asyncio.sleep(0.03)
