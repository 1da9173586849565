"""What is read of chat: conversations as their members see them, pages of logs."""

from collections.abc import Sequence
from typing import TypeVar

from changliao.chat.model import Conversation, Invitation, JoinRequest, Member, Personal, Place
from changliao.chat.model.entries import Entry
from changliao.chat.store import (
    CONVERSATIONS,
    ENTRIES,
    FACES,
    INVITATIONS,
    JOIN_REQUESTS,
    MEMBERS,
    PERSONAL,
)
from changliao.db.driver import Reader
from changliao.db.tx import Tx

KEYS_AT_ONCE = 400

K = TypeVar("K")

_MEMBER = ", ".join([f"m.{column}" for column in MEMBERS.columns])
_CONVERSATION = ", ".join([f"c.{column}" for column in CONVERSATIONS.columns])
_FACE = ", ".join([f"f.{column}" for column in FACES.columns])
_PLACES = (
    f"SELECT {_MEMBER}, {_CONVERSATION}, {_FACE} FROM chat_members m"
    " JOIN chat_conversations c ON c.id = m.conversation_id"
    " LEFT JOIN chat_faces f ON f.id = c.owner"
)
_MIDDLE = len(MEMBERS.columns)
_END = _MIDDLE + len(CONVERSATIONS.columns)


def places_since(reader: Reader, person_id: str, version: int) -> list[Place]:
    """Where a person is or was, as far as it changed after this version; the newest first. What is looked
    at are that person's own rows: how many others follow an account makes no difference."""
    sql = (
        f"{_PLACES} WHERE m.person_id = ? AND (m.version > ? OR"
        " (m.left_s = 0 AND (c.version > ? OR f.version > ?))) ORDER BY c.at DESC, c.id"
    )
    return _places(reader.query(sql, person_id, version, version, version))


def places_in(reader: Reader | Tx, conversation_id: str, people: Sequence[str]) -> list[Place]:
    """One conversation as each of these people sees it."""
    found: list[Place] = []
    for some in _at_once(people):
        sql = f"{_PLACES} WHERE m.conversation_id = ? AND m.person_id IN ({_marks(some)})"
        found += _places(reader.query(sql, conversation_id, *some))
    return found


def place(reader: Reader, person_id: str, conversation_id: str) -> Place | None:
    """One conversation as one person sees it."""
    sql = f"{_PLACES} WHERE m.person_id = ? AND m.conversation_id = ?"
    found = _places(reader.query(sql, person_id, conversation_id))
    return found[0] if found else None


def where_in(reader: Reader, person_id: str) -> list[str]:
    """The conversations that a person is in."""
    sql = "SELECT conversation_id FROM chat_members WHERE person_id = ? AND left_s = 0"
    return [row[0] for row in reader.query(sql, person_id)]


def heard_by(reader: Reader, person_id: str) -> list[tuple[str, int, bool]]:
    """What a person's devices hear of: conversation, beyond which number, whether it is a feed."""
    sql = (
        "SELECT m.conversation_id, m.from_s, c.kind FROM chat_members m"
        " JOIN chat_conversations c ON c.id = m.conversation_id"
        " WHERE m.person_id = ? AND m.left_s = 0"
    )
    return [(row[0], row[1], row[2] == "account") for row in reader.query(sql, person_id)]


def spans_of(reader: Reader, person_id: str) -> list[tuple[str, int, int]]:
    """What a person may see: conversation, beyond which number, up to which (0: its head)."""
    sql = "SELECT conversation_id, from_s, left_s FROM chat_members WHERE person_id = ?"
    return [(row[0], row[1], row[2]) for row in reader.query(sql, person_id)]


def unread_of(reader: Reader, person_id: str) -> int:
    """How many messages a person has not read, in all conversations that are not muted."""
    sql = (
        "SELECT SUM(c.shown - m.read_n) FROM chat_members m"
        " JOIN chat_conversations c ON c.id = m.conversation_id"
        " WHERE m.person_id = ? AND m.left_s = 0 AND NOT m.muted"
    )
    return int(reader.query(sql, person_id)[0][0] or 0)


def heads(reader: Reader, conversations: Sequence[str]) -> dict[str, int]:
    """The newest numbers of these logs."""
    sql = f"SELECT id, head FROM chat_conversations WHERE id IN ({_marks(conversations)})"
    return {row[0]: row[1] for row in reader.query(sql, *conversations)}


def read_in(reader: Reader | Tx, conversation_id: str) -> dict[str, int]:
    """How far each member has read."""
    sql = "SELECT person_id, read_s FROM chat_members WHERE conversation_id = ? AND left_s = 0"
    return {row[0]: row[1] for row in reader.query(sql, conversation_id)}


def leaders_of(reader: Reader, conversation_id: str) -> list[str]:
    """Who may let others into a group."""
    sql = (
        "SELECT person_id FROM chat_members WHERE conversation_id = ? AND left_s = 0"
        " AND role <> 'member' ORDER BY person_id"
    )
    return [row[0] for row in reader.query(sql, conversation_id)]


def shares_one(reader: Reader, person_id: str, other_id: str) -> bool:
    """Whether two people are in one conversation, or the first may read what the second wrote. Those who
    follow the same account share nothing."""
    sql = (
        "SELECT 1 FROM chat_members a JOIN chat_conversations c ON c.id = a.conversation_id"
        " AND c.kind <> 'account' WHERE a.person_id = ? AND (a.left_s = 0 AND EXISTS (SELECT 1"
        " FROM chat_members b WHERE b.conversation_id = a.conversation_id AND b.person_id = ?"
        " AND b.left_s = 0) OR EXISTS (SELECT 1 FROM chat_entries e"
        " WHERE e.conversation_id = a.conversation_id AND e.sender = ? AND e.number > a.from_s"
        " AND (a.left_s = 0 OR e.number <= a.left_s))) LIMIT 1"
    )
    return bool(reader.query(sql, person_id, other_id, other_id))


