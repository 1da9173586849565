"""Bots, seats, hooks and gates as they are shown."""

from changliao.bots.model import Bot, Covers, Gate, Hears, Hook, Otherwise, Place
from changliao.bots.service.reading import Sitting
from changliao.chat.model.entries import Entry
from changliao.chat.service.rows import EntryRow, entry_row
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.partners.model import Mode

_PERSON = "per_"


class CommandRow(Value, frozen=True, forbid_unknown_fields=True):
    """What may be typed after a slash, and a line about it in both languages."""

    name: str
    zh: str
    en: str


class BotView(View, frozen=True):
    """A bot as its app sees it. `gate`: it is asked before messages, in groups that let it."""

    id: str
    app_id: str
    mode: Mode
    handle: str
    name: str
    about: str
    avatar: str
    listed: bool
    commands: list[CommandRow]
    created_at: str
    gate: "GateView | None"


class Bots(View, frozen=True):
    """An app's bots."""

    items: list[BotView]


class GateView(View, frozen=True):
    """Who is asked before a message is written. `secret` is shown once, when it is made."""

    id: str
    url: str
    timeout_ms: int
    otherwise: Otherwise
    covers: Covers
    changed_at: str
    secret: str | None


class Gates(View, frozen=True):
    """The operator's gates."""

    items: list[GateView]


class SittingView(View, frozen=True):
    """A group where a bot sits: what it may hear there, beyond which number, and the group's head."""

    c: str
    title: str
    size: int
    hears: Hears
    gated: bool
    since: int
    s: int


class Sittings(View, frozen=True):
    """Where a bot sits."""

    items: list[SittingView]
    next: str


class HeardLog(View, frozen=True):
    """What a bot heard and wrote. Numbers between were not for it."""

    items: list[EntryRow]


class FoundBot(View, frozen=True):
    """A bot as people see it; `partner` is whose it is."""

    id: str
    handle: str
    name: str
    about: str
    avatar: str
    partner: str
    commands: list[CommandRow]


class FoundBots(View, frozen=True):
    """Bots by handle; `next` leads on, empty at the end."""

    items: list[FoundBot]
    next: str


class SeatView(View, frozen=True):
    """A bot in a group. `hears` `all` means: it reads everything that is written from then on. `gated`: its
    partner is asked before anything is written. `watches`: the operator lets it hear every group."""

    id: str
    handle: str
    name: str
    about: str
    avatar: str
    partner: str
    hears: Hears
    gated: bool
    gate: bool
    watches: bool
    by: str


class Seats(View, frozen=True):
    """The bots of a group."""

    items: list[SeatView]


class CommandHere(View, frozen=True):
    """A command that may be typed here: `/name`, and `/name@handle` where several bots have it."""

    name: str
    zh: str
    en: str
    bot: str
    handle: str
    bot_name: str


class Commands(View, frozen=True):
    """What may be typed here, in the order of the bots."""

    items: list[CommandHere]


class HookView(View, frozen=True):
    """An address that posts into a group. `url` holds its secret and is shown once, when it is made."""

    id: str
    name: str
    by: str
    created_at: str
    url: str | None


class Hooks(View, frozen=True):
    """A group's hooks."""

    items: list[HookView]


def bot_view(bot: Bot, gate: Gate | None = None) -> BotView:
    """A bot as its app sees it."""
    return BotView(
        bot.id,
        bot.app_id,
        bot.mode,
        bot.handle,
        bot.name,
        bot.about,
        bot.avatar,
        bot.listed,
        _commands(bot),
        rfc3339(Instant(bot.created_at)),
        gate_view(gate) if gate else None,
    )


def _commands(bot: Bot) -> list[CommandRow]:
    return [CommandRow(one.name, one.zh, one.en) for one in bot.commands]


def gate_view(gate: Gate, secret: str | None = None) -> GateView:
    """A gate, with its secret when it was made just now."""
    at = rfc3339(Instant(gate.changed_at))
    return GateView(gate.id, gate.url, gate.timeout_ms, gate.otherwise, gate.covers, at, secret)


def sitting_view(one: Sitting) -> SittingView:
    """A group where a bot sits."""
    seat, where = one.seat, one.conversation
    return SittingView(
        where.id, where.title, where.size, seat.hears, seat.gated, seat.since_s, where.head
    )


def found_bot(bot: Bot, partner: str) -> FoundBot:
    """A bot as people see it."""
    return FoundBot(bot.id, bot.handle, bot.name, bot.about, bot.avatar, partner, _commands(bot))


def seat_view(place: Place, partner: str, has_gate: bool) -> SeatView:
    """A bot in a group."""
    bot, seat = place.bot, place.seat
    return SeatView(
        bot.id,
        bot.handle,
        bot.name,
        bot.about,
        bot.avatar,
        partner,
        seat.hears,
        seat.gated,
        has_gate,
        bot.watches,
        seat.by,
    )


def partner_name(reader: Reader, bot: Bot) -> str:
    """Whose bot it is."""
    app = partners.app(reader, bot.app_id)
    found = partners.partner(reader, app.partner_id) if app else None
    return found.name if found else ""


def watcher_view(bot: Bot, partner: str) -> SeatView:
    """A bot that hears this group because the operator lets it hear every one."""
    return SeatView(
        bot.id, bot.handle, bot.name, bot.about, bot.avatar, partner, "all", False, False, True, ""
    )


def commands_view(bots: list[Bot]) -> Commands:
    """What may be typed where these bots are."""
    return Commands(
        [
            CommandHere(one.name, one.zh, one.en, bot.id, bot.handle, bot.name)
            for bot in bots
            for one in bot.commands
        ]
    )


def hook_view(hook: Hook, url: str | None = None) -> HookView:
    """A hook, with its address when it was made just now."""
    return HookView(hook.id, hook.name, hook.by, rfc3339(Instant(hook.created_at)), url)


def row_for(bot: Bot, entry: Entry, vault: Vault) -> EntryRow:
    """An entry as a bot reads it: people are the app's open ids, as everywhere in an app's world."""
    row = entry_row(entry)

    def known(id_: str) -> str:
        return partners.open_id_of(vault, bot.app_id, id_) if id_.startswith(_PERSON) else id_

    marks = row.x
    if marks is not None:
        reactions = {one: tuple(map(known, who)) for one, who in marks.re.items()}
        marks = type(marks)(reactions, marks.pv, marks.ed)
    return EntryRow(
        row.c,
        row.s,
        row.n,
        known(row.f),
        row.ts,
        row.k,
        row.b,
        row.id if row.f == bot.id else "",
        row.r,
        tuple(map(known, row.at)),
        marks,
    )
