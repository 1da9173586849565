"""Routes for shops: the day's bills, as JSON page by page or as one file of CSV."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from changliao.db.db import Db
from changliao.db.vault import Vault
from changliao.kernel.instant import MINUTE_US, Instant, rfc3339
from changliao.kernel.value import View
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import rules, service
from changliao.pay.api import show
from changliao.pay.api.statements import LineView, show_line
from changliao.pay.model import Day, FundTotal, Line, Trade, TradeMark, TradeTotal
from changliao.wire.call import Answer, Call
from changliao.wire.refusals import BadCursor, BadRequest
from changliao.wire.routes import Guard, Param, Routes

SLICE = 500
"""Rows read together for a whole day; between two slices others have their turn."""
CSV = "text/csv; charset=utf-8"
_CLOSED_AFTER_US = MINUTE_US
"""A day is whole a minute after it ended: what was begun in it is committed by then."""
_ALLOWED = (ScopeForbids, RoleForbids, m.DayInvalid)
_PARAMS = (
    Param("date", "The day, such as `2026-01-31`."),
    Param("utc_offset", "Where the day begins and ends, such as `+08:00`; UTC by default."),
    Param(
        "format", "`json`, or `csv` for the whole day as one file; Accept: text/csv says it too."
    ),
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)


class TradeView(View, frozen=True):
    """A row of a trade bill. A `payment` row has in `amount` what was taken, a `refund` row in
    `refunded_amount` what went back, in minor units; `description` to `payer` are the payment's."""

    kind: str
    at: str
    payment_id: str
    reference: str
    refund_id: str | None
    refund_reference: str | None
    currency: str
    amount: int
    refunded_amount: int
    method: str
    status: str
    description: str
    metadata: dict[str, str]
    payer: str | None
    paid_at: str


class TradeTotalView(View, frozen=True):
    """What a day's trade bill adds up to in one currency; `net` is what was taken less what went back."""

    currency: str
    payments: int
    amount: int
    refunds: int
    refunded_amount: int
    net: int


class TradeBill(View, frozen=True):
    """A page of a day's trade bill, oldest first. `complete` says that the day is over and nothing will
    be added; `totals` are of the whole day and come with the first page. A page may be short; only
    `next` null says that it is the last."""

    from_at: str
    until_at: str
    complete: bool
    items: list[TradeView]
    totals: list[TradeTotalView] | None
    next: str | None


class FundTotalView(View, frozen=True):
    """What a day's fund bill adds up to in one currency: opening balance, plus incoming, less outgoing
    is the closing balance. `codes` are signed sums of what the money moved for."""

    currency: str
    opening_balance: int
    incoming: int
    incoming_amount: int
    outgoing: int
    outgoing_amount: int
    closing_balance: int
    codes: dict[str, int]


class FundBill(View, frozen=True):
    """A page of a day's fund bill, oldest first: every change of the balance. `complete`, `totals` and
    `next` are as in a trade bill."""

    from_at: str
    until_at: str
    complete: bool
    items: list[LineView]
    totals: list[FundTotalView] | None
    next: str | None


def show_trade(vault: Vault, trade: Trade) -> TradeView:
    """A row of a trade bill as the shop sees it."""
    payment, refund = trade.payment, trade.refund
    return TradeView(
        "payment" if refund is None else "refund",
        rfc3339(Instant(trade.at)),
        payment.id,
        payment.reference,
        refund.id if refund else None,
        refund.reference if refund else None,
        payment.currency,
        0 if refund else trade.amount,
        trade.amount if refund else 0,
        payment.method,
        refund.status if refund else payment.status,
        payment.description,
        payment.metadata,
        show.payer_of(vault, payment),
        rfc3339(Instant(payment.paid_at)),
    )


def show_trade_totals(totals: dict[str, TradeTotal]) -> list[TradeTotalView]:
    """Totals by currency."""
    return [
        TradeTotalView(
            currency,
            one.payments,
            one.amount,
            one.refunds,
            one.refunded_amount,
            one.amount - one.refunded_amount,
        )
        for currency, one in sorted(totals.items())
    ]


def show_fund_totals(totals: dict[str, FundTotal]) -> list[FundTotalView]:
    """Totals by currency."""
    return [
        FundTotalView(
            currency,
            one.opening_balance,
            one.incoming,
            one.incoming_amount,
            one.outgoing,
            one.outgoing_amount,
            one.closing_balance,
            one.codes,
        )
        for currency, one in sorted(totals.items())
    ]


def mark_of(text: str) -> TradeMark:
    """Where to go on in a trade bill."""
    if not text:
        return TradeMark()
    seq, _, rest = text.partition(".")
    at, _, refund_id = rest.partition(".")
    for number in (seq, at):
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise BadCursor(field="after")
    return TradeMark(int(seq), int(at), refund_id)


def rows_of(views: Iterable[View]) -> bytes:
    """Values as lines of CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    for view in views:
        writer.writerow([_cell(cell) for cell in msgspec.structs.astuple(view)])
    return text.getvalue().encode()


def heading(kind: type[View]) -> bytes:
    """The names of a view's fields as a line of CSV."""
    return ",".join(kind.__struct_fields__).encode() + b"\r\n"


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return "" if value is None else str(value)


