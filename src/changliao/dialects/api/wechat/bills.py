"""The day's trade bill and fund-flow bill: a hash first, then the file of the format that shops parse.

Source of the columns: WeChat Pay's pages on bill formats. Every cell begins with a backtick.
"""

import asyncio
import base64
import hashlib
import re
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator

import msgspec

from changliao.db.driver import Reader
from changliao.dialects import numbers
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times
from changliao.dialects.api.wechat.bill_columns import (
    FUND_TOTALS,
    FUNDS,
    REFUNDED,
    SOLD,
    TRADE_TOTALS,
    TRADES,
    fund_row,
    trade_row,
)
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import DIALECT
from changliao.dialects.api.wechat.partner import seller
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import Particulars
from changliao.kernel.instant import MINUTE_US
from changliao.kernel.value import Value, View
from changliao.pay import service as pay
from changliao.pay.model import Day, Line, Trade, TradeMark
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Routes

SLICE = 500
CLOSED_AFTER_US = MINUTE_US
"""A day is whole a minute after it ended."""
COLUMNS = {"ALL": TRADES, "SUCCESS": SOLD, "REFUND": REFUNDED}
TOKEN_MAX = 500
_HOST = re.compile(r"[0-9A-Za-z.\-:\[\]]{1,255}")
_GZIP = (
    31  # zlib's word for a gzip file (RFC 1952); its header holds no time, so it is the same again.
)


Row = tuple[Trade, Particulars | None]


class Wanted(Value, frozen=True):
    """One bill, so that the same file can be made again. It is no secret: who downloads signs for it,
    and is given nothing but own rows. `until` is when the rows end that were hashed."""

    kind: str
    date: str
    part: str
    until: int
    zipped: bool = False
    seller: str = ""


class BillView(View, frozen=True):
    """Where a bill can be had, and the digest of what is in it, unzipped."""

    hash_type: str
    hash_value: str
    download_url: str


class Totals:
    """What a bill adds up to, per currency."""

    def __init__(self) -> None:
        self.rows = 0
        self.sums: dict[str, list[int]] = {}

    def add(self, currency: str, amounts: Iterable[int]) -> None:
        """Count a row with these amounts."""
        self.rows += 1
        amounts = list(amounts)
        earlier = self.sums.get(currency, [0] * (len(amounts) + 1))
        self.sums[currency] = [a + b for a, b in zip(earlier, [1, *amounts], strict=True)]


class Bills:
    """The addresses of bills."""

    def __init__(self, ground: Ground, door: Door, url: str) -> None:
        self._ground, self._door, self._url = ground, door, url
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Bills"), self._door
        api.get("/v3/bill/tradebill", guard=door)(door.signs(self.trade_bill))
        api.get("/v3/bill/fundflowbill", guard=door)(door.signs(self.fund_bill))
        api.get("/v3/billdownload/file", guard=door)(self.download)
        return api

    async def trade_bill(self, call: Call) -> BillView:
        """What was sold and given back on a day; what another dialect sold is on that one's bill."""
        part = call.param("bill_type") or "ALL"
        if part not in COLUMNS:
            raise Says("PARAM_ERROR", "bill_type 应为 ALL、SUCCESS 或 REFUND")
        return await self._offered(call, "trade", part)

    async def fund_bill(self, call: Call) -> BillView:
        """What moved on the shop's account on a day; all of it is on the BASIC one."""
        part = call.param("account_type") or "BASIC"
        if part not in ("BASIC", "OPERATION", "FEES"):
            raise Says("PARAM_ERROR", "account_type 应为 BASIC、OPERATION 或 FEES")
        if part != "BASIC":
            raise Says("NO_STATEMENT_EXIST", "该账户没有账单")
        return await self._offered(call, "fund", part)

    async def _offered(self, call: Call, kind: str, part: str) -> BillView:
        who: Merchant = call.who
        tar = call.param("tar_type")
        if tar not in ("", "GZIP"):
            raise Says("PARAM_ERROR", "tar_type 仅支持 GZIP")
        date = call.param("bill_date")
        day, now = pay.day_of(date, times.OFFSET), self._db.clock()
        if day.until_at + CLOSED_AFTER_US > now and (
            who.known.account.mode == "live" or day.from_at > now
        ):
            raise Says("NO_STATEMENT_EXIST", "账单尚未生成，请次日再试")
        wanted = Wanted(
            kind, date, part, min(day.until_at, now), bool(tar), call.param("sub_mchid")
        )
        digest, totals = hashlib.sha1(usedforsecurity=False), Totals()
        who = await seller(self._db, who, wanted.seller)
        async for piece in self._file(who, wanted, totals):
            digest.update(piece)
        if not totals.rows:
            raise Says("NO_STATEMENT_EXIST", "该日没有账单")
        token = base64.urlsafe_b64encode(msgspec.json.encode(wanted)).decode().rstrip("=")
        address = f"{self._origin(call)}/v3/billdownload/file?token={token}"
        return BillView("SHA1", digest.hexdigest(), address)

    def _origin(self, call: Call) -> str:
        """Where the merchant called us: its SDK takes just that off the address again."""
        host = call.header("host")
        scheme = self._url.partition("://")[0]
        return f"{scheme}://{host}" if _HOST.fullmatch(host) else self._url

    async def download(self, call: Call) -> Answer:
        """The file; what was signed is the request, not the answer."""
        who: Merchant = call.who
        wanted = _wanted(call.param("token"))
        who = await seller(self._db, who, wanted.seller)
        pieces = self._file(who, wanted, Totals())
        if wanted.zipped:
            return Answer(content_type="application/x-gzip", stream=_zipped(pieces))
        return Answer(content_type="text/plain; charset=utf-8", stream=pieces)

    async def _file(self, who: Merchant, wanted: Wanted, totals: Totals) -> AsyncIterator[bytes]:
        day = pay.day_of(wanted.date, times.OFFSET)
        day = Day(day.from_at, min(day.until_at, max(wanted.until, day.from_at)))
        if wanted.kind == "fund":
            yield _line(FUNDS)
            async for lines in self._funds(who, day):
                yield "".join(_fund_lines(lines, totals)).encode()
            yield _line(FUND_TOTALS) + _fund_totals(totals)
            return
        columns = COLUMNS.get(wanted.part, TRADES)
        yield _line(columns)
        async for rows in self._trades(who, day):
            yield "".join(_trade_lines(self._ground, who, rows, wanted.part, totals)).encode()
        yield _line(TRADE_TOTALS) + _trade_totals(totals)

    async def _trades(self, who: Merchant, day: Day) -> AsyncIterator[list[Row]]:
        mark: TradeMark | None = TradeMark()
        while mark is not None:
            rows, mark = await self._db.read(_trade_rows, who, day, mark)
            yield rows
            await asyncio.sleep(0)  # Others have their turn.

    async def _funds(self, who: Merchant, day: Day) -> AsyncIterator[list[Line]]:
        after, more = 0, True
        while more:
            page = await self._db.read(pay.funds, who.known.caller, day, after, SLICE)
            yield page.items
            after, more = page.next, bool(page.next)
            await asyncio.sleep(0)


