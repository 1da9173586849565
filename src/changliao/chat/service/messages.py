"""Writing into a log: messages, what is said of them later, how far they were read."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from changliao.chat import model as m
from changliao.chat import rules
from changliao.chat.events import EntryFlagged, TalkSpoken
from changliao.chat.model import Member, Place
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import (
    COUNTED,
    Body,
    CardBody,
    ContactBody,
    EditBody,
    Entry,
    FileBody,
    ForwardBody,
    ForwardedItem,
    ImageBody,
    ReactBody,
    TextBody,
    VoiceBody,
)
from changliao.chat.rules import messages as said
from changliao.chat.rules import raids
from changliao.chat.service import previews
from changliao.chat.service.log import (
    FACED,
    add,
    entry_of,
    member_of,
    peer_of,
    place_of,
    put_mine,
)
from changliao.chat.store import CONVERSATIONS, ENTRIES, FACES, MEMBERS
from changliao.db.lane import touches
from changliao.db.tx import Tx
from changliao.kernel.instant import Instant, rfc3339
from changliao.media import service as media
from changliao.media.model import AskRelease, AskUse
from changliao.media.model import Kind as MediaKind
from changliao.partners import service as partners
from changliao.people import service as people
from changliao.people.service import contacts

_BY_CLIENT = ("conversation_id", "sender", "client_id")
_FILLED_IN = (CardBody, ContactBody, ImageBody, FileBody, VoiceBody)
"""What the server adds to, so that a retry does not look the same."""

_replace = msgspec.structs.replace


def post(tx: Tx, ask: m.AskPost) -> tuple[Entry, bool]:
    """Write a message; the entry, and whether it is new. A retry of the same id is the same message.

    Refuses who may not write here, what does not fit its kind, and an id that belongs to another message.
    """
    place = place_of(tx, ask.person_id, ask.conversation_id)
    client_id = said.client_id(ask.client_id)
    body = said.posted(ask.kind, ask.body)
    key = (ask.conversation_id, ask.person_id, client_id)
    if kept := tx.find(ENTRIES, _BY_CLIENT, key):
        return _same(kept, ask, body), False
    may_write(tx, place)
    raids.may_write(place, ask.kind, body, tx.now)
    if isinstance(body, ContactBody):
        body = _introduced(tx, ask.person_id, body)
    elif isinstance(body, CardBody):
        body = of_partner(tx, body)
    elif isinstance(body, ImageBody | FileBody | VoiceBody):
        body = attached(tx, ask.person_id, body, ask.conversation_id, ask.conversation_id)
    if ask.kind in ("recall", "react", "edit"):
        _apply(tx, place, ask, body)
    elif ask.ref:
        said.visible(place, entry_of(tx, ask.conversation_id, ask.ref))
    calls = said.mentions(place, ask.mentions)
    veiled = ask.veiled and ask.kind in COUNTED
    entry = add(
        tx,
        place.conversation,
        ask.person_id,
        "veiled" if veiled else ask.kind,
        said.veil(ask.kind, body) if veiled else said.encode(body),
        client_id=client_id,
        ref=ask.ref,
        mentions=() if veiled else calls,
    )
    tell_owner(tx, place.conversation, entry)
    if ask.previews:
        previews.plan(tx, entry)
    if ask.flagged:
        tx.emit(
            EntryFlagged(ask.conversation_id, entry.number, ask.flagged), about=ask.conversation_id
        )
    return entry, True


def tell_owner(tx: Tx, where: m.Conversation, entry: Entry) -> None:
    """A message of a person in a talk is told to the account whose talk it is."""
    if where.kind == "service" and entry.kind in COUNTED:
        fact = TalkSpoken(where.id, where.owner, entry.sender, entry.number, entry.kind)
        tx.emit(fact, about=where.id)


def _same(kept: Entry, ask: m.AskPost, body: Body) -> Entry:
    if kept.kind in ("recalled", "veiled") or isinstance(body, _FILLED_IN):
        return kept
    return said.same(kept, ask.kind, said.encode(body), ask.ref)


def may_write(tx: Tx, place: Place) -> None:
    """Refuse who may not write here: who is out or silent, blocked, or no contact any more."""
    rules.may_write(place, tx.now)
    if peer := peer_of(place):
        if contacts.is_blocked(tx, peer, place.member.person_id):
            raise r.BlockedHere(field="conversation")
        if not contacts.is_contact(tx, peer, place.member.person_id):
            raise r.NotContacts(field="conversation")


@touches(post)
def _wishes(tx: Tx, ask: m.AskPost) -> Iterator[Any]:
    yield MEMBERS, (ask.person_id, ask.conversation_id)
    yield CONVERSATIONS, ask.conversation_id
    yield ENTRIES, _BY_CLIENT, (ask.conversation_id, ask.person_id, ask.client_id)
    if ask.ref:
        yield ENTRIES, (ask.conversation_id, ask.ref)
    yield
    found = tx.peek(CONVERSATIONS, ask.conversation_id)
    if found and found.kind in FACED:
        yield FACES, found.owner
    member = tx.peek(MEMBERS, (ask.person_id, ask.conversation_id))
    if found and member and (peer := peer_of(Place(found, member))):
        yield contacts.block_wish(peer, ask.person_id)
        yield contacts.contact_wish(peer, ask.person_id)


def of_partner(tx: Tx, body: CardBody) -> CardBody:
    """The card of an app under its partner's own name: nobody shares a page as somebody else's."""
    name = partners.partner_name(tx, body.app)
    if not name:
        raise r.BodyInvalid("There is no such app.", field="b.app")
    return _replace(body, partner=name)


def _introduced(tx: Tx, person_id: str, body: ContactBody) -> ContactBody:
    """The card of one of one's contacts, or of oneself."""
    person = people.person_in(tx, body.person)
    known = body.person == person_id or contacts.is_contact(tx, person_id, body.person)
    if person is None or not known:
        raise r.BodyInvalid("You can only introduce your contacts.", field="b.person")
    return ContactBody(person.id, person.handle, person.name)


