"""The verbs of chat, and what other rooms ask of it."""

import secrets

from changliao.chat.model import Epoch
from changliao.chat.service.accounts import (
    follow,
    follows,
    open_feed,
    open_talk,
    retract,
    share_article,
    show_face,
    speak,
    talk_of,
    unfollow,
)
from changliao.chat.service.groups import (
    change_group,
    change_member,
    change_role,
    create_group,
    decide,
    dissolve,
    end_invitation,
    hand_over,
    invite,
    join,
    make_invitation,
    open_direct,
    raise_guard,
    remove,
    silence,
)
from changliao.chat.service.log import conversation_of, entry_of, tell
from changliao.chat.service.messages import attached, change_mine, clear, forward, post, read
from changliao.chat.service.people import hear_people
from changliao.chat.service.previews import PREVIEW, link_of, write_preview
from changliao.chat.service.receipts import hear_payments
from changliao.chat.store import EPOCHS
from changliao.chat.store.checking import broken_invariants
from changliao.db.tx import Tx


def begin_epoch(tx: Tx, anew: bool) -> str:
    """Which life of the books it is; a new one with `anew`, after they were put back from a copy, so
    that every device forgets what it holds."""
    kept = tx.get(EPOCHS, "main")
    if kept is not None and not anew:
        return kept.value
    fresh = Epoch("main", secrets.token_hex(8))
    if kept is None:
        tx.add(EPOCHS, fresh)
    else:
        tx.put(EPOCHS, fresh)
    return fresh.value


__all__ = [
    "PREVIEW",
    "attached",
    "begin_epoch",
    "broken_invariants",
    "change_group",
    "change_member",
    "change_mine",
    "change_role",
    "clear",
    "conversation_of",
    "create_group",
    "decide",
    "dissolve",
    "end_invitation",
    "entry_of",
    "follow",
    "follows",
    "forward",
    "hand_over",
    "hear_payments",
    "hear_people",
    "invite",
    "join",
    "link_of",
    "make_invitation",
    "open_direct",
    "open_feed",
    "open_talk",
    "post",
    "raise_guard",
    "read",
    "remove",
    "retract",
    "share_article",
    "show_face",
    "silence",
    "speak",
    "talk_of",
    "tell",
    "unfollow",
    "write_preview",
]
