"""What people did: registered, signed in, set a PIN, became operators. No secret or address is in a fact."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class PersonRegistered(Fact, frozen=True):
    """A person made an account."""

    kind: ClassVar[str] = "person.registered"
    person_id: str
    handle: str


class OperatorMade(Fact, frozen=True):
    """A person was given the operator's role, from the command line of the installation."""

    kind: ClassVar[str] = "person.operator_made"
    person_id: str


class SessionOpened(Fact, frozen=True):
    """A person signed in somewhere; `device` is what with, in plain words."""

    kind: ClassVar[str] = "session.opened"
    person_id: str
    session_id: str
    transport: str
    device: str = ""


class SessionEnded(Fact, frozen=True):
    """A person signed out somewhere."""

    kind: ClassVar[str] = "session.ended"
    person_id: str
    session_id: str


class PinSet(Fact, frozen=True):
    """A person set or changed the payment PIN."""

    kind: ClassVar[str] = "pin.set"
    person_id: str


class PinLockedOut(Fact, frozen=True):
    """Too many wrong PINs: locked until then."""

    kind: ClassVar[str] = "pin.locked"
    person_id: str
    until: int
