"""The verbs of people."""

import hashlib
import secrets
from collections.abc import Sequence

import msgspec

from changliao.db.driver import Reader
from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.kernel.instant import later
from changliao.kernel.refusal import Refusal
from changliao.people import rules, store
from changliao.people.events import (
    OperatorMade,
    PersonRegistered,
    PinLockedOut,
    PinSet,
    SessionEnded,
    SessionOpened,
)
from changliao.people.events.standing import PersonStayed
from changliao.people.model import (
    AskEndSession,
    AskLocale,
    AskRegister,
    AskSession,
    AskSetPin,
    AskTry,
    HandleTaken,
    Person,
    PersonId,
    PersonNotFound,
    Pin,
    PinLocked,
    Session,
    SessionNotFound,
    SignedIn,
    Throttle,
    Try,
    WrongPin,
)
from changliao.people.rules.devices import first_half
from changliao.people.rules.standing import may_enter
from changliao.people.store import PERSONS, PINS, SESSIONS, THROTTLES
from changliao.people.store.passkeys import forget_challenges
from changliao.people.store.scans import forget_codes


def token_hash(token: str) -> bytes:
    """SHA-256 of a token of 256 random bits; nothing slower is needed for a secret nobody can guess."""
    return hashlib.sha256(token.encode()).digest()


def register(tx: Tx, ask: AskRegister) -> Person:
    """Make a person. Refuses a handle that is taken or cannot be one."""
    rules.registration(ask)
    if tx.find(PERSONS, ("handle",), ask.handle):
        raise HandleTaken(field="handle")
    person = Person(
        PersonId(tx.new_id("per")),
        ask.handle,
        ask.name.strip(),
        ask.locale,
        False,
        ask.password,
        tx.now,
        edition=ask.edition,
    )
    tx.emit(PersonRegistered(person.id, person.handle), about=person.id)
    return tx.add(PERSONS, person)


def make_operator(tx: Tx, handle: str) -> Person:
    """Give a person the operator's role; whoever has it already keeps it, and nothing is told again."""
    person = tx.find(PERSONS, ("handle",), handle)
    if person is None:
        raise PersonNotFound(field="handle")
    if person.operator:
        return person
    tx.emit(OperatorMade(person.id), about=person.id)
    return tx.put(PERSONS, msgspec.structs.replace(person, operator=True))


def change_locale(tx: Tx, ask: AskLocale) -> Person:
    """Keep which language a person wants to be spoken to in."""
    person = tx.get(PERSONS, ask.person_id)
    if person is None:
        raise PersonNotFound(field="id")
    return tx.put(PERSONS, msgspec.structs.replace(person, locale=ask.locale))


def open_session(tx: Tx, ask: AskSession) -> Session:
    """Sign a person in who has proven who it is; forgets failed tries. The token is always a new one,
    so nobody can plant a session beforehand. Refuses whoever is suspended; whoever is leaving stays."""
    person = tx.get(PERSONS, ask.person_id)
    if person is None:
        raise PersonNotFound(field="handle")
    if may_enter(person, tx.now).standing == "leaving":
        tx.emit(PersonStayed(person.id), about=person.id)
        tx.put(PERSONS, msgspec.structs.replace(person, standing="", standing_until=0))
    for name in _throttle_names(person.handle, ask.address)[:1]:
        if throttle := tx.get(THROTTLES, name):
            tx.put(THROTTLES, msgspec.structs.replace(throttle, failures=0, until=0))
    session = Session(
        tx.new_id("ses"),
        ask.token_hash,
        person.id,
        ask.transport,
        ask.device[:80],
        tx.now,
        later(tx.now, ask.lasts_s),
        0,
        ask.agent,
        first_half(ask.address),
        tx.now,
    )
    device = ask.agent or session.device
    tx.emit(SessionOpened(person.id, session.id, ask.transport, device), about=person.id)
    return tx.add(SESSIONS, session, fresh=True)


def count_try(tx: Tx, ask: AskTry) -> Try:
    """Count a try before its password is checked, as if it had failed, so that no burst gets more tries
    than there are. Each beyond them closes handle or address for longer; refuses while one is closed."""
    names = _throttle_names(ask.handle, ask.address)
    kept = [tx.get(THROTTLES, name) for name in names]
    before = tuple(
        rules.forgiven(row or Throttle(name, 0, 0), tx.now)
        for name, row in zip(names, kept, strict=True)
    )
    rules.sign_in_open(before, tx.now)
    for row, throttle in zip(kept, before, strict=True):
        write = tx.add if row is None else tx.put
        write(THROTTLES, rules.one_try_more(throttle, tx.now))
    return Try(tx.find(PERSONS, ("handle",), ask.handle), before)


def take_back_try(tx: Tx, counted: Try) -> None:
    """Uncount a try whose password was right, or was not checked."""
    for before in counted.before:
        if current := tx.get(THROTTLES, before.name):
            tx.put(THROTTLES, rules.one_try_less(before, current))


