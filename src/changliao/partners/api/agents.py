"""Routes for people who let other apps act for theirs, and see what those did."""

from typing import cast

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import View
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.events import AgentActed
from changliao.partners.model import Agent, AgentState, Mode
from changliao.people.model import SignedIn
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadRequest
from changliao.wire.routes import EMPTY, Guard, Param, Routes


class AgentView(View, frozen=True):
    """An app that may act for another one or, `revoked`, no longer may; `since` when."""

    app_id: str
    agent_app_id: str
    agent_name: str
    state: AgentState
    since: str


class Agents(View, frozen=True):
    """The apps that may act for an app."""

    items: list[AgentView]


class ActView(View, frozen=True):
    """Something that an app did for another one: `kind` is that of the event which tells of it, `amount`
    in minor units what it was about."""

    id: str
    kind: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    at: str


class Acts(View, frozen=True):
    """What an app did for another one, newest first."""

    items: list[ActView]
    next: str | None


def show_agent(reader: Reader, agent: Agent) -> AgentView:
    """An agent as members of the app's partner see it."""
    app = service.app(reader, agent.agent_app_id)
    assert app is not None
    since = rfc3339(Instant(agent.changed_at))
    return AgentView(agent.app_id, agent.agent_app_id, app.name, agent.state, since)


def show_act(row: FactRow, act: AgentActed) -> ActView:
    """What an agent did as members of the app's partner see it."""
    return ActView(
        f"evt_{row.seq}",
        act.what,
        act.payment_id,
        act.reference,
        act.amount,
        act.currency,
        rfc3339(Instant(row.at)),
    )


def _one_of(call: Call, name: str, words: tuple[str, ...]) -> str:
    """A parameter that is one of these words; the first when it is left out."""
    word = call.param(name) or words[0]
    if word not in words:
        raise BadRequest(f"`{name}` is one of {', '.join(words)}.", field=name)
    return word


def add(api: Routes, db: Db, person: Guard[SignedIn]) -> None:
    """Offer everything under /v1/apps/{id}/agents."""

    @api.get(
        "/v1/apps/{id}/agents",
        guard=person,
        answers=Agents,
        params=(Param("state", "`granted`, or `revoked` for those that no longer may."),),
        refuses=(m.AppNotFound, BadRequest),
    )
    async def agents(call: Call, app_id: str) -> Agents:
        """The apps that may act for this one."""
        state = cast(AgentState, _one_of(call, "state", ("granted", "revoked")))

        def query(reader: Reader) -> Agents:
            service.console_caller(reader, call.who.person.id, app_id, "test")
            found = service.agents_of(reader, app_id, state)
            return Agents([show_agent(reader, one) for one in found])

        return await db.read(query)

    @api.get(
        "/v1/apps/{id}/agents/{agent_app_id}/acts",
        guard=person,
        answers=Acts,
        params=(
            Param("mode", "`test` or `live`; `test` when left out."),
            Param("after", "Cursor: `next` of the page before."),
            Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
        ),
        refuses=(m.AppNotFound, m.AgentNotFound, m.RoleForbids, BadRequest),
    )
    async def acts(call: Call, app_id: str, agent_app_id: str) -> Acts:
        """What an app did for this one, newest first, also when it no longer may."""
        mode = cast(Mode, _one_of(call, "mode", m.MODES))
        before, limit = call.after_number, call.limit

        def query(reader: Reader) -> Acts:
            caller = service.console_caller(reader, call.who.person.id, app_id, mode)
            service.allows(caller, "payments:read")
            found = service.acts_of(reader, app_id, agent_app_id, mode, before, limit)
            more = str(found[-1][0].seq) if len(found) == limit else None
            return Acts([show_act(row, act) for row, act in found], more)

        return await db.read(query)

    @api.put(
        "/v1/apps/{id}/agents/{agent_app_id}",
        guard=person,
        answers=AgentView,
        refuses=(m.AppNotFound, m.RoleForbids, m.AgentNotFound, m.AgentIsApp),
    )
    async def grant(call: Call, app_id: str, agent_app_id: str) -> AgentView:
        """Let another app act for this one.

        With its own keys and the header `Changliao-On-Behalf-Of: app_…` it asks for payments of this
        app, reads, refunds and splits them. The money is this app's. Owners and developers only.
        """
        ask = m.AskAgent(call.who.person.id, app_id, agent_app_id)
        return await db.read(show_agent, await db.write(service.grant_agent, ask))

    @api.delete(
        "/v1/apps/{id}/agents/{agent_app_id}",
        guard=person,
        status=EMPTY,
        refuses=(m.AppNotFound, m.RoleForbids, m.AgentNotFound),
    )
    async def revoke(call: Call, app_id: str, agent_app_id: str) -> Answer:
        """No longer let an app act for this one; its next call is refused."""
        await db.write(service.revoke_agent, m.AskAgent(call.who.person.id, app_id, agent_app_id))
        return DONE
