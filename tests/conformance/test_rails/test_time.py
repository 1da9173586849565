"""What time does to outgoing rails: pages that close, refunds that are tried again. Each test has a pair
of its own, because clocks go forward only."""

import pytest

from tests.conformance.test_rails.world import NAMES, Name, Pair, until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("name", NAMES)]

CLOSE: dict[Name, bytes] = {
    "alipay": b"alipay.trade.close",
    "wechat": b"/close",
    "stripe": b"/expire",
}


async def test_an_order_that_nobody_pays_ends_after_a_quarter_of_an_hour(
    fresh_pair: Pair, name: Name
) -> None:
    pair = fresh_pair
    payment = await pair.begun(name)
    page = await pair.page(payment)
    if name != "alipay":  # There nobody has gone, so that there is no order at all.
        await pair.arrives(page)
    pair.near.clock.forward(18 * 60)
    if name == "alipay":
        pair.far.clock.forward(18 * 60)  # It looks at the time of a request.
    await pair.becomes(payment, "open")
    assert (await pair.cashier(payment))["attempt"]["pay_url"] is None
    if name != "alipay":
        assert pair.to[name].count(CLOSE[name]) >= 1


async def test_a_refund_that_is_refused_brings_the_money_back_to_the_shop(
    fresh_pair: Pair, name: Name
) -> None:
    pair = fresh_pair
    payment, theirs = await pair.bought(name)
    before = await pair.near.done("GET", "/v1/balances", token=pair.shop.key)
    path = f"/v1/payments/{theirs['id']}/refunds"
    await pair.far.done("POST", path, {}, token=pair.sellers[name].key)
    refund = await pair.refund(payment, amount=400)
    await pair.attempt_becomes(refund["id"], "failed")
    await pair.near.settled()
    assert await pair.near.done("GET", "/v1/balances", token=pair.shop.key) == before
    for wait_s in (120, 480, 1920, 7680):
        tries = len(await pair.attempts(refund["id"]))
        await pair.near.resting()
        pair.near.clock.forward(wait_s + 1)
        if name == "alipay":
            pair.far.clock.forward(wait_s + 1)

        async def tried(tries: int = tries) -> bool:
            return len(await pair.attempts(refund["id"])) > tries

        await until(tried)
        await pair.attempt_becomes(refund["id"], "failed")
        await pair.near.settled()
    failed = await pair.refund_becomes(refund, "failed")
    assert failed["tries"] == 5
    assert await pair.near.done("GET", "/v1/balances", token=pair.shop.key) == before
    assert (await pair.of(payment))["refunded_amount"] == 0
