"""The resources of chat over HTTP: the same rows as over the socket, for bots and for pages that begin."""

from typing import Any

import msgspec

from changliao.chat import model as m
from changliao.chat import service
from changliao.chat.api.desk import Desk, Number
from changliao.chat.api.show import (
    ConversationRow,
    LogView,
    PersonalRow,
    conversation_row,
    log_view,
    personal_row,
)
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import Kind
from changliao.chat.rules.messages import unveiled
from changliao.chat.service import reading
from changliao.chat.service.rows import EntryRow, entry_row
from changliao.db.driver import Reader
from changliao.kernel.value import Value, View
from changliao.media.model import MediaNotFound, WrongMediaKind
from changliao.people.model import SignedIn
from changliao.people.model.shown import Shown, WordsNotShown
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor, RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

WINDOW = 20
LIMIT = Param("limit", "Rows of a page, 1 to 100; 20 by default.", int)
CHANGED = (Param("after", "The `cursor` of the page before."),)
PERSONAL = (Param("after", "The `up` of the page before."), LIMIT)
LOG = (
    Param("after", "Entries with greater numbers, oldest first."),
    Param("before", "Entries with smaller numbers, oldest first; 0 for the newest."),
    LIMIT,
)
HERE = (r.ConversationNotFound,)
NAMING: tuple[type[Any], ...] = (r.Silenced, RateLimited, WordsNotShown)
WRITING: tuple[type[Any], ...] = (
    r.ConversationNotFound,
    r.HasLeft,
    r.Silenced,
    r.GuardedHere,
    r.SlowHere,
    r.BlockedHere,
    r.NotContacts,
    r.NotAllowedHere,
    r.ClientIdInvalid,
    r.ClientIdReused,
    r.KindInvalid,
    r.BodyInvalid,
    r.TextEmpty,
    r.WordsRefused,
    r.TextTooLong,
    r.WordsTooLong,
    r.MembersInvalid,
    r.EntryNotFound,
    r.CannotRecall,
    r.RecallTooLate,
    r.CannotEdit,
    r.CannotReact,
    r.GateRefuses,
    r.GateSilent,
    MediaNotFound,
    WrongMediaKind,
    RateLimited,
)


class SyncView(View, frozen=True):
    """What changed since a cursor, newest first. `full`: what is not in it, up to the page that has no
    `more`, is not one's own any more. `up` is the newest position of one's own log; `unread` of all."""

    epoch: str
    items: list[ConversationRow]
    cursor: str
    more: bool
    full: bool
    up: int
    unread: int


class MessageBody(Value, frozen=True, forbid_unknown_fields=True):
    """A message: its kind, its body, what it answers, whom it calls."""

    k: Kind
    b: msgspec.Raw
    r: Number = 0
    at: tuple[str, ...] = ()


class ForwardBody(Value, frozen=True, forbid_unknown_fields=True):
    """Which messages of which conversation to send on, and whether as one."""

    from_: str = msgspec.field(name="from")
    numbers: tuple[Number, ...]
    together: bool = False


class ReadBody(Value, frozen=True, forbid_unknown_fields=True):
    """Up to which number one has read."""

    s: Number


class MineBody(Value, frozen=True, forbid_unknown_fields=True):
    """How a conversation stands in one's own list."""

    pin: bool | None = None
    mute: bool | None = None
    hide: bool | None = None
    remark: str | None = None
    draft: str | None = None
    nickname: str | None = None


class EntryList(View, frozen=True):
    """Entries."""

    items: list[EntryRow]


class PersonalList(View, frozen=True):
    """A page of one's own log."""

    items: list[PersonalRow]
    up: int


def sync(reader: Reader, person_id: str, version: int, skip: int, begun: int) -> SyncView:
    """A page of what changed. The cursor that ends it is of the first page: what changes while somebody
    turns pages is told again."""
    places, newest = reading.changed_since(reader, person_id, version)
    some = reading.seen(reader, places[skip : skip + WINDOW])
    more = len(places) > skip + WINDOW
    newest = begun or newest
    cursor = f"{version}.{skip + WINDOW}.{newest}" if more else str(newest)
    return SyncView(
        reading.epoch(reader),
        [conversation_row(one) for one in some],
        cursor,
        more,
        not version,
        reading.personal_head(reader, person_id),
        reading.unread_of(reader, person_id),
    )


def _cursor(call: Call) -> tuple[int, int, int]:
    parts = call.after.split(".") if call.after else []
    if len(parts) > 3 or not all(
        one.isascii() and one.isdigit() and len(one) <= 18 for one in parts
    ):
        raise BadCursor(field="after")
    version, skip, begun, *_ = (*map(int, parts), 0, 0, 0)
    return version, skip, begun


def look(reader: Reader, person_id: str, conversation_id: str) -> ConversationRow:
    """A conversation as one member sees it."""
    place = reading.place(reader, person_id, conversation_id)
    return conversation_row(reading.seen(reader, [place])[0])


