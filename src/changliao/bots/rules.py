"""What a bot may be called, what calls it, what it may hear."""

import re
from collections.abc import Sequence

from changliao.bots import model as m
from changliao.bots.model import Bot, Command, Seat
from changliao.bots.model import refusals as r
from changliao.chat.model.entries import COUNTED, Entry
from changliao.partners.model import Caller

BOTS_MAX, SEATS_MAX, HOOKS_MAX, GATES_MAX = 10, 20, 10, 5
_COMMANDS_MAX, _LINE_MAX, _NAME_MAX, _ABOUT_MAX = 50, 100, 40, 500
TIMEOUT_MIN_MS, TIMEOUT_MS, TIMEOUT_MAX_MS = 50, 300, 2000
SENTENCE_MAX = 200

_HANDLE = re.compile(r"[a-z][a-z0-9_]{2,19}", re.ASCII)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_TYPED = re.compile(r"/([a-z0-9_]{1,32})(?:@([a-z][a-z0-9_]{2,19}))?(?=\s|$)", re.ASCII)


def handle(text: str) -> str:
    """A bot's handle."""
    if not _HANDLE.fullmatch(text):
        raise r.BotHandleInvalid(field="handle")
    return text


def name(text: str) -> str:
    """What a bot or a hook is called, on one line."""
    text = text.strip()
    if not 1 <= len(text) <= _NAME_MAX or not text.isprintable():
        raise r.BotTextInvalid(field="name")
    return text


def about(text: str) -> str:
    """What a bot says of itself."""
    text = text.strip()
    if len(text) > _ABOUT_MAX:
        raise r.BotTextInvalid(field="about")
    return text


def commands(wanted: Sequence[Command]) -> tuple[Command, ...]:
    """The commands, if each has a name of its own and a line in both languages."""
    names = [one.name for one in wanted]
    if len(names) > _COMMANDS_MAX or len(set(names)) < len(names):
        raise r.CommandsInvalid(field="items")
    for one in wanted:
        lines = (one.zh.strip(), one.en.strip())
        fit = all(1 <= len(line) <= _LINE_MAX and line.isprintable() for line in lines)
        if not (fit and _COMMAND.fullmatch(one.name)):
            raise r.CommandsInvalid(field="items")
    return tuple(wanted)


def own(bot: Bot | None, caller: Caller) -> Bot:
    """The bot, if it is the caller's and still there; for everybody else it does not exist."""
    if bot is None or bot.state == "gone" or (bot.app_id, bot.mode) != (caller.app_id, caller.mode):
        raise r.BotNotFound(field="id")
    return bot


def there(bot: Bot | None) -> Bot:
    """The bot, if it was not taken away."""
    if bot is None or bot.state == "gone":
        raise r.BotNotFound(field="bot")
    return bot


def seated(seat: Seat | None) -> Seat:
    """The seat, if the bot still sits there."""
    if seat is None or seat.state == "out":
        raise r.BotNotHere(field="conversation")
    return seat


def gate(timeout_ms: int) -> int:
    """How long a gate may take."""
    if not TIMEOUT_MIN_MS <= timeout_ms <= TIMEOUT_MAX_MS:
        raise r.GateInvalid(field="timeout_ms")
    return timeout_ms


def sentence(text: str) -> str:
    """What a gate says, as people are shown it: on one line, and short."""
    line = "".join(one if one.isprintable() else " " for one in text).strip()
    return line[:SENTENCE_MAX]


def typed(text: str) -> tuple[str, str]:
    """The command that a text begins with, and the handle of the bot it is for, if it names one."""
    found = _TYPED.match(text)
    return (found[1], found[2] or "") if found else ("", "")


def command_for(bot: Bot, text: str) -> str:
    """The command of this bot that a text begins with; empty for none."""
    command, whose = typed(text)
    known = command in [one.name for one in bot.commands]
    return command if known and whose in ("", bot.handle) else ""


def called(bot: Bot, entry: Entry, text: str, answers: str) -> bool:
    """Whether a message is for this bot: its command, its id among the mentions, its handle in the text,
    or a reply to what it wrote (`answers` is who wrote what the entry refers to)."""
    if command_for(bot, text) or answers == bot.id or bot.id in entry.mentions.split():
        return True
    return re.search(rf"(?<![\w@])@{bot.handle}(?!\w)", text, re.ASCII) is not None


def is_message(entry: Entry) -> bool:
    """Whether a person wrote something; bots do not hear bots, so that two of them never talk for ever."""
    return entry.sender.startswith("per_") and entry.kind in COUNTED


def follows(entry: Entry) -> bool:
    """Whether an entry changes what an earlier one says."""
    return entry.kind in ("recall", "edit") and entry.ref > 0


def hears_all(bot: Bot, seat: Seat | None) -> bool:
    """Whether a bot hears everything here."""
    return bot.watches or (seat is not None and seat.hears == "all")


def gated(seat: m.Seat, wanted: bool | None, has_gate: bool) -> bool:
    """Whether the bot's gate is asked here; without a gate it cannot be."""
    on = seat.gated if wanted is None else wanted
    if on and not has_gate:
        raise r.GateNotFound(field="gated")
    return on
