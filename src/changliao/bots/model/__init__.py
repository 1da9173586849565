"""Bots, their seats in groups, hooks of groups, gates; what may be asked of them."""

from typing import Literal

from changliao.chat.model.entries import Kind
from changliao.kernel.value import Value
from changliao.partners.model import Caller, Mode

Hears = Literal["called", "all"]
Otherwise = Literal["allow", "refuse"]
Covers = Literal["groups", "all"]


class Command(Value, frozen=True):
    """What people may type after a slash, and what it does, in both languages."""

    name: str
    zh: str
    en: str


class Bot(Value, frozen=True):
    """A program of a partner's app, in one mode of it. `listed`: groups find it without its handle.
    `watches`: the operator lets it hear every group. Gone bots keep their handle: nobody speaks as them."""

    id: str
    app_id: str
    mode: Mode
    handle: str
    name: str
    about: str
    avatar: str
    listed: bool
    watches: bool
    state: Literal["on", "gone"]
    commands: tuple[Command, ...]
    created_at: int


class Seat(Value, frozen=True):
    """A bot in a group, let in `by` whom. It hears entries beyond `since_s`; `gated`: its gate is asked
    before anything is written here."""

    bot_id: str
    conversation_id: str
    hears: Hears
    gated: bool
    state: Literal["in", "out"]
    by: str
    since_s: int
    changed_at: int


class Heard(Value, frozen=True):
    """An entry that a bot was told of, and may therefore read; `command` if it began with one."""

    bot_id: str
    conversation_id: str
    number: int
    command: str


class Hook(Value, frozen=True):
    """An address by which any system posts into a group, under this name. Its secret is kept as a hash."""

    id: str
    conversation_id: str
    name: str
    secret_hash: bytes
    by: str
    state: Literal["on", "ended"]
    created_at: int


class Gate(Value, frozen=True):
    """Who is asked before a message is written: the operator's own (`bot_id` null) everywhere, a bot's in
    the groups that let it. An answer takes at most `timeout_ms`; `otherwise` is what holds without one."""

    id: str
    bot_id: str | None
    url: str
    secret: str
    timeout_ms: int
    otherwise: Otherwise
    covers: Covers
    state: Literal["on", "off"]
    by: str
    changed_at: int


class Place(Value, frozen=True):
    """A bot and where it sits."""

    bot: Bot
    seat: Seat


class AskBot(Value, frozen=True):
    """Make a bot of the caller's app."""

    caller: Caller
    handle: str
    name: str
    about: str
    listed: bool


class AskBotChange(Value, frozen=True):
    """Change one of the caller's bots; None leaves a thing as it is. `avatar` is a media of the member who
    asks, empty for none."""

    caller: Caller
    bot_id: str
    name: str | None = None
    about: str | None = None
    avatar: str | None = None
    listed: bool | None = None


class AskEndBot(Value, frozen=True):
    """Take a bot out of every group, for good."""

    caller: Caller
    bot_id: str


class AskCommands(Value, frozen=True):
    """What a bot's commands are from now on."""

    caller: Caller
    bot_id: str
    commands: tuple[Command, ...]


class AskSeat(Value, frozen=True):
    """Let a bot into a group, or change what it hears there; None leaves a thing as it is."""

    person_id: str
    conversation_id: str
    bot_id: str
    hears: Hears | None = None
    gated: bool | None = None


class AskUnseat(Value, frozen=True):
    """Take a bot out of a group."""

    person_id: str
    conversation_id: str
    bot_id: str


class AskSpeak(Value, frozen=True):
    """Write as a bot; `body` is JSON, as its kind has it."""

    caller: Caller
    bot_id: str
    conversation_id: str
    kind: Kind
    body: bytes
    client_id: str
    ref: int = 0
    mentions: tuple[str, ...] = ()


class AskRecall(Value, frozen=True):
    """Take back what a bot wrote."""

    caller: Caller
    bot_id: str
    conversation_id: str
    number: int


class AskHook(Value, frozen=True):
    """Make a hook. The edge made its secret and gives only the hash."""

    person_id: str
    conversation_id: str
    name: str
    secret_hash: bytes


class AskEndHook(Value, frozen=True):
    """End a hook."""

    person_id: str
    conversation_id: str
    hook_id: str


class AskHookText(Value, frozen=True):
    """Post a text by a hook; `client_id` empty: every call is a new message."""

    secret_hash: bytes
    text: str
    client_id: str


class AskGate(Value, frozen=True):
    """Be asked before messages are written. `secret` is 32 random bytes the edge made; `caller` and
    `bot_id` for a bot's gate, which takes the place of the one before; else the operator's."""

    by: str
    url: str
    timeout_ms: int
    otherwise: Otherwise
    secret: bytes
    covers: Covers = "groups"
    caller: Caller | None = None
    bot_id: str = ""


class AskEndGate(Value, frozen=True):
    """No longer ask: the operator's gate of this id, or that of the caller's bot."""

    by: str
    gate_id: str = ""
    caller: Caller | None = None
    bot_id: str = ""


class AskWatch(Value, frozen=True):
    """Let a bot hear every group, or no longer; the operator's right."""

    by: str
    bot_id: str
    watches: bool
