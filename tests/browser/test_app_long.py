"""Ten thousand messages: all can be reached, and never more than 150 of them stand in the page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser

MESSAGES = 10_000
NODES_MAX = 150
MOUNT = (Path(__file__).parent / "app_long.js").read_text("utf-8")
SEEN = """() => {
  const box = document.querySelector('[data-test="lines"]').getBoundingClientRect();
  const lines = [...document.querySelectorAll('[data-test="line"]')];
  const seen = lines.filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return bottom > box.top && top < box.bottom;
  });
  const tops = seen.map((one) => one.getBoundingClientRect().top);
  return { nodes: lines.length, seen: seen.map((one) => Number(one.dataset.s)), tops };
}"""

FULL = """() => {
  const box = document.querySelector('[data-test="lines"]');
  const { top, bottom } = box.getBoundingClientRect();
  const lines = [...document.querySelectorAll('[data-test="line"]')];
  const end = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  return lines.length > 0 && (box.scrollTop === 0 || lines[0].getBoundingClientRect().top <= top)
    && (end || lines.at(-1).getBoundingClientRect().bottom >= bottom);
}"""


def opened(screens: Screens, demo: Demo, size: Size) -> Page:
    page = screens.page(size, "lin")
    page.goto(f"{demo.url}/app")
    expect(at(page, "app")).to_be_visible()
    page.evaluate(MOUNT, MESSAGES)
    expect(at(page, "lines").get_by_text(f"message {MESSAGES} ")).to_be_visible()
    return page


def seen(page: Page) -> Any:
    """The messages in sight, once they fill it, and how many stand in the page."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    page.wait_for_function(FULL)
    found = page.evaluate(SEEN)
    assert 0 < found["nodes"] <= NODES_MAX
    return found


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_ten_thousand_messages_scroll_with_few_of_them_in_the_page(
    screens: Screens, demo: Demo, size: Size
) -> None:
    page = opened(screens, demo, size)
    assert seen(page)["seen"][-1] == MESSAGES
    lowest, turns = MESSAGES, 0
    while lowest > 1:
        step = "-= 700" if turns < 40 else "/= 2"
        page.evaluate(f"() => {{ document.querySelector('[data-test=lines]').scrollTop {step}; }}")
        found = seen(page)["seen"]
        assert found == list(range(found[0], found[0] + len(found))), (
            "a message is missing between two"
        )
        assert found[0] <= lowest, "scrolling up led down"
        lowest, turns = found[0], turns + 1
        assert turns < 100
    assert seen(page)["seen"][0] == 1


def test_what_one_reads_stays_where_it_is_while_messages_come_in(
    screens: Screens, demo: Demo
) -> None:
    page = opened(screens, demo, "phone")
    page.evaluate("() => { document.querySelector('[data-test=lines]').scrollTop -= 5000; }")
    before = seen(page)
    for number in range(MESSAGES + 1, MESSAGES + 6):
        page.evaluate("(s) => tell({ t: 'm', ...entry(s) })", number)
    expect(at(page, "jump-end")).to_be_visible()
    after = seen(page)
    assert (after["seen"], after["tops"]) == (before["seen"], before["tops"])
    at(page, "jump-end").click()
    expect(at(page, "lines").get_by_text(f"message {MESSAGES + 5} ")).to_be_visible()
    assert seen(page)["seen"][-1] == MESSAGES + 5


def test_at_the_end_one_stays_at_the_end_and_a_quote_leads_there_and_back(
    screens: Screens, demo: Demo
) -> None:
    page = opened(screens, demo, "phone")
    page.evaluate("(s) => tell({ t: 'm', ...entry(s), r: 40 })", MESSAGES + 1)
    expect(at(page, "quote")).to_be_visible()
    assert seen(page)["seen"][-1] == MESSAGES + 1
    at(page, "quote").click()
    expect(at(page, "lines").get_by_text("message 40 ")).to_be_visible()
    assert 40 in seen(page)["seen"]
    at(page, "jump-back").click()
    expect(at(page, "quote")).to_be_visible()
