"""Gates: who is asked before a message is written."""

import msgspec

from changliao.bots import model as m
from changliao.bots import rules, store
from changliao.bots.events import GatesChanged
from changliao.bots.model import Gate
from changliao.bots.model import refusals as r
from changliao.bots.store import BOTS, GATES, SEATS
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.partners import service as partners

_replace = msgspec.structs.replace


def set_gate(tx: Tx, ask: m.AskGate) -> Gate:
    """Be asked before messages are written: a bot's app where groups let it, the operator everywhere."""
    rules.gate(ask.timeout_ms)
    bot_id = _whose(tx, ask)
    before = tx.find(GATES, ("bot_id",), bot_id) if bot_id else None
    if bot_id is None and len(store.operators_gates(tx)) >= rules.GATES_MAX:
        raise r.TooManyGates
    id_ = before.id if before else tx.new_id("gt")
    made = Gate(
        id_,
        bot_id,
        ask.url,
        tx.vault.seal(ask.secret, place=_place(id_)),
        ask.timeout_ms,
        ask.otherwise,
        "groups" if bot_id else ask.covers,
        "on",
        ask.by,
        tx.now,
    )
    tx.emit(GatesChanged(id_, ask.by), about=id_)
    return (tx.put if before else tx.add)(GATES, made)


def _whose(tx: Tx, ask: m.AskGate | m.AskEndGate) -> str | None:
    if ask.caller is None:
        return None
    partners.allows(ask.caller, "chat:write")
    return rules.own(tx.get(BOTS, ask.bot_id), ask.caller).id


def end_gate(tx: Tx, ask: m.AskEndGate) -> Gate:
    """It is asked no more, anywhere."""
    bot_id = _whose(tx, ask)
    found = tx.find(GATES, ("bot_id",), bot_id) if bot_id else tx.get(GATES, ask.gate_id)
    if found is None or found.state == "off" or found.bot_id != bot_id:
        raise r.GateNotFound(field="id")
    if bot_id:
        for one in store.seats_of(tx, bot_id, "", 2**31):
            if one.gated and (seat := tx.get(SEATS, (one.bot_id, one.conversation_id))):
                tx.put(SEATS, _replace(seat, gated=False, changed_at=tx.now))
    tx.emit(GatesChanged(found.id, ask.by), about=found.id)
    return tx.put(GATES, _replace(found, state="off", changed_at=tx.now))


def open_secret(vault: Vault, gate: Gate) -> bytes:
    """The secret that questions to this gate are signed with."""
    return vault.open(gate.secret, place=_place(gate.id))


def reseal_gate(tx: Tx, gate_id: str) -> None:
    """Seal a gate's secret under the active master key."""
    found = tx.get(GATES, gate_id)
    assert found is not None
    tx.put(GATES, _replace(found, secret=tx.vault.reseal(found.secret, place=_place(gate_id))))


def resealable(reader: Reader) -> list[str]:
    """Every gate whose secret is sealed."""
    return store.all_gate_ids(reader)


def _place(gate_id: str) -> str:
    return f"bots_gates.secret:{gate_id}"
