"""The street's page: the day tells itself, and what is drawn is what the facts say."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import PIN
from tests.browser.marks import at, type_pin
from tests.street.conftest import OpenStreet

pytestmark = pytest.mark.browser

DAY_MS = 150_000
METHODS = ("wallet", "credit_card", "debit_card")
SLUGS = ("corner", "books", "buns", "records", "pottery", "flowers")
FOLD = """async () => {
  const { nothing, hear, turned } = await import("/static/js/street/fold.js");
  const paid = (shop, method, amount) => ({ kind: "payment.paid", shop, method, amount });
  const before = hear(nothing(), [paid("books", "credit_card", 4200), paid("books", "wallet", 900),
    paid("buns", "credit_card", 1600)]);
  const card = { shop: "books", method: "credit_card", reason: "fees" };
  const during = hear(before, [{ kind: "method.suspended", ...card }, paid("books", "wallet", 900),
    paid("buns", "credit_card", 500)]);
  const after = hear(during, [{ kind: "method.resumed", ...card }, paid("books", "credit_card", 4200)]);
  return { before, during, after, turned: turned(after) };
}"""


def opened(page: Page, street: OpenStreet, lang: str = "") -> Page:
    page.goto(f"{street.demo.url}/street{lang and '?lang=' + lang}")
    expect(at(page, "fronts")).to_be_visible()
    return page


def drawn(page: Page) -> dict[str, Any]:
    """What the page shows of each shop: payments, fen, and payments by method."""
    found = {}
    for slug in SLUGS:
        front = at(page, f"front-{slug}")
        bars = [at(page, f"front-{slug}", f"bar-{name}") for name in METHODS]
        count, amount = (
            int(front.get_attribute(f"data-{name}") or 0) for name in ("count", "amount")
        )
        methods = {
            name: int(bar.get_attribute("data-count") or 0) if bar.count() else 0
            for name, bar in zip(METHODS, bars, strict=True)
        }
        found[slug] = {"count": count, "amount": amount, "methods": methods}
    return found


def counted(street: OpenStreet, after: int) -> dict[str, Any]:
    """The same, out of each shop's own events by its own key."""
    found = {}
    for slug in SLUGS:
        paid, cursor = [], ""
        while True:
            path = f"/v1/events?limit=100{cursor}"
            page = street.demo.call("GET", path, token=street.key(slug))
            paid += [one for one in page["items"] if one["kind"] == "payment.paid"]
            if not page["items"]:
                break
            cursor = f"&after={page['next']}"
        data = [one["data"] for one in paid if one["sequence"] > after]
        methods = {name: sum(one["method"] == name for one in data) for name in METHODS}
        amount = sum(one["captured_amount"] for one in data)
        found[slug] = {"count": len(data), "amount": amount, "methods": methods}
    return found


def test_the_fold_counts_payments_and_what_people_turned_to(
    screens: Screens, street: OpenStreet
) -> None:
    found = opened(screens.page("pc"), street).evaluate(FOLD)
    assert found["before"]["total"] == 3 and found["before"]["pause"] is None
    books = found["during"]["shops"]["books"]
    assert books == {"count": 3, "amount": 6000, "methods": {"credit_card": 1, "wallet": 2}}
    assert found["during"]["paused"] == {"books": {"credit_card": "fees"}}
    assert found["after"]["paused"] == {"books": {}}
    assert found["after"]["pause"] == {"shop": "books", "method": "credit_card", "from": 3, "to": 5}
    assert found["turned"] == {
        "before": {"all": 2, "percent": 50},
        "during": {"all": 1, "percent": 0},
    }


