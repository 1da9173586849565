"""What happened between persons. No text, remark or tag is in a fact, and none has an audience."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class ContactRequested(Fact, frozen=True):
    """A person asked another to become a contact, or asked anew. Silent when the asked one has blocked
    the asker."""

    kind: ClassVar[str] = "contact.requested"
    request_id: str
    asker_id: str
    person_id: str


class ContactAccepted(Fact, frozen=True):
    """The asked one agreed: from now on each is in the other's list."""

    kind: ClassVar[str] = "contact.accepted"
    request_id: str
    asker_id: str
    person_id: str


class ContactDeclined(Fact, frozen=True):
    """The asked one did not agree. For the asked one's own devices: the asker is not told."""

    kind: ClassVar[str] = "contact.declined"
    request_id: str
    asker_id: str
    person_id: str


class ContactRemoved(Fact, frozen=True):
    """A person took another out of the list. The other one is not told."""

    kind: ClassVar[str] = "contact.removed"
    person_id: str
    other_id: str


class ContactChanged(Fact, frozen=True):
    """A person's own list says something else of another: a remark, tags, or that they are back in it."""

    kind: ClassVar[str] = "contact.changed"
    person_id: str
    other_id: str


class PersonBlocked(Fact, frozen=True):
    """A person blocked another, who is not told."""

    kind: ClassVar[str] = "person.blocked"
    person_id: str
    other_id: str


class PersonUnblocked(Fact, frozen=True):
    """A person lifted the block of another, who is not told."""

    kind: ClassVar[str] = "person.unblocked"
    person_id: str
    other_id: str


class PersonChanged(Fact, frozen=True):
    """A person's name, picture, region, line about oneself, or findability is another one now."""

    kind: ClassVar[str] = "person.changed"
    person_id: str
