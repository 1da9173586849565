"""A Vendure shop is paid, refunds, and neither believes a forged word nor loses a silent one."""

import asyncio
import shutil
from typing import Any

import pytest

from tests.conformance.test_vendure.shop import (
    PARCEL,
    SDK,
    TEA,
    UMBRELLA,
    UMBRELLA_NAME,
    VendureShop,
    cashier_of,
    until,
)

if shutil.which("node") is None or not (SDK / "node_modules").is_dir():
    pytest.skip(
        f"no Node, or no Vendure in {SDK}; `make vendure` fetches it", allow_module_level=True
    )

HOUR_S = 3600
ORDER_STEP, PAYMENT_STEP = "ORDER_STATE_TRANSITION", "ORDER_PAYMENT_TRANSITION"


def steps(order: Any, kind: str) -> list[tuple[str, str]]:
    """The transitions in the order's history."""
    found = [one["data"] for one in order["history"]["items"] if one["type"] == kind]
    return [(one["from"], one["to"]) for one in found]


async def test_from_the_shelf_to_a_partial_refund(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        assert cashier.startswith(f"{town.url}/pay/pay_")
        assert order["totalWithTax"] == TEA + PARCEL
        payment = await town.payment_at(shop.app, cashier)
        assert (payment["amount"], payment["currency"]) == (TEA + PARCEL, "CNY")
        (waiting,) = order["payments"]
        assert (waiting["state"], waiting["transactionId"]) == ("Created", payment["id"])
        assert set(waiting["metadata"]) == {"public"}, "a buyer sees the cashier and no more"

        told = await town.paid_at(lin, cashier)
        assert told["return_to"].startswith(f"{shop.url}/changliao/return/{order['code']}?")
        settled = await keeper.settled(order["code"])
        assert [one["state"] for one in settled["payments"]] == ["Settled"]
        assert "Paid. Thank you!" in (await shop.back(told["return_to"])).text

        back = await keeper.refunds(settled["payments"][0]["id"], 1500)
        assert (back["state"], back["total"]) == ("Settled", 1500)
        (refund,) = (await shop.ours(f"/v1/payments/{payment['id']}/refunds"))["items"]
        assert (refund["id"], refund["amount"], refund["status"], refund["reason"]) == (
            back["transactionId"],
            1500,
            "succeeded",
            "chipped",
        )
        much = await keeper.refunds(settled["payments"][0]["id"], TEA + PARCEL - 1499)
        assert much["errorCode"] == "REFUND_AMOUNT_ERROR"
    assert await town.balance(lin) == 10_000 - TEA - PARCEL + 1500
    assert await town.wrong() == []


async def test_a_retried_webhook_settles_once_and_a_forged_one_never(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        payment = await town.payment_at(shop.app, cashier)
        told = {"payment_id": payment["id"], "reference": payment["reference"]}
        forged = await shop.hears("payment.paid", told, "whsec_" + "A" * 32)
        assert forged.status_code == 401
        true_but_wrong = await shop.hears("payment.paid", told)
        assert true_but_wrong.status_code == 204, "what it is about is asked, and it is not paid"
        page = await shop.back(f"{shop.url}/changliao/return/{order['code']}?status=paid", "zh-CN")
        assert "这笔订单还没有付款。" in page.text and cashier.replace("&", "&#38;") in page.text
        assert (await keeper.order(order["code"]))["state"] == "ArrangingPayment"

        await town.paid_at(lin, cashier)
        again = await asyncio.gather(*(shop.hears("payment.paid", told) for _ in range(3)))
        assert {one.status_code for one in again} == {204}
        settled = await keeper.settled(order["code"])
        assert steps(settled, PAYMENT_STEP).count(("Created", "Settled")) == 1
        assert steps(settled, ORDER_STEP).count(("ArrangingPayment", "PaymentSettled")) == 1
        elsewhere = await shop.hears("payment.paid", {"payment_id": "pay_0", "reference": "x"})
        assert elsewhere.status_code == 503, "the platform does not know it"
    assert await town.balance(lin) == 10_000 - TEA - PARCEL


async def test_a_refund_whose_answer_is_lost_is_made_once(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        await town.paid_at(lin, cashier)
        (payment,) = (await keeper.settled(order["code"]))["payments"]
        with town.silence():
            unheard = await keeper.refunds(payment["id"], 500)
            assert (unheard["state"], unheard["transactionId"]) == ("Pending", "")
            assert "do not refund it another way" in unheard["metadata"]["message"]
        with town.losing_answers():
            unknown = await keeper.refunds(payment["id"], 700)
            assert unknown["state"] == "Pending", "it was made, and the shop cannot know it"

        def done(order: Any) -> bool:
            (payment,) = order["payments"]
            return {one["state"] for one in payment["refunds"]} == {"Settled"}

    await shop.restart()
    async with shop.keeper() as keeper:
        known = (await keeper.once(order["code"], done))["payments"][0]["refunds"]
        path = f"/v1/payments/{payment['transactionId']}/refunds"
        made = (await shop.ours(path))["items"]
        assert sorted(one["amount"] for one in made) == [500, 700]
        assert {one["id"]: one["amount"] for one in made} == {
            one["transactionId"]: one["total"] for one in known
        }
    assert await town.balance(lin) == 10_000 - TEA - PARCEL + 1200
    assert await town.wrong() == []


async def test_two_at_once_never_share_a_payment_or_a_refund(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, _ = await buyer.buys()
        await asyncio.gather(buyer.asks_to_pay(), buyer.asks_to_pay())
        payments = (await buyer.order())["payments"]
        ids = [one["transactionId"] for one in payments if one["transactionId"]]
        assert len(ids) == len(set(ids)) >= 2
        (waiting,) = [one for one in payments if one["state"] == "Created"]
        await town.paid_at(lin, waiting["metadata"]["public"]["cashierUrl"])
        await keeper.settled(order["code"])

        told = await asyncio.gather(*(keeper.refunds(waiting["id"], 300) for _ in range(3)))
        made = [one["transactionId"] for one in told if one["state"] == "Settled"]
        path = f"/v1/payments/{waiting['transactionId']}/refunds"
        ours = [one["id"] for one in (await shop.ours(path))["items"]]
        assert sorted(made) == sorted(ours) and len(made) >= 1
        away = [one["metadata"]["message"] for one in told if one["state"] == "Failed"]
        assert len(away) + len(made) == len(told) and all("look at it again" in one for one in away)
    assert await town.balance(lin) == 10_000 - TEA - PARCEL + 300 * len(made)


async def test_a_refund_made_elsewhere_is_entered_once(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        await town.paid_at(lin, cashier)
        (payment,) = (await keeper.settled(order["code"]))["payments"]
        path = f"/v1/payments/{payment['transactionId']}/refunds"
        refund = await town.done("POST", path, {"amount": 800}, token=shop.app.key)

        def entered(order: Any) -> bool:
            return bool(order["payments"][0]["refunds"])

        await keeper.once(order["code"], entered)
        data = {"refund_id": refund["id"], "payment_id": payment["transactionId"], "reference": ""}
        assert (await shop.hears("refund.succeeded", data)).status_code == 204
        (only,) = (await keeper.order(order["code"]))["payments"][0]["refunds"]
        assert (only["state"], only["total"], only["transactionId"]) == (
            "Settled",
            800,
            refund["id"],
        )
        # What is left, and no more; what the platform refuses has failed here.
        await town.done("POST", path, {"amount": 7000 - 800}, token=shop.app.key)
        refused = await keeper.refunds(payment["id"], 801)
        assert refused.get("state", "Failed") == "Failed"
        left = await keeper.refunds(payment["id"], 800)
        assert left["state"] == "Settled"
    assert await town.balance(lin) == 10_000
    assert await town.wrong() == []


async def test_an_order_is_changed_only_after_its_payment_was_canceled(shop: VendureShop) -> None:
    town, lin = shop.town, await shop.town.person(money=30_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, first = await buyer.buys()
        with town.silence():
            refused = await buyer.moves("AddingItems")
            assert "is being paid" in refused["transitionError"]
        assert await buyer.moves("AddingItems") == {"state": "AddingItems"}
        assert (await town.payment_at(shop.app, first))["status"] == "canceled"
        again, second = await buyer.buys(UMBRELLA_NAME)
        assert again["totalWithTax"] == TEA + UMBRELLA + PARCEL
        assert (await town.payment_at(shop.app, second))["amount"] == TEA + UMBRELLA + PARCEL

        # Asked for a cashier once more: the one before is closed, so that it is paid once.
        third = cashier_of(await buyer.asks_to_pay())
        assert (await town.payment_at(shop.app, second))["status"] == "canceled"
        assert (await town.payment_at(shop.app, third))["amount"] == TEA + UMBRELLA + PARCEL
        await town.paid_at(lin, third)
        settled = await keeper.settled(order["code"])
        states = [one["state"] for one in settled["payments"]]
        assert sorted(states) == ["Cancelled", "Cancelled", "Settled"]
    assert await town.balance(lin) == 30_000 - TEA - UMBRELLA - PARCEL


async def test_the_keeper_neither_settles_what_is_unpaid_nor_cancels_what_is_paid(
    shop: VendureShop,
) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        (payment,) = order["payments"]
        told = await keeper.does("settlePayment", payment["id"])
        assert "not paid at Changliao (open)" in told["paymentErrorMessage"]
        await town.paid_at(lin, cashier)
        await keeper.settled(order["code"])
        told = await keeper.does("cancelPayment", payment["id"])
        assert told["paymentErrorMessage"] == "This payment is paid; refund it instead."
        assert (await keeper.order(order["code"]))["state"] == "PaymentSettled"

    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        (payment,) = order["payments"]
        assert await keeper.does("cancelPayment", payment["id"]) == {"state": "Cancelled"}
        assert (await town.payment_at(shop.app, cashier))["status"] == "canceled"
    assert await town.balance(lin) == 10_000 - TEA - PARCEL


async def test_a_platform_that_is_silent_or_refuses_says_so_in_both_languages(
    shop: VendureShop,
) -> None:
    town = shop.town
    for language, silent, refused in (
        ("en", "does not answer for now", "did not accept this order"),
        ("zh_Hans", "暂时没有回应", "没有接受这笔订单"),
    ):
        async with shop.buyer(language) as buyer:
            await buyer.fills_basket()
            await buyer.moves("ArrangingPayment")
            with town.silence():
                told = await buyer.asks_to_pay()
            assert silent in told["paymentErrorMessage"]
            code = (await buyer.order())["code"]
            await town.payment(shop.app, 1, reference=f"{code}-2-{TEA + PARCEL}")
            told = await buyer.asks_to_pay()
            assert refused in told["paymentErrorMessage"], "its number belongs to something else"
            states = [one["state"] for one in (await buyer.asks_to_pay())["payments"]]
            assert sorted(states) == ["Created", "Error", "Error"]


async def test_a_payment_that_ran_out_is_canceled_in_the_shop(shop: VendureShop) -> None:
    """Last, because the clock stays put forward and webhooks are from the future then: what no
    webhook can tell is asked."""
    async with shop.buyer() as buyer, shop.keeper() as keeper:
        order, cashier = await buyer.buys()
        shop.town.clock.forward(3 * HOUR_S)

        async def expired() -> bool:
            return bool((await shop.town.payment_at(shop.app, cashier))["status"] == "expired")

        await until(expired)
        await shop.restart()
        await keeper.once(order["code"], lambda one: one["payments"][0]["state"] == "Cancelled")
        assert (await buyer.order())["state"] == "ArrangingPayment"
        assert cashier_of(await buyer.asks_to_pay()) != cashier
