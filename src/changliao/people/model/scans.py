"""Signing a computer in by scanning its code with a phone that is signed in."""

from typing import Literal

from changliao.kernel.refusal import Conflict, Forbidden, NotFound
from changliao.kernel.value import Value
from changliao.people.model import AskSession

CodeState = Literal["waiting", "scanned", "approved", "refused", "used", "expired"]


class SignInCode(Value, frozen=True):
    """A code that one computer shows. Whoever scans it learns the code, never the secret, by which the
    computer gets its session; `number` is on the computer's screen and nowhere else. `agent` and
    `address` are the computer's, `person_id` who scanned it."""

    id: str
    code_hash: bytes
    secret_hash: bytes
    number: int
    agent: str
    address: str
    state: CodeState
    person_id: str
    created_at: int
    expires_at: int


class AskCode(Value, frozen=True):
    """A code for the computer at this address."""

    code_hash: bytes
    secret_hash: bytes
    agent: str
    address: str


class AskScan(Value, frozen=True):
    """A person has scanned this code."""

    person_id: str
    code_hash: bytes


class AskAnswer(Value, frozen=True):
    """A person says which number the computer shows; None: that is not my computer."""

    person_id: str
    code_id: str
    number: int | None


class AskTrade(Value, frozen=True):
    """The computer wants its session; whose it is, its code says."""

    code_id: str
    secret_hash: bytes
    session: AskSession


class CodeNotFound(NotFound, code="sign_in_code_not_found", hint="Scan the code once more."):
    """There is no such code, or it is somebody else's."""


class CodeOver(
    Conflict, code="sign_in_code_over", hint="Scan the code that the computer shows now."
):
    """This code is too old or was used; nobody was signed in by it."""


class CodeNotApproved(
    Conflict, code="sign_in_code_not_approved", hint="Answer on the phone that scanned it."
):
    """Nobody has approved this code on a phone yet."""


class WrongNumber(
    Forbidden, code="wrong_number", hint="Scan the code that the computer shows now."
):
    """This is not the number on the computer; the code has ended and nobody was signed in."""
