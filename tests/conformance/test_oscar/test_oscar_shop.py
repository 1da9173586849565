"""A django-oscar shop is paid, refunds, and says in plain words why it was not paid."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from tests.conformance.test_oscar.shop import HAT, HONEY, Browser, OscarShop
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

HOUR_S = 3600
SOURCE_AND_DEBIT = 2
"""Rows of the dashboard's page of an order that name its payment when all was entered once."""


async def until(seen: Callable[[], Awaitable[Any]]) -> Any:
    """What is seen, once it is."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await seen():
                return found
            await asyncio.sleep(0.1)


async def ordered(keeper: Browser, number: str) -> bool:
    """Whether the dashboard has the order."""
    return (await keeper.client.get(f"/dashboard/orders/{number}/")).status_code == 200


def number_of(payment: Any) -> str:
    """Oscar's order number: our reference without the try."""
    return str(payment["reference"].rpartition("-")[0])


async def hears(shop: OscarShop, kind: str, data: Any, secret: str = "") -> httpx2.Response:
    """A webhook as Changliao would send it, or, with another secret, as somebody else would."""
    body = json.dumps({"type": kind, "data": data})
    now = datetime.fromtimestamp(int(time.time()), UTC)
    headers = {
        "webhook-id": "del_test",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret or shop.secret).sign("del_test", now, body),
        "content-type": "application/json",
    }
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
        return await client.post(f"{shop.url}/changliao/webhook/", content=body, headers=headers)


async def test_from_the_shelf_to_a_partial_refund(shop: OscarShop) -> None:
    town = shop.town
    lin = await town.person(money=10_000)
    async with shop.browser() as buyer, shop.browser() as browser:
        cashier = await buyer.buys(HAT)
        assert cashier.startswith(f"{town.url}/pay/pay_")
        payment = await shop.payment(cashier)
        assert (payment["amount"], payment["currency"], payment["status"]) == (4500, "CNY", "open")
        number = number_of(payment)

        back = (await shop.pays(lin, cashier))["return_to"]
        assert back.startswith(f"{shop.url}/changliao/return/{number}-1/?")
        thanks = await buyer.client.get(back, follow_redirects=True)
        assert thanks.url.path == "/checkout/thank-you/" and number in thanks.text

        keeper = await browser.keeps()
        page = await keeper.see(f"/dashboard/orders/{number}/")
        assert page.count(f"<td>{payment['id']}</td>") == SOURCE_AND_DEBIT
        await keeper.gives_back(number, "15.00")
        refunds = await town.done(
            "GET", f"/v1/payments/{payment['id']}/refunds", token=shop.app.key
        )
        assert [(one["amount"], one["status"]) for one in refunds["items"]] == [(1500, "succeeded")]
        page = await keeper.see(f"/dashboard/orders/{number}/")
        assert refunds["items"][0]["id"] in page and "15.00" in page

        refused = await keeper.gives_back(number, "30.01")
        assert "The refund was refused" in refused
    assert await town.balance(lin) == 10_000 - 4500 + 1500
    assert await town.wrong() == []


async def test_a_buyer_who_never_comes_back_has_an_order_all_the_same(shop: OscarShop) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as buyer, shop.browser() as browser:
        keeper = await browser.keeps()
        cashier = await buyer.buys(HONEY)
        payment = await shop.payment(cashier)
        number = number_of(payment)
        assert not await ordered(keeper, number)
        await shop.pays(lin, cashier)
        await until(lambda: ordered(keeper, number))

        # Told again, twice at once, and a return after all: one order, one payment event.
        told = {"payment_id": payment["id"], "reference": payment["reference"]}
        again = await asyncio.gather(*(hears(shop, "payment.paid", told) for _ in range(2)))
        assert [one.status_code for one in again] == [204, 204]
        thanks = await buyer.see(f"/changliao/return/{payment['reference']}/")
        assert number in thanks
        page = await keeper.see(f"/dashboard/orders/{number}/")
        assert page.count(f"<td>{payment['id']}</td>") == SOURCE_AND_DEBIT
    assert await shop.town.balance(lin) == 10_000 - 8800


async def test_neither_a_return_address_nor_a_forged_webhook_is_believed(shop: OscarShop) -> None:
    async with shop.browser() as buyer, shop.browser() as browser:
        keeper = await browser.keeps()
        cashier = await buyer.buys(HAT)
        payment = await shop.payment(cashier)
        where = f"/changliao/return/{payment['reference']}/?status=paid&payment_id={payment['id']}"
        page = await buyer.see(where)
        assert "This order is not paid yet." in page and cashier.replace("&", "&amp;") in page

        data = {"payment_id": payment["id"], "reference": payment["reference"]}
        forged = await hears(shop, "payment.paid", data, "whsec_" + "A" * 32)
        assert forged.status_code == 401
        true_but_wrong = await hears(shop, "payment.paid", data)
        assert true_but_wrong.status_code == 204, "what it is about is asked, and it is not paid"
        assert not await ordered(keeper, number_of(payment))

        # Somebody else's browser neither sees the cashier nor cancels.
        other = await browser.see(where)
        assert payment["id"] not in other
        assert (await shop.payment(cashier))["status"] == "open"


