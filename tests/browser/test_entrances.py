"""Entrances as people see them: the corner shop opened from discover, greeted, paid and shared inside."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.browser.conftest import Screens
from tests.browser.demo import PIN, Demo, Person
from tests.browser.marks import at, type_pin

pytestmark = pytest.mark.browser

PRICE = 6800
ASKED = """(payment) => new Promise((tell) => {
  WeixinJSBridge.invoke("getBrandWCPayRequest", { package: `prepay_id=${payment}` }, tell);
})"""
TRADE = """(payment) => new Promise((tell) => {
  AlipayJSBridge.call("tradePay", { tradeNO: payment }, tell);
})"""
KNOCK = """(said) => { top.postMessage({ changliao: 1, id: 1, ...said }, "*"); }"""


def shop_of(page: Page) -> FrameLocator:
    return page.frame_locator('[data-test="entrance-frame"]')


def frame_of(page: Page, demo: Demo) -> Frame:
    """The shop's own frame, to run something as its page would."""
    expect(shop_of(page).locator("header")).to_be_visible()
    return next(frame for frame in page.frames if frame.url.startswith(demo.shop_url))


def opened(screens: Screens, demo: Demo, who: Person | str, lang: str = "zh-CN") -> Page:
    """The corner shop, opened from discover on a phone."""
    page = screens.page("phone", who, lang=lang)
    page.goto(f"{demo.url}/discover?lang={lang}")
    at(page, "door").filter(has_text="一味小铺" if lang == "zh-CN" else "Corner").click()
    expect(shop_of(page).locator('[data-test="buy-1"]')).to_be_visible()
    page.wait_for_function(INSIDE, arg=demo.shop_url)
    return page


INSIDE = (
    """(origin) => document.querySelector('[data-test="entrance-frame"]')?.src.startsWith(origin)"""
)


def friends(demo: Demo, one: Person, other: Person) -> None:
    """The two become contacts, and so have a conversation."""
    me = demo.call("GET", "/v1/me", token=other.token)
    body = {"person": me["id"], "text": ""}
    asked = demo.call("POST", "/v1/contact-requests", body, token=one.token)
    path = f"/v1/contact-requests/{asked['id']}"
    demo.call("PUT", path, {"accept": True}, token=other.token)


# Inside on a phone --------------------------------------------------------------------------


def test_a_shop_is_opened_greets_and_is_paid_inside(screens: Screens, demo: Demo) -> None:
    mei = demo.person(money=PRICE, name="梅子")
    page = opened(screens, demo, mei)
    shop = shop_of(page)
    expect(at(page, "entrance-partner")).to_contain_text("一味小铺 Corner Shop")
    assert "code=" not in frame_of(page, demo).url

    shop.locator('[data-test="greet"]').click()
    expect(at(page, "identity")).to_contain_text("梅子")
    at(page, "allow").click()
    expect(shop.locator('[data-test="hello"]')).to_contain_text("梅子")

    shop.locator('[data-test="buy-1"]').click()
    cashier = at(page, "frame-cashier")
    expect(cashier.locator('[data-test="amount"]').first).to_contain_text("68.00")
    expect(cashier.locator('[data-test="shop"]')).to_contain_text("一味小铺")
    assert page.locator(".entrance-page").get_attribute("inert") is not None
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    at(page, "cashier-leave").click()

    expect(shop.locator('[data-test="order-status"]')).to_contain_text("已付款")
    assert demo.balance(mei) == 0
    at(page, "entrance-leave").click()
    expect(at(page, "doors")).to_be_visible()


