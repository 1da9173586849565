"""What people show of themselves: changing it, and who may look."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.people.events.contacts import PersonChanged
from changliao.people.model import Person, PersonNotFound
from changliao.people.model.profiles import AskProfile, Between, Profile, ProfileInvalid
from changliao.people.rules import profiles as rules
from changliao.people.store import PERSONS
from changliao.people.store import contacts as store

Knows = Callable[[Reader, str, str], bool]
"""Whether the first person shares something with the second that people knows nothing of, e.g. a group."""

Wear = Callable[[Tx, str, str, str], bool]
"""Lets a person wear a picture instead of another, "" being none; False when it is not theirs to wear."""

IDS_MAX = 100


def profile_changer(wear: Wear) -> Callable[[Tx, AskProfile], Person]:
    """The verb that shows something else of oneself; what is None stays. Refuses what cannot be shown, and
    a picture that `wear` does not take."""

    def change_profile(tx: Tx, ask: AskProfile) -> Person:
        person = tx.get(PERSONS, ask.person_id)
        if person is None:
            raise PersonNotFound(field="id")
        changed = msgspec.structs.replace(person, **rules.profile(ask))
        if changed == person:
            return person
        if changed.avatar != person.avatar and not wear(
            tx, person.id, changed.avatar, person.avatar
        ):
            raise ProfileInvalid(field="avatar")
        tx.emit(PersonChanged(person.id), about=person.id)
        return tx.put(PERSONS, msgspec.structs.replace(changed, changed_at=tx.now))

    return change_profile


def profile_by_handle(reader: Reader, me: str, handle: str, now: int, knows: Knows) -> Profile:
    """The person with exactly this handle. Who does not want to be found by it is found by those alone who
    share something; for everybody else there is no such person."""
    person: Person | None = reader.find(PERSONS, ("handle",), handle)
    if person is None:
        raise PersonNotFound(field="handle")
    between = store.between(reader, me, [person.id])[person.id]
    profile = rules.profile_of(me, person, between, now)
    if not person.findable and not _may_see(reader, me, profile, between, knows):
        raise PersonNotFound(field="handle")
    return profile


def profiles_of(
    reader: Reader, me: str, ids: Sequence[str], now: int, knows: Knows
) -> list[Profile]:
    """Those of these persons (at most 100) whom one shares something with: a list of contacts on either
    side, an open request, a block of one's own, or what `knows` tells. In the order asked, each once."""
    assert len(ids) <= IDS_MAX
    persons = store.persons_in(reader, ids)
    between = store.between(reader, me, list(persons))
    found = []
    for number in dict.fromkeys(ids):
        if person := persons.get(number):
            profile = rules.profile_of(me, person, between[number], now)
            if _may_see(reader, me, profile, between[number], knows):
                found.append(profile)
    return found


def _may_see(reader: Reader, me: str, profile: Profile, between: Between, knows: Knows) -> bool:
    return rules.shares(profile, between) or knows(reader, me, profile.person.id)
