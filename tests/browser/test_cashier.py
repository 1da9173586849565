"""The cashier: paying on a phone, from a PC by QR, and every way in which it does not work."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import PIN, Demo
from tests.browser.marks import at, type_pin

pytestmark = pytest.mark.browser


def test_a_phone_pays_and_goes_back_to_the_shop(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone", "lin")
    lin = demo.known("lin")
    before = demo.balance(lin)
    page.goto(demo.shop_url)
    at(page, "buy-4").click()
    expect(at(page, "amount")).to_contain_text("12.00")
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    page.wait_for_url(f"{demo.shop_url}/orders/*")
    expect(at(page, "order-status")).to_contain_text("Paid")
    assert demo.balance(lin) == before - 1200


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_who_leaves_unpaid_comes_back_to_the_shop_which_is_told_so(
    screens: Screens, demo: Demo, size: Size
) -> None:
    page = screens.page(size, "lin")
    page.goto(demo.shop_url)
    at(page, "buy-4").click()
    cashier = page.url
    at(page, "back").click()
    page.wait_for_url(f"{demo.shop_url}/orders/*")
    assert parse_qs(urlsplit(page.url).query)["status"] == ["open"]
    expect(at(page, "order-status")).to_contain_text("Waiting")
    page.goto(cashier)  # Nothing was given up by leaving.
    expect(at(page, "pay" if size == "phone" else "qr")).to_be_visible()


def test_a_pc_shows_a_code_and_follows_what_the_phone_does(screens: Screens, demo: Demo) -> None:
    payment = demo.payment(3900, "青花饭碗")
    pc = screens.page("pc")
    pc.goto(payment["cashier_url"])
    code = pc.locator(".qr-image")
    expect(code).to_be_visible()
    assert code.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0

    phone = screens.page("phone", "lin")
    phone.goto(payment["cashier_url"] + "&via=qr")
    expect(at(phone, "via-qr")).to_be_visible()
    at(phone, "pay").click()
    type_pin(phone, PIN)
    expect(at(phone, "result-paid")).to_be_visible()
    expect(at(pc, "result-paid")).to_be_visible()
    assert demo.look(payment)["status"] == "paid"


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_combined_payment_shows_its_parts_and_is_paid_as_one(
    screens: Screens, demo: Demo, size: Size
) -> None:
    person = demo.person(money=10_000)
    parts = [
        {"amount": amount, "currency": "CNY", "reference": f"{size}-{amount}", "description": what}
        for amount, what in ((2600, "手工水饺 20 只"), (1200, "豆浆"))
    ]
    body = {"reference": f"cart-{size}", "payments": parts}
    combined = demo.call("POST", "/v1/combined_payments", body, token=demo.key)
    page = screens.page(size, person)
    page.goto(combined["cashier_url"])
    if size == "pc":
        at(page, "pay-here").click()
    expect(at(page, "part")).to_have_count(2)
    expect(at(page, "part").nth(1)).to_contain_text("12.00")
    expect(at(page, "amount")).to_contain_text("38.00")
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()

    path = f"/v1/combined_payments/{combined['id']}"
    now = demo.call("GET", path, token=demo.key)
    assert {now["status"], *(one["status"] for one in now["payments"])} == {"paid"}
    assert demo.balance(person) == 10_000 - 3800


def test_a_wrong_pin_says_how_many_tries_are_left_and_moves_nothing(
    screens: Screens, demo: Demo
) -> None:
    person = demo.person(money=10_000)
    payment = demo.payment(2600, "手工水饺 20 只")
    page = screens.page("phone", person)
    page.goto(payment["cashier_url"])
    at(page, "pay").click()
    type_pin(page, "846201")
    expect(at(page, "pin-says")).to_contain_text("4")
    assert demo.balance(person) == 10_000
    assert demo.look(payment)["status"] == "open"
    type_pin(page, "846202")
    expect(at(page, "pin-says")).to_contain_text("3")
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    assert demo.balance(person) == 7_400


def test_too_little_money_offers_to_top_up_and_moves_nothing(screens: Screens, demo: Demo) -> None:
    person = demo.person(money=1_000)
    payment = demo.payment(4500, "蜂蜡蜡烛")
    page = screens.page("phone", person)
    page.goto(payment["cashier_url"])
    expect(at(page, "top-up-open")).to_contain_text("35.00")
    expect(at(page, "pay")).to_have_count(0)
    assert demo.balance(person) == 1_000
    assert demo.look(payment)["status"] == "open"


def test_a_method_suspended_while_the_page_is_open_is_said_and_comes_back(
    screens: Screens, demo: Demo
) -> None:
    payment = demo.payment(5200, "荔枝蜜")
    page = screens.page("phone", "lin")
    page.goto(payment["cashier_url"])
    expect(at(page, "pay")).to_be_visible()
    demo.suspend("wallet.mobile", "系统升级，18:00 恢复")
    try:
        expect(at(page, "no-method")).to_contain_text("系统升级，18:00 恢复")
        expect(at(page, "pay")).to_have_count(0)
    finally:
        demo.resume("wallet.mobile")
    expect(at(page, "pay")).to_be_visible()


def test_a_payment_the_shop_cancels_says_so_at_once(screens: Screens, demo: Demo) -> None:
    payment = demo.payment(1900, "手账本")
    page = screens.page("phone", "lin")
    page.goto(payment["cashier_url"])
    expect(at(page, "pay")).to_be_visible()
    demo.call("POST", f"/v1/payments/{payment['id']}/cancellation", {}, token=demo.key)
    expect(at(page, "canceled")).to_be_visible()
    expect(at(page, "pay")).to_have_count(0)


def test_somebody_not_signed_in_signs_in_inside_the_cashier_and_pays(
    screens: Screens, demo: Demo
) -> None:
    person = demo.person(money=5_000)
    payment = demo.payment(3300, "竹骨折扇")
    page = screens.page("phone")
    page.goto(payment["cashier_url"])
    at(page, "handle").fill(person.handle)
    at(page, "password").fill(person.password)
    at(page, "sign-in-go").click()
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    assert payment["id"] in page.url
    assert demo.balance(person) == 1_700


def test_an_address_with_a_wrong_token_opens_nothing(screens: Screens, demo: Demo) -> None:
    payment = demo.payment(100)
    page = screens.page("phone", "lin")
    page.goto(f"{demo.url}/pay/{payment['id']}?t={'0' * 32}")
    expect(at(page, "gone")).to_be_visible()


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_who_opens_what_somebody_else_has_paid_already_hears_so_and_pays_nothing(
    screens: Screens, demo: Demo, size: Size
) -> None:
    chen = demo.known("chen")
    before = demo.balance(chen)
    payment = demo.paid(2600, demo.known("lin"), "手工水饺 20 只")

    page = screens.page(size, "chen")
    page.goto(payment["cashier_url"])

    expect(at(page, "result-paid")).to_contain_text("这笔已经付清")
    expect(at(page, "result-says")).to_have_text("不需要再付，刚才没有扣款。")
    expect(at(page, "amount")).to_contain_text("26.00")
    expect(at(page, "to-wallet")).to_be_visible()
    for way in ("pay", "qr", "countdown"):
        expect(at(page, way)).to_have_count(0)
    assert demo.balance(chen) == before
