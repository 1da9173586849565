"""Routes for people who let other apps act for theirs."""

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import View
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.model import Agent
from changliao.people.model import SignedIn
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.routes import EMPTY, Guard, Routes


class AgentView(View, frozen=True):
    """An app that may act for another one."""

    app_id: str
    agent_app_id: str
    since: str


class Agents(View, frozen=True):
    """The apps that may act for an app."""

    items: list[AgentView]


def show_agent(agent: Agent) -> AgentView:
    """An agent as members of the app's partner see it."""
    return AgentView(agent.app_id, agent.agent_app_id, rfc3339(Instant(agent.changed_at)))


def add(api: Routes, db: Db, person: Guard[SignedIn]) -> None:
    """Offer everything under /v1/apps/{id}/agents."""

    @api.get("/v1/apps/{id}/agents", guard=person, answers=Agents, refuses=(m.AppNotFound,))
    async def agents(call: Call, app_id: str) -> Agents:
        """The apps that may act for this one."""
        await db.read(service.console_caller, call.who.person.id, app_id, "test")
        return Agents([show_agent(one) for one in await db.read(service.agents_of, app_id)])

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
        return show_agent(await db.write(service.grant_agent, ask))

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
