"""A shop's money, line by line: every movement and hold on its ledger accounts, of all currencies."""

from collections.abc import Iterable

from changliao.db.driver import Reader
from changliao.kernel.ids import made_at
from changliao.kernel.instant import DAY_US
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, Transfer
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay.model import SHOP, UNSPLIT, AskLines, Line, LinePage, Payment
from changliao.pay.store import PAYMENTS, REFUNDS, TRANSFERS

SCAN_MAX = 1000
"""Lines of one account that are looked at for one page, however few of them fit."""


def accounts_of(reader: Reader, caller: Caller, currency: str = "") -> list[Account]:
    """The accounts that a shop's money stands on: one for each currency."""
    found = ledger.accounts_of(reader, caller.app_id, SHOP, caller.mode)
    return [one for one in found if currency in ("", one.currency)]


def aside_of(reader: Reader, caller: Caller) -> list[Account]:
    """The accounts on which a shop's money is set aside to be split: one for each currency."""
    return ledger.accounts_of(reader, caller.app_id, UNSPLIT, caller.mode)


def lines(reader: Reader, ask: AskLines) -> LinePage:
    """A page of the shop's statement, newest first; with `before` alone, the page of newer lines next
    to it. Amounts are signed minor units; a hold moves nothing, its posts do.

    With `code` a page may be short, for it looks at no more than so many lines. With `ref` (the id of a
    payment, a refund, a transfer) all of that thing's lines are found at once, wherever they lie.
    """
    accounts = accounts_of(reader, ask.caller, ask.currency)
    if ask.ref:
        found = [one for one in _of_ref(reader, ask.caller, accounts, ask.ref) if _fits(one, ask)]
        return _cut(found, 0, ask)
    scanned = min(ask.limit, SCAN_MAX) + 1 if not ask.code else SCAN_MAX
    newer = bool(ask.before and not ask.after)
    found, frontiers = [], []
    for account in accounts:
        rows = ledger.statement(
            reader,
            account.id,
            after=ask.before,
            before=ask.after,
            from_at=ask.from_at,
            until_at=ask.until_at,
            newest_first=not newer,
            limit=scanned,
        )
        found += [_line(row, account) for row in rows]
        if len(rows) == scanned:
            frontiers.append(rows[-1].seq)
    frontier = (min if newer else max)(frontiers, default=0)
    known = [
        one
        for one in found
        if _fits(one, ask) and (not frontier or _reached(one, frontier, newer=newer))
    ]
    return _cut(known, frontier, ask)


def moves(reader: Reader, accounts: Iterable[Account], ask: AskLines) -> LinePage:
    """Oldest first what moved money, numbers above `before` only: holds and what ends them are left
    out. `next` goes on. A page may be short and still not be the last."""
    found, frontiers = [], []
    scanned = min(max(ask.limit, 100), SCAN_MAX)
    for account in accounts:
        rows = ledger.statement(
            reader,
            account.id,
            after=ask.before,
            from_at=ask.from_at,
            until_at=ask.until_at,
            limit=scanned,
        )
        found += [_line(row, account) for row in rows]
        if len(rows) == scanned:
            frontiers.append(rows[-1].seq)
    frontier = min(frontiers, default=0)
    wanted = sorted(
        (
            one
            for one in found
            if one.amount
            and ask.code in ("", one.transfer.code)
            and (not frontier or one.transfer.seq <= frontier)
        ),
        key=_seq,
    )
    if len(wanted) > ask.limit:
        return LinePage(wanted[: ask.limit], wanted[ask.limit - 1].transfer.seq)
    return LinePage(wanted, frontier)


def line(reader: Reader, caller: Caller, line_id: str) -> Line:
    """One line by its id, if it is on one of the caller's accounts."""
    found = ledger.get_transfer(reader, line_id)
    if found is not None:
        for account in accounts_of(reader, caller, found.currency):
            if account.id in (found.debit, found.credit):
                return _line(found, account)
    raise m.LineNotFound(field="id")


def _of_ref(reader: Reader, caller: Caller, accounts: list[Account], ref: str) -> list[Line]:
    """The lines of one thing. There is no index on `ref`: when the thing moved money is known, and the
    ledger finds a moment by halving."""
    payment = reader.get(PAYMENTS, ref)
    if payment is not None and payment.split:
        spans = [(at, at) for at in _given_on(reader, payment)]
    elif payment is not None and payment.hold_id:
        held = ledger.get_transfer(reader, payment.hold_id)
        moved = ([held] if held else []) + ledger.on_hold(reader, payment.hold_id)
        sides = [(one, account) for one in moved for account in accounts]
        return [_line(one, at) for one, at in sides if at.id in (one.debit, one.credit)]
    elif payment is not None:
        spans = [(payment.paid_at, payment.paid_at)]
    elif row := reader.get(REFUNDS, ref) or reader.get(TRANSFERS, ref):
        spans = [(row.created_at, row.changed_at)]
    else:
        begin = made_at(ref)
        # Whatever else there will be moves money soon after it was made.
        spans = [(begin, begin + DAY_US)]
    return [
        _line(row, account)
        for begin, end in spans
        if begin
        for account in accounts
        for row in ledger.statement(
            reader, account.id, ref=ref, from_at=begin, until_at=end, limit=SCAN_MAX
        )
    ]


def _given_on(reader: Reader, payment: Payment) -> list[int]:
    """When money that was set aside went on to the shop: as splitting ended, and with each capture since."""
    ended_at = payment.split_ended_at
    posts = ledger.on_hold(reader, payment.hold_id) if payment.hold_id and ended_at else []
    return [ended_at, *(one.written_at for one in posts if one.written_at > ended_at)]


def _line(transfer: Transfer, account: Account) -> Line:
    return Line(transfer, transfer.credit == account.id)


def _seq(one: Line) -> int:
    return one.transfer.seq


def _fits(one: Line, ask: AskLines) -> bool:
    transfer = one.transfer
    return (
        ask.code in ("", transfer.code)
        and (not ask.after or transfer.seq < ask.after)
        and transfer.seq > ask.before
        and transfer.written_at >= ask.from_at
        and (not ask.until_at or transfer.written_at <= ask.until_at)
    )


def _reached(one: Line, frontier: int, *, newer: bool) -> bool:
    """Whether every account has been looked at as far as this line."""
    return one.transfer.seq <= frontier if newer else one.transfer.seq >= frontier


def _cut(found: list[Line], frontier: int, ask: AskLines) -> LinePage:
    """The page out of what was found: the nearest to the cursor, shown newest first."""
    newer = bool(ask.before and not ask.after)
    nearest = sorted(found, key=_seq, reverse=not newer)
    page = nearest[: ask.limit]
    more = page[-1].transfer.seq if len(nearest) > ask.limit else frontier
    return LinePage(page[::-1] if newer else page, more)
