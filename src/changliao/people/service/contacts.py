"""The verbs of contacts: ask, answer, change, remove, block. What one does to another shows in one's own
rows alone, so whoever is blocked, declined or removed finds everything as it was."""

import msgspec

from changliao.db.driver import Reader
from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.people.events.contacts import (
    ContactAccepted,
    ContactChanged,
    ContactDeclined,
    ContactRemoved,
    ContactRequested,
    PersonBlocked,
    PersonUnblocked,
)
from changliao.people.model import Person, PersonId, PersonNotFound
from changliao.people.model.contacts import (
    AskAnswer,
    AskChange,
    AskContact,
    Asking,
    AskOther,
    BlockNotFound,
    BlocksFull,
    Contact,
    ContactNotFound,
    ContactRequest,
    ContactsFull,
)
from changliao.people.rules import contacts as rules
from changliao.people.store import PERSONS
from changliao.people.store import contacts as store
from changliao.people.store.contacts import ASKINGS, CONTACTS, PAIR, REQUESTS

# What other rooms ask -----------------------------------------------------------------------


def contact_wish(person_id: str, other_id: str) -> Wish:
    """What `is_contact` and `contact_in` look for, for the `touches` of other rooms."""
    return CONTACTS, (person_id, other_id)


def block_wish(by: str, person_id: str) -> Wish:
    """What `is_blocked` looks for: the same row as `contact_wish(by, person_id)`, so that both questions
    about one direction cost one row."""
    return CONTACTS, (by, person_id)


def contact_in(tx: Reader, person_id: str, other_id: str) -> Contact | None:
    """How `other_id` stands in the list of `person_id`; None when not in it. Takes a Tx or a Reader."""
    row: Contact | None = tx.get(CONTACTS, (person_id, other_id))
    return row if row is not None and row.since else None


def is_contact(tx: Reader, person_id: str, other_id: str) -> bool:
    """Whether `other_id` is in the list of `person_id`. The other direction is another question: who was
    removed keeps the one who did it. Takes a Tx or a Reader."""
    return contact_in(tx, person_id, other_id) is not None


def is_blocked(tx: Reader, by: str, person_id: str) -> bool:
    """Whether `by` has blocked `person_id`, who must not learn it. Takes a Tx or a Reader."""
    row: Contact | None = tx.get(CONTACTS, (by, person_id))
    return row is not None and row.blocked_at > 0


def contacts_of(reader: Reader, person_id: str) -> list[Contact]:
    """Who is in a person's list, longest first; at most 5,000."""
    return store.contacts_of(reader, person_id)


# Asking -------------------------------------------------------------------------------------


def request_contact(tx: Tx, ask: AskContact) -> ContactRequest:
    """Ask somebody to become a contact. The answer is `accepted` when they had asked already, or still have
    the asker in their list; otherwise `open`, for 30 days. Asking again renews it. Who has blocked the
    asker is not shown it, and the asker gets the same answer.

    Refuses oneself, whom one has blocked, who is a contact both ways, a full list, and more than 30 new
    requests a day (10 for an account of less than 3 days).
    """
    rules.not_self(ask.person_id, ask.other_id)
    text = rules.request_text(ask.text)
    asker, asked = _person(tx, ask.person_id), _person(tx, ask.other_id)
    mine, theirs = _row(tx, asker.id, asked.id), _row(tx, asked.id, asker.id)
    rules.may_ask(mine, theirs)
    if not mine.since:
        _check_room(tx, asker.id)
    their_wish = tx.find(REQUESTS, PAIR, (asked.id, asker.id))
    if their_wish is not None and rules.is_open(their_wish, tx.now):
        return _befriend(tx, their_wish)
    if theirs.since:
        return _return_to_list(tx, mine, text)
    _count(tx, asker)
    wish = _ask(tx, mine, text, hidden=theirs.blocked_at > 0)
    if not wish.hidden:
        tx.emit(ContactRequested(wish.id, asker.id, asked.id), about=asked.id)
    return wish


