"""Screen readers, large letters, narrow screens: nothing serious stands in anybody's way."""

from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at
from tests.browser.screens_app import Talkers
from tests.places import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / ".venv/sdk/axe-npm/node_modules/axe-core/axe.min.js"
SERIOUS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}"""
WIDE = "() => document.documentElement.scrollWidth - innerWidth"
LARGE = """() => {
  document.documentElement.dataset.size = "";
  document.documentElement.style.fontSize = "200%";
}"""


class World(NamedTuple):
    """Who looks, and where: in the app, and at pages of their own."""

    talkers: Talkers
    operator: Person
    places: list[str]

    @property
    def pages(self) -> list[tuple[str, Person | str | None]]:
        """Addresses outside the app, and who opens them."""
        kept = self.talkers.kept
        app = f"app={kept.voice.app_id}&mode=test&account={kept.voice.id}"
        tabs = ("settings", "menu", "replies", "articles", "talks")
        console = [f"/console/accounts?{app}&tab={tab}" for tab in tabs]
        console += [f"/console/article?{app}&article={kept.draft}"]
        console += [f"/console/talk?{app}&person={kept.person}"]
        console += [f"/console/bots?{app}", f"/console/bot?{app}&id={kept.bot}"]
        desk = [f"/operator#/{one}" for one in ("entrances", "reports", "words", "limits", "gates")]
        mine: list[tuple[str, Person | str | None]] = [(one, "wang") for one in console]
        mine += [(one, self.operator) for one in desk]
        read = [f"/a/{one}" for one in (kept.article, kept.statement, kept.gone)]
        return [*mine, *((one, None) for one in (*read, "/sign-in"))]


@pytest.fixture(scope="module")
def world(demo: Demo) -> World:
    talkers = Talkers(demo)
    lin, kept, group, direct = talkers.lin, talkers.kept, talkers.group, talkers.direct
    long = demo.person(name="A Very Long Name That Never Ends At All")
    demo.befriend(long, lin)
    said = demo.say(long, demo.direct(long, lin), "https://example.com/" + "long" * 30)
    demo.say(lin, demo.direct(long, lin), "有空", r=said["s"])
    places = ["/chats", f"/chats/{direct}", f"/chats/{group}", f"/chats/{group}/info", "/contacts"]
    places += ["/contacts/requests", "/contacts/add", f"/p/{demo.id_of(long)}", "/discover", "/me"]
    places += ["/me/look", "/me/profile", "/me/devices", "/search?q=茶", "/me/order", "/me/data"]
    places += ["/contacts/accounts", f"/accounts/{kept.voice.id}", f"/chats/{kept.feed}"]
    places += [f"/chats/{kept.talk}", f"/articles/{kept.article}", f"/articles/{kept.gone}"]
    return World(talkers, demo.known("operator"), [*places, f"/chats/{group}/bots"])


def shown(page: Page) -> None:
    """The page has come, and what it fetched."""
    expect(page.locator("h1").last).to_be_attached()
    page.wait_for_function("() => !document.querySelector('[data-test=loading], .loading')")


def walk(page: Page, demo: Demo, places: list[str]) -> Any:
    """Each place in turn, once what it shows is there."""
    page.goto(f"{demo.url}/app")
    expect(at(page, "app")).to_be_visible()
    for place in places:
        page.evaluate("(place) => { location.hash = place; }", place)
        shown(page)
        yield place


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks."""
    if not AXE.is_file():
        pytest.skip(f"axe of npm is not here: scripts/npm_sdk axe {AXE.parents[2]}")
    return AXE.read_text("utf-8")


def serious(page: Page, axe: str) -> list[str]:
    """What it finds serious in the page as it stands."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(SERIOUS)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "pc"])
def test_axe_finds_nothing_serious(
    screens: Screens, demo: Demo, world: World, axe: str, size: Size, scheme: str
) -> None:
    lin, places = world.talkers.lin, world.places
    page = screens.page(size, lin)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    found = {}
    for place in walk(page, demo, places):
        if bad := serious(page, axe):
            found[place] = bad
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "pc"])
def test_axe_finds_nothing_serious_on_pages_of_their_own(
    screens: Screens, demo: Demo, world: World, axe: str, size: Size, scheme: str
) -> None:
    people = {who for _, who in world.pages}
    pages = {who: screens.page(size, who, lang="en") for who in people}
    found = {}
    for address, who in world.pages:
        page = pages[who]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto("about:blank")
        page.goto(f"{demo.url}{address}")
        shown(page)
        if bad := serious(page, axe):
            found[address] = bad
        if (by := page.evaluate(WIDE)) > 0:
            found[f"{address} is too wide"] = [str(by)]
    assert found == {}


@pytest.mark.parametrize("large", [False, True])
def test_nothing_runs_out_of_a_narrow_screen_nor_out_of_one_with_letters_twice_as_large(
    screens: Screens, demo: Demo, world: World, large: bool
) -> None:
    lin, places = world.talkers.lin, world.places
    page = screens.page("phone", lin, lang="en")
    page.set_viewport_size({"width": 390 if large else 320, "height": 700})
    wide = {}
    for place in walk(page, demo, places):
        if large:
            page.evaluate(LARGE)
        if (by := page.evaluate(WIDE)) > 0:
            wide[place] = by
    assert wide == {}
