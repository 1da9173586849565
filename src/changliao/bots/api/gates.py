"""Routes for gates: an app's for its bot, the operator's own; and for bots that hear every group."""

import secrets

from changliao.bots import model as m
from changliao.bots import service
from changliao.bots.api.gatekeeper import Gatekeeper, secret_text
from changliao.bots.api.show import Gates, GateView, Seats, gate_view, partner_name, watcher_view
from changliao.bots.model import Covers, Otherwise
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.people.model import SignedIn
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.outbound import CallbackAddressInvalid, check_address
from changliao.wire.routes import CREATED, EMPTY, Guard, Routes

_OWN = (r.BotNotFound, ScopeForbids, RoleForbids)


class BotGateBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whom to ask, how long to wait, and what holds when nobody answers."""

    url: str
    timeout_ms: int = 300
    otherwise: Otherwise = "allow"


class GateBody(Value, frozen=True, forbid_unknown_fields=True):
    """The same, and whether conversations of two are looked at, too."""

    url: str
    timeout_ms: int = 300
    otherwise: Otherwise = "allow"
    covers: Covers = "groups"


def routes(db: Db, guard: Guard[Caller], operator: Guard[SignedIn], keeper: Gatekeeper) -> Routes:
    """Everything under /v1/bots/{id}/gate, /v1/operator/gates, /v1/operator/bots."""
    api = Routes("Gates")
    _of_bots(api, db, guard, keeper)
    _of_operators(api, db, operator, keeper)
    return api


async def _set(db: Db, keeper: Gatekeeper, ask: m.AskGate) -> GateView:
    """Make it, and ask it from now on in this process; others hear of it within a second."""
    check_address(ask.url, allow_private=keeper.allow_private)
    gate = await db.write(service.set_gate, ask)
    await keeper.load()
    return gate_view(gate, secret_text(ask.secret))


def _of_bots(api: Routes, db: Db, guard: Guard[Caller], keeper: Gatekeeper) -> None:
    @api.put(
        "/v1/bots/{id}/gate",
        guard=guard,
        body=BotGateBody,
        answers=GateView,
        refuses=(*_OWN, CallbackAddressInvalid, r.GateInvalid),
    )
    async def put(call: Call, bot_id: str, body: BotGateBody) -> GateView:
        """Be asked before a message is written, in groups whose owner or admin lets this bot be.

        We POST the message and wait. 204, or 200 with `{"allow": true}`, lets it through; `{"allow": false,
        "say": "…"}` refuses it with that sentence. Signed like webhooks, with the secret of this answer.
        """
        ask = m.AskGate(
            call.who.actor,
            body.url,
            body.timeout_ms,
            body.otherwise,
            secrets.token_bytes(32),
            caller=call.who,
            bot_id=bot_id,
        )
        return await _set(db, keeper, ask)

    @api.delete("/v1/bots/{id}/gate", guard=guard, status=EMPTY, refuses=(*_OWN, r.GateNotFound))
    async def end(call: Call, bot_id: str) -> Answer:
        """Be asked no more, anywhere."""
        ask = m.AskEndGate(call.who.actor, caller=call.who, bot_id=bot_id)
        await db.write(service.end_gate, ask)
        await keeper.load()
        return DONE


def _of_operators(api: Routes, db: Db, guard: Guard[SignedIn], keeper: Gatekeeper) -> None:
    @api.post(
        "/v1/operator/gates",
        guard=guard,
        body=GateBody,
        answers=GateView,
        status=CREATED,
        refuses=(CallbackAddressInvalid, r.GateInvalid, r.TooManyGates),
    )
    async def make(call: Call, body: GateBody) -> GateView:
        """Be asked before a message is written, in every group, or everywhere."""
        ask = m.AskGate(
            call.who.person.id,
            body.url,
            body.timeout_ms,
            body.otherwise,
            secrets.token_bytes(32),
            body.covers,
        )
        return await _set(db, keeper, ask)

    @api.get("/v1/operator/gates", guard=guard, answers=Gates)
    async def mine(call: Call) -> Gates:
        """The operator's gates."""
        return Gates([gate_view(one) for one in await db.read(reading.operators_gates)])

    @api.delete("/v1/operator/gates/{id}", guard=guard, status=EMPTY, refuses=(r.GateNotFound,))
    async def end(call: Call, gate_id: str) -> Answer:
        """Ask it no more."""
        await db.write(service.end_gate, m.AskEndGate(call.who.person.id, gate_id))
        await keeper.load()
        return DONE

    @api.get("/v1/operator/bots", guard=guard, answers=Seats)
    async def watching(call: Call) -> Seats:
        """The bots that hear every group, and whose they are."""

        def query(reader: Reader) -> Seats:
            found = reading.watching(reader)
            return Seats([watcher_view(one, partner_name(reader, one)) for one in found])

        return await db.read(query)

    @api.put("/v1/operator/bots/{id}/watch", guard=guard, status=EMPTY, refuses=(r.BotNotFound,))
    async def watch(call: Call, bot_id: str) -> Answer:
        """Let a bot hear every group after the fact; every group shows that it does."""
        await db.write(service.let_watch, m.AskWatch(call.who.person.id, bot_id, True))
        return DONE

    @api.delete("/v1/operator/bots/{id}/watch", guard=guard, status=EMPTY, refuses=(r.BotNotFound,))
    async def unwatch(call: Call, bot_id: str) -> Answer:
        """Let it hear every group no more."""
        await db.write(service.let_watch, m.AskWatch(call.who.person.id, bot_id, False))
        return DONE
