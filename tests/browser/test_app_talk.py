"""Two people talk, one on a phone and one on a PC; and whatever happens to the network, nothing is lost."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.browser

BRIGHT = "你好，周五去茶山吗？"


KEPT = """async (name) => {
  const made = (await indexedDB.databases()).some((one) => one.name === name);
  if (!made) return null;
  const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const db = await asked(indexedDB.open(name));
  try {
    const move = db.transaction(["meta", "rows"]);
    const [meta, rows] = [move.objectStore("meta").get("me"), move.objectStore("rows").getAllKeys()];
    await new Promise((done) => { move.oncomplete = done; });
    return meta.result?.cursor ? rows.result : null;
  } finally {
    db.close();
  }
}"""
"""The conversations that a browser keeps, once it says how far it knows them all."""


@pytest.fixture
def pair(demo: Demo) -> list[Person]:
    return demo.friends("林小满", "王建国")


def until(page: Page, so: Callable[[], bool]) -> None:
    """Wait until it is so; the page goes on meanwhile."""
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def app(screens: Screens, demo: Demo, who: Person, size: Size, place: str = "/chats") -> Page:
    """The app of this person, with its list there."""
    page = screens.page(size, who)
    page.goto(f"{demo.url}/app#{place}")
    expect(at(page, "app")).to_be_visible()
    return page


def talk(screens: Screens, demo: Demo, who: Person, size: Size, conversation: str) -> Page:
    """A conversation, ready to write in."""
    page = app(screens, demo, who, size, f"/chats/{conversation}")
    expect(at(page, "composer")).to_be_visible()
    expect(at(page, "lines")).to_be_visible()
    return page


def write(page: Page, text: str) -> None:
    at(page, "write").fill(text)
    at(page, "send").click()


def menu(page: Page, text: str, choice: str) -> None:
    """Choose something in the menu of the message with this text."""
    at(page, "bubble").filter(has_text=text).last.click(button="right")
    at(page, choice).click()


def test_two_people_talk_and_unread_is_right_everywhere(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    phone = talk(screens, demo, lin, "phone", conversation)
    desk, tablet = app(screens, demo, wang, "pc"), app(screens, demo, wang, "phone")
    write(phone, BRIGHT)
    expect(at(phone, "mine").filter(has_text=BRIGHT)).to_be_visible()
    expect(at(phone, "write")).to_have_value("")
    for page in (desk, tablet):
        expect(at(page, "conversation")).to_contain_text(BRIGHT)
        expect(at(page, "conversation", "badge")).to_have_text("1")
        expect(at(page, "tab-chats", "badge")).to_have_text("1")
        expect(page).to_have_title(re.compile(r"^\(1\) "))
    desk.bring_to_front()
    at(desk, "conversation").click()
    expect(at(desk, "theirs").filter(has_text=BRIGHT)).to_be_visible()
    for page in (desk, tablet):
        expect(at(page, "badge")).to_have_count(0)
        expect(page).not_to_have_title(re.compile(r"^\("))
    at(desk, "write").fill("去，")
    desk.keyboard.press("Shift+Enter")
    desk.keyboard.type("几点？")
    desk.keyboard.press("Enter")
    expect(at(phone, "theirs").filter(has_text="几点")).to_be_visible()
    assert at(phone, "theirs").last.locator(".say-text").inner_text() == "去，\n几点？"
    expect(at(tablet, "conversation")).to_contain_text("几点")
    expect(at(tablet, "badge")).to_have_count(0)


def test_a_draft_is_kept_over_a_reload_and_stands_in_the_list(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    page = talk(screens, demo, lin, "phone", conversation)
    at(page, "write").fill("还没想好")
    at(page, "talk", "back").click()
    expect(at(page, "conversation")).to_contain_text("[草稿] 还没想好")
    page.reload()
    expect(at(page, "conversation")).to_contain_text("[草稿] 还没想好")
    at(page, "conversation").click()
    expect(at(page, "write")).to_have_value("还没想好")
    other = app(screens, demo, lin, "pc")
    expect(at(other, "conversation")).to_contain_text("还没想好")
    at(page, "send").click()
    at(page, "talk", "back").click()
    expect(at(page, "conversation")).not_to_contain_text("草稿")
    expect(at(other, "conversation")).not_to_contain_text("草稿")


def test_what_was_recalled_is_gone_for_both_and_can_be_written_again(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    mine = talk(screens, demo, lin, "pc", conversation)
    theirs = talk(screens, demo, wang, "phone", conversation)
    write(mine, "写错了的话")
    expect(at(theirs, "theirs").filter(has_text="写错了")).to_be_visible()
    menu(mine, "写错了", "recall")
    expect(at(theirs, "recalled")).to_contain_text("林小满 撤回了一条消息")
    expect(at(theirs, "lines")).not_to_contain_text("写错了")
    expect(at(mine, "recalled")).to_contain_text("你撤回了一条消息")
    at(mine, "write-again").click()
    expect(at(mine, "write")).to_have_value("写错了的话")
    theirs.reload()
    expect(at(theirs, "recalled")).to_be_visible()
    expect(at(theirs, "lines")).not_to_contain_text("写错了")


def test_a_reply_quotes_and_a_reaction_is_seen_and_taken_back(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    demo.say(lin, conversation, "周五九点东门见")
    mine = talk(screens, demo, lin, "phone", conversation)
    theirs = talk(screens, demo, wang, "pc", conversation)
    menu(theirs, "东门见", "reply")
    write(theirs, "收到")
    expect(at(mine, "theirs", "quote")).to_contain_text("周五九点东门见")
    at(theirs, "bubble").filter(has_text="东门见").first.click(button="right")
    at(theirs, "react").first.click()
    expect(at(mine, "reaction")).to_have_text("👍1")
    at(mine, "reaction").click()
    expect(at(theirs, "reaction")).to_have_text("👍2")
    at(theirs, "reaction").click()
    expect(at(mine, "reaction")).to_have_text("👍1")
    mine.reload()
    expect(at(mine, "reaction")).to_have_text("👍1")


def test_offline_one_reads_and_writes_and_all_of_it_is_sent_once_in_order(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    demo.say(wang, conversation, "先看看这条")
    page = talk(screens, demo, lin, "phone", conversation)
    expect(at(page, "theirs")).to_be_visible()
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    expect(at(page, "theirs")).to_be_visible()
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.context.set_offline(True)
    expect(at(page, "offline")).to_be_visible()
    for text in ("第一句", "第二句", "第三句"):
        write(page, text)
    expect(at(page, "mine")).to_have_count(3)
    page.reload()
    expect(at(page, "theirs").filter(has_text="先看看这条")).to_be_visible()
    expect(at(page, "mine")).to_have_count(3)
    demo.say(wang, conversation, "你那边断网了吗")
    page.context.set_offline(False)
    expect(at(page, "theirs").filter(has_text="断网了吗")).to_be_visible()
    expect(page.locator(".said-sending")).to_have_count(0)
    expect(at(page, "offline")).to_have_count(0)
    path = f"/v1/conversations/{conversation}/messages?after=0"
    items = demo.call("GET", path, token=wang.token)["items"]
    texts = [one["b"]["text"] for one in items if one["k"] == "text"]
    assert texts == ["先看看这条", "你那边断网了吗", "第一句", "第二句", "第三句"]
    assert [at(page, "mine").nth(n).locator(".say-text").inner_text() for n in range(3)] == [
        "第一句",
        "第二句",
        "第三句",
    ]
    screens.complaints.clear()  # The browser itself writes down what could not be fetched.


def test_a_message_that_is_refused_says_so_and_can_be_sent_again(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    page = talk(screens, demo, lin, "phone", conversation)
    demo.call("DELETE", f"/v1/contacts/{demo.id_of(lin)}", token=wang.token)
    write(page, "还在吗")
    expect(at(page, "failed")).to_be_visible()
    body = {"person": demo.id_of(lin), "text": "again"}
    demo.call("POST", "/v1/contact-requests", body, token=wang.token)
    at(page, "failed").click()
    at(page, "resend").click()
    expect(at(page, "failed")).to_have_count(0)
    expect(page.locator(".said-sending")).to_have_count(0)
    expect(at(page, "mine")).to_have_count(1)


def test_on_a_pc_the_keyboard_is_enough(screens: Screens, demo: Demo, pair: list[Person]) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    demo.say(wang, conversation, "键盘也行")
    page = app(screens, demo, lin, "pc")
    expect(at(page, "conversation")).to_be_visible()
    page.keyboard.press("j")
    expect(at(page, "conversation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(at(page, "talk")).to_be_visible()
    page.keyboard.press("Escape")
    expect(at(page, "talk")).to_have_count(0)
    page.keyboard.press("/")
    expect(at(page, "search-field")).to_be_focused()
    page.keyboard.type("王")
    expect(at(page, "found-chat")).to_contain_text("王建国")
    page.keyboard.press("Escape")
    expect(at(page, "conversations")).to_be_visible()


def test_what_was_said_is_found_by_two_characters_and_one_gets_there(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    demo.say(wang, conversation, "明前龙井到货了")
    for number in range(15):
        demo.say((lin, wang)[number % 2], conversation, f"闲聊 {number}\n一行\n又一行")
    page = talk(screens, demo, lin, "phone", conversation)
    at(page, "search-in").click()
    expect(at(page, "search-field")).to_be_focused()
    at(page, "search-field").fill("龙井")
    hit = at(page, "hit")
    expect(hit).to_contain_text("明前龙井到货了")
    expect(hit.locator("mark")).to_have_text("龙井")
    hit.click()
    expect(at(page, "lines").get_by_text("明前龙井到货了")).to_be_in_viewport()
    at(page, "jump-end").click()
    expect(at(page, "lines").get_by_text("闲聊 14")).to_be_in_viewport()


def test_a_link_to_a_person_or_a_group_says_where_it_leads_and_back_after_signing_in(
    screens: Screens, demo: Demo
) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("周末爬山", lin, wang)
    link = demo.call("POST", f"/v1/conversations/{group}/invitations", {}, token=lin.token)
    page = screens.page("phone")
    page.goto(f"{demo.url}/u/{lin.handle}")
    expect(at(page, "welcome")).to_contain_text(f"@{lin.handle}")
    page.goto(link["url"])
    expect(at(page, "welcome")).to_contain_text("周末爬山")
    expect(at(page, "welcome")).to_contain_text("2 人")
    at(page, "welcome-in").click()
    newcomer = demo.person(name="赵敏")
    at(page, "handle").fill(newcomer.handle)
    at(page, "password").fill(newcomer.password)
    at(page, "sign-in-go").click()
    at(page, "join").click()
    expect(at(page, "composer")).to_be_visible()


def test_signing_in_leads_to_the_app_and_the_wallet_leads_back(
    screens: Screens, demo: Demo
) -> None:
    wang = demo.person(name="王建国")
    for size in ("phone", "pc"):
        page = screens.page(size)
        page.goto(f"{demo.url}/sign-in")
        at(page, "handle").fill(wang.handle)
        at(page, "password").fill(wang.password)
        at(page, "sign-in-go").click()
        expect(at(page, "app")).to_be_visible()
        page.goto(f"{demo.url}/wallet")
        at(page, "to-app" if size == "phone" else "rail-app").click()
        expect(at(page, "app")).to_be_visible()


def test_contacts_are_asked_for_once_and_then_only_what_changed(
    screens: Screens, demo: Demo
) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    page = app(screens, demo, lin, "phone", "/contacts")
    expect(at(page, "person")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    zhao = demo.person(name="赵敏")
    demo.befriend(lin, zhao)
    expect(at(page, "person")).to_have_count(2)
    lists = [url for url in asked if "/v1/contacts?" in url or url.endswith("/v1/contacts")]
    assert lists and all("?after=" in url for url in lists)
    demo.call("DELETE", f"/v1/contacts/{demo.id_of(wang)}", token=lin.token)
    page.reload()
    expect(at(page, "person")).to_have_count(1)
    expect(at(page, "person")).to_contain_text("赵敏")


def test_over_plain_http_one_sentence_says_what_is_missing(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone", demo.person(name="林小满"))
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(f"{demo.url}/app#/me")
    expect(at(page, "not-safe")).to_contain_text("https")
    at(page, "my-devices").click()
    at(page, "to-security").click()
    expect(at(page, "no-passkeys")).to_be_visible()


def test_a_browser_keeps_what_it_says_that_it_knows(
    screens: Screens, demo: Demo, pair: list[Person]
) -> None:
    """Also when it is left before anything new was drawn: else it would never ask for it again."""
    lin, wang = pair
    conversation = demo.direct(lin, wang)
    me = demo.call("GET", "/v1/me", token=lin.token)["id"]
    page = screens.page("phone", lin)
    page.add_init_script("window.requestAnimationFrame = () => 1")
    page.goto(f"{demo.url}/app")

    until(page, lambda: page.evaluate(KEPT, f"changliao-{me}") is not None)

    assert conversation in page.evaluate(KEPT, f"changliao-{me}")
