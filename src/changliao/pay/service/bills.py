"""A shop's daily bills: what it sold and gave back, and what moved on its accounts."""

from changliao.db.driver import Reader
from changliao.ledger import service as ledger
from changliao.partners.model import Caller
from changliao.pay import rules, store
from changliao.pay.model import (
    AskLines,
    Day,
    FundTotal,
    Line,
    LinePage,
    Refund,
    Trade,
    TradeMark,
    TradePage,
)
from changliao.pay.service import statements

PAYMENT = "payment"


def day_of(date: str, utc_offset: str = "") -> Day:
    """The day `2026-11-22` at the offset `+08:00` (UTC when left out); refuses what is none."""
    return rules.day(date, utc_offset)


def trades(reader: Reader, caller: Caller, day: Day, after: TradeMark, limit: int) -> TradePage:
    """A day's trade bill, oldest first: a row for every amount taken (a payment, or each capture of a
    held one) and a row for every refund that went that day. `limit` is 1 to 1,000.

    What was taken is read from the ledger, so a day's payments here are its `payment` lines in the fund
    bill, and what was set aside to be split, to the cent. A refund on a rail leaves the shop's
    account when it is asked for and stands here when it has arrived, it may be on a later day.
    """
    accounts = [*statements.accounts_of(reader, caller), *statements.aside_of(reader, caller)]
    wanted = AskLines(
        caller,
        code=PAYMENT,
        before=after.seq,
        from_at=day.from_at,
        until_at=day.until_at - 1,
        limit=limit,
    )
    taken = statements.moves(reader, accounts, wanted)
    since = (max(after.refunded_at, day.from_at), after.refund_id)
    went = store.refunds_succeeded(reader, caller.app_id, caller.mode, since, day.until_at, limit)
    rows = _merged(taken.items, went)
    if taken.next and len(taken.items) < limit:
        # Not all payments until a later refund are known yet: it waits for them.
        known = ledger.numbered(reader, taken.next).written_at
        rows = [one for one in rows if _at(one) <= known]
    page = rows[:limit]
    lines = [one for one in page if isinstance(one, Line)]
    seq = lines[-1].transfer.seq if lines else after.seq
    if taken.next and len(lines) == len(taken.items):
        seq = taken.next
    refunds = [(one.changed_at, one.id) for one in page if not isinstance(one, Line)]
    more = len(page) < len(taken.items) + len(went) or bool(taken.next) or len(went) == limit
    mark = TradeMark(seq, *(refunds[-1] if refunds else since))
    return TradePage(_as_trades(reader, page), mark if more else None)


def funds(reader: Reader, caller: Caller, day: Day, after: int, limit: int) -> LinePage:
    """A day's fund bill, oldest first: everything that changed the balance of the shop's accounts."""
    accounts = statements.accounts_of(reader, caller)
    until_at = day.until_at - 1
    wanted = AskLines(caller, before=after, from_at=day.from_at, until_at=until_at, limit=limit)
    return statements.moves(reader, accounts, wanted)


def fund_balances(reader: Reader, caller: Caller, day: Day) -> dict[str, FundTotal]:
    """What the shop had in each currency when the day began and when it ended (or has by now)."""
    return {
        account.currency: FundTotal(
            ledger.balance_at(reader, account.id, day.from_at - 1).balance,
            ledger.balance_at(reader, account.id, day.until_at - 1).balance,
        )
        for account in statements.accounts_of(reader, caller)
    }


def _merged(taken: list[Line], went: list[Refund]) -> list[Line | Refund]:
    rows: list[Line | Refund] = [*taken, *went]
    return sorted(rows, key=_at)


def _at(one: Line | Refund) -> int:
    return one.transfer.written_at if isinstance(one, Line) else one.changed_at


def _as_trades(reader: Reader, rows: list[Line | Refund]) -> list[Trade]:
    ids = {one.transfer.ref if isinstance(one, Line) else one.payment_id for one in rows}
    payments = store.payments_by_ids(reader, sorted(ids))
    return [
        Trade(_at(one), one.amount, payments[one.transfer.ref])
        if isinstance(one, Line)
        else Trade(_at(one), one.amount, payments[one.payment_id], one)
        for one in rows
    ]
