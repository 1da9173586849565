"""Orders, refunds and what refuses them, signed by hand."""

import json
from typing import Any

import pytest

from tests.wire.platform import Someone
from tests.wire.wechat.street import NATIVE, Merchant, Street

AT = "/v3/pay/transactions"
REFUNDS = "/v3/refund/domestic/refunds"


async def test_an_order_is_paid_queried_and_refunded(
    street: Street, tea: Merchant, lin: Someone
) -> None:
    before = await street.town.balance(lin)
    body = tea.order(attach="桌 7")
    made = await tea.done("POST", NATIVE, body)
    assert set(made) == {"code_url"} and made["code_url"].startswith("http")
    number = body["out_trade_no"]
    open_ = await tea.query(number)
    assert (open_["trade_state"], open_["amount"]) == (
        "NOTPAY",
        {"total": 1000, "currency": "CNY"},
    )
    assert "transaction_id" not in open_
    await street.pays(lin, made["code_url"])
    paid = await tea.query(number)
    assert (paid["trade_state"], paid["trade_type"], paid["attach"]) == (
        "SUCCESS",
        "NATIVE",
        "桌 7",
    )
    assert paid["success_time"].endswith("+08:00") and len(paid["transaction_id"]) <= 32
    same = await tea.done("GET", f"{AT}/id/{paid['transaction_id']}?mchid={tea.mchid}")
    assert same == paid
    refund = await tea.refund(number, 300, reason="少发一件")
    assert (refund["status"], refund["amount"]["refund"]) == ("SUCCESS", 300)
    assert await tea.done("GET", f"{REFUNDS}/{refund['out_refund_no']}") == refund
    assert (await tea.query(number))["trade_state"] == "REFUND"
    assert await street.town.balance(lin) == before - 700


@pytest.mark.parametrize(
    ("way", "more", "field"),
    [
        (
            "h5",
            {"scene_info": {"payer_client_ip": "1.2.3.4", "h5_info": {"type": "Wap"}}},
            "h5_url",
        ),
        ("jsapi", {"payer": {"openid": "o1"}}, "prepay_id"),
        ("app", {}, "prepay_id"),
    ],
)
async def test_every_way_to_ask(tea: Merchant, way: str, more: Any, field: str) -> None:
    body = tea.order(**more)
    made = await tea.done("POST", f"{AT}/{way}", body)
    assert set(made) == {field}
    types = {"h5": "MWEB", "jsapi": "JSAPI", "app": "APP"}
    assert (await tea.query(body["out_trade_no"]))["trade_type"] == types[way]


async def test_the_same_number_and_body_is_the_same_order_and_another_body_is_refused(
    street: Street, tea: Merchant
) -> None:
    body = tea.order()
    first = await tea.done("POST", NATIVE, body)
    spaced = json.dumps(body, indent=2, ensure_ascii=False).encode()
    assert await tea.done("POST", NATIVE, content=spaced) == first
    before = await street.kept()
    for other in (
        {"amount": {"total": 1001, "currency": "CNY"}},
        {"attach": "else"},
        {"notify_url": "https://else.example.com/"},
    ):
        await tea.refused("OUT_TRADE_NO_USED", "POST", NATIVE, body | other)
    await tea.refused("OUT_TRADE_NO_USED", "POST", f"{AT}/app", body)
    assert await street.kept() == before


async def test_a_closed_order_is_closed_for_good(
    street: Street, tea: Merchant, lin: Someone
) -> None:
    body = tea.order()
    made = await tea.done("POST", NATIVE, body)
    at = f"{AT}/out-trade-no/{body['out_trade_no']}/close"
    answer = await tea.call("POST", at, {"mchid": tea.mchid})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await tea.query(body["out_trade_no"]))["trade_state"] == "CLOSED"
    assert (await tea.call("POST", at, {"mchid": tea.mchid})).status_code == 204
    await tea.refused("ORDER_CLOSED", "POST", NATIVE, body)
    payment_id = made["code_url"].partition("/pay/")[2].partition("?")[0]
    paid = await street.tries_to_pay(lin, payment_id, made["code_url"])
    assert paid.json()["code"] == "payment_not_open"
    refund = {
        "out_trade_no": body["out_trade_no"],
        "out_refund_no": "R1",
        "amount": {"refund": 1, "total": 1000, "currency": "CNY"},
    }
    await tea.refused("INVALID_REQUEST", "POST", REFUNDS, refund)


async def test_a_paid_order_is_neither_closed_nor_asked_for_again(
    tea: Merchant, lin: Someone
) -> None:
    paid = await tea.bought(lin, out_trade_no="PAID00001")
    at = f"{AT}/out-trade-no/{paid['out_trade_no']}/close"
    await tea.refused("ORDERPAID", "POST", at, {"mchid": tea.mchid})
    await tea.refused("ORDERPAID", "POST", NATIVE, tea.order(out_trade_no="PAID00001"))


