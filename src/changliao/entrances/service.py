"""The verbs of entrances: offering them, opening them, saying who came, and what one agreed to tell."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.table import Key, Table, V
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.entrances import model as m
from changliao.entrances import rules, store
from changliao.entrances.events import (
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    EntranceChanged,
    EntranceCreated,
    EntranceProposed,
    LaunchCodeReused,
    LaunchIdentified,
    LaunchOpened,
    LaunchPaymentShown,
)
from changliao.entrances.model import (
    AskChange,
    AskConsent,
    AskCreate,
    AskIdentify,
    AskLaunch,
    AskOnLaunch,
    AskPropose,
    Consent,
    Entrance,
    EntranceId,
    Launch,
    LaunchId,
    Offer,
    Scope,
    Standing,
    Visitor,
)
from changliao.entrances.store import CONSENTS, ENTRANCES, LAUNCHES
from changliao.kernel.addresses import web_origin
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.partners.model import MODES, AppNotFound, Mode, audience
from changliao.people import service as people
from changliao.people.events.standing import PersonGone
from changliao.people.model import Person

OFFER_FIELDS = Offer.__struct_fields__
STANDING_FIELDS = Standing.__struct_fields__


class Rows(Protocol):
    """A transaction or a reader: either finds rows by their keys."""

    def get(self, table: Table[V], key: Key) -> V | None:
        """The row with this key."""


# Offering -----------------------------------------------------------------------------------


def propose_entrance(tx: Tx, ask: AskPropose) -> Entrance:
    """A partner asks for an entrance; nobody sees it until the operator says so. Owners and developers
    may ask; refuses what no entrance can be, and more than twenty of an app."""
    app = partners.app_of_keeper(tx, ask.app_id, ask.actor)
    entrance = _made(tx, app.id, ask.offer, Standing("proposed"), ask.own)
    fact = EntranceProposed(
        entrance.id, app.id, entrance.place, entrance.start_url, actor=ask.actor
    )
    tx.emit(fact, about=entrance.id, audience=audience(app.id, entrance.mode))
    return entrance


def create_entrance(tx: Tx, ask: AskCreate) -> Entrance:
    """The operator makes an entrance for an app. Refuses what no entrance can be."""
    app = partners.app_in(tx, ask.app_id)
    if app is None:
        raise AppNotFound(field="app_id")
    entrance = _made(tx, app.id, ask.offer, ask.standing, ask.own)
    fact = EntranceCreated(
        entrance.id,
        app.id,
        entrance.place,
        entrance.start_url,
        entrance.state,
        entrance.position,
        entrance.rollout,
        ask.actor,
    )
    tx.emit(fact, about=entrance.id, audience=audience(app.id, entrance.mode))
    return entrance


def change_entrance(tx: Tx, ask: AskChange) -> Entrance:
    """The operator changes an entrance: switches it, moves it, shows it to more people or fewer, or
    corrects what it says. The same again is no change and no fact."""
    before = tx.get(ENTRANCES, ask.entrance_id)
    if before is None:
        raise m.EntranceNotFound(field="id")
    after = msgspec.structs.replace(before, **ask.fields)
    rules.offer(_part(Offer, OFFER_FIELDS, after), ask.own)
    rules.standing(_part(Standing, STANDING_FIELDS, after))
    changed = tuple(name for name in ask.fields if getattr(before, name) != getattr(after, name))
    if not changed:
        return before
    fact = EntranceChanged(
        after.id,
        after.app_id,
        changed,
        after.start_url,
        after.state,
        after.position,
        after.rollout,
        ask.actor,
    )
    tx.emit(fact, about=after.id, audience=audience(after.app_id, after.mode))
    return tx.put(ENTRANCES, msgspec.structs.replace(after, changed_at=tx.now))


def _made(tx: Tx, app_id: str, offer: Offer, standing: Standing, own: Collection[str]) -> Entrance:
    rules.offer(offer, own)
    rules.standing(standing)
    if store.count_of_app(tx, app_id) >= rules.ENTRANCES_MAX:
        raise m.TooManyEntrances(field="app_id")
    said = msgspec.structs.asdict(offer) | msgspec.structs.asdict(standing)
    entrance = Entrance(
        id=EntranceId(tx.new_id("ent")), app_id=app_id, created_at=tx.now, changed_at=tx.now, **said
    )
    return tx.add(ENTRANCES, entrance)


def _part(kind: type[V], fields: Sequence[str], entrance: Entrance) -> V:
    return kind(**{name: getattr(entrance, name) for name in fields})


# Opening ------------------------------------------------------------------------------------


def open_launch(tx: Tx, ask: AskLaunch) -> Launch:
    """A person opens an entrance that is shown to this person; to others there is none."""
    person = people.person_in(tx, ask.person_id)
    entrance = rules.seen(tx.get(ENTRANCES, ask.entrance_id), person, ask.modes)
    assert person is not None
    launch = Launch(
        LaunchId(tx.new_id("lau")),
        entrance.id,
        entrance.app_id,
        entrance.mode,
        person.id,
        ask.code_hash,
        ask.lang or person.locale,
        ask.conversation,
        tx.now,
        0,
    )
    fact = LaunchOpened(
        launch.id,
        entrance.id,
        entrance.app_id,
        entrance.mode,
        entrance.place,
        person.edition,
        person.id,
        ask.conversation,
    )
    tx.emit(fact, about=launch.id)
    return tx.add(LAUNCHES, launch, fresh=True)


def identify(tx: Tx, ask: AskIdentify) -> Visitor | Refusal:
    """Trade a code, once and within a minute, for who came. Another app's code does not exist.

    A code that comes again is refused by *returning* the refusal, so that the fact of it stays.
    """
    partners.allows(ask.caller, "customers:write")
    launch = rules.tradeable(tx.find(LAUNCHES, ("code_hash",), ask.code_hash), ask.caller)
    if launch.used_at:
        fact = LaunchCodeReused(launch.id, launch.app_id)
        tx.emit(fact, about=launch.id, audience=ask.caller.audience)
        return m.LaunchUsed(field="code")
    rules.fresh(launch, tx.now)
    launch = tx.put(LAUNCHES, msgspec.structs.replace(launch, used_at=tx.now))
    tx.emit(LaunchIdentified(launch.id, launch.entrance_id, launch.app_id), about=launch.id)
    person = people.person_in(tx, launch.person_id)
    assert person is not None
    return _visitor(tx, tx.vault, launch, person)


def show_payment(tx: Tx, ask: AskOnLaunch) -> Launch:
    """Keep that the page of a launch asked for a payment; what is bought is attributed by this fact.
    Whether the payment is the app's own was looked up: that never changes."""
    launch = rules.own_launch(tx.get(LAUNCHES, ask.launch_id), ask.person_id, tx.now)
    fact = LaunchPaymentShown(launch.id, launch.entrance_id, launch.app_id, ask.payment_id)
    tx.emit(fact, about=launch.id)
    return launch


