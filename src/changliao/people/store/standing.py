"""What is deleted with an account, and whether it is."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.people.model import Person

_OWN = (
    ("people_pins", "person_id"),
    ("people_passkeys", "person_id"),
    ("people_challenges", "person_id"),
    ("people_sign_in_codes", "person_id"),
    ("people_askings", "person_id"),
    ("people_contacts", "person_id"),
    ("people_contact_requests", "asker_id"),
    ("people_contact_requests", "person_id"),
)
"""Tables of which every row of a person's goes, and the column that says whose it is."""
_OTHERS = (
    ("people_contacts", "since > 0 AND other_id"),
    ("people_sessions", "ended_at = 0 AND person_id"),
)


def forget(tx: Tx, person: Person) -> None:
    """Delete what hangs on a person; of sessions stays when they were, not with what or from where."""
    for table, column in _OWN:
        tx.query(f"DELETE FROM {table} WHERE {column} = ?", person.id)
    # Others' lists are told by their own rows: who is in none any more stands among `gone`.
    tx.query(
        "UPDATE people_contacts SET since = 0, remark = '', tags = '[]', blocked_at = 0, changed_at = ?"
        " WHERE other_id = ?",
        tx.now,
        person.id,
    )
    tx.query("DELETE FROM people_throttles WHERE name = ?", f"handle:{person.handle}")
    tx.query(
        "UPDATE people_sessions SET device = '', agent = '', address = '' WHERE person_id = ?",
        person.id,
    )


def write(tx: Tx, person: Person) -> None:
    """Write what is left of a person; by hand, because the handle is an alternate key."""
    tx.query(
        "UPDATE people_persons SET handle = ?, name = ?, operator = ?, password = ?, avatar = ?,"
        " region = ?, bio = ?, findable = ?, changed_at = ?, standing = ?, standing_until = ?"
        " WHERE id = ?",
        person.handle,
        person.name,
        person.operator,
        person.password,
        person.avatar,
        person.region,
        person.bio,
        person.findable,
        person.changed_at,
        person.standing,
        person.standing_until,
        person.id,
    )


def remains(reader: Reader) -> list[tuple[str, str]]:
    """Who has gone and still has something in one of these tables, or a session that is open."""
    found: list[tuple[str, str]] = []
    for table, column in (*_OWN, *_OTHERS):
        rows = reader.query(
            f"SELECT id FROM people_persons p WHERE standing = 'gone' AND EXISTS"
            f" (SELECT 1 FROM {table} t WHERE {column} = p.id) LIMIT 10"
        )
        found += [(row[0], table) for row in rows]
    return found
