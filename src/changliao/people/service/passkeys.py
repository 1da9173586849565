"""The verbs of passkeys: register, rename, remove, and prove something by one."""

import secrets
from collections.abc import Iterator

import msgspec

from changliao.db.driver import Reader
from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.people import service as people
from changliao.people.events.passkeys import PasskeyAdded, PasskeyRemoved, PasskeysLocked
from changliao.people.model import Person, PersonNotFound, Session, Throttle
from changliao.people.model.passkeys import (
    AskChallenge,
    Asked,
    AskPasskey,
    AskPasskeySession,
    AskRemove,
    AskRename,
    Assertion,
    Challenge,
    Passkey,
    PasskeyLocked,
    PasskeyMissing,
    PasskeyNotFound,
    PasskeysUnavailable,
    PasskeyTaken,
    Proof,
    TooManyPasskeys,
    WrongPasskey,
)
from changliao.people.rules import forgiven, one_try_more, sign_in_open
from changliao.people.rules import passkeys as rules
from changliao.people.store import PERSONS, THROTTLES
from changliao.people.store import passkeys as store
from changliao.people.store.passkeys import CHALLENGES, PASSKEYS

_CREDENTIAL = ("credential_id",)


def ask_challenge(tx: Tx, ask: AskChallenge) -> Challenge:
    """Something to sign, for five minutes and once. The answer counts for this purpose, this person and
    what it is about; for anything else it is worth nothing."""
    if not ask.origin:
        raise PasskeysUnavailable
    nonce = secrets.token_bytes(32)
    text = rules.challenge(nonce, ask.purpose, ask.person_id, ask.about)
    until = tx.now + rules.CHALLENGE_US
    made = Challenge(text, nonce, ask.purpose, ask.person_id, ask.origin, until, 0)
    return tx.add(CHALLENGES, made)


def register_passkey(tx: Tx, ask: AskPasskey) -> Passkey:
    """Keep a passkey that the person's device made for a challenge of `register`. The caller has seen the
    person's password or PIN when that challenge was given."""
    person = tx.get(PERSONS, ask.person_id)
    if person is None:
        raise PersonNotFound(field="id")
    given = tx.get(CHALLENGES, rules.challenge_in(ask.registration.response.client_data))
    asked = rules.alive(given, "register", ask.person_id, "", tx.now)
    made = rules.made(ask.registration, asked)
    if tx.find(PASSKEYS, _CREDENTIAL, made.credential_id) is not None:
        raise PasskeyTaken(field="registration")
    if len(store.passkeys_of(tx, ask.person_id)) >= rules.PASSKEYS_MAX:
        raise TooManyPasskeys
    _spend(tx, asked)
    fresh = rules.passkey(tx.new_id("psk"), person.id, ask.name, made, ask.registration, tx.now)
    tx.emit(PasskeyAdded(person.id, fresh.id), about=person.id)
    return tx.add(PASSKEYS, fresh)


def rename_passkey(tx: Tx, ask: AskRename) -> Passkey:
    """Call a passkey something else."""
    passkey = _mine(tx, ask.person_id, ask.passkey_id)
    return tx.put(PASSKEYS, msgspec.structs.replace(passkey, name=rules.named(ask.name)))


def remove_passkey(tx: Tx, ask: AskRemove) -> Passkey:
    """Take a passkey away; what it signs is worth nothing from then on."""
    passkey = _mine(tx, ask.person_id, ask.passkey_id)
    tx.emit(PasskeyRemoved(ask.person_id, passkey.id), about=ask.person_id)
    return tx.put(PASSKEYS, msgspec.structs.replace(passkey, removed_at=tx.now))


def proof_wishes(proof: Proof) -> Iterator[Wish]:
    """What `check_proof` looks for, for the `touches` of other rooms."""
    if proof.passkey is None:
        yield people.pin_wish(proof.person_id)
        return
    yield THROTTLES, _lock_name(proof.person_id)
    yield CHALLENGES, rules.challenge_in(proof.passkey.response.client_data)
    yield PASSKEYS, _CREDENTIAL, rules.said_id(proof.passkey.id)


def check_proof(tx: Tx, proof: Proof) -> Refusal | None:
    """None when the PIN is right, or when one of the person's passkeys signed exactly what this is about;
    otherwise the refusal, *returned*, as by `check_pin`: a wrong try is counted, and five of them lock.

    A challenge that a passkey answered is spent, whether the answer was right or not.
    """
    if proof.passkey is None:
        return people.check_pin(tx, proof.person_id, proof.pin)
    lock = tx.get(THROTTLES, _lock_name(proof.person_id))
    try:
        rules.passkey_unlocked(lock, tx.now)
        given = tx.get(CHALLENGES, rules.challenge_in(proof.passkey.response.client_data))
        asked = rules.alive(given, "confirm", proof.person_id, proof.about, tx.now)
    except Refusal as refusal:
        return refusal
    passkey = rules.mine(_named_by(tx, proof.passkey), proof.person_id)
    if not _answered(tx, passkey, proof.passkey, asked):
        return _count_wrong(tx, proof.person_id, lock)
    if lock is not None and lock.failures:
        tx.put(THROTTLES, Throttle(lock.name, 0, 0))
    return None


