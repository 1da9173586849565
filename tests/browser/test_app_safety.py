"""Reporting and what follows it, one's own data, and leaving, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at


@pytest.mark.parametrize(("size", "lang"), [("phone", "zh-CN"), ("pc", "en")])
def test_a_message_is_reported_decided_and_appealed(
    screens: Screens, demo: Demo, size: Size, lang: str
) -> None:
    lin, bo = demo.friends("Lin", "Bo")
    where = demo.direct(lin, bo)
    demo.say(bo, where, f"buy now {size}")
    page = screens.page(size, lin, lang=lang)
    page.goto(f"{demo.url}/app#/chats/{where}")
    at(page, "bubble").last.click(button="right")
    at(page, "report").click()
    at(page, "reason-spam").click()
    at(page, "report-send").click()
    expect(at(page, "report-sheet")).to_be_hidden()

    desk = screens.page(size, demo.known("operator"), lang=lang)
    desk.goto(f"{demo.url}/operator#/reports")
    case = at(desk, "case").filter(has_text=f"buy now {size}")
    at(case, "decide").click()
    at(desk, "action").select_option("warn")
    at(desk, "reason").fill("No selling")
    at(at(desk, "decide-sheet"), "go").click()
    expect(case).to_be_hidden()

    page.goto(f"{demo.url}/app#/me/order")
    expect(at(page, "my-report").locator(".pill-good")).to_be_visible()
    other = screens.page(size, bo, lang=lang)
    other.goto(f"{demo.url}/app#/me/order")
    expect(at(other, "about-me")).to_contain_text("No selling")
    at(other, "appeal").click()
    at(other, "appeal-words").fill("It was a joke")
    at(other, "appeal-send").click()
    expect(at(other, "appeal")).to_be_hidden()

    desk.reload()
    at(desk, "answer").first.click()
    at(desk, "lift-yes").click()
    at(desk, "answer-words").fill("Well then")
    at(at(desk, "answer-sheet"), "go").click()
    expect(at(desk, "answer-sheet")).to_be_hidden()


def test_an_archive_is_packed_and_fetched(screens: Screens, demo: Demo) -> None:
    (lin,) = demo.friends("Mei")
    page = screens.page("phone", lin)
    page.goto(f"{demo.url}/app#/me/data")
    at(page, "ask-export").click()
    link = at(page, "fetch")
    expect(link).to_be_visible()
    with page.expect_download() as fetched:
        link.click()
    assert re.fullmatch(r"changliao-[\d-]+\.zip", fetched.value.suggested_filename)


def test_who_leaves_is_signed_out_and_stays_by_signing_in(screens: Screens, demo: Demo) -> None:
    (lin,) = demo.friends("Zhao")
    page = screens.page("phone", lin)
    page.goto(f"{demo.url}/app#/me/data")
    at(page, "leave-for-good").click()
    at(page, "leave-password").fill(lin.password)
    at(page, "leave-go").click()
    page.wait_for_url(re.compile("/sign-in"))
    again = screens.page("phone", lin)
    again.goto(f"{demo.url}/app#/me/data")
    expect(at(again, "leave-for-good")).to_be_visible()
    screens.complaints.clear()


@pytest.mark.parametrize(("size", "lang"), [("phone", "zh-CN"), ("pc", "en")])
def test_who_is_suspended_appeals_before_signing_in(
    screens: Screens, demo: Demo, size: Size, lang: str
) -> None:
    (lin,), bo = demo.friends("Lin"), demo.person(name=f"Bo {size}")
    report = {"what": "person", "person": demo.id_of(bo), "reason": "spam"}
    made = demo.call("POST", "/v1/reports", report, token=lin.token)
    body = {"action": "suspend", "reason": "Advertising", "days": 3}
    operator = demo.known("operator")
    demo.call("POST", f"/v1/operator/reports/{made['id']}/decision", body, token=operator.token)
    page = screens.page(size, lang=lang)
    page.goto(f"{demo.url}/sign-in")
    at(page, "handle").fill(bo.handle)
    at(page, "password").fill(bo.password)
    at(page, "sign-in-go").click()
    expect(at(page, "sign-in-wrong")).to_contain_text("封停到" if lang == "zh-CN" else "until")
    at(page, "sign-in-appeal").click()
    at(page, "appeal-words").fill(f"Not me on {size}")
    at(page, "appeal-send").click()
    expect(at(page, "appeal-sheet")).to_be_hidden()
    asked = demo.call("GET", "/v1/operator/appeals", token=operator.token)["items"]
    assert f"Not me on {size}" in [one["decision"]["appeal_words"] for one in asked]