def test_a_day_joins_suspends_and_is_drawn_from_facts(screens: Screens, street: OpenStreet) -> None:
    page = opened(screens.page("pc", lang="en"), street)
    at(page, "again").click()
    expect(at(page, "none")).to_be_visible()
    expect(at(page, "front-flowers")).to_contain_text("paid by a bank of its own")
    at(page, "start").click()
    expect(at(page, "controls")).to_have_attribute("data-state", "running")
    for speed in ("×2", "×4"):
        at(page, "faster").click()
        expect(at(page, "faster")).to_contain_text(speed)

    expect(at(page, "stopwatch")).to_have_attribute("data-over", "true", timeout=DAY_MS)
    expect(at(page, "diff")).to_contain_text("- pay_url = ")
    expect(at(page, "diff")).to_contain_text('+ pay_url = "http://localhost:')
    assert float(at(page, "stopwatch-time").inner_text().removesuffix(" s")) > 0

    expect(at(page, "reason")).to_contain_text("Card fees went up", timeout=DAY_MS)
    suspended = street.told()["suspended"]
    expect(at(page, f"front-{suspended['shop']}", "paused-credit_card")).to_contain_text(
        suspended["reason"]
    )
    cashier = street.payment_at(street.ordered(suspended["shop"]))
    token = cashier["cashier_url"].partition("?t=")[2]
    ticket = street.demo.call("GET", f"/v1/cashier/{cashier['id']}?t={token}")
    reasons = {one["id"]: one["reason"] for one in ticket["methods"] if one["reason"]}
    assert reasons == dict.fromkeys(("credit_card.mobile", "credit_card.web"), suspended["reason"])
    street.expect_desk_blind()
    expect(at(page, "people").locator("li").first).to_contain_text("credit card", timeout=DAY_MS)

    at(page, "start").click()
    expect(at(page, "controls")).to_have_attribute("data-state", "paused")
    street.quiet()
    facts = counted(street, street.told()["begins_after"])
    total = sum(one["count"] for one in facts.values())
    expect(at(page, "race")).to_have_attribute("data-total", str(total))
    assert drawn(page) == facts
    most = max(one["count"] for one in facts.values())
    assert facts[suspended["shop"]]["methods"]["wallet"] > 0 and most > 1
    at(page, "as-table").click()
    for slug in SLUGS:
        cells = at(page, f"row-{slug}").locator("td").all_inner_texts()
        methods = facts[slug]["methods"]
        assert cells[:4] == [*(str(methods[name]) for name in METHODS), str(facts[slug]["count"])]

    at(page, "again").click()
    expect(at(page, "none")).to_be_visible()
    expect(at(page, "clock")).to_contain_text("08:00")
    assert [one for one in street.methods(suspended["shop"]) if one["state"] != "active"] == []
    assert counted(street, 0)["books"]["count"] >= facts["books"]["count"]  # The books stay.


@pytest.mark.parametrize("size", ["phone", "pc"])
def test_a_person_buys_in_a_shop_from_the_page(
    screens: Screens, street: OpenStreet, size: Size
) -> None:
    page = opened(screens.page(size, lang="en"), street)
    before = counted(street, street.told()["begins_after"])["books"]["count"]
    expect(at(page, "front-books")).to_have_attribute(
        "data-count", str(before)
    )  # It has caught up.
    with page.context.expect_page() as opening:
        at(page, "enter-books").click()
    shop = opening.value
    at(shop, "buy-4").click()
    if size == "pc":
        at(shop, "pay-here").click()
    at(shop, "pay").click()
    expect(at(shop, "pin-sheet")).to_be_visible()
    type_pin(shop, PIN)
    expect(at(shop, "result-paid")).to_be_visible()
    shop.wait_for_url(f"{street.url('books')}/orders/*")  # By itself, as from any shop.
    expect(at(shop, "order-status")).to_contain_text("Paid")
    expect(at(page, "front-books")).to_have_attribute("data-count", str(before + 1))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("size", ["phone", "pc"])
def test_the_street_fits(screens: Screens, street: OpenStreet, size: Size, lang: str) -> None:
    page = opened(screens.page(size, lang=lang), street)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for slug in SLUGS:
        wide = at(page, f"front-{slug}").evaluate("one => one.scrollWidth - one.clientWidth")
        assert wide <= 0, slug
    words = at(page, "front-flowers").inner_text()
    assert ("Willow Flowers" in words) == (lang == "en")
    answer = page.request.get(f"{street.demo.url}/street")
    assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_desk_leads_to_the_street(screens: Screens, street: OpenStreet) -> None:
    page = screens.page("phone", "lin", lang="en")
    page.goto(f"{street.demo.url}/")
    at(page, "to-street").click()
    expect(at(page, "fronts")).to_be_visible()
