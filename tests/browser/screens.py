"""`make screens`: every main screen × phone and PC × two languages × light and dark, into build/screens.

The world is seeded, so two runs differ by times and numbers alone. ARGS="-k cashier" takes some of them.
"""

import argparse
import html
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.demo import ARGUMENTS, Demo, Person, chromium_path
from tests.browser.marks import at, type_pin
from tests.browser.screens_app import LOOKS, Look, Talkers
from tests.browser.screens_app import SETTLE_MS as APP_SETTLE_MS

OUT = Path("build/screens")
Scheme = Literal["light", "dark"]
SIZES = {"phone": (390, 844), "pc": (1440, 900)}
LANGS = ("zh-CN", "en")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SETTLE_MS = 350
OPENS_MS = 150_000
TURNS_MS = 4_000
GOODS = (
    ("青花饭碗", 3900),
    ("手工水饺 20 只", 2600),
    ("红纸一叠", 1200),
    ("靛蓝围裙", 12800),
    ("荔枝蜜", 5200),
    ("竹骨折扇", 3300),
)


class World:
    """A demo with some history: paid, refunded, held, canceled, under way."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.lin = demo.known("lin")
        self.refunded = demo.paid(6800, self.lin)
        path = f"/v1/payments/{self.refunded['id']}/refunds"
        demo.call("POST", path, {"amount": 500, "reason": "碗边有磕碰"}, token=demo.key)
        for description, amount in GOODS:
            demo.paid(amount, self.lin, description)
        self.canceled = demo.payment(19900, "油纸伞")
        path = f"/v1/payments/{self.canceled['id']}/cancellation"
        demo.call("POST", path, {"reason": "缺货"}, token=demo.key)
        self.held = demo.payment(88800, "年货礼盒预订", capture="manual")
        demo.pay(self.held, self.lin)
        self.open = demo.payment(6800, return_url=f"{demo.shop_url}/orders/1")
        self.poor = demo.person(money=1_000, name="Mei Tanaka", locale="en")
        self.endpoint = demo.call("GET", "/v1/webhook_endpoints", token=demo.key)["items"][0]["id"]

        self.talkers = Talkers(demo)
        self.kept = self.talkers.kept
        self._splits()
        demo.call("POST", "/v1/dialects", {"dialect": "alipay"}, token=demo.key)

    def _splits(self) -> None:
        """A payment shared with a market and a person, some taken back; the market acts for the shop."""
        demo, market = self.demo, self.demo.shop("岭南市集")
        self.market = market.app_id
        self.shared = demo.payment(12_800, "靛蓝围裙", split=True)
        demo.pay(self.shared, self.lin)
        path = f"/v1/payments/{self.shared['id']}"
        receivers = [
            {"kind": "app", "id": market.app_id, "amount": 1280, "description": "佣金"},
            {"kind": "person", "id": demo.look(self.shared)["payer"], "amount": 600},
        ]
        body: Any = {"reference": "fee-1", "receivers": receivers}
        line = demo.call("POST", f"{path}/splits", body, token=demo.key)
        back = {"reference": "back-1", "line_id": line["receivers"][0]["id"], "amount": 280}
        returns = f"/v1/splits/{line['id']}/returns"
        demo.call("POST", returns, back | {"reason": "多收了"}, token=demo.key)
        agents = f"/v1/apps/{demo.app_id}/agents/{market.app_id}"
        demo.call("PUT", agents, token=demo.known("wang").token)
        body = {"amount": 3300, "currency": "CNY", "reference": "M-20261", "split": True}
        made = demo.call("POST", "/v1/payments", body, token=market.key, acting_for=demo.app_id)
        demo.pay(made, self.lin)
        path = f"/v1/payments/{made['id']}/refunds"
        demo.call("POST", path, {"amount": 300}, token=market.key, acting_for=demo.app_id)

    def console(self, page: str, **query: str) -> str:
        """A screen of the console."""
        tail = "".join(f"&{name}={value}" for name, value in ({"mode": "test"} | query).items())
        return f"/console{page}?app={self.demo.app_id}{tail}"


class Shot:
    """One screen: who sees it, at which address, what is done there before the picture."""

    def __init__(
        self,
        name: str,
        path: Callable[[World], str],
        who: str | None = "lin",
        act: Callable[[Page, World], None] | None = None,
        only: str = "",
    ) -> None:
        self.name, self.path, self.who, self.act, self.only = name, path, who, act, only


def _pad(page: Page, world: World) -> None:
    at(page, "pay").click()
    expect(at(page, "pin-sheet")).to_be_visible()


def _wrong_pin(page: Page, world: World) -> None:
    _pad(page, world)
    type_pin(page, "846201")
    expect(at(page, "pin-says")).not_to_be_empty()


def _desk(page: Page, world: World) -> None:
    expect(at(page, "lane-facts", "fact-session.opened").first).to_be_visible()
    if at(page, "phone-home").is_enabled():
        at(page, "phone-home").click()
    expect(at(page, "phone-balance")).to_be_visible()


def _desk_bought(page: Page, world: World) -> None:
    _desk(page, world)
    page.frame_locator('[data-test="shop"]').locator('[data-test="buy-1"]').click()
    expect(at(page, "phone", "pay")).to_be_visible()


def _desk_pin(page: Page, world: World) -> None:
    _desk_bought(page, world)
    at(page, "phone", "pay").click()
    expect(at(page, "phone", "pin-sheet")).to_be_visible()


def _desk_paid(page: Page, world: World) -> None:
    _desk_pin(page, world)
    at(page, "pin-chip").click()
    expect(at(page, "phone", "result-paid")).to_be_visible()
    page.wait_for_timeout(900)


def _street(page: Page, world: World) -> None:
    expect(at(page, "fronts")).to_be_visible(timeout=OPENS_MS)


def _street_told(page: Page, world: World) -> None:
    """The day up to the pause; once told, it stays so for the next picture."""
    _street(page, world)
    if at(page, "reason").count():
        return
    at(page, "start").click()
    at(page, "faster").click()
    at(page, "faster").click()
    expect(at(page, "people")).to_contain_text(re.compile("credit card|信用卡"), timeout=OPENS_MS)
    at(page, "start").click()
    page.wait_for_timeout(TURNS_MS)


def _refund(page: Page, world: World) -> None:
    at(page, "move-refund").click()
    expect(at(page, "refund-sheet")).to_be_visible()


def _split(page: Page, world: World) -> None:
    at(page, "move-split").click()
    at(page, "add-receiver").click()
    expect(at(page, "receiver-row")).to_have_count(2)


def _let(page: Page, world: World) -> None:
    at(page, "add").click()
    expect(at(page, "agent-sheet")).to_be_visible()


def _new_key(page: Page, world: World) -> None:
    at(page, "new-key").click()
    expect(at(page, "new-key-sheet")).to_be_visible()


def _check(page: Page, world: World) -> None:
    at(page, "check").click()
    expect(at(page, "check-callback")).to_be_visible()


def _come(page: Page, world: World) -> None:
    at(page, "open-dialect").first.click()
    at(page, "whose-own").click()
    expect(at(page, "own-key")).to_be_visible()


def _enter(page: Page, world: World) -> None:
    at(page, "door").first.click()
    shop = page.frame_locator('[data-test="entrance-frame"]')
    expect(shop.locator('[data-test="buy-1"]')).to_be_visible()


def _pay_inside(page: Page, world: World) -> None:
    _enter(page, world)
    page.frame_locator('[data-test="entrance-frame"]').locator('[data-test="buy-1"]').click()
    expect(at(page, "frame-cashier", "amount").first).to_be_visible()


def _open(world: World) -> str:
    return str(world.open["cashier_url"])


def _decide(page: Page, world: World) -> None:
    at(page, "decide").first.click()
    at(page, "action").select_option("silence")


def _gate(page: Page, world: World) -> None:
    at(page, "add-gate").click()


def _limit(page: Page, world: World) -> None:
    at(page, "limit-message-new").click()
    expect(at(page, "limit-sheet")).to_be_visible()


def _publish(page: Page, world: World) -> None:
    at(page, "publish").click()
    expect(at(page, "publish-sheet")).to_be_visible()


def _suspended(page: Page, world: World) -> None:
    at(page, "handle").fill(world.kept.suspended.handle)
    at(page, "password").fill(world.kept.suspended.password)
    at(page, "sign-in-go").click()
    expect(at(page, "sign-in-appeal")).to_be_visible()


def _account(tab: str) -> Shot:
    """What an account's partner sees of it in the console."""
    name = f"console-account-{tab}"
    return Shot(name, lambda w: w.console("/accounts", account=w.kept.voice.id, tab=tab), "wang")


