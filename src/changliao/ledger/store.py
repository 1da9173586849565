"""The ledger's tables and its hand-written queries."""

from collections.abc import Iterator

from changliao.db.driver import Reader
from changliao.db.table import Row, Table
from changliao.ledger.model import Account, Filter, Hold, Mark, Transfer
from changliao.ledger.rules import MARK_EVERY

ACCOUNTS = Table("ledger_accounts", Account, unique=[("owner", "code", "currency", "mode")])
TRANSFERS = Table(
    "ledger_transfers", Transfer, key="seq", unique=[("id",)], append=True, chained=True
)
HOLDS = Table("ledger_holds", Hold)
MARKS = Table("ledger_marks", Mark, key=("account", "seq"), append=True)

PAGE_MAX = 1000
SCAN_ROWS = 10_000
_END = 2**63 - 1
_COLUMNS = ", ".join(TRANSFERS.columns)
# From one transfer of an account back to its first: each names the one before it, so no index on
# accounts is needed (docs/ledger.md says why). Both databases walk no further than is fetched.
_WALK = f"""
    WITH RECURSIVE walk AS (
        SELECT {_COLUMNS} FROM ledger_transfers WHERE seq = ?
        UNION ALL
        SELECT {", ".join([f"t.{column}" for column in TRANSFERS.columns])}
        FROM walk JOIN ledger_transfers AS t
            ON t.seq = CASE WHEN walk.debit = ? THEN walk.debit_prev ELSE walk.credit_prev END
        WHERE t.seq > ?
    )
"""
_MOVED = "kind IN ('single', 'post')"


# Statements ---------------------------------------------------------------------------------


