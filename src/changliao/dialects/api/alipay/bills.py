"""Daily bills as Alipay shapes them: a zip of two CSV files in GBK, behind a link that ends soon."""

import base64
import csv
import hashlib
import hmac
import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from typing import Any

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.dialects import numbers, service
from changliao.dialects.api.alipay import faults
from changliao.dialects.api.alipay.errand import CURRENCY, DIALECT, Errand, order_number
from changliao.dialects.api.alipay.forms import shown, text, yuan
from changliao.dialects.api.alipay.refunds import number_of
from changliao.dialects.api.ground import Ground
from changliao.dialects.model import Account
from changliao.kernel.instant import MINUTE_US, SECOND_US
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import Day, DayInvalid, PaymentNotFound, Trade, TradeMark
from changliao.wire.call import Answer, Call

LINK_S = 30
"""How long a link works (Alipay's docs: 30 seconds)."""
SLICE = 500
BEIJING = "+08:00"
_PURPOSE = "alipay bills"
_CLOSED_AFTER_US = MINUTE_US
_NONE = faults.failed("isp.bill_not_exist", "账单不存在 (there is no such bill, or not yet)")

DETAIL = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
    "分润（元）,备注"
).split(",")
TOTALS = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,"
    "商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
).split(",")
_RULE = "-" * 40


async def link(errand: Errand) -> dict[str, Any]:
    """alipay.data.dataservice.bill.downloadurl.query: `trade` is what was sold and given back. The bill
    of a day is there a minute after it ended in Beijing; months are not kept as one file."""
    kind = text(errand.biz, "bill_type", 20, needed=True)
    if kind != "trade":
        raise faults.parameter("bill_type", "trade; the fund bill is GET /v1/bills/funds")
    date = text(errand.biz, "bill_date", 10, needed=True)
    try:
        day = pay.day_of(date, BEIJING)
    except DayInvalid:
        raise faults.parameter("bill_date", "yyyy-MM-dd") from None
    if errand.now < day.until_at + _CLOSED_AFTER_US:
        raise _NONE
    until = errand.now // SECOND_US + LINK_S
    said = f"{errand.known.account.id}.{date}.{until}"
    token = f"{said}.{_stamp(errand.ground, said)}"
    return {"bill_download_url": f"{errand.url}/bill/{token}"}


def _stamp(ground: Ground, said: str) -> str:
    key = ground.db.vault.derive(_PURPOSE)
    raw = hashlib.blake2b(said.encode(), key=key, digest_size=24).digest()
    return base64.urlsafe_b64encode(raw).decode()


class Download:
    """`GET /bill/{token}`: the file that a link of a moment ago leads to."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def __call__(self, call: Call, token: str) -> Answer:
        """The zip, slice by slice. A link that is old or not ours leads nowhere."""
        said, _, stamp = token.rpartition(".")
        if not hmac.compare_digest(_stamp(self._ground, said).encode(), stamp.encode()):
            raise PaymentNotFound(field="token")
        account_id, date, until = said.split(".")
        db = self._ground.db
        account = await db.read(service.account, account_id)
        if int(until) < db.clock() // SECOND_US or account is None or account.closed_at:
            raise PaymentNotFound(field="token")
        caller = await db.read(service.caller_as, account)
        name = f"{account.alias}_{date.replace('-', '')}"
        return Answer(
            content_type="application/zip",
            headers=(("content-disposition", f'attachment; filename="{name}.csv.zip"'),),
            stream=zipped(db, caller, account, date),
        )


class _Pipe(io.RawIOBase):
    """What a zip is written into, to be taken out piece by piece."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


