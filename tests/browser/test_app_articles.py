"""The reader: an article drawn from its blocks, whatever they say."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
BLOCKS = [
    {"k": "heading", "level": 1, "spans": [{"text": "采茶的时候"}]},
    {"k": "paragraph", "spans": [{"text": "清明前，"}, {"text": "一芽一叶", "bold": True}, {"text": "。"}]},
    {"k": "paragraph", "spans": [{"text": EVIL}]},
    {"k": "paragraph", "spans": [
        {"text": "good", "link": "https://tea.example/"}, {"text": "bad", "link": "javascript:alert(1)"},
        {"text": "worse", "link": "data:text/html,x"}]},
    {"k": "quote", "spans": [{"text": "茶是故乡浓", "italic": True}]},
    {"k": "list", "ordered": True, "items": [[{"text": "一"}], [{"text": "二", "bold": True}]]},
    {"k": "picture", "media": "med_nothing", "caption": "茶山"},
    {"k": "code", "text": "a  b\n<b>c</b>"},
    {"k": "divider"},
    {"k": "constructor", "spans": [{"text": "never"}]},
    {"k": "video", "url": "https://x.example"},
]  # fmt: skip


def drawn(screens: Screens, demo: Demo, size: Size = "phone", lang: str = "zh-CN") -> Page:
    """A page on which these blocks stand."""
    page = screens.page(size, lang=lang)
    page.goto(f"{demo.url}/sign-in")
    page.evaluate(
        """async (blocks) => {
          const { html, render } = await import("/static/js/dom.js");
          const { Blocks } = await import("/static/js/accounts/blocks.js");
          const box = Object.assign(document.createElement("main"), { id: "drawn" });
          document.body.append(box);
          render(html`<${Blocks} blocks=${blocks} />`, box);
        }""",
        BLOCKS,
    )
    return page


def test_blocks_become_what_they_are_and_nothing_else(screens: Screens, demo: Demo) -> None:
    page = drawn(screens, demo)
    box = page.locator("#drawn")
    expect(box.locator("h2")).to_have_text("采茶的时候")
    expect(box.locator("p strong")).to_have_text("一芽一叶")
    expect(box.locator("blockquote em")).to_have_text("茶是故乡浓")
    expect(box.locator("ol > li")).to_have_count(2)
    expect(box.locator("pre code")).to_have_text("a  b\n<b>c</b>")
    expect(box.locator("hr")).to_have_count(1)
    expect(box.get_by_text(EVIL)).to_be_visible()
    expect(box.locator("figcaption")).to_have_text("茶山")
    expect(box.locator("figure img, figure .story-gone")).to_have_count(1)
    expect(box.locator("script, iframe, video, b")).to_have_count(0)
    expect(box).not_to_contain_text("never")


def test_only_addresses_of_the_web_are_links(screens: Screens, demo: Demo) -> None:
    box = drawn(screens, demo).locator("#drawn")
    expect(box.locator("a")).to_have_count(1)
    expect(box.locator("a")).to_have_attribute("href", "https://tea.example/")
    expect(box.locator("a")).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    expect(box.get_by_text("worse")).to_be_visible()


def test_an_article_that_is_not_there_says_so_to_everybody(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc")
    page.goto(f"{demo.url}/a/art_nothing")
    expect(page.locator(".state")).to_be_visible()


def test_the_screens_of_accounts_come_once_they_are_opened(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone", demo.person(name="林小满"))
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{demo.url}/app#/contacts")
    expect(at(page, "accounts")).to_be_visible()
    assert not [url for url in asked if url.endswith("screens.js")]
    at(page, "accounts").click()
    expect(at(page, "follows-page")).to_be_visible()
    assert len([url for url in asked if url.endswith("screens.js")]) == 1
