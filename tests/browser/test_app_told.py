"""What one sees of the others: that they write, that they are here, that they have read; and what is behind a
link."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at
from tests.browser.test_app_talk import talk, write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def abroad(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("abroad"), edition="overseas")
    yield demo
    demo.stop()


@pytest.fixture
def there(chromium: Browser, abroad: Demo) -> Iterator[Screens]:
    screens = Screens(chromium, abroad)
    yield screens
    screens.close()


def test_abroad_one_sees_who_is_here_who_writes_and_what_was_read(
    there: Screens, abroad: Demo
) -> None:
    lin, wang = abroad.friends("林小满", "王建国")
    where = abroad.direct(lin, wang)
    phone = talk(there, abroad, lin, "phone", where)
    write(phone, "在吗？")
    mark = at(phone, "mine").filter(has_text="在吗").locator('[data-test="read-mark"]')
    expect(mark.get_by_label("已发送")).to_be_visible()
    expect(at(phone, "here")).to_have_count(0)

    desk = talk(there, abroad, wang, "pc", where)
    desk.bring_to_front()
    expect(at(phone, "here")).to_be_visible()
    expect(mark.get_by_label("已读")).to_be_visible()
    at(desk, "write").press_sequentially("在")
    expect(at(phone, "typing")).to_be_visible()
    at(desk, "send").click()
    expect(at(phone, "typing")).to_have_count(0)
    desk.close()
    expect(at(phone, "here")).to_have_count(0)


def test_abroad_a_group_counts_who_has_read(there: Screens, abroad: Demo) -> None:
    lin, wang, zhao = abroad.friends("林小满", "王建国", "赵敏")
    where = abroad.group("茶友", lin, wang, zhao)
    phone = talk(there, abroad, lin, "phone", where)
    write(phone, "周五见")
    mark = at(phone, "mine").filter(has_text="周五见").locator('[data-test="read-mark"]')
    expect(mark).to_have_count(0)
    desk = talk(there, abroad, wang, "pc", where)
    desk.bring_to_front()
    expect(mark).to_have_text("1 人已读")


def test_at_home_none_of_it_is_shown(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    where = demo.direct(lin, wang)
    phone, desk = talk(screens, demo, lin, "phone", where), talk(screens, demo, wang, "pc", where)
    write(phone, "在吗？")
    desk.bring_to_front()
    write(desk, "在")
    expect(at(phone, "theirs").filter(has_text="在")).to_be_visible()
    for name in ("read-mark", "here", "typing"):
        expect(at(phone, name)).to_have_count(0)


def test_a_link_gets_a_card_on_both_screens(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    where = demo.direct(lin, wang)
    phone, desk = talk(screens, demo, lin, "phone", where), talk(screens, demo, wang, "pc", where)
    write(phone, f"看看 {demo.url}/docs")
    for page in (phone, desk):
        card = at(page, "preview")
        expect(card).to_have_attribute("href", f"{demo.url}/docs")
        expect(card).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(card).to_contain_text("localhost")
