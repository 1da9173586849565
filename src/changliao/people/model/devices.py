"""What is asked about the places where a person is signed in."""

from changliao.kernel.value import Value


class AskSeen(Value, frozen=True):
    """Note that a session was used just now, from this address."""

    session_id: str
    address: str


class AskEndOthers(Value, frozen=True):
    """End all sessions of a person but this one."""

    person_id: str
    kept_id: str
