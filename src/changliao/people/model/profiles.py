"""What people show of themselves, and how they stand to whoever looks."""

from typing import Literal

from changliao.kernel.refusal import Invalid
from changliao.kernel.value import Value
from changliao.people.model import Person
from changliao.people.model.contacts import Contact, ContactRequest

Relation = Literal["self", "contact", "requested", "asked", "stranger", "blocked"]
"""`requested`: I asked them and it is open; `asked`: they asked me; `blocked`: by me."""


class Between(Value, frozen=True):
    """What is written between me and another: my row of them, theirs of me, what I asked of them, what they
    asked of me."""

    mine: Contact | None = None
    theirs: Contact | None = None
    sent: ContactRequest | None = None
    got: ContactRequest | None = None


class Profile(Value, frozen=True):
    """A person as one other sees them: how they stand to each other, what the other calls them, and the
    request that is open between them, if any."""

    person: Person
    relation: Relation
    remark: str = ""
    request_id: str = ""


class AskProfile(Value, frozen=True):
    """Show something else of oneself; None leaves it."""

    person_id: str
    name: str | None = None
    avatar: str | None = None
    region: str | None = None
    bio: str | None = None
    findable: bool | None = None


class ProfileInvalid(
    Invalid,
    code="profile_invalid",
    hint="A region up to 40 characters on one line, a bio up to 120, an avatar's id or nothing.",
):
    """This cannot be shown of a person."""
