"""Partners, members, apps and keys."""

import secrets
from collections.abc import Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.kernel.instant import later
from changliao.partners import model as m
from changliao.partners import rules, store
from changliao.partners.events import (
    AppCreated,
    KeyEnded,
    KeyIssued,
    KeyRateChanged,
    MemberChanged,
    PartnerFounded,
)
from changliao.partners.model import (
    App,
    AppId,
    AskApp,
    AskFound,
    AskKey,
    AskKeyChange,
    AskMember,
    AskRotateKey,
    Caller,
    Key,
    Member,
    Mode,
    Partner,
    PartnerId,
    Rotated,
    Scope,
)
from changliao.partners.store import APPS, KEYS, MEMBERS, PARTNERS
from changliao.people.events.standing import PersonGone


def found_partner(tx: Tx, ask: AskFound) -> Partner:
    """Found a partner; the person becomes its owner."""
    partner = Partner(PartnerId(tx.new_id("par")), rules.name(ask.name), tx.now)
    tx.add(MEMBERS, Member(partner.id, ask.person_id, "owner", tx.now))
    tx.emit(PartnerFounded(partner.id, ask.person_id), about=partner.id)
    return tx.add(PARTNERS, partner)


def set_member(tx: Tx, ask: AskMember) -> Member | None:
    """Give a role, change it, or (role None) take it away. Only owners may, and one always stays."""
    rules.may_care(_member(tx, ask.partner_id, ask.actor), "members")
    earlier = tx.get(MEMBERS, (ask.partner_id, ask.person_id))
    if ask.role is None and (earlier is None or earlier.role == "gone"):
        raise m.MemberNotFound(field="person_id")
    steps_down = earlier is not None and earlier.role == "owner" and ask.role != "owner"
    if steps_down and store.count_owners(tx, ask.partner_id) < 2:
        raise m.LastOwner(field="role")
    tx.emit(
        MemberChanged(ask.partner_id, ask.person_id, ask.role or "", ask.actor),
        about=ask.partner_id,
    )
    member = Member(PartnerId(ask.partner_id), ask.person_id, ask.role or "gone", tx.now)
    return tx.add(MEMBERS, member) if earlier is None else tx.put(MEMBERS, member)