def answer_request(tx: Tx, ask: AskAnswer) -> ContactRequest:
    """Accept or decline. Accepting puts each into the other's list; declining is not told to the asker.
    Refuses requests to others, answered and expired ones, and when a list is full."""
    request = rules.answerable(tx.get(REQUESTS, ask.request_id), ask.person_id, tx.now)
    if ask.accept:
        return _befriend(tx, request)
    tx.emit(
        ContactDeclined(request.id, request.asker_id, request.person_id), about=request.person_id
    )
    return _answered(tx, request, "declined")


# One's own list -----------------------------------------------------------------------------


def change_contact(tx: Tx, ask: AskChange) -> Contact:
    """Call a contact something else (remark up to 40 characters, empty for none), or put tags on (at most
    20 of at most 20 characters). Only the one who writes it sees it."""
    contact = _listed(tx, ask.person_id, ask.other_id)
    remark = contact.remark if ask.remark is None else rules.remark(ask.remark)
    tags = contact.tags if ask.tags is None else rules.tags(ask.tags)
    if (remark, tags) == (contact.remark, contact.tags):
        return contact
    tx.emit(ContactChanged(contact.person_id, contact.other_id), about=contact.person_id)
    return _write(tx, contact, remark=remark, tags=tags)


def remove_contact(tx: Tx, ask: AskOther) -> Contact:
    """Take somebody out of one's list, with remark and tags. The other one keeps the entry and is not told,
    but is a stranger from now on: `is_contact` says so to whoever would let them write."""
    contact = _listed(tx, ask.person_id, ask.other_id)
    tx.emit(ContactRemoved(contact.person_id, contact.other_id), about=contact.person_id)
    return _write(tx, contact, since=0, remark="", tags=())


def block(tx: Tx, ask: AskOther) -> Contact:
    """Hear nothing from somebody any more, who is not told. A contact stays in the list; an open request
    of theirs is not shown any more. Blocking twice is blocking once."""
    rules.not_self(ask.person_id, ask.other_id)
    other = _person(tx, ask.other_id)
    contact = _row(tx, ask.person_id, other.id)
    if contact.blocked_at:
        return contact
    if store.count_blocks(tx, ask.person_id) >= rules.BLOCKS_MAX:
        raise BlocksFull(field="person")
    wish = tx.find(REQUESTS, PAIR, (other.id, ask.person_id))
    if wish is not None and rules.is_open(wish, tx.now):
        tx.put(REQUESTS, msgspec.structs.replace(wish, hidden=True))
    tx.emit(PersonBlocked(contact.person_id, other.id), about=contact.person_id)
    return _write(tx, contact, blocked_at=tx.now)


def unblock(tx: Tx, ask: AskOther) -> Contact:
    """Lift a block. What was asked meanwhile stays unseen until it is asked again."""
    contact = _row(tx, ask.person_id, ask.other_id)
    if not contact.blocked_at:
        raise BlockNotFound(field="person")
    tx.emit(PersonUnblocked(contact.person_id, contact.other_id), about=contact.person_id)
    return _write(tx, contact, blocked_at=0)


# Inside -------------------------------------------------------------------------------------


def _person(tx: Tx, person_id: str) -> Person:
    person = tx.get(PERSONS, person_id)
    if person is None or person.standing == "gone":
        raise PersonNotFound(field="person")
    return person


def _row(tx: Tx, person_id: str, other_id: str) -> Contact:
    """What one holds of the other; an empty row when nothing was ever written."""
    row = tx.get(CONTACTS, (person_id, other_id))
    return row or Contact(PersonId(person_id), PersonId(other_id))


def _listed(tx: Tx, person_id: str, other_id: str) -> Contact:
    contact = contact_in(tx, person_id, other_id)
    if contact is None:
        raise ContactNotFound(field="person")
    return contact