def _draft(world: World) -> str:
    kept = world.kept
    return world.console("/article", article=kept.draft, account=kept.voice.id)


def _app(look: Look) -> Shot:
    """A screen of the app as its Lin sees it."""

    def act(page: Page, world: World) -> None:
        page.wait_for_timeout(APP_SETTLE_MS)
        if look.act:
            look.act(page)

    return Shot(look.name, lambda world: f"/app#{look.place(world.talkers)}", "talker", act)


SHOTS = (
    *map(_app, LOOKS),
    Shot("app-empty", lambda world: "/app", "poor"),
    Shot("desk", lambda world: "/", act=_desk),
    Shot("desk-scanned", lambda world: "/", act=_desk_bought),
    Shot("desk-pin", lambda world: "/", act=_desk_pin),
    Shot("desk-paid", lambda world: "/", act=_desk_paid),
    Shot("street", lambda world: "/street", act=_street_told),
    Shot("cashier", _open),
    Shot("cashier-pin", _open, act=_pad, only="phone"),
    Shot("cashier-wrong-pin", _open, who="clumsy", act=_wrong_pin, only="phone"),
    Shot("cashier-too-little", _open, who="poor"),
    Shot("cashier-sign-in", _open, who=None),
    Shot("cashier-paid", lambda world: str(world.refunded["cashier_url"])),
    Shot("cashier-held", lambda world: str(world.held["cashier_url"])),
    Shot("cashier-canceled", lambda world: str(world.canceled["cashier_url"])),
    Shot("cashier-gone", lambda world: f"/pay/{world.open['id']}?t={'0' * 32}"),
    Shot("sign-in", lambda world: "/sign-in", who=None),
    Shot("sign-in-suspended", lambda world: "/sign-in", who=None, act=_suspended),
    Shot("register", lambda world: "/sign-in?new=", who=None),
    Shot("scan", lambda w: str(w.demo.call("POST", "/v1/sign-in-codes")["url"]), only="phone"),
    Shot("wallet", lambda world: "/wallet"),
    Shot("wallet-statement", lambda world: "/wallet#/statement/test/CNY"),
    Shot("wallet-mandates", lambda world: "/wallet#/mandates"),
    Shot("wallet-security", lambda world: "/wallet#/security"),
    Shot("discover", lambda world: "/discover"),
    Shot("entrance", lambda world: "/discover", act=_enter, only="phone"),
    Shot("entrance-pay", lambda world: "/discover", act=_pay_inside, only="phone"),
    Shot("article", lambda world: f"/a/{world.kept.article}", who=None),
    Shot("article-gone", lambda world: f"/a/{world.kept.gone}", who=None),
    Shot("statement", lambda world: f"/a/{world.kept.statement}", who=None),
    Shot("operator", lambda world: "/operator", who="operator"),
    Shot("operator-reports", lambda world: "/operator#/reports", who="operator"),
    Shot("operator-decide", lambda world: "/operator#/reports", "operator", _decide),
    Shot("operator-words", lambda world: "/operator#/words", who="operator"),
    Shot("operator-limits", lambda world: "/operator#/limits", who="operator"),
    Shot("operator-limit", lambda world: "/operator#/limits", "operator", _limit),
    Shot("operator-gates", lambda world: "/operator#/gates", who="operator"),
    Shot("operator-gate", lambda world: "/operator#/gates", "operator", _gate),
    *map(_account, ("settings", "menu", "replies", "articles", "talks")),
    Shot("console-bots", lambda world: world.console("/bots"), who="wang"),
    Shot("console-bot", lambda w: w.console("/bot", id=w.kept.bot), who="wang"),
    Shot("console-article", _draft, who="wang"),
    Shot("console-article-publish", _draft, "wang", _publish),
    Shot(
        "console-account-talk",
        lambda w: w.console("/talk", account=w.kept.voice.id, person=w.kept.person),
        who="wang",
    ),
    Shot("console", lambda world: world.console(""), who="wang"),
    Shot("console-payments", lambda world: world.console("/payments"), who="wang"),
    Shot("console-payment", lambda w: w.console("/payment", id=w.refunded["id"]), who="wang"),
    Shot("console-refund", lambda w: w.console("/payment", id=w.refunded["id"]), "wang", _refund),
    Shot("console-held", lambda w: w.console("/payment", id=w.held["id"]), who="wang"),
    Shot("console-splits", lambda world: world.console("/splits"), who="wang"),
    Shot("console-split-payment", lambda w: w.console("/payment", id=w.shared["id"]), who="wang"),
    Shot("console-split", lambda w: w.console("/payment", id=w.shared["id"]), "wang", _split),
    Shot("console-balance", lambda world: world.console("/balance"), who="wang"),
    Shot("console-methods", lambda world: world.console("/methods"), who="wang"),
    Shot("console-webhooks", lambda world: world.console("/webhooks"), who="wang"),
    Shot("console-webhook", lambda w: w.console("/webhook", id=w.endpoint), who="wang"),
    Shot("console-dialects", lambda world: world.console("/dialects"), "wang", _check),
    Shot("console-dialect-open", lambda w: w.console("/dialects", mode="live"), "wang", _come),
    Shot("console-entrances", lambda world: world.console("/entrances"), who="wang"),
    Shot("console-keys", lambda world: world.console("/keys"), who="wang"),
    Shot("console-new-key", lambda world: world.console("/keys"), who="wang", act=_new_key),
    Shot("console-agents", lambda world: world.console("/agents"), who="wang"),
    Shot("console-agent", lambda w: w.console("/agent", id=w.market), who="wang"),
    Shot("console-agent-new", lambda world: world.console("/agents"), who="wang", act=_let),
    Shot("console-members", lambda world: world.console("/members"), who="wang"),
    Shot("console-first", lambda world: "/console", who="lin"),
    Shot("docs", lambda world: "/docs", who=None),
    Shot("docs-route", lambda world: "/docs#post_v1_payments", who=None),
    Shot("docs-errors", lambda world: "/docs/errors", who=None),
)


