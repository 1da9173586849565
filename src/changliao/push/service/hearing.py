"""Hearing what was written: whom to look at soon, whether they want to be told.

One job per person and conversation, however much is written meanwhile. All that can be known outside the lane
is looked at there; in the lane nothing is asked but what the promise needs.
"""

from collections.abc import Callable, Sequence

import msgspec

from changliao.bus import jobs
from changliao.bus.outbox import hears, of_kinds
from changliao.chat.events import EntryWritten
from changliao.chat.model.entries import COUNTED, Entry
from changliao.chat.service import reading as chat
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.people.events import SessionEnded
from changliao.people.events.standing import PersonGone
from changliao.push import rules, store

TELL = "push.tell"

Here = Callable[[str], bool]
"""Whether a device of this person seems to be connected: it hears of everything by itself. A hint."""


def carer(here: Here) -> Callable[[Reader, Sequence[FactRow]], bool]:
    """Whether any of this may be for a device that is told."""

    def cares(reader: Reader, facts: Sequence[FactRow]) -> bool:
        if any(one.kind == PersonGone.kind for one in facts):
            return True
        if not store.any_subscription(reader):
            return False
        ended = store.of_sessions(reader, _ended(facts))
        return bool(ended or _due(reader, facts, here))

    return cares


def hear(here: Here) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that promises a look at whoever may want to be told, and forgets the subscriptions of
    sessions that have ended."""

    @hears(of_kinds(EntryWritten.kind, SessionEnded.kind, PersonGone.kind))
    def heard(tx: Tx, facts: Sequence[FactRow]) -> None:
        for subscription_id in store.of_sessions(tx, _ended(facts)):
            store.drop(tx, subscription_id)
        for one in facts:
            if one.kind == PersonGone.kind:
                store.forget(tx, msgspec.json.decode(one.body, type=PersonGone).person_id)
        if store.any_subscription(tx):
            for about, at in _due(tx, facts, here):
                jobs.later(tx, TELL, about, at=at)

    return heard


def _ended(facts: Sequence[FactRow]) -> list[str]:
    return [
        msgspec.json.decode(one.body, type=SessionEnded).session_id
        for one in facts
        if one.kind == SessionEnded.kind
    ]


def _due(rows: Reader | Tx, facts: Sequence[FactRow], here: Here) -> list[tuple[str, int]]:
    """Person and conversation, and when to look at them; without those who will be looked at by then."""
    wished: dict[str, int] = {}
    for conversation_id, entries in _said(rows, facts).items():
        persons = sorted(store.subscribed(rows, chat.inside(rows, conversation_id)))
        for place in chat.places_in(rows, conversation_id, persons):
            news = [one.at for one in entries if rules.is_news(place, one)]
            if news:
                person_id = place.member.person_id
                wait_us = rules.AWAY_US if here(person_id) else rules.SETTLE_US
                wished[f"{person_id} {conversation_id}"] = news[0] + wait_us
    waiting = jobs.waiting(rows, TELL, list(wished))
    return [(about, at) for about, at in wished.items() if waiting.get(about, at + 1) > at]


def _said(rows: Reader | Tx, facts: Sequence[FactRow]) -> dict[str, list[Entry]]:
    """The messages among these facts, oldest first, by conversation; without what feeds say, for nobody
    need look at all who follow one."""
    keys = [
        (said.conversation_id, said.number)
        for one in facts
        if one.kind == EntryWritten.kind
        for said in [msgspec.json.decode(one.body, type=EntryWritten)]
    ]
    found: dict[str, list[Entry]] = {}
    for entry in sorted(chat.entries_by(rows, keys), key=lambda one: one.number):
        if entry.kind in COUNTED:
            found.setdefault(entry.conversation_id, []).append(entry)
    kinds = chat.conversations(rows, list(found))
    return {id_: some for id_, some in found.items() if kinds[id_].kind != "account"}