@hears(of_kinds(PersonGone.kind))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow people: who has gone acts for no partner any more."""
    for row in facts:
        if row.kind == PersonGone.kind:
            gone = msgspec.json.decode(row.body, type=PersonGone).person_id
            for _, member in store.partners_of(tx, gone):
                _step_out(tx, member)


def _step_out(tx: Tx, member: Member) -> None:
    known = tx.get(MEMBERS, (member.partner_id, member.person_id))
    if known is not None and known.role != "gone":
        fact = MemberChanged(known.partner_id, known.person_id, "", known.person_id)
        tx.emit(fact, about=known.partner_id)
        tx.put(MEMBERS, msgspec.structs.replace(known, role="gone", since=tx.now))


def create_app(tx: Tx, ask: AskApp) -> App:
    """Make an app; its keys come one by one."""
    rules.may_care(_member(tx, ask.partner_id, ask.actor), "apps")
    app = App(AppId(tx.new_id("app")), PartnerId(ask.partner_id), rules.name(ask.name), tx.now)
    tx.emit(AppCreated(app.id, app.partner_id, ask.actor), about=app.id)
    return tx.add(APPS, app)


def new_key_text(mode: Mode) -> str:
    """A fresh key, for the edge to make: 256 random bits after a prefix that says what it is."""
    return f"sk_{mode}_{secrets.token_urlsafe(32)}"


def issue_key(tx: Tx, ask: AskKey) -> Key:
    """Make a key of an app in one mode, with scopes and a rate limit."""
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    rules.key_ask(ask.scopes, ask.per_s, ask.burst)
    if store.count_live_keys(tx, app.id, ask.mode) >= rules.KEYS_MAX:
        raise m.TooManyKeys(field="app_id")
    key_id = tx.new_id("key")
    key = Key(
        key_id,
        app.id,
        ask.mode,
        ask.token_hash,
        ask.ending,
        ask.label[:60],
        ask.scopes,
        ask.per_s,
        ask.burst,
        tx.now,
        0,
        line=key_id,
    )
    tx.emit(KeyIssued(app.id, key.id, key.mode, ask.actor), about=app.id)
    return tx.add(KEYS, key, fresh=True)


def rotate_key(tx: Tx, ask: AskRotateKey) -> Rotated:
    """A new key with the old one's rights; both live until the grace (seconds) is over.

    A new key that leaked can be rotated at once: where its predecessor is still in a grace of its own,
    that one ends now instead of being the third to live. Refuses a key that is on its way out.
    """
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    old = _live_key(tx, app, ask.key_id)
    if old.expires_at:
        raise m.KeyRotatedAlready(field="key_id")
    ended_id = _end_oldest(tx, old, ask.actor) if ask.grace_s else ""
    ends_at = later(tx.now, ask.grace_s)
    new_id = tx.new_id("key")
    tx.put(KEYS, msgspec.structs.replace(old, expires_at=ends_at))
    tx.emit(KeyIssued(app.id, new_id, old.mode, ask.actor, replaces=old.id), about=app.id)
    tx.emit(KeyEnded(app.id, old.id, ends_at, ask.actor), about=app.id)
    fresh = msgspec.structs.replace(
        old, id=new_id, token_hash=ask.token_hash, ending=ask.ending, created_at=tx.now
    )
    return Rotated(tx.add(KEYS, fresh, fresh=True), ended_id)


def end_key(tx: Tx, ask: AskKeyChange) -> Key:
    """End a key now."""
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    return _end_now(tx, _live_key(tx, app, ask.key_id), ask.actor)


def change_rate(tx: Tx, ask: AskKeyChange) -> Key:
    """Let a key call more or less often."""
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    key = _live_key(tx, app, ask.key_id)
    per_s = key.per_s if ask.per_s is None else ask.per_s
    burst = key.burst if ask.burst is None else ask.burst
    rules.key_ask(key.scopes, per_s, burst)
    tx.emit(KeyRateChanged(app.id, key.id, per_s, burst, ask.actor), about=app.id)
    return tx.put(KEYS, msgspec.structs.replace(key, per_s=per_s, burst=burst))


def allows(caller: Caller, scope: Scope) -> None:
    """Refuse a caller who may not do what the scope names."""
    rules.allows(caller, scope)


def _member(tx: Tx, partner_id: str, person_id: str) -> Member | None:
    member = tx.get(MEMBERS, (partner_id, person_id))
    return None if member is None or member.role == "gone" else member


def app_of_keeper(tx: Tx, app_id: str, actor: str) -> App:
    """The app, for a member who cares for its keys; refused to other members, nothing to strangers."""
    app = tx.get(APPS, app_id)
    member = _member(tx, app.partner_id, actor) if app else None
    found = rules.own_app(app, member)
    rules.may_care(member, "keys")
    return found


def _live_key(tx: Tx, app: App, key_id: str) -> Key:
    key = tx.get(KEYS, key_id)
    if key is None or key.app_id != app.id or 0 < key.expires_at <= tx.now:
        raise m.KeyNotFound(field="key_id")
    return key


def _end_oldest(tx: Tx, newest: Key, actor: str) -> str:
    """End the key before the newest, if its grace is not over; which one it was."""
    oldest_id = store.key_in_grace(tx, newest)
    oldest = tx.get(KEYS, oldest_id) if oldest_id else None
    if oldest is not None:
        _end_now(tx, oldest, actor)
    return oldest_id


def _end_now(tx: Tx, key: Key, actor: str) -> Key:
    tx.emit(KeyEnded(key.app_id, key.id, tx.now, actor), about=key.app_id)
    return tx.put(KEYS, msgspec.structs.replace(key, expires_at=tx.now))


def partner_name(tx: Tx, app_id: str) -> str:
    """Whose app it is, as people know it; empty when there is no such app."""
    app = tx.get(APPS, app_id)
    found = tx.get(PARTNERS, app.partner_id) if app else None
    return found.name if found else ""


# Reading ------------------------------------------------------------------------------------


def caller_of(reader: Reader, hashed: bytes, now: int) -> Caller | None:
    """Whom a key speaks for, while it lives."""
    key = reader.find(KEYS, ("token_hash",), hashed)
    if key is None or 0 < key.expires_at <= now:
        return None
    app = reader.get(APPS, key.app_id)
    return Caller(key.app_id, app.partner_id, key.mode, key.scopes, key.id, key.per_s, key.burst)


def caller_for(reader: Reader, app_id: str, mode: Mode, actor: str) -> Caller:
    """Somebody who proved by other means to speak for an app, with every right that a key can have."""
    app = reader.get(APPS, app_id)
    return Caller(app.id, app.partner_id, mode, m.SCOPES, actor)


def console_caller(reader: Reader, person_id: str, app_id: str, mode: Mode) -> Caller:
    """A member as the caller of one of the partner's apps, with what the role allows."""
    app = reader.get(APPS, app_id)
    member = member_of(reader, app.partner_id, person_id) if app else None
    found = rules.own_app(app, member)
    assert member is not None and member.role != "gone"
    return Caller(found.id, found.partner_id, mode, rules.ROLE_SCOPES[member.role], person_id)


def member_of(reader: Reader, partner_id: str, person_id: str) -> Member | None:
    """The person's membership, if there is one."""
    member = reader.get(MEMBERS, (partner_id, person_id))
    return None if member is None or member.role == "gone" else member


def app(reader: Reader, app_id: str) -> App | None:
    """The app with this id."""
    return reader.get(APPS, app_id)  # type: ignore[no-any-return]


def app_in(tx: Tx, app_id: str) -> App | None:
    """The app with this id, inside a transaction."""
    return tx.get(APPS, app_id)


def app_name(tx: Tx | Reader, app_id: str) -> str:
    """What an app is called, for receipts."""
    found = tx.get(APPS, app_id)
    return found.name if found else ""


def partner(reader: Reader, partner_id: str) -> Partner | None:
    """The partner with this id."""
    return reader.get(PARTNERS, partner_id)  # type: ignore[no-any-return]


def partners_of(reader: Reader, person_id: str) -> list[tuple[Partner, Member]]:
    """The partners a person acts for, and in which role."""
    return [pair for pair in store.partners_of(reader, person_id) if pair[1].role != "gone"]


def members_of(reader: Reader, partner_id: str) -> list[Member]:
    """Who acts for a partner."""
    return [member for member in store.members_of(reader, partner_id) if member.role != "gone"]


def apps_of(reader: Reader, partner_id: str) -> list[App]:
    """A partner's apps."""
    return store.apps_of(reader, partner_id)


def keys_of(reader: Reader, app_id: str) -> list[Key]:
    """An app's keys, newest first."""
    return store.keys_of(reader, app_id)


def ended_for(keys: Sequence[Key]) -> dict[str, str]:
    """Of keys that rotations made: which older one, still in its grace, ended at once for which."""
    return rules.ended_for(keys)


def owned_alone(reader: Reader, person_id: str) -> list[str]:
    """The partners of which a person is the only owner."""
    return store.owned_alone(reader, person_id)
