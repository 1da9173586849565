"""The verbs of devices: when a session was last used, and signing out everywhere else."""

import msgspec

from changliao.db.tx import Tx
from changliao.people import service as people
from changliao.people import store
from changliao.people.model import AskEndSession, Session
from changliao.people.model.devices import AskEndOthers, AskSeen
from changliao.people.rules import devices as rules
from changliao.people.store import SESSIONS


def see_session(tx: Tx, ask: AskSeen) -> None:
    """Note that a session was used, at most once an hour; of one that has ended nothing is noted."""
    session = tx.get(SESSIONS, ask.session_id)
    if session is None or session.ended_at or not rules.worth_noting(session, tx.now):
        return
    address = rules.first_half(ask.address)
    tx.put(SESSIONS, msgspec.structs.replace(session, seen_at=tx.now, address=address))


def end_other_sessions(tx: Tx, ask: AskEndOthers) -> list[Session]:
    """Sign a person out everywhere else, a hundred places at a time; answers the sessions that ended. Ask
    until there are none."""
    others = [
        one for one in store.open_sessions(tx, ask.person_id, tx.now) if one.id != ask.kept_id
    ]
    return [people.end_session(tx, AskEndSession(ask.person_id, one.id)) for one in others]
