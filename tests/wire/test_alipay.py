"""Alipay's gateway: orders, refunds, and every refusal its callers know, by a client of its docs."""

import asyncio
from typing import Any

import pytest

from tests.wire.alipay_shop import AlipayShop, alipay_shop, query
from tests.wire.platform import Town


async def test_the_whole_way_of_an_order(town: Town) -> None:
    shop = await alipay_shop(town)
    told = await shop.precreated("way-1", "88.80", notify_url="http://127.0.0.1:9/n")
    waiting = await shop.ask("alipay.trade.query", {"out_trade_no": "way-1"})
    trade_no = await shop.pay(await town.person(money=10_000), told["qr_code"])
    paid = await shop.ask("alipay.trade.query", {"out_trade_no": "way-1"})
    biz = {"out_trade_no": "way-1", "refund_amount": "8.80", "out_request_no": "r-1"}
    refund = await shop.ask("alipay.trade.refund", biz)
    again = await shop.ask("alipay.trade.refund", biz)
    asked = {"out_trade_no": "way-1", "out_request_no": "r-1"}
    looked = await shop.ask("alipay.trade.fastpay.refund.query", asked)

    assert (waiting["trade_status"], waiting["total_amount"]) == ("WAIT_BUYER_PAY", "88.80")
    assert waiting["buyer_pay_amount"] == "0.00" and "buyer_open_id" not in waiting
    assert (paid["trade_status"], paid["trade_no"]) == ("TRADE_SUCCESS", trade_no)
    assert paid["buyer_pay_amount"] == paid["receipt_amount"] == "88.80"
    assert paid["buyer_open_id"].startswith("opn_") and len(paid["send_pay_date"]) == 19
    assert (refund["fund_change"], refund["refund_fee"]) == ("Y", "8.80")
    assert (again["fund_change"], again["refund_fee"]) == ("N", "8.80")
    assert (looked["refund_status"], looked["refund_amount"]) == ("REFUND_SUCCESS", "8.80")
    assert await town.wrong() == []


