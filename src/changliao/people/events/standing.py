"""What became of people's standing. No reason is in a fact: it concerns the person alone."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class PersonShutOut(Fact, frozen=True):
    """A person is let in no more until then."""

    kind: ClassVar[str] = "person.suspended"
    person_id: str
    until: int


class PersonLetIn(Fact, frozen=True):
    """A suspended person is let in again."""

    kind: ClassVar[str] = "person.restored"
    person_id: str


class PersonLeaving(Fact, frozen=True):
    """A person asked for the account to be deleted then."""

    kind: ClassVar[str] = "person.leaving"
    person_id: str
    at: int


class PersonStayed(Fact, frozen=True):
    """A person who was leaving signed in again, and stays."""

    kind: ClassVar[str] = "person.stayed"
    person_id: str


class PersonGone(Fact, frozen=True):
    """An account was deleted: the person is nobody any more. `avatar` is the picture they wore."""

    kind: ClassVar[str] = "person.gone"
    person_id: str
    avatar: str = ""