def _apply(tx: Tx, place: Place, ask: m.AskPost, body: Body) -> None:
    """Fold what is said of an earlier message into it."""
    target = said.visible(place, entry_of(tx, ask.conversation_id, ask.ref))
    if isinstance(body, ReactBody):
        tx.put(ENTRIES, said.marked(target, said.reacted(target, ask.person_id, body)))
    elif isinstance(body, EditBody):
        said.edit(place, target, ask.editing)
        previews.withdraw(tx, target)
        marks = _replace(said.marks_of(target), edited=True, preview=None, preview_s=0)
        text = said.encode(TextBody(body.text))
        edited = tx.put(ENTRIES, said.marked(_replace(target, body=text), marks))
        if ask.previews:
            previews.plan(tx, edited)
    else:
        said.recall(place, target, tx.now)
        gone(tx, target)


def forward(tx: Tx, ask: m.AskForward) -> list[Entry]:
    """Send messages on to another conversation that one may write in: one by one, or as one bundle.

    The words are taken from the log, so nobody can put words into another's mouth.
    """
    source = place_of(tx, ask.person_id, ask.from_id)
    target = place_of(tx, ask.person_id, ask.to_id)
    client_id = said.client_id(ask.client_id)
    may_write(tx, target)
    raids.may_write(target, "forward", None, tx.now)
    numbers = sorted(set(ask.numbers))[: said.BUNDLE_MAX + 1]
    entries = said.forwardable(source, [entry_of(tx, ask.from_id, one) for one in numbers])
    if ask.together:
        kept = tx.find(ENTRIES, _BY_CLIENT, (ask.to_id, ask.person_id, client_id))
        if kept:
            return [kept]
        body = said.bundle_fits(said.encode(_bundle(tx, source, entries)))
        for entry in entries:
            _carry(tx, source, target, entry)
        return [_forwarded(tx, target, "forward", body, client_id)]
    sent = []
    for place, entry in enumerate(entries):
        its_id = f"{client_id[:58]}.{place}"
        kept = tx.find(ENTRIES, _BY_CLIENT, (ask.to_id, ask.person_id, its_id))
        if kept is None:
            _carry(tx, source, target, entry)
            kept = _forwarded(tx, target, entry.kind, said.unsigned(entry), its_id)
            if ask.previews:
                previews.plan(tx, kept)
        sent.append(kept)
    return sent


_ATTACHED: dict[str, type[ImageBody | FileBody | VoiceBody]] = {
    "image": ImageBody,
    "file": FileBody,
    "voice": VoiceBody,
}


