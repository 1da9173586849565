"""What a shop lives through with each outgoing rail, the other side being a platform of ours."""

import contextlib
import secrets
from typing import Any

import aiohttp
import pytest

from tests.conformance.test_rails.world import NAMES, Name, Pair, until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("name", NAMES)]

ALWAYS = 10**6
NOTICES = b"/v1/rail_notices/"
QUERY: dict[Name, bytes] = {
    "alipay": b"alipay.trade.query",
    "wechat": b"GET /v3/pay/transactions",
    "stripe": b"GET /v1/checkout/sessions/",
}
CREATE: dict[Name, bytes] = {
    "alipay": b"alipay.trade.page.pay",
    "wechat": b"POST /v3/pay/transactions/native",
    "stripe": b"POST /v1/checkout/sessions\n",
}
REFUND: dict[Name, bytes] = {
    "alipay": b"method=alipay.trade.refund",
    "wechat": b"POST /v3/refund/domestic/refunds",
    "stripe": b"POST /v1/refunds",
}
CLOSE: dict[Name, bytes] = {
    "alipay": b"alipay.trade.close",
    "wechat": b"/close",
    "stripe": b"/expire",
}
PAID: dict[Name, bytes] = {
    "alipay": b"TRADE_SUCCESS",
    "wechat": b"TRANSACTION.SUCCESS",
    "stripe": b"session.comp",
}
"""What the notice of a payment holds."""
SIGNATURE: dict[Name, str] = {
    "alipay": "",
    "wechat": "Wechatpay-Signature",
    "stripe": "Stripe-Signature",
}


# Paying -----------------------------------------------------------------------------------------


async def test_paid_there_settled_by_their_notice_and_given_back_in_parts(
    pair: Pair, name: Name
) -> None:
    before = await pair.outside(name)
    payment = await pair.begun(name, 1234)
    page = await pair.page(payment)
    pair.to[name].fail(QUERY[name], "stumble", ALWAYS)
    theirs = await pair.arrives(page)
    await pair.pays(theirs)
    now = await pair.becomes(payment, "paid")
    assert (now["captured_amount"], now["method"]) == (1234, name)
    pair.to[name].mend()

    number = f"{payment['id']}-1"
    part = await pair.refund(payment, amount=234, reference=number)
    again = await pair.refund(payment, amount=234, reference=number)
    assert again["id"] == part["id"]
    await pair.refund_becomes(part, "succeeded")
    assert (await pair.theirs(name, theirs))["refunded_amount"] == 234
    rest = await pair.refund(payment)
    await pair.refund_becomes(rest, "succeeded")
    assert (await pair.theirs(name, theirs))["refunded_amount"] == 1234
    assert (await pair.of(payment))["refunded_amount"] == 1234

    await pair.bought(name, 77)
    after = await pair.outside(name)
    assert [late - early for late, early in zip(after, before, strict=True)] == [77, 77]


async def test_paid_there_settled_by_asking_when_no_notice_comes_through(
    pair: Pair, name: Name
) -> None:
    pair.home.fail(NOTICES, "cut", ALWAYS)
    payment, theirs = await pair.bought(name)
    assert (await pair.of(payment))["captured_amount"] == 1000
    assert (await pair.theirs(name, theirs))["captured_amount"] == 1000
    [attempt] = await pair.attempts(payment["id"])
    assert (attempt.state, attempt.pay_url, attempt.payer_ip) == ("succeeded", "", "")


async def test_a_phone_is_sent_to_the_page_for_phones(pair: Pair, name: Name) -> None:
    payment = await pair.begun(name, channel="mobile")
    await pair.pays(await pair.arrives(await pair.page(payment)))
    await pair.becomes(payment, "paid")
    kinds = {"alipay": b"alipay.trade.wap.pay", "wechat": b"/transactions/h5", "stripe": b"POST"}
    assert pair.to[name].count(kinds[name]) >= 1


@pytest.mark.parametrize("fault", ["lose", "stumble", "cut", "mask", "astray"])
async def test_an_order_whose_answer_is_lost_is_doubt_and_is_one_order(
    pair: Pair, name: Name, fault: Any
) -> None:
    before = len(await pair.orders(name))
    pair.to[name].fail(CREATE[name], fault)
    payment = await pair.begun(name)
    if name == "alipay":  # There the browser brings the order.
        page = await pair.page(payment)
        with contextlib.suppress(aiohttp.ClientError, KeyError):
            await pair.arrives(page)
    else:
        await pair.attempt_becomes(payment["id"], "unknown")
        now = await pair.of(payment)
        assert now["status"] == "processing"
        path = f"/v1/payments/{payment['id']}/cancellation"
        refused = await pair.near.call("POST", path, {}, token=pair.shop.key)
        assert refused.json()["code"] == "payment_not_cancelable"
    await pair.pays(await pair.arrives(await pair.page(payment)))
    await pair.becomes(payment, "paid")
    assert len(await pair.orders(name)) == before + 1


