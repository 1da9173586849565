"""Transfers and bills in Alipay's words, and books that do not tell in which words they were written."""

import csv
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from changliao.db.driver import Reader
from changliao.kernel.instant import DAY_US
from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Someone, Town

TRANSFER = "alipay.fund.trans.uni.transfer"


def payout(person: Someone, number: str, amount: str = "1.00", **said: Any) -> dict[str, Any]:
    """A transfer to somebody's handle."""
    payee = {"identity": person.handle, "identity_type": "ALIPAY_LOGON_ID"}
    return {"out_biz_no": number, "trans_amount": amount, "payee_info": payee | said}


async def test_a_shop_pays_a_person(town: Town) -> None:
    shop, mei = await alipay_shop(town), await town.person()
    await shop.paid("fund-1", "10.00")
    first = await shop.ask(TRANSFER, payout(mei, "t-1", "2.50"))
    again = await shop.ask(TRANSFER, payout(mei, "t-1", "2.50"))
    told = await shop.ask("alipay.fund.trans.common.query", {"out_biz_no": "t-1"})
    by_id = await shop.ask("alipay.fund.trans.common.query", {"order_id": first["order_id"]})

    assert first == again and first["status"] == "SUCCESS"
    assert (told["status"], told["trans_amount"]) == ("SUCCESS", "2.50") and told == by_id
    assert await town.balance(mei) == 250


async def test_a_shop_pays_back_whoever_bought_by_open_id(town: Town) -> None:
    shop, lin = await alipay_shop(town), await town.person(money=1000)
    await shop.pay(lin, (await shop.precreated("fund-2", "10.00"))["qr_code"])
    told = await shop.ask("alipay.trade.query", {"out_trade_no": "fund-2"})
    biz = payout(lin, "t-2", "0.10")
    biz["payee_info"] = {"identity": told["buyer_open_id"], "identity_type": "ALIPAY_OPEN_ID"}

    assert (await shop.ask(TRANSFER, biz))["status"] == "SUCCESS"
    assert await town.balance(lin) == 10


async def test_a_transfer_that_cannot_be_is_refused_and_moves_nothing(town: Town) -> None:
    shop, mei = await alipay_shop(town), await town.person()
    await shop.paid("fund-3", "1.00")
    await shop.ask(TRANSFER, payout(mei, "t-3", "0.50"))
    ghost = Someone("", "nobody_at_all", "")
    before = await town.everything()
    for biz, sub_code in (
        (payout(mei, "t-3", "0.51"), "PAYMENT_INFO_INCONSISTENCY"),
        (payout(mei, "t-4", "0.51"), "BALANCE_IS_NOT_ENOUGH"),
        (payout(ghost, "t-5", "0.10"), "PAYEE_NOT_EXIST"),
        (payout(mei, "t-5", "0.10", name="Somebody Else"), "PAYEE_USERINFO_ERROR"),
        (payout(mei, "t-5", "0.10", identity_type="ALIPAY_OPEN_ID"), "PAYEE_NOT_EXIST"),
        (payout(mei, "t-5", "0.10", identity_type="CARD"), "ACQ.INVALID_PARAMETER"),
        (payout(mei, "t-5", "0.001"), "ACQ.INVALID_PARAMETER"),
        ({"out_biz_no": "t-5", "trans_amount": "1"}, "ACQ.INVALID_PARAMETER"),
    ):
        assert (await shop.ask(TRANSFER, biz))["sub_code"] == sub_code, biz
    told = await shop.ask("alipay.fund.trans.common.query", {"out_biz_no": "t-9"})
    assert told["sub_code"] == "ORDER_NOT_EXIST"
    assert await town.everything() == before


# Bills --------------------------------------------------------------------------------------


