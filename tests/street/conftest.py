"""A running demo whose street is open, and what its shops know of themselves."""

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright

from changliao.demo.street import packages
from tests.browser.conftest import Screens, is_bug
from tests.browser.demo import ARGUMENTS, Demo, Person, chromium_path
from tests.patience import PATIENCE_S

PAY_LINK = re.compile(r'data-test="pay"[^>]* href="([^"]+)"')


class OpenStreet:
    """The demo and its street. `shops` is as its page sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.demo = folder, Demo(folder)
        self.mine: set[str] = set()
        # A server may end a line that was idle for seconds just when it is used again.
        lines = httpx2.Limits(max_keepalive_connections=0)
        self.browser = httpx2.Client(timeout=PATIENCE_S, limits=lines)
        try:
            view = self._opened()
        except BaseException:
            self.stop()
            raise
        self.shops: dict[str, Any] = {one["slug"]: one for one in view["shops"]}
        self.lin = self.demo.known("lin")

    def _opened(self) -> Any:
        until = time.monotonic() + PATIENCE_S
        while True:
            view = self.demo.call("GET", "/demo/street")
            assert view["state"] != "trouble", view["trouble"]
            if view["state"] == "open":
                return view
            assert time.monotonic() < until, "the street does not open"
            time.sleep(0.1)

    def stop(self) -> None:
        """End it all."""
        self.browser.close()
        self.demo.stop()

    def url(self, slug: str) -> str:
        """Where a shop is."""
        return str(self.shops[slug]["url"])

    def key(self, slug: str) -> str:
        """A shop's API key."""
        if slug == "corner":
            return self.demo.key
        kept = msgspec.json.decode((self.folder / "street.json").read_bytes())
        return str(kept["accounts"][slug]["key"])

    def told(self) -> Any:
        """How the telling stands."""
        return self.demo.call("GET", "/demo/street")["telling"]

    def tell(self, what: str) -> None:
        """Press a button of the page."""
        headers = {"origin": self.demo.url}
        path = f"{self.demo.url}/demo/street/telling"
        assert self.browser.post(path, json={"do": what}, headers=headers).is_success

    def quiet(self) -> None:
        """Wait until nobody is under way any more: a while without a new fact."""
        seen, until = -1, time.monotonic() + PATIENCE_S
        while True:
            now = self.demo.call("GET", f"/demo/street/live?after={max(seen, 0)}&seen=0")["cursor"]
            if now == seen or time.monotonic() > until:
                return
            seen = now
            time.sleep(1.5)

    def expect_desk_blind(self) -> None:
        """The desk's phone takes what somebody orders there, and nothing that townspeople ordered."""
        path = "/v1/events?kind=payment.created&limit=100"
        items = self.demo.call("GET", path, token=self.demo.key)["items"]
        assert items
        for one in items:
            address = f"{self.demo.url}/demo/payments/{one['data']['payment_id']}"
            mine = one["data"]["payment_id"] in self.mine
            assert self.browser.get(address).is_success == mine

    def methods(self, slug: str) -> Any:
        """The methods a shop offers."""
        return self.demo.call("GET", "/v1/methods", token=self.key(slug))["items"]

    def ordered(self, slug: str) -> str:
        """Press Buy at a shop's first thing: the address where that leads, a cashier's in the end."""
        item = "tea" if slug == "pottery" else "1"
        path = f"/buy/{item}" if slug == "pottery" else "/orders"
        answer = self.browser.post(self.url(slug) + path, data={"item": item})
        for _ in range(4):
            place = urljoin(str(answer.url), answer.headers.get("location", ""))
            if "/pay/" in place:
                self.mine.add(self.payment_at(place)["id"])
                return place
            answer = self.browser.get(place)
            if found := PAY_LINK.search(answer.text):
                return unescape(found[1])
        raise AssertionError(f"{slug} leads nowhere: {answer.status_code} {answer.text[:300]}")

    def payment_at(self, cashier: str) -> Any:
        """What the demo's helpers take for a payment, of a cashier's address."""
        return {"id": cashier.partition("?")[0].rpartition("/")[2], "cashier_url": cashier}

    def pays(self, person: Person, cashier: str, **said: str) -> str:
        """The person pays there, and comes back to this address of the shop, if it named one."""
        paid = self.demo.pay(self.payment_at(cashier), person, **said)
        if not paid["return_to"]:
            return ""
        return str(self.browser.get(paid["return_to"], follow_redirects=True).url)

    def payment(self, slug: str, cashier: str) -> Any:
        """The payment as its shop's key sees it."""
        path = f"/v1/payments/{self.payment_at(cashier)['id']}"
        return self.demo.call("GET", path, token=self.key(slug))

    def says(self, slug: str, address: str, words: str) -> str:
        """The shop's page at this address, once it says this."""
        until = time.monotonic() + PATIENCE_S
        while True:
            text = self.browser.get(address).text
            if words in text:
                return str(text)
            assert time.monotonic() < until, f"{slug} does not say {words!r}: {text}"
            time.sleep(0.05)


@pytest.fixture(scope="package")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStreet]:
    if not packages().is_dir():
        pytest.skip(f"the street's packages are not in {packages()}: `scripts/setup test`")
    found = OpenStreet(tmp_path_factory.mktemp("street"))
    yield found
    found.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here; on Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def screens(chromium: Browser, street: OpenStreet) -> Iterator[Screens]:
    screens = Screens(chromium, street.demo)
    yield screens
    screens.close()
    assert not [one for one in screens.complaints if is_bug(one)]