def end_session(tx: Tx, ask: AskEndSession) -> Session:
    """Sign a person out somewhere; the token is worth nothing from then on."""
    session = tx.get(SESSIONS, ask.session_id)
    if session is None or session.person_id != ask.person_id or session.ended_at:
        raise SessionNotFound(field="id")
    tx.emit(SessionEnded(session.person_id, session.id), about=session.person_id)
    return tx.put(SESSIONS, msgspec.structs.replace(session, ended_at=tx.now))


def set_pin(tx: Tx, ask: AskSetPin) -> Pin:
    """Set or change the payment PIN and lift a lock; the caller has checked the password."""
    rules.new_pin(ask.pin)
    salt = secrets.token_bytes(16)
    pin = Pin(PersonId(ask.person_id), tx.vault.pin_digest(ask.pin, salt), salt, 0, 0, 0, tx.now)
    tx.emit(PinSet(pin.person_id), about=pin.person_id)
    return tx.put(PINS, pin) if tx.get(PINS, ask.person_id) else tx.add(PINS, pin)


def pin_wish(person_id: str) -> Wish:
    """What `check_pin` looks for, for the `touches` of other rooms."""
    return PINS, person_id


def check_pin(tx: Tx, person_id: str, given: str) -> Refusal | None:
    """None when the PIN is right; otherwise the refusal, *returned*, with the wrong try counted.

    Five wrong ones lock it for a minute, the next five for five, and so on. A verb that calls this
    must return the refusal as well, not raise it: raising would undo the count.
    """
    pin = tx.get(PINS, person_id)
    try:
        pin = rules.pin_open(pin, tx.now)
    except Refusal as refusal:
        return refusal
    if tx.vault.pin_matches(pin.digest, given, pin.salt):
        _forgive(tx, pin, given)
        return None
    wrong = pin.wrong + 1
    if wrong < rules.PIN_TRIES:
        tx.put(PINS, msgspec.structs.replace(pin, wrong=wrong))
        return WrongPin(field="pin", tries_left=rules.PIN_TRIES - wrong)
    until = tx.now + rules.lock_us(pin.locks)
    tx.put(PINS, msgspec.structs.replace(pin, wrong=0, locks=pin.locks + 1, locked_until=until))
    tx.emit(PinLockedOut(pin.person_id, until), about=pin.person_id)
    return PinLocked(field="pin", locked_until_s=until // 1_000_000)


def _forgive(tx: Tx, pin: Pin, given: str) -> None:
    digest = pin.digest
    if not digest.startswith(tx.vault.active + "."):
        digest = tx.vault.pin_digest(given, pin.salt)  # The master key was rotated since.
    if pin.wrong or pin.locks or digest != pin.digest:
        tx.put(PINS, msgspec.structs.replace(pin, digest=digest, wrong=0, locks=0, locked_until=0))


def _throttle_names(handle: str, address: str) -> tuple[str, str]:
    return f"handle:{handle[:40]}", f"address:{address}"


def forget_what_ran_out(tx: Tx, before: int) -> None:
    """Drop challenges and sign-in codes that ran out before this moment."""
    forget_challenges(tx, before)
    forget_codes(tx, before)


# Reading ------------------------------------------------------------------------------------


def person_by_handle(reader: Reader, handle: str) -> Person | None:
    """The person with this handle."""
    return reader.find(PERSONS, ("handle",), handle)  # type: ignore[no-any-return]


def person(reader: Reader, person_id: str) -> Person | None:
    """The person with this id."""
    return reader.get(PERSONS, person_id)  # type: ignore[no-any-return]


def persons(reader: Reader, ids: Sequence[str]) -> dict[str, Person]:
    """These people, by their ids; who is not there is left out."""
    return {one.id: one for one in store.persons(reader, ids)}


def names(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """What these people are called, by their ids; who is not there is left out."""
    return store.names(reader, ids)


def person_in(tx: Tx, person_id: str) -> Person | None:
    """The person with this id, inside a transaction."""
    return tx.get(PERSONS, person_id)


def signed_in(reader: Reader, hashed: bytes, now: int) -> SignedIn | None:
    """Whose token this is, if its session is still open."""
    found = store.signed_in(reader, hashed)
    if found is None:
        return None
    session, person = found
    return None if session.ended_at or session.expires_at <= now else SignedIn(person, session)


def pin_of(reader: Reader, person_id: str) -> Pin | None:
    """The person's PIN row, to tell whether there is one and whether it is locked."""
    return reader.get(PINS, person_id)  # type: ignore[no-any-return]


def open_sessions(reader: Reader, person_id: str, now: int) -> list[Session]:
    """Where a person is signed in, newest first."""
    return store.open_sessions(reader, person_id, now)


def session(reader: Reader, session_id: str) -> Session | None:
    """The session with this id, also when it has ended."""
    return reader.get(SESSIONS, session_id)  # type: ignore[no-any-return]


def ended_since(reader: Reader, moment: int) -> list[Session]:
    """Sessions that were ended after a moment, in that order."""
    return store.ended_since(reader, moment)


def pins_by_key(reader: Reader) -> dict[str, int]:
    """How many PIN digests each master key still carries."""
    return store.pins_by_key(reader)
