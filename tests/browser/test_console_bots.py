"""Bots in the partner console, and the operator's gates: made, told their commands, asked before messages."""

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["pc", "phone"])
def test_a_bot_is_made_given_commands_and_a_gate_and_taken_away(
    screens: Screens, demo: Demo, size: Size
) -> None:
    shop = demo.shop("茶铺")
    page = screens.page(size, shop.owner)
    page.goto(f"{demo.url}/console/bots?app={shop.app_id}&mode=test")
    at(page, "add").click()
    handle = f"b{secrets.token_hex(5)}"
    at(page, "bot-handle").fill("No good")
    at(page, "bot-name").fill("茶博士")
    at(page, "bot-sheet", "go").click()
    expect(at(page, "refusal")).to_be_visible()
    at(page, "bot-handle").fill(handle)
    at(page, "bot-sheet", "go").click()
    page.wait_for_url("**/console/bot?**")
    at(page, "edit-commands").click()
    at(page, "command-name").fill("brew")
    at(page, "command-zh").fill("泡一壶茶")
    at(page, "command-en").fill("Make a pot of tea")
    at(page, "commands-sheet", "go").click()
    expect(at(page, "commands")).to_contain_text("泡一壶茶")
    at(page, "set-gate").click()
    at(page, "gate-url").fill("http://127.0.0.1:9/gate")
    at(page, "otherwise-refuse").click()
    at(page, "gate-sheet", "go").click()
    expect(at(page, "secret-text")).to_contain_text("whsec_")
    at(page, "secret-kept").click()
    expect(at(page, "gate")).to_contain_text("127.0.0.1:9/gate")
    [bot] = demo.call("GET", "/v1/bots", token=shop.key)["items"]
    assert (bot["handle"], bot["name"], bot["commands"][0]["name"]) == (handle, "茶博士", "brew")
    assert (bot["gate"]["otherwise"], bot["gate"]["timeout_ms"]) == ("refuse", 300)
    at(page, "end-gate").click()
    at(page, "ask-yes").click()
    expect(at(page, "end-gate")).to_have_count(0)
    expect(at(page, "ask-yes")).to_have_count(0)
    at(page, "end").click()
    at(page, "ask-yes").click()
    page.wait_for_url("**/console/bots?**")
    assert demo.call("GET", "/v1/bots", token=shop.key)["items"] == []


@pytest.mark.parametrize(("size", "lang"), [("phone", "zh-CN"), ("pc", "en")])
def test_the_operator_adds_a_gate_and_ends_it(
    screens: Screens, demo: Demo, size: Size, lang: str
) -> None:
    runs = demo.known("operator")
    page = screens.page(size, runs, lang=lang)
    page.goto(f"{demo.url}/operator#/gates")
    at(page, "add-gate").click()
    at(page, "gate-url").fill("http://127.0.0.1:9/all")
    at(page, "gate-timeout").fill("9")
    at(page, "covers-all").click()
    at(page, "gate-sheet", "go").click()
    expect(at(page, "refusal")).to_be_visible()
    at(page, "gate-timeout").fill("50")
    at(page, "gate-sheet", "go").click()
    expect(at(page, "secret-text")).to_contain_text("whsec_")
    at(page, "secret-kept").click()
    expect(at(page, "gate-row")).to_contain_text("127.0.0.1:9/all")
    [gate] = demo.call("GET", "/v1/operator/gates", token=runs.token)["items"]
    assert (gate["timeout_ms"], gate["covers"], gate["otherwise"]) == (50, "all", "allow")
    at(page, "end-gate").click()
    at(page, "ask-yes").click()
    expect(at(page, "gate-row")).to_have_count(0)
    assert demo.call("GET", "/v1/operator/gates", token=runs.token)["items"] == []
