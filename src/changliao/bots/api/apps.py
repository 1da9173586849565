"""Routes for apps: their bots, what those heard, what they say."""

from typing import Literal

import msgspec

from changliao.bots import model as m
from changliao.bots import service
from changliao.bots.api.incoming import Gate
from changliao.bots.api.show import (
    Bots,
    BotView,
    CommandRow,
    HeardLog,
    Sittings,
    bot_view,
    row_for,
    sitting_view,
)
from changliao.bots.model import Bot, Command
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.chat.model import Piece, Wish
from changliao.chat.model import refusals as cr
from changliao.chat.service.rows import EntryRow
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.media.model import MediaNotFound, WrongMediaKind
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.people.model import PersonNotFound
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadCursor, RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

BOT_PER_S, BOT_BURST = 5, 20
"""How fast a bot may write."""
PAGE = (
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)
LOG = (
    Param("after", "What it heard beyond this number, oldest first."),
    Param("before", "What it heard before this number, oldest first; 0 for the newest."),
    PAGE[1],
)
_SCOPES = (ScopeForbids, RoleForbids)
_OWN = (r.BotNotFound, *_SCOPES)
_TEXTS = (r.BotTextInvalid,)
_SAYING = (
    *_OWN,
    r.BotNotHere,
    cr.ConversationNotFound,
    cr.ClientIdInvalid,
    cr.ClientIdReused,
    cr.TextEmpty,
    cr.TextTooLong,
    cr.BodyInvalid,
    cr.WordsTooLong,
    MediaNotFound,
    WrongMediaKind,
    cr.EntryNotFound,
    cr.MembersInvalid,
    cr.GateRefuses,
    cr.GateSilent,
    PersonNotFound,
    RateLimited,
)


class BotBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new bot: its handle for ever, its name, what it says of itself, whether groups find it by words."""

    handle: str
    name: str
    about: str = ""
    listed: bool = False


class BotChangeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to change of a bot; `avatar` is a media of the app, or of the member who asks."""

    name: str | None = None
    about: str | None = None
    avatar: str | None = None
    listed: bool | None = None


class CommandsBody(Value, frozen=True, forbid_unknown_fields=True):
    """All commands of a bot, in the order in which people see them."""

    items: tuple[CommandRow, ...]


class SayingBody(Value, frozen=True, forbid_unknown_fields=True):
    """A text, or a picture or file of the app's: `k` is `image` or `file` and `b` its body, as people post
    them. The number of what it answers (`r`), and whom it calls (`at`, open ids)."""

    text: str = ""
    k: Literal["text", "image", "file"] = "text"
    b: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    r: int = 0
    at: tuple[str, ...] = ()

    @property
    def said(self) -> bytes:
        """The body of the message."""
        short = self.k == "text" and bytes(self.b) == b"{}"
        return msgspec.json.encode({"text": self.text}) if short else bytes(self.b)


def routes(db: Db, guard: Guard[Caller], gate: Gate) -> Routes:
    """Everything under /v1/bots."""
    api = Routes("Bots")
    _bots(api, db, guard)
    _hearing(api, db, guard)
    _saying(api, db, guard, gate)
    return api


def _show(reader: Reader, bot: Bot) -> BotView:
    return bot_view(bot, reading.gate_of(reader, bot.id))


def _bots(api: Routes, db: Db, guard: Guard[Caller]) -> None:
    @api.post(
        "/v1/bots",
        guard=guard,
        body=BotBody,
        answers=BotView,
        status=CREATED,
        refuses=(*_SCOPES, *_TEXTS, r.BotHandleInvalid, r.BotHandleTaken, r.TooManyBots),
    )
    async def make(call: Call, body: BotBody) -> BotView:
        """Make a bot of this app, in the key's mode. Groups let it in themselves."""
        ask = m.AskBot(call.who, body.handle, body.name, body.about, body.listed)
        return await db.read(_show, await db.write(service.make_bot, ask))

    @api.get("/v1/bots", guard=guard, answers=Bots, refuses=_SCOPES)
    async def mine(call: Call) -> Bots:
        """The app's bots in the key's mode."""

        def query(reader: Reader) -> Bots:
            return Bots([_show(reader, one) for one in reading.bots_of(reader, call.who)])

        return await db.read(query)

    @api.get("/v1/bots/{id}", guard=guard, answers=BotView, refuses=_OWN)
    async def one(call: Call, bot_id: str) -> BotView:
        """One of the app's bots."""
        return await db.read(lambda rows: _show(rows, reading.bot_of(rows, call.who, bot_id)))

    @api.patch(
        "/v1/bots/{id}",
        guard=guard,
        body=BotChangeBody,
        answers=BotView,
        refuses=(*_OWN, *_TEXTS, MediaNotFound, WrongMediaKind),
    )
    async def change(call: Call, bot_id: str, body: BotChangeBody) -> BotView:
        """Change its name, what it says of itself, its picture, whether it is listed."""
        said = msgspec.structs.asdict(body)
        bot = await db.write(service.change_bot, m.AskBotChange(call.who, bot_id, **said))
        return await db.read(_show, bot)

    @api.put(
        "/v1/bots/{id}/commands",
        guard=guard,
        body=CommandsBody,
        answers=BotView,
        refuses=(*_OWN, r.CommandsInvalid),
    )
    async def commands(call: Call, bot_id: str, body: CommandsBody) -> BotView:
        """What people may type after a slash where it sits, instead of all before.

        Whoever types one lets the app hear `bot.called`; the answer is a message with `r`.
        """
        wanted = tuple(Command(one.name, one.zh, one.en) for one in body.items)
        bot = await db.write(service.set_commands, m.AskCommands(call.who, bot_id, wanted))
        return await db.read(_show, bot)

    @api.delete("/v1/bots/{id}", guard=guard, status=EMPTY, refuses=_OWN)
    async def end(call: Call, bot_id: str) -> Answer:
        """Take it away, out of every group. What it wrote stays; nobody else gets its handle."""
        await db.write(service.end_bot, m.AskEndBot(call.who, bot_id))
        return DONE