async def test_who_does_not_pay_has_the_basket_again_and_pays_once_in_the_end(
    shop: OscarShop,
) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as buyer:
        first = await buyer.buys(HAT)
        payment = await shop.payment(first)
        left = await buyer.fill(f"/changliao/return/{payment['reference']}/", {})
        assert left.headers["location"] == "/basket/"
        basket = await buyer.see("/basket/")
        assert "The payment was canceled. No money has moved" in basket and "Bamboo hat" in basket
        assert (await shop.payment(first))["status"] == "canceled"

        second = await buyer.goes_to_cashier()
        again = await shop.payment(second)
        assert again["reference"] == f"{number_of(payment)}-2"
        back = (await shop.pays(lin, second))["return_to"]
        assert number_of(payment) in await buyer.see(back)
    assert await shop.town.balance(lin) == 5_500


async def test_a_payment_that_was_canceled_elsewhere_gives_the_basket_back(shop: OscarShop) -> None:
    async with shop.browser("zh-CN") as buyer:
        cashier = await buyer.buys(HAT)
        payment = await shop.payment(cashier)
        await shop.does(payment, "cancellation", {"reason": "out of hats"})
        page = await buyer.see(f"/changliao/return/{payment['reference']}/")
        assert "付款已取消，没有扣款。您的购物篮还在。" in page and "Bamboo hat" in page


async def test_a_suspended_method_keeps_the_buyer_here_with_its_reason(shop: OscarShop) -> None:
    town, key = shop.town, shop.app.key
    for channel in ("web", "mobile"):
        path = f"/v1/methods/wallet.{channel}/suspension"
        await town.done("POST", path, {"reason": "盘点 stock-taking"}, token=key)
    try:
        async with shop.browser() as buyer, shop.browser("zh-CN") as zh:
            for one, words in ((buyer, "does not take Changliao Pay"), (zh, "暂时不能用畅聊支付")):
                await one.puts_into_basket(HONEY)
                await one.checks_out()
                answer = await one.places_order()
                assert answer.status_code == 200
                assert words in answer.text and "盘点 stock-taking" in answer.text
                assert "Wild honey" in await one.see("/basket/")
    finally:
        for channel in ("web", "mobile"):
            await town.done("DELETE", f"/v1/methods/wallet.{channel}/suspension", token=key)


async def test_a_refund_made_elsewhere_is_entered_once_for_a_signed_in_buyer(
    shop: OscarShop,
) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as browser:
        keeper = await browser.keeps()
        cashier = await keeper.buys(HONEY, signed_in=True)
        await shop.pays(lin, cashier)
        payment = await shop.payment(cashier)
        number = number_of(payment)
        await until(lambda: ordered(keeper, number))
        refund = await shop.does(payment, "refunds", {"amount": 800})

        async def entered() -> bool:
            return refund["id"] in await keeper.see(f"/dashboard/orders/{number}/")

        await until(entered)
        before = await keeper.see(f"/dashboard/orders/{number}/")
        data = {"refund_id": refund["id"], "payment_id": payment["id"], "reference": ""}
        assert (await hears(shop, "refund.succeeded", data)).status_code == 204
        after = await keeper.see(f"/dashboard/orders/{number}/")
        assert after.count(refund["id"]) == before.count(refund["id"])

        # What is left, and no more.
        assert "The refund was refused" in await keeper.gives_back(number, "80.01")
        await keeper.gives_back(number, "80.00")
    assert await shop.town.balance(lin) == 10_000


async def test_a_platform_that_is_silent_costs_nobody_money(shop: OscarShop) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as buyer, shop.browser() as other, shop.browser() as browser:
        keeper = await browser.keeps()
        payment = await shop.payment(cashier := await buyer.buys(HAT))
        await buyer.see((await shop.pays(lin, cashier))["return_to"])
        number = number_of(payment)
        with shop.town.silence():
            assert "Only if it is not, press again" in await keeper.gives_back(number, "5.00")
            await other.puts_into_basket(HONEY)
            await other.checks_out()
            assert (
                "does not answer for now. No money has moved" in (await other.places_order()).text
            )
            assert "Wild honey" in await other.see("/basket/")

        cashier = await other.goes_to_cashier()
        waiting = await shop.payment(cashier)
        with shop.town.silence():
            back = await other.client.get(f"/changliao/return/{waiting['reference']}/")
            assert back.status_code == 503 and "do not pay again" in back.text
            data = {"payment_id": waiting["id"], "reference": waiting["reference"]}
            assert (await hears(shop, "payment.paid", data)).status_code == 503

        await keeper.gives_back(number, "5.00")
        path = f"/v1/payments/{payment['id']}/refunds"
        refunds = (await shop.town.done("GET", path, token=shop.app.key))["items"]
        assert [one["amount"] for one in refunds] == [500]
    assert await shop.town.balance(lin) == 10_000 - 4500 + 500


async def test_a_payment_whose_time_ran_out_says_so(shop: OscarShop) -> None:
    """Last, because the clock stays put forward and webhooks are from the future then."""
    async with shop.browser() as buyer:
        cashier = await buyer.buys(HAT)
        payment = await shop.payment(cashier)
        shop.town.clock.forward(3 * HOUR_S)

        async def expired() -> bool:
            return bool((await shop.payment(cashier))["status"] == "expired")

        await until(expired)
        page = await buyer.see(f"/changliao/return/{payment['reference']}/")
        assert "The time to pay ran out. No money has moved" in page and "Bamboo hat" in page