# Consents -----------------------------------------------------------------------------------


def decide(tx: Tx, ask: AskConsent) -> Consent:
    """Keep what a person decided about one scope of one app. The same again changes nothing.

    Taking back needs something to take back; the app is told of it, by its own name for the person."""
    if ask.scope not in m.SCOPES or partners.app_in(tx, ask.app_id) is None:
        raise m.ConsentNotFound(field="scope")
    key = (ask.person_id, ask.app_id, ask.scope)
    before = tx.get(CONSENTS, key)
    if ask.state == "withdrawn" and before is None:
        raise m.ConsentNotFound(field="scope")
    if before is not None and before.state == ask.state:
        return before
    consent = Consent(ask.person_id, ask.app_id, ask.scope, ask.state, tx.now)
    _tell_decision(tx, consent, before)
    return tx.add(CONSENTS, consent) if before is None else tx.put(CONSENTS, consent)


@hears(of_kinds(PersonGone.kind))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow people: what somebody who has gone had agreed to is taken back, and the apps are told."""
    for row in facts:
        if row.kind == PersonGone.kind:
            gone = msgspec.json.decode(row.body, type=PersonGone).person_id
            for one in store.consents_of(tx, gone):
                if one.state == "granted":
                    decide(tx, AskConsent(gone, one.app_id, one.scope, "withdrawn"))


def _tell_decision(tx: Tx, consent: Consent, before: Consent | None) -> None:
    said = (consent.person_id, consent.app_id, consent.scope)
    if consent.state == "granted":
        tx.emit(ConsentGiven(*said), about=consent.person_id)
        return
    if consent.state == "refused":
        tx.emit(ConsentRefused(*said), about=consent.person_id)
    if before is not None and before.state == "granted":
        person = partners.open_id_of(tx.vault, consent.app_id, consent.person_id)
        for mode in MODES:
            fact = ConsentWithdrawn(consent.app_id, person, consent.scope)
            tx.emit(fact, about=consent.app_id, audience=audience(consent.app_id, mode))


# Reading ------------------------------------------------------------------------------------


def shown_to(
    reader: Reader, person: Person, modes: Sequence[Mode], place: str, app_id: str = ""
) -> list[Entrance]:
    """What a person is shown at a place, in order; with `app_id` that app's, wherever they stand."""
    found = store.of_app(reader, app_id) if app_id else store.at_place(reader, place)
    return [one for one in found if rules.sees(one, person, modes)]


