"""A computer shows a code, a phone scans it and names its number: two browsers, one person."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def code_on(pc: Page, demo: Demo) -> str:
    """The address in the code that the computer shows now."""
    pc.goto(f"{demo.url}/sign-in?next=/wallet")
    expect(at(pc, "sign-in-qr")).to_be_visible()
    url = at(pc, "sign-in-qr").get_attribute("data-url")
    assert url is not None and url.startswith(f"{demo.url}/s/")
    return url


def test_a_computer_is_signed_in_by_a_phone(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    pc, phone = screens.page("pc", lang="en"), screens.page("phone", person)
    url = code_on(pc, demo)
    expect(at(pc, "sign-in-left")).to_contain_text("New code in")
    expect(at(pc, "sign-in-number")).to_have_count(0)
    phone.goto(url)
    expect(at(phone, "scan")).to_contain_text(f"@{person.handle}")
    expect(at(phone, "scan-device")).to_contain_text("Chrome · ")
    expect(at(phone, "scan-place")).to_contain_text("127.0.x.x")
    number = at(pc, "sign-in-number").inner_text()
    assert phone.get_by_text(number, exact=True).count() == 0
    at(phone, "scan-number").fill(number)
    at(phone, "scan-yes").click()
    expect(at(phone, "scan-done")).to_be_visible()
    expect(at(pc, "home")).to_be_visible()
    assert pc.evaluate("fetch('/v1/me').then((a) => a.json())")["handle"] == person.handle


def test_a_wrong_number_signs_nobody_in_and_ends_the_code(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    pc, phone = screens.page("pc"), screens.page("phone", person)
    url = code_on(pc, demo)
    phone.goto(url)
    number = int(at(pc, "sign-in-number").inner_text())
    at(phone, "scan-number").fill("7")
    at(phone, "scan-yes").click()
    expect(phone.locator(".field-wrong")).to_contain_text("两位数字")
    at(phone, "scan-number").fill(str(number % 90 + 10))
    at(phone, "scan-yes").click()
    expect(at(phone, "scan-wrong")).to_be_visible()
    expect(at(pc, "sign-in-refused")).to_be_visible()
    phone.goto(url)
    expect(at(phone, "scan-over")).to_be_visible()
    at(pc, "sign-in-renew").click()
    expect(at(pc, "sign-in-qr")).not_to_have_attribute("data-url", url)


def test_whoever_did_not_ask_says_no(screens: Screens, demo: Demo) -> None:
    pc, phone = screens.page("pc"), screens.page("phone", demo.person())
    phone.goto(code_on(pc, demo))
    at(phone, "scan-no").click()
    expect(at(phone, "scan-refused")).to_be_visible()
    expect(at(pc, "sign-in-refused")).to_be_visible()


def test_a_phone_that_is_not_signed_in_signs_in_first(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    pc, phone = screens.page("pc"), screens.page("phone")
    phone.goto(code_on(pc, demo))
    at(phone, "handle").fill(person.handle)
    at(phone, "password").fill(person.password)
    at(phone, "sign-in-go").click()
    expect(at(phone, "scan-number")).to_be_visible()


def test_the_code_is_for_wide_screens(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone")
    page.goto(f"{demo.url}/sign-in")
    expect(at(page, "sign-in")).to_be_visible()
    expect(at(page, "sign-in-code")).to_have_count(0)


def test_a_code_is_renewed_before_it_runs_out(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc")
    page.clock.install()
    url = code_on(page, demo)
    page.clock.fast_forward(41_000)
    expect(at(page, "sign-in-qr")).not_to_have_attribute("data-url", url)


def test_devices_are_named_and_signed_out_everywhere_else(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    phone, pc = screens.page("phone", person), screens.page("pc", person)
    pc.goto(f"{demo.url}/wallet#/security")
    phone.goto(f"{demo.url}/wallet#/security")
    expect(at(phone, "end-session")).to_have_count(3)
    at(phone, "end-others").click()
    at(phone, "ask-yes").click()
    expect(at(phone, "end-session")).to_have_count(1)
    expect(at(phone, "end-others")).to_have_count(0)
    pc.reload()
    expect(at(pc, "sign-in")).to_be_visible()
