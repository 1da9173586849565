"""The address of a hook: any system posts a text with it, and needs to know nothing else of us."""

from typing import Protocol

import msgspec

from changliao.bots import model as m
from changliao.bots import service
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.chat.model import Piece, Wish
from changliao.chat.model import refusals as cr
from changliao.db.db import Db
from changliao.kernel.value import Value, View
from changliao.people.service import token_hash
from changliao.wire.call import Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, Routes

HOOK_PER_S, HOOK_BURST = 1, 20
"""How fast a hook may post."""


class HookTextBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to post."""

    text: str


class PostedView(View, frozen=True):
    """The number of the message in the group's log."""

    s: int


class Gate(Protocol):
    """What may look at a message before it is written."""

    def watches(self, conversation_id: str) -> bool:
        """Whether anything looks here; from memory."""

    async def look(self, wish: Wish) -> None:
        """Wait for the answer."""


def routes(db: Db, gate: Gate) -> Routes:
    """The one address that is open to whoever has its secret."""
    api = Routes("Hooks")
    buckets = Buckets()

    @api.post(
        "/v1/hooks/{secret}",
        body=HookTextBody,
        answers=PostedView,
        status=CREATED,
        refuses=(
            r.HookNotFound,
            cr.ConversationNotFound,
            cr.TextEmpty,
            cr.TextTooLong,
            cr.ClientIdInvalid,
            cr.ClientIdReused,
            cr.GateRefuses,
            cr.GateSilent,
            RateLimited,
        ),
    )
    async def post(call: Call, secret: str, body: HookTextBody) -> PostedView:
        """Post a text into the group this address belongs to, under the hook's name.

        With an `Idempotency-Key` the same one again is the same message. One a second, twenty at once.
        """
        hashed = token_hash(secret)
        hook = await db.read(reading.hook_by, hashed)
        buckets.take(hook.id, HOOK_PER_S, HOOK_BURST)
        client_id = call.header("idempotency-key").strip().strip('"')
        if gate.watches(hook.conversation_id):
            piece = Piece(client_id, "text", msgspec.json.encode({"text": body.text}))
            await gate.look(Wish(hook.id, hook.conversation_id, (piece,)))
        entry = await db.write(service.post_by_hook, m.AskHookText(hashed, body.text, client_id))
        return PostedView(entry.number)

    return api
