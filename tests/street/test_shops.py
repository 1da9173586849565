"""The six shops of the street: each sells by its own SDK, and one changes a URL to be paid by us."""

import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from changliao.demo.errand import Shown
from tests.patience import PATIENCE_S
from tests.street.conftest import OpenStreet

ON_BOARD = ("corner", "books", "buns", "records", "pottery")
PAID = "Paid, we are packing"
PRICES = {"corner": 6800, "books": 4200, "buns": 1600, "records": 12800, "pottery": 6800}


@pytest.mark.parametrize("slug", ON_BOARD)
def test_each_shop_sells_and_believes_its_notice(street: OpenStreet, slug: str) -> None:
    before = street.demo.balance(street.lin)
    cashier = street.ordered(slug)
    asked = street.payment(slug, cashier)
    assert (asked["status"], asked["amount"]) == ("open", PRICES[slug])
    home = f"{street.url(slug)}/orders/{asked['reference']}"
    if slug != "pottery":  # django-payments counts orders in its own way.
        assert PAID not in street.browser.get(home).text
    came_back = street.pays(street.lin, cashier) or home
    assert came_back.startswith(street.url(slug))
    street.says(slug, came_back, PAID)
    assert street.payment(slug, cashier)["status"] == "paid"
    assert street.demo.balance(street.lin) == before - PRICES[slug]


@pytest.mark.parametrize("slug", ["books", "buns", "records"])
def test_a_basket_is_one_order_of_its_sum(street: OpenStreet, slug: str) -> None:
    with httpx2.Client(
        base_url=street.url(slug), follow_redirects=True, timeout=PATIENCE_S
    ) as buyer:
        buyer.post("/basket", data={"item": "1"})
        buyer.post("/basket", data={"item": "4"})
        shelf = buyer.post("/basket", data={"item": "4"})
        prices = {"books": 4200 + 2 * 900, "buns": 1600 + 2 * 2200, "records": 12800 + 2 * 11800}
        fen = prices[slug]
        assert f'data-test="basket">¥{fen // 100}.{fen % 100:02}<' in shelf.text
        answer = buyer.post("/orders", follow_redirects=False)
        place = answer.headers["location"]
        if "/orders/" in place:
            place = Shown(buyer.get(place).text).links["pay"]
        elif urlsplit(place).path == "/gateway.do":
            place = buyer.get(place, follow_redirects=False).headers["location"]
        assert 'data-test="basket"' not in buyer.get("/").text
    assert street.payment(slug, place)["amount"] == fen


FORGED = {
    "books": (
        "out_trade_no={number}&trade_status=TRADE_SUCCESS&sign={sign}&sign_type=RSA2",
        {},
    ),
    "buns": (
        '{{"event_type": "TRANSACTION.SUCCESS", "resource": {{"out_trade_no": "{number}"}}}}',
        {
            "wechatpay-signature": "AAAA",
            "wechatpay-timestamp": "1",
            "wechatpay-nonce": "1",
            "wechatpay-serial": "1",
        },
    ),
    "records": (
        '{{"type": "checkout.session.completed",'
        ' "data": {{"object": {{"client_reference_id": "{number}"}}}}}}',
        {"stripe-signature": "t=1,v1=00"},
    ),
}


@pytest.mark.parametrize("slug", list(FORGED))
def test_a_notice_that_nobody_signed_changes_nothing(street: OpenStreet, slug: str) -> None:
    cashier = street.ordered(slug)
    number = street.payment(slug, cashier)["reference"]
    text, headers = FORGED[slug]
    for sign, said in (("AAAA", headers), ("", {}), ("%FF!", headers)):
        body = text.format(number=number, sign=sign).encode()
        answer = street.browser.post(street.url(slug) + "/notices", content=body, headers=said)
        assert answer.status_code == 401
    told = street.browser.get(f"{street.url(slug)}/orders/{number}.json").json()
    assert told["status"] == "waiting"


def joined(street: OpenStreet) -> Any:
    """The stopwatch once the newcomer has come on board and was paid."""
    street.tell("join")
    until = time.monotonic() + PATIENCE_S
    while (joining := street.told()["joining"])["paid_ms"] is None:
        assert time.monotonic() < until, f"the newcomer was not paid: {joining}"
        time.sleep(0.05)
    return joining


def test_the_newcomer_is_paid_by_its_bank_until_one_line_changes(street: OpenStreet) -> None:
    street.tell("again")
    file = street.folder / "street" / "flowers.toml"
    before = file.read_text("utf-8").splitlines()
    bank = street.ordered("flowers")
    assert "Stone Bridge Bank" in street.browser.get(bank).text
    home = street.browser.post(bank, follow_redirects=True)
    assert PAID in home.text and str(home.url).startswith(street.url("flowers"))
    assert street.told()["joining"] is None

    joining = joined(street)
    timed = ["line", "order", "paid"] if joining["kept"] else ["keys", "line", "order", "paid"]
    marks = [joining[f"{name}_ms"] for name in timed]
    assert marks == sorted(marks)
    assert joining["elapsed_ms"] == joining["paid_ms"]

    after = file.read_text("utf-8").splitlines()
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert (joining["before"], joining["after"]) == changed[0]
    assert [one.partition(" = ")[0] for one, _ in changed] == [
        "pay_url",
        "pay_key",
        "webhook_secret",
    ]
    after_seq = street.told()["begins_after"]
    path = f"/v1/events?limit=100&after={after_seq}"
    facts = street.demo.call("GET", path, token=street.key("flowers"))["items"]
    kinds = [one["kind"] for one in facts if one["kind"].startswith("payment.")]
    assert kinds == ["payment.created", "payment.paid"]
    cashier = street.ordered("flowers")
    street.pays(street.lin, cashier)
    assert street.payment("flowers", cashier)["status"] == "paid"

    street.tell("again")
    told_again = joined(street)
    assert told_again["kept"] and told_again["keys_ms"] is None
    assert told_again["line_ms"] <= told_again["order_ms"] <= told_again["paid_ms"]


def test_shops_import_nothing_of_ours() -> None:
    from tests.house.walls import PROJECT

    for file in (PROJECT / "integrations" / "street").rglob("*.py"):
        text = file.read_text("utf-8")
        assert "import changliao" not in text and "from changliao" not in text, file
