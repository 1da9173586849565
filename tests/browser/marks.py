"""How the client marks its parts for tests: `data-test`."""

from playwright.sync_api import FrameLocator, Locator, Page


def at(place: Page | Locator | FrameLocator, *names: str) -> Locator:
    """The part with this mark, below the parts with the marks before."""
    return place.locator(" ".join(f'[data-test="{name}"]' for name in names))


def type_pin(page: Page, pin: str) -> None:
    """Press six keys of the pad."""
    for digit in pin:
        at(page, f"pin-{digit}").click()
