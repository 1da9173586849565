"""The console of official accounts: pictures in articles and answers, articles at an hour, statements."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo, Person
from tests.browser.marks import at
from tests.browser.test_app_accounts import Shop, follow
from tests.browser.test_app_media import png
from tests.browser.test_app_talk import app, write

pytestmark = pytest.mark.browser

HILL: FilePayload = {"name": "hill.png", "mimeType": "image/png", "buffer": png(640, 400)}
CUP: FilePayload = {"name": "cup.png", "mimeType": "image/png", "buffer": png(300, 300, 90)}
DRAWN = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture(scope="module")
def voice(demo: Demo) -> Shop:
    return Shop(demo)


def drawn(picture: Locator) -> None:
    """It has come, and is no broken picture."""
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    picture.page.wait_for_function(DRAWN, arg=picture.element_handle())


def begun(voice: Shop, screens: Screens, title: str, kind: str = "article") -> Page:
    """A new article in the editor."""
    page = voice.console(screens, "accounts", account=voice.id, tab="articles")
    at(page, f"new-{kind}").click()
    at(page, "title").fill(title)
    at(page, "block-paragraph", "block-text").fill("一芽一叶。")
    return page


def test_a_cover_and_pictures_are_written_kept_and_seen_by_everybody(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    page = begun(voice, screens, "茶山来信")
    at(page, "cover").set_input_files(files=[HILL])
    drawn(page.locator(".voice-cover img"))
    at(page, "add-picture").click()
    at(page, "block-picture", "picture").set_input_files(files=[CUP])
    drawn(at(page, "block-picture").locator("img"))
    at(page, "block-picture", "caption").fill("第一杯")
    look = at(page, "look")
    expect(look.get_by_text("第一杯")).to_be_visible()
    with page.expect_response(lambda one: one.request.method == "PUT" and one.ok):
        at(page, "save").click()
    page.reload()
    expect(at(page, "title")).to_have_value("茶山来信")
    drawn(at(page, "block-picture").locator("img"))
    at(page, "publish").click()
    at(page, "publish-sheet", "go").click()
    expect(at(page, "published")).to_be_visible()
    [made] = [
        one
        for one in voice.call("GET", f"/v1/accounts/{voice.id}/articles")["items"]
        if one["title"] == "茶山来信"
    ]
    away = screens.page("phone")
    away.goto(f"{demo.url}/a/{made['id']}")
    expect(at(away, "story")).to_contain_text("第一杯")
    pictures = at(away, "story").locator("img")
    expect(pictures).to_have_count(2)
    for number in (0, 1):
        drawn(pictures.nth(number))


def test_what_is_no_picture_is_refused_in_the_editor(screens: Screens, voice: Shop) -> None:
    page = begun(voice, screens, "没有图")
    at(page, "add-picture").click()
    broken: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    at(page, "block-picture", "picture").set_input_files(files=[broken])
    expect(at(page, "refusal")).to_contain_text("不是能显示的图片")
    expect(at(page, "block-picture").locator("img")).to_have_count(0)


def test_an_article_waits_for_its_hour_and_is_a_draft_again(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    page = begun(voice, screens, "谷雨预告")
    at(page, "publish").click()
    hour = datetime.now() + timedelta(days=2)  # noqa: DTZ005 - the browser's own time zone.
    at(page, "at").fill(hour.strftime("%Y-%m-%dT%H:%M"))
    at(page, "publish-sheet", "go").click()
    expect(at(page, "article-state")).to_have_text("已定时")
    expect(at(page, "due")).to_be_visible()
    scheduled = f"/v1/accounts/{voice.id}/manuscripts?state=scheduled"
    [waiting] = voice.call("GET", scheduled)["items"]
    assert (waiting["title"], waiting["broadcast"]) == ("谷雨预告", True)
    at(page, "title").fill("谷雨预告（改）")
    with page.expect_response(lambda one: one.request.method == "PUT" and one.ok):
        at(page, "save").click()
    [waiting] = voice.call("GET", scheduled)["items"]
    assert (waiting["title"], waiting["state"]) == ("谷雨预告（改）", "scheduled")
    listed = voice.console(screens, "accounts", account=voice.id, tab="articles", state="scheduled")
    expect(at(listed, "manuscripts", "row").filter(has_text="谷雨预告（改）")).to_be_visible()
    at(page, "unschedule").click()
    expect(at(page, "article-state")).to_have_text("草稿")
    assert voice.call("GET", scheduled)["items"] == []


def test_an_hour_that_has_passed_is_refused_and_the_article_stays_a_draft(
    screens: Screens, voice: Shop
) -> None:
    page = begun(voice, screens, "迟到的预告")
    at(page, "publish").click()
    at(page, "at").fill("2020-01-01T09:00")
    at(page, "publish-sheet", "go").click()
    expect(at(page, "publish-sheet", "refusal")).to_contain_text("5 分钟")
    page.reload()
    expect(at(page, "article-state")).to_have_text("草稿")


def test_statements_stand_on_a_list_of_their_own(screens: Screens, demo: Demo, voice: Shop) -> None:
    page = begun(voice, screens, "关于冒名售茶的声明", "statement")
    at(page, "publish").click()
    at(page, "broadcast").uncheck()
    at(page, "publish-sheet", "go").click()
    expect(at(page, "published")).to_be_visible()
    listed = voice.console(screens, "accounts", account=voice.id, tab="articles")
    row = at(listed, "manuscripts", "row").filter(has_text="关于冒名售茶的声明")
    expect(row).to_contain_text("声明")
    lin = demo.person(name="林小满")
    reader = app(screens, demo, lin, "phone", f"/accounts/{voice.handle}")
    expect(at(reader, "account-card")).to_be_visible()
    stated = at(reader, "headline").filter(has_text="关于冒名售茶的声明")
    expect(stated).to_have_count(0)
    at(reader, "tab-statement").click()
    stated.click()
    expect(at(reader, "story")).to_contain_text("一芽一叶")


def test_somebody_answers_by_hand_with_a_picture_and_sees_those_that_are_sent_in(
    screens: Screens, demo: Demo, voice: Shop
) -> None:
    lin: Person = demo.person(name="沈清")
    phone = follow(screens, demo, lin, voice)
    at(phone, "write-to").click()
    write(phone, "这只杯子还有吗？")
    expect(at(phone, "mine").filter(has_text="杯子")).to_be_visible()
    at(phone, "things").click()
    at(phone, "image-input").set_input_files(files=[CUP])
    drawn(at(phone, "mine", "image").last.locator("img"))
    desk = voice.console(screens, "accounts", account=voice.id, tab="talks", waiting="1")
    at(desk, "talks", "row").filter(has_text="沈清").first.click()
    drawn(at(desk, "theirs").locator("img"))
    broken: FilePayload = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    at(desk, "answer-picture").set_input_files(files=[broken])
    expect(at(desk, "refusal")).to_contain_text("不是能显示的图片")
    at(desk, "answer").fill("还有，是这一只。")
    at(desk, "send").click()
    expect(at(phone, "theirs").filter(has_text="这一只")).to_be_visible()
    at(desk, "answer-picture").set_input_files(files=[HILL])
    drawn(at(desk, "ours").locator("img"))
    expect(at(desk, "refusal")).to_have_count(0)
    drawn(at(phone, "theirs", "image").last.locator("img"))
