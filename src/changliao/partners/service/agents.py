"""Apps that act for other apps: letting them, no longer letting them, and being one."""

from typing import Protocol

import msgspec

from changliao.bus import outbox
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.table import Key, Table, V
from changliao.db.tx import Tx
from changliao.partners import model as m
from changliao.partners import rules, store
from changliao.partners.events import AgentActed, AgentGranted, AgentRevoked
from changliao.partners.model import (
    Agent,
    AgentState,
    App,
    AppId,
    AskAgent,
    Caller,
    Mode,
    audience,
)
from changliao.partners.service.apps import app_of_keeper
from changliao.partners.store import AGENTS, APPS


class Rows(Protocol):
    """A transaction or a reader: either finds rows by their keys."""

    def get(self, table: Table[V], key: Key) -> V | None:
        """The row with this key."""


def grant_agent(tx: Tx, ask: AskAgent) -> Agent:
    """Let another app act for this one: ask for payments, read, refund and split them. Twice is once.

    Owners and developers of this app's partner may; the money is always this app's.
    """
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    if ask.agent_app_id == app.id:
        raise m.AgentIsApp(field="agent_app_id")
    if tx.get(APPS, ask.agent_app_id) is None:
        raise m.AgentNotFound(field="agent_app_id")
    earlier = tx.get(AGENTS, (app.id, ask.agent_app_id))
    if earlier is not None and earlier.state == "granted":
        return earlier
    agent = Agent(app.id, AppId(ask.agent_app_id), "granted", tx.now)
    _tell(tx, AgentGranted(app.id, agent.agent_app_id, ask.actor))
    return tx.add(AGENTS, agent) if earlier is None else tx.put(AGENTS, agent)


def revoke_agent(tx: Tx, ask: AskAgent) -> Agent:
    """No longer let an app act for this one."""
    app = app_of_keeper(tx, ask.app_id, ask.actor)
    agent = tx.get(AGENTS, (app.id, ask.agent_app_id))
    if agent is None or agent.state != "granted":
        raise m.AgentNotFound(field="agent_app_id")
    _tell(tx, AgentRevoked(app.id, agent.agent_app_id, ask.actor))
    return tx.put(AGENTS, msgspec.structs.replace(agent, state="revoked", changed_at=tx.now))


def note_act(
    tx: Tx, caller: Caller, what: str, payment_id: str, reference: str, amount: int, currency: str
) -> None:
    """Keep, as a fact that no app is told, what an app did for the one it acts for: `what` is the kind of
    the fact that tells it. An app that acts for itself leaves no such trace."""
    agent = caller.agent_app_id
    if agent:
        acted = AgentActed(caller.app_id, agent, what, payment_id, reference, amount, currency)
        tx.emit(acted, about=_relation(caller.app_id, caller.mode, agent))


def agents_of(reader: Reader, app_id: str, state: AgentState = "granted") -> list[Agent]:
    """Who may act for an app, or who might once and may no longer."""
    return store.agents_of(reader, app_id, state)


def acts_of(
    reader: Reader, app_id: str, agent_app_id: str, mode: Mode, before: int, limit: int
) -> list[tuple[FactRow, AgentActed]]:
    """What an app did for this one, newest first, also when it no longer may; refused for one that
    never might."""
    if reader.get(AGENTS, (app_id, agent_app_id)) is None:
        raise m.AgentNotFound(field="agent_app_id")
    about = _relation(app_id, mode, agent_app_id)
    found = outbox.facts_about_before(reader, about, before, limit)
    return [(row, msgspec.json.decode(row.body, type=AgentActed)) for row in found]


def on_behalf_of(rows: Rows, caller: Caller, app_id: str) -> Caller:
    """The caller acting for another app that lets it; otherwise there is no such app.

    Mode, rate and actor stay the caller's; it may do what its key allows, and no more than create,
    read, refund and split payments.
    """
    agent = rows.get(AGENTS, (app_id, caller.agent_app_id or caller.app_id))
    app: App | None = rows.get(APPS, app_id)
    if app is None or agent is None or agent.state != "granted":
        raise m.AppNotFound(field="on_behalf_of")
    return _acting(caller, app)


def acting_for(rows: Rows, caller: Caller, app_id: str) -> Caller:
    """As `on_behalf_of`, and for other apps of the caller's own partner without being let."""
    app: App | None = rows.get(APPS, app_id)
    if app is not None and app.partner_id == caller.partner_id and not caller.agent_app_id:
        return msgspec.structs.replace(caller, app_id=app.id)
    return on_behalf_of(rows, caller, app_id)


def _acting(caller: Caller, app: App) -> Caller:
    return msgspec.structs.replace(
        caller,
        app_id=app.id,
        partner_id=app.partner_id,
        scopes=tuple(scope for scope in caller.scopes if scope in rules.AGENT_SCOPES),
        agent_app_id=caller.agent_app_id or caller.app_id,
    )


def _relation(app_id: str, mode: Mode, agent_app_id: str) -> str:
    return f"{audience(app_id, mode)}:{agent_app_id}"


def _tell(tx: Tx, fact: AgentGranted | AgentRevoked) -> None:
    """Both apps hear of it in both modes: it holds in both."""
    for app_id in (fact.app_id, fact.agent_app_id):
        for mode in m.MODES:
            tx.emit(fact, about=fact.app_id, audience=audience(app_id, mode))
