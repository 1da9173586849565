"""Groups in the browser: made, called by name, led, left and joined by a link."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def app(screens: Screens, demo: Demo, who: Person, size: Size, place: str = "/chats") -> Page:
    page = screens.page(size, who)
    page.goto(f"{demo.url}/app#{place}")
    expect(at(page, "app")).to_be_visible()
    return page


def test_a_group_is_made_of_contacts_and_all_of_them_see_it(screens: Screens, demo: Demo) -> None:
    lin, wang, mei = demo.friends("林小满", "王建国", "梅雨")
    phone, desk = app(screens, demo, lin, "phone"), app(screens, demo, wang, "pc")
    at(phone, "new").click()
    at(phone, "new-group").click()
    at(phone, "group-title").fill("周五去茶山")
    for one in (wang, mei):
        at(phone, f"pick-{one.handle}").check()
    at(phone, "pick-go").click()
    expect(at(phone, "talk")).to_be_visible()
    expect(at(phone, "note")).to_contain_text("你发起了群聊")
    row = at(desk, "conversation").filter(has_text="周五去茶山")
    expect(row).to_be_visible()
    row.click()
    at(phone, "write").fill("谁订车？")
    at(phone, "send").click()
    theirs = at(desk, "theirs").filter(has_text="谁订车")
    expect(theirs).to_contain_text("林小满")
    expect(at(desk, "talk").locator("h1")).to_contain_text("(3)")


def test_who_is_called_by_name_sees_it_in_the_list_and_gets_there(
    screens: Screens, demo: Demo
) -> None:
    lin, wang, mei = demo.friends("林小满", "王建国", "梅雨")
    group = demo.group("茶会", lin, wang, mei)
    desk = app(screens, demo, wang, "pc", f"/chats/{group}")
    expect(at(desk, "write")).to_be_visible()
    at(desk, "write").press_sequentially("@林")
    expect(at(desk, "mentions")).to_contain_text("林小满")
    desk.keyboard.press("Enter")
    desk.keyboard.type("你来订车")
    desk.keyboard.press("Enter")
    expect(at(desk, "mine").locator(".mention")).to_have_text("@林小满")
    for number in range(20):
        demo.say((wang, mei)[number % 2], group, f"闲聊 {number}\n一行\n又一行")
    phone = app(screens, demo, lin, "phone")
    row = at(phone, "conversation").filter(has_text="茶会")
    expect(row).to_contain_text("[有人@我]")
    expect(at(phone, "conversation", "badge")).to_have_text("21")
    row.click()
    expect(at(phone, "lines").get_by_text("闲聊 19")).to_be_visible()
    at(phone, "jump-mention").click()
    expect(at(phone, "lines").get_by_text("你来订车")).to_be_in_viewport()
    at(phone, "jump-end").click()
    expect(at(phone, "lines").get_by_text("闲聊 19")).to_be_in_viewport()


def test_the_owner_leads_and_a_removed_one_can_write_no_more(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("茶会", lin, wang)
    desk = app(screens, demo, lin, "pc", f"/chats/{group}/info")
    phone = app(screens, demo, wang, "phone", f"/chats/{group}")
    expect(at(phone, "composer")).to_be_visible()
    at(desk, "title").click()
    at(desk, "title-field").fill("春茶会")
    at(desk, "title-save").click()
    expect(at(phone, "talk").locator("h1")).to_contain_text("春茶会")
    at(desk, "silent").click()
    expect(at(phone, "composer-off")).to_contain_text("全员禁言")
    at(desk, "silent").click()
    expect(at(phone, "composer")).to_be_visible()
    at(desk, "member").filter(has_text="王建国").click()
    at(desk, "member-role").click()
    expect(at(phone, "note").last).to_contain_text("设为管理员")
    at(desk, "member").filter(has_text="王建国").click()
    at(desk, "member-remove").click()
    at(desk, "ask-yes").click()
    expect(at(phone, "composer-off")).to_contain_text("你已不在这个群聊里")
    expect(at(desk, "member")).to_have_count(1)


def test_a_link_leads_into_a_group_once_an_admin_agrees(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("茶会", lin, wang)
    zhao = demo.person(name="赵小雨")
    owner = app(screens, demo, lin, "phone", f"/chats/{group}/info")
    at(owner, "approval").click()
    at(owner, "invite").click()
    expect(at(owner, "qr")).to_be_visible()
    owner.wait_for_function("() => document.querySelector('[data-test=qr]').naturalWidth > 0")
    link = at(owner, "invite-url").inner_text()
    guest = screens.page("pc", zhao)
    guest.goto(re.sub(r"^https?://[^/]+", demo.url, link))
    expect(at(guest, "join-page")).to_contain_text("茶会")
    at(guest, "join").click()
    expect(at(guest, "join-waits")).to_be_visible()
    owner.goto(f"{demo.url}/app#/chats/{group}/joins")
    at(owner, "approve").click()
    expect(at(guest, "conversation").filter(has_text="茶会")).to_be_visible()


def test_strangers_find_each_other_by_handle_and_become_contacts(
    screens: Screens, demo: Demo
) -> None:
    lin, wang = demo.person(name="林小满"), demo.person(name="王建国")
    phone, desk = app(screens, demo, lin, "phone"), app(screens, demo, wang, "pc", "/contacts")
    expect(at(phone, "no-chats")).to_be_visible()
    at(phone, "first-contact").click()
    at(phone, "find-handle").fill(wang.handle)
    at(phone, "find").click()
    at(phone, "ask-contact").click()
    at(phone, "ask-send").click()
    expect(at(phone, "requested")).to_be_visible()
    expect(at(desk, "requests", "badge")).to_have_text("1")
    at(desk, "requests").click()
    at(desk, "accept").click()
    expect(at(desk, "contacts").get_by_text("林小满")).to_be_visible()
    phone.goto(f"{demo.url}/app#/chats")
    expect(at(phone, "conversation")).to_contain_text("王建国")
    other = screens.page("phone", lin)
    other.goto(f"{demo.url}/u/{wang.handle}")
    expect(at(other, "profile-card")).to_contain_text("王建国")
    at(other, "talk").click()
    expect(at(other, "composer")).to_be_visible()