def entries_by(reader: Reader | Tx, keys: Sequence[tuple[str, int]]) -> list[Entry]:
    """These entries, in no order."""
    return reader.gets(ENTRIES, keys)


def is_written(reader: Reader, conversation_id: str, sender: str, client_id: str) -> bool:
    """Whether the sender's message of this id is in the log."""
    sql = "SELECT 1 FROM chat_entries WHERE conversation_id = ? AND sender = ? AND client_id = ?"
    return bool(reader.query(sql, conversation_id, sender, client_id))


def conversations(reader: Reader | Tx, ids: Sequence[str]) -> list[Conversation]:
    """These conversations, in no order."""
    found: list[Conversation] = []
    for some in _at_once(ids):
        found += reader.rows(CONVERSATIONS, f"WHERE id IN ({_marks(some)})", *some)
    return found


def entries_after(reader: Reader, conversation_id: str, after: int, most: int) -> list[Entry]:
    """A page of a log, oldest first."""
    tail = "WHERE conversation_id = ? AND number > ? ORDER BY number LIMIT ?"
    return reader.rows(ENTRIES, tail, conversation_id, after, most)


def entries_before(reader: Reader, conversation_id: str, before: int, most: int) -> list[Entry]:
    """A page of a log before a number, oldest first."""
    tail = "WHERE conversation_id = ? AND number < ? ORDER BY number DESC LIMIT ?"
    return reader.rows(ENTRIES, tail, conversation_id, before, most)[::-1]


def members_after(reader: Reader, conversation_id: str, after: int, most: int) -> list[Member]:
    """Who is in a conversation, by when they came."""
    tail = (
        "WHERE conversation_id = ? AND left_s = 0 AND joined_at > ? ORDER BY joined_at, person_id"
    )
    found: list[Member] = reader.rows(MEMBERS, f"{tail} LIMIT ?", conversation_id, after, most + 1)
    if (
        len(found) > most
    ):  # Those who came in one verb came at one moment: a page ends between moments.
        cut = [one for one in found if one.joined_at < found[-1].joined_at]
        return cut or reader.rows(MEMBERS, tail, conversation_id, after)
    return found


def feeds_of(reader: Reader, person_id: str, before: int, most: int) -> list[tuple[str, int]]:
    """The feeds a person follows and since when, latest first; those begun before a moment."""
    sql = (
        "SELECT m.conversation_id, m.joined_at FROM chat_members m"
        " JOIN chat_conversations c ON c.id = m.conversation_id WHERE m.person_id = ?"
        " AND m.left_s = 0 AND c.kind = 'account' AND m.joined_at < ? ORDER BY m.joined_at DESC LIMIT ?"
    )
    return [(row[0], row[1]) for row in reader.query(sql, person_id, before, most)]


def first_members(reader: Reader, conversations: Sequence[str], most: int) -> list[tuple[str, str]]:
    """The first few members of each, as conversation and person."""
    found: list[tuple[str, str]] = []
    for conversation_id in conversations:
        sql = (
            "SELECT person_id FROM chat_members WHERE conversation_id = ? AND left_s = 0"
            " ORDER BY joined_at, person_id LIMIT ?"
        )
        found += [(conversation_id, row[0]) for row in reader.query(sql, conversation_id, most)]
    return found


def personal_after(reader: Reader, person_id: str, after: int, most: int) -> list[Personal]:
    """A page of a person's own log, oldest first."""
    tail = "WHERE person_id = ? AND position > ? ORDER BY position LIMIT ?"
    return reader.rows(PERSONAL, tail, person_id, after, most)


def personal_head(reader: Reader, person_id: str) -> int:
    """The newest position of a person's own log."""
    sql = "SELECT MAX(position) FROM chat_personal WHERE person_id = ?"
    return reader.query(sql, person_id)[0][0] or 0


def invitations_of(reader: Reader, conversation_id: str, now: int) -> list[Invitation]:
    """The links of a group that still let somebody in."""
    tail = "WHERE conversation_id = ? AND uses_left > 0 AND expires_at > ? ORDER BY expires_at"
    return reader.rows(INVITATIONS, tail, conversation_id, now)


def waiting(reader: Reader, conversation_id: str) -> list[JoinRequest]:
    """Who waits to be let in, longest first."""
    tail = "WHERE conversation_id = ? AND state = 'open' ORDER BY at LIMIT 500"
    return reader.rows(JOIN_REQUESTS, tail, conversation_id)


def _places(rows: Sequence[tuple[object, ...]]) -> list[Place]:
    return [
        Place(
            CONVERSATIONS.to_value(row[_MIDDLE:_END]),
            MEMBERS.to_value(row[:_MIDDLE]),
            None if row[_END] is None else FACES.to_value(row[_END:]),
        )
        for row in rows
    ]


def _at_once(keys: Sequence[K]) -> list[list[K]]:
    return [list(keys[i : i + KEYS_AT_ONCE]) for i in range(0, len(keys), KEYS_AT_ONCE)]


def _marks(keys: Sequence[object]) -> str:
    return ", ".join("?" * len(keys))