async def test_all_of_it_refunded_is_a_closed_trade(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.paid("full", "10.00")
    biz = {"out_trade_no": "full", "refund_amount": "10"}
    assert (await shop.ask("alipay.trade.refund", biz))["refund_fee"] == "10.00"

    told = await shop.ask("alipay.trade.query", {"out_trade_no": "full"})
    more = await shop.ask("alipay.trade.refund", biz | {"out_request_no": "more"})

    assert told["trade_status"] == "TRADE_CLOSED"
    assert more["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


async def test_a_refund_without_a_number_happens_once(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.paid("once", "10.00")
    biz = {"out_trade_no": "once", "refund_amount": "3.00"}

    told = [await shop.ask("alipay.trade.refund", biz) for _ in range(3)]

    assert [one["fund_change"] for one in told] == ["Y", "N", "N"]
    assert {one["refund_fee"] for one in told} == {"3.00"}


async def test_the_same_request_number_belongs_to_each_trade_alone(town: Town) -> None:
    shop = await alipay_shop(town)
    for number in ("two-a", "two-b"):
        await shop.paid(number)
        biz = {"out_trade_no": number, "refund_amount": "1.00", "out_request_no": "1"}
        assert (await shop.ask("alipay.trade.refund", biz))["fund_change"] == "Y"


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("nothing", "query", {}, "ACQ.INVALID_PARAMETER"),
    ("query", "query", {"out_trade_no": "nobody"}, "ACQ.TRADE_NOT_EXIST"),
    ("query by trade_no", "query", {"trade_no": "pay_nobody"}, "ACQ.TRADE_NOT_EXIST"),
    ("close", "close", {"out_trade_no": "nobody"}, "ACQ.TRADE_NOT_EXIST"),
    ("close a paid one", "close", {"out_trade_no": "paid"}, "ACQ.TRADE_STATUS_ERROR"),
    (
        "refund too large",
        "refund",
        {"out_trade_no": "paid", "refund_amount": "10.01"},
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    ),
    (
        "refund of an open one",
        "refund",
        {"out_trade_no": "open", "refund_amount": "1"},
        "ACQ.TRADE_STATUS_ERROR",
    ),
    (
        "refund of nothing",
        "refund",
        {"out_trade_no": "paid", "refund_amount": "0.00"},
        "ACQ.INVALID_PARAMETER",
    ),
    ("scan", "pay", {"out_trade_no": "s", "auth_code": "28"}, "ACQ.PAYMENT_AUTH_CODE_INVALID"),
    (
        "pay a paid one",
        "precreate",
        {"out_trade_no": "paid", "total_amount": "10.00", "subject": "一壶茶"},
        "ACQ.TRADE_HAS_SUCCESS",
    ),
    (
        "pay a closed one",
        "precreate",
        {"out_trade_no": "closed", "total_amount": "10.00", "subject": "一壶茶"},
        "ACQ.TRADE_HAS_CLOSE",
    ),
    (
        "other amount",
        "precreate",
        {"out_trade_no": "open", "total_amount": "10.01", "subject": "一壶茶"},
        "ACQ.CONTEXT_INCONSISTENT",
    ),
    (
        "other subject",
        "precreate",
        {"out_trade_no": "open", "total_amount": "10.00", "subject": "两壶茶"},
        "ACQ.CONTEXT_INCONSISTENT",
    ),
    (
        "other passback",
        "precreate",
        {"out_trade_no": "open", "total_amount": "10", "subject": "一壶茶", "passback_params": "x"},
        "ACQ.CONTEXT_INCONSISTENT",
    ),
]


@pytest.fixture(scope="module")
async def stocked(town: Town) -> AlipayShop:
    """A shop with an order of every kind."""
    shop = await alipay_shop(town)
    await shop.paid("paid")
    await shop.precreated("open")
    await shop.precreated("closed")
    assert (await shop.ask("alipay.trade.close", {"out_trade_no": "closed"}))["code"] == "10000"
    return shop


@pytest.mark.parametrize(
    ("method", "biz", "sub_code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_a_business_refusal_is_signed_with_http_200_and_changes_nothing(
    stocked: AlipayShop, method: str, biz: dict[str, Any], sub_code: str
) -> None:
    before = await stocked.town.everything()

    told = await stocked.ask(f"alipay.trade.{method}", biz)

    assert (told["code"], told["msg"], told["sub_code"]) == ("40004", "Business Failed", sub_code)
    assert told["sub_msg"]
    assert await stocked.town.everything() == before


async def test_another_amount_under_the_same_request_number_is_refused(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.paid("disc")
    biz = {"out_trade_no": "disc", "refund_amount": "1.00", "out_request_no": "r"}
    await shop.ask("alipay.trade.refund", biz)
    before = await town.everything()

    told = await shop.ask("alipay.trade.refund", biz | {"refund_amount": "1.01"})

    assert told["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert await town.everything() == before


async def test_a_shop_without_money_is_refused_and_no_refund_waits(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.paid("poor", "10.00")
    mei = await town.person()
    biz = {
        "out_biz_no": "out",
        "trans_amount": "9.99",
        "payee_info": {"identity": mei.handle, "identity_type": "ALIPAY_LOGON_ID"},
    }
    assert (await shop.ask("alipay.fund.trans.uni.transfer", biz))["status"] == "SUCCESS"
    before = await town.everything()

    told = await shop.ask("alipay.trade.refund", {"out_trade_no": "poor", "refund_amount": "1.00"})

    assert told["sub_code"] == "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    assert await town.everything() == before


async def test_another_shops_trades_do_not_exist(stocked: AlipayShop, town: Town) -> None:
    stranger = await alipay_shop(town)
    trade_no = (await stocked.ask("alipay.trade.query", {"out_trade_no": "paid"}))["trade_no"]
    for method in ("query", "close", "cancel"):
        for biz in ({"trade_no": trade_no}, {"out_trade_no": "paid"}):
            told = await stranger.ask(f"alipay.trade.{method}", biz)
            assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    biz = {"trade_no": trade_no, "refund_amount": "1"}
    assert (await stranger.ask("alipay.trade.refund", biz))["sub_code"] == "ACQ.TRADE_NOT_EXIST"


async def test_what_is_sold_natively_in_another_currency_is_no_trade(town: Town) -> None:
    shop = await alipay_shop(town)
    sold = await town.payment(shop.shop, 100, currency="JPY", reference="yen")
    mine = await town.payment(shop.shop, 100, reference="yuan")
    for biz in ({"trade_no": sold["id"]}, {"out_trade_no": "yen"}):
        told = await shop.ask("alipay.trade.query", biz)
        assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    told = await shop.ask("alipay.trade.query", {"out_trade_no": "yuan"})
    assert (told["trade_no"], told["total_amount"]) == (mine["id"], "1.00")


async def test_canceling_closes_what_is_open_and_refunds_what_is_paid(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.precreated("c-open")
    await shop.paid("c-paid")
    for number, action, status in (
        ("c-open", "close", "TRADE_CLOSED"),
        ("c-paid", "refund", "TRADE_CLOSED"),
    ):
        told = await shop.ask("alipay.trade.cancel", {"out_trade_no": number})
        assert (told["code"], told["retry_flag"], told["action"]) == ("10000", "N", action)
        again = await shop.ask("alipay.trade.cancel", {"out_trade_no": number})
        assert (again["code"], again["retry_flag"]) == ("10000", "N")
        now = await shop.ask("alipay.trade.query", {"out_trade_no": number})
        assert now["trade_status"] == status
    assert await town.wrong() == []


async def test_closing_twice_is_answered_the_same(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.precreated("twice")
    told = [await shop.ask("alipay.trade.close", {"out_trade_no": "twice"}) for _ in range(2)]

    assert told[0] == told[1] and told[0]["code"] == "10000"


async def test_the_same_order_at_once_is_one_trade(town: Town) -> None:
    shop = await alipay_shop(town)
    told = await asyncio.gather(*(shop.precreated("at-once") for _ in range(8)))

    assert len({one["qr_code"] for one in told}) == 1


async def test_a_refund_nobody_asked_for_has_no_status(stocked: AlipayShop) -> None:
    biz = {"out_trade_no": "paid", "out_request_no": "nobody"}
    told = await stocked.ask("alipay.trade.fastpay.refund.query", biz)

    assert told == {"code": "10000", "msg": "Success"}


# Browsers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["get", "split", "form"])
@pytest.mark.parametrize(
    ("method", "product"),
    [
        ("page", "FAST_INSTANT_TRADE_PAY"),
        ("wap", "QUICK_WAP_WAY"),
        ("wap", "QUICK_WAP_PAY"),
    ],
)
async def test_a_browser_is_led_to_the_cashier(
    town: Town, method: str, product: str, how: str
) -> None:
    shop = await alipay_shop(town)
    biz = {
        "out_trade_no": f"{method}-{how}",
        "total_amount": "12.30",
        "subject": "茶 & <b>杯</b>",
        "product_code": product,
    }
    said = shop.params(f"alipay.trade.{method}.pay", biz)

    answer = await shop.send(said, how=how)

    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://changliao.localhost/pay/pay_")
    told = await shop.ask("alipay.trade.query", {"out_trade_no": f"{method}-{how}"})
    assert (told["subject"], told["total_amount"]) == ("茶 & <b>杯</b>", "12.30")


async def test_a_browser_is_told_why_not_in_both_languages(stocked: AlipayShop) -> None:
    biz = {"out_trade_no": "closed", "total_amount": "10.00", "subject": "一壶茶"}
    answers = [
        await stocked.send(stocked.params("alipay.trade.page.pay", biz), how="get"),
        await stocked.send(
            stocked.params("alipay.trade.page.pay", biz) | {"sign": "AA=="}, how="get"
        ),
    ]
    for answer, code in zip(answers, ("ACQ.TRADE_HAS_CLOSE", "isv.invalid-signature"), strict=True):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert "无法付款" in answer.text and "Cannot pay" in answer.text and code in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_app_gets_the_cashier_for_its_order_string(town: Town) -> None:
    shop = await alipay_shop(town)
    biz = {"out_trade_no": "app-1", "total_amount": "1", "subject": "x"}

    told = await shop.ask("alipay.trade.app.pay", biz, how="form")

    assert told["cashier_url"].startswith("http://changliao.localhost/pay/")
    assert (told["out_trade_no"], told["total_amount"]) == ("app-1", "1.00")


# The way back -------------------------------------------------------------------------------


async def _back(shop: AlipayShop, number: str, return_url: str, *, pays: bool) -> str:
    """Where the cashier sends the person, followed to our own address and from there on."""
    biz = {"out_trade_no": number, "total_amount": "5.00", "subject": "x"}
    said = shop.params("alipay.trade.page.pay", biz, return_url=return_url)
    cashier = (await shop.send(said, how="get")).headers["location"]
    lin = await shop.town.person(money=1000)
    if pays:
        await shop.pay(lin, cashier)
    payment_id, _, token = cashier.partition("/pay/")[2].partition("?t=")
    view = await shop.town.done("GET", f"/v1/cashier/{payment_id}?t={token}", token=lin.token)
    answer = await shop.http.get(view["return_to"])
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def test_whoever_paid_comes_back_with_signed_parameters(town: Town) -> None:
    shop = await alipay_shop(town)
    url = await _back(shop, "back-1", "https://shop.example/done?x=1#top", pays=True)

    assert url.startswith("https://shop.example/done?x=1&") and url.endswith("#top")
    told = query(url.partition("#")[0])
    told.pop("x")
    verified = shop.verified("&".join(url.partition("#")[0].split("&")[1:]).encode())
    assert verified["out_trade_no"] == "back-1" and verified["total_amount"] == "5.00"
    assert verified["method"] == "alipay.trade.page.pay.return"
    assert set(told) == {
        *("out_trade_no", "trade_no", "total_amount", "app_id", "auth_app_id", "method"),
        *("sign_type", "charset", "timestamp", "version", "seller_id", "sign"),
    }


async def test_whoever_left_unpaid_comes_back_without_a_signed_word(town: Town) -> None:
    shop = await alipay_shop(town)
    url = await _back(shop, "back-2", "https://shop.example/done", pays=False)

    assert url == "https://shop.example/done"


async def test_a_way_back_that_the_cashier_did_not_sign_leads_nowhere(town: Town) -> None:
    shop = await alipay_shop(town)
    trade_no = await shop.paid("back-3")
    for signature in ("", "AA", "ü", "A" * 86):
        said = {"payment_id": trade_no, "status": "paid", "timestamp": "1", "signature": signature}
        answer = await shop.http.get("/return", params=said)
        assert answer.status_code == 404
