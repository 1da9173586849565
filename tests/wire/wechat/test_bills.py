"""The day's bills: columns as shops parse them, sums as the books have them."""

import gzip
import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from changliao.dialects.api.wechat.bill_columns import FUNDS, REFUNDED, SOLD, TRADES
from tests.wire.platform import Someone
from tests.wire.wechat.street import Merchant, Street

BEIJING = timezone(timedelta(hours=8))


def today(street: Street) -> str:
    """The day it is in China."""
    return datetime.fromtimestamp(street.town.clock() / 1e6, BEIJING).strftime("%Y-%m-%d")


async def bill(shop: Merchant, target: str) -> tuple[Any, list[list[str]], bytes]:
    """What was offered, the lines of the file, and the file as it came."""
    offered = await shop.done("GET", target)
    assert offered["hash_type"] == "SHA1"
    url = offered["download_url"]
    assert url.startswith(shop.street.url)
    answer = await shop.call("GET", url.removeprefix(shop.street.url))
    assert "wechatpay-signature" not in answer.headers
    raw = answer.content
    text = gzip.decompress(raw) if "GZIP" in target else raw
    assert hashlib.sha1(text, usedforsecurity=False).hexdigest() == offered["hash_value"]
    lines = [line.split(",`") for line in text.decode().removesuffix("\r\n").split("\r\n")]
    return offered, lines, raw


async def test_a_days_trades_and_funds_are_what_the_books_say(street: Street, lin: Someone) -> None:
    shop = await street.merchant()
    none = f"/v3/bill/tradebill?bill_date={today(street)}&bill_type=ALL"
    assert await shop.refused("NO_STATEMENT_EXIST", "GET", none)
    paid = await shop.bought(lin, attach="桌,7`8", description="茶叶, 250g")
    await shop.bought(lin, amount={"total": 5})
    refund = await shop.refund(paid["out_trade_no"], 250)
    at = f"/v3/bill/tradebill?bill_date={today(street)}&bill_type="
    _, lines, _ = await bill(shop, at + "ALL")
    assert lines[0] == [",".join(TRADES)] and len(TRADES) == 27
    rows = [
        dict(zip(TRADES, [line[0].removeprefix("`"), *line[1:]], strict=True))
        for line in lines[1:4]
    ]
    first, second, third = rows
    assert (first["商户订单号"], first["微信订单号"]) == (
        paid["out_trade_no"],
        paid["transaction_id"],
    )
    assert (first["应结订单金额"], first["交易状态"], first["货币种类"]) == (
        "10.00",
        "SUCCESS",
        "CNY",
    )
    assert (first["商品名称"], first["商户数据包"]) == ("茶叶, 250g", "桌,7'8")
    assert first["用户标识"] == paid["payer"]["openid"]
    assert second["订单金额"] == "0.05"
    assert (third["商户退款单号"], third["退款金额"]) == (refund["out_refund_no"], "2.50")
    assert (third["交易状态"], third["应结订单金额"]) == ("REFUND", "0.00")
    totals = ["`3", "10.05", "2.50", "0.00", "0.00", "10.05", "2.50"]
    assert lines[5] == totals and len(lines) == 6
    _, sold, _ = await bill(shop, at + "SUCCESS")
    _, gone, _ = await bill(shop, at + "REFUND&tar_type=GZIP")
    assert (sold[0], len(sold)) == ([",".join(SOLD)], 5)
    assert (gone[0], len(gone)) == ([",".join(REFUNDED)], 4)
    funds = f"/v3/bill/fundflowbill?bill_date={today(street)}&account_type=BASIC"
    _, lines, raw = await bill(shop, funds + "&tar_type=GZIP")
    assert lines[0] == [",".join(FUNDS)]
    moved = [(line[5], line[6], line[7]) for line in lines[1:4]]
    assert moved == [
        ("收入", "10.00", "10.00"),
        ("收入", "0.05", "10.05"),
        ("支出", "2.50", "7.55"),
    ]
    assert lines[5] == ["`3", "2", "10.05", "1", "2.50"]
    # Offered again when more has happened since, the earlier file is still the one that was hashed.
    _, again, _ = await bill(shop, at + "ALL")
    assert again == (await bill(shop, at + "ALL"))[1]
    street.town.clock.forward(86_400)
    yesterday = await bill(shop, funds + "&tar_type=GZIP")
    assert yesterday[2] == raw


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("PARAM_ERROR", "tradebill?bill_date=yesterday"),
        ("PARAM_ERROR", "tradebill"),
        ("PARAM_ERROR", "tradebill?bill_date=2026-01-01&bill_type=SOME"),
        ("PARAM_ERROR", "tradebill?bill_date=2026-01-01&tar_type=ZIP"),
        ("PARAM_ERROR", "fundflowbill?bill_date=2026-01-01&account_type=MINE"),
        ("NO_STATEMENT_EXIST", "fundflowbill?bill_date=2026-01-01&account_type=FEES"),
        ("NO_STATEMENT_EXIST", "tradebill?bill_date=2019-06-11"),
        ("NO_STATEMENT_EXIST", "tradebill?bill_date=2099-06-11"),
    ],
)
async def test_what_is_no_bill_is_refused(tea: Merchant, code: str, target: str) -> None:
    await tea.refused(code, "GET", "/v3/bill/" + target)


@pytest.mark.parametrize("token", ["", "x", "e30", "A" * 600, "%00"])
async def test_a_token_that_we_did_not_make_gives_nothing(tea: Merchant, token: str) -> None:
    await tea.refused("PARAM_ERROR", "GET", f"/v3/billdownload/file?token={token}")


async def test_a_bills_address_is_good_for_its_own_merchant_alone(
    street: Street, lin: Someone
) -> None:
    shop, other = await street.merchant(), await street.merchant()
    await shop.bought(lin)
    target = f"/v3/bill/tradebill?bill_date={today(street)}"
    url = (await shop.done("GET", target))["download_url"].removeprefix(street.url)
    assert len((await shop.call("GET", url)).text.splitlines()) == 4
    theirs = (await other.call("GET", url)).text.splitlines()
    assert len(theirs) == 2  # The same day of another shop: nothing was sold there.
    assert (await street.ask("GET", url, b"", {})).json()["code"] == "SIGN_ERROR"
