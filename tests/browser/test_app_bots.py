"""Bots in the browser: let in by whoever runs the group, called by a command that is offered while typing."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import AnotherShop, Demo, Person
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def app(screens: Screens, demo: Demo, who: Person, size: Size, place: str) -> Page:
    page = screens.page(size, who)
    page.goto(f"{demo.url}/app#{place}")
    expect(at(page, "app")).to_be_visible()
    return page


def a_bot(demo: Demo, shop: AnotherShop) -> tuple[str, str]:
    """A listed bot with one command: its id and handle."""
    handle = f"tea_{secrets.token_hex(3)}"
    body = {"handle": handle, "name": "茶博士", "listed": True}
    bot = demo.call("POST", "/v1/bots", body, token=shop.key)["id"]
    commands = {"items": [{"name": "brew", "zh": "泡一壶茶", "en": "Make a pot of tea"}]}
    demo.call("PUT", f"/v1/bots/{bot}/commands", commands, token=shop.key)
    return bot, handle


def test_a_bot_is_let_in_called_and_answers(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("喝茶", lin, wang)
    shop = demo.shop("茶馆")
    bot, handle = a_bot(demo, shop)
    phone = app(screens, demo, lin, "phone", f"/chats/{group}/bots")
    at(phone, "add-bot").click()
    at(phone, "find-words").fill(f"@{handle}")
    at(phone, f"found-{handle}").click()
    expect(at(phone, f"bot-{handle}")).to_be_visible()
    expect(at(phone, f"hears-{handle}").locator("input")).not_to_be_checked()

    desk = app(screens, demo, wang, "pc", f"/chats/{group}")
    expect(at(desk, "note").last).to_contain_text("茶博士")
    at(desk, "write").press_sequentially("/br")
    expect(at(desk, "commands")).to_contain_text("泡一壶茶")
    at(desk, "write").press("Tab")
    expect(at(desk, "write")).to_have_value("/brew ")
    at(desk, "write").press("Enter")
    expect(at(desk, "mine")).to_have_count(1)
    path = f"/v1/bots/{bot}/conversations/{group}/messages"
    demo.call("POST", path, {"text": "水开了"}, token=shop.key)
    expect(at(desk, "theirs").last).to_contain_text("水开了")
    expect(at(desk, "theirs").last.locator("[data-test=mark]")).to_have_text("机器人")

    at(phone, f"remove-{handle}").click()
    phone.get_by_role("button", name="移除", exact=True).click()
    expect(at(phone, f"bot-{handle}")).to_have_count(0)
    expect(at(desk, "note").last).to_contain_text("离开了群聊")
    assert screens.complaints == []


def test_a_feed_has_an_address_that_is_shown_once_and_posts(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("值班", lin, wang)
    phone = app(screens, demo, lin, "phone", f"/chats/{group}/bots")
    at(phone, "add-hook").click()
    at(phone, "hook-name").fill("构建")
    at(phone, "hook-save").click()
    address = at(phone, "hook-url").inner_text()
    at(phone, "hook-done").click()
    demo.call("POST", address.removeprefix(demo.url), {"text": "全绿"})

    desk = app(screens, demo, wang, "pc", f"/chats/{group}")
    expect(at(desk, "theirs")).to_contain_text("全绿")
    expect(at(desk, "theirs").locator("[data-test=mark]")).to_have_text("推送")
    at(desk, "write").fill("看到了")

    at(phone, "hook").click()
    phone.get_by_role("button", name="停用").click()
    expect(at(phone, "hook")).to_have_count(0)
    assert screens.complaints == []
