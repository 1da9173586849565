"""What browser tests may ask for: a running demo, a Chromium, and pages that must not complain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.demo import ARGUMENTS, Demo, Person, chromium_path, in_seconds

Size = Literal["phone", "pc"]
SIZES: dict[Size, tuple[int, int]] = {"phone": (390, 844), "pc": (1440, 900)}
PATIENCE_MS = 60_000
"""How long a page may take on a busy machine; a test that waits so long fails anyway."""
SHORTEST_S = 61

expect.set_options(timeout=PATIENCE_MS)


# Package scope, not session: while Playwright runs in a thread, no other test may have a loop there.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here; on Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    yield demo
    demo.stop()


@pytest.fixture(scope="package", autouse=True)
def soon_over(demo: Demo) -> Any:
    """A payment that expires as soon as one may; the last test looks at it."""
    return demo.payment(1200, "红纸一叠", expires_at=in_seconds(SHORTEST_S))


class Screens:
    """Opens pages and remembers what they complained about."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self._browser, self._demo = browser, demo
        self._open: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(
        self, size: Size = "phone", who: Person | str | None = None, *, lang: str = "zh-CN"
    ) -> Page:
        """A fresh browser's page, signed in as one of the demo's people or as a person."""
        width, height = SIZES[size]
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=size == "phone",
            has_touch=size == "phone",
            locale=lang,
        )
        self._open.append(context)
        if who:
            self._sign_in(context, who)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        return page

    def _sign_in(self, context: BrowserContext, who: Person | str) -> None:
        url, headers = self._demo.url, {"origin": self._demo.url}
        if isinstance(who, str):
            answer = context.request.post(
                f"{url}/demo/sign_in", data={"handle": who}, headers=headers
            )
        else:
            body = {"handle": who.handle, "password": who.password, "transport": "cookie"}
            answer = context.request.post(f"{url}/v1/sessions", data=body, headers=headers)
        assert answer.ok, answer.text()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

    def close(self) -> None:
        """Close every page."""
        for context in self._open:
            context.close()


def is_bug(complaint: str) -> bool:
    """Answers of 4xx are written to the console by the browser itself; everything else is a bug."""
    return not complaint.startswith(
        "Failed to load resource: the server responded with a status of 4"
    )


@pytest.fixture
def screens(chromium: Browser, demo: Demo) -> Iterator[Screens]:
    screens = Screens(chromium, demo)
    yield screens
    screens.close()
    assert not [one for one in screens.complaints if is_bug(one)]


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path:
    """Where a test may leave a picture."""
    return Path(request.config.rootpath) / "build" / "shots"
