"""How a person stands with this installation: what may be asked about it, and how that is refused."""

from changliao.kernel.refusal import Conflict, Forbidden
from changliao.kernel.value import Value


class AskSuspend(Value, frozen=True):
    """Let a person in no more until a moment; one that has passed lifts it."""

    person_id: str
    until: int


class AskLeave(Value, frozen=True):
    """A person wants the account deleted at a moment, unless they sign in before."""

    person_id: str
    at: int


class PersonSuspended(
    Forbidden, code="person_suspended", hint="Wait until then, or write to whoever runs this."
):
    """This account is suspended."""


class NotLeaving(Conflict, code="not_leaving"):
    """This account is not waiting to be deleted."""