def take(browser: Browser, world: World, wanted: str) -> int:
    """Take every picture whose name holds `wanted`; answers how many."""
    taken = 0
    for size, (width, height) in SIZES.items():
        for lang in LANGS:
            for scheme in SCHEMES:
                for shot in SHOTS:
                    if wanted in shot.name and shot.only in ("", size):
                        phone = size == "phone"
                        context = browser.new_context(
                            viewport={"width": width, "height": height},
                            is_mobile=phone,
                            has_touch=phone,
                            locale=lang,
                            color_scheme=scheme,
                            timezone_id="Asia/Shanghai",
                        )
                        page = context.new_page()
                        _one(page, world, shot, lang)
                        page.screenshot(path=OUT / f"{shot.name}.{size}.{lang}.{scheme}.png")
                        context.close()
                        taken += 1
    return taken


def _one(page: Page, world: World, shot: Shot, lang: str) -> None:
    demo = world.demo
    headers = {"origin": demo.url}
    if shot.who in ("poor", "clumsy", "operator", "talker"):
        known: dict[str, Callable[[], Person]] = {
            "poor": lambda: world.poor,
            "operator": lambda: demo.known("operator"),
            "talker": lambda: world.talkers.lin,
        }
        person: Person = known.get(shot.who, lambda: demo.person(money=10_000))()
        body = {"handle": person.handle, "password": person.password, "transport": "cookie"}
        page.request.post(f"{demo.url}/v1/sessions", data=body, headers=headers)
    elif shot.who:
        page.request.post(f"{demo.url}/demo/sign_in", data={"handle": shot.who}, headers=headers)
    path = shot.path(world)
    url = path if path.startswith("http") else demo.url + path
    before, hash_, after = url.partition("#")
    page.goto(f"{before}{'&' if '?' in before else '?'}lang={lang}{hash_}{after}")
    expect(page.locator("h1, [data-test=guide]").first).to_be_attached(timeout=OPENS_MS)
    page.wait_for_function("() => !document.querySelector('[data-test=loading], .loading')")
    if shot.act:
        shot.act(page, world)
    page.wait_for_timeout(SETTLE_MS)


