"""The tables of wallets."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.wallet.model import Mandate, TopUp

TOP_UPS = Table("wallet_top_ups", TopUp)
MANDATES = Table("wallet_mandates", Mandate)


def mandates_of(reader: Reader, person_id: str) -> list[Mandate]:
    """A person's mandates, newest first."""
    return reader.rows(MANDATES, "WHERE person_id = ? ORDER BY id DESC LIMIT 100", person_id)


def mandates_for(reader: Reader, app_id: str, mode: str, after: str, limit: int) -> list[Mandate]:
    """The mandates an app holds, oldest first."""
    return reader.rows(
        MANDATES,
        "WHERE app_id = ? AND mode = ? AND id > ? ORDER BY id LIMIT ?",
        app_id,
        mode,
        after,
        limit,
    )


def wrong_top_ups(reader: Reader) -> list[str]:
    """Top-ups for which the ledger moved another sum from rail to person than their status says; and
    what facts tell of that is not there."""
    rows = reader.query(
        "SELECT u.id FROM wallet_top_ups u LEFT JOIN ("
        " SELECT t.ref, t.mode, t.currency, d.owner AS rail, c.owner AS person,"
        "  SUM(t.amount) AS moved FROM ledger_transfers t"
        " JOIN ledger_accounts d ON d.id = t.debit JOIN ledger_accounts c ON c.id = t.credit"
        " WHERE t.code = 'top_up' GROUP BY t.ref, t.mode, t.currency, d.owner, c.owner"
        ") t ON t.ref = u.id AND t.mode = u.mode AND t.currency = u.currency AND t.rail = u.rail"
        "  AND t.person = u.person_id WHERE COALESCE(t.moved, 0)"
        " <> CASE WHEN u.status = 'succeeded' THEN u.amount ELSE 0 END"
        " UNION SELECT f.about FROM facts f LEFT JOIN wallet_top_ups u ON u.id = f.about"
        " WHERE f.kind = 'top_up.requested' AND u.id IS NULL ORDER BY 1 LIMIT 10"
    )
    return [row[0] for row in rows]


def top_ups_of(reader: Reader, person_id: str, limit: int) -> list[TopUp]:
    """A person's top-ups, newest first."""
    return reader.rows(TOP_UPS, "WHERE person_id = ? ORDER BY id DESC LIMIT ?", person_id, limit)


def top_ups_under_way(reader: Reader, person_id: str) -> bool:
    """Whether a person has a top-up that has not ended."""
    sql = "SELECT 1 FROM wallet_top_ups WHERE person_id = ? AND status IN ('processing', 'unknown') LIMIT 1"
    return bool(reader.query(sql, person_id))
