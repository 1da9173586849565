"""Bots write: texts, pictures and files under their own name, and only where they sit or were asked."""

from changliao.bots import model as m
from changliao.bots import rules
from changliao.bots.model import Bot, Heard
from changliao.bots.model import refusals as r
from changliao.bots.store import BOTS, HEARD, SEATS
from changliao.chat.model import AskSpeakAs, AskTakeBack
from changliao.chat.model.entries import Entry, Letterhead
from changliao.chat.service import speaking
from changliao.db.tx import Tx
from changliao.partners import service as partners


def speak(tx: Tx, ask: m.AskSpeak) -> Entry:
    """Write as a bot: in a group where it sits, or, in its app's conversation with a person, as the answer
    to a command. A retry of the same client id is the same message."""
    partners.allows(ask.caller, "chat:write")
    bot = rules.own(tx.get(BOTS, ask.bot_id), ask.caller)
    _may_speak(tx, bot, ask.conversation_id, ask.ref)
    wanted = AskSpeakAs(
        bot.id,
        ask.conversation_id,
        ask.kind,
        ask.body,
        Letterhead("bot", bot.name, bot.avatar),
        ask.client_id,
        ask.ref,
        ask.mentions,
        ask.caller.uploader,
    )
    entry, fresh = speaking.speak_as(tx, wanted)
    if fresh:  # What it wrote it may read.
        tx.add(HEARD, Heard(bot.id, entry.conversation_id, entry.number, ""))
    return entry


def take_back(tx: Tx, ask: m.AskRecall) -> Entry:
    """Take back what a bot wrote; the entry that says so."""
    partners.allows(ask.caller, "chat:write")
    bot = rules.own(tx.get(BOTS, ask.bot_id), ask.caller)
    _may_speak(tx, bot, ask.conversation_id, ask.number)
    wanted = AskTakeBack(bot.id, ask.conversation_id, ask.number)
    entry = speaking.take_back(tx, wanted)
    tx.add(HEARD, Heard(bot.id, entry.conversation_id, entry.number, ""))
    return entry


def _may_speak(tx: Tx, bot: Bot, conversation_id: str, ref: int) -> None:
    """It sits here; or this is its app's conversation with a person, and it was asked something there."""
    seat = tx.get(SEATS, (bot.id, conversation_id))
    if seat is not None and seat.state == "in":
        return
    if ref < 1 or tx.get(HEARD, (bot.id, conversation_id, ref)) is None:
        raise r.BotNotHere(field="conversation")
    where = speaking.open_conversation(tx, conversation_id)
    if where.kind != "service":
        raise r.BotNotHere(field="conversation")
