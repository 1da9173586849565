"""Words that would like to be a page: wherever people write them, they are read as words."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at

pytestmark = pytest.mark.browser

PICTURE = "<img src=x onerror=hit()>"
SCRIPT = "<script>hit()</script>"
LINK = "javascript:hit()"
TURNED = "\u202egnp.exe"
PLACE = {"latitude": 1, "longitude": 1}


class Town:
    """Two friends in a group, who write such words into every field there is."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self.lin, self.mallory = demo.friends("林小满", PICTURE)
        self.direct = demo.direct(self.lin, self.mallory)
        self.group = demo.group(SCRIPT, self.mallory, self.lin)
        self.mallory_id = demo.id_of(self.mallory)
        self._do(self.mallory, "PATCH", "/v1/me", bio=SCRIPT, region=PICTURE)
        self._do(self.mallory, "PATCH", f"/v1/conversations/{self.group}", notice=PICTURE)
        nickname = f"/v1/conversations/{self.group}/mine"
        self._do(self.mallory, "PATCH", nickname, nickname=PICTURE)
        contact = f"/v1/contacts/{self.mallory_id}"
        self._do(self.lin, "PATCH", contact, remark=SCRIPT, tags=["<b onerror=hit()>"])
        stranger = demo.person(name=SCRIPT)
        asked = {"person": demo.id_of(self.lin), "text": PICTURE}
        demo.call("POST", "/v1/contact-requests", asked, token=stranger.token)
        for where in (self.direct, self.group):
            self._talk(where)

    def _do(self, who: Person, method: str, path: str, **body: object) -> None:
        self._demo.call(method, path, body, token=who.token)

    def _talk(self, where: str) -> None:
        texts = (LINK, TURNED, SCRIPT, f"see {LINK} and http://x/{PICTURE}")
        numbers = [self._demo.say(self.mallory, where, text)["s"] for text in texts]
        path = f"/v1/conversations/{where}/messages"
        self._do(
            self.mallory, "POST", path, k="location", b=PLACE | {"name": PICTURE, "address": SCRIPT}
        )
        whole = {"from": where, "numbers": numbers, "together": True}
        self._do(self.mallory, "POST", f"/v1/conversations/{where}/forwards", **whole)
        said = self._demo.say(self.mallory, where, PICTURE)
        self._demo.say(self.lin, where, "what?", r=said["s"])

    @property
    def places(self) -> list[str]:
        """Where all of it is shown."""
        return [
            "/chats",
            f"/chats/{self.direct}",
            f"/chats/{self.group}",
            f"/chats/{self.direct}/info",
            f"/chats/{self.group}/info",
            "/contacts",
            "/contacts/requests",
            f"/p/{self.mallory_id}",
        ]


@pytest.fixture(scope="module")
def town(demo: Demo) -> Town:
    return Town(demo)


def watched(screens: Screens, who: Person, size: Size) -> Page:
    """A page that knows when it was hit."""
    page = screens.page(size, who)
    page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1 }")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    return page


def is_words(page: Page) -> None:
    """Nothing on the page came to life."""
    assert page.evaluate("window.hits") == 0
    assert page.locator("[onerror], a[href^='javascript' i], body script:not([src])").count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_words_are_words_on_every_screen(
    screens: Screens, demo: Demo, town: Town, size: Size
) -> None:
    page = watched(screens, town.lin, size)
    page.goto(f"{demo.url}/app#/chats")
    expect(at(page, "conversation").filter(has_text=SCRIPT).first).to_be_visible()
    for place in town.places:
        page.evaluate("place => { location.hash = place }", place)
        expect(page.get_by_text("hit()").locator("visible=true").first).to_be_visible()
        is_words(page)


def test_a_link_leads_to_the_web_or_to_a_place_and_runs_nothing(
    screens: Screens, demo: Demo, town: Town
) -> None:
    page = watched(screens, town.lin, "pc")
    page.goto(f"{demo.url}/app#/chats/{town.direct}")
    expect(at(page, "lines")).to_contain_text(f"see {LINK}")
    links = page.locator("[data-test=lines] a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(links) == {"http:", "geo:"}
    is_words(page)


def test_such_words_are_found_and_still_are_words(screens: Screens, demo: Demo, town: Town) -> None:
    page = watched(screens, town.lin, "phone")
    page.goto(f"{demo.url}/app#/search")
    at(page, "search-field").fill("hit")
    expect(page.get_by_text("hit()").locator("visible=true").first).to_be_visible()
    is_words(page)


def test_a_group_may_be_called_so(screens: Screens, demo: Demo, town: Town) -> None:
    page = watched(screens, town.lin, "pc")
    page.goto(f"{demo.url}/app#/chats/{town.group}")
    expect(at(page, "talk").locator("h1")).to_contain_text(SCRIPT)
    is_words(page)
