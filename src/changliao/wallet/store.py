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


def top_ups_of(reader: Reader, person_id: str, limit: int) -> list[TopUp]:
    """A person's top-ups, newest first."""
    return reader.rows(TOP_UPS, "WHERE person_id = ? ORDER BY id DESC LIMIT ?", person_id, limit)
