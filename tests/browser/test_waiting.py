"""What only time can show; the minute that it waits for began with the first browser test."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE_MS, SHORTEST_S, Screens
from tests.browser.demo import Demo
from tests.browser.marks import at
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.browser


def test_a_payment_whose_time_is_up_says_that_nothing_was_charged(
    screens: Screens, demo: Demo, soon_over: Any
) -> None:
    page = screens.page("phone", "lin", lang="en")
    page.goto(soon_over["cashier_url"] + "&lang=en")
    expect(at(page, "expired")).to_contain_text(
        "Nothing was charged", timeout=SHORTEST_S * 1000 + PATIENCE_MS
    )
    expect(at(page, "pay")).to_have_count(0)
    # The page knows the time; the sweep that writes it down comes by within a second.
    until = time.monotonic() + PATIENCE_S
    while demo.look(soon_over)["status"] == "open" and time.monotonic() < until:
        page.wait_for_timeout(250)
    assert demo.look(soon_over)["status"] == "expired"
