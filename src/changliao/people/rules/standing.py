"""Who may come in, and what is left of whoever has gone."""

import msgspec

from changliao.kernel.instant import SECOND_US
from changliao.people.model import Person
from changliao.people.model.standing import NotLeaving, PersonSuspended

GONE_NAME = "已注销用户 · Deleted account"
"""What somebody who left is called where others still have their words; in both languages, because it is
kept once and shown to all."""
NO_PASSWORD = "none"
"""No argon2id hash, so nothing matches it."""


def may_enter(person: Person, now: int) -> Person:
    """The person, unless they are suspended."""
    if person.standing == "suspended" and person.standing_until > now:
        raise PersonSuspended(until_s=person.standing_until // SECOND_US)
    return person


def due_to_leave(person: Person | None, now: int) -> Person:
    """The person, if the account is to be deleted now."""
    if person is None or person.standing != "leaving" or person.standing_until > now:
        raise NotLeaving(field="id")
    return person


def erased(person: Person, now: int) -> Person:
    """What is kept of somebody who left: that there was somebody, since when, and nothing of who."""
    return msgspec.structs.replace(
        person,
        handle=person.id.lower(),
        name=GONE_NAME,
        operator=False,
        password=NO_PASSWORD,
        avatar="",
        region="",
        bio="",
        findable=False,
        changed_at=now,
        standing="gone",
        standing_until=0,
    )
