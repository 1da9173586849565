"""Whole stories between a storefront, its Saleor, and us: paid, held, charged, refunded, canceled."""

import asyncio
from decimal import Decimal

from tests.patience import PATIENCE_S
from tests.wire.platform import Someone
from tests.wire.saleor.street import Account, Street

D = Decimal


async def test_a_charge_from_the_storefront_to_a_partial_refund(tea: Account, lin: Someone) -> None:
    saleor = tea.saleor
    before = await tea.town.balance(lin)
    transaction, told = await saleor.begin(
        "12.50", data={"returnUrl": "https://shop.example/back?o=1"}
    )

    assert (told["result"], told["amount"]) == ("CHARGE_ACTION_REQUIRED", D("12.50"))
    assert told["actions"] == ["CANCEL"] and told["pspReference"] == told["data"]["paymentId"]
    assert told["data"]["url"].startswith("http://changliao.localhost/pay/pay_")
    waiting = await saleor.process(transaction)
    assert waiting["result"] == "CHARGE_ACTION_REQUIRED"

    payment_id = await tea.pays(lin, told)
    payment = await tea.payment(payment_id)
    assert (payment["status"], payment["amount"], payment["reference"]) == (
        "paid",
        1250,
        transaction.id,
    )
    assert payment["description"] == "#42"
    assert payment["return_url"] == "https://shop.example/back?o=1"
    done = await saleor.process(transaction)
    assert (done["result"], done["amount"], done["pspReference"]) == (
        *("CHARGE_SUCCESS", D("12.50")),
        payment_id,
    )
    assert done["actions"] == ["REFUND"]
    await tea.until({"delivered"})
    assert transaction.types.count("CHARGE_SUCCESS") == 1, "told twice, counted once"

    part = await saleor.act(transaction, "REFUND", "2.30")
    assert (part["result"], part["amount"]) == ("REFUND_SUCCESS", D("2.30"))
    assert part["pspReference"].startswith("re_") and part["actions"] == ["REFUND"]
    await tea.until({"delivered"}, 2)
    assert transaction.counted() == {
        "authorization": D(0),
        "charge": D("10.20"),
        "refund": D("2.30"),
        "cancel": D(0),
    }
    rest = await saleor.act(transaction, "REFUND", "10.20")
    assert rest["actions"] == []
    await tea.until({"delivered"}, 3)
    assert transaction.counted()["charge"] == 0 and transaction.actions == []
    assert await tea.town.balance(lin) == before
    assert await tea.town.wrong() == []


async def test_a_hold_is_charged_in_parts_and_refunded(tea: Account, lin: Someone) -> None:
    saleor = tea.saleor
    transaction, told = await saleor.begin("20", kind="AUTHORIZATION")
    assert told["result"] == "AUTHORIZATION_ACTION_REQUIRED"
    payment_id = await tea.pays(lin, told)
    held = await saleor.process(transaction)
    assert (held["result"], held["actions"]) == ("AUTHORIZATION_SUCCESS", ["CHARGE", "CANCEL"])
    await tea.until({"delivered"})
    assert transaction.counted()["authorization"] == 20

    first = await saleor.act(transaction, "CHARGE", "5.5")
    assert (first["result"], first["amount"]) == ("CHARGE_SUCCESS", D("5.50"))
    assert first["actions"] == ["CHARGE", "REFUND"]
    second = await saleor.act(transaction, "CHARGE", "14.50")
    assert second["actions"] == ["REFUND"]
    assert first["pspReference"] != second["pspReference"]
    await tea.until({"delivered"}, 3)
    assert transaction.types.count("CHARGE_SUCCESS") == 2, "the same captures, told twice"
    assert transaction.counted() == {
        "authorization": D(0),
        "charge": D(20),
        "refund": D(0),
        "cancel": D(0),
    }
    more = await saleor.act(transaction, "CHARGE", "0.01")
    assert more["result"] == "CHARGE_FAILURE" and "pspReference" not in more
    await saleor.act(transaction, "REFUND", "1.00")
    payment = await tea.payment(payment_id)
    assert (payment["captured_amount"], payment["refunded_amount"]) == (2000, 100)
    late = await saleor.act(transaction, "CANCEL", "0")
    assert late["result"] == "CANCEL_FAILURE"
    assert await tea.town.wrong() == []


async def test_a_hold_is_given_back(tea: Account, lin: Someone) -> None:
    before = await tea.town.balance(lin)
    transaction = await tea.paid(lin, "7.00", "AUTHORIZATION")
    part = await tea.saleor.act(transaction, "CANCEL", "3.00")
    assert part["result"] == "CANCEL_FAILURE" and "whole" in part["message"]

    told = await tea.saleor.act(transaction, "CANCEL", "7.00")

    assert (told["result"], told["amount"], told["actions"]) == ("CANCEL_SUCCESS", D("7.00"), [])
    await tea.until({"delivered"}, 2)
    assert transaction.types.count("CANCEL_SUCCESS") == 1
    assert transaction.counted()["authorization"] == 0 and transaction.counted()["cancel"] == 7
    again = await tea.saleor.process(transaction)
    assert again["result"] == "AUTHORIZATION_SUCCESS" and again["actions"] == []
    assert transaction.counted()["authorization"] == 0
    assert await tea.town.balance(lin) == before


