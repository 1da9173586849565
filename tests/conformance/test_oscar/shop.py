"""The shop and the people in it: a buyer with a browser's manners, a keeper at the dashboard."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.server import free_port
from tests.patience import PATIENCE_S
from tests.wire.platform import Shop, Someone
from tests.wire.served import Served

HERE = Path(__file__).resolve().parents[3]
SDKS = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
SDK = SDKS / "oscar"
KEEPER_PASSWORD = "a long dashboard password"
START_S = 600
HAT, HONEY = "bamboo-hat", "wild-honey"
EMPTY = re.compile("is empty|购物篮是空|空的")
ADDRESS = {
    "first_name": "Lin",
    "last_name": "Na",
    "line1": "8 Lake Street",
    "line4": "Hangzhou",
    "postcode": "310000",
    "country": "CN",
}


class OscarShop:
    """The shop, its platform, and its webhook secret."""

    def __init__(self, town: Served, app: Shop, url: str, folder: Path) -> None:
        self.town, self.app, self.url = town, app, url
        self.secret = (folder / "webhook_secret").read_text()

    @contextlib.asynccontextmanager
    async def browser(self, language: str = "en") -> AsyncIterator["Browser"]:
        """Somebody's browser, with cookies of its own."""
        headers = {"accept-language": language}
        async with httpx2.AsyncClient(
            base_url=self.url, headers=headers, timeout=PATIENCE_S
        ) as client:
            yield Browser(client)

    async def payment(self, cashier_url: str) -> Any:
        """The payment of this cashier, as its shop sees it."""
        return await self.town.payment_at(self.app, cashier_url)

    async def does(self, payment: Any, deed: str, body: Any) -> Any:
        """What the shop does to its payment by the API, not by Oscar."""
        path = f"/v1/payments/{payment['id']}/{deed}"
        return await self.town.done("POST", path, body, token=self.app.key)

    async def pays(self, person: Someone, cashier_url: str) -> Any:
        """The person pays at the cashier of this address, and is told where to go."""
        return await self.town.paid_at(person, cashier_url)


class Browser:
    """Follows pages and fills forms in, as a person does."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def see(self, path: str) -> str:
        """The page, wherever it leads."""
        answer = await self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def fill(self, path: str, form: dict[str, str], *, on: str = "") -> httpx2.Response:
        """Post a form that stands on this page, or on another one."""
        page = await self.see(on or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page
        said = {"csrfmiddlewaretoken": token[1]} | form
        return await self.client.post(
            path, data=said, headers={"referer": str(self.client.base_url)}
        )

    async def puts_into_basket(self, slug: str) -> None:
        """Browse, open the thing's page, put it into the basket."""
        found = re.search(rf'href="(/catalogue/[^"]*{slug}[^"]*_(\d+)/)"', await self.see("/"))
        assert found, slug
        added = await self.fill(f"/basket/add/{found[2]}/", {"quantity": "1"}, on=found[1])
        assert added.status_code == 302

    async def checks_out(self, signed_in: bool = False) -> None:
        """Who it is, unless that is known; the address; and on to the preview."""
        if not signed_in:
            form = {"username": "lin@buyer.example", "options": "anonymous"}
            assert (await self.fill("/checkout/", form)).status_code == 302
        sent = await self.fill("/checkout/shipping-address/", ADDRESS)
        assert sent.status_code == 302, sent.text

    async def places_order(self) -> httpx2.Response:
        """Press the button of the preview."""
        await self.see("/checkout/shipping-method/")
        return await self.fill("/checkout/preview/", {"action": "place_order"})

    async def buys(self, slug: str, signed_in: bool = False) -> str:
        """From the shelf to the cashier; its address."""
        await self.puts_into_basket(slug)
        await self.checks_out(signed_in)
        return await self.goes_to_cashier()

    async def goes_to_cashier(self) -> str:
        """The cashier's address. The basket is frozen while its buyer pays."""
        answer = await self.places_order()
        assert answer.status_code == 302, answer.text
        assert EMPTY.search(await self.see("/basket/"))
        return answer.headers["location"]

    async def keeps(self) -> "Browser":
        """Sign in as the shopkeeper."""
        form = {
            "login-username": "keeper@shop.example",
            "login-password": KEEPER_PASSWORD,
            "login_submit": "Log In",
        }
        assert (await self.fill("/accounts/login/", form)).status_code == 302
        return self

    async def gives_back(self, number: str, amount: str) -> str:
        """Enter a payment event "Refunded" of the dashboard; the page afterwards."""
        path = f"/dashboard/orders/{number}/"
        form = {
            "order_action": "create_order_payment_event",
            "amount": amount,
            "payment_event_type": "refunded",
        }
        answer = await self.fill(path, form)
        assert answer.status_code == 302, answer.text
        return await self.see(path)


@contextlib.asynccontextmanager
async def running(town: Served, folder: Path) -> AsyncIterator[OscarShop]:
    """The shop, started by its one command."""
    app = await town.shop()
    url = f"http://127.0.0.1:{free_port()}"
    log = (folder / "shop.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        str(HERE / "integrations/oscar_shop/run"),
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env={
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "CHANGLIAO_SDKS": str(SDKS),
            "CHANGLIAO_URL": town.url,
            "CHANGLIAO_KEY": app.key,
            "SHOP_PORT": url.rpartition(":")[2],
            "SHOP_FOLDER": str(folder),
            "SHOP_KEEPER_PASSWORD": KEEPER_PASSWORD,
        },
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            assert (await process.stdout.readline()).decode() == f"shop: {url}\n"
        yield OscarShop(town, app, url, folder)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
        log.close()
