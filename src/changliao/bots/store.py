"""The tables of bots and their hand-written queries."""

from collections.abc import Iterator, Sequence

from changliao.bots.model import Bot, Gate, Heard, Hook, Place, Seat
from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx

BOTS = Table("bots_bots", Bot, unique=[("handle",)])
SEATS = Table("bots_seats", Seat, key=("bot_id", "conversation_id"))
HEARD = Table("bots_heard", Heard, key=("bot_id", "conversation_id", "number"), append=True)
HOOKS = Table("bots_hooks", Hook, unique=[("secret_hash",)])
GATES = Table("bots_gates", Gate, unique=[("bot_id",)])

KEYS_AT_ONCE = 400

_BOT = ", ".join([f"b.{column}" for column in BOTS.columns])
_SEAT = ", ".join([f"s.{column}" for column in SEATS.columns])
_PLACES = f"SELECT {_BOT}, {_SEAT} FROM bots_seats s JOIN bots_bots b ON b.id = s.bot_id"
_MIDDLE = len(BOTS.columns)


def of_app(reader: Reader | Tx, app_id: str, mode: str) -> list[Bot]:
    """An app's bots that are not gone."""
    tail = "WHERE app_id = ? AND mode = ? AND state = 'on' ORDER BY created_at, id"
    return reader.rows(BOTS, tail, app_id, mode)


def of_apps(reader: Reader | Tx, apps: Sequence[str]) -> list[Bot]:
    """The bots of these apps, in both modes."""
    tail = f"WHERE state = 'on' AND app_id IN ({_marks(apps)}) ORDER BY created_at, id"
    return reader.rows(BOTS, tail, *apps) if apps else []


def listed(reader: Reader, words: str, after: str, most: int) -> list[Bot]:
    """Listed bots whose name or handle holds these words, by handle."""
    like = "%" + words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    tail = (
        "WHERE listed AND state = 'on' AND handle > ?"
        " AND (handle LIKE ? ESCAPE '\\' OR LOWER(name) LIKE ? ESCAPE '\\') ORDER BY handle LIMIT ?"
    )
    return reader.rows(BOTS, tail, after, like, like, most)


def watching(reader: Reader | Tx) -> list[Bot]:
    """The bots that the operator lets hear every group."""
    return reader.rows(BOTS, "WHERE watches AND state = 'on' ORDER BY id")


def places_in(reader: Reader | Tx, conversations: Sequence[str]) -> list[Place]:
    """Who sits in these conversations, longest first."""
    found: list[Place] = []
    for start in range(0, len(conversations), KEYS_AT_ONCE):
        some = conversations[start : start + KEYS_AT_ONCE]
        sql = (
            f"{_PLACES} WHERE s.state = 'in' AND b.state = 'on'"
            f" AND s.conversation_id IN ({_marks(some)}) ORDER BY s.changed_at, b.id"
        )
        found += [_place(row) for row in reader.query(sql, *some)]
    return found


def seats_of(reader: Reader | Tx, bot_id: str, after: str, most: int) -> list[Seat]:
    """Where a bot sits, by conversation."""
    tail = (
        "WHERE bot_id = ? AND state = 'in' AND conversation_id > ? ORDER BY conversation_id LIMIT ?"
    )
    return reader.rows(SEATS, tail, bot_id, after, most)


def heard(reader: Reader, bot_id: str, conversation_id: str, beyond: int, most: int) -> list[Heard]:
    """What a bot heard after a number, oldest first."""
    tail = "WHERE bot_id = ? AND conversation_id = ? AND number > ? ORDER BY number LIMIT ?"
    return reader.rows(HEARD, tail, bot_id, conversation_id, beyond, most)


def heard_before(
    reader: Reader, bot_id: str, conversation_id: str, number: int, most: int
) -> list[Heard]:
    """What a bot heard before a number, oldest first."""
    tail = "WHERE bot_id = ? AND conversation_id = ? AND number < ? ORDER BY number DESC LIMIT ?"
    return reader.rows(HEARD, tail, bot_id, conversation_id, number, most)[::-1]


def hears_in(reader: Reader, app_id: str, mode: str, conversation_id: str) -> bool:
    """Whether a bot of an app was told of anything in a conversation."""
    sql = (
        "SELECT 1 FROM bots_bots b WHERE b.app_id = ? AND b.mode = ? AND b.state = 'on' AND EXISTS"
        " (SELECT 1 FROM bots_heard h WHERE h.bot_id = b.id AND h.conversation_id = ?) LIMIT 1"
    )
    return bool(reader.query(sql, app_id, mode, conversation_id))


def hooks_of(reader: Reader | Tx, conversation_id: str) -> list[Hook]:
    """A group's hooks that still post."""
    tail = "WHERE conversation_id = ? AND state = 'on' ORDER BY created_at, id"
    return reader.rows(HOOKS, tail, conversation_id)


def operators_gates(reader: Reader | Tx) -> list[Gate]:
    """The operator's own gates."""
    return reader.rows(GATES, "WHERE bot_id IS NULL AND state = 'on' ORDER BY id")


def all_gate_ids(reader: Reader) -> list[str]:
    """Every gate, also those that are asked no more; for re-sealing."""
    return [row[0] for row in reader.query("SELECT id FROM bots_gates ORDER BY id")]


def gated_places(reader: Reader) -> list[tuple[str, str, Gate]]:
    """Conversations where a bot's gate is asked, each with the bot's app and the gate."""
    columns = ", ".join([f"g.{column}" for column in GATES.columns])
    sql = (
        f"SELECT s.conversation_id, b.app_id, {columns} FROM bots_gates g"
        " JOIN bots_seats s ON s.bot_id = g.bot_id JOIN bots_bots b ON b.id = g.bot_id"
        " WHERE g.state = 'on' AND s.gated AND s.state = 'in' AND b.state = 'on' ORDER BY g.id"
    )
    return [(row[0], row[1], GATES.to_value(row[2:])) for row in reader.query(sql)]


def any_bot(reader: Reader) -> bool:
    """Whether there is any bot at all."""
    return bool(reader.query("SELECT 1 FROM bots_bots LIMIT 1"))


_CHECKS = (
    (
        "B1 a bot that is gone still sits in a group, watches, or is listed",
        "SELECT b.id FROM bots_bots b WHERE b.state = 'gone' AND (b.watches OR b.listed OR EXISTS"
        " (SELECT 1 FROM bots_seats s WHERE s.bot_id = b.id AND s.state = 'in'))",
    ),
    (
        "B2 a gate is asked in a group, and its bot has none",
        "SELECT s.bot_id FROM bots_seats s WHERE s.gated AND s.state = 'in' AND NOT EXISTS"
        " (SELECT 1 FROM bots_gates g WHERE g.bot_id = s.bot_id AND g.state = 'on')",
    ),
    (
        "B3 a bot heard what is not in the log",
        "SELECT h.conversation_id FROM bots_heard h WHERE NOT EXISTS (SELECT 1 FROM chat_entries e"
        " WHERE e.conversation_id = h.conversation_id AND e.number = h.number)",
    ),
)


def broken_invariants(reader: Reader) -> Iterator[str]:
    """Everything that is wrong with bots, in plain words."""
    for sentence, sql in _CHECKS:
        for row in reader.query(f"{sql} LIMIT 10"):
            yield f"{sentence}: {row[0]}"


def _place(row: tuple[object, ...]) -> Place:
    return Place(BOTS.to_value(row[:_MIDDLE]), SEATS.to_value(row[_MIDDLE:]))


def _marks(keys: Sequence[object]) -> str:
    return ", ".join("?" * len(keys))