async def test_a_rails_code_can_be_scanned_as_long_as_one_may_pay_there(
    pair: Pair, name: Name
) -> None:
    payment = await pair.begun(name)
    url = await pair.page(payment)
    token = payment["cashier_url"].partition("?t=")[2]
    path = f"/v1/cashier/{payment['id']}/rail_qr.svg?t={token}"
    picture = (await pair.near.call("GET", path)).content
    assert picture.startswith(b"<svg")
    await pair.pays(await pair.arrives(url))
    await pair.becomes(payment, "paid")
    gone = await pair.near.call("GET", path)
    assert gone.json()["code"] == "nothing_to_give_up"


async def test_a_stranger_s_notice_of_a_rail_that_is_not_there_is_refused(
    pair: Pair, name: Name
) -> None:
    for rail in ("sandbox_bank", "paypal", name + "x"):
        answer = await pair.near.call("POST", f"/v1/rail_notices/{rail}", {})
        assert answer.json()["code"] == "rail_unknown"


# Not paying -------------------------------------------------------------------------------------


async def test_who_wants_to_pay_another_way_may_once_the_order_there_is_closed(
    pair: Pair, name: Name
) -> None:
    payment = await pair.begun(name)
    theirs = await pair.arrives(await pair.page(payment))
    assert (await pair.given_up(payment)).status_code == 200
    now = await pair.becomes(payment, "open")
    assert now["reason"] == "given_up"
    assert (await pair.theirs(name, theirs))["status"] == "canceled"
    answer = await pair.far.pay(pair.wei, theirs)
    assert answer.json()["code"] == "payment_not_open"
    again = await pair.near.pay(pair.lin, payment, method=name, channel="web")
    assert again.status_code == 200
    await pair.pays(await pair.arrives(await pair.page(payment)))
    await pair.becomes(payment, "paid")


@pytest.mark.parametrize("fault", ["mask", "astray"])
async def test_an_order_is_not_closed_by_the_word_of_somebody_between(
    pair: Pair, name: Name, fault: Any
) -> None:
    payment = await pair.begun(name)
    theirs = await pair.arrives(await pair.page(payment))
    pair.to[name].fail(CLOSE[name], fault)
    assert (await pair.given_up(payment)).status_code == 200
    await pair.becomes(payment, "open")
    assert (await pair.theirs(name, theirs))["status"] == "canceled"


async def test_what_was_paid_before_it_was_given_up_is_paid(pair: Pair, name: Name) -> None:
    pair.home.fail(NOTICES, "cut", ALWAYS)
    payment = await pair.begun(name)
    theirs = await pair.arrives(await pair.page(payment))
    pair.to[name].fail(QUERY[name], "stumble", 2)
    await pair.pays(theirs)
    given = await pair.given_up(payment)
    assert given.status_code in (200, 409), given.text
    await pair.becomes(payment, "paid")
    assert (await pair.theirs(name, theirs))["status"] == "paid"


async def test_an_order_that_is_closed_there_opens_the_payment_here(pair: Pair, name: Name) -> None:
    payment = await pair.begun(name)
    theirs = await pair.arrives(await pair.page(payment))
    path = f"/v1/payments/{theirs['id']}/cancellation"
    await pair.far.done("POST", path, {}, token=pair.sellers[name].key)
    now = await pair.becomes(payment, "open")
    assert (now["reason"], now["captured_amount"]) == ("expired", 0)


async def test_only_who_pays_there_may_give_it_up_and_only_while_it_is_under_way(
    pair: Pair, name: Name
) -> None:
    payment = await pair.begun(name)
    await pair.page(payment)
    token = payment["cashier_url"].partition("?t=")[2]
    path = f"/v1/cashier/{payment['id']}/attempt?t="
    other = await pair.near.person()
    refused = await pair.near.call("DELETE", path + token, token=other.token)
    assert refused.json()["code"] == "payment_not_found"
    refused = await pair.near.call("DELETE", path + "x", token=pair.lin.token)
    assert refused.json()["code"] == "payment_not_found"
    await pair.pays(await pair.arrives(await pair.page(payment)))
    await pair.becomes(payment, "paid")
    refused = await pair.given_up(payment)
    assert refused.json()["code"] == "nothing_to_give_up"


