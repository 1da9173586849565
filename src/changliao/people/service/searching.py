"""What search finds of people: those who let themselves be found, and one's own contacts."""

from collections.abc import Iterable, Sequence

import msgspec

from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.people import store
from changliao.people.events import PersonRegistered
from changliao.people.events.contacts import (
    ContactAccepted,
    ContactChanged,
    ContactRemoved,
    PersonChanged,
)
from changliao.people.model import Person
from changliao.people.model.contacts import Contact
from changliao.people.service.contacts import contact_in
from changliao.people.store import contacts as contacts_store
from changliao.search.port import Document
from changliao.search.source import EVERYBODY, Changes, Shown, Source, everybody, oneself

Key = tuple[str, str]
"""Whose list, and who in it."""


def _read_persons(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Who registered or shows something else of themselves."""
    ids = _about(facts)
    found = {one.id: one for one in store.persons(reader, ids) if one.findable}
    return Changes(
        [_document(one) for one in found.values()], [one for one in ids if one not in found]
    )


def _document(person: Person) -> Document:
    return Document(
        person.id,
        "people",
        (EVERYBODY,),
        person.name,
        _told(person),
        person.created_at,
        ref=person.id,
        names=(person.handle,),
    )


def _shown_persons(reader: Reader, me: str, documents: Sequence[Document]) -> list[Shown | None]:
    """Strangers: contacts are found as such."""
    found = {str(one.id): one for one in store.persons(reader, [one.ref for one in documents])}
    return [
        _stranger(found[one.ref]) if _is_stranger(reader, me, found.get(one.ref)) else None
        for one in documents
    ]


def _is_stranger(reader: Reader, me: str, person: Person | None) -> bool:
    if person is None or person.id == me or not person.findable:
        return False
    return contact_in(reader, me, person.id) is None


def _stranger(person: Person) -> Shown:
    return _face(person, person.name, _told(person))


def _told(person: Person) -> str:
    return " · ".join(filter(None, [person.handle, person.region]))


def _face(person: Person, title: str, text: str) -> Shown:
    return Shown(title, text, person=person.id, handle=person.handle, avatar=person.avatar)


# Contacts -----------------------------------------------------------------------------------


def _read_accepted(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Each is in the other's list."""
    said = [msgspec.json.decode(fact.body, type=ContactAccepted) for fact in facts]
    both = [(one.asker_id, one.person_id) for one in said]
    return _lists(reader, [*both, *[(other, one) for one, other in both]])


def _read_changed(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Somebody is called something else, or is in a list again, or not any more."""
    said = [msgspec.json.decode(fact.body, type=ContactChanged) for fact in facts]
    return _lists(reader, [(one.person_id, one.other_id) for one in said])


def _read_renamed(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Whoever has another name has it in the lists of others too."""
    return _lists(reader, contacts_store.lists_with(reader, _about(facts)))


def _lists(reader: Reader, keys: Iterable[Key]) -> Changes:
    """How these pairs stand now."""
    wanted = list(dict.fromkeys(keys))
    found = contacts_store.listed(reader, wanted)
    there = {(contact.person_id, contact.other_id) for contact, _ in found}
    return Changes(
        [_listed(contact, person) for contact, person in found],
        [_id(key) for key in wanted if key not in there],
    )


def _id(key: Key) -> str:
    return f"contact:{key[0]}:{key[1]}"


def _listed(contact: Contact, person: Person) -> Document:
    return Document(
        _id((contact.person_id, contact.other_id)),
        "contacts",
        (contact.person_id,),
        contact.remark or person.name,
        _words(contact, person),
        contact.since,
        ref=person.id,
        names=(person.name, person.handle),
    )


def _words(contact: Contact, person: Person) -> str:
    name = person.name if contact.remark else ""
    return " · ".join(filter(None, [name, _told(person), *contact.tags]))


def _shown_contacts(reader: Reader, me: str, documents: Sequence[Document]) -> list[Shown | None]:
    listed = contacts_store.listed(reader, [(me, one.ref) for one in documents])
    found = {str(person.id): (contact, person) for contact, person in listed}
    return [_friend(*found[one.ref]) if one.ref in found else None for one in documents]


def _friend(contact: Contact, person: Person) -> Shown:
    return _face(person, contact.remark or person.name, _words(contact, person))


def _about(facts: Sequence[FactRow]) -> list[str]:
    return list(dict.fromkeys(fact.about for fact in facts))


PEOPLE = Source(
    "people",
    {PersonRegistered.kind: _read_persons, PersonChanged.kind: _read_persons},
    everybody,
    _shown_persons,
)
CONTACTS = Source(
    "contacts",
    {
        ContactAccepted.kind: _read_accepted,
        ContactChanged.kind: _read_changed,
        ContactRemoved.kind: _read_changed,
        PersonChanged.kind: _read_renamed,
    },
    oneself,
    _shown_contacts,
)