async def bill(shop: AlipayShop, date: str) -> dict[str, list[list[str]]]:
    """The rows of each file of a day's bill."""
    biz = {"bill_type": "trade", "bill_date": date}
    told = await shop.ask("alipay.data.dataservice.bill.downloadurl.query", biz)
    answer = await shop.http.get(told["bill_download_url"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {
        name: list(csv.reader(io.StringIO(archive.read(name).decode("gbk"))))
        for name in archive.namelist()
    }


async def test_a_days_bill_is_a_zip_of_two_gbk_files(tmp_path: Path) -> None:
    town = await Town(tmp_path).start()
    shop = await alipay_shop(town)
    today = (shop.now() + timedelta(hours=8)).strftime("%Y-%m-%d")
    trade_no = await shop.paid("bill-1", "88.80")
    await shop.paid("=bill-2", "1.20")
    biz = {"out_trade_no": "bill-1", "refund_amount": "8.80", "out_request_no": "r-1"}
    await shop.ask("alipay.trade.refund", biz)
    early = await shop.ask(
        "alipay.data.dataservice.bill.downloadurl.query",
        {"bill_type": "trade", "bill_date": today},
    )
    town.clock.ahead_us += DAY_US + 60_000_000

    files = await bill(shop, today)

    assert early["sub_code"] == "isp.bill_not_exist"
    seller = shop.view["values"]["seller_id"]
    stem = f"{seller}0156_{today.replace('-', '')}_业务明细"
    assert list(files) == [f"{stem}.csv", f"{stem}(汇总).csv"]
    rows = [row for row in files[f"{stem}.csv"] if not row[0].startswith("#")]
    head, first, second, third = rows
    assert (len(head), head[0], head[11]) == (25, "支付宝交易号", "订单金额（元）")
    assert all(len(row) == 25 for row in rows)
    assert (first[0].strip(), first[1].strip()) == (trade_no, "bill-1")
    assert (first[2], first[3], first[11], first[12]) == ("交易", "一壶茶", "88.80", "88.80")
    assert second[1].strip() == "'=bill-2"
    assert (third[2], third[11], third[21].strip()) == ("退款", "-8.80", "r-1")
    tail = files[f"{stem}.csv"][-3:]
    assert tail[0][0].startswith("#交易合计：2笔") and "90.00" in tail[0][0]
    total = files[f"{stem}(汇总).csv"][5]
    assert total[2:6] == ["2", "1", "81.20", "81.20"]
    await town.stop()


async def test_a_bill_link_ends_after_30_seconds_and_cannot_be_made_up(tmp_path: Path) -> None:
    town = await Town(tmp_path).start()
    shop, biz = await alipay_shop(town), {"bill_type": "trade", "bill_date": "2026-01-31"}
    method = "alipay.data.dataservice.bill.downloadurl.query"
    url = (await shop.ask(method, biz))["bill_download_url"]
    assert (await shop.http.get(url)).status_code == 200
    for other in (url[:-1], url.replace("2026-01-31", "2026-01-30"), "/bill/x", "/bill/a.b.c.d"):
        assert (await shop.http.get(other)).status_code == 404
    town.clock.forward(32)
    assert (await shop.http.get(url)).status_code == 404
    for wrong in ({"bill_type": "x"}, {"bill_date": "2026-13-01"}, {"bill_date": "2026-01"}):
        assert (await shop.ask(method, biz | wrong))["sub_code"] == "ACQ.INVALID_PARAMETER"
    await town.stop()


# The same story twice -----------------------------------------------------------------------


BOOKS = {
    "ledger": "SELECT kind, amount, currency, mode, code, memo, ref, debit, credit, debit_after,"
    " credit_after FROM ledger_transfers ORDER BY seq",
    "payments": "SELECT id, reference, amount, currency, description, capture, status, method,"
    " captured_amount, refunded_amount, refunding_amount, split, split_amount, unsplit_amount, reason,"
    " version FROM pay_payments ORDER BY reference",
    "refunds": "SELECT reference, payment_id, amount, currency, reason, status, waits_for, tries"
    " FROM pay_refunds ORDER BY amount",
    "splits": "SELECT reference, payment_id, amount, currency, description, finish, rest_amount"
    " FROM pay_splits ORDER BY amount",
    "lines": "SELECT place, kind, receiver, amount, description, returned_amount"
    " FROM pay_split_lines ORDER BY amount",
    "transfers": "SELECT reference, amount, currency, description, person_id, status"
    " FROM pay_transfers ORDER BY reference",
    "facts": "SELECT kind, about FROM facts WHERE kind LIKE 'payment.%' OR kind LIKE 'refund.%'"
    " OR kind LIKE 'split.%' OR kind LIKE 'transfer.%' ORDER BY seq",
}
"""What was written, but for moments."""


def books(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
    """What moved and what pay knows of it: ids are numbered as they first appear."""
    names: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return re.sub(
            r"\b[a-z]{2,4}_[0-9A-Z]{26}", lambda m: names.setdefault(m[0], f"#{len(names)}"), value
        )

    return {
        table: [tuple(plain(value) for value in row) for row in reader.query(sql)]
        for table, sql in BOOKS.items()
    }


async def test_the_same_story_natively_and_in_the_dialect_leaves_equal_books(
    tmp_path: Path,
) -> None:
    found = []
    for told_by in ("native", "alipay"):
        (tmp_path / told_by).mkdir()
        town = await Town(tmp_path / told_by).start()
        lin = await town.person("lin", money=10_000)
        await (_natively if told_by == "native" else _by_alipay)(town, lin)
        await town.settled()
        assert await town.wrong() == []
        found.append(await town.platform.db.read(books))
        await town.stop()

    native, dialect = found
    for table, rows in native.items():
        assert rows == dialect[table], table
    assert [len(rows) for rows in native.values()] == [10, 4, 2, 2, 2, 1, 17]


async def _natively(town: Town, lin: Someone) -> None:
    shop, other = await town.shop(), await town.shop()

    async def do(payment: Any, what: str, **body: Any) -> bool:
        path = f"/v1/payments/{payment['id']}/{what}"
        number = body.pop("number", "")  # Alipay's are unique per trade only.
        body |= {"reference": f"{payment['id']}/{number}"} if number else {}
        return (await town.call("POST", path, body, token=shop.key)).is_success

    async def paid(number: str, amount: int, **said: Any) -> Any:
        return await town.paid(lin, shop, amount, reference=number, description="一壶茶", **said)

    first = await paid("s-1", 3000)
    for amount, number, well in ((500, "r-1", True), (2501, "r-2", False), (2500, "r-2", True)):
        assert await do(first, "refunds", amount=amount, number=number) is well
    gone = await town.payment(shop, 1, reference="s-2", description="一壶茶")
    assert await do(gone, "cancellation")
    assert not await do(gone, "refunds", amount=1, number="r-3")
    await paid("s-3", 1234)
    shared = await paid("s-4", 1000, split=True)
    app = {"kind": "app", "id": other.app_id, "amount": 600, "description": "货款"}
    person = {"kind": "person", "id": lin.id, "amount": 50, "description": ""}
    assert await do(shared, "splits", receivers=[app], number="p-1")
    assert not await do(shared, "splits", receivers=[app], number="p-2")
    assert await do(shared, "splits", receivers=[person], number="p-2", finish=True)
    body = {"amount": 34, "currency": "CNY", "reference": "t-1", "person": "lin"}
    await town.done("POST", "/v1/transfers", body, token=shop.key)


async def _by_alipay(town: Town, lin: Someone) -> None:
    shop, other = await alipay_shop(town), await alipay_shop(town)

    async def do(number: str, what: str, **biz: Any) -> bool:
        told = await shop.ask(f"alipay.trade.{what}", {"out_trade_no": number} | biz)
        return bool(told["code"] == "10000")

    await shop.pay(lin, (await shop.precreated("s-1", "30.00"))["qr_code"])
    for amount, number, well in (
        ("5.00", "r-1", True),
        ("25.01", "r-2", False),
        ("25", "r-2", True),
    ):
        assert await do("s-1", "refund", refund_amount=amount, out_request_no=number) is well
    await shop.precreated("s-2", "0.01")
    assert await do("s-2", "close")
    assert not await do("s-2", "refund", refund_amount="0.01", out_request_no="r-3")
    await shop.pay(lin, (await shop.precreated("s-3", "12.34"))["qr_code"])
    biz: dict[str, Any] = {"out_trade_no": "s-4", "total_amount": "10.00", "subject": "一壶茶"}
    biz |= {"extend_params": {"royalty_freeze": "true"}}
    await shop.pay(lin, (await shop.ask("alipay.trade.precreate", biz))["qr_code"])
    app = {"trans_in": other.view["values"]["seller_id"], "amount": "6.00", "desc": "货款"}
    person = {"trans_in_type": "loginName", "trans_in": "lin", "amount": "0.50"}
    end = {"royalty_finish": "true"}
    for number, line, more, well in (
        ("p-1", app, {}, True),
        ("p-2", app, {}, False),
        ("p-2", person, end, True),
    ):
        said: Any = {"out_request_no": number, "royalty_parameters": [line], "extend_params": more}
        assert await do("s-4", "order.settle", **said) is well
    assert (await shop.ask(TRANSFER, payout(lin, "t-1", "0.34")))["status"] == "SUCCESS"


# Splits -------------------------------------------------------------------------------------

SETTLE = "alipay.trade.order.settle"


async def test_a_paid_trade_is_shared_among_a_shop_and_a_person(town: Town) -> None:
    shop, other, mei = await alipay_shop(town), await alipay_shop(town), await town.person()
    lin = await town.person(money=10_000)
    biz = {
        "out_trade_no": "split-1",
        "total_amount": "10.00",
        "subject": "一壶茶",
        "extend_params": {"royalty_freeze": "true"},
    }
    told = await shop.ask("alipay.trade.precreate", biz)
    trade_no = await shop.pay(lin, told["qr_code"])
    seller = other.view["values"]["seller_id"]
    share = {
        "out_request_no": "s-1",
        "trade_no": trade_no,
        "royalty_parameters": [
            {"trans_in_type": "userId", "trans_in": seller, "amount": "6.00", "desc": "货款"},
            {"trans_in_type": "loginName", "trans_in": mei.handle, "amount": 0.5},
        ],
        "extend_params": {"royalty_finish": "true"},
    }
    first = await shop.ask(SETTLE, share)
    again = await shop.ask(SETTLE, share)

    assert first == again and first["settle_no"].startswith("spl_")
    assert await town.balance(mei) == 50
    for one, balance in ((shop, 350), (other, 600)):
        found = await town.done("GET", "/v1/balances", token=one.shop.key)
        assert [item["balance"] for item in found["items"]] == [balance]
    assert await town.wrong() == []


async def test_a_split_that_cannot_be_is_refused_and_moves_nothing(town: Town) -> None:
    shop, mei = await alipay_shop(town), await town.person()
    trade_no = await shop.paid("split-2", "1.00")
    await shop.precreated("split-3")

    def share(amount: Any = "0.10", number: str = "s-9", **said: Any) -> dict[str, Any]:
        line = {"trans_in_type": "loginName", "trans_in": mei.handle, "amount": amount} | said
        return {"out_request_no": number, "trade_no": trade_no, "royalty_parameters": [line]}

    assert (await shop.ask(SETTLE, share(number="s-1")))["code"] == "10000"
    before = await town.everything()
    for biz, sub_code in (
        (share("0.11", "s-1"), "ACQ.DISCORDANT_REPEAT_REQUEST"),
        (share("1.00"), "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"),
        (share(trans_in="nobody_at_all"), "ACQ.ROYALTY_ACCOUNT_NOT_EXIST"),
        (
            share(trans_in_type="userId", trans_in="2088000000000000"),
            "ACQ.ROYALTY_ACCOUNT_NOT_EXIST",
        ),
        (share(trans_in_type="userId", trans_in="opn_x"), "ACQ.ROYALTY_ACCOUNT_NOT_EXIST"),
        (share(trans_in_type="userId", trans_in=shop.number), "ACQ.INVALID_PARAMETER"),
        (share(trans_in_type="cardAliasNo"), "ACQ.INVALID_PARAMETER"),
        (share(trans_out="2088000000000000"), "ACQ.INVALID_PARAMETER"),
        (share(royalty_type="replenish"), "ACQ.INVALID_PARAMETER"),
        (share("0.001"), "ACQ.INVALID_PARAMETER"),
        (share() | {"royalty_parameters": "x"}, "ACQ.INVALID_PARAMETER"),
        (share() | {"royalty_parameters": []}, "ACQ.INVALID_PARAMETER"),
        (share() | {"trade_no": "", "out_trade_no": "split-3"}, "ACQ.TRADE_STATUS_ERROR"),
        (share() | {"trade_no": "pay_nobody"}, "ACQ.TRADE_NOT_EXIST"),
    ):
        told = await shop.ask(SETTLE, biz)
        assert told.get("sub_code") == sub_code, (biz, told)
    for name in ("royalty_info", "settle_info", "sub_merchant"):
        biz = {"out_trade_no": "x", "total_amount": "1", "subject": "x", name: {"a": "b"}}
        told = await shop.ask("alipay.trade.precreate", biz)
        assert told["sub_code"] == "ACQ.INVALID_PARAMETER" and name in told["sub_msg"]
    back = {"out_trade_no": "split-2", "refund_amount": "0.10"}
    told = await shop.ask(
        "alipay.trade.refund", back | {"refund_royalty_parameters": [{"amount": "0.10"}]}
    )
    assert told["sub_code"] == "ACQ.INVALID_PARAMETER"
    assert await town.everything() == before
