"""The partner console: refunds, keys, webhooks, methods, roles."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def opened(screens: Screens, demo: Demo, page: str, who: str = "wang", **query: str) -> Page:
    found = screens.page("pc", who)
    found.goto(address(demo, page, **query))
    return found


def address(demo: Demo, page: str, **query: str) -> str:
    tail = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{demo.url}/console/{page}?app={demo.app_id}&mode=test{tail}"


def test_a_part_is_refunded_exactly_as_typed(screens: Screens, demo: Demo) -> None:
    payment = demo.paid(6800, demo.known("lin"))
    page = opened(screens, demo, "payment", id=payment["id"])
    at(page, "move-refund").click()
    at(page, "amount-field").fill("3.55")
    at(page, "refund-sheet", "reason").fill("碗边有磕碰")
    at(page, "refund-sheet", "go").click()
    expect(at(page, "refunded")).to_contain_text("3.55")
    expect(at(page, "refundable")).to_contain_text("64.45")
    expect(at(page, "timeline", "delivery").last).to_contain_text("204")
    expect(at(page, "timeline", "doer")).to_have_text([" · 王一味"])
    found = demo.look(payment)
    assert (found["refunded_amount"], found["refundable_amount"]) == (355, 6445)


def test_more_than_is_left_is_refused_before_it_is_sent(screens: Screens, demo: Demo) -> None:
    payment = demo.paid(1200, demo.known("lin"))
    page = opened(screens, demo, "payment", id=payment["id"])
    for typed in ("12.01", "1.234", "abc", "0"):
        at(page, "move-refund").click() if not at(page, "amount-field").count() else None
        at(page, "amount-field").fill(typed)
        at(page, "refund-sheet", "go").click()
        expect(at(page, "amount-field")).to_have_attribute("aria-invalid", "true")
    assert demo.look(payment)["refunded_amount"] == 0


def test_a_viewer_is_told_plainly_and_nothing_changes(screens: Screens, demo: Demo) -> None:
    payment = demo.paid(1900, demo.known("lin"))
    wang = demo.known("wang")
    partner = demo.call("GET", "/v1/partners", token=wang.token)["items"][0]
    body = {"handle": "chen", "role": "viewer"}
    demo.call("POST", f"/v1/partners/{partner['id']}/members", body, token=wang.token)
    page = opened(screens, demo, "payment", "chen", id=payment["id"])
    at(page, "move-refund").click()
    at(page, "refund-sheet", "go").click()
    expect(at(page, "refund-sheet", "refusal")).to_contain_text("你的角色不能做这件事")
    assert demo.look(payment)["refunded_amount"] == 0
    page.goto(address(demo, "balance"))
    expect(at(page, "forbidden")).to_be_visible()


def test_a_key_is_shown_once_and_rotated_with_both_alive(screens: Screens, demo: Demo) -> None:
    page = opened(screens, demo, "keys")
    at(page, "new-key").click()
    at(page, "label").fill("browser test")
    at(page, "new-key-sheet", "go").click()
    first = at(page, "secret-text").inner_text()
    at(page, "secret-kept").click()
    row = at(page, "row").filter(has_text="browser test")
    at(row, "rotate").click()
    at(page, "rotate-sheet", "go").click()
    expect(at(page, "secret-text")).not_to_have_text(first)
    second = at(page, "secret-text").inner_text()
    assert first.startswith("sk_test_") and second.startswith("sk_test_")
    for key in (first, second):
        assert demo.call("GET", "/v1/payments?limit=1", token=key)["items"] is not None
    page.reload()
    expect(at(page, "keys")).to_contain_text(second[-4:])
    assert first not in page.content() and second not in page.content()


class Hearing(BaseHTTPRequestHandler):
    """Answers 200 to every webhook and keeps it."""

    heard: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"thank you")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hearing() -> Iterator[type[Hearing]]:
    class Own(Hearing):
        heard: list[tuple[dict[str, str], bytes]] = []
        url = ""

    server = HTTPServer(("127.0.0.1", 0), Own)
    Own.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Own
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_is_added_tested_and_removed(
    screens: Screens, demo: Demo, hearing: Any
) -> None:
    page = opened(screens, demo, "webhooks")
    at(page, "add").click()
    at(page, "url").fill("ftp://nowhere")
    at(page, "add-endpoint", "go").click()
    expect(at(page, "add-endpoint", "refusal")).to_be_visible()
    at(page, "url").fill(hearing.url)
    at(page, "add-endpoint", "go").click()
    secret = at(page, "secret-text").inner_text()
    at(page, "secret-kept").click()
    at(page, "row").filter(has_text=hearing.url).click()
    at(page, "test").click()
    expect(at(page, "deliveries", "try").first).to_contain_text("thank you")
    headers, body = hearing.heard[0]
    assert Webhook(secret).verify(body, headers)["type"] == "webhook_endpoint.tested"
    at(page, "remove").click()
    at(page, "ask-yes").click()
    expect(at(page, "endpoints").first).to_be_visible()
    expect(at(page, "row").filter(has_text=hearing.url)).not_to_be_visible()


def test_a_method_is_suspended_with_a_reason_and_resumed(screens: Screens, demo: Demo) -> None:
    page = opened(screens, demo, "methods")
    row = at(page, "wallet-web")
    at(row, "suspend").click()
    at(page, "suspend-sheet", "go").click()
    expect(at(page, "suspend-sheet", "reason")).to_have_attribute("aria-invalid", "true")
    at(page, "suspend-sheet", "reason").fill("盘点中，明早恢复")
    at(page, "suspend-sheet", "go").click()
    expect(row).to_contain_text("盘点中，明早恢复")
    at(row, "resume").click()
    expect(at(row, "suspend")).to_be_visible()


def test_the_keyboard_searches_moves_opens_and_goes_back(screens: Screens, demo: Demo) -> None:
    payment = demo.paid(2600, demo.known("lin"), "手工水饺 二十只")
    page = opened(screens, demo, "payments")
    expect(at(page, "row").first).to_be_visible()
    with page.expect_response(
        re.compile("/v1/payments\\?.*q=")
    ):  # One row may be there before, too.
        page.keyboard.press("/")
        page.keyboard.type("手工水饺 二十只")
    expect(page).to_have_url(re.compile("[?&]q="))
    expect(at(page, "row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(at(page, "timeline")).to_be_visible()
    assert payment["id"] in page.url
    page.keyboard.press("Escape")
    expect(at(page, "payments")).to_be_visible()


def test_somebody_new_founds_a_partner_and_makes_an_app(screens: Screens, demo: Demo) -> None:
    page = screens.page("phone", demo.person())
    page.goto(f"{demo.url}/console")
    expect(at(page, "first-partner")).to_be_visible()
    at(page, "first-go").click()
    at(page, "name").fill("小雨的店")
    at(page, "make-partner", "go").click()
    expect(at(page, "first-app")).to_be_visible()
    at(page, "first-go").click()
    at(page, "name").fill("网店")
    at(page, "make-app", "go").click()
    expect(at(page, "begin")).to_be_visible()
    at(page, "mode-live").filter(visible=True).click()
    expect(at(page, "mode-line")).to_contain_text("真钱")


def test_a_shop_comes_on_board_with_another_companys_sdk(
    screens: Screens, demo: Demo, shots: Path
) -> None:
    page = opened(screens, demo, "dialects")
    expect(at(page, "empty")).to_be_visible()
    at(page, "open-dialect").click()
    at(page, "open-sheet", "which").select_option("alipay")
    at(page, "open-sheet", "go").click()
    names = at(page, "files", "file")
    expect(names).to_have_count(7)
    with page.expect_download() as told:
        names.filter(has_text="app_private_key_pkcs8.pem").locator("[data-test=save]").click()
    saved = told.value.path().read_text()
    assert told.value.suggested_filename == "app_private_key_pkcs8.pem"
    assert saved.startswith("-----BEGIN PRIVATE KEY-----")
    at(page, "files-kept").click()
    account = at(page, "dialect-alipay")
    expect(account).to_contain_text("/gateway.do")
    at(account, "sdk").select_option("alipay-sdk-java")
    expect(at(account, "code")).to_contain_text("DefaultAlipayClient")
    at(account, "check").click()
    expect(at(account, "check-our_key")).to_contain_text("能签名")
    expect(at(account, "check-signature")).to_contain_text("还没收到")
    page.reload()
    assert saved.splitlines()[1] not in page.content(), "a private key is shown once"
    for size, lang in (("phone", "zh-CN"), ("pc", "en")):
        look = screens.page(size, "wang", lang=lang)  # type: ignore[arg-type]
        look.goto(address(demo, "dialects"))
        at(look, "check").click()
        expect(at(look, "check-clock")).to_be_visible()
        shots.mkdir(parents=True, exist_ok=True)
        look.screenshot(path=shots / f"dialects-{size}.png", full_page=True)
        wide = look.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} pixels too wide on the {size}"
    at(page, "dialect-alipay", "new-key").click()
    at(page, "key-sheet", "whose-own").click()
    at(page, "key-sheet", "own-key").fill("no key")
    at(page, "key-sheet", "go").click()
    expect(at(page, "key-sheet", "refusal")).to_contain_text("这不是能用的公钥")
    at(page, "key-sheet", "whose-ours").click()
    page.screenshot(path=shots / "dialects-key.png")
    at(page, "key-sheet", "go").click()
    expect(at(page, "files", "file")).to_have_count(5)
    at(page, "files-kept").click()
    at(page, "dialect-alipay", "end").click()
    at(page, "ask-yes").click()
    expect(at(page, "empty")).to_be_visible()


def test_a_shop_that_speaks_stripe_gets_its_key_and_its_secret(
    screens: Screens, demo: Demo, hearing: Any
) -> None:
    page = opened(screens, demo, "dialects")
    at(page, "open-dialect").click()
    at(page, "open-sheet", "which").select_option("alipay")
    expect(at(page, "open-sheet", "notify-url")).to_have_count(0)
    at(page, "open-sheet", "which").select_option("stripe")
    at(page, "open-sheet", "notify-url").fill(hearing.url)
    at(page, "open-sheet", "go").click()
    expect(at(page, "files", "file")).to_have_count(2)
    expect(at(page, "files")).to_contain_text("stripe_webhook_secret.txt")
    at(page, "files-kept").click()
    account = at(page, "dialect-stripe")
    at(account, "check").click()
    expect(at(account, "check-keys")).to_contain_text("可用的 sk_test_… 密钥")
    expect(at(account, "check-callback")).to_contain_text("答复 200")
    expect(at(account, "check-clock")).to_contain_text("没有问题")
    expect(at(account, "check-last_request")).to_contain_text("还没收到")
    at(account, "end").click()
    at(page, "ask-yes").click()
    expect(account).to_have_count(0)


def test_a_shop_says_which_of_its_servers_may_speak_for_it(
    screens: Screens, demo: Demo, shots: Path
) -> None:
    page = opened(screens, demo, "dialects")
    at(page, "open-dialect").click()
    at(page, "open-sheet", "which").select_option("saleor")
    expect(at(page, "open-sheet", "whose")).to_have_count(0)
    at(page, "open-sheet", "go").click()
    account = at(page, "dialect-saleor")
    expect(account).to_contain_text("/manifest")
    expect(at(account, "new-key")).to_have_count(0)
    at(account, "setting-instances").fill("ftp://shop.example")
    at(account, "save-settings").click()
    expect(at(account, "settings")).to_contain_text("不能设成这个值")
    at(account, "setting-instances").fill("http://127.0.0.1:9")
    at(account, "save-settings").click()
    expect(at(account, "setting-instances")).to_have_value("http://127.0.0.1:9/graphql/")
    at(account, "check").click()
    expect(at(account, "check-instance")).to_contain_text("还没有安装应用")
    for size, lang, look in (
        *(("phone", "zh-CN", "light"), ("phone", "en", "dark")),
        *(("pc", "en", "light"), ("pc", "zh-CN", "dark")),
    ):
        seen = screens.page(size, "wang", lang=lang)  # type: ignore[arg-type]
        seen.emulate_media(color_scheme=look)  # type: ignore[arg-type]
        seen.goto(address(demo, "dialects"))
        expect(at(seen, "setting-instances")).to_have_value("http://127.0.0.1:9/graphql/")
        at(seen, "check").click()
        expect(at(seen, "check-instance")).to_be_visible()
        shots.mkdir(parents=True, exist_ok=True)
        seen.screenshot(path=shots / f"instances-{size}-{look}.png", full_page=True)
        wide = seen.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} pixels too wide on the {size}"
    at(page, "dialect-saleor", "end").click()
    at(page, "ask-yes").click()
    expect(at(page, "empty")).to_be_visible()
