"""Bots themselves: made, named, given commands, taken away."""

import msgspec

from changliao.bots import model as m
from changliao.bots import rules, store
from changliao.bots.events import BotChanged, BotEnded, BotMade, BotUnseated, GatesChanged
from changliao.bots.model import Bot
from changliao.bots.model import refusals as r
from changliao.bots.store import BOTS, SEATS
from changliao.chat.service.log import note
from changliao.chat.service.speaking import open_conversation
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.media import service as media
from changliao.media.model import PUBLIC, AskRelease, AskUse
from changliao.partners import service as partners
from changliao.partners.model import audience

_replace = msgspec.structs.replace


def make_bot(tx: Tx, ask: m.AskBot) -> Bot:
    """A bot of the caller's app, in the caller's mode. Its handle is its own for ever."""
    partners.allows(ask.caller, "chat:write")
    handle = rules.handle(ask.handle)
    if tx.find(BOTS, ("handle",), handle) is not None:
        raise r.BotHandleTaken(field="handle")
    if len(store.of_app(tx, ask.caller.app_id, ask.caller.mode)) >= rules.BOTS_MAX:
        raise r.TooManyBots
    made = Bot(
        tx.new_id("bot"),
        ask.caller.app_id,
        ask.caller.mode,
        handle,
        rules.name(ask.name),
        rules.about(ask.about),
        "",
        ask.listed,
        watches=False,
        state="on",
        commands=(),
        created_at=tx.now,
    )
    tell(tx, made, BotMade(made.id, handle, ask.caller.actor))
    return tx.add(BOTS, made)


def change_bot(tx: Tx, ask: m.AskBotChange) -> Bot:
    """Call a bot something else, list it or not. What it has written keeps the name it had then."""
    partners.allows(ask.caller, "chat:write")
    bot = rules.own(tx.get(BOTS, ask.bot_id), ask.caller)
    if ask.name is not None:
        bot = _replace(bot, name=rules.name(ask.name))
    if ask.about is not None:
        bot = _replace(bot, about=rules.about(ask.about))
    if ask.listed is not None:
        bot = _replace(bot, listed=ask.listed)
    if ask.avatar is not None and ask.avatar != bot.avatar:
        _wear(tx, ask.caller.uploader, ask.avatar, bot.avatar)
        bot = _replace(bot, avatar=ask.avatar)
    tell(tx, bot, BotChanged(bot.id, ask.caller.actor))
    return tx.put(BOTS, bot)


def _wear(tx: Tx, uploader: str, new: str, old: str) -> None:
    """Only what the member who asks has uploaded, or the app."""
    if new:
        media.use(tx, AskUse(uploader, new, "avatar", PUBLIC))
    if old:
        media.release(tx, AskRelease(old, PUBLIC))


def set_commands(tx: Tx, ask: m.AskCommands) -> Bot:
    """What people may type after a slash for this bot, in this order; instead of all before."""
    partners.allows(ask.caller, "chat:write")
    bot = rules.own(tx.get(BOTS, ask.bot_id), ask.caller)
    tell(tx, bot, BotChanged(bot.id, ask.caller.actor))
    return tx.put(BOTS, _replace(bot, commands=rules.commands(ask.commands)))


def end_bot(tx: Tx, ask: m.AskEndBot) -> Bot:
    """Take a bot away, out of every group. What it wrote stays, and nobody else gets its handle."""
    partners.allows(ask.caller, "chat:write")
    bot = rules.own(tx.get(BOTS, ask.bot_id), ask.caller)
    for found in store.seats_of(tx, bot.id, "", 2**31):
        leave(tx, bot, found.conversation_id, "")
    tell(tx, bot, BotEnded(bot.id, ask.caller.actor))
    tx.emit(GatesChanged("", ask.caller.actor), about=bot.id)
    return tx.put(BOTS, _replace(bot, state="gone", listed=False, watches=False))


def let_watch(tx: Tx, ask: m.AskWatch) -> Bot:
    """Let a bot hear every group, or no longer: what an operator's own programs do after a message."""
    bot = rules.there(tx.get(BOTS, ask.bot_id))
    tell(tx, bot, BotChanged(bot.id, ask.by))
    return tx.put(BOTS, _replace(bot, watches=ask.watches))


def leave(tx: Tx, bot: Bot, conversation_id: str, by: str) -> None:
    """The bot sits there no more, and the group reads of it."""
    seat = rules.seated(tx.get(SEATS, (bot.id, conversation_id)))
    tx.put(SEATS, _replace(seat, state="out", gated=False, changed_at=tx.now))
    where = tx.attempt(open_conversation, conversation_id)
    if not isinstance(where, Exception):
        note(tx, where, "bot_removed", by, (bot.id,), bot.name)
    tell(tx, bot, BotUnseated(bot.id, conversation_id))
    if seat.gated:
        tx.emit(GatesChanged("", by), about=bot.id)


def tell(tx: Tx, bot: Bot, fact: Fact) -> None:
    """Tell a bot's app, in the bot's mode."""
    tx.emit(fact, about=bot.id, audience=audience(bot.app_id, bot.mode))