def test_who_was_greeted_once_is_greeted_again_and_can_take_the_name_back(
    screens: Screens, demo: Demo
) -> None:
    mei = demo.person(name="梅子")
    me = demo.call("GET", "/v1/me", token=mei.token)
    path = f"/v1/consents/{demo.app_id}/name"
    demo.call("PUT", path, {"granted": True}, token=mei.token)
    page = opened(screens, demo, mei)
    expect(shop_of(page).locator('[data-test="hello"]')).to_contain_text(me["name"])

    at(page, "entrance-leave").click()
    at(page, "to-consents").click()
    at(page, "withdraw").click()
    at(page, "ask-yes").click()

    expect(at(page, "no-consents")).to_be_visible()
    page.goto(f"{demo.url}/discover")
    at(page, "door").first.click()
    expect(shop_of(page).locator('[data-test="greet"]')).to_be_visible()


def test_who_says_no_is_not_asked_again(screens: Screens, demo: Demo) -> None:
    page = opened(screens, demo, demo.person())
    shop_of(page).locator('[data-test="greet"]').click()
    at(page, "refuse").click()
    expect(at(page, "identity")).to_have_count(0)

    told = frame_of(page, demo).evaluate(AFTER_A_WHILE)

    assert told["shared"] == {} and told["sub"].startswith("opn_")
    expect(at(page, "identity")).to_have_count(0)


AFTER_A_WHILE = """async () => {
  for (;;) {
    try {
      return await Changliao.whoAmI(["name"]);
    } catch (error) {
      if (error.code !== "busy") throw error;
      await new Promise((next) => setTimeout(next, 200));
    }
  }
}"""


def test_putting_the_cashier_away_pays_nothing_and_it_opens_again(
    screens: Screens, demo: Demo
) -> None:
    mei = demo.person(money=PRICE)
    page = opened(screens, demo, mei)
    shop = shop_of(page)
    shop.locator('[data-test="buy-1"]').click()
    expect(at(page, "frame-cashier")).to_be_visible()

    at(page, "cashier-leave").click()

    expect(at(page, "frame-cashier")).to_have_count(0)
    expect(shop.locator('[data-test="order-status"]')).to_contain_text("等待付款")
    assert demo.balance(mei) == PRICE
    # The app holds a page's next question back for a moment; a person presses again.
    link = shop.locator('[data-test="pay-link"]')
    cashier = at(page, "frame-cashier")
    while not cashier.is_visible():
        link.dispatch_event("click")  # It may lie under the cashier by now.
        page.wait_for_timeout(100)


def test_a_page_is_shared_as_a_card(screens: Screens, demo: Demo) -> None:
    mei, an = demo.person(name="梅子"), demo.person(name="安安")
    friends(demo, mei, an)
    page = opened(screens, demo, mei)
    shop_of(page).locator("[data-share]").first.click()
    expect(at(page, "share")).to_contain_text("龙井茶")

    at(page, "share-to").filter(has_text="安安").click()
    at(page, "share-send").click()

    expect(at(page, "share")).to_have_count(0)
    [talk] = demo.call("GET", "/v1/chat", token=an.token)["items"]
    assert talk["last"]["k"] == "card"
    card = talk["last"]["b"]
    assert (card["app"], card["partner"]) == (demo.app_id, "一味小铺 Corner Shop")
    assert (card["path"], card["image"]) == ("/?item=1", "store")