def _wanted(token: str) -> Wanted:
    try:
        if len(token) > TOKEN_MAX:
            raise ValueError
        padded = token + "=" * (-len(token) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Wanted)
    except (ValueError, msgspec.DecodeError):
        raise Says("PARAM_ERROR", "token 无效") from None


def _trade_rows(
    reader: Reader, who: Merchant, day: Day, mark: TradeMark
) -> tuple[list[Row], TradeMark | None]:
    page = pay.trades(reader, who.known.caller, day, mark, SLICE)
    rows = [
        (one, dialects.particulars(reader, one.payment.id))
        for one in page.items
        if numbers.is_of(reader, one.payment, DIALECT)
    ]
    return rows, page.next


def _trade_lines(
    ground: Ground, who: Merchant, rows: list[Row], part: str, totals: Totals
) -> Iterator[str]:
    for trade, said in rows:
        if part != "ALL" and (trade.refund is not None) != (part == "REFUND"):
            continue
        sold, gone = (trade.amount, 0) if trade.refund is None else (0, trade.amount)
        totals.add(trade.payment.currency, (sold, gone, 0, 0, sold, gone))
        row = trade_row(ground, who.known.account, trade, said)
        yield _cells(row[name] for name in COLUMNS[part])


def _fund_lines(lines: list[Line], totals: Totals) -> Iterator[str]:
    for line in lines:
        came, went = max(line.amount, 0), max(-line.amount, 0)
        amounts = (int(line.amount > 0), came, int(line.amount < 0), went)
        totals.add(line.transfer.currency, amounts)
        yield _cells(fund_row(line).values())


def _trade_totals(totals: Totals) -> bytes:
    lines = [
        _cells([str(rows), *(times.decimal(amount, currency) for amount in amounts)])
        for currency, (rows, *amounts) in sorted(totals.sums.items())
    ]
    return "".join(lines).encode()


def _fund_totals(totals: Totals) -> bytes:
    lines = [
        _cells(
            [
                str(rows),
                str(came),
                times.decimal(inflow, unit),
                str(went),
                times.decimal(outflow, unit),
            ]
        )
        for unit, (rows, came, inflow, went, outflow) in sorted(totals.sums.items())
    ]
    return "".join(lines).encode()


def _line(names: tuple[str, ...]) -> bytes:
    return (",".join(names) + "\r\n").encode()


def _cells(cells: Iterable[str]) -> str:
    return ",".join("`" + _flat(cell) for cell in cells) + "\r\n"


def _flat(cell: str) -> str:
    """Without what would end a cell or a line."""
    return cell.replace("`", "'").replace("\r", " ").replace("\n", " ")


async def _zipped(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=_GZIP)
    async for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
