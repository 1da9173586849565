"""Groups on guard against a raid: who may join, what newcomers may send, how fast all write."""

import re

from changliao.chat.model import Conversation, Place
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import COUNTED, Body, EditBody, Kind, TextBody
from changliao.kernel.instant import DAY_US, HOUR_US, MINUTE_US, SECOND_US

BY_HAND_US, BY_ITSELF_US = DAY_US, HOUR_US
"""How long a group is on guard when its owner or an admin says so, and when it comes to it by itself."""
NEWCOMER_US = 10 * MINUTE_US
SLOW_US = 10 * SECOND_US
JOINS_MAX, JOINS_IN_US = 30, MINUTE_US
"""So many who join by links within so long put a group on guard."""

_PLAIN = frozenset(("text", "sticker", "react", "recall", "edit"))
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.|\b[\w-]+\.(?:com|cn|net|org|io|me|top|xyz|cc)\b)", re.IGNORECASE
)


def on_guard(conversation: Conversation, now: int) -> bool:
    """Whether a group is on guard."""
    return conversation.guarded_until > now


def may_write(place: Place, kind: Kind, body: Body | None, now: int) -> None:
    """Refuse links and media of newcomers, and who writes too soon again, while a group is on guard. Its
    owner and admins write as always."""
    conversation, member = place.conversation, place.member
    if not on_guard(conversation, now) or member.role != "member":
        return
    if now - member.joined_at < NEWCOMER_US and not _is_plain(kind, body):
        raise r.GuardedHere(field="k")
    if kind in COUNTED and (left := member.posted_at + SLOW_US - now) > 0:
        raise r.SlowHere(retry_after_s=-(-left // SECOND_US))


def _is_plain(kind: Kind, body: Body | None) -> bool:
    if isinstance(body, TextBody | EditBody):
        return _LINK.search(body.text) is None
    return kind in _PLAIN
