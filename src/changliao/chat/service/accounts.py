"""What official accounts say: in their feed to all who follow it, in a talk to one person."""

import msgspec

from changliao.chat.events import FaceChanged
from changliao.chat.model import AskFace, AskSpeak, Conversation, Face
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import (
    ArticleBody,
    CardBody,
    Entry,
    FileBody,
    ImageBody,
    NoteBody,
    RecallBody,
    VoiceBody,
)
from changliao.chat.rules import messages as said
from changliao.chat.service.groups import begin, enter, leave
from changliao.chat.service.log import add, entry_of, place_of
from changliao.chat.service.messages import attached, gone, may_write, of_partner, tell_owner
from changliao.chat.store import CONVERSATIONS, ENTRIES, FACES, MEMBERS
from changliao.db.tx import Tx

_BY_CLIENT = ("conversation_id", "sender", "client_id")
_FILLED_IN = (CardBody, ImageBody, FileBody, VoiceBody)


def show_face(tx: Tx, ask: AskFace) -> Face:
    """Show an official account so from now on; the same again changes nothing."""
    kept = tx.get(FACES, ask.id)
    face = Face(**msgspec.structs.asdict(ask), version=kept.version if kept else 0)
    if face == kept:
        return face
    face = msgspec.structs.replace(face, version=tx.next_number("chat"))
    tx.emit(FaceChanged(ask.account_id), about=ask.account_id)
    return tx.put(FACES, face) if kept else tx.add(FACES, face)


def open_feed(tx: Tx, account_id: str, title: str) -> Conversation:
    """The log that everybody reads who follows the account."""
    made = begin(tx, "account", title=title, owner=account_id)
    add(
        tx, made, "", "note", said.encode(NoteBody("opened"))
    )  # A log that one can leave is not gone.
    return made


def follow(tx: Tx, feed_id: str, person_id: str) -> bool:
    """Hear the feed from now on; whether that is the first time. Who follows already stays so."""
    before = tx.get(MEMBERS, (person_id, feed_id))
    if before is None or before.left_s:
        enter(tx, _there(tx, feed_id), person_id, "member")
    return before is None


def unfollow(tx: Tx, feed_id: str, person_id: str) -> bool:
    """Hear it no more; whether one did."""
    if not follows(tx, feed_id, person_id):
        return False
    leave(tx, feed_id, person_id, gone=True)
    return True


def follows(tx: Tx, feed_id: str, person_id: str) -> bool:
    """Whether a person hears the feed."""
    member = tx.get(MEMBERS, (person_id, feed_id))
    return member is not None and not member.left_s


def open_talk(tx: Tx, owner: str, person_id: str, title: str) -> Conversation:
    """The conversation of a person and an account, or an app that gives receipts; made at the first time."""
    found = talk_of(tx, owner, person_id)
    if found is None:
        found = begin(tx, "service", pair=f"{owner} {person_id}", title=title[:40], owner=owner)
        enter(tx, found, person_id, "member")
    return found


def talk_of(tx: Tx, owner: str, person_id: str) -> Conversation | None:
    """The conversation of a person and an account, if there is one."""
    return tx.find(CONVERSATIONS, ("pair",), f"{owner} {person_id}")


def speak(tx: Tx, ask: AskSpeak) -> tuple[Entry, bool]:
    """Say something as the owner of a feed or a talk: one entry, however many read it; and whether it is
    new. Refuses what does not fit its kind, media the actor may not use, and an id of another message."""
    where, body = _there(tx, ask.conversation_id), said.spoken(ask.kind, ask.body)
    said.client_id(ask.client_id.removeprefix("#"))  # Those with it are the platform's own.
    kept = tx.find(ENTRIES, _BY_CLIENT, (where.id, where.owner, ask.client_id))
    if kept is not None:
        if kept.kind == "recalled" or isinstance(body, _FILLED_IN):
            return kept, False
        return said.same(kept, ask.kind, said.encode(body), 0), False
    if isinstance(body, ImageBody | FileBody | VoiceBody):
        body = attached(tx, ask.actor, body, where.id, *ask.seen_in)
    elif isinstance(body, CardBody):
        body = of_partner(tx, body)
    text = said.encode(body)
    return add(tx, where, where.owner, ask.kind, text, client_id=ask.client_id), True


def retract(tx: Tx, conversation_id: str, number: int) -> Entry:
    """The owner of a feed or a talk recalls what it said, once. Refuses what is no message of its own."""
    where = _there(tx, conversation_id)
    target = entry_of(tx, conversation_id, number)
    if target is None or target.sender != where.owner or target.kind == "recall":
        raise r.EntryNotFound(field="number")
    if target.kind == "recalled":
        return target
    gone(tx, target)
    return add(tx, where, where.owner, "recall", said.encode(RecallBody()), ref=number)


def share_article(
    tx: Tx, person_id: str, conversation_id: str, body: ArticleBody, client_id: str
) -> tuple[Entry, bool]:
    """A person shows an article in a conversation that they may write in; whether that is new."""
    place = place_of(tx, person_id, conversation_id)
    client_id, text = said.client_id(client_id), said.encode(body)
    if kept := tx.find(ENTRIES, _BY_CLIENT, (conversation_id, person_id, client_id)):
        return said.same(kept, "article", text, 0), False
    may_write(tx, place)
    entry = add(tx, place.conversation, person_id, "article", text, client_id=client_id)
    tell_owner(tx, place.conversation, entry)
    return entry, True


def _there(tx: Tx, conversation_id: str) -> Conversation:
    found = tx.get(CONVERSATIONS, conversation_id)
    assert found is not None, conversation_id
    return found