def entries(reader: Reader, account: Account, wanted: Filter) -> list[Transfer]:
    """Transfers of an account as the filter wants them."""
    before = wanted.before or _END
    if wanted.until_at:
        before = min(before, last_written(reader, account.last_seq, wanted.until_at) + 1)
    after = wanted.after
    if wanted.from_at:
        after = max(after, last_written(reader, account.last_seq, wanted.from_at - 1))
    limit = min(wanted.limit, PAGE_MAX)
    if wanted.newest_first:
        start = _mark(reader, account, before) or account.last_seq
        return _walk(reader, account, start, after, before, wanted, limit)
    found: list[Transfer] = []
    while len(found) < limit and after < min(before, account.last_seq):
        stretch = _mark(reader, account, after + 1, skip=limit // MARK_EVERY) or account.last_seq
        found += reversed(_walk(reader, account, stretch, after, before, wanted, _END))
        after = stretch
    return found[:limit]


def last_written(reader: Reader, newest: int, moment: int) -> int:
    """The number of the last transfer up to `newest` that was written at or before the moment.

    Halving finds it, because `written_at` never falls as numbers grow.
    """
    low, high = 0, newest
    while low < high:
        middle = (low + high + 1) // 2
        [(at,)] = reader.query(
            "SELECT written_at FROM ledger_transfers WHERE seq >= ? ORDER BY seq LIMIT 1", middle
        )
        low, high = (middle, high) if at <= moment else (low, middle - 1)
    return low


def happened_balance(reader: Reader, account: Account, moment: int) -> int:
    """The posted balance from transfers that happened at or before the moment."""
    rows = reader.query(
        f"{_WALK} SELECT COALESCE(SUM(CASE WHEN credit = ? THEN amount ELSE -amount END), 0)"
        f" FROM walk WHERE {_MOVED} AND happened_at <= ?",
        *(account.last_seq, account.id, 0, account.id, moment),
    )
    return int(rows[0][0])


def on_hold(reader: Reader, hold_id: str) -> list[Transfer]:
    """The posts and the void of a hold, in order."""
    return reader.rows(
        TRANSFERS, "WHERE pending_id = ? AND pending_id <> '' ORDER BY seq LIMIT 1000", hold_id
    )


def _mark(reader: Reader, account: Account, at_least: int, *, skip: int = 0) -> int:
    """The first marked number from `at_least` on, or a later one; 0 when there is none."""
    rows = reader.query(
        "SELECT seq FROM ledger_marks WHERE account = ? AND seq >= ? ORDER BY seq LIMIT 1 OFFSET ?",
        *(account.id, at_least, skip),
    )
    return int(rows[0][0]) if rows else 0


def _walk(
    reader: Reader,
    account: Account,
    start: int,
    after: int,
    before: int,
    wanted: Filter,
    limit: int,
) -> list[Transfer]:
    """Newest first, from `start` down to what follows `after`."""
    wheres: list[str] = []
    args: list[str | int] = []
    for sql, value in (
        ("debit = ?", account.id if wanted.side == "debit" else ""),
        ("credit = ?", account.id if wanted.side == "credit" else ""),
        ("code = ?", wanted.code),
        ("ref = ?", wanted.ref),
        ("memo = ?", wanted.memo),
    ):
        if value:
            wheres.append(f" AND {sql}")
            args.append(value)
    rows = reader.query(
        f"{_WALK} SELECT {_COLUMNS} FROM walk WHERE seq > ? AND seq < ?{''.join(wheres)} LIMIT ?",
        *(start, account.id, after, after, before, *args, limit),
    )
    return TRANSFERS.to_values(rows)


# Lists --------------------------------------------------------------------------------------


def accounts_of(reader: Reader, owner: str, code: str, mode: str) -> list[Account]:
    """All the currencies an owner keeps under one code."""
    return reader.rows(
        ACCOUNTS, "WHERE owner = ? AND code = ? AND mode = ? ORDER BY currency", owner, code, mode
    )


def holds_due(reader: Reader, now: int, limit: int) -> list[str]:
    """Ids of open holds that have run out."""
    rows = reader.query(
        "SELECT id FROM ledger_holds WHERE state = 'open' AND expires_at > 0 AND expires_at <= ?"
        " ORDER BY expires_at LIMIT ?",
        now,
        limit,
    )
    return [row[0] for row in rows]


def totals(reader: Reader) -> list[tuple[str, str, str, int, int, int, int, int]]:
    """Per mode, currency and code: how many accounts, and the sums of their four figures."""
    rows = reader.query(
        f"SELECT mode, currency, code, COUNT(*), {_SUMS} FROM ledger_accounts"
        " GROUP BY mode, currency, code ORDER BY mode, currency, code"
    )
    return [(*row[:4], *_summed(row[4:])) for row in rows]


def balances_by_owner(reader: Reader, code: str) -> list[tuple[str, str, str, int]]:
    """Owner, mode, currency and posted balance of every account of a code."""
    rows = reader.query(
        "SELECT owner, mode, currency, credits_posted - debits_posted FROM ledger_accounts"
        " WHERE code = ? ORDER BY owner, mode, currency",
        code,
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


# Checks -------------------------------------------------------------------------------------

# Sums of many 64-bit figures may not fit into 64 bits, so both halves are added up apart.
_HALF = 2**32
_FIGURES = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
_SUMS = ", ".join([f"SUM({name} / {_HALF}), SUM({name} % {_HALF})" for name in _FIGURES])


def _summed(halves: Row) -> list[int]:
    return [high * _HALF + low for high, low in zip(halves[::2], halves[1::2], strict=True)]


def unequal_sums(reader: Reader) -> list[tuple[str, str, int, int, int, int]]:
    """Modes and currencies whose debits and credits differ: posted, then pending."""
    rows = reader.query(
        f"SELECT mode, currency, {_SUMS} FROM ledger_accounts GROUP BY mode, currency"
        " ORDER BY mode, currency"
    )
    sums = [(row[0], row[1], *_summed(row[2:])) for row in rows]
    return [row for row in sums if row[2] != row[3] or row[4] != row[5]]


def accounts_from(reader: Reader, after: str, limit: int) -> list[Account]:
    """Accounts in the order of their ids."""
    return reader.rows(ACCOUNTS, "WHERE id > ? ORDER BY id LIMIT ?", after, limit)


def movements(reader: Reader) -> Iterator[Row]:
    """Number, kind, debit, credit, amount, balances after and numbers before of every transfer, in
    order, a page at a time."""
    after = 0
    while found := reader.query(
        "SELECT seq, kind, debit, credit, amount, debit_after, credit_after, debit_prev, credit_prev"
        " FROM ledger_transfers WHERE seq > ? ORDER BY seq LIMIT ?",
        *(after, SCAN_ROWS),
    ):
        yield from found
        after = found[-1][0]


def open_holds(reader: Reader) -> Iterator[tuple[str, str, int]]:
    """Debit, credit and what remains of every open hold, a page at a time."""
    after = ""
    while found := reader.query(
        "SELECT id, debit, credit, remaining FROM ledger_holds WHERE id > ? AND state = 'open'"
        " ORDER BY id LIMIT ?",
        *(after, SCAN_ROWS),
    ):
        yield from [(row[1], row[2], row[3]) for row in found]
        after = found[-1][0]


def account_out_of_bounds(reader: Reader) -> Account | None:
    """The first account whose figures break its own flags, or are negative."""
    found = reader.rows(
        ACCOUNTS,
        "WHERE (no_overdraft AND debits_posted > credits_posted - debits_pending)"
        " OR (no_credit_excess AND credits_posted > debits_posted - credits_pending)"
        " OR debits_posted < 0 OR credits_posted < 0 OR debits_pending < 0 OR credits_pending < 0"
        " ORDER BY id LIMIT 1",
    )
    return found[0] if found else None


def unfit_transfer(reader: Reader) -> int:
    """The first transfer of nothing, to itself, or with an account that is missing or of another
    currency or mode; 0 when there is none."""
    rows = reader.query(
        "SELECT t.seq FROM ledger_transfers AS t"
        " LEFT JOIN ledger_accounts AS d ON d.id = t.debit"
        " LEFT JOIN ledger_accounts AS c ON c.id = t.credit"
        " WHERE t.amount <= 0 OR t.debit = t.credit OR d.id IS NULL OR c.id IS NULL"
        " OR d.currency <> t.currency OR c.currency <> t.currency"
        " OR d.mode <> t.mode OR c.mode <> t.mode ORDER BY t.seq LIMIT 1"
    )
    return int(rows[0][0]) if rows else 0


def untrue_hold(reader: Reader) -> Hold | None:
    """The first hold that does not follow from its transfer and what was posted and given back."""
    taken = (
        "COALESCE((SELECT SUM(amount) FROM ledger_transfers WHERE pending_id = ledger_holds.id"
        " AND pending_id <> '' AND kind {} 'post'), 0)"
    )
    posted, returned = taken.format("="), taken.format("<>")
    found = reader.rows(
        HOLDS,
        "WHERE NOT EXISTS (SELECT 1 FROM ledger_transfers AS t WHERE t.seq = ledger_holds.seq"
        " AND t.id = ledger_holds.id AND t.kind = 'pending' AND t.amount = ledger_holds.amount"
        " AND t.debit = ledger_holds.debit AND t.credit = ledger_holds.credit)"
        " OR remaining < 0 OR remaining > amount OR (state = 'open') <> (remaining > 0)"
        f" OR posted <> {posted}"
        f" OR (state = 'open' AND posted + remaining <> amount)"
        f" OR (state = 'posted' AND (posted > amount OR {returned} > 0))"
        f" OR (state IN ('voided', 'expired') AND posted + {returned} <> amount)"
        " ORDER BY seq LIMIT 1",
    )
    return found[0] if found else None


def lost_hold(reader: Reader) -> int:
    """The first pending transfer whose hold is missing; 0 when there is none."""
    rows = reader.query(
        "SELECT t.seq FROM ledger_transfers AS t LEFT JOIN ledger_holds AS h ON h.id = t.id"
        " WHERE t.kind = 'pending' AND h.id IS NULL ORDER BY t.seq LIMIT 1"
    )
    return int(rows[0][0]) if rows else 0


def newest_seq(reader: Reader) -> int:
    """The number of the newest transfer."""
    rows = reader.query("SELECT MAX(seq) FROM ledger_transfers")
    return rows[0][0] or 0


def transfers_since(reader: Reader, seq: int, limit: int) -> list[Transfer]:
    """Transfers with greater numbers, in order."""
    return reader.rows(TRANSFERS, "WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
