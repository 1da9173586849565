"""What chat does when it hears of people: new contacts talk, changed names are seen anew."""

from collections.abc import Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.chat.model import AskDirect
from changliao.chat.service.groups import open_direct, pair_of
from changliao.chat.service.log import put_mine, tell
from changliao.chat.service.moderation import forget_person
from changliao.chat.store import CONVERSATIONS, MEMBERS
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.people import service as people
from changliao.people.events import SessionOpened
from changliao.people.events.contacts import ContactAccepted, ContactChanged, ContactRequested
from changliao.people.events.standing import PersonGone
from changliao.people.service import contacts

_HEARD: dict[str, type[Fact]] = {
    one.kind: one
    for one in (ContactAccepted, ContactChanged, ContactRequested, PersonGone, SessionOpened)
}


@hears(of_kinds(*_HEARD))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow people's facts: who became contacts gets a conversation; who is asked, or signed in somewhere
    new, reads of it in their own log; a new remark shows in the list."""
    for row in facts:
        if kind := _HEARD.get(row.kind):
            _hear(tx, msgspec.json.decode(row.body, type=kind))


def _hear(tx: Tx, fact: Fact) -> None:
    if isinstance(fact, ContactAccepted):
        _acquaint(tx, fact.asker_id, fact.person_id)
    elif isinstance(fact, ContactChanged):
        _rename(tx, fact.person_id, fact.other_id)
    elif isinstance(fact, ContactRequested):
        asker = people.person_in(tx, fact.asker_id)
        said = {
            "request": fact.request_id,
            "person": fact.asker_id,
            "name": asker.name if asker else "",
        }
        tell(tx, fact.person_id, "contact_request", said)
    elif isinstance(fact, PersonGone):
        forget_person(tx, fact.person_id)
    elif isinstance(fact, SessionOpened):
        tell(tx, fact.person_id, "session", {"session": fact.session_id})


def _acquaint(tx: Tx, one: str, other: str) -> None:
    mutual = contacts.is_contact(tx, one, other) and contacts.is_contact(tx, other, one)
    if mutual:  # One may have changed their mind since.
        open_direct(tx, AskDirect(one, other))
        tell(tx, one, "contact", {"person": other})
        tell(tx, other, "contact", {"person": one})


def _rename(tx: Tx, person_id: str, other_id: str) -> None:
    found = tx.find(CONVERSATIONS, ("pair",), pair_of(person_id, other_id))
    member = tx.get(MEMBERS, (person_id, found.id)) if found else None
    if member is not None:
        put_mine(tx, member)