async def zipped(db: Db, caller: Caller, account: Account, date: str) -> AsyncIterator[bytes]:
    """The two files of a day: every row, and the sums."""
    day, pipe = pay.day_of(date, BEIJING), _Pipe()
    name = f"{account.alias}0156_{date.replace('-', '')}_业务明细"
    sums = _Sums()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{name}.csv", "w") as file:
            file.write(_lines(_heading("业务明细查询", account, day, "业务明细列表")))
            file.write(_rows([DETAIL]))
            mark: TradeMark | None = TradeMark()
            while mark is not None:
                trades, mark = await db.read(_trades, caller, day, mark)
                file.write(_rows(_detail(one) for one in trades))
                sums.count(trades)
                yield pipe.take()
            file.write(_lines([f"#{_RULE}业务明细列表结束{_RULE}", *sums.said(db.clock())]))
        with archive.open(f"{name}(汇总).csv", "w") as file:
            file.write(_lines(_heading("业务汇总查询", account, day, "业务汇总列表")))
            file.write(_rows([TOTALS, sums.row()]))
            file.write(_lines([f"#{_RULE}业务汇总列表结束{_RULE}", *sums.said(db.clock())]))
    yield pipe.take()


def _trades(
    reader: Reader, caller: Caller, day: Day, mark: TradeMark
) -> tuple[list[Trade], TradeMark | None]:
    """A slice of what was sold in yuan; what another dialect sold is on that one's bill."""
    page = pay.trades(reader, caller, day, mark, SLICE)
    sold = [one for one in page.items if one.payment.currency == CURRENCY]
    return [one for one in sold if numbers.is_of(reader, one.payment, DIALECT)], page.next


class _Sums:
    """What a bill adds up to, in fen."""

    def __init__(self) -> None:
        self.paid = self.amount = self.refunds = self.refunded = 0

    def count(self, trades: Iterable[Trade]) -> None:
        """Add these rows."""
        for one in trades:
            if one.refund is None:
                self.paid, self.amount = self.paid + 1, self.amount + one.amount
            else:
                self.refunds, self.refunded = self.refunds + 1, self.refunded + one.amount

    def row(self) -> list[str]:
        """The one line of the summary."""
        net = yuan(self.amount - self.refunded)
        zero = ["0.00"] * 5
        return ["合计", "", str(self.paid), str(self.refunds), net, net, *zero, net]

    def said(self, now: int) -> list[str]:
        """The last lines of both files."""
        return [
            f"#交易合计：{self.paid}笔，商家实收共{yuan(self.amount)}元，商家优惠共0.00元",
            f"#退款合计：{self.refunds}笔，商家实收退款共-{yuan(self.refunded)}元，商家优惠退款共0.00元",
            f"#导出时间：[{shown(now)}]",
        ]


def _heading(what: str, account: Account, day: Day, of: str) -> list[str]:
    return [
        f"#支付宝{what}",
        f"#账号：[{account.alias}0156]",
        f"#起始日期：[{shown(day.from_at)}]   终止日期：[{shown(day.until_at)}]",
        f"#{_RULE}{of}{_RULE}",
    ]


def _detail(one: Trade) -> list[str]:
    """A row. Numbers end in a tab, as Alipay's do, so that no spreadsheet takes them for figures; a
    refund's amounts are negative."""
    back = one.refund is not None
    amount = yuan(-one.amount if back else one.amount)
    zero = ["0.00"] * 5
    return [
        f"{one.payment.id}\t",
        f"{order_number(one.payment)}\t",
        "退款" if back else "交易",
        one.payment.description,
        shown(one.payment.created_at),
        shown(one.at),
        *("", "", "", "", "***"),
        *(amount, amount),
        *zero,
        *("", "0.00", "0.00"),
        number_of(one.refund.reference) + "\t" if one.refund is not None else "",
        *("0.00", "0.00"),
        one.refund.reason if one.refund is not None else "",
    ]


def _rows(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [_harmless(cell) for cell in row] for row in rows
    )
    return _gbk(text.getvalue())


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; an amount below zero stays what it is."""
    bad = cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not cell[1:2].isdigit())
    return "'" + cell if bad else cell


def _lines(lines: Iterable[str]) -> bytes:
    return _gbk("".join(f"{line}\r\n" for line in lines))


def _gbk(text: str) -> bytes:
    return text.encode("gb18030", "replace")
