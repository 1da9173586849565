"""A shop with an Alipay button and a WeChat Pay button, which sends its order number to whichever is
pressed: each protocol speaks of its own order, as two companies would."""

import asyncio
from typing import Any, NamedTuple

import pytest

from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Receiver, Someone, Town
from tests.wire.test_alipay_funds import bill as alipay_bill
from tests.wire.test_alipay_notices import success
from tests.wire.wechat.street import NATIVE, Merchant, Street
from tests.wire.wechat.test_bills import bill as wechat_bill
from tests.wire.wechat.test_bills import today
from tests.wire.wechat.test_notices import heard

NUMBER = "ORDER_1"
REFUNDS = "/v3/refund/domestic/refunds"


class Buttons(NamedTuple):
    """One shop, spoken to in two ways."""

    alipay: AlipayShop
    wechat: Merchant
    town: Town

    async def ask(self, button: str, number: str = NUMBER, *, tell: str = "") -> str:
        """Ask to be paid by a button: 10.00; the cashier's address."""
        if button == "alipay":
            told = await self.alipay.precreated(number, **({"notify_url": tell} if tell else {}))
            assert told["out_trade_no"] == number
            return str(told["qr_code"])
        body = self.wechat.order(out_trade_no=number, **({"notify_url": tell} if tell else {}))
        return str((await self.wechat.done("POST", NATIVE, body))["code_url"])

    async def standing(self, button: str) -> tuple[str, str]:
        """Which number a button's query answers, and how its order stands."""
        if button == "alipay":
            told = await self.alipay.ask("alipay.trade.query", {"out_trade_no": NUMBER})
            return told["out_trade_no"], told["trade_status"]
        order = await self.wechat.query(NUMBER)
        return order["out_trade_no"], order["trade_state"]

    async def payments(self) -> list[Any]:
        """What the shop has natively, oldest first."""
        found = await self.town.done("GET", "/v1/payments", token=self.wechat.shop.key)
        return list(reversed(found["items"]))


@pytest.fixture
async def shop(street: Street) -> Buttons:
    wechat = await street.merchant()
    return Buttons(await alipay_shop(street.town, wechat.shop), wechat, street.town)


def id_in(cashier_url: str) -> str:
    return cashier_url.partition("/pay/")[2].partition("?")[0]


BOTH_WAYS = pytest.mark.parametrize(
    ("first", "second"), [("alipay", "wechat"), ("wechat", "alipay")]
)
OPEN = {"alipay": "WAIT_BUYER_PAY", "wechat": "NOTPAY"}
PAID = {"alipay": "TRADE_SUCCESS", "wechat": "SUCCESS"}
CLOSED = {"alipay": "TRADE_CLOSED", "wechat": "CLOSED"}


@BOTH_WAYS
async def test_a_buyer_who_changes_buttons_pays_by_the_other(
    shop: Buttons, lin: Someone, first: str, second: str
) -> None:
    urls = {button: await shop.ask(button) for button in (first, second)}
    assert {button: await shop.ask(button) for button in urls} == urls  # Once more is the same.
    await shop.wechat.street.pays(lin, urls[second])
    assert await shop.standing(first) == (NUMBER, OPEN[first])
    assert await shop.standing(second) == (NUMBER, PAID[second])
    if first == "alipay":
        await shop.alipay.ask("alipay.trade.close", {"out_trade_no": NUMBER})
    else:
        at = f"/v3/pay/transactions/out-trade-no/{NUMBER}/close"
        await shop.wechat.done("POST", at, {"mchid": shop.wechat.mchid})
    assert await shop.standing(first) == (NUMBER, CLOSED[first])
    assert await shop.standing(second) == (NUMBER, PAID[second])
    natively = [(one["id"], one["reference"], one["status"]) for one in await shop.payments()]
    assert natively == [
        (id_in(urls[first]), NUMBER, "canceled"),
        (id_in(urls[second]), f"{NUMBER}~{second}", "paid"),
    ]
    assert await shop.town.wrong() == []


