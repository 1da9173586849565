"""Official accounts: a shop makes one and writes in the console; people follow, read, press the menu and are
answered by hand."""

import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at
from tests.browser.test_app_talk import app, write
from tests.browser.voice import MENU, Voice

pytestmark = pytest.mark.browser


class Shop(Voice):
    """An official account of a shop of one's own."""

    def __init__(self, demo: Demo) -> None:
        self.owner = demo.person(name="掌柜")
        partner = demo.call("POST", "/v1/partners", {"name": "山茶"}, token=self.owner.token)
        path = f"/v1/partners/{partner['id']}/apps"
        app_id = demo.call("POST", path, {"name": "茶店"}, token=self.owner.token)["id"]
        key = demo.call("POST", f"/v1/apps/{app_id}/keys", {}, token=self.owner.token)["key"]
        super().__init__(demo, app_id, key)

    def console(self, screens: Screens, page: str, size: Size = "pc", **query: str) -> Page:
        """A screen of the console."""
        found = screens.page(size, self.owner)
        said = "&".join(f"{name}={value}" for name, value in query.items())
        found.goto(f"{self.demo.url}/console/{page}?app={self.app_id}&mode=test&{said}")
        return found


@pytest.fixture(scope="module")
def voice(demo: Demo) -> Shop:
    voice = Shop(demo)
    voice.set("menu", {"buttons": MENU})
    return voice


@pytest.fixture
def lin(demo: Demo) -> Person:
    return demo.person(name="林小满")


def follow(screens: Screens, demo: Demo, who: Person, voice: Voice, size: Size = "phone") -> Page:
    page = app(screens, demo, who, size, f"/accounts/{voice.handle}")
    at(page, "follow").click()
    expect(at(page, "unfollow")).to_be_visible()
    return page


def test_one_is_found_followed_read_and_left(
    screens: Screens, demo: Demo, voice: Shop, lin: Person
) -> None:
    voice.article("春天的第一杯", kind="article")
    page = app(screens, demo, lin, "phone", "/contacts/add")
    at(page, "find-handle").fill(voice.handle)
    at(page, "find").click()
    expect(at(page, "account-card")).to_contain_text("山茶铺")
    at(page, "follow").click()
    at(page, "headline").filter(has_text="春天的第一杯").click()
    expect(at(page, "story")).to_contain_text("一芽一叶")
    at(page, "back").click()
    at(page, "tab-statement").click()
    expect(at(page, "account-page")).to_be_visible()
    page.goto(f"{demo.url}/app#/contacts/accounts")
    at(page, "account").filter(has_text="山茶铺").click()
    at(page, "unfollow").click()
    page.get_by_role("button", name="不再关注").last.click()
    expect(at(page, "follow")).to_be_visible()


