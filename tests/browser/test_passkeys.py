"""Passkeys in a real browser with a virtual device: made, used to sign in and to pay, named, taken away."""

import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import PASSWORD, PIN, Demo, Person
from tests.browser.marks import at, type_pin

pytestmark = pytest.mark.browser


class VirtualDevice:
    """A device's own authenticator, as the browser's test door makes one."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]

    def recognises(self, yes: bool) -> None:
        """Whether it knows its user's finger."""
        said = {"authenticatorId": self._id, "isUserVerified": yes}
        self._session.send("WebAuthn.setUserVerified", said)

    @property
    def keys(self) -> list[dict[str, Any]]:
        """What it keeps."""
        found = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(found["credentials"])


def with_passkey(page: Page, demo: Demo, name: str = "") -> VirtualDevice:
    """The person who is signed in on the page adds a passkey on the security page."""
    device = VirtualDevice(page)
    page.goto(f"{demo.url}/wallet#/security")
    at(page, "passkey-add").click()
    at(page, "passkey-name-new").fill(name)
    at(page, "passkey-password").fill(PASSWORD)
    at(page, "passkey-go").click()
    expect(at(page, "passkey-sheet")).to_have_count(0)
    expect(at(page, "passkey-name")).to_have_count(1)
    return device


def passkeys_of(demo: Demo, person: Person) -> list[Any]:
    return list(demo.call("GET", "/v1/passkeys", token=person.token)["items"])


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_passkey_is_added_named_and_removed(screens: Screens, demo: Demo, size: Size) -> None:
    person = demo.person()
    page = screens.page(size, person)
    device = with_passkey(page, demo, "我的手机")
    assert [one["name"] for one in passkeys_of(demo, person)] == ["我的手机"]
    assert len(device.keys) == 1 and device.keys[0]["rpId"] == "localhost"
    expect(at(page, "security")).to_contain_text("我的手机")
    at(page, "passkey-name").click()
    at(page, "passkey-rename").fill("旧手机")
    at(page, "passkey-save").click()
    expect(at(page, "security")).to_contain_text("旧手机")
    at(page, "passkey-remove").click()
    at(page, "ask-yes").click()
    expect(at(page, "passkey-remove")).to_have_count(0)
    assert passkeys_of(demo, person) == []


def test_a_wrong_password_adds_no_passkey_and_neither_does_a_strange_finger(
    screens: Screens, demo: Demo
) -> None:
    person = demo.person()
    page = screens.page("phone", person)
    device = VirtualDevice(page)
    page.goto(f"{demo.url}/wallet#/security")
    at(page, "passkey-add").click()
    at(page, "passkey-password").fill("not the password")
    at(page, "passkey-go").click()
    expect(page.locator(".field-wrong")).to_contain_text("登录密码不对")
    device.recognises(False)
    at(page, "passkey-password").fill(PASSWORD)
    at(page, "passkey-go").click()
    expect(at(page, "passkey-wrong")).to_contain_text("没有使用通行密钥")
    assert passkeys_of(demo, person) == []


@pytest.mark.parametrize("typed", ["", "handle"])
def test_somebody_signs_in_by_passkey_with_and_without_a_handle(
    screens: Screens, demo: Demo, typed: str
) -> None:
    person = demo.person()
    page = screens.page("phone", person)
    with_passkey(page, demo)
    page.evaluate("fetch('/v1/sessions/current', {method: 'DELETE'})")
    page.goto(f"{demo.url}/sign-in?next=/wallet")
    at(page, "handle").fill(person.handle if typed else "")
    at(page, "sign-in-passkey").click()
    expect(at(page, "home")).to_be_visible()
    found = demo.call("GET", "/v1/sessions", token=person.token)["items"]
    assert found[0]["agent"].startswith("Chrome · ")


