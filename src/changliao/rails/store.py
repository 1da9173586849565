"""The attempts table."""

from collections.abc import Sequence

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.rails.model import Attempt

ATTEMPTS = Table("rails_attempts", Attempt)


def about(reader: Reader, thing: str) -> list[Attempt]:
    """All attempts for one thing, oldest first."""
    return reader.rows(ATTEMPTS, "WHERE about = ? ORDER BY created_at, id LIMIT 200", thing)


def oldest_open(reader: Reader) -> Attempt | None:
    """The attempt that has waited longest for a clear answer."""
    found = reader.rows(
        ATTEMPTS, "WHERE state IN ('created', 'sent', 'unknown') ORDER BY changed_at LIMIT 1"
    )
    return found[0] if found else None


def open_by_rail(reader: Reader) -> list[tuple[str, int, str]]:
    """Per rail, how many attempts wait for a clear answer, and the id of the oldest."""
    rows = reader.query(
        "SELECT rail, COUNT(*), MIN(id) FROM rails_attempts"
        " WHERE state IN ('created', 'sent', 'unknown') GROUP BY rail ORDER BY rail"
    )
    return [(row[0], int(row[1]), row[2]) for row in rows]


def opened(reader: Reader, after: int, limit: int) -> list[tuple[int, str]]:
    """Facts that told of a new attempt, in order: number and JSON."""
    rows = reader.query(
        "SELECT seq, body FROM facts WHERE kind = 'attempt.opened' AND seq > ? ORDER BY seq LIMIT ?",
        after,
        limit,
    )
    return [(int(row[0]), row[1]) for row in rows]


def by_ids(reader: Reader, ids: Sequence[str]) -> list[Attempt]:
    """These attempts, as far as they are there."""
    if not ids:
        return []
    return reader.rows(ATTEMPTS, f"WHERE id IN ({', '.join('?' * len(ids))})", *ids)


def count(reader: Reader) -> int:
    """How many attempts there are."""
    return int(reader.query("SELECT COUNT(*) FROM rails_attempts")[0][0])


def returned_beyond(reader: Reader) -> list[tuple[str, int, int]]:
    """Attempts of whose money more went back than came in: id, how much came in, how much went back."""
    rows = reader.query(
        "SELECT back.of, COALESCE(came.amount, 0), SUM(back.amount) FROM rails_attempts AS back"
        " LEFT JOIN rails_attempts AS came ON came.id = back.of AND came.state = 'succeeded'"
        " AND came.direction = 'in' AND came.rail = back.rail"
        " WHERE back.direction = 'out' AND back.state = 'succeeded'"
        " GROUP BY back.of, came.amount HAVING SUM(back.amount) > COALESCE(came.amount, 0)"
        " ORDER BY back.of LIMIT 10"
    )
    return [(row[0], int(row[1]), int(row[2])) for row in rows]


def succeeded_sums(reader: Reader) -> list[tuple[str, str, str, int]]:
    """Per rail, mode and currency: money in less money out."""
    rows = reader.query(
        "SELECT rail, mode, currency,"
        " SUM(CASE WHEN direction = 'in' THEN amount ELSE -amount END)"
        " FROM rails_attempts WHERE state = 'succeeded' GROUP BY rail, mode, currency"
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]