def attached(
    tx: Tx, person_id: str, body: ImageBody | FileBody | VoiceBody, scope: str, *seen_in: str
) -> ImageBody | FileBody | VoiceBody:
    """The body with what the server knows of its picture or file, which its readers may see from now on."""
    kind = next(name for name, of in _ATTACHED.items() if isinstance(body, of))
    asked = AskUse(person_id, body.media, cast(MediaKind, kind), scope, seen_in)
    found = media.use(tx, asked)
    if isinstance(body, ImageBody):
        return _replace(body, width=found.width, height=found.height)
    if isinstance(body, FileBody):
        return _replace(body, size=found.size)
    return _replace(body, ms=found.ms or body.ms)


def gone(tx: Tx, entry: Entry) -> None:
    """Nobody reads this entry any more, nor sees its picture or file unless it was posted here again, nor
    what its link led to."""
    of = _ATTACHED.get(entry.kind)
    if of is not None:
        media.release(tx, AskRelease(said.body_of(entry, of).media, entry.conversation_id))
    previews.withdraw(tx, entry)
    tx.put(ENTRIES, said.recalled(entry))


def _carry(tx: Tx, source: Place, target: Place, entry: Entry) -> None:
    """Those who read it where it is sent on to may see its picture or file."""
    of = _ATTACHED.get(entry.kind)
    if of is not None:
        body = said.body_of(entry, of)
        here = source.conversation.id
        attached(tx, target.member.person_id, body, target.conversation.id, here)


def _forwarded(tx: Tx, target: Place, kind: m.Kind, body: str, client_id: str) -> Entry:
    person_id = target.member.person_id
    entry = add(tx, target.conversation, person_id, kind, body, client_id=client_id)
    tell_owner(tx, target.conversation, entry)
    return entry


def _bundle(tx: Tx, source: Place, entries: list[Entry]) -> ForwardBody:
    names: dict[str, str] = {}
    for entry in entries:
        if entry.sender not in names:
            person = people.person_in(tx, entry.sender)
            names[entry.sender] = person.name if person else said.letterhead(entry)
    items = [
        ForwardedItem(
            names[entry.sender],
            rfc3339(Instant(entry.at)),
            entry.kind,
            msgspec.Raw(entry.body.encode()),
        )
        for entry in entries
    ]
    title = source.conversation.title or ", ".join(dict.fromkeys(filter(None, names.values())))
    return ForwardBody(title[:100], tuple(items))


def read(tx: Tx, ask: m.AskRead) -> tuple[Member, bool]:
    """Remember that a member has read up to this number, never back; the member, and whether it moved."""
    place = place_of(tx, ask.person_id, ask.conversation_id)
    member, conversation = place.member, place.conversation
    number = min(ask.number, member.left_s or conversation.head)
    if number <= member.read_s:
        return member, False
    entry = entry_of(tx, ask.conversation_id, number)
    shown = entry.shown if entry else member.read_n
    version = tx.next_number("chat")
    return tx.put(MEMBERS, _replace(member, read_s=number, read_n=shown, version=version)), True


@touches(read)
def _read_wishes(tx: Tx, ask: m.AskRead) -> Iterator[Any]:
    yield MEMBERS, (ask.person_id, ask.conversation_id)
    yield CONVERSATIONS, ask.conversation_id
    if ask.number > 0:
        yield ENTRIES, (ask.conversation_id, ask.number)


def change_mine(tx: Tx, ask: m.AskMine) -> Member:
    """Change how a conversation stands in one's own list."""
    place = place_of(tx, ask.person_id, ask.conversation_id)
    member = place.member
    changed: dict[str, Any] = {}
    if ask.pin is not None:
        changed["pinned"] = ask.pin
    if ask.mute is not None:
        changed["muted"] = ask.mute
    if ask.hide is not None:
        changed["hidden_s"] = max(place.conversation.head, 1) if ask.hide else 0
    if ask.remark is not None:
        changed["remark"] = rules.remark(ask.remark)
    if ask.draft is not None:
        changed["draft"] = rules.draft(ask.draft)
    if ask.nickname is not None:
        member_of(tx, ask.conversation_id, ask.person_id)
        changed["nickname"] = rules.remark(ask.nickname)
    return put_mine(tx, _replace(member, **changed))


def clear(tx: Tx, ask: m.AskClear) -> Member:
    """Clear a conversation for oneself: nothing up to its head is one's own to see any more."""
    place = place_of(tx, ask.person_id, ask.conversation_id)
    member, conversation = place.member, place.conversation
    head = member.left_s or conversation.head
    shown = member.left_n if member.left_s else conversation.shown
    return put_mine(
        tx, _replace(member, from_s=head, from_n=shown, read_s=head, read_n=shown, draft="")
    )
