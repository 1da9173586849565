"""The tables of people."""

from collections.abc import Sequence

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.people.model import Person, Pin, Session, Throttle

KEYS_AT_ONCE = 400

PERSONS = Table("people_persons", Person, unique=[("handle",)])
PINS = Table("people_pins", Pin, key="person_id")
THROTTLES = Table("people_throttles", Throttle, key="name")
SESSIONS = Table("people_sessions", Session, unique=[("token_hash",)])


_SIGNED_IN = (
    f"SELECT {', '.join([f's.{column}' for column in SESSIONS.columns])},"
    f" {', '.join([f'p.{column}' for column in PERSONS.columns])}"
    " FROM people_sessions s JOIN people_persons p ON p.id = s.person_id WHERE s.token_hash = ?"
)


def signed_in(reader: Reader, hashed: bytes) -> tuple[Session, Person] | None:
    """The session of a token and whose it is, by one statement: nearly every request asks this."""
    rows = reader.query(_SIGNED_IN, hashed)
    if not rows:
        return None
    middle = len(SESSIONS.columns)
    return SESSIONS.to_value(rows[0][:middle]), PERSONS.to_value(rows[0][middle:])


def persons(reader: Reader, ids: Sequence[str]) -> list[Person]:
    """These people, in no order."""
    found: list[Person] = []
    for start in range(0, len(ids), KEYS_AT_ONCE):
        some = ids[start : start + KEYS_AT_ONCE]
        found += reader.rows(PERSONS, f"WHERE id IN ({', '.join('?' * len(some))})", *some)
    return found


def names(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """What these people are called."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), KEYS_AT_ONCE):
        some = ids[start : start + KEYS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = reader.query(f"SELECT id, name FROM people_persons WHERE id IN ({marks})", *some)
        found.update({row[0]: row[1] for row in rows})
    return found


def open_sessions(reader: Reader | Tx, person_id: str, now: int) -> list[Session]:
    """Where a person is signed in, newest first."""
    return reader.rows(
        SESSIONS,
        "WHERE person_id = ? AND ended_at = 0 AND expires_at > ? ORDER BY created_at DESC LIMIT 100",
        person_id,
        now,
    )


def ended_since(reader: Reader, moment: int) -> list[Session]:
    """Sessions that were ended after a moment, in that order."""
    # The first condition lets both databases use the index, which holds ended ones alone.
    tail = "WHERE ended_at > 0 AND ended_at > ? ORDER BY ended_at"
    return reader.rows(SESSIONS, tail, moment)


def pins_by_key(reader: Reader) -> dict[str, int]:
    """How many PIN digests each master key still carries."""
    rows = reader.query(
        "SELECT SUBSTR(digest, 1, 5), COUNT(*) FROM people_pins GROUP BY SUBSTR(digest, 1, 5)"
    )
    return {row[0]: int(row[1]) for row in rows}