async def test_what_nobody_has_paid_is_canceled(tea: Account) -> None:
    transaction, told = await tea.saleor.begin("7.00")
    canceled = await tea.saleor.act(transaction, "CANCEL", "0")

    assert (canceled["result"], canceled["amount"]) == ("CANCEL_SUCCESS", 0)
    assert (await tea.payment(told["pspReference"]))["status"] == "canceled"
    await tea.reported(transaction, "CHARGE_FAILURE")
    assert (await tea.saleor.process(transaction))["result"] == "CHARGE_FAILURE"
    assert set(transaction.counted().values()) == {D(0)}


async def test_what_is_done_natively_is_reported_too(tea: Account, lin: Someone) -> None:
    transaction = await tea.paid(lin, "9.00")
    payment_id = transaction.events[0].psp
    at, key = f"/v1/payments/{payment_id}/refunds", tea.shop.key
    await tea.town.done("POST", at, {"amount": 400}, token=key)

    await tea.reported(transaction, "REFUND_SUCCESS")

    assert transaction.counted()["charge"] == 5
    report = tea.saleor.reports[-1]
    assert report["availableActions"] == ["REFUND"] and report["amount"] == D("4.00")
    assert f"id={payment_id}" in report["externalUrl"]


async def test_a_refund_that_must_wait_is_reported_when_it_is_done(
    tea: Account, lin: Someone
) -> None:
    transaction = await tea.paid(lin, "30.00")
    ann = await tea.town.person()
    body = {"amount": 2900, "currency": "CNY", "person": ann.handle, "reference": "wages"}
    paid_out = await tea.town.call("POST", "/v1/transfers", body, token=tea.shop.key)
    assert paid_out.is_success, paid_out.text

    told = await tea.saleor.act(transaction, "REFUND", "30.00")
    assert "result" not in told and told["pspReference"].startswith("re_")
    again = await tea.paid(lin, "40.00")
    tea.town.clock.forward(3600)
    await tea.reported(transaction, "REFUND_SUCCESS")

    assert transaction.counted()["charge"] == 0 and again.counted()["charge"] == 40
    assert transaction.events[-1].psp == told["pspReference"]


async def test_currencies_keep_their_decimals(street: Street, tea: Account) -> None:
    for amount, currency, minor in (
        ("1500", "JPY", 1500),
        ("1500.0", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("0.01", "CNY", 1),
        ("90071992547409.91", "CNY", 2**53 - 1),
    ):
        _, told = await tea.saleor.begin(amount, currency)
        assert told["result"] == "CHARGE_ACTION_REQUIRED", told
        payment = await tea.payment(told["pspReference"])
        assert (payment["amount"], payment["currency"]) == (minor, currency)
        assert told["amount"] == D(amount)


async def test_a_card_is_declined_then_in_doubt_then_charged(tea: Account, lin: Someone) -> None:
    saleor = tea.saleor
    offer = {"method": "credit_card", "channel": "web"}
    await tea.town.done("POST", "/v1/methods", offer, token=tea.shop.key)
    transaction, told = await saleor.begin("6.00")
    payment = {"id": told["pspReference"], "cashier_url": told["data"]["url"]}
    card = {"method": "credit_card", "channel": "web"}
    await tea.town.pay(lin, payment, **card, instrument="declined")
    await tea.reported(transaction, "CHARGE_FAILURE")
    open_again = await saleor.process(transaction)
    assert open_again["result"] == "CHARGE_ACTION_REQUIRED"

    await tea.town.pay(lin, payment, **card, instrument="unknown")
    waiting = await saleor.process(transaction)
    assert (waiting["result"], waiting["actions"]) == ("CHARGE_REQUEST", [])
    late = await saleor.act(transaction, "CANCEL", "0")
    assert late["result"] == "CANCEL_FAILURE", "money may be on its way"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            tea.town.clock.forward(6)
            await asyncio.sleep(0.3)
            if "CHARGE_SUCCESS" in transaction.types:
                break
    assert transaction.counted()["charge"] == 6, "newer than the failure with its reference"

    refund = await saleor.act(transaction, "REFUND", "6.00")
    assert "result" not in refund, "the card's company is asked after the commit"
    await tea.reported(transaction, "REFUND_SUCCESS")
    assert transaction.counted()["charge"] == 0 and transaction.actions == []
    assert await tea.town.wrong() == []
