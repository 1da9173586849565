"""Routes for people: the bots of a group, the commands that may be typed, the hooks."""

import secrets

from changliao.bots import model as m
from changliao.bots import service
from changliao.bots.api.gatekeeper import Gatekeeper
from changliao.bots.api.show import (
    Commands,
    FoundBot,
    FoundBots,
    Hooks,
    HookView,
    Seats,
    commands_view,
    found_bot,
    hook_view,
    partner_name,
    seat_view,
    watcher_view,
)
from changliao.bots.model import Bot, Hears
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.chat.model import refusals as cr
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.people.model import SignedIn
from changliao.people.service import token_hash
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

_HERE = (cr.ConversationNotFound,)
_GOVERNED = (cr.ConversationNotFound, cr.OnlyGroups, cr.HasLeft, cr.NotAllowedHere)
HOOK_PREFIX = "hks_"
FINDING = (
    Param("q", "Words in a listed bot's name or handle."),
    Param("handle", "Exactly this bot, listed or not."),
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)


class SeatBody(Value, frozen=True, forbid_unknown_fields=True):
    """What a bot may hear here: what calls it, or `all`; and whether its gate is asked before messages."""

    hears: Hears | None = None
    gated: bool | None = None


class HookBody(Value, frozen=True, forbid_unknown_fields=True):
    """Under which name a hook posts."""

    name: str


def routes(
    db: Db, guard: Guard[SignedIn], keeper: Gatekeeper, url: str, app_of: service.AppOf
) -> Routes:
    """Bots as people meet them. `url` is our own address; `app_of` says whose app an account is."""
    api = Routes("Bots of groups")
    _finding(api, db, guard, app_of)
    _seats(api, db, guard, keeper)
    _hooks(api, db, guard, url)
    return api


def _found(reader: Reader, bot: Bot) -> FoundBot:
    return found_bot(bot, partner_name(reader, bot))


def _finding(api: Routes, db: Db, guard: Guard[SignedIn], app_of: service.AppOf) -> None:
    @api.get(
        "/v1/listed-bots",
        guard=guard,
        answers=FoundBots,
        params=FINDING,
        refuses=(r.BotNotFound, BadCursor),
    )
    async def find(call: Call) -> FoundBots:
        """Bots that may be let into a group: listed ones by words, any by its handle."""

        def query(reader: Reader) -> FoundBots:
            if handle := call.param("handle"):
                return FoundBots([_found(reader, reading.by_handle(reader, handle))], "")
            found = reading.listed(reader, call.param("q")[:100], call.after, call.limit)
            more = found[-1].handle if len(found) == call.limit else ""
            return FoundBots([_found(reader, one) for one in found], more)

        return await db.read(query)

    @api.get("/v1/conversations/{id}/commands", guard=guard, answers=Commands, refuses=_HERE)
    async def commands(call: Call, conversation_id: str) -> Commands:
        """What may be typed after a slash here."""
        who = call.who.person.id
        return commands_view(await db.read(reading.usable, who, conversation_id, app_of))


def _seats(api: Routes, db: Db, guard: Guard[SignedIn], keeper: Gatekeeper) -> None:
    def seats(reader: Reader, person_id: str, conversation_id: str) -> Seats:
        places = reading.present(reader, person_id, conversation_id)
        here = {one.bot.id for one in places}
        watching = [one for one in reading.watching(reader) if one.id not in here]
        rows = [
            seat_view(
                one, partner_name(reader, one.bot), reading.gate_of(reader, one.bot.id) is not None
            )
            for one in places
        ]
        return Seats([*rows, *(watcher_view(one, partner_name(reader, one)) for one in watching)])

    @api.get("/v1/conversations/{id}/bots", guard=guard, answers=Seats, refuses=_HERE)
    async def present(call: Call, conversation_id: str) -> Seats:
        """The bots of a group, and what each may hear: every member may know who listens."""
        return await db.read(seats, call.who.person.id, conversation_id)

    @api.put(
        "/v1/conversations/{id}/bots/{bot_id}",
        guard=guard,
        body=SeatBody,
        answers=Seats,
        refuses=(*_GOVERNED, r.BotNotFound, r.GateNotFound, r.TooManyBots),
    )
    async def seat(call: Call, conversation_id: str, bot_id: str, body: SeatBody) -> Seats:
        """Let a bot in, or change what it hears; for owner and admins. The group reads of it."""
        who = call.who.person.id
        ask = m.AskSeat(who, conversation_id, bot_id, body.hears, body.gated)
        await db.write(service.seat, ask)
        await keeper.load()
        return await db.read(seats, who, conversation_id)

    @api.delete(
        "/v1/conversations/{id}/bots/{bot_id}",
        guard=guard,
        status=EMPTY,
        refuses=(*_GOVERNED, r.BotNotFound, r.BotNotHere),
    )
    async def unseat(call: Call, conversation_id: str, bot_id: str) -> Answer:
        """Take a bot out; for owner and admins. What it wrote stays."""
        await db.write(service.unseat, m.AskUnseat(call.who.person.id, conversation_id, bot_id))
        await keeper.load()
        return DONE


def _hooks(api: Routes, db: Db, guard: Guard[SignedIn], url: str) -> None:
    @api.post(
        "/v1/conversations/{id}/hooks",
        guard=guard,
        body=HookBody,
        answers=HookView,
        status=CREATED,
        refuses=(*_GOVERNED, r.BotTextInvalid, r.TooManyHooks),
    )
    async def make(call: Call, conversation_id: str, body: HookBody) -> HookView:
        """An address by which any system posts into this group; it is shown in this answer alone."""
        secret = HOOK_PREFIX + secrets.token_urlsafe(32)
        who = call.who.person.id
        ask = m.AskHook(who, conversation_id, body.name, token_hash(secret))
        return hook_view(await db.write(service.make_hook, ask), f"{url}/v1/hooks/{secret}")

    @api.get("/v1/conversations/{id}/hooks", guard=guard, answers=Hooks, refuses=_GOVERNED)
    async def hooks(call: Call, conversation_id: str) -> Hooks:
        """The hooks of a group, without their addresses; for owner and admins."""
        found = await db.read(reading.hooks_of, call.who.person.id, conversation_id)
        return Hooks([hook_view(one) for one in found])

    @api.delete(
        "/v1/conversations/{id}/hooks/{hook_id}",
        guard=guard,
        status=EMPTY,
        refuses=(*_GOVERNED, r.HookNotFound),
    )
    async def end(call: Call, conversation_id: str, hook_id: str) -> Answer:
        """End a hook: its address posts no more, at once."""
        await db.write(service.end_hook, m.AskEndHook(call.who.person.id, conversation_id, hook_id))
        return DONE