def test_a_device_without_a_passkey_signs_nobody_in_and_says_so(
    screens: Screens, demo: Demo
) -> None:
    page = screens.page("phone")
    VirtualDevice(page).recognises(False)
    page.goto(f"{demo.url}/sign-in")
    at(page, "sign-in-passkey").click()
    expect(at(page, "sign-in-wrong")).to_contain_text("没有使用通行密钥")
    expect(at(page, "sign-in-passkey")).to_be_enabled()


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_payment_is_confirmed_by_passkey(screens: Screens, demo: Demo, size: Size) -> None:
    person = demo.person(money=10_000)
    page = screens.page(size, person)
    device = with_passkey(page, demo)
    payment = demo.payment(6800)
    page.goto(payment["cashier_url"])
    if size == "pc":
        at(page, "pay-here").click()
    device.recognises(False)
    at(page, "pay-passkey").click()
    expect(at(page, "refusal")).to_contain_text("没有使用通行密钥")
    assert demo.look(payment)["status"] == "open"
    device.recognises(True)
    at(page, "pay-passkey").click()
    expect(at(page, "result-paid")).to_be_visible()
    assert demo.look(payment)["status"] == "paid"
    assert demo.balance(person) == 3200


def test_the_pin_stays_a_way_to_pay(screens: Screens, demo: Demo) -> None:
    person = demo.person(money=10_000)
    page = screens.page("phone", person)
    with_passkey(page, demo)
    payment = demo.payment(6800)
    page.goto(payment["cashier_url"])
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    assert demo.look(payment)["status"] == "paid"


def test_a_cart_of_several_shops_is_confirmed_by_passkey(screens: Screens, demo: Demo) -> None:
    person = demo.person(money=10_000)
    page = screens.page("phone", person)
    with_passkey(page, demo)
    parts = [{"amount": n, "currency": "CNY", "reference": f"{person.handle}-{n}"} for n in (3, 4)]
    body = {"reference": person.handle, "payments": parts}
    cart = demo.call("POST", "/v1/combined_payments", body, token=demo.key)
    page.goto(cart["cashier_url"])
    at(page, "pay-passkey").click()
    expect(at(page, "result-paid")).to_be_visible()
    assert demo.balance(person) == 9993


def test_at_a_number_passkeys_are_hidden_and_a_sentence_says_why(
    screens: Screens, demo: Demo
) -> None:
    page = screens.page("phone")
    page.goto(f"{demo.url.replace('localhost', '127.0.0.1')}/sign-in")
    port = demo.url.rpartition(":")[2]
    expect(at(page, "no-passkeys")).to_contain_text(f"localhost:{port}")
    expect(at(page, "sign-in-passkey")).to_have_count(0)


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_shop_is_let_charge_by_passkey(screens: Screens, demo: Demo, size: Size) -> None:
    person = demo.person()
    page = screens.page(size, person)
    device = with_passkey(page, demo)
    page.goto(f"{demo.url}/wallet#/mandates/new?mode=test&app={demo.app_id}")
    at(page, "each").fill("5")
    at(page, "day").fill("20")
    at(page, "mandate-go").click()
    device.recognises(False)
    at(page, "mandate-passkey").click()
    expect(at(page, "mandate-refused")).to_contain_text("没有使用通行密钥")
    expect(at(page, "mandate-pin")).to_be_visible()
    device.recognises(True)
    at(page, "mandate-passkey").click()
    expect(at(page, "mandates")).to_contain_text("¥5.00")
    [given] = demo.call("GET", "/v1/mandates", token=person.token)["items"]
    assert (given["per_payment"], given["per_day"], given["status"]) == (500, 2000, "active")


def test_an_account_is_deleted_by_passkey(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    page = screens.page("phone", person)
    device = with_passkey(page, demo)
    page.goto(f"{demo.url}/app#/me/data")
    at(page, "leave-for-good").click()
    device.recognises(False)
    at(page, "leave-passkey").click()
    expect(at(page, "leave-sheet")).to_contain_text("没有使用通行密钥")
    device.recognises(True)
    at(page, "leave-passkey").click()
    page.wait_for_url(re.compile("/sign-in"))
    screens.complaints.clear()
