"""The tables of contacts and of requests to become one."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.people.model.contacts import Asking, Contact, ContactRequest

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
