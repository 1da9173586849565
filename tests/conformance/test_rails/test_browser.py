"""A payer's way in a real browser: to the other side's page, back, another way after all, and paid."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.demo import ARGUMENTS, chromium_path
from tests.conformance.test_rails.world import Pair
from tests.wire.platform import PASSWORD, PIN

pytestmark = pytest.mark.browser

PATIENCE_MS = 20_000
SIGN_IN = """body => fetch("/v1/sessions", {
  method: "POST", body: JSON.stringify(body),
  headers: {"content-type": "application/json", "idempotency-key": crypto.randomUUID()},
}).then(answer => answer.status)"""


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here; on Debian: apt install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        await browser.close()


def at(page: Page, mark: str) -> Any:
    return page.locator(f'[data-test="{mark}"]')


async def cashier(browser: Browser, pair: Pair, payment: Any, **said: Any) -> Page:
    """Lin's browser at near's cashier, on a phone unless told otherwise."""
    sight: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    context = await browser.new_context(**(sight | {"is_mobile": True, "locale": "en"} | said))
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{pair.near.platform.settings.url}/sign-in")
    body = {"handle": pair.lin.handle, "password": PASSWORD, "transport": "cookie"}
    assert await page.evaluate(SIGN_IN, body) == 201
    await page.goto(payment["cashier_url"])
    return page


async def pays_by(page: Page, method: str) -> None:
    await at(page, f"method-{method}").click()
    await at(page, "pay").click()
    for digit in PIN:
        await page.keyboard.press(digit)


async def test_a_payer_goes_there_comes_back_picks_another_way_and_pays(
    pair: Pair, chromium: Browser
) -> None:
    payment = await pair.near.payment(pair.shop, 8800, description="Tea")
    page = await cashier(chromium, pair, payment)
    await pays_by(page, "alipay")
    far = pair.far.platform.settings.url
    await page.wait_for_url(f"{far}/pay/**")
    await expect(at(page, "shop")).to_be_visible()

    await page.goto(payment["cashier_url"])
    await expect(at(page, "elsewhere")).to_contain_text("Alipay")
    await expect(at(page, "go-there")).to_be_visible()
    await at(page, "other-way").click()
    await pair.becomes(payment, "open")
    await expect(at(page, "method-stripe")).to_be_visible()
    await expect(at(page, "attempt-failed")).to_have_count(0)  # Choosing is no failure.

    await pays_by(page, "stripe")
    await page.wait_for_url(f"{far}/pay/**")
    theirs = await pair.arrives(page.url)
    await page.goto(payment["cashier_url"])
    await expect(at(page, "elsewhere")).to_be_visible()
    await asyncio.gather(pair.pays(theirs), expect(at(page, "result-paid")).to_be_visible())
    await page.context.close()
