"""Entrances, launches, consents; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import Caller, Mode
from changliao.people.model import Edition, Locale

EntranceId = NewType("EntranceId", str)
LaunchId = NewType("LaunchId", str)
Place = Literal["discover", "chats_top", "me", "pay_done"]
PLACES: tuple[Place, ...] = Place.__args__  # type: ignore[attr-defined]
For = Literal["domestic", "overseas", "all"]
State = Literal["proposed", "on", "off"]
Scope = Literal["name", "handle"]
SCOPES: tuple[Scope, ...] = Scope.__args__  # type: ignore[attr-defined]
Decision = Literal["granted", "refused", "withdrawn"]
Icon = Literal[
    "store",
    "shopping-bag",
    "ticket",
    "book-open",
    "landmark",
    "receipt-text",
    "smartphone",
    "flag",
]
"""What an entrance may be drawn with: names in the client's own set."""
ROLLOUT_ALL = 10_000
"""Everybody: a rollout is a share of ten thousand."""


class Offer(Value, frozen=True):
    """What a partner would like: a place in the app, for whom, how it is shown, where it leads. `mode`
    is that of the key that trades its codes; `scopes` are what the app may ask a person for."""

    mode: Mode
    place: Place
    edition: For
    title_zh: str
    title_en: str
    subtitle_zh: str
    subtitle_en: str
    icon: Icon
    start_url: str
    scopes: tuple[Scope, ...]


class Standing(Value, frozen=True):
    """What the operator decides: whether it is shown, as which in its place, to which share of people."""

    state: State = "off"
    position: int = 100
    rollout: int = ROLLOUT_ALL


class Entrance(Value, frozen=True):
    """A place in the app that opens a partner: an offer and its standing."""

    id: EntranceId
    app_id: str
    mode: Mode
    place: Place
    edition: For
    title_zh: str
    title_en: str
    subtitle_zh: str
    subtitle_en: str
    icon: Icon
    start_url: str
    scopes: tuple[Scope, ...]
    state: State
    position: int
    rollout: int
    created_at: int
    changed_at: int


class Launch(Value, frozen=True):
    """One opening of an entrance by a person. `conversation` is where the card stood that led here;
    `used_at` is when the code was traded, 0 before."""

    id: LaunchId
    entrance_id: EntranceId
    app_id: str
    mode: Mode
    person_id: str
    code_hash: bytes
    lang: Locale
    conversation: str
    created_at: int
    used_at: int


class Consent(Value, frozen=True):
    """What a person decided about one scope of one app."""

    person_id: str
    app_id: str
    scope: Scope
    state: Decision
    changed_at: int


class Visitor(Value, frozen=True):
    """Who came, as the app may know: `shared` holds the scopes that the person granted, `undecided` those
    asked for that were never decided, or were taken back."""

    launch: Launch
    sub: str
    edition: Edition
    shared: dict[str, str]
    undecided: tuple[Scope, ...] = ()


class AskPropose(Value, frozen=True):
    """A member of a partner asks for an entrance; `own` are our own hosts, which none may lead to."""

    actor: str
    app_id: str
    offer: Offer
    own: tuple[str, ...]


class AskCreate(Value, frozen=True):
    """The operator makes an entrance for an app."""

    actor: str
    app_id: str
    offer: Offer
    standing: Standing
    own: tuple[str, ...]


class AskChange(Value, frozen=True):
    """The operator changes these fields of an entrance."""

    actor: str
    entrance_id: str
    fields: dict[str, str | int | tuple[str, ...]]
    own: tuple[str, ...]


class AskLaunch(Value, frozen=True):
    """A person opens an entrance. The edge made the code and gives only its hash. `modes` run here."""

    person_id: str
    entrance_id: str
    code_hash: bytes
    lang: Locale | None
    conversation: str
    modes: tuple[Mode, ...]


class AskIdentify(Value, frozen=True):
    """A partner's server trades a code."""

    caller: Caller
    code_hash: bytes


class AskOnLaunch(Value, frozen=True):
    """The page of a launch would have its payment shown."""

    person_id: str
    launch_id: str
    payment_id: str


class AskConsent(Value, frozen=True):
    """A person decides about one scope of one app."""

    person_id: str
    app_id: str
    scope: str
    state: Decision


class EntranceNotFound(NotFound, code="entrance_not_found"):
    """There is no such entrance for you."""


class LaunchNotFound(NotFound, code="launch_not_found"):
    """There is no such launch of yours."""


class LaunchExpired(
    Conflict,
    code="launch_expired",
    hint="Codes live for a minute. Ask the person to open it again.",
):
    """This code is too old."""


class LaunchUsed(
    Conflict,
    code="launch_used",
    hint="Keep a session of your own after the first trade, and send the browser on without the code.",
):
    """This code was traded already."""


class LaunchOver(Conflict, code="launch_over", hint="Open the entrance again."):
    """This launch is a day old; its page is asked nothing any more."""


class StartUrlInvalid(
    Invalid,
    code="start_url_invalid",
    hint="https://…, not on this platform's own host; in test mode also http:// to this machine or its "
    "network.",
):
    """An entrance cannot lead there."""


class EntranceTextInvalid(
    Invalid,
    code="entrance_text_invalid",
    hint="Titles have 1 to 20 characters, subtitles up to 40, on one line.",
):
    """This cannot stand on an entrance."""


class RolloutInvalid(
    Invalid, code="rollout_invalid", hint="A whole number from 0 to 10,000: 2,500 is a quarter."
):
    """This is no share of people."""


class PositionInvalid(Invalid, code="position_invalid", hint="A whole number from 0 to 9,999."):
    """This is no place in a row."""


class PathInvalid(
    Invalid, code="path_invalid", hint="Begin with one /, at most 500 characters without spaces."
):
    """This is no path at the partner's address."""


class TooManyEntrances(Conflict, code="too_many_entrances", hint="Ask the operator."):
    """An app has at most twenty entrances."""


class ScopeNotOffered(Invalid, code="scope_not_offered", hint="See the scopes of the entrance."):
    """This app may not ask for that."""


class ConsentNotFound(NotFound, code="consent_not_found"):
    """You have decided nothing about this."""


class CardInvalid(
    Invalid,
    code="card_invalid",
    hint="A title of 1 to 60 characters, a text up to 200, on one line.",
):
    """This cannot be shared as a card."""
