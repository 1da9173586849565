"""What search finds of chat: messages, and conversations by their names."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from changliao.chat import store
from changliao.chat.events import (
    ConversationChanged,
    EntryWritten,
    MemberJoined,
    MemberLeft,
    MineChanged,
)
from changliao.chat.model import Conversation, Face, Member
from changliao.chat.model.entries import COUNTED, Entry
from changliao.chat.rules.messages import letterhead
from changliao.chat.rules.searching import words_of
from changliao.chat.service.reading import seen
from changliao.chat.store import reading, searching
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.people import service as people
from changliao.people.events.contacts import PersonChanged
from changliao.people.model import Person
from changliao.search.port import WHOLE, Document, Window
from changliao.search.source import Changes, Shown, Source

MEMBERS_MAX = 100
"""Members by whose names a group is found."""
RENAMED_MAX = 100
"""Groups that are looked at when somebody has another name. Others tell it when they next change."""

Key = tuple[str, int]
_FOLLOWS = frozenset(("recall", "edit", "preview"))
"""Entries after which another one says something else."""


def _read_entries(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """New messages, and old ones that were recalled or say something else now."""
    said = [msgspec.json.decode(fact.body, type=EntryWritten) for fact in facts]
    entries = _entries(reader, [(one.conversation_id, one.number) for one in said])
    late = [(one.conversation_id, one.ref) for one in entries.values() if one.kind in _FOLLOWS]
    entries |= _entries(reader, [key for key in late if key not in entries])
    puts: list[Document] = []
    drops: list[str] = []
    for entry in entries.values():
        if words := words_of(entry):
            puts.append(_message(entry, words))
        elif entry.kind in COUNTED or entry.kind == "recalled":
            drops.append(_id(entry))
    return Changes(puts, drops)


def _entries(reader: Reader, keys: Sequence[Key]) -> dict[Key, Entry]:
    found = reading.entries_by(reader, list(dict.fromkeys(keys))) if keys else []
    return {(one.conversation_id, one.number): one for one in found}


def _id(entry: Entry) -> str:
    return f"{entry.conversation_id}:{entry.number}"


def _message(entry: Entry, words: str) -> Document:
    where = entry.conversation_id
    return Document(
        _id(entry), "messages", (where,), "", words, entry.at, entry.number, entry.sender
    )


def _spans(reader: Reader, person_id: str) -> Mapping[str, Window]:
    """Where a person is or was, from when they came until they left."""
    return {where: Window(a, b) for where, a, b in reading.spans_of(reader, person_id)}


def _shown_messages(reader: Reader, me: str, documents: Sequence[Document]) -> list[Shown | None]:
    entries = _entries(reader, [(one.scopes[0], one.number) for one in documents])
    persons = people.persons(reader, sorted({one.ref for one in documents} - {""}))
    found: list[Shown | None] = []
    for one in documents:
        entry = entries.get((one.scopes[0], one.number))
        words = words_of(entry) if entry else ""
        if entry is None or not words:
            found.append(None)
            continue
        shown = Shown("", words, entry.conversation_id, entry.number)
        found.append(msgspec.structs.replace(shown, **_writer(reader, entry, persons)))
    return found


def _writer(reader: Reader, entry: Entry, persons: Mapping[str, Person]) -> dict[str, str]:
    """Whose message it is: a person's, an account's, a bot's or a hook's, or an app's that has no account."""
    if person := persons.get(entry.sender):
        return {"title": person.name, "person": person.id, "avatar": person.avatar}
    face: Face | None = reader.get(store.FACES, entry.sender)
    if face is not None:
        return {"title": face.name, "account": face.account_id, "avatar": face.avatar}
    where: Conversation | None = reader.get(store.CONVERSATIONS, entry.conversation_id)
    return {"title": letterhead(entry) or (where.title if where else ""), "person": entry.sender}


# Conversations ------------------------------------------------------------------------------


def _read_groups(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Groups that have another name or other members."""
    said = [msgspec.json.decode(fact.body, type=ConversationChanged) for fact in facts]
    return _groups(reader, [one.conversation_id for one in said])


def _read_renamed(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """Groups in which somebody has another name."""
    who = dict.fromkeys(fact.about for fact in facts)
    ids = [where for one in who for where in reading.where_in(reader, one)[:RENAMED_MAX]]
    return _groups(reader, ids)


def _groups(reader: Reader, ids: Iterable[str]) -> Changes:
    wanted = list(dict.fromkeys(ids))
    found = {one.id: one for one in searching.groups(reader, wanted)}
    members: dict[str, list[str]] = {}
    for where, who in reading.first_members(reader, list(found), MEMBERS_MAX):
        members.setdefault(where, []).append(who)
    names = people.names(reader, sorted({who for some in members.values() for who in some}))
    puts = [
        _group(one, [names[who] for who in members.get(one.id, ()) if who in names])
        for one in found.values()
    ]
    return Changes(puts, [one for one in wanted if one not in found])


def _group(group: Conversation, names: Sequence[str]) -> Document:
    return Document(
        group.id, "conversations", (group.id,), group.title, ", ".join(names), group.created_at
    )


def _read_mine(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    """What somebody calls a conversation."""
    said = [msgspec.json.decode(fact.body, type=MineChanged) for fact in facts]
    keys = list(dict.fromkeys((one.person_id, one.conversation_id) for one in said))
    found = searching.remarked(reader, keys)
    there = {(one.person_id, one.conversation_id) for one in found}
    return Changes([_remark(one) for one in found], [":".join(k) for k in keys if k not in there])


def _remark(member: Member) -> Document:
    where = member.conversation_id
    id_ = f"{member.person_id}:{where}"
    return Document(id_, "conversations", (member.person_id,), member.remark, "", member.joined_at)


def _names(reader: Reader, person_id: str) -> Mapping[str, Window]:
    """The groups that a person is in, and what they call conversations."""
    return dict.fromkeys(reading.where_in(reader, person_id), WHOLE) | {person_id: WHOLE}


def _shown_conversations(
    reader: Reader, me: str, documents: Sequence[Document]
) -> list[Shown | None]:
    """Each conversation once, by whichever of its names was found first."""
    wanted = [one.id.rpartition(":")[2] for one in documents]
    all_places = [reading.place(reader, me, where) for where in dict.fromkeys(wanted)]
    places = [one for one in all_places if one and not one.member.left_s]
    found = {one.place.conversation.id: one for one in seen(reader, places)}
    shown: list[Shown | None] = []
    for where, document in zip(wanted, documents, strict=True):
        one = found.pop(where, None)
        title = one.title if one else ""
        shown.append(Shown(title, document.text, where) if one else None)
    return shown


MESSAGES = Source(
    "messages", {EntryWritten.kind: _read_entries}, _spans, _shown_messages, titled=False
)
CONVERSATIONS = Source(
    "conversations",
    {
        ConversationChanged.kind: _read_groups,
        MemberJoined.kind: _read_groups,
        MemberLeft.kind: _read_groups,
        MineChanged.kind: _read_mine,
        PersonChanged.kind: _read_renamed,
    },
    _names,
    _shown_conversations,
)