def _as_csv(call: Call) -> bool:
    wanted = call.param("format")
    if wanted not in ("", "json", "csv"):
        raise BadRequest("`format` is json or csv.", field="format")
    accepted = call.header("accept").partition(";")[0].strip().lower()
    return wanted == "csv" or (not wanted and accepted == "text/csv")


def _file(name: str, stream: AsyncIterator[bytes]) -> Answer:
    disposition = ("content-disposition", f'attachment; filename="{name}.csv"')
    return Answer(content_type=CSV, headers=(disposition,), stream=stream)


async def trades_of_day(db: Db, who: Caller, day: Day) -> AsyncIterator[Sequence[Trade]]:
    """A whole day's trade bill, slice by slice."""
    mark: TradeMark | None = TradeMark()
    while mark is not None:
        page = await db.read(service.trades, who, day, mark, SLICE)
        yield page.items
        mark = page.next
        await asyncio.sleep(0)


async def funds_of_day(db: Db, who: Caller, day: Day) -> AsyncIterator[Sequence[Line]]:
    """A whole day's fund bill, slice by slice."""
    after, more = 0, True
    while more:
        page = await db.read(service.funds, who, day, after, SLICE)
        yield page.items
        after, more = page.next, bool(page.next)
        await asyncio.sleep(0)


async def _trade_totals(db: Db, who: Caller, day: Day) -> dict[str, TradeTotal]:
    totals: dict[str, TradeTotal] = {}
    async for rows in trades_of_day(db, who, day):
        totals = rules.add_trades(totals, rows)
    return totals


async def _fund_totals(db: Db, who: Caller, day: Day) -> dict[str, FundTotal]:
    totals = await db.read(service.fund_balances, who, day)
    async for rows in funds_of_day(db, who, day):
        totals = rules.add_lines(totals, rows)
    return totals


async def _trade_file(db: Db, who: Caller, day: Day) -> AsyncIterator[bytes]:
    totals: dict[str, TradeTotal] = {}
    yield heading(TradeView)
    async for rows in trades_of_day(db, who, day):
        totals = rules.add_trades(totals, rows)
        yield rows_of(show_trade(db.vault, one) for one in rows)
    yield b"\r\n" + heading(TradeTotalView) + rows_of(show_trade_totals(totals))


async def _fund_file(db: Db, who: Caller, day: Day) -> AsyncIterator[bytes]:
    totals = await db.read(service.fund_balances, who, day)
    yield heading(LineView)
    async for rows in funds_of_day(db, who, day):
        totals = rules.add_lines(totals, rows)
        yield rows_of(show_line(one) for one in rows)
    yield b"\r\n" + heading(FundTotalView) + rows_of(show_fund_totals(totals))


def routes(db: Db, guard: Guard[Caller]) -> Routes:
    """Everything under /v1/bills."""
    api = Routes("Bills")

    def frame(call: Call) -> tuple[Day, str, str, bool]:
        day = service.day_of(call.param("date"), call.param("utc_offset"))
        begin, end = rfc3339(Instant(day.from_at)), rfc3339(Instant(day.until_at))
        return day, begin, end, db.clock() >= day.until_at + _CLOSED_AFTER_US

    @api.get(
        "/v1/bills/trades",
        guard=guard,
        answers=TradeBill,
        also="text/csv",
        params=_PARAMS,
        refuses=_ALLOWED,
    )
    async def trades(call: Call) -> TradeBill | Answer:
        """A day's trade bill: a row for every amount taken and for every refund that went.

        Captures of a held payment are rows of their own. A file has its totals at its end. The bill
        of a day that is not over is answered as far as it goes, with `complete` false.
        """
        who: Caller = call.who
        partners.allows(who, "payments:read")
        day, begin, end, complete = frame(call)
        if _as_csv(call):
            return _file(f"trades-{call.param('date')}", _trade_file(db, who, day))
        mark, limit = mark_of(call.after), call.limit
        page = await db.read(service.trades, who, day, mark, limit)
        first = not call.after
        totals = show_trade_totals(await _trade_totals(db, who, day)) if first else None
        more = page.next
        return TradeBill(
            begin,
            end,
            complete,
            [show_trade(db.vault, one) for one in page.items],
            totals,
            f"{more.seq}.{more.refunded_at}.{more.refund_id}" if more else None,
        )

    @api.get(
        "/v1/bills/funds",
        guard=guard,
        answers=FundBill,
        also="text/csv",
        params=_PARAMS,
        refuses=_ALLOWED,
    )
    async def funds(call: Call) -> FundBill | Answer:
        """A day's fund bill: every change of the app's balance, with the balance that it left behind.

        A file has its totals at its end. The bill of a day that is not over is answered as far as it
        goes, with `complete` false.
        """
        who: Caller = call.who
        partners.allows(who, "balances:read")
        day, begin, end, complete = frame(call)
        if _as_csv(call):
            return _file(f"funds-{call.param('date')}", _fund_file(db, who, day))
        after, limit = call.after_number, call.limit
        page = await db.read(service.funds, who, day, after, limit)
        totals = show_fund_totals(await _fund_totals(db, who, day)) if not after else None
        items = [show_line(one) for one in page.items]
        return FundBill(begin, end, complete, items, totals, str(page.next or "") or None)

    return api
