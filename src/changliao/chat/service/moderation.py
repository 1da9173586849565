"""Keeping order: what was reported, what the operator takes down, what goes with a person."""

from changliao.chat.events import EntryTakenDown
from changliao.chat.model import AskReported, AskTakeDown, Conversation
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import Entry
from changliao.chat.rules import messages as said
from changliao.chat.service import previews
from changliao.chat.service.groups import end_group, leave
from changliao.chat.service.log import add, entry_of, note, place_of
from changliao.chat.service.messages import detached
from changliao.chat.store import CONVERSATIONS, ENTRIES, moderation
from changliao.db.driver import Reader
from changliao.db.tx import Tx

AROUND = 3
"""So many entries before and after a reported one are kept with it."""


def reported(tx: Tx, ask: AskReported) -> tuple[Conversation, list[Entry]]:
    """The entries of these numbers with a few around them, in order, as the member sees them; what is not
    theirs to see is left out. Refuses a number that they cannot see."""
    place = place_of(tx, ask.person_id, ask.conversation_id)
    found: dict[int, Entry] = {}
    for number in ask.numbers:
        said.visible(place, entry_of(tx, ask.conversation_id, number))
        least, most = place.member.from_s, place.member.left_s or place.conversation.head
        for one in range(max(least + 1, number - AROUND), min(most, number + AROUND) + 1):
            if one not in found and (entry := entry_of(tx, ask.conversation_id, one)):
                found[one] = said.unveiled(entry, ask.person_id)
    return place.conversation, [found[number] for number in sorted(found)]


def flagged(tx: Tx, conversation_id: str, number: int) -> list[Entry]:
    """An entry that struck a rule, with those before it, for whoever is to look at it."""
    entries = [entry_of(tx, conversation_id, one) for one in range(number - AROUND, number + 1)]
    return [said.unveiled(one, one.sender) for one in entries if one is not None]


def take_down(tx: Tx, ask: AskTakeDown) -> Entry:
    """Recall a message for everybody, whoever wrote it and when; one that is recalled already stays so."""
    conversation = tx.get(CONVERSATIONS, ask.conversation_id)
    target = entry_of(tx, ask.conversation_id, ask.number) if conversation else None
    if conversation is None or target is None:
        raise r.EntryNotFound(field="number")
    if target.kind == "recalled":
        return target
    if target.kind in said.FINAL and target.kind != "veiled":
        raise r.CannotRecall(field="number")
    detached(tx, target)
    previews.withdraw(tx, target)
    tx.put(ENTRIES, said.recalled(target))
    tx.emit(EntryTakenDown(conversation.id, target.number), about=conversation.id)
    return add(tx, conversation, "", "recall", "{}", ref=target.number)


def close_group(tx: Tx, conversation_id: str) -> Conversation:
    """End a group in the platform's name; what was said stays readable."""
    found = tx.get(CONVERSATIONS, conversation_id)
    if found is None:
        raise r.ConversationNotFound(field="conversation")
    return end_group(tx, found, "")


def forget_person(tx: Tx, person_id: str) -> None:
    """Somebody has gone for good: out of every group, and what was theirs alone is deleted. What they wrote
    stays with those they wrote it to."""
    for conversation_id in moderation.groups_of(tx, person_id):
        conversation = tx.get(CONVERSATIONS, conversation_id)
        assert conversation is not None
        note(tx, conversation, "left", person_id)
        leave(tx, conversation_id, person_id, gone=True)
    moderation.forget(tx, person_id)


# Reading ------------------------------------------------------------------------------------


def conversation(reader: Reader, conversation_id: str) -> Conversation | None:
    """A conversation, whoever asks; for the operator."""
    found: Conversation | None = reader.get(CONVERSATIONS, conversation_id)
    return found


def owned_groups(reader: Reader, person_id: str) -> list[str]:
    """The groups that a person owns, which somebody else must own before that person can go."""
    return moderation.owned(reader, person_id)
