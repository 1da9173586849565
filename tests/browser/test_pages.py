"""Every page: no complaint in the console, no frame around it, both languages complete."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens, Size
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser

CONSOLE = (
    "",
    "/payments",
    "/splits",
    "/balance",
    "/methods",
    "/webhooks",
    "/entrances",
    "/keys",
    "/agents",
    "/members",
)
SAME_WORDS = """async (names) => {
  const words = async (name) => Object.keys((await import(`/static/js/words/${name}.js`)).default).sort();
  const found = {};
  for (const name of names) {
    const [zh, en] = [await words(`${name}zh-CN`), await words(`${name}en`)];
    found[name] = [...zh.filter((key) => !en.includes(key)), ...en.filter((key) => !zh.includes(key))];
  }
  return found;
}"""
PLAIN_MONEY = """async (amounts) => {
  const { money, moneyParts, symbolOf } = await import("/static/js/money.js");
  const { language } = await import("/static/js/i18n.js");
  const wrong = [];
  for (const said of ["zh-CN", "en"]) {
    language.value = said;
    const cny = { style: "currency", currency: "CNY" };
    const intl = (signDisplay) => new Intl.NumberFormat(said, { ...cny, signDisplay });
    for (const amount of amounts) {
      for (const signed of [false, true]) {
        const wanted = intl(signed ? "exceptZero" : "auto").format(amount / 100).replace("-", "−");
        const { before, whole, fraction, after } = moneyParts(amount, "CNY", { signed });
        for (const got of [money(amount, "CNY", { signed }), before + whole + fraction + after]) {
          if (got !== wanted) wrong.push(`${said} ${amount}: ${got}, not ${wanted}`);
        }
      }
    }
    const symbol = intl("auto").formatToParts(0).find(({ type }) => type === "currency").value;
    if (symbolOf("CNY") !== symbol) wrong.push(`${said}: ${symbolOf("CNY")}, not ${symbol}`);
  }
  return wrong;
}"""
MARKS = """async (names) => {
  const { h, render } = await import("/static/js/dom.js");
  const { Mark } = await import("/static/js/ui.js");
  const place = document.createElement("div");
  return names.map((name) => (render(h(Mark, { name, key: name }), place), place.textContent.trim()));
}"""
CHINESE = """async () => {
  const said = await (await fetch("/openapi.json")).json();
  const zh = await import("/static/js/words/reference.zh-CN.js");
  const routes = Object.values(said.paths).flatMap((one) => Object.values(one)).map((one) => one.operationId);
  return [...routes.filter((id) => !zh.operations[id]),
    ...Object.keys(said["x-refusals"]).filter((code) => !zh.refusals[code])];
}"""


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("size", ["phone", "pc"])
def test_no_page_complains(screens: Screens, demo: Demo, size: Size, lang: str) -> None:
    payment = demo.paid(3900, demo.known("lin"))
    page = screens.page(size, "wang", lang=lang)
    paths = [f"/console{one}?app={demo.app_id}&mode=test" for one in CONSOLE]
    paths += [f"/console/payment?app={demo.app_id}&mode=test&id={payment['id']}"]
    paths += [
        "/wallet",
        "/discover",
        "/operator",
        "/sign-in",
        "/docs",
        "/docs/errors",
        payment["cashier_url"],
        "/",
    ]
    for path in paths:
        page.goto(path if path.startswith("http") else demo.url + path, wait_until="load")
        expect(page.locator("h1, [data-test=guide]").first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    assert screens.complaints == []


def test_our_pages_refuse_to_be_framed(screens: Screens, demo: Demo) -> None:
    payment = demo.payment(100)
    page = screens.page("pc", "wang")
    for url in (
        payment["cashier_url"],
        f"{demo.url}/console",
        f"{demo.url}/wallet",
        f"{demo.url}/",
    ):
        answer = page.request.get(url)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
    page.goto(demo.shop_url)
    page.evaluate(
        """(url) => new Promise((resolve) => {
          const frame = document.body.appendChild(document.createElement("iframe"));
          frame.onload = resolve;
          frame.src = url;
        })""",
        payment["cashier_url"],
    )
    assert page.frames[-1].url.startswith("chrome-error://")
    assert any("frame-ancestors" in one for one in screens.complaints)
    screens.complaints.clear()


def test_both_languages_have_the_same_words(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc")
    page.goto(f"{demo.url}/docs")
    names = ["", "facts.", "desk.", "street.", "console.", "docs.", "entrance.", "app."]
    names += ["safety.", "notices."]
    found: dict[str, Any] = page.evaluate(SAME_WORDS, names)
    assert {name: keys for name, keys in found.items() if keys} == {}


def test_the_reference_is_complete_in_chinese(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc")
    page.goto(f"{demo.url}/docs")
    assert page.evaluate(CHINESE) == [], "say these in client/js/words/reference.zh-CN.js"


def test_the_reference_finds_routes_and_explains_codes(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc", lang="en")
    page.goto(f"{demo.url}/docs#post_v1_payments")
    route = page.locator("#post_v1_payments")
    expect(route).to_be_in_viewport()
    expect(route).to_contain_text("Idempotency-Key: $(uuidgen)")
    expect(route).to_contain_text("reference_taken")
    page.keyboard.press("/")
    page.keyboard.type("captures")
    expect(at(page, "route")).to_have_count(1)
    page.goto(f"{demo.url}/docs/errors#refund_too_large")
    expect(page.locator("#refund_too_large")).to_be_in_viewport()
    expect(page.locator("#refund_too_large")).to_contain_text("409")


def test_money_written_without_intl_is_what_intl_writes(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc", "wang")
    page.goto(f"{demo.url}/sign-in")
    amounts = [0, 1, -1, 10, 99, 100, -2950, 99_999, 100_000, 123_456_789, -12_345_678_901]
    assert page.evaluate(PLAIN_MONEY, amounts) == []


def test_a_mark_shows_the_first_letter_whole(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc", "wang")
    page.goto(f"{demo.url}/sign-in")
    flag, accent = "\U0001f1e8\U0001f1f3", "e\u0301"
    names = [" lin", "赵小雨", "一叶茶铺", "一", "", f"{flag} Tea", f"{accent}clair", "7/11", "😀"]
    letters = ["L", "赵", "叶", "一", "·", flag, "E\u0301", "7", "😀"]
    assert page.evaluate(MARKS, names) == letters
