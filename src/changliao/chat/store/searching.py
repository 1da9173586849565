"""What search reads of chat: groups and places in them as they stand."""

from collections.abc import Sequence

from changliao.chat.model import Conversation, Member
from changliao.chat.store import CONVERSATIONS, MEMBERS
from changliao.db.driver import Reader

KEYS_AT_ONCE = 400


def groups(reader: Reader, ids: Sequence[str]) -> list[Conversation]:
    """Those of these conversations that are groups, in no order."""
    found: list[Conversation] = []
    for start in range(0, len(ids), KEYS_AT_ONCE):
        some = ids[start : start + KEYS_AT_ONCE]
        tail = f"WHERE kind = 'group' AND NOT dissolved AND id IN ({', '.join('?' * len(some))})"
        found += reader.rows(CONVERSATIONS, tail, *some)
    return found


def remarked(reader: Reader, keys: Sequence[tuple[str, str]]) -> list[Member]:
    """Those of these members, person and conversation, that are in and call it something of their own."""
    found: list[Member] = reader.gets(MEMBERS, keys)
    return [one for one in found if not one.left_s and one.remark]