def _write(tx: Tx, contact: Contact, **said: object) -> Contact:
    changed = msgspec.structs.replace(contact, changed_at=tx.now, **said)
    known = tx.get(CONTACTS, (contact.person_id, contact.other_id)) is not None
    return tx.put(CONTACTS, changed) if known else tx.add(CONTACTS, changed)


def _check_room(tx: Tx, person_id: str) -> None:
    if store.count_contacts(tx, person_id) >= rules.CONTACTS_MAX:
        raise ContactsFull(field="person")


def _befriend(tx: Tx, request: ContactRequest) -> ContactRequest:
    """Put each into the other's list."""
    for one, other in (
        (request.person_id, request.asker_id),
        (request.asker_id, request.person_id),
    ):
        contact = _row(tx, one, other)
        if not contact.since:
            _check_room(tx, one)
            _write(tx, contact, since=tx.now)
    tx.emit(
        ContactAccepted(request.id, request.asker_id, request.person_id), about=request.asker_id
    )
    return _answered(tx, request, "accepted")


def _return_to_list(tx: Tx, mine: Contact, text: str) -> ContactRequest:
    """The other one never let go of me, so nobody need be asked."""
    _write(tx, mine, since=tx.now)
    tx.emit(ContactChanged(mine.person_id, mine.other_id), about=mine.person_id)
    return _answered(tx, _ask(tx, mine, text, hidden=False), "accepted")


def _ask(tx: Tx, mine: Contact, text: str, *, hidden: bool) -> ContactRequest:
    """A new request, or the one there was, renewed: there is one row for each direction of a pair."""
    old = tx.find(REQUESTS, PAIR, (mine.person_id, mine.other_id))
    number = old.id if old else tx.new_id("cr")
    wish = ContactRequest(number, mine.person_id, mine.other_id, text, "open", hidden, tx.now)
    return tx.put(REQUESTS, wish) if old else tx.add(REQUESTS, wish)


def _answered(tx: Tx, request: ContactRequest, state: str) -> ContactRequest:
    changed = msgspec.structs.replace(request, state=state, hidden=False, answered_at=tx.now)
    return tx.put(REQUESTS, changed)


def _count(tx: Tx, asker: Person) -> None:
    """One more request today, or a refusal."""
    known = tx.get(ASKINGS, asker.id)
    more = rules.one_more(known or Asking(asker.id, 0, 0), asker.created_at, tx.now)
    write = tx.put if known else tx.add
    write(ASKINGS, more)


# Reading ------------------------------------------------------------------------------------


def contact_list(reader: Reader, person_id: str, after: int) -> list[tuple[Contact, Person]]:
    """What changed of a person's list of contacts after a moment: rows of those in it, with who they are,
    and rows of those who left it (`since` 0). After 0: the whole list."""
    found = store.changed_contacts(reader, person_id, after)
    return found if after else [one for one in found if one[0].since]


def requests_of(
    reader: Reader, person_id: str, before: int, limit: int
) -> list[tuple[ContactRequest, Person]]:
    """What a person asked of others and was asked, newest first, each with the other one."""
    found = store.requests_of(reader, person_id, before, limit)
    others = [_other(one, person_id) for one in found]
    persons = store.persons_in(reader, others)
    return [(one, persons[other]) for one, other in zip(found, others, strict=True)]


def peer_of(reader: Reader, request: ContactRequest, person_id: str) -> Person:
    """The other one of a request."""
    return reader.get(PERSONS, _other(request, person_id))  # type: ignore[no-any-return]


def other_of(reader: Reader, contact: Contact) -> Person:
    """Who a contact is."""
    return reader.get(PERSONS, contact.other_id)  # type: ignore[no-any-return]


def blocks_of(
    reader: Reader, person_id: str, before: int, limit: int
) -> list[tuple[Contact, Person]]:
    """Whom a person has blocked, newest first."""
    return store.blocks_of(reader, person_id, before, limit)


def _other(request: ContactRequest, person_id: str) -> str:
    return request.person_id if request.asker_id == person_id else request.asker_id
