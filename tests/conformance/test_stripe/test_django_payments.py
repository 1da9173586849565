"""A shop on django-payments, made for Stripe, takes Changliao Pay by one line of its settings."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from benchmarks.server import free_port
from tests.conformance.test_stripe.world import SDKS, Side, StripeTown
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[3]


@contextlib.asynccontextmanager
async def running(side: Side, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The shop, started by its one command; a browser in it."""
    if not (SDKS / "django-payments").is_dir():
        pytest.skip(f"django-payments is not in {SDKS}; `scripts/setup test` fetches it")
    url = f"http://127.0.0.1:{free_port()}"
    shop = await asyncio.create_subprocess_exec(
        str(HERE / "integrations/django_payments_shop/run"),
        stdout=asyncio.subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "CHANGLIAO_SDKS": str(SDKS),
            "STRIPE_API_BASE": side.town.stripe_url,
            "STRIPE_API_KEY": side.shop.key,
            "SHOP_PORT": url.rpartition(":")[2],
            "SHOP_FOLDER": str(folder),
        },
    )
    assert shop.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert (await shop.stdout.readline()).decode() == f"shop: {url}\n"
        async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_S) as browser:
            yield browser
    finally:
        with contextlib.suppress(ProcessLookupError):
            shop.send_signal(signal.SIGTERM)
        await shop.wait()


async def order(browser: httpx2.AsyncClient, wanted: str, path: str = "/orders/1") -> Any:
    """The order, once it has this status."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await browser.get(path, headers={"accept": "application/json"})
            if answer.json()["status"] == wanted:
                return answer.json()
            await asyncio.sleep(0.05)


async def test_an_order_is_paid_confirmed_and_refunded(town: StripeTown, tmp_path: Path) -> None:
    side, lin = await town.new_side(), await town.person(money=100_000)
    async with running(side, tmp_path) as browser:
        bought = await browser.post("/buy/tea")
        assert bought.status_code == 302
        cashier = bought.headers["location"]
        assert cashier.startswith(town.platform.settings.url + "/pay/pay_")
        assert (await order(browser, "waiting"))["captured"] == "0.00"

        paid = await side.pays(lin, cashier)
        home = await browser.get(paid["return_to"], follow_redirects=True)
        assert (str(home.url), home.status_code) == (f"{browser.base_url}/orders/1", 200)
        confirmed = await order(browser, "confirmed")
        assert confirmed["captured"] == "68.00"
        assert confirmed["session"].startswith("cs_test_")

        assert (await browser.post("/orders/1/refund")).status_code == 302
        await order(browser, "refunded")
    assert await town.balance(lin) == 100_000
    intents = await side.run(side.client.v1.payment_intents.list)
    assert [one.status for one in intents.data] == ["succeeded"]
    refunds = await side.run(side.client.v1.refunds.list)
    assert [(one.amount, one.reason) for one in refunds.data] == [(6800, "requested_by_customer")]
    assert await town.wrong() == []


async def test_an_order_that_expires_is_rejected_in_the_shop(
    town: StripeTown, tmp_path: Path
) -> None:
    side = await town.new_side()
    async with running(side, tmp_path) as browser:
        await browser.post("/buy/bowl")
        session = (await order(browser, "waiting"))["session"]
        await side.run(side.client.v1.checkout.sessions.expire, session)
        await order(browser, "rejected")
