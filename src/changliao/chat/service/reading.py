"""Looking: conversations as their members see them, pages of logs."""

from collections.abc import Iterable, Sequence

from changliao.chat import rules
from changliao.chat.model import (
    AskForward,
    Conversation,
    Epoch,
    Invitation,
    JoinRequest,
    Member,
    Personal,
    Place,
)
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import Entry
from changliao.chat.rules.messages import BUNDLE_MAX, letterhead
from changliao.chat.service.log import peer_of
from changliao.chat.store import CONVERSATIONS, ENTRIES, EPOCHS, INVITATIONS, reading
from changliao.db.driver import Reader
from changliao.db.tx import Commit, Tx
from changliao.kernel.value import Value
from changliao.people import service as people
from changliao.people.model import Person
from changliao.people.service import contacts

NAMES_SHOWN = 4


class Seen(Value, frozen=True):
    """A conversation as one member sees it, with what it takes to draw it."""

    place: Place
    peer: Person | None
    title: str
    last: Entry | None
    name: str  # Who wrote `last`.


class Page(Value, frozen=True):
    """A piece of a log: what lies at or before `least` is not this member's to see."""

    entries: list[Entry]
    least: int
    head: int


def epoch(reader: Reader) -> str:
    """Which life of the books it is."""
    found: Epoch | None = reader.get(EPOCHS, "main")
    return found.value if found else ""


def changed_since(reader: Reader, person_id: str, version: int) -> tuple[list[Place], int]:
    """Where a person stands in all that changed after this version, newest first, and the newest version.
    From the beginning on, what they have left by themselves is passed over."""
    places = reading.places_since(reader, person_id, version)
    newest = max(map(version_of, places), default=version)
    if not version:
        places = [one for one in places if not (one.member.left_s and one.member.hidden_s)]
    return places, max(newest, version)


def version_of(place: Place) -> int:
    """The newest change of what a member sees of a conversation."""
    member = place.member
    if member.left_s:
        return member.version
    shown = place.face.version if place.face else 0
    return max(member.version, place.conversation.version, shown)


def place(reader: Reader, person_id: str, conversation_id: str) -> Place:
    """Where a person stands in a conversation; ConversationNotFound for all who never were in it."""
    found = reading.place(reader, person_id, conversation_id)
    if found is None:
        raise r.ConversationNotFound(field="conversation")
    return found


def seen(reader: Reader, places: Sequence[Place]) -> list[Seen]:
    """These places of one person, or of several, ready to be shown."""
    lasts = _lasts(reader, places)
    named = list(dict.fromkeys(one.conversation.id for one in places if _nameless(one)))
    members: dict[str, list[str]] = {}
    for conversation_id, person_id in reading.first_members(reader, named, NAMES_SHOWN + 1):
        members.setdefault(conversation_id, []).append(person_id)
    wanted = {peer_of(one) for one in places} | {entry.sender for entry in lasts.values()}
    wanted |= {person_id for some in members.values() for person_id in some}
    persons = people.persons(reader, sorted(wanted - {""}))
    found = []
    for one in places:
        peer = persons.get(peer_of(one))
        last = lasts.get((one.conversation.id, last_number(one)))
        title = _title(reader, one, peer, members.get(one.conversation.id, ()), persons)
        found.append(Seen(one, peer, title, last, _writer(one, last, persons)))
    return found


def _writer(place: Place, last: Entry | None, persons: dict[str, Person]) -> str:
    if last is not None and place.face and last.sender == place.face.id:
        return place.face.name
    writer = persons.get(last.sender) if last else None
    return writer.name if writer else letterhead(last) if last else ""


def last_number(place: Place) -> int:
    """The newest message that this member may see; 0 when there is none."""
    member = place.member
    last = member.left_last if member.left_s else place.conversation.last
    return last if last > member.from_s else 0


def called(place: Place) -> int:
    """The newest entry that calls this member and was not read; 0 for none."""
    member = place.member
    newest = max(member.mentioned_s, 0 if member.left_s else place.conversation.called_s)
    return newest if newest > member.read_s else 0


