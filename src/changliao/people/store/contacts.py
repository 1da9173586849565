"""The tables of contacts and of requests to become one."""

from collections.abc import Sequence

from changliao.db.driver import Reader
from changliao.db.table import Row, Table
from changliao.people.model import Person
from changliao.people.model.contacts import Asking, Contact, ContactRequest
from changliao.people.model.profiles import Between
from changliao.people.store import PERSONS

CONTACTS = Table("people_contacts", Contact, key=("person_id", "other_id"))
PAIR = ("asker_id", "person_id")
REQUESTS = Table("people_contact_requests", ContactRequest, unique=[PAIR])
ASKINGS = Table("people_askings", Asking, key="person_id")


def contacts_of(reader: Reader, person_id: str) -> list[Contact]:
    """Who is in a person's list, longest first."""
    return reader.rows(CONTACTS, "WHERE person_id = ? AND since > 0 ORDER BY since", person_id)


def count_contacts(reader: Reader, person_id: str) -> int:
    """How many are in a person's list."""
    sql = "SELECT COUNT(*) FROM people_contacts WHERE person_id = ? AND since > 0"
    return int(reader.query(sql, person_id)[0][0])


def count_blocks(reader: Reader, person_id: str) -> int:
    """How many a person has blocked."""
    sql = "SELECT COUNT(*) FROM people_contacts WHERE person_id = ? AND blocked_at > 0"
    return int(reader.query(sql, person_id)[0][0])


def changed_contacts(reader: Reader, person_id: str, after: int) -> list[tuple[Contact, Person]]:
    """What changed of a person's list, or of who is in it, after a moment; those who left it too."""
    rows = reader.query(
        f"{_CONTACT_AND_PERSON} WHERE c.person_id = ? AND (c.changed_at > ? OR p.changed_at > ?)"
        " ORDER BY c.since",
        *(person_id, after, after),
    )
    return [_contact_and_person(row) for row in rows]


def blocks_of(
    reader: Reader, person_id: str, before: int, limit: int
) -> list[tuple[Contact, Person]]:
    """Whom a person has blocked, newest first; `before` 0 begins with the newest."""
    rows = reader.query(
        f"{_CONTACT_AND_PERSON} WHERE c.person_id = ? AND c.blocked_at > 0 AND c.blocked_at < ?"
        " ORDER BY c.blocked_at DESC LIMIT ?",
        *(person_id, before or _LATEST, limit),
    )
    return [_contact_and_person(row) for row in rows]


def listed(reader: Reader, keys: Sequence[tuple[str, str]]) -> list[tuple[Contact, Person]]:
    """Those of these pairs, whose list and who in it, that stand in a list now, in no order."""
    found = [one for one in reader.gets(CONTACTS, keys) if one.since > 0]
    persons = {one.id: one for one in reader.gets(PERSONS, [one.other_id for one in found])}
    return [(one, persons[one.other_id]) for one in found if one.other_id in persons]


def lists_with(reader: Reader, person_ids: Sequence[str]) -> list[tuple[str, str]]:
    """In whose lists these persons stand: whose it is, and who stands in it."""
    sql = "SELECT person_id, other_id FROM people_contacts WHERE since > 0 AND other_id = ?"
    return [(row[0], row[1]) for one in person_ids for row in reader.query(sql, one)]


def requests_of(reader: Reader, person_id: str, before: int, limit: int) -> list[ContactRequest]:
    """What a person asked of others, and what was asked of them and is shown to them, newest first."""
    page = "AND asked_at < ? ORDER BY asked_at DESC LIMIT ?"
    args = (before or _LATEST, limit)
    sent = reader.rows(REQUESTS, f"WHERE asker_id = ? {page}", person_id, *args)
    got = reader.rows(
        REQUESTS, f"WHERE person_id = ? AND hidden = ? {page}", person_id, False, *args
    )
    return sorted([*sent, *got], key=lambda one: one.asked_at, reverse=True)[:limit]


def persons_in(reader: Reader, ids: Sequence[str]) -> dict[str, Person]:
    """The persons with these ids; unknown ones are left out."""
    found = reader.rows(PERSONS, f"WHERE id IN ({_marks(ids)})", *ids) if ids else []
    return {person.id: person for person in found}


def between(reader: Reader, me: str, ids: Sequence[str]) -> dict[str, Between]:
    """What is written between me and each of these."""
    if not ids:
        return {}
    marks = _marks(ids)
    mine = reader.rows(CONTACTS, f"WHERE person_id = ? AND other_id IN ({marks})", me, *ids)
    theirs = reader.rows(CONTACTS, f"WHERE other_id = ? AND person_id IN ({marks})", me, *ids)
    sent = reader.rows(REQUESTS, f"WHERE asker_id = ? AND person_id IN ({marks})", me, *ids)
    got = reader.rows(REQUESTS, f"WHERE person_id = ? AND asker_id IN ({marks})", me, *ids)
    found = (
        {row.other_id: row for row in mine},
        {row.person_id: row for row in theirs},
        {row.person_id: row for row in sent},
        {row.asker_id: row for row in got},
    )
    return {number: Between(*[rows.get(number) for rows in found]) for number in ids}


def _marks(ids: Sequence[str]) -> str:
    return ", ".join("?" * len(ids))


def _contact_and_person(row: Row) -> tuple[Contact, Person]:
    middle = len(CONTACTS.columns)
    return CONTACTS.to_value(row[:middle]), PERSONS.to_value(row[middle:])


_LATEST = 2**62
_CONTACT_AND_PERSON = (
    f"SELECT {', '.join([f'c.{column}' for column in CONTACTS.columns])},"
    f" {', '.join([f'p.{column}' for column in PERSONS.columns])}"
    " FROM people_contacts c JOIN people_persons p ON p.id = c.other_id"
)
