"""Screen readers, large letters, narrow screens: nothing serious stands in anybody's way."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo, Person
from tests.browser.marks import at
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


@pytest.fixture(scope="module")
def world(demo: Demo) -> tuple[Person, list[str]]:
    lin, wang, mei = demo.friends("林小满", "王建国", "A Very Long Name That Never Ends At All")
    group, direct = demo.group("周五去茶山", lin, wang, mei), demo.direct(lin, wang)
    said = demo.say(wang, direct, "周末有空吗？https://example.com/" + "long" * 30)
    demo.say(lin, direct, "有空", r=said["s"])
    demo.say(mei, group, "@林小满 see you", at=[demo.id_of(lin)])
    places = ["/chats", f"/chats/{direct}", f"/chats/{group}", f"/chats/{group}/info", "/contacts"]
    places += ["/contacts/requests", "/contacts/add", f"/p/{demo.id_of(wang)}", "/discover", "/me"]
    return lin, [*places, "/me/look", "/me/profile", "/me/devices", "/search?q=茶"]


def walk(page: Page, demo: Demo, places: list[str]) -> Any:
    """Each place in turn, once what it shows is there."""
    page.goto(f"{demo.url}/app")
    expect(at(page, "app")).to_be_visible()
    for place in places:
        page.evaluate("(place) => { location.hash = place; }", place)
        expect(page.locator("h1").last).to_be_attached()
        page.wait_for_function("() => !document.querySelector('[data-test=loading]')")
        yield place


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "pc"])
def test_axe_finds_nothing_serious(
    screens: Screens, demo: Demo, world: tuple[Person, list[str]], size: Size, scheme: str
) -> None:
    if not AXE.is_file():
        pytest.skip(f"axe of npm is not here: scripts/npm_sdk axe {AXE.parents[2]}")
    lin, places = world
    page = screens.page(size, lin)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    found = {}
    for place in walk(page, demo, places):
        page.evaluate(AXE.read_text("utf-8"))
        if serious := page.evaluate(SERIOUS):
            found[place] = serious
    assert found == {}


@pytest.mark.parametrize("large", [False, True])
def test_nothing_runs_out_of_a_narrow_screen_nor_out_of_one_with_letters_twice_as_large(
    screens: Screens, demo: Demo, world: tuple[Person, list[str]], large: bool
) -> None:
    lin, places = world
    page = screens.page("phone", lin, lang="en")
    page.set_viewport_size({"width": 390 if large else 320, "height": 700})
    wide = {}
    for place in walk(page, demo, places):
        if large:
            page.evaluate(LARGE)
        if (by := page.evaluate(WIDE)) > 0:
            wide[place] = by
    assert wide == {}