def entrance(reader: Reader, entrance_id: str) -> Entrance:
    """One entrance."""
    found: Entrance | None = reader.get(ENTRANCES, entrance_id)
    if found is None:
        raise m.EntranceNotFound(field="id")
    return found


def entrances_of(reader: Reader, app_id: str) -> list[Entrance]:
    """An app's entrances, in the order in which they were made."""
    return store.of_app(reader, app_id)


def all_entrances(reader: Reader) -> list[Entrance]:
    """Every entrance, for the operator."""
    return store.everywhere(reader)


def openings(reader: Reader, since: int) -> dict[str, tuple[int, int]]:
    """How often each entrance was opened since then, and by how many people."""
    return store.openings(reader, since)


def origins(reader: Reader) -> list[str]:
    """The origins that entrances lead to: what a page that frames them may frame."""
    return sorted({web_origin(url) for url in store.start_urls(reader)})


def launch_of(reader: Reader, launch_id: str, person_id: str, now: int) -> Launch:
    """A person's own launch of the last day."""
    return rules.own_launch(reader.get(LAUNCHES, launch_id), person_id, now)


def visitor(
    reader: Reader, vault: Vault, launch: Launch, scopes: Collection[str], modes: Sequence[Mode]
) -> Visitor:
    """Who came, for the page of a launch that asks for these scopes; refused when the app may not ask
    for them, or the entrance is no longer shown to the person."""
    person = people.person(reader, launch.person_id)
    place = rules.seen(reader.get(ENTRANCES, launch.entrance_id), person, modes)
    assert person is not None
    return _visitor(reader, vault, launch, person, rules.asked_for(scopes, place))


def consents_of(reader: Reader, person_id: str) -> list[Consent]:
    """What a person decided, newest first."""
    return store.consents_of(reader, person_id)


def _visitor(
    rows: Rows, vault: Vault, launch: Launch, person: Person, wanted: Collection[Scope] = ()
) -> Visitor:
    keys = [(launch.person_id, launch.app_id, scope) for scope in m.SCOPES]
    consents = [one for one in (rows.get(CONSENTS, key) for key in keys) if one is not None]
    return Visitor(
        launch,
        partners.open_id_of(vault, launch.app_id, person.id),
        person.edition,
        rules.shared(person, consents),
        rules.undecided(wanted, consents),
    )