def test_who_talks_to_nobody_yet_is_told_so(screens: Screens, demo: Demo) -> None:
    page = opened(screens, demo, demo.person())
    at(page, "entrance-menu").click()
    at(page, "menu-share").click()
    expect(at(page, "share-nobody")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "field", "paid", "canceled"),
    [
        (ASKED, "err_msg", "get_brand_wcpay_request:ok", "get_brand_wcpay_request:cancel"),
        (TRADE, "resultCode", "9000", "6001"),
    ],
    ids=["WeixinJSBridge", "AlipayJSBridge"],
)
def test_pages_written_for_other_apps_pay_unchanged(
    screens: Screens, demo: Demo, script: str, field: str, paid: str, canceled: str
) -> None:
    mei = demo.person(money=PRICE)
    page = opened(screens, demo, mei)
    frame = frame_of(page, demo)
    keep = f"(payment) => {{ ({script})(payment).then((said) => {{ window.said = said; }}); }}"
    said = "() => window.said"

    frame.evaluate(keep, demo.payment(PRICE)["id"])
    at(page, "pay").click()
    type_pin(page, PIN)
    expect(at(page, "result-paid")).to_be_visible()
    at(page, "cashier-leave").click()
    frame.wait_for_function(said)
    assert frame.evaluate(said)[field] == paid
    assert demo.balance(mei) == 0
    expect(at(page, "cashier-leave")).to_have_count(0)  # The first one goes; the next is another.

    frame.evaluate("() => { window.said = null; }")
    frame.evaluate(keep, demo.payment(PRICE)["id"])
    at(page, "cashier-leave").click()
    frame.wait_for_function(said)
    assert frame.evaluate(said)[field] == canceled


def test_a_page_cannot_have_another_shops_payment_paid(screens: Screens, demo: Demo) -> None:
    other = demo.shop("另一家")
    body = {"amount": 100, "currency": "CNY", "reference": "x-1"}
    theirs = demo.call("POST", "/v1/payments", body, token=other.key)
    page = opened(screens, demo, demo.person(money=100))

    said = frame_of(page, demo).evaluate(
        "(id) => Changliao.pay(id).then(() => 'paid', (error) => error.code)", theirs["id"]
    )

    assert said == "payment_not_found"
    expect(at(page, "frame-cashier")).to_have_count(0)


# Who is not heard ---------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A site of its own with one empty page."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *said: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_only_the_frame_itself_is_heard_and_only_its_own_origin(
    screens: Screens, demo: Demo, elsewhere: str
) -> None:
    payment = demo.payment(PRICE)
    page = opened(screens, demo, demo.person(money=PRICE))
    frame = frame_of(page, demo)
    asks = [{"ask": "close"}, {"ask": "pay", "said": {"payment": payment["id"]}}]

    frame.evaluate(
        """(url) => new Promise((done) => {
          const inner = document.body.appendChild(document.createElement("iframe"));
          inner.onload = done;
          inner.src = url;
        })""",
        elsewhere,
    )
    inner = next(one for one in page.frames if one.url.startswith(elsewhere))
    for said in asks:
        page.evaluate(KNOCK, said)  # Our own window, which is no frame.
        inner.evaluate(KNOCK, said)  # Another site's frame inside the shop's page.
    at(page, "entrance-menu").click()  # By now anything that was heard would show.

    expect(at(page, "entrance-menu-sheet")).to_be_visible()
    expect(at(page, "frame-cashier")).to_have_count(0)
    expect(at(page, "entrance-frame")).to_be_visible()
    at(page, "sheet-close").click()
    frame.evaluate(KNOCK, asks[0])  # The frame itself is heard.
    expect(at(page, "entrance-frame")).to_have_count(0)


def test_a_shop_framed_by_somebody_else_believes_nothing(
    screens: Screens, demo: Demo, elsewhere: str
) -> None:
    page = screens.page("phone")
    page.goto(elsewhere)
    page.evaluate(
        """(url) => new Promise((done) => {
          const frame = document.body.appendChild(document.createElement("iframe"));
          addEventListener("message", ({ source }) => {
            source.postMessage({ changliao: 1, now: { launch: "lau_x", language: "en" } }, "*");
          });
          frame.onload = () => {
            frame.contentWindow.postMessage({ changliao: 1, now: { launch: "lau_x" } }, "*");
            done();
          };
          frame.src = url;
        })""",
        demo.shop_url,
    )
    frame = next(one for one in page.frames if one.url.startswith(demo.shop_url))

    assert frame.evaluate("() => Changliao.ready")["inside"] is False
    assert frame.evaluate("() => typeof WeixinJSBridge") == "undefined"
    said = frame.evaluate("() => Changliao.pay('pay_1').catch((error) => error.code)")
    assert said == "not_inside"