def sign_in_by_passkey(tx: Tx, ask: AskPasskeySession) -> Session | Refusal:
    """Sign in whoever's passkey answers a challenge of `sign_in`. A wrong one is counted against the
    address, as a wrong password is, so its refusal is *returned*."""
    name = f"address:{ask.session.address}"
    kept = tx.get(THROTTLES, name)
    before = forgiven(kept or Throttle(name, 0, 0), tx.now)
    sign_in_open([before], tx.now)
    given = tx.get(CHALLENGES, rules.challenge_in(ask.passkey.response.client_data))
    asked = rules.alive(given, "sign_in", "", "", tx.now)
    found = _named_by(tx, ask.passkey)
    passkey = rules.mine(found, found.person_id) if found else None
    if passkey is None or not _answered(tx, passkey, ask.passkey, asked):
        (tx.add if kept is None else tx.put)(THROTTLES, one_try_more(before, tx.now))
        return WrongPasskey(field="passkey")
    session = msgspec.structs.replace(ask.session, person_id=passkey.person_id)
    return people.open_session(tx, session)


# Inside -------------------------------------------------------------------------------------


def _mine(tx: Tx, person_id: str, passkey_id: str) -> Passkey:
    passkey = rules.mine(tx.get(PASSKEYS, passkey_id), person_id)
    if passkey is None:
        raise PasskeyNotFound(field="id")
    return passkey


def _named_by(tx: Tx, assertion: Assertion) -> Passkey | None:
    return tx.find(PASSKEYS, _CREDENTIAL, rules.said_id(assertion.id))


def _answered(tx: Tx, passkey: Passkey | None, said: Assertion, asked: Challenge) -> bool:
    """Whether the passkey answers the challenge, which is spent; and its new count is kept."""
    _spend(tx, asked)
    count = rules.counted(said, passkey, asked) if passkey else None
    if passkey is None or count is None:
        return False
    tx.put(PASSKEYS, msgspec.structs.replace(passkey, sign_count=count, used_at=tx.now))
    return True


def _spend(tx: Tx, asked: Challenge) -> None:
    tx.put(CHALLENGES, msgspec.structs.replace(asked, used_at=tx.now))


def _count_wrong(tx: Tx, person_id: str, lock: Throttle | None) -> Refusal:
    counted = rules.one_wrong_more(lock or Throttle(_lock_name(person_id), 0, 0), tx.now)
    (tx.add if lock is None else tx.put)(THROTTLES, counted)
    if counted.until <= tx.now:
        return WrongPasskey(field="passkey", tries_left=rules.tries_left(counted))
    tx.emit(PasskeysLocked(person_id, counted.until), about=person_id)
    return PasskeyLocked(field="passkey", locked_until_s=counted.until // 1_000_000)


def _lock_name(person_id: str) -> str:
    return f"passkey:{person_id}"


# Reading ------------------------------------------------------------------------------------


def passkeys_of(reader: Reader, person_id: str) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return store.passkeys_of(reader, person_id)


def asked_to_confirm(reader: Reader, challenge: Challenge) -> Asked:
    """What a browser is asked to sign by one of the person's passkeys; refuses who has none."""
    found = store.passkeys_of(reader, challenge.person_id)
    if not found:
        raise PasskeyMissing
    return rules.request(challenge, [(one.credential_id, one.transports) for one in found])


def asked_to_sign_in(reader: Reader, challenge: Challenge, handle: str, key: bytes) -> Asked:
    """The same for whoever signs in: by any passkey that the browser finds, or, with a handle, by one of
    that person's. A handle that has none gets one that does not exist, derived from `key`."""
    if not handle:
        return rules.request(challenge, ())
    person = people.person_by_handle(reader, handle)
    found = store.passkeys_of(reader, person.id) if person else []
    allowed = [(one.credential_id, one.transports) for one in found]
    return rules.request(challenge, allowed or [rules.decoy(key, handle)])


def asked_to_register(
    reader: Reader, challenge: Challenge, person: Person, site_name: str
) -> Asked:
    """What a browser is asked to make, so that it becomes this person's passkey."""
    return rules.creation(challenge, site_name, person, store.passkeys_of(reader, person.id))


def origin_of(url: str) -> str:
    """The origin at which browsers let our pages have passkeys; empty where they do not."""
    return rules.origin_of(url)


def broken_invariants(reader: Reader) -> list[str]:
    """What is wrong with passkeys, in plain words (I15); empty when all is well."""
    late, gone = store.answered_too_late(reader), store.used_when_gone(reader)
    return [
        *(f"I15: challenge {one}: it was answered after it ran out" for one in late),
        *(f"I15: passkey {one}: it was used after it was taken away" for one in gone),
    ]


def has_passkey(reader: Reader, person_id: str) -> bool:
    """Whether a person has one."""
    return store.has_passkey(reader, person_id)
