"""The guided desk: an outside shop, a drawn phone, and what happens between them."""

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def shop_of(page: Page) -> FrameLocator:
    return page.frame_locator('[data-test="shop"]')


def opened(page: Page, demo: Demo) -> Page:
    page.goto(f"{demo.url}/")
    home = at(page, "phone-home")
    expect(at(page, "lane-facts", "fact-session.opened").first).to_be_visible()
    expect(at(page, "guide")).not_to_have_attribute("data-state", "scan")  # It is looking one up.
    if home.is_enabled():  # Another test's payment was still on the phone.
        home.click()
    expect(at(page, "phone-balance")).to_be_visible()
    return page


def test_buying_takes_three_clicks_and_everybody_agrees(screens: Screens, demo: Demo) -> None:
    page = opened(screens.page("pc"), demo)
    lin = demo.known("lin")
    before = demo.balance(lin)
    guide = at(page, "guide")
    expect(guide).to_have_attribute("data-state", "buy")

    at(page, "shop")
    shop_of(page).locator('[data-test="buy-1"]').click()
    expect(guide).to_have_attribute("data-state", "pay")
    at(page, "phone", "pay").click()
    expect(guide).to_have_attribute("data-state", "pin")
    at(page, "pin-chip").click()

    expect(at(page, "phone", "result-paid")).to_be_visible()
    expect(guide).to_have_attribute("data-state", "paid")
    expect(at(page, "lane-facts", "fact-payment.paid").first).to_contain_text("68.00")
    expect(at(page, "lane-ledger", "transfer-payment").first).to_contain_text(
        "林小满 → Corner Shop"
    )
    expect(at(page, "lane-webhooks", "try-204").first).to_be_visible()
    expect(shop_of(page).locator('[data-test="order-status"]')).to_contain_text("Paid")
    expect(at(page, "phone-balance")).to_be_visible()
    assert demo.balance(lin) == before - 6800


def test_the_desk_fits_a_pc_without_scrolling_and_a_phone_without_sideways(
    screens: Screens, demo: Demo
) -> None:
    page = opened(screens.page("pc"), demo)
    assert page.evaluate("document.documentElement.scrollHeight") <= 900
    page = opened(screens.page("phone"), demo)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_play_money_is_marked_on_the_desk(screens: Screens, demo: Demo) -> None:
    page = opened(screens.page("pc", lang="en"), demo)
    assert at(page, "play-money").count() >= 2
    expect(page.get_by_text("All of this is play money")).to_be_visible()


def test_mei_is_told_how_much_is_missing_and_nothing_moves(screens: Screens, demo: Demo) -> None:
    page = opened(screens.page("pc", lang="en"), demo)
    at(page, "be-mei").click()
    expect(at(page, "be-mei")).to_have_attribute("aria-checked", "true")
    shop_of(page).locator('[data-test="buy-10"]').click()
    expect(at(page, "guide")).to_have_attribute("data-state", "short")
    expect(at(page, "phone", "top-up-open")).to_contain_text("189.00")
    assert demo.balance(demo.known("mei")) == 1000
    at(page, "phone-home").click()
    expect(at(page, "phone-balance")).to_contain_text("10.00")


def test_wang_is_led_to_the_console(screens: Screens, demo: Demo) -> None:
    page = opened(screens.page("pc"), demo)
    at(page, "be-wang").click()
    expect(at(page, "guide")).to_have_attribute("data-state", "owner")
    with page.context.expect_page() as opening:
        at(page, "guide-console").click()
    console = opening.value
    expect(at(console, "nav-payments")).to_be_visible()
    assert f"app={demo.app_id}" in console.url
