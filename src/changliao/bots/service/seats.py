"""Bots in groups: let in by whoever runs the group, taken out by them."""

import msgspec

from changliao.bots import model as m
from changliao.bots import rules, store
from changliao.bots.events import BotSeated, GatesChanged
from changliao.bots.model import Seat
from changliao.bots.model import refusals as r
from changliao.bots.service.bots import leave, tell
from changliao.bots.store import BOTS, GATES, SEATS
from changliao.chat.model.entries import NoteKind
from changliao.chat.service.log import note
from changliao.chat.service.speaking import governed
from changliao.db.tx import Tx

_replace = msgspec.structs.replace


def seat(tx: Tx, ask: m.AskSeat) -> Seat:
    """Let a bot into a group, or change what it hears there; for owner and admins. Everybody in the group
    reads that it came, and whether it hears all. It hears nothing that was written before."""
    where = governed(tx, ask.person_id, ask.conversation_id)
    bot = rules.there(tx.get(BOTS, ask.bot_id))
    before = tx.get(SEATS, (bot.id, where.id))
    came = before is None or before.state == "out"
    if came and len(store.places_in(tx, [where.id])) >= rules.SEATS_MAX:
        raise r.TooManyBots(field="bot")
    old = before if before and not came else None
    fresh = Seat(bot.id, where.id, "called", False, "in", ask.person_id, where.head, tx.now)
    now = old or fresh
    gate = tx.find(GATES, ("bot_id",), bot.id)
    has_gate = gate is not None and gate.state == "on"
    now = _replace(now, hears=ask.hears or now.hears, gated=rules.gated(now, ask.gated, has_gate))
    if now == old:
        return now
    if came:
        note(tx, where, "bot_added", ask.person_id, (bot.id,), bot.name)
    if now.hears != (old.hears if old else "called"):
        kind: NoteKind = "bot_hears_all" if now.hears == "all" else "bot_hears_called"
        note(tx, where, kind, ask.person_id, (bot.id,), bot.name)
    tell(tx, bot, BotSeated(bot.id, where.id, now.hears, now.gated))
    if now.gated or (old and old.gated):
        tx.emit(GatesChanged(gate.id if gate else "", ask.person_id), about=bot.id)
    return (tx.put if before else tx.add)(SEATS, now)


def unseat(tx: Tx, ask: m.AskUnseat) -> Seat:
    """Take a bot out of a group; for owner and admins."""
    where = governed(tx, ask.person_id, ask.conversation_id)
    found = rules.seated(tx.get(SEATS, (ask.bot_id, where.id)))
    bot = rules.there(tx.get(BOTS, ask.bot_id))
    leave(tx, bot, where.id, ask.person_id)
    return found
