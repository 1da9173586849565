"""The wallet: what an empty one shows, and what guards a full one."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def test_an_empty_wallet_shows_nothing_of_the_installations_currency(
    screens: Screens, demo: Demo
) -> None:
    person = demo.person()
    wallets = demo.call("GET", "/v1/wallet", token=person.token)["wallets"]
    nothing = {"currency": "CNY", "balance": 0, "available": 0}
    assert [one["balances"] for one in wallets] == [[nothing], [nothing]]
    page = screens.page("phone", person)
    page.goto(f"{demo.url}/wallet")
    expect(at(page, "balance-live")).to_contain_text("¥0.00")
    at(page, "statement-live").click()
    expect(page.locator(".head-title")).to_have_text("账单")
    expect(at(page, "trouble")).to_have_count(0)