REFUSED = """() => {
  window.refused = new Promise((done) => {
    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => done(blockedURI));
  });
}"""


def test_the_shops_page_cannot_lead_the_app_away_or_open_our_pages_inside(
    screens: Screens, demo: Demo
) -> None:
    page = opened(screens, demo, demo.person())
    frame = frame_of(page, demo)
    page.evaluate(REFUSED)

    thrown = frame.evaluate(
        "(url) => { try { top.location = url; } catch (error) { return error.name; } }",
        demo.shop_url,
    )
    frame.evaluate("(url) => { location.href = `${url}/wallet`; }", demo.url)

    assert thrown == "SecurityError"
    assert page.evaluate("() => window.refused").startswith(demo.url)
    assert page.url.startswith(f"{demo.url}/discover")
    inside = [one.url for one in page.frames if one != page.main_frame]
    assert not any(url.startswith(demo.url) for url in inside)
    screens.complaints.clear()  # The browser says of both that they were refused.


# On a PC, and who decides -------------------------------------------------------------------


def test_on_a_pc_it_opens_in_a_tab_that_knows_nothing_of_ours(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc", demo.person())
    page.goto(f"{demo.url}/discover")
    with page.context.expect_page() as caught:
        at(page, "door").first.click()
    tab = caught.value
    tab.wait_for_url(f"{demo.shop_url}/**")
    expect(at(tab, "buy-1")).to_be_visible()

    assert tab.evaluate("() => window.opener") is None
    assert tab.evaluate("() => Changliao.ready")["inside"] is False
    assert "code=" not in tab.url


def test_the_operator_switches_an_entrance_and_shows_it_to_fewer(
    screens: Screens, demo: Demo
) -> None:
    runs = demo.known("operator")
    person = demo.person()
    desk = screens.page("pc", runs, lang="en")
    desk.goto(f"{demo.url}/operator?lang=en")
    row = at(desk, "entrance-row").filter(has_text="Corner Shop")
    expect(row.locator('[data-test="state"]')).to_contain_text("On")

    row.locator('[data-test="edit"]').click()
    at(desk, "percent").fill("0")
    at(desk, "go").click()
    expect(row).to_contain_text("· 0% of people")
    assert doors(demo, person) == []
    row.locator('[data-test="edit"]').click()
    at(desk, "percent").fill("100")
    at(desk, "go").click()
    expect(row).to_contain_text("100% of people")
    row.locator('[data-test="switch-off"]').click()
    expect(row.locator('[data-test="state"]')).to_contain_text("Off")
    assert doors(demo, person) == []
    row.locator('[data-test="switch-on"]').click()
    expect(row.locator('[data-test="state"]')).to_contain_text("On")
    assert len(doors(demo, person)) == 1


def doors(demo: Demo, person: Person) -> list[Any]:
    found: list[Any] = demo.call("GET", "/v1/entrances", token=person.token)["items"]
    return found


def test_nobody_else_finds_the_operators_desk(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone", "lin")
    page.goto(f"{demo.url}/operator")
    expect(at(page, "not-operator")).to_be_visible()


def test_a_partner_asks_for_an_entrance_in_the_console(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc", "wang", lang="en")
    page.goto(f"{demo.url}/console/entrances?app={demo.app_id}&mode=test&lang=en")
    at(page, "ask-entrance").first.click()
    at(page, "title-zh").fill("茶会")
    at(page, "title-en").fill("Tea party")
    at(page, "start-url").fill("ftp://tea.example/")
    at(page, "propose-sheet", "go").click()
    expect(at(page, "refusal")).to_be_visible()
    at(page, "start-url").fill("https://tea.example/")
    at(page, "propose-sheet", "go").click()

    asked = at(page, "entrances", "row").filter(has_text="Tea party")
    expect(asked).to_contain_text("Waiting for the operator")
