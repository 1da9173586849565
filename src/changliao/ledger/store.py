"""The ledger's tables and its hand-written queries."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.ledger.model import Account, Hold, Transfer

ACCOUNTS = Table(
    "ledger_accounts", Account, unique=[("owner", "code", "currency", "mode")]
)
TRANSFERS = Table(
    "ledger_transfers", Transfer, key="seq", unique=[("id",)], append=True, chained=True
)
HOLDS = Table("ledger_holds", Hold)

_PAGE_MAX = 1000


def balance_before(reader: Reader, account: Account, column: str, moment: int) -> int:
    """The posted balance from transfers whose `column` lies at or before the moment."""
    assert column in ("written_at", "happened_at")
    moved = "kind IN ('single', 'post')"
    credits_ = reader.query(
        f"SELECT COALESCE(SUM(amount), 0) FROM ledger_transfers"
        f" WHERE credit = ? AND {column} <= ? AND {moved}",
        account.id,
        moment,
    )
    debits = reader.query(
        f"SELECT COALESCE(SUM(amount), 0) FROM ledger_transfers"
        f" WHERE debit = ? AND {column} <= ? AND {moved}",
        account.id,
        moment,
    )
    return int(credits_[0][0]) - int(debits[0][0])


def last_before(reader: Reader, account: Account, moment: int) -> Transfer | None:
    """The newest transfer of the account written at or before the moment: its `_after` is the balance.

    `written_at` grows with `seq`, so walking an account's index backwards meets it at once.
    """
    newest: Transfer | None = None
    for side in ("debit", "credit"):
        found = reader.rows(
            TRANSFERS,
            f"WHERE {side} = ? AND written_at <= ? ORDER BY seq DESC LIMIT 1",
            account.id,
            moment,
        )
        if found and (newest is None or found[0].seq > newest.seq):
            newest = found[0]
    return newest


def entries(
    reader: Reader,
    account_id: str,
    *,
    after: int,
    before: int,
    limit: int,
    newest_first: bool = False,
    side: str = "",
    code: str = "",
    ref: str = "",
    memo: str = "",
    from_at: int = 0,
    until_at: int = 0,
) -> list[Transfer]:
    """Transfers of an account with numbers between the two (exclusive; before 0: no end)."""
    wheres: list[str] = ["seq > ?"]
    args: list[str | int] = [after]
    for sql, value in (
        ("seq < ?", before),
        ("code = ?", code),
        ("ref = ?", ref),
        ("memo = ?", memo),
        ("written_at >= ?", from_at),
        ("written_at <= ?", until_at),
    ):
        if value:
            wheres.append(sql)
            args.append(value)
    where, order = " AND ".join(wheres), "DESC" if newest_first else "ASC"
    limit = min(limit, _PAGE_MAX)
    found: list[Transfer] = []
    for one in ("debit", "credit") if not side else (side,):
        assert one in ("debit", "credit")
        found += reader.rows(
            TRANSFERS, f"WHERE {one} = ? AND {where} ORDER BY seq {order} LIMIT ?", account_id, *args, limit
        )
    return sorted(found, key=lambda t: -t.seq if newest_first else t.seq)[:limit]


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
        "SELECT mode, currency, code, COUNT(*), SUM(debits_posted), SUM(credits_posted),"
        " SUM(debits_pending), SUM(credits_pending) FROM ledger_accounts"
        " GROUP BY mode, currency, code ORDER BY mode, currency, code"
    )
    return [(*row[:3], *(int(cell) for cell in row[3:])) for row in rows]  # type: ignore[misc]


def balances_by_owner(reader: Reader, code: str) -> list[tuple[str, str, str, int]]:
    """Owner, mode, currency and posted balance of every account of a code."""
    rows = reader.query(
        "SELECT owner, mode, currency, credits_posted - debits_posted FROM ledger_accounts"
        " WHERE code = ? ORDER BY owner, mode, currency",
        code,
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def newest_seq(reader: Reader) -> int:
    """The number of the newest transfer."""
    rows = reader.query("SELECT MAX(seq) FROM ledger_transfers")
    return rows[0][0] or 0
