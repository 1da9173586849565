"""The switches of notices in a real browser: quiet hours, and whether content is shown."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at


@pytest.mark.parametrize(("size", "lang"), [("phone", "zh-CN"), ("pc", "en")])
def test_quiet_hours_and_content_are_chosen_and_kept(
    screens: Screens, demo: Demo, size: Size, lang: str
) -> None:
    (lin,) = demo.friends("Lin")
    page = screens.page(size, lin, lang=lang)
    page.goto(f"{demo.url}/app#/me")
    at(page, "my-notices").click()
    at(page, "notices-content").locator("input").uncheck()
    at(page, "notices-quiet").locator("input").check()
    expect(at(page, "quiet_from")).to_have_value("22:00")
    with page.expect_response(lambda one: "06:30" in (one.request.post_data or "")):
        at(page, "quiet_to").fill("06:30")
    page.reload()
    expect(at(page, "quiet_to")).to_have_value("06:30")
    expect(at(page, "notices-content").locator("input")).not_to_be_checked()
    kept = demo.call("GET", "/v1/push/settings", token=lin.token)
    assert (kept["quiet_from"], kept["quiet_to"], kept["content"]) == ("22:00", "06:30", False)
    with page.expect_response(lambda one: '"quiet_from":null' in (one.request.post_data or "")):
        at(page, "notices-quiet").locator("input").uncheck()
    assert demo.call("GET", "/v1/push/settings", token=lin.token)["quiet_from"] is None
