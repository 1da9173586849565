"""Pictures, files and stickers in a conversation, sent by one and seen by the other."""

import io
import struct
import zlib

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def png(width: int, height: int, shade: int = 120) -> bytes:
    """A plain picture."""

    def chunk(name: bytes, said: bytes) -> bytes:
        return (
            struct.pack(">I", len(said)) + name + said + struct.pack(">I", zlib.crc32(name + said))
        )

    rows = (b"\x00" + bytes((shade, 160, 130)) * width) * height
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def talk(screens: Screens, demo: Demo, who: Person, size: Size, conversation: str) -> Page:
    page = screens.page(size, who)
    page.goto(f"{demo.url}/app#/chats/{conversation}")
    expect(at(page, "composer")).to_be_visible()
    return page


def drawn(page: Page, mark: str) -> None:
    """The picture of the newest message with this mark has come."""
    picture = at(page, mark, "image").last.locator("img")
    expect(picture).to_be_visible()
    page.wait_for_function(
        "(mark) => [...document.querySelectorAll(`[data-test='${mark}'] img`)].at(-1)?.naturalWidth > 0",
        arg=mark,
    )


def test_a_picture_is_shown_at_once_and_seen_by_the_other_in_full(
    screens: Screens, demo: Demo
) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    conversation = demo.direct(lin, wang)
    mine = talk(screens, demo, lin, "phone", conversation)
    theirs = talk(screens, demo, wang, "pc", conversation)
    at(mine, "things").click()
    files = [
        {"name": f"hill{n}.png", "mimeType": "image/png", "buffer": png(1200, 800, 90 + n)}
        for n in range(2)
    ]
    at(mine, "image-input").set_input_files(files)  # type: ignore[arg-type]
    expect(at(mine, "mine", "image")).to_have_count(2)
    expect(at(theirs, "theirs", "image")).to_have_count(2)
    drawn(mine, "mine")
    drawn(theirs, "theirs")
    at(theirs, "theirs", "image").first.click()
    expect(at(theirs, "viewer")).to_be_visible()
    theirs.wait_for_function(
        "() => document.querySelector('[data-test=viewer] img').naturalWidth === 1200"
    )
    before = at(theirs, "viewer").locator("img").get_attribute("src")
    theirs.keyboard.press("ArrowRight")
    expect(at(theirs, "viewer").locator("img")).not_to_have_attribute("src", str(before))
    theirs.keyboard.press("Escape")
    expect(at(theirs, "viewer")).to_have_count(0)


def test_a_file_and_a_sticker_arrive(screens: Screens, demo: Demo) -> None:
    lin, wang = demo.friends("林小满", "王建国")
    conversation = demo.direct(lin, wang)
    mine = talk(screens, demo, lin, "pc", conversation)
    theirs = talk(screens, demo, wang, "phone", conversation)
    at(mine, "things").click()
    words = io.BytesIO("茶山路线".encode() * 100).getvalue()
    at(mine, "file-input").set_input_files(
        {"name": "路线.txt", "mimeType": "text/plain", "buffer": words}
    )
    expect(at(theirs, "theirs", "file")).to_contain_text("路线.txt")
    answer = theirs.request.get(f"{demo.url}{at(theirs, 'file').get_attribute('href')}")
    assert answer.body() == words
    assert "attachment" in answer.headers["content-disposition"]
    at(mine, "faces").click()
    at(mine, "panel-stickers").click()
    at(mine, "sticker-cheers").click()
    expect(at(theirs, "theirs", "sticker")).to_be_visible()


def test_an_avatar_is_cut_to_a_square_and_stands_wherever_one_is_shown(
    screens: Screens, demo: Demo
) -> None:
    lin = demo.person(name="林小满")
    phone = screens.page("phone", lin)
    phone.goto(f"{demo.url}/app#/me/profile")
    picture = {"name": "me.png", "mimeType": "image/png", "buffer": png(640, 480)}
    at(phone, "avatar-input").set_input_files(picture)  # type: ignore[arg-type]
    expect(at(phone, "avatar").locator("img")).to_be_visible()
    at(phone, "my-profile-page", "back").click()
    expect(at(phone, "my-profile").locator("img")).to_be_visible()
    phone.reload()
    expect(at(phone, "my-profile").locator("img")).to_be_visible()
    phone.wait_for_function(
        """() => {
          const { naturalWidth, naturalHeight } = document.querySelector('[data-test=my-profile] img');
          return naturalWidth > 0 && naturalWidth === naturalHeight;
        }"""
    )