@BOTH_WAYS
async def test_another_content_is_refused_in_each(shop: Buttons, first: str, second: str) -> None:
    for button in (first, second):
        await shop.ask(button)
    before = await shop.wechat.street.kept()
    told = await shop.alipay.ask(
        "alipay.trade.precreate",
        {"out_trade_no": NUMBER, "total_amount": "10.01", "subject": "一壶茶"},
    )
    assert told["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"
    other = shop.wechat.order(out_trade_no=NUMBER, description="x")
    await shop.wechat.refused("OUT_TRADE_NO_USED", "POST", NATIVE, other)
    assert await shop.wechat.street.kept() == before


@BOTH_WAYS
async def test_when_both_are_paid_each_is_told_and_refunded_by_its_number(
    shop: Buttons, lin: Someone, first: str, second: str
) -> None:
    ears = {button: await Receiver().start() for button in (first, second)}
    ears["alipay"].answers += [success(), success()]
    urls = {button: await shop.ask(button, tell=ears[button].url) for button in ears}
    for url in urls.values():
        await shop.wechat.street.pays(lin, url)
    biz = {"out_trade_no": NUMBER, "refund_amount": "3.00", "out_request_no": "R1"}
    back = await shop.alipay.ask("alipay.trade.refund", biz)
    assert (back["out_trade_no"], back["refund_fee"]) == (NUMBER, "3.00")
    notify = ears["wechat"].url
    given = await shop.wechat.refund(NUMBER, 400, out_refund_no="R1", notify_url=notify)
    assert given["out_trade_no"] == NUMBER
    assert (await shop.wechat.done("GET", f"{REFUNDS}/R1"))["out_trade_no"] == NUMBER
    query = {"out_trade_no": NUMBER, "out_request_no": "R1"}
    asked = await shop.alipay.ask("alipay.trade.fastpay.refund.query", query)
    assert (asked["out_trade_no"], asked["refund_amount"]) == (NUMBER, "3.00")

    forms = [shop.alipay.verified(body) for _, body in await heard(ears["alipay"], 2)]
    assert {one["out_trade_no"] for one in forms} == {NUMBER}
    assert {one["trade_no"] for one in forms} == {id_in(urls["alipay"])}
    told = [shop.wechat.opened_resource(body) for _, body in await heard(ears["wechat"], 2)]
    assert {one["out_trade_no"] for one in told} == {NUMBER}
    assert {one["transaction_id"] for one in told} == {id_in(urls["wechat"])}
    assert await shop.wechat.street.balance(shop.wechat) == 2000 - 300 - 400
    assert {one["status"] for one in await shop.payments()} == {"paid"}
    assert await shop.town.wrong() == []
    for ear in ears.values():
        await ear.stop()


@BOTH_WAYS
async def test_each_bill_has_its_own_orders_under_the_shops_number(
    shop: Buttons, lin: Someone, first: str, second: str
) -> None:
    urls = {button: await shop.ask(button) for button in (first, second)}
    for url in urls.values():
        await shop.wechat.street.pays(lin, url)
    await shop.town.paid(lin, shop.wechat.shop, 5, reference="NATIVE")
    await shop.wechat.refund(NUMBER, 400)
    date = today(shop.wechat.street)
    target = f"bill_date={date}"
    _, trades, _ = await wechat_bill(shop.wechat, f"/v3/bill/tradebill?{target}")
    orders = [(line[5], line[6]) for line in trades[1:4]]
    ours = (id_in(urls["wechat"]), NUMBER)
    assert sorted(orders) == sorted([ours, ours, (orders[1][0], "NATIVE")])
    assert trades[5] == ["`3", "10.05", "4.00", "0.00", "0.00", "10.05", "4.00"]
    _, funds, _ = await wechat_bill(shop.wechat, f"/v3/bill/fundflowbill?{target}")
    moved = {line[1]: line[10] for line in funds[1:3]}
    assert moved[id_in(urls["wechat"])] == NUMBER
    assert (
        len(funds) == 1 + 4 + 2
    )  # All that moved on the account, or its balances would not follow.

    shop.town.clock.forward(86_460)
    files = list((await alipay_bill(shop.alipay, date)).values())
    rows = [row for row in files[0] if not row[0].startswith("#")][1:]
    assert sorted(row[1].strip() for row in rows) == ["NATIVE", NUMBER]
    assert [row[0].strip() for row in rows if row[1].strip() == NUMBER] == [id_in(urls["alipay"])]


async def test_both_buttons_at_once_are_two_orders(shop: Buttons) -> None:
    urls = await asyncio.gather(*(shop.ask(button) for button in ("alipay", "wechat") * 4))
    assert len({id_in(url) for url in urls}) == 2
    assert {id_in(url) for url in urls} == {one["id"] for one in await shop.payments()}
    for button in OPEN:
        assert await shop.standing(button) == (NUMBER, OPEN[button])


async def test_only_the_button_that_was_pressed_has_an_order(shop: Buttons) -> None:
    await shop.ask("alipay", "ORDER_A")
    await shop.ask("wechat", "ORDER_W")
    at = f"/v3/pay/transactions/out-trade-no/ORDER_A?mchid={shop.wechat.mchid}"
    await shop.wechat.refused("ORDER_NOT_EXIST", "GET", at)
    told = await shop.alipay.ask("alipay.trade.query", {"out_trade_no": "ORDER_W"})
    assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    body = {"out_trade_no": "ORDER_A", "out_refund_no": "R1"}
    body |= {"amount": {"refund": 1, "total": 1000, "currency": "CNY"}}  # type: ignore[dict-item]
    before = await shop.wechat.street.kept()
    assert (await shop.wechat.call("POST", REFUNDS, body)).status_code == 404
    assert await shop.wechat.street.kept() == before


async def test_a_share_of_an_order_is_asked_for_by_its_number(
    street: Street, shop: Buttons, lin: Someone
) -> None:
    other = await street.merchant()
    await shop.ask("wechat")
    flags = {"extend_params": {"royalty_freeze": "true"}}
    biz = {"out_trade_no": NUMBER, "total_amount": "10.00", "subject": "一壶茶"} | flags
    told = await shop.alipay.ask("alipay.trade.precreate", biz)
    trade_no = await shop.alipay.pay(lin, told["qr_code"])
    line = {"trans_in_type": "loginName", "trans_in": lin.handle, "amount": "1.00"}
    share = {"out_request_no": "S1", "out_trade_no": NUMBER, "royalty_parameters": [line]}
    made = await shop.alipay.ask("alipay.trade.order.settle", share)
    assert (made["code"], made["trade_no"]) == ("10000", trade_no)

    sub = {"attach": "a", "amount": {"total_amount": 700, "currency": "CNY"}, "description": "茶"}
    await street.lets(shop.wechat, other)
    await shop.ask("alipay", "PART_1")
    subs = [
        sub | {"mchid": shop.wechat.mchid, "out_trade_no": "PART_1"},
        sub | {"mchid": other.mchid, "out_trade_no": "PART_2"},
    ]
    body = {
        "combine_appid": other.appid,
        "combine_mchid": other.mchid,
        "combine_out_trade_no": "WHOLE_1",
        "notify_url": "http://127.0.0.1:9/notify",
        "sub_orders": subs,
    }
    at = "/v3/combine-transactions"
    asked = await other.done("POST", f"{at}/native", body)
    assert asked == await other.done("POST", f"{at}/native", body)
    found = await other.done("GET", f"{at}/out-trade-no/WHOLE_1")
    assert [one["out_trade_no"] for one in found["sub_orders"]] == ["PART_1", "PART_2"]
    close = {"combine_appid": other.appid, "sub_orders": subs}
    await other.done("POST", f"{at}/out-trade-no/WHOLE_1/close", close)
    assert (await shop.wechat.query("PART_1"))["trade_state"] == "CLOSED"
    told = await shop.alipay.ask("alipay.trade.query", {"out_trade_no": "PART_1"})
    assert told["trade_status"] == OPEN["alipay"]
    assert await street.town.wrong() == []
