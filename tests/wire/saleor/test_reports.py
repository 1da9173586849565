"""Reports to an instance: told until it has them, whatever order they come in, and counted once."""

import asyncio
from decimal import Decimal

import pytest

from changliao.dialects.api.saleor import reports
from changliao.dialects.rules import RETRY_S
from changliao.wire.outbound import Told
from tests.patience import PATIENCE_S
from tests.wire.platform import Someone
from tests.wire.saleor.street import Account

DAY_S = 24 * 3600


async def tried(tea: Account, tries: int) -> None:
    """Wait until the newest notice had so many tries, and its job has put itself off."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await tea.notices()
            if found and found[0]["tries"] == tries:
                break
            await asyncio.sleep(0.02)
    await tea.town.resting()


async def test_an_instance_that_fails_for_a_day_hears_everything_when_it_is_back(
    tea: Account, lin: Someone
) -> None:
    saleor = tea.saleor
    transaction, told = await saleor.begin("15.00")
    saleor.outage = True
    payment_id = await tea.pays(lin, told)
    await tea.town.done(
        "POST", f"/v1/payments/{payment_id}/refunds", {"amount": 500}, token=tea.shop.key
    )
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await tea.notices()
            if len(found) == 2 and {one["tries"] for one in found} == {1}:
                break
            await asyncio.sleep(0.02)
    assert {one["status"] for one in found} == {500}
    waited, tries = 0, 1
    for wait_s in RETRY_S["saleor"]:
        if waited > DAY_S:
            saleor.outage = False
        await tea.town.resting()
        tea.town.clock.forward(wait_s + 1)
        waited, tries = waited + wait_s, tries + 1
        await tried(tea, tries)
        if not saleor.outage:
            break
    assert waited > DAY_S and transaction.types == [
        "CHARGE_ACTION_REQUIRED",
        *transaction.types[1:],
    ]
    await tea.until({"delivered"}, 2)
    assert sorted(transaction.types[1:]) == ["CHARGE_SUCCESS", "REFUND_SUCCESS"]
    assert transaction.counted()["charge"] == 10 and transaction.actions == ["REFUND"]


async def test_an_instance_that_never_comes_back_is_given_up_after_three_days(
    tea: Account, lin: Someone
) -> None:
    assert sum(RETRY_S["saleor"]) > 2.9 * DAY_S
    _, told = await tea.saleor.begin("15.00")
    tea.saleor.outage = True
    await tea.pays(lin, told)
    await tried(tea, 1)
    for tries, wait_s in enumerate(RETRY_S["saleor"], start=2):
        tea.town.clock.forward(wait_s + 1)
        await tried(tea, tries)
    found = await tea.until({"failed"})
    assert (found[0]["tries"], found[0]["status"]) == (11, 500)


async def test_a_token_that_is_taken_no_more_is_no_delivery_until_the_app_is_installed_anew(
    tea: Account, lin: Someone
) -> None:
    saleor = tea.saleor
    transaction, told = await saleor.begin("15.00")
    saleor.token = "another one"
    await tea.pays(lin, told)
    await tried(tea, 1)
    (notice,) = await tea.notices()
    assert (notice["state"], notice["status"]) == ("waiting", 200), "GraphQL refuses with 200"
    assert "HANDLE_PAYMENTS" in notice["excerpt"] and transaction.types == [
        "CHARGE_ACTION_REQUIRED"
    ]

    assert (await saleor.install(tea.manifest_url)).status_code == 200
    tea.town.clock.forward(16)
    await tea.until({"delivered"})
    assert transaction.types == ["CHARGE_ACTION_REQUIRED", "CHARGE_SUCCESS"]


async def test_what_saleor_has_heard_from_somebody_else_with_another_amount_is_no_delivery(
    tea: Account, lin: Someone
) -> None:
    transaction, told = await tea.saleor.begin("15.00")
    transaction.events[-1].type = "CHARGE_SUCCESS"
    transaction.events[-1].amount = Decimal(1)
    await tea.pays(lin, told)
    await tried(tea, 1)
    (notice,) = await tea.notices()
    assert notice["state"] == "waiting" and "INCORRECT_DETAILS" in notice["excerpt"]


async def test_a_transaction_that_saleor_has_lost_is_no_delivery(
    tea: Account, lin: Someone
) -> None:
    _, told = await tea.saleor.begin("15.00")
    del tea.saleor.transactions[next(iter(tea.saleor.transactions))]
    await tea.pays(lin, told)
    await tried(tea, 1)
    (notice,) = await tea.notices()
    assert notice["state"] == "waiting" and "NOT_FOUND" in notice["excerpt"]


@pytest.mark.parametrize(
    ("text", "has_it"),
    [
        ('{"data":{"transactionEventReport":{"alreadyProcessed":false,"errors":[]}}}', True),
        ('{"data":{"transactionEventReport":{"alreadyProcessed":true,"errors":[]}},"x":1}', True),
        ('{"data":{"transactionEventReport":{"errors":[{"code":"INVALID"}]}}}', False),
        ('{"data":{"transactionEventReport":null},"errors":[{"message":"no"}]}', False),
        ('{"data":null}', False),
        ('{"data":{"transactionEventReport":{}}}', False),
        ("<html>maintenance</html>", False),
        ("[]", False),
        ("", False),
        ('{"data":{"transactionEventReport":{"errors":[', False),
    ],
)
def test_only_a_report_without_errors_is_heard(text: str, has_it: bool) -> None:
    assert reports.heard(Told(200, "", text, 1)) is has_it
    assert not reports.heard(Told(502, "status 502", text, 1))


async def test_a_payment_that_runs_out_is_a_failure(tea: Account) -> None:
    transaction, told = await tea.saleor.begin("15.00", kind="AUTHORIZATION")
    tea.town.clock.forward(2 * 3600 + 60)
    await tea.reported(transaction, "AUTHORIZATION_FAILURE")
    assert (await tea.payment(told["pspReference"]))["status"] == "expired"
    assert transaction.actions == []


async def test_a_hold_that_runs_out_is_a_cancelation(tea: Account, lin: Someone) -> None:
    transaction = await tea.paid(lin, "15.00", "AUTHORIZATION")
    tea.town.clock.forward(8 * DAY_S)
    await tea.reported(transaction, "CANCEL_SUCCESS")
    assert transaction.counted()["authorization"] == 0
    late = await tea.saleor.act(transaction, "CHARGE", "15.00")
    assert late["result"] == "CHARGE_FAILURE"


async def test_other_payments_of_the_shop_are_reported_to_nobody(
    tea: Account, lin: Someone
) -> None:
    await tea.town.paid(lin, tea.shop, 700)
    await tea.town.settled()
    assert await tea.notices() == [] and tea.saleor.reports == []