def _hearing(api: Routes, db: Db, guard: Guard[Caller]) -> None:
    @api.get(
        "/v1/bots/{id}/conversations",
        guard=guard,
        answers=Sittings,
        params=PAGE,
        refuses=(*_OWN, BadCursor),
    )
    async def where(call: Call, bot_id: str) -> Sittings:
        """The groups where it sits, and what it may hear there."""

        def query(reader: Reader) -> Sittings:
            bot = reading.bot_of(reader, call.who, bot_id)
            found = reading.sittings(reader, bot.id, call.after, call.limit)
            more = found[-1].seat.conversation_id if len(found) == call.limit else ""
            return Sittings([sitting_view(one) for one in found], more)

        return await db.read(query)

    @api.get(
        "/v1/bots/{id}/conversations/{conversation_id}/messages",
        guard=guard,
        answers=HeardLog,
        params=LOG,
        refuses=(*_OWN, BadCursor),
    )
    async def log(call: Call, bot_id: str, conversation_id: str) -> HeardLog:
        """What it was told of and what it wrote, the same rows as people read; a recalled one is empty.

        People are open ids. Where it never was there is nothing.
        """

        def query(reader: Reader) -> HeardLog:
            bot = reading.bot_of(reader, call.who, bot_id)
            if call.param("after"):
                found = reading.after(reader, bot, conversation_id, call.after_number, call.limit)
            else:
                before = call.number("before", 0)
                found = reading.before(reader, bot, conversation_id, before, call.limit)
            return HeardLog([row_for(bot, one, db.vault) for one in found])

        return await db.read(query)


def _saying(api: Routes, db: Db, guard: Guard[Caller], gate: Gate) -> None:
    buckets = Buckets()

    def people(reader: Reader, bot: Bot, named: tuple[str, ...]) -> tuple[str, ...]:
        whom = [partners.person_of_open_id(reader, db.vault, bot.app_id, one) for one in named]
        return tuple(one.id for one in whom)

    @api.post(
        "/v1/bots/{id}/conversations/{conversation_id}/messages",
        guard=guard,
        body=SayingBody,
        answers=EntryRow,
        status=CREATED,
        refuses=_SAYING,
    )
    async def say(call: Call, bot_id: str, conversation_id: str, body: SayingBody) -> EntryRow:
        """Write a text, or show a picture or file.

        `Idempotency-Key` is its client id: the same one again is the same message.

        In the app's conversation with a person it may only answer a command (`r`).
        """
        partners.allows(call.who, "chat:write")
        bot = await db.read(reading.bot_by_key, call.who, bot_id)
        buckets.take(bot.id, BOT_PER_S, BOT_BURST)
        client_id = call.header("idempotency-key").strip().strip('"')
        calls = await db.read(people, bot, body.at[:51])
        if gate.watches(conversation_id):
            piece = Piece(client_id, body.k, body.said, body.r)
            await gate.look(Wish(bot.id, conversation_id, (piece,)))
        said = conversation_id, body.k, body.said, client_id
        ask = m.AskSpeak(call.who, bot_id, *said, body.r, calls)
        return row_for(bot, await db.write(service.speak, ask), db.vault)

    @api.delete(
        "/v1/bots/{id}/conversations/{conversation_id}/messages/{number}",
        guard=guard,
        status=EMPTY,
        refuses=(*_OWN, r.BotNotHere, cr.ConversationNotFound, cr.EntryNotFound),
    )
    async def take_back(call: Call, bot_id: str, conversation_id: str, number: str) -> Answer:
        """Take back what it wrote; everybody sees that something was there."""
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
        ask = m.AskRecall(call.who, bot_id, conversation_id, wanted)
        await db.write(service.take_back, ask)
        return DONE
