"""The log itself: finding one's place in it, adding to it."""

import msgspec

from changliao.chat.events import ConversationChanged, EntryWritten, MineChanged, PersonalWritten
from changliao.chat.model import EVERYBODY, Conversation, Face, Member, Personal, Place
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import COUNTED, Entry, Kind, NoteBody, NoteKind, TextBody
from changliao.chat.rules.messages import body_of, encode
from changliao.chat.store import CONVERSATIONS, ENTRIES, FACES, MEMBERS, PERSONAL
from changliao.db.tx import Tx

FACED = ("account", "service")
"""The kinds of conversations that belong to an official account."""

_replace = msgspec.structs.replace


def place_of(tx: Tx, person_id: str, conversation_id: str) -> Place:
    """Where a person stands in a conversation; ConversationNotFound for all who never were in it."""
    member = tx.get(MEMBERS, (person_id, conversation_id))
    conversation = tx.get(CONVERSATIONS, conversation_id) if member else None
    if member is None or conversation is None:
        raise r.ConversationNotFound(field="conversation")
    return Place(conversation, member, face_of(tx, conversation))


def face_of(tx: Tx, conversation: Conversation) -> Face | None:
    """The official account whose conversation it is, if it is one's."""
    return tx.get(FACES, conversation.owner) if conversation.kind in FACED else None


def member_of(tx: Tx, conversation_id: str, person_id: str) -> Member:
    """A member who is in; MemberNotFound otherwise."""
    member = tx.get(MEMBERS, (person_id, conversation_id))
    if member is None or member.left_s:
        raise r.MemberNotFound(field="member")
    return member


def entry_of(tx: Tx, conversation_id: str, number: int) -> Entry | None:
    """The entry with this number."""
    return tx.get(ENTRIES, (conversation_id, number)) if number > 0 else None


def conversation_of(tx: Tx, conversation_id: str) -> Conversation | None:
    """The conversation of this id, whoever is in it."""
    return tx.get(CONVERSATIONS, conversation_id)


def text_of(entry: Entry) -> str:
    """What a text says; empty for every other kind."""
    return body_of(entry, TextBody).text if entry.kind == "text" else ""


def add(
    tx: Tx,
    conversation: Conversation,
    sender: str,
    kind: Kind,
    body: str,
    *,
    client_id: str = "",
    ref: int = 0,
    mentions: tuple[str, ...] = (),
) -> Entry:
    """Add an entry at the head of a log and tell of it. Its sender, if it is a member, has read up to it."""
    conversation = tx.get(CONVERSATIONS, conversation.id) or conversation
    number, counted = conversation.head + 1, kind in COUNTED
    entry = Entry(
        conversation.id,
        number,
        conversation.shown + counted,
        sender,
        tx.now,
        client_id or f"#{number}",
        kind,
        ref,
        " ".join(mentions),
        body,
        "",
    )
    tx.put(
        CONVERSATIONS,
        _replace(
            conversation,
            head=number,
            shown=entry.shown,
            last=number if counted else conversation.last,
            at=tx.now if counted else conversation.at,
            called_s=number if EVERYBODY in mentions else conversation.called_s,
            version=tx.next_number("chat"),
        ),
    )
    # The client's id is looked for before it is used, so nobody need look again.
    tx.add(ENTRIES, entry, fresh=True)
    tx.emit(EntryWritten(conversation.id, number), about=conversation.id)
    member = tx.get(MEMBERS, (sender, conversation.id)) if sender.startswith("per_") else None
    if member is not None and not member.left_s:
        tx.put(MEMBERS, _sent(member, entry, counted))
    for called in mentions:
        _call(tx, conversation.id, called, number)
    return entry


def _sent(member: Member, entry: Entry, counted: bool) -> Member:
    """Who wrote has read up to there, and has no draft any more."""
    posted_at = entry.at if counted or entry.kind == "veiled" else member.posted_at
    return _replace(member, read_s=entry.number, read_n=entry.shown, draft="", posted_at=posted_at)


def note(
    tx: Tx,
    conversation: Conversation,
    kind: NoteKind,
    by: str = "",
    who: tuple[str, ...] = (),
    text: str = "",
) -> Entry:
    """Write into the log what happened to the conversation, and that everybody sees another one now."""
    entry = add(tx, conversation, "", "note", encode(NoteBody(kind, by, who, text)))
    tx.emit(ConversationChanged(conversation.id), about=conversation.id)
    return entry


def _call(tx: Tx, conversation_id: str, person_id: str, number: int) -> None:
    member = tx.get(MEMBERS, (person_id, conversation_id))
    if member is not None and not member.left_s:
        tx.put(MEMBERS, _replace(member, mentioned_s=number))


def put_mine(tx: Tx, member: Member) -> Member:
    """Keep how a conversation stands in somebody's own list, and tell their other devices."""
    tx.emit(MineChanged(member.conversation_id, member.person_id), about=member.person_id)
    return tx.put(MEMBERS, _replace(member, version=tx.next_number("chat")))


def tell(tx: Tx, person_id: str, kind: str, body: object) -> Personal:
    """Add something to a person's own log."""
    position = tx.next_number("chat")
    tx.emit(PersonalWritten(person_id, position), about=person_id)
    text = msgspec.json.encode(body).decode()
    return tx.add(PERSONAL, Personal(person_id, position, tx.now, kind, text))


def peer_of(place: Place) -> str:
    """The other one of a direct conversation; empty in any other."""
    pair = place.conversation.pair
    if place.conversation.kind != "direct" or pair is None:
        return ""
    one, other = pair.split(" ")
    return other if one == place.member.person_id else one
