"""Contacts, requests to become one, blocks; what may be asked of them and how they refuse."""

from typing import Literal

from changliao.kernel.refusal import Conflict, Exhausted, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.people.model import PersonId

RequestState = Literal["open", "accepted", "declined", "expired"]


class Contact(Value, frozen=True):
    """What `person_id` holds of `other_id`: in the list since then (0: not), called `remark`, blocked
    since then (0: not). The other one's row is the other direction; neither says anything of the other.
    `changed_at` is when this row last changed, so that a list can be read by what is new."""

    person_id: PersonId
    other_id: PersonId
    since: int = 0
    remark: str = ""
    tags: tuple[str, ...] = ()
    blocked_at: int = 0
    changed_at: int = 0


class ContactRequest(Value, frozen=True):
    """One person's wish to be another's contact; asking again renews it. Never kept as `expired`: that is
    what an open one becomes. `hidden`: the asked one has blocked the asker and is not shown it."""

    id: str
    asker_id: PersonId
    person_id: PersonId
    text: str
    state: RequestState
    hidden: bool
    asked_at: int
    answered_at: int = 0


class Asking(Value, frozen=True):
    """How many requests a person has sent in the day that began at `since`."""

    person_id: PersonId
    since: int
    count: int


class AskContact(Value, frozen=True):
    """Ask somebody to become a contact."""

    person_id: str
    other_id: str
    text: str = ""


class AskAnswer(Value, frozen=True):
    """Accept or decline what somebody asked of this person."""

    person_id: str
    request_id: str
    accept: bool


class AskChange(Value, frozen=True):
    """Call a contact something else, or put tags on; None leaves it."""

    person_id: str
    other_id: str
    remark: str | None = None
    tags: tuple[str, ...] | None = None


class AskOther(Value, frozen=True):
    """Do something to another person: remove, block, unblock."""

    person_id: str
    other_id: str


class ContactTextInvalid(
    Invalid,
    code="contact_text_invalid",
    hint="A request up to 100 characters, a remark up to 40, at most 20 tags of 1 to 20.",
):
    """This text is too long, or holds characters that cannot be shown."""


class ContactIsSelf(Invalid, code="contact_is_self"):
    """That is you."""


class ContactNotFound(NotFound, code="contact_not_found"):
    """There is no such contact of yours."""


class ContactRequestNotFound(NotFound, code="contact_request_not_found"):
    """There is no such request to you."""


class BlockNotFound(NotFound, code="block_not_found"):
    """You have not blocked this person."""


class ContactAlready(Conflict, code="contact_already"):
    """You are contacts already."""


class ContactBlocked(Conflict, code="contact_blocked", hint="Unblock the person first."):
    """You have blocked this person."""


class ContactRequestAnswered(
    Conflict, code="contact_request_answered", hint="Ask the person yourself."
):
    """This request was answered already, or has expired."""


class ContactsFull(Conflict, code="contacts_full", hint="Remove somebody first."):
    """A list of contacts holds at most 5,000 persons, and one of the two is full."""


class BlocksFull(Conflict, code="blocks_full", hint="Unblock somebody first."):
    """A person can block at most 5,000 others."""


class ContactRequestsUsedUp(
    Exhausted, code="contact_requests_used_up", hint="Wait Retry-After seconds."
):
    """You have asked as many persons as one may in a day: 30, or 10 in an account's first 3 days."""
