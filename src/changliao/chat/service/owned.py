"""Looking at feeds and talks from the side of the official account that owns them."""

from collections.abc import Sequence

from changliao.chat.model import Conversation, Member
from changliao.chat.model.entries import Entry
from changliao.chat.store import CONVERSATIONS, MEMBERS, reading
from changliao.db.driver import Reader


def conversation(reader: Reader, conversation_id: str) -> Conversation | None:
    """The conversation with this id."""
    return reader.get(CONVERSATIONS, conversation_id)  # type: ignore[no-any-return]


def talk(reader: Reader, owner: str, person_id: str) -> Conversation | None:
    """The conversation of a person and an account, if there is one."""
    return reader.find(CONVERSATIONS, ("pair",), f"{owner} {person_id}")  # type: ignore[no-any-return]


def follower(reader: Reader, feed_id: str, person_id: str) -> Member | None:
    """A person who follows the account of this feed."""
    found: Member | None = reader.get(MEMBERS, (person_id, feed_id))
    return None if found is None or found.left_s else found


def followers(reader: Reader, feed_id: str, joined_after: int, most: int) -> Sequence[Member]:
    """Who follows it, by when they began."""
    return reading.members_after(reader, feed_id, joined_after, most)


def feeds_of(reader: Reader, person_id: str, before: int, most: int) -> list[tuple[str, int]]:
    """The feeds a person follows and since when, latest first; those begun before a moment."""
    return reading.feeds_of(reader, person_id, before, most)


def after(reader: Reader, conversation_id: str, number: int, most: int) -> list[Entry]:
    """What follows a number, oldest first."""
    return reading.entries_after(reader, conversation_id, number, most)


def before(reader: Reader, conversation_id: str, number: int, most: int) -> list[Entry]:
    """What comes before a number (0: the newest), oldest first."""
    return reading.entries_before(reader, conversation_id, number or 2**62, most)