def unread_of(reader: Reader, person_id: str) -> int:
    """How many messages a person has not read, in all conversations that are not muted."""
    return reading.unread_of(reader, person_id)


def heads(reader: Reader, conversations: Sequence[str]) -> dict[str, int]:
    """The newest numbers of these logs."""
    return reading.heads(reader, conversations)


def around(reader: Reader, person_id: str, conversation_id: str) -> tuple[str, dict[str, int]]:
    """Who of a conversation may be told to be here, and how far the others have read. Whether they are here
    people tell contacts alone: the other one of two who both keep each other and have not been blocked."""
    here = place(reader, person_id, conversation_id)
    if here.conversation.kind == "account":  # Who follows it is nobody's business.
        return "", {}
    read = reading.read_in(reader, conversation_id)
    read.pop(person_id, None)
    peer = peer_of(here)
    both = contacts.is_contact(reader, peer, person_id) and contacts.is_contact(
        reader, person_id, peer
    )
    if not peer or not both or contacts.is_blocked(reader, peer, person_id):
        peer = ""
    return peer, read


def _lasts(reader: Reader, places: Sequence[Place]) -> dict[tuple[str, int], Entry]:
    keys = {(one.conversation.id, number) for one in places if (number := last_number(one))}
    entries = reading.entries_by(reader, sorted(keys))
    return {(entry.conversation_id, entry.number): entry for entry in entries}


def _nameless(place: Place) -> bool:
    found = place.conversation
    named = found.title or place.member.remark or place.member.left_s
    return found.kind == "group" and not named


def _title(
    reader: Reader,
    place: Place,
    peer: Person | None,
    members: Sequence[str],
    persons: dict[str, Person],
) -> str:
    if place.member.remark:
        return place.member.remark
    if peer is not None:
        known = contacts.contact_in(reader, place.member.person_id, peer.id)
        return (known.remark if known else "") or peer.name
    if place.face is not None:
        return place.face.name
    if place.member.left_s:
        return place.member.left_title
    if place.conversation.title or not members:
        return place.conversation.title
    names = [
        persons[one].name for one in members if one != place.member.person_id and one in persons
    ]
    return ", ".join(names[:NAMES_SHOWN])


# Logs ---------------------------------------------------------------------------------------


def after(reader: Reader, person_id: str, conversation_id: str, number: int, most: int) -> Page:
    """What follows a number, as far as the member may see it, oldest first."""
    where = place(reader, person_id, conversation_id)
    least, head = _bounds(where)
    entries = reading.entries_after(reader, conversation_id, max(number, least), most)
    return Page([one for one in entries if one.number <= head], least, head)


def before(reader: Reader, person_id: str, conversation_id: str, number: int, most: int) -> Page:
    """What comes before a number (0: the newest), oldest first."""
    where = place(reader, person_id, conversation_id)
    least, head = _bounds(where)
    until = min(number or head + 1, head + 1)
    entries = reading.entries_before(reader, conversation_id, until, most)
    return Page([one for one in entries if one.number > least], least, head)


def _bounds(where: Place) -> tuple[int, int]:
    return where.member.from_s, where.member.left_s or where.conversation.head


def written(commit: Commit) -> list[Entry]:
    """The entries that a commit brought."""
    return commit.new(ENTRIES)


def entries_by(reader: Reader | Tx, keys: Sequence[tuple[str, int]]) -> list[Entry]:
    """These entries, in no order; for delivery, which knows who may see them."""
    return reading.entries_by(reader, keys)


def entry(reader: Reader, conversation_id: str, number: int) -> Entry | None:
    """One entry; for work after commit."""
    found: Entry | None = reader.get(ENTRIES, (conversation_id, number))
    return found


def is_written(reader: Reader, conversation_id: str, sender: str, client_id: str) -> bool:
    """Whether the sender's message of this id is in the log already."""
    return reading.is_written(reader, conversation_id, sender, client_id)


def conversations(reader: Reader | Tx, ids: Sequence[str]) -> dict[str, Conversation]:
    """These conversations, by id, whoever is in them; for rooms that know who may ask."""
    return {one.id: one for one in reading.conversations(reader, ids)}