def test_what_is_posted_comes_to_followers_and_can_be_sent_on_and_taken_back(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    demo.direct(lin, wang)
    page = follow(screens, demo, lin, voice)
    article = voice.article("雨前茶")
    page.goto(f"{demo.url}/app#/chats")
    row = at(page, "conversation").filter(has_text="山茶铺")
    expect(row).to_contain_text("雨前茶")
    row.click()
    at(page, "article").filter(has_text="雨前茶").click()
    expect(at(page, "story")).to_contain_text("一芽一叶")
    at(page, "story-share").click()
    at(page, "share-target").filter(has_text="王建国").click()
    other = app(screens, demo, wang, "pc", "/chats")
    at(other, "conversation").filter(has_text="林小满").click()
    at(other, "article").click()
    expect(at(other, "story")).to_be_visible()
    voice.call("DELETE", f"/v1/manuscripts/{article}/publication")
    other.reload()
    expect(at(other, "story-recalled")).to_be_visible()
    away = screens.page("phone")
    away.goto(f"{demo.url}/a/{article}")
    expect(at(away, "story-recalled")).to_be_visible()


def indexed(demo: Demo, who: Person, words: str, many: int) -> None:
    """Wait until so much is found: the index is about a second behind."""
    ends = time.monotonic() + 60
    path = f"/v1/search?{urlencode({'q': words, 'limit': 100})}"
    while len(demo.call("GET", path, token=who.token)["items"]) < many:
        assert time.monotonic() < ends, f"{words} is not found"
        time.sleep(0.3)


def test_accounts_and_articles_are_found_in_the_one_box_and_one_gets_there(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    group = demo.group("周末爬山", lin, wang)
    demo.say(wang, group, "谁带蒸青来喝")
    voice.article("恩施玉露怎么蒸青")
    indexed(demo, lin, "蒸青", 2)
    page = app(screens, demo, lin, "phone", "/search")
    at(page, "search-field").fill("蒸青")
    hits = at(page, "hit")
    expect(hits.filter(has_text="恩施玉露")).to_contain_text("山茶铺")
    expect(hits.filter(has_text="谁带")).to_be_visible()
    expect(hits.filter(has_text="恩施玉露").locator("mark").first).to_have_text("蒸青")
    hits.filter(has_text="恩施玉露").click()
    expect(at(page, "story")).to_contain_text("一芽一叶")
    at(page, "back").click()
    at(page, "search-field").fill(voice.handle)
    hits.filter(has_text="山茶铺").click()
    expect(at(page, "account-page")).to_contain_text("只卖春茶")


def test_a_contact_by_tag_and_a_group_by_a_member_are_found_and_one_kind_goes_on(
    screens: Screens, demo: Demo
) -> None:
    lin, wang = demo.friends("林小满", "欧阳明")
    group = demo.group("周末爬山", lin, wang)
    body = {"remark": "", "tags": ["篆刻"]}
    demo.call("PATCH", f"/v1/contacts/{demo.id_of(wang)}", body, token=lin.token)
    for number in range(25):
        demo.say((lin, wang)[number % 2], group, f"寿山石 {number}")
    indexed(demo, lin, "寿山", 25)
    page = app(screens, demo, lin, "phone", "/search")
    at(page, "search-field").fill("篆刻")
    expect(at(page, "hit").filter(has_text="欧阳明")).to_be_visible()
    at(page, "search-field").fill("欧阳")
    expect(at(page, "person").filter(has_text="欧阳明")).to_have_count(1)
    expect(at(page, "hit").filter(has_text="周末爬山")).to_be_visible()
    at(page, "search-field").fill("寿山")
    at(page, "more-messages").click()
    at(page, "further").click()
    expect(at(page, "hit")).to_have_count(25)
    at(page, "search-field").fill("没有这样的话")
    expect(at(page, "nothing-found")).to_be_visible()


def test_everybody_may_read_an_article_at_its_address(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    article = voice.article("谷雨")
    page = screens.page("phone")
    page.goto(f"{demo.url}/a/{article}")
    expect(at(page, "story")).to_contain_text("谷雨")
    expect(page).to_have_title("谷雨 · 畅聊")


def test_the_menu_answers_and_leads_to_the_keyboard(
    screens: Screens, demo: Demo, voice: Shop, lin: Person
) -> None:
    page = follow(screens, demo, lin, voice)
    at(page, "write-to").click()
    at(page, "bar-1").click()
    expect(at(page, "theirs").filter(has_text="明前龙井")).to_be_visible()
    at(page, "bar-0").click()
    at(page, "menu-0").click()
    expect(at(page, "theirs").filter(has_text="九点")).to_be_visible()
    at(page, "to-keys").click()
    write(page, "有样品吗？")
    expect(at(page, "mine").filter(has_text="样品")).to_be_visible()
    at(page, "to-menu").click()
    expect(at(page, "account-bar")).to_be_visible()


def test_the_console_makes_an_account_and_sets_it(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    page = voice.console(screens, "accounts")
    expect(at(page, "account-settings")).to_contain_text(voice.handle)
    at(page, "intro").fill("只卖春茶和秋茶")
    at(page, "save").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    at(page, "tab-replies").click()
    at(page, "welcome").fill("欢迎来喝茶")
    at(page, "add-rule").click()
    at(page, "words").fill("邮费，运费")
    at(page, "answer").fill("满一百包邮。")
    with page.expect_response(lambda one: "/replies" in one.url):
        at(page, "save").click()
    settings_path = f"/v1/accounts/{voice.id}/settings"
    settings = voice.call("GET", settings_path)
    assert settings["intro"] == "只卖春茶和秋茶"
    assert settings["rules"][0]["words"] == ["邮费", "运费"]
    at(page, "tab-menu").click()
    expect(at(page, "button")).to_have_count(2)
    at(page, "add-button").click()
    at(page, "button", "button-name").last.fill("客服")
    at(page, "button", "button-leads").last.fill("请直接留言。")
    with page.expect_response(lambda one: "/menu" in one.url):
        at(page, "save").click()
    assert [one["name"] for one in voice.call("GET", settings_path)["menu"]] == [
        "店铺",
        "新茶",
        "客服",
    ]


def test_an_article_is_written_looked_at_published_and_counted(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    page = voice.console(screens, "accounts", account=voice.id, tab="articles")
    at(page, "new-article").click()
    at(page, "title").fill("怎么泡绿茶")
    text = at(page, "block-paragraph", "block-text")
    text.fill("水温 **80 度**，见[说明](https://tea.example/how)。")
    look = at(page, "look")
    expect(look.locator("strong")).to_have_text("80 度")
    expect(look.locator("a")).to_have_attribute("href", "https://tea.example/how")
    at(page, "add-list").click()
    at(page, "block-list", "block-text").fill("温杯\n投茶\n注水")
    expect(look.locator("li")).to_have_count(3)
    at(page, "block-list", "up").click()
    expect(look.locator(".story-body > *").first).to_have_text("温杯投茶注水")
    at(page, "publish").click()
    at(page, "broadcast").uncheck()
    at(page, "publish-sheet", "go").click()
    expect(at(page, "published")).to_be_visible()
    expect(at(page, "statistics")).to_be_visible()
    at(page, "take-back").click()
    page.get_by_role("button", name="撤回").last.click()
    expect(at(page, "article-state")).to_have_text("已撤回")


def test_somebody_answers_by_hand(screens: Screens, demo: Demo, voice: Shop, lin: Person) -> None:
    phone = follow(screens, demo, lin, voice)
    at(phone, "write-to").click()
    at(phone, "to-keys").click()
    write(phone, "能开发票吗？")
    expect(at(phone, "mine").filter(has_text="发票")).to_be_visible()
    desk = voice.console(screens, "accounts", account=voice.id, tab="talks", waiting="1")
    at(desk, "talks", "row").filter(has_text="林小满").first.click()
    expect(at(desk, "theirs").filter(has_text="发票")).to_be_visible()
    at(desk, "take-over").click()
    expect(at(desk, "hand-back")).to_be_visible()
    at(desk, "answer").fill("可以，下单时写明抬头。")
    at(desk, "send").click()
    expect(at(phone, "theirs").filter(has_text="抬头")).to_be_visible()
    at(desk, "hand-back").click()
    expect(at(desk, "take-over")).to_be_visible()
