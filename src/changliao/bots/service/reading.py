"""Looking: an app's bots and what they heard, a group's bots, commands and hooks."""

from collections.abc import Sequence

from changliao.bots import rules, store
from changliao.bots.model import Bot, Gate, Hook, Place, Seat
from changliao.bots.model import refusals as r
from changliao.bots.service.hearing import AppOf
from changliao.bots.store import BOTS, GATES, HOOKS, SEATS
from changliao.chat.model import Conversation
from changliao.chat.model.entries import Entry
from changliao.chat.service import reading as chat
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.partners.model import Caller


class Sitting(Value, frozen=True):
    """A bot's seat, and the group as it stands."""

    seat: Seat
    conversation: Conversation


class Door(Value, frozen=True):
    """A gate, and whose app it is; empty for the operator's."""

    gate: Gate
    app_id: str


class Gates(Value, frozen=True):
    """Every gate that is asked: the operator's, and by conversation those of bots."""

    everywhere: tuple[Door, ...]
    here: dict[str, tuple[Door, ...]]


def bots_of(reader: Reader, caller: Caller) -> list[Bot]:
    """The caller's bots."""
    partners.allows(caller, "chat:read")
    return store.of_app(reader, caller.app_id, caller.mode)


def bot_of(reader: Reader, caller: Caller, bot_id: str) -> Bot:
    """One of the caller's bots."""
    partners.allows(caller, "chat:read")
    return rules.own(reader.get(BOTS, bot_id), caller)


def bot_by_key(reader: Reader, caller: Caller, bot_id: str) -> Bot:
    """One of the caller's bots, for who may write as it."""
    partners.allows(caller, "chat:write")
    return rules.own(reader.get(BOTS, bot_id), caller)


def gate_of(reader: Reader, bot_id: str) -> Gate | None:
    """A bot's gate, if it is asked."""
    found: Gate | None = reader.find(GATES, ("bot_id",), bot_id)
    return found if found and found.state == "on" else None


def sittings(reader: Reader, bot_id: str, after: str, most: int) -> list[Sitting]:
    """Where a bot sits, in groups that are still there."""
    seats = store.seats_of(reader, bot_id, after, most)
    groups = chat.conversations(reader, [one.conversation_id for one in seats])
    return [
        Sitting(one, groups[one.conversation_id])
        for one in seats
        if one.conversation_id in groups and not groups[one.conversation_id].dissolved
    ]


def after(reader: Reader, bot: Bot, conversation_id: str, number: int, most: int) -> list[Entry]:
    """What a bot heard and wrote after a number, oldest first; empty where it never was."""
    found = store.heard(reader, bot.id, conversation_id, number, most)
    return _entries(reader, conversation_id, [one.number for one in found])


def before(reader: Reader, bot: Bot, conversation_id: str, number: int, most: int) -> list[Entry]:
    """What a bot heard and wrote before a number (0: the newest), oldest first."""
    found = store.heard_before(reader, bot.id, conversation_id, number or 2**53, most)
    return _entries(reader, conversation_id, [one.number for one in found])


def hears_in(reader: Reader, app_id: str, mode: str, conversation_id: str) -> bool:
    """Whether a bot of an app reads something in a conversation."""
    return store.hears_in(reader, app_id, mode, conversation_id)


def _entries(reader: Reader, conversation_id: str, numbers: Sequence[int]) -> list[Entry]:
    found = chat.entries_by(reader, [(conversation_id, one) for one in numbers])
    return sorted(found, key=lambda one: one.number)


def listed(reader: Reader, words: str, after: str, most: int) -> list[Bot]:
    """Bots that want to be found and whose name or handle holds these words, by handle."""
    return store.listed(reader, words, after, most)


def by_handle(reader: Reader, handle: str) -> Bot:
    """The bot of exactly this handle, listed or not."""
    return rules.there(reader.find(BOTS, ("handle",), handle))


def present(reader: Reader, person_id: str, conversation_id: str) -> list[Place]:
    """The bots of a group that one is in."""
    where = chat.place(reader, person_id, conversation_id)
    return [] if where.member.left_s else store.places_in(reader, [conversation_id])


def watching(reader: Reader) -> list[Bot]:
    """The bots that the operator lets hear every group."""
    return store.watching(reader)


def usable(reader: Reader, person_id: str, conversation_id: str, app_of: AppOf) -> list[Bot]:
    """The bots whose commands one may type here: those that sit in the group, or, in the conversation
    with an app, that app's."""
    where = chat.place(reader, person_id, conversation_id)
    if where.member.left_s:
        return []
    if where.conversation.kind == "service":
        return store.of_apps(reader, [app_of(reader, where.conversation.owner)])
    return [one.bot for one in store.places_in(reader, [conversation_id])]


def hooks_of(reader: Reader, person_id: str, conversation_id: str) -> list[Hook]:
    """A group's hooks; for its owner and admins."""
    chat.governed(reader, person_id, conversation_id)
    return store.hooks_of(reader, conversation_id)


def hook_by(reader: Reader, secret_hash: bytes) -> Hook:
    """The hook with this secret."""
    found: Hook | None = reader.find(HOOKS, ("secret_hash",), secret_hash)
    if found is None or found.state == "ended":
        raise r.HookNotFound
    return found


def operators_gates(reader: Reader) -> list[Gate]:
    """The operator's own gates."""
    return store.operators_gates(reader)


def gates(reader: Reader) -> Gates:
    """Every gate, to be kept in memory."""
    here: dict[str, tuple[Door, ...]] = {}
    for conversation_id, app_id, gate in store.gated_places(reader):
        here[conversation_id] = (*here.get(conversation_id, ()), Door(gate, app_id))
    return Gates(tuple(Door(one, "") for one in store.operators_gates(reader)), here)


def seat_of(reader: Reader, bot_id: str, conversation_id: str) -> Seat:
    """Where a bot sits in a group; BotNotHere when it does not."""
    return rules.seated(reader.get(SEATS, (bot_id, conversation_id)))
