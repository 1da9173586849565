"""What bots hear: the log is followed, and each bot's app is told what is for it."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.bots import rules, store
from changliao.bots.events import BotCalled, BotHeard
from changliao.bots.model import Bot, Heard, Seat
from changliao.bots.store import HEARD
from changliao.bus.outbox import hears, of_kinds
from changliao.chat.events import EntryWritten
from changliao.chat.model.entries import Entry
from changliao.chat.service import reading as chat
from changliao.chat.service.log import conversation_of, entry_of, text_of
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.partners.model import audience

AppOf = Callable[[Reader | Tx, str], str]


def _written(facts: Sequence[FactRow]) -> list[EntryWritten]:
    return [
        msgspec.json.decode(one.body, type=EntryWritten)
        for one in facts
        if one.kind == EntryWritten.kind
    ]


def carer(app_of: AppOf) -> Callable[[Reader, Sequence[FactRow]], bool]:
    """Whether any of this may be for a bot; a look, so that the lane is not asked for every message."""

    def cares(reader: Reader, facts: Sequence[FactRow]) -> bool:
        where = list(dict.fromkeys(one.conversation_id for one in _written(facts)))
        if not where or not store.any_bot(reader):
            return False
        if store.watching(reader) or store.places_in(reader, where):
            return True
        found = chat.conversations(reader, where).values()
        apps = [app_of(reader, one.owner) for one in found if one.kind == "service"]
        return bool(store.of_apps(reader, apps))

    return cares


def hear_chat(app_of: AppOf) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that tells each bot of what calls it, and of everything where it may hear all; in the
    conversation of its own app with a person it hears its commands. A bot may read what it was told of,
    and nothing else. `app_of` says whose app speaks for the owner of such a conversation."""

    @hears(of_kinds(EntryWritten.kind))
    def heard(tx: Tx, facts: Sequence[FactRow]) -> None:
        _hear_all(tx, facts, app_of)

    return heard


def _hear_all(tx: Tx, facts: Sequence[FactRow], app_of: AppOf) -> None:
    written = _written(facts)
    where = list(dict.fromkeys(one.conversation_id for one in written))
    seats: dict[str, list[tuple[Bot, Seat | None]]] = {}
    for place in store.places_in(tx, where):
        seats.setdefault(place.seat.conversation_id, []).append((place.bot, place.seat))
    watching = store.watching(tx)
    for one in written:
        listeners = seats.get(one.conversation_id, [])
        kind = _kind(tx, one.conversation_id)
        if kind == "group":
            here = {bot.id for bot, _ in listeners}
            listeners = [*listeners, *((bot, None) for bot in watching if bot.id not in here)]
        entry = entry_of(tx, one.conversation_id, one.number)
        if entry is None:
            continue
        for bot, seat in listeners:
            if seat is None or entry.number > seat.since_s:
                _hear(tx, bot, seat, entry)
        if kind == "service":
            _serve(tx, entry, app_of)


def _kind(tx: Tx, conversation_id: str) -> str:
    found = conversation_of(tx, conversation_id)
    return found.kind if found else ""


def _serve(tx: Tx, entry: Entry, app_of: AppOf) -> None:
    """A person typed into the conversation with an app: its bots hear their commands."""
    found = conversation_of(tx, entry.conversation_id)
    if found is None or not rules.is_message(entry):
        return
    for bot in store.of_apps(tx, [app_of(tx, found.owner)]):
        if command := rules.command_for(bot, text_of(entry)):
            _tell(tx, bot, entry, command, BotCalled(bot.id, found.id, entry.number, command))


def _hear(tx: Tx, bot: Bot, seat: Seat | None, entry: Entry) -> None:
    where, number = entry.conversation_id, entry.number
    if rules.is_message(entry):
        text = text_of(entry)
        answered = entry_of(tx, where, entry.ref)
        if rules.called(bot, entry, text, answered.sender if answered else ""):
            command = rules.command_for(bot, text)
            _tell(tx, bot, entry, command, BotCalled(bot.id, where, number, command))
        elif rules.hears_all(bot, seat):
            _tell(tx, bot, entry, "", BotHeard(bot.id, where, number))
    elif rules.follows(entry) and tx.get(HEARD, (bot.id, where, entry.ref)):
        _tell(tx, bot, entry, "", BotHeard(bot.id, where, number))


def _tell(tx: Tx, bot: Bot, entry: Entry, command: str, fact: Fact) -> None:
    key = (bot.id, entry.conversation_id, entry.number)
    if tx.get(HEARD, key) is None:
        tx.add(HEARD, Heard(*key, command))
        tx.emit(fact, about=entry.conversation_id, audience=audience(bot.app_id, bot.mode))
