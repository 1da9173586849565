"""Persons, PINs, sessions; what may be asked of them and how they refuse."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Exhausted, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value

PersonId = NewType("PersonId", str)
Locale = Literal["zh-CN", "en"]
Transport = Literal["cookie", "bearer"]
Edition = Literal["domestic", "overseas"]
Standing = Literal["", "suspended", "leaving", "gone"]


class Person(Value, frozen=True):
    """A human with an account; `handle` is the 畅聊号. `operator` runs this installation.

    `avatar` is the id of a picture, or empty; `findable`: whether others find the person by the handle;
    `edition`: which app the person uses. `standing`: empty when all is well; `suspended` until
    `standing_until`; `leaving` for good then; `gone`: the account was deleted.
    """

    id: PersonId
    handle: str
    name: str
    locale: Locale
    operator: bool
    password: str
    created_at: int
    avatar: str = ""
    region: str = ""
    bio: str = ""
    findable: bool = True
    changed_at: int = 0
    edition: Edition = "domestic"
    standing: Standing = ""
    standing_until: int = 0


class Pin(Value, frozen=True):
    """A payment PIN's keyed digest; `wrong` since it was last right, `locks` how often it locked."""

    person_id: PersonId
    digest: str
    salt: bytes
    wrong: int
    locks: int
    locked_until: int
    set_at: int


class Throttle(Value, frozen=True):
    """Failed sign-ins for one handle or from one address, and those whose password is being checked."""

    name: str
    failures: int
    until: int


class Session(Value, frozen=True):
    """One place where a person is signed in; the token itself is nowhere. `agent` is the browser in
    plain words, `address` the first half of where it was last seen."""

    id: str
    token_hash: bytes
    person_id: PersonId
    transport: Transport
    device: str
    created_at: int
    expires_at: int
    ended_at: int
    agent: str = ""
    address: str = ""
    seen_at: int = 0


class SignedIn(Value, frozen=True):
    """Who calls, as the person guard found out."""

    person: Person
    session: Session


class AskRegister(Value, frozen=True):
    """Make a person. `password` is the argon2id hash."""

    handle: str
    name: str
    locale: Locale
    password: str
    edition: Edition = "domestic"


class AskSession(Value, frozen=True):
    """Open a session for a person who has proven who it is; `address` is where it came from, `agent` the
    browser in plain words."""

    person_id: str
    token_hash: bytes
    transport: Transport
    device: str
    address: str
    lasts_s: int
    agent: str = ""


class AskTry(Value, frozen=True):
    """Let somebody try a password for this handle from this address."""

    handle: str
    address: str


class Try(Value, frozen=True):
    """A try that is counted already: whose password to check, None when there is no such person, and
    how the handle and the address stood before it."""

    person: Person | None
    before: tuple[Throttle, ...]


class AskSetPin(Value, frozen=True):
    """Set or change a person's PIN; the password was checked."""

    person_id: str
    pin: str


class AskLocale(Value, frozen=True):
    """Speak another language with a person from now on."""

    person_id: str
    locale: Locale


class AskEndSession(Value, frozen=True):
    """End one of a person's sessions."""

    person_id: str
    session_id: str


class HandleInvalid(
    Invalid,
    code="handle_invalid",
    hint="3 to 20 small letters, digits or _, beginning with a letter.",
):
    """This name cannot be a handle."""


class HandleTaken(Conflict, code="handle_taken", hint="Choose another one."):
    """Somebody has this handle already."""


class NameInvalid(
    Invalid, code="name_invalid", hint="1 to 40 characters without control characters."
):
    """This cannot be a name."""


class PasswordWeak(Invalid, code="password_weak", hint="8 to 128 characters, not your handle."):
    """This password is too short, too long or too easy."""


class PinInvalid(
    Invalid, code="pin_invalid", hint="Six digits; not all the same, not a simple run."
):
    """This cannot be a payment PIN."""


class WrongPassword(Forbidden, code="wrong_password"):
    """Handle and password do not belong together."""


class SignInThrottled(Exhausted, code="sign_in_throttled", hint="Wait Retry-After seconds."):
    """Too many failed sign-ins; nobody can sign in here for a moment."""


class SignInBusy(Exhausted, code="sign_in_busy", hint="Wait Retry-After seconds."):
    """Too many people are signing in at this moment."""


class PinMissing(Forbidden, code="pin_missing", hint="Set a payment PIN first: POST /v1/me/pin."):
    """You have no payment PIN yet."""


class WrongPin(Forbidden, code="wrong_pin"):
    """The payment PIN is wrong; no money has moved."""


class PinLocked(Forbidden, code="pin_locked", hint="Wait until the time given, or change the PIN."):
    """Too many wrong PINs; payments by PIN are locked for a while. No money has moved."""


class SocketTokenInvalid(
    Forbidden, code="socket_token_invalid", hint="Get another one: POST /v1/sessions/socket."
):
    """This token opens no socket: it has expired, or its session has ended."""


class PersonNotFound(NotFound, code="person_not_found"):
    """There is no such person."""


class OperatorOnly(
    NotFound, code="operator_only", hint="`changliao operator add` makes somebody an operator."
):
    """There is nothing here for you."""


class SessionNotFound(NotFound, code="session_not_found"):
    """There is no such session of yours."""