async def test_another_currency_than_the_rail_takes_is_refused_before_anybody_is_sent_there(
    pair: Pair, name: Name
) -> None:
    if name == "stripe":
        pytest.skip("it takes them all")
    payment = await pair.near.payment(pair.shop, 500, currency="USD")
    await pair.near.pay(pair.lin, payment, method=name, channel="web")
    now = await pair.becomes(payment, "open")
    assert now["reason"] == "currency_not_taken"
    assert pair.to[name].seen == []


# Giving back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lose", "stumble", "cut", "mask", "astray"])
async def test_a_refund_whose_answer_is_lost_is_doubt_and_is_one_refund(
    pair: Pair, name: Name, fault: Any
) -> None:
    payment, theirs = await pair.bought(name)
    pair.home.fail(NOTICES, "cut", ALWAYS)
    pair.to[name].fail(REFUND[name], fault)
    refund = await pair.refund(payment, amount=300)
    await pair.attempt_becomes(refund["id"], "unknown")
    balance = await pair.near.done("GET", "/v1/balances", token=pair.shop.key)
    await pair.refund_becomes(refund, "succeeded")
    assert (await pair.of(payment))["refunded_amount"] == 300
    path = f"/v1/payments/{theirs['id']}/refunds"
    back = await pair.far.done("GET", path, token=pair.sellers[name].key)
    assert [one["amount"] for one in back["items"]] == [300]
    assert await pair.near.done("GET", "/v1/balances", token=pair.shop.key) == balance
    [attempt] = await pair.attempts(refund["id"])
    assert attempt.state == "succeeded"


# Notices ----------------------------------------------------------------------------------------


async def their_notice(pair: Pair, name: Name) -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body of the first notice that says that something was paid."""

    async def heard() -> bool:
        return any(PAID[name] in body for _, _, body in pair.home.letters)

    await until(heard)
    return next(one for one in pair.home.letters if PAID[name] in one[2])


async def test_what_was_begun_with_an_account_of_the_other_mode_waits_until_that_is_back(
    pair: Pair, name: Name
) -> None:
    payment = await pair.begun(name)
    theirs = await pair.arrives(await pair.page(payment))
    rail = pair.near.platform.rails[name]
    rail.test_only = False
    try:
        await pair.pays(theirs)
        path, headers, body = await their_notice(pair, name)
        async with aiohttp.ClientSession() as there:
            url = str(pair.near.platform.settings.url) + path
            async with there.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200
        assert (await pair.of(payment))["status"] == "processing"
    finally:
        rail.test_only = True
    await pair.becomes(payment, "paid")


async def test_a_forged_notice_is_refused_and_changes_nothing(pair: Pair, name: Name) -> None:
    payment = await pair.begun(name, 4321)
    theirs = await pair.arrives(await pair.page(payment))
    pair.home.fail(NOTICES, "cut", ALWAYS)
    pair.to[name].fail(QUERY[name], "stumble", ALWAYS)
    await pair.pays(theirs)

    path, headers, body = await their_notice(pair, name)
    before = await pair.near.books()
    mark = {"alipay": b"4321", "wechat": b"ciphertext", "stripe": b"paid"}
    forged = [
        (headers, body.replace(mark[name], mark[name][:-1] + b"2", 1)),
        (headers, body.replace(b"43.21", b"43.22")),
        ({k: v for k, v in headers.items() if k != SIGNATURE[name]}, body.replace(b"sign=", b"s=")),
        (headers, secrets.token_bytes(200)),
        (headers, b""),
        ({}, body[:-9]),
    ]
    async with aiohttp.ClientSession() as stranger:
        url = str(pair.near.platform.settings.url) + path
        pair.home.mend()
        for said, text in forged:
            if (said, text) == (headers, body):
                continue
            async with stranger.post(url, data=text, headers=said) as answer:
                assert answer.status == 403, (said, text)
                assert (await answer.json())["code"] == "rail_notice_refused"
        assert await pair.near.books() == before
        for _ in range(2):
            async with stranger.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200
        paid = await pair.becomes(payment, "paid")
        assert paid["captured_amount"] == 4321
        after = await pair.near.books()
        async with stranger.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200
    assert await pair.near.books() == after
