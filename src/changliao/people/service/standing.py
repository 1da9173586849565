"""The verbs of a person's standing: suspending, leaving, going for good."""

import msgspec

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.people.events.contacts import PersonChanged
from changliao.people.events.standing import (
    PersonGone,
    PersonLeaving,
    PersonLetIn,
    PersonShutOut,
)
from changliao.people.model import Person, PersonNotFound
from changliao.people.model.devices import AskEndOthers
from changliao.people.model.standing import AskLeave, AskSuspend
from changliao.people.rules import standing as rules
from changliao.people.service.devices import end_other_sessions
from changliao.people.store import PERSONS
from changliao.people.store import standing as erasing

_replace = msgspec.structs.replace


def suspend(tx: Tx, ask: AskSuspend) -> Person:
    """Let a person in no more until a moment, and sign them out everywhere; a moment that has passed lets
    them in again. Refuses who has gone."""
    person = _there(tx, ask.person_id)
    if ask.until <= tx.now:
        if person.standing != "suspended":
            return person
        tx.emit(PersonLetIn(person.id), about=person.id)
        return tx.put(PERSONS, _replace(person, standing="", standing_until=0))
    tx.emit(PersonShutOut(person.id, ask.until), about=person.id)
    sign_out_everywhere(tx, person.id)
    return _stands(tx, person.id, standing="suspended", standing_until=ask.until)


def leave(tx: Tx, ask: AskLeave) -> Person:
    """Note that the account is to be deleted at a moment, and sign the person out everywhere; signing in
    before keeps it."""
    person = _there(tx, ask.person_id)
    tx.emit(PersonLeaving(person.id, ask.at), about=person.id)
    sign_out_everywhere(tx, person.id)
    return _stands(tx, person.id, standing="leaving", standing_until=ask.at)


def erase(tx: Tx, person_id: str) -> Person:
    """Delete an account whose time has come: handle, name, words about oneself, password, PIN, passkeys,
    contacts and where one was signed in. The row itself stays, because payments and others' logs name it.
    NotLeaving for one that is not due."""
    person = rules.due_to_leave(tx.get(PERSONS, person_id), tx.now)
    sign_out_everywhere(tx, person.id)
    erasing.forget(tx, person)
    tx.emit(PersonGone(person.id, person.avatar), about=person.id)
    tx.emit(PersonChanged(person.id), about=person.id)
    return _rename(tx, person.id)


def _rename(tx: Tx, person_id: str) -> Person:
    """The handle is an alternate key, which never changes by `put`; so the row is written by hand."""
    person = rules.erased(_there(tx, person_id), tx.now)
    erasing.write(tx, person)
    return person


def sign_out_everywhere(tx: Tx, person_id: str) -> None:
    """End every session of a person."""
    while end_other_sessions(tx, AskEndOthers(person_id, "")):
        pass


def _there(tx: Tx, person_id: str) -> Person:
    person = tx.get(PERSONS, person_id)
    if person is None or person.standing == "gone":
        raise PersonNotFound(field="person")
    return person


def _stands(tx: Tx, person_id: str, **said: object) -> Person:
    person = _there(tx, person_id)  # Anew: signing out flushed what was known.
    return tx.put(PERSONS, _replace(person, **said))


def remains(reader: Reader) -> list[str]:
    """Deleted accounts of which something is left that should not be, in plain words."""
    return [f"people: {who} has gone and left {what}" for who, what in erasing.remains(reader)]