def index() -> None:
    """One page with everything, a row per screen."""
    rows: list[str] = []
    for shot in SHOTS:
        pictures = sorted(OUT.glob(f"{shot.name}.*.png"))
        cells = "".join(
            f'<a href="{one.name}"><img src="{one.name}" loading="lazy" alt="{html.escape(one.stem)}">'
            f"<small>{html.escape(one.stem.partition('.')[2])}</small></a>"
            for one in pictures
        )
        if pictures:
            rows.append(f'<h2 id="{shot.name}">{shot.name}</h2><div>{cells}</div>')
    style = (
        "body{font:14px system-ui;margin:24px;background:#888}h2{color:#fff}"
        "div{display:flex;gap:12px;overflow-x:auto}a{flex:none;color:#fff;text-decoration:none}"
        "img{display:block;height:420px;border-radius:6px}small{display:block;text-align:center}"
    )
    page = f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{style}</style>"
    (OUT / "index.html").write_text(page + "".join(rows), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Take the pictures; the exit code tells whether there is a Chromium."""
    parser = argparse.ArgumentParser(prog="make screens")
    parser.add_argument("-k", default="", help="only screens whose name holds this")
    wanted: str = parser.parse_args(arguments).k
    path = chromium_path()
    if path is None:
        sys.stderr.write("There is no Chromium here; on Debian: apt install chromium\n")
        return 2
    began = time.monotonic()
    if not wanted:
        shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        demo = Demo(Path(folder))
        try:
            taken = take(browser, World(demo), wanted)
        finally:
            demo.stop()
            browser.close()
    index()
    sys.stdout.write(f"{taken} pictures after {time.monotonic() - began:.0f} s: {OUT}/index.html\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
