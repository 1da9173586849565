"""Conversations and entries as they are shown: the same rows in frames, over REST and in exports."""

from typing import Any

import msgspec

from changliao.chat.model import Invitation, JoinRequest, Member, Personal
from changliao.chat.model.entries import Entry
from changliao.chat.rules.messages import unveiled
from changliao.chat.service import reading
from changliao.chat.service.reading import Page, Seen
from changliao.chat.service.rows import EntryRow, entry_row
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import View
from changliao.people.model import Person

_ENCODER = msgspec.json.Encoder()


class PersonRow(View, frozen=True):
    """Somebody, as the others in a conversation see them."""

    id: str
    handle: str
    name: str
    avatar: str


class ConversationRow(View, frozen=True):
    """A conversation, as one member sees it; docs/chat.md says what each letter is."""

    c: str
    k: str
    title: str
    peer: PersonRow | None
    s: int
    n: int
    rs: int
    rn: int
    from_: int = msgspec.field(name="from")
    at: str
    last: EntryRow | None
    name: str
    pin: bool
    mute: bool
    hide: bool
    role: str
    left: int
    draft: str
    v: int
    size: int
    notice: str
    approval: bool
    silent: bool
    guard: str | None
    until: str | None
    mention: int
    nickname: str


class LogView(View, frozen=True):
    """A piece of a log: what lies at or before `min` is not one's own to see; `head` is its newest number."""

    items: list[EntryRow]
    min: int
    head: int


class MemberRow(View, frozen=True):
    """A member of a group."""

    id: str
    handle: str
    name: str
    avatar: str
    role: str
    nickname: str
    until: str | None
    joined_at: str


class PersonalRow(View, frozen=True):
    """One event of a person's own log."""

    p: int
    ts: str
    k: str
    b: msgspec.Raw


class InvitationView(View, frozen=True):
    """A link by which people join a group."""

    code: str
    url: str
    expires_at: str
    uses_left: int


class WaitingRow(View, frozen=True):
    """Somebody who waits to be let into a group."""

    id: str
    handle: str
    name: str
    avatar: str
    asked_at: str


def person_row(person: Person) -> PersonRow:
    """Somebody as the others see them."""
    return PersonRow(person.id, person.handle, person.name, person.avatar)


def conversation_row(seen: Seen) -> ConversationRow:
    """A conversation as one member sees it."""
    place, found, member = seen.place, seen.place.conversation, seen.place.member
    left = member.left_s
    return ConversationRow(
        c=found.id,
        k=found.kind,
        title=seen.title,
        peer=_peer(seen),
        s=left or found.head,
        n=member.left_n if left else found.shown,
        rs=member.read_s,
        rn=member.read_n,
        from_=member.from_s,
        at=rfc3339(Instant(seen.last.at if seen.last else max(found.created_at, member.joined_at))),
        last=entry_row(seen.last) if seen.last else None,
        name=seen.name,
        pin=member.pinned,
        mute=member.muted,
        hide=bool(member.hidden_s)
        and (member.left_last if left else found.last) <= member.hidden_s,
        role=member.role,
        left=left,
        draft=member.draft,
        v=reading.version_of(place),
        size=0 if left or found.kind == "account" else found.size,
        notice="" if left else found.notice,
        approval=found.approval and not left,
        silent=found.silent and not left,
        guard=_moment(0 if left else found.guarded_until),
        until=_moment(member.silenced_until),
        mention=reading.called(place),
        nickname=member.nickname,
    )


def _peer(seen: Seen) -> PersonRow | None:
    face, found = seen.place.face, seen.place.conversation
    if face is not None:
        return PersonRow(face.account_id, face.handle, face.name, face.avatar)
    if found.kind in ("service", "account"):  # An app that gives receipts and has no account.
        return PersonRow(found.owner, "", found.title, "")
    return person_row(seen.peer) if seen.peer else None


def _moment(at: int) -> str | None:
    return rfc3339(Instant(at)) if at else None


def log_view(page: Page, person_id: str) -> LogView:
    """A piece of a log, as this person sees it."""
    return LogView(entry_rows(page, person_id), page.least, page.head)


def entry_rows(page: Page, person_id: str) -> list[EntryRow]:
    """The entries of a page, as this person sees them."""
    return [entry_row(unveiled(one, person_id)) for one in page.entries]


def member_row(member: Member, person: Person) -> MemberRow:
    """A member of a group."""
    return MemberRow(
        person.id,
        person.handle,
        person.name,
        person.avatar,
        member.role,
        member.nickname,
        _moment(member.silenced_until),
        rfc3339(Instant(member.joined_at)),
    )


def personal_row(event: Personal) -> PersonalRow:
    """One event of a person's own log."""
    at = rfc3339(Instant(event.at))
    return PersonalRow(event.position, at, event.kind, msgspec.Raw(event.body.encode()))


def waiting_row(request: JoinRequest, person: Person) -> WaitingRow:
    """Somebody who waits to be let in."""
    at = rfc3339(Instant(request.at))
    return WaitingRow(person.id, person.handle, person.name, person.avatar, at)


def invitation_view(found: Invitation, url: str) -> InvitationView:
    """A link, with its address."""
    address = f"{url}/app/join/{found.code}"
    return InvitationView(found.code, address, rfc3339(Instant(found.expires_at)), found.uses_left)


def frame(kind: str, **said: Any) -> bytes:
    """A frame of the socket as JSON."""
    return _ENCODER.encode({"t": kind, **said})


def entry_frame(entry: Entry) -> bytes:
    """An entry as it is told to everybody: encoded once, for all. What is veiled is unveiled before."""
    return b'{"t":"m",' + _ENCODER.encode(entry_row(entry))[1:]