def routes(desk: Desk, guard: Guard[SignedIn]) -> Routes:
    """Everything under /v1/chat, /v1/personal, and the logs under /v1/conversations."""
    api = Routes("Chat")
    _reading(api, desk, guard)
    _messages(api, desk, guard)
    _mine(api, desk, guard)
    return api


def me_of(call: Call) -> str:
    who: SignedIn = call.who
    return who.person.id


def _reading(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.get("/v1/chat", guard=guard, answers=SyncView, params=CHANGED, refuses=(BadCursor,))
    async def changed(call: Call) -> SyncView:
        """My conversations as far as they changed after a cursor, newest first, 20 at a time.

        Without a cursor it is the whole list. Go on with `cursor` while `more` is true.
        """
        return await db.read(sync, me_of(call), *_cursor(call))

    @api.get("/v1/conversations/{id}", guard=guard, answers=ConversationRow, refuses=HERE)
    async def one(call: Call, conversation_id: str) -> ConversationRow:
        """A conversation as I see it."""
        return await db.read(look, me_of(call), conversation_id)

    @api.get(
        "/v1/conversations/{id}/messages",
        guard=guard,
        answers=LogView,
        params=LOG,
        refuses=(*HERE, BadCursor),
    )
    async def messages(call: Call, conversation_id: str) -> LogView:
        """A piece of a log."""
        who, limit = me_of(call), call.limit
        if call.param("after"):
            found = await db.read(reading.after, who, conversation_id, call.after_number, limit)
        else:
            before = call.number("before", 0)
            found = await db.read(reading.before, who, conversation_id, before, limit)
        return log_view(found, who)

    @api.get(
        "/v1/personal", guard=guard, answers=PersonalList, params=PERSONAL, refuses=(BadCursor,)
    )
    async def personal(call: Call) -> PersonalList:
        """My own log: contact requests, new devices and the like, of the last 30 days."""
        found = await db.read(reading.personal, me_of(call), call.after_number, call.limit)
        up = found[-1].position if found else call.after_number
        return PersonalList([personal_row(one) for one in found], up)


def _messages(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.post(
        "/v1/conversations/{id}/messages",
        guard=guard,
        body=MessageBody,
        answers=EntryRow,
        status=CREATED,
        refuses=WRITING,
    )
    async def post(call: Call, conversation_id: str, body: MessageBody) -> EntryRow:
        """Write a message. `Idempotency-Key` is its client id: the same one again is the same message."""
        desk.count(me_of(call), body.k)
        client_id = call.header("idempotency-key").strip().strip('"')
        ask = desk.posting(me_of(call), conversation_id, client_id, body)
        await desk.admit(ask)
        entry, _ = await db.write(service.post, ask)
        return entry_row(unveiled(entry, me_of(call)))

    @api.post(
        "/v1/conversations/{id}/forwards",
        guard=guard,
        body=ForwardBody,
        answers=EntryList,
        status=CREATED,
        refuses=(*WRITING, r.CannotForward),
    )
    async def forward(call: Call, conversation_id: str, body: ForwardBody) -> EntryList:
        """Send messages of another conversation on to this one, one by one or as one bundle."""
        desk.count(me_of(call), "forward")
        client_id = call.header("idempotency-key").strip().strip('"')
        ask = m.AskForward(
            me_of(call),
            body.from_,
            body.numbers,
            conversation_id,
            body.together,
            client_id,
            desk.caps.previews,
        )
        await desk.admit_forward(ask)
        return EntryList([entry_row(one) for one in await db.write(service.forward, ask)])


def _mine(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.put("/v1/conversations/{id}/read", guard=guard, body=ReadBody, status=EMPTY, refuses=HERE)
    async def read(call: Call, conversation_id: str, body: ReadBody) -> Answer:
        """I have read up to this number."""
        await desk.read(me_of(call), conversation_id, body.s)
        return DONE

    @api.add(
        "PATCH",
        "/v1/conversations/{id}/mine",
        guard=guard,
        body=MineBody,
        answers=ConversationRow,
        refuses=(*HERE, r.WordsTooLong, r.MemberNotFound, *NAMING),
    )
    async def mine(call: Call, conversation_id: str, body: MineBody) -> ConversationRow:
        """Pin, mute, hide, call it something, keep what I began to write, be called something in it."""
        me = me_of(call)
        passed = desk.naming(me, nickname=body.nickname)
        said = msgspec.structs.asdict(body)
        verb = passed(service.change_mine, lambda _: Shown("person", me, me))
        await db.write(verb, m.AskMine(me, conversation_id, **said))
        return await db.read(look, me, conversation_id)

    @api.delete("/v1/conversations/{id}/mine/history", guard=guard, status=EMPTY, refuses=HERE)
    async def clear(call: Call, conversation_id: str) -> Answer:
        """Clear it for myself, up to its head."""
        await db.write(service.clear, m.AskClear(me_of(call), conversation_id))
        return DONE