async def test_a_refund_is_never_too_large_and_one_number_is_one_refund(
    street: Street, tea: Merchant, lin: Someone
) -> None:
    number = (await tea.bought(lin))["out_trade_no"]
    amount = {"refund": 600, "total": 1000, "currency": "CNY"}
    body = {"out_trade_no": number, "out_refund_no": "R-1", "amount": amount}
    first = await tea.done("POST", REFUNDS, body)
    assert await tea.done("POST", REFUNDS, body) == first
    before = await street.town.books()
    for code, other in (
        ("INVALID_REQUEST", {"out_refund_no": "R-2"}),
        ("INVALID_REQUEST", {"amount": amount | {"refund": 1}}),
        ("INVALID_REQUEST", {"reason": "else"}),
        ("PARAM_ERROR", {"out_refund_no": "R-3", "amount": amount | {"total": 999}}),
        ("PARAM_ERROR", {"out_refund_no": "R-3", "amount": amount | {"refund": 0}}),
        ("PARAM_ERROR", {"out_refund_no": "R-3", "amount": amount | {"refund": -5}}),
        ("PARAM_ERROR", {"out_refund_no": "R 3"}),
        ("ORDER_NOT_EXIST", {"out_refund_no": "R-3", "out_trade_no": "nothing1"}),
        ("ORDER_NOT_EXIST", {"out_refund_no": "R-3", "transaction_id": "pay_none"}),
    ):
        await tea.refused(code, "POST", REFUNDS, body | other)
    await tea.refused("RESOURCE_NOT_EXISTS", "GET", f"{REFUNDS}/R-9")
    assert await street.town.books() == before


@pytest.mark.parametrize(
    "said",
    [
        {"amount": {"total": 0}},
        {"amount": {"total": -1}},
        {"amount": {"total": 10.5}},
        {"amount": {"total": 10.0}},
        {"amount": {"total": "1000"}},
        {"amount": {"total": True}},
        {"amount": {"total": 2**53}},
        {"amount": {"total": 1, "currency": "XXX"}},
        {"amount": {}},
        {"amount": None},
        {"out_trade_no": "short"},
        {"out_trade_no": "x" * 33},
        {"out_trade_no": "space here"},
        {"out_trade_no": "订单号一二三四五六"},
        {"description": ""},
        {"description": "x" * 128},
        {"attach": "x" * 129},
        {"attach": "a\x00b"},
        {"attach": "\ud800"},
        {"description": "line\nbreak"},
        {"notify_url": ""},
        {"notify_url": "ftp://shop.example.com"},
        {"time_expire": "tomorrow"},
        {"time_expire": "2018-06-08T10:34:56+08:00"},
        {"time_expire": "9999-12-31T23:59:59"},
        {"mchid": "1000000000"},
    ],
)
async def test_what_is_no_order_is_refused_and_changes_nothing(
    street: Street, tea: Merchant, said: Any
) -> None:
    before = await street.kept()
    await tea.refused("PARAM_ERROR", "POST", NATIVE, tea.order(**said))
    assert await street.kept() == before


@pytest.mark.parametrize(
    "amount",
    [b"1e3", b"1000.0", b"1" * 20, b"9" * 60_000, b"01", b"NaN", b"[]", b'"1"', b"0x10", b"1_000"],
)
async def test_an_amount_is_a_whole_number_of_its_smallest_unit(
    street: Street, tea: Merchant, amount: bytes
) -> None:
    text = json.dumps(tea.order(amount={"total": 777})).encode().replace(b"777", amount)
    before = await street.kept()
    await tea.refused("PARAM_ERROR", "POST", NATIVE, content=text)
    assert await street.kept() == before


async def test_a_million_digits_are_not_even_read(street: Street, tea: Merchant) -> None:
    text = json.dumps(tea.order(amount={"total": 777})).encode().replace(b"777", b"9" * 10**6)
    answer = await street.ask("POST", NATIVE, text, {"authorization": "none"})
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_ERROR")


async def test_one_merchant_knows_nothing_of_another(
    street: Street, tea: Merchant, lin: Someone
) -> None:
    other = await street.merchant()
    paid = await tea.bought(lin)
    number, ours = paid["out_trade_no"], paid["transaction_id"]
    at = f"{AT}/out-trade-no/{number}"
    await other.refused("ORDER_NOT_EXIST", "GET", f"{at}?mchid={other.mchid}")
    await other.refused("ORDER_NOT_EXIST", "GET", f"{AT}/id/{ours}?mchid={other.mchid}")
    await other.refused("PARAM_ERROR", "GET", f"{at}?mchid={tea.mchid}")
    await other.refused("ORDER_NOT_EXIST", "POST", f"{at}/close", {"mchid": other.mchid})
    await other.refused("APPID_MCHID_NOT_MATCH", "POST", NATIVE, other.order(appid=tea.appid))
    await other.refused("RESOURCE_NOT_EXISTS", "GET", "/v3/nothing")


async def test_an_expired_order_is_closed(street: Street, tea: Merchant) -> None:
    body = tea.order()
    await tea.done("POST", NATIVE, body)
    street.town.clock.forward(2 * 3600 + 1)
    assert (await tea.query(body["out_trade_no"]))["trade_state"] == "CLOSED"
    await tea.refused("ORDER_CLOSED", "POST", NATIVE, body)
