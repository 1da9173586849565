"""Routes for shops: the statement of their money, line by line."""

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import View
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api.shop import moment
from changliao.pay.model import AskLines, Line
from changliao.wire.call import Call
from changliao.wire.refusals import BadCursor
from changliao.wire.routes import Guard, Param, Routes

_ALLOWED = (ScopeForbids, RoleForbids)


class LineView(View, frozen=True):
    """One line of a shop's statement. `amount` is signed minor units, and so is `net`, which is what is
    left of it after `fee` (nobody takes one). `code` says what for, `ref` for which payment, refund or
    transfer; `available_at` from when the money can be used."""

    id: str
    sequence: int
    code: str
    kind: str
    amount: int
    held_amount: int
    fee: int
    net: int
    currency: str
    ref: str
    memo: str
    balance_after: int
    at: str
    available_at: str


class Statement(View, frozen=True):
    """A statement's page, newest first. A page may be short; only `next` null says that it is the last."""

    items: list[LineView]
    next: str | None


def show_line(line: Line) -> LineView:
    """A ledger transfer as a line of the shop's statement."""
    transfer, amount = line.transfer, line.amount
    at = rfc3339(Instant(transfer.written_at))
    return LineView(
        transfer.id,
        transfer.seq,
        transfer.code,
        transfer.kind,
        amount,
        0 if amount else transfer.amount,
        0,
        amount,
        transfer.currency,
        transfer.ref,
        transfer.memo,
        line.balance_after,
        at,
        at,
    )


def asked(call: Call) -> AskLines:
    """Which lines a request is for."""
    who: Caller = call.who
    before = call.param("before")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise BadCursor(field="before")
    return AskLines(
        who,
        call.param("currency"),
        call.param("code"),
        call.param("ref"),
        call.after_number,
        int(before or 0),
        max(0, moment(call.param("from"), "from")),
        max(0, moment(call.param("until"), "until")),
        call.limit,
    )


def routes(db: Db, guard: Guard[Caller]) -> Routes:
    """Everything under /v1/statements."""
    api = Routes("Statements")

    @api.get(
        "/v1/statements",
        guard=guard,
        answers=Statement,
        params=(
            Param("currency", "ISO 4217 code; all currencies when left out."),
            Param("code", "Only lines of this code, such as `payment` or `refund`."),
            Param("ref", "Only lines of this payment, refund or transfer."),
            Param("from", "Only lines from this moment on (RFC 3339)."),
            Param("until", "Only lines until this moment (RFC 3339), which counts too."),
            Param("after", "Cursor: `next` of the page before, or the `sequence` of a line."),
            Param("before", "The other way: newer lines than this `sequence`, the nearest ones."),
            Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
        ),
        refuses=_ALLOWED,
    )
    async def statement(call: Call) -> Statement:
        """The app's money line by line, newest first: what moved it, and what was held.

        `next` goes on in the direction that was asked for: pass it as `after`, or as `before`.
        """
        partners.allows(call.who, "balances:read")
        page = await db.read(service.lines, asked(call))
        return Statement([show_line(one) for one in page.items], str(page.next or "") or None)

    @api.get(
        "/v1/statements/{id}",
        guard=guard,
        answers=LineView,
        refuses=(*_ALLOWED, m.LineNotFound),
    )
    async def one(call: Call, line_id: str) -> LineView:
        """One line of the statement."""
        partners.allows(call.who, "balances:read")
        return show_line(await db.read(service.line, call.who, line_id))

    return api