def to_forward(reader: Reader, ask: AskForward) -> list[Entry]:
    """The messages that somebody wants to send on, as far as they may see them."""
    where = place(reader, ask.person_id, ask.from_id)
    least, head = _bounds(where)
    keys = [(ask.from_id, one) for one in set(ask.numbers) if least < one <= head]
    return sorted(reading.entries_by(reader, keys[:BUNDLE_MAX]), key=lambda one: one.number)


# Who ----------------------------------------------------------------------------------------


def where_in(reader: Reader, person_id: str) -> list[str]:
    """The conversations that a person is in."""
    return reading.where_in(reader, person_id)


def heard_by(reader: Reader, person_id: str) -> list[tuple[str, int, bool]]:
    """What a person's devices hear of: conversation, beyond which number, whether it is a feed."""
    return reading.heard_by(reader, person_id)


def places_in(reader: Reader | Tx, conversation_id: str, persons: Iterable[str]) -> list[Place]:
    """One conversation as each of these people sees it."""
    return reading.places_in(reader, conversation_id, sorted(persons))


def members(
    reader: Reader, person_id: str, conversation_id: str, joined_after: int, most: int
) -> list[tuple[Member, Person]]:
    """Who is in a conversation that one is in, by when they came; HasLeft for who is in no more."""
    where = rules.inside(place(reader, person_id, conversation_id))
    if where.conversation.kind == "account":  # Who follows it is nobody's business.
        raise r.OnlyGroups(field="conversation")
    found = reading.members_after(reader, conversation_id, joined_after, most)
    persons = people.persons(reader, [one.person_id for one in found])
    return [(one, persons[one.person_id]) for one in found if one.person_id in persons]


def spans_of(reader: Reader, person_id: str) -> list[tuple[str, int, int]]:
    """What a person may see: conversation, beyond which number, up to which (0: its head)."""
    return reading.spans_of(reader, person_id)


def inside(reader: Reader | Tx, conversation_id: str) -> list[str]:
    """Who is in a conversation; of a feed that may be very many."""
    return list(reading.read_in(reader, conversation_id))


def knows(reader: Reader, person_id: str, other_id: str) -> bool:
    """Whether two people are in one conversation, or the first may read what the second wrote: who left
    is still somebody to those who stayed."""
    return reading.shares_one(reader, person_id, other_id)


def may_see(reader: Reader, person_id: str, conversation_id: str) -> bool:
    """Whether a person is or was in a conversation."""
    return reading.place(reader, person_id, conversation_id) is not None


def is_inside(reader: Reader, sender: str, conversation_id: str) -> bool:
    """Whether a person is in a conversation; of who is no person other rooms know."""
    found = reading.place(reader, sender, conversation_id) if sender.startswith("per_") else None
    return not sender.startswith("per_") or (found is not None and not found.member.left_s)


def governed(reader: Reader, person_id: str, conversation_id: str) -> Conversation:
    """The group, if this person is its owner or an admin."""
    return rules.as_admin(place(reader, person_id, conversation_id)).conversation


def invitation(reader: Reader, code: str, now: int) -> tuple[Invitation, Conversation]:
    """A link that still lets somebody in, and where to."""
    found = rules.open_invitation(reader.get(INVITATIONS, code), now)
    conversation: Conversation | None = reader.get(CONVERSATIONS, found.conversation_id)
    if conversation is None or conversation.dissolved:
        raise r.InvitationNotFound(field="code")
    return found, conversation


def waiting(
    reader: Reader, person_id: str, conversation_id: str
) -> list[tuple[JoinRequest, Person]]:
    """Who waits to be let into a group; for its owner and admins."""
    rules.as_admin(place(reader, person_id, conversation_id))
    found = reading.waiting(reader, conversation_id)
    persons = people.persons(reader, [one.person_id for one in found])
    return [(one, persons[one.person_id]) for one in found if one.person_id in persons]


def personal(reader: Reader, person_id: str, position: int, most: int) -> list[Personal]:
    """A page of a person's own log, oldest first."""
    return reading.personal_after(reader, person_id, position, most)


def personal_head(reader: Reader, person_id: str) -> int:
    """The newest position of a person's own log."""
    return reading.personal_head(reader, person_id)
