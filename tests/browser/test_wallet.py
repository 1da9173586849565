"""The wallet: what an empty one shows, and what guards a full one."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import PIN, Demo
from tests.browser.marks import at, type_pin

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


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_permission_names_its_shop_before_the_pin_is_asked(
    screens: Screens, demo: Demo, size: Size
) -> None:
    person = demo.person()
    mine = demo.call("GET", f"/v1/mandates?app_id={demo.app_id}", token=person.token)
    assert mine["items"] == []
    page = screens.page(size, person)
    page.goto(f"{demo.url}/wallet#/mandates/new?mode=test")
    at(page, "app").fill("app_" + "0" * 26)
    at(page, "each").fill("5")
    at(page, "day").fill("20")
    at(page, "mandate-go").click()
    expect(page.locator(".field-wrong")).to_contain_text("没有这个商户应用号")
    expect(at(page, "pin-sheet")).to_have_count(0)
    at(page, "app").fill(demo.app_id)
    expect(at(page, "mandate-shop")).to_contain_text(mine["shop_name"])
    at(page, "mandate-go").click()
    expect(at(page, "pin-sheet")).to_contain_text(mine["shop_name"])
    type_pin(page, PIN)
    expect(at(page, "mandates")).to_contain_text(mine["shop_name"])
    given = demo.call("GET", f"/v1/mandates?app_id={demo.app_id}", token=person.token)["items"]
    assert [one["per_payment"] for one in given] == [500]


def test_a_new_browser_speaks_the_language_the_person_chose_elsewhere(
    screens: Screens, demo: Demo
) -> None:
    person = demo.person()
    page = screens.page("phone", person)
    page.goto(f"{demo.url}/wallet")
    expect(at(page, "home")).to_contain_text("自动扣款")
    with page.expect_response("**/v1/me/locale") as kept:
        at(page, "home", "language").click()
    assert kept.value.status == 204
    expect(at(page, "home")).to_contain_text("Automatic payments")

    elsewhere = screens.page("pc", lang="zh-CN")
    elsewhere.goto(f"{demo.url}/sign-in?next=/wallet")
    at(elsewhere, "handle").fill(person.handle)
    at(elsewhere, "password").fill(person.password)
    at(elsewhere, "sign-in-go").click()
    expect(at(elsewhere, "home")).to_contain_text("Automatic payments")
