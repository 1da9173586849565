"""The tables of entrances and their hand-written queries."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.entrances.model import Consent, Entrance, Launch

ENTRANCES = Table("entrances_entrances", Entrance)
LAUNCHES = Table("entrances_launches", Launch, unique=[("code_hash",)])
CONSENTS = Table("entrances_consents", Consent, key=("person_id", "app_id", "scope"))


def at_place(reader: Reader, place: str) -> list[Entrance]:
    """The entrances of a place that are on, in their order."""
    return reader.rows(
        ENTRANCES, "WHERE state = 'on' AND place = ? ORDER BY position, created_at LIMIT 500", place
    )


def of_app(reader: Reader, app_id: str) -> list[Entrance]:
    """An app's entrances, in the order in which they were made."""
    return reader.rows(ENTRANCES, "WHERE app_id = ? ORDER BY created_at LIMIT 100", app_id)


def everywhere(reader: Reader) -> list[Entrance]:
    """Every entrance: what waits for the operator first, then place by place in order."""
    return reader.rows(
        ENTRANCES,
        "ORDER BY CASE state WHEN 'proposed' THEN 0 ELSE 1 END, place, position, created_at LIMIT 1000",
    )


def start_urls(reader: Reader) -> list[str]:
    """Where the entrances that are on lead."""
    rows = reader.query("SELECT DISTINCT start_url FROM entrances_entrances WHERE state = 'on'")
    return [row[0] for row in rows]


def count_of_app(tx: Tx, app_id: str) -> int:
    """How many entrances an app has."""
    rows = tx.query("SELECT COUNT(*) FROM entrances_entrances WHERE app_id = ?", app_id)
    return int(rows[0][0])


def openings(reader: Reader, since: int) -> dict[str, tuple[int, int]]:
    """How often each entrance was opened since then, and by how many people."""
    rows = reader.query(
        "SELECT entrance_id, COUNT(*), COUNT(DISTINCT person_id) FROM entrances_launches"
        " WHERE created_at >= ? GROUP BY entrance_id",
        since,
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def consents_of(reader: Reader, person_id: str) -> list[Consent]:
    """What a person decided, newest first."""
    return reader.rows(
        CONSENTS, "WHERE person_id = ? ORDER BY changed_at DESC, scope LIMIT 500", person_id
    )
