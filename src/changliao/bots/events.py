"""What happened to bots. Their app hears of it; no words of a message are in a fact."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class BotMade(Fact, frozen=True):
    """An app has a new bot."""

    kind: ClassVar[str] = "bot.made"
    bot_id: str
    handle: str
    actor: str


class BotChanged(Fact, frozen=True):
    """A bot is called something else, has other commands, or is (not) listed, or (not) let hear all."""

    kind: ClassVar[str] = "bot.changed"
    bot_id: str
    actor: str


class BotEnded(Fact, frozen=True):
    """A bot is gone, from every group."""

    kind: ClassVar[str] = "bot.ended"
    bot_id: str
    actor: str


class BotSeated(Fact, frozen=True):
    """A bot was let into a group, or hears other things there from now on."""

    kind: ClassVar[str] = "bot.seated"
    bot_id: str
    conversation_id: str
    hears: str
    gated: bool


class BotUnseated(Fact, frozen=True):
    """A bot was taken out of a group."""

    kind: ClassVar[str] = "bot.unseated"
    bot_id: str
    conversation_id: str


class BotCalled(Fact, frozen=True):
    """Somebody called a bot: by its command (then `command` names it), by naming it, or by a reply."""

    kind: ClassVar[str] = "bot.called"
    bot_id: str
    conversation_id: str
    number: int
    command: str = ""


class BotHeard(Fact, frozen=True):
    """Something was written where a bot hears all, or something it heard was changed or recalled."""

    kind: ClassVar[str] = "bot.heard"
    bot_id: str
    conversation_id: str
    number: int


class HookMade(Fact, frozen=True):
    """A group has an address by which other systems post into it."""

    kind: ClassVar[str] = "hook.made"
    hook_id: str
    conversation_id: str
    by: str


class HookEnded(Fact, frozen=True):
    """A hook posts no more."""

    kind: ClassVar[str] = "hook.ended"
    hook_id: str
    conversation_id: str
    by: str


class GatesChanged(Fact, frozen=True):
    """Somebody else is asked before messages are written, somewhere: a gate, its bot or a seat changed."""

    kind: ClassVar[str] = "gate.changed"
    gate_id: str
    by: str
