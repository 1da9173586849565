"""Official accounts: what they are, and what may be asked of them."""

from typing import Literal

from changliao.kernel.value import Value
from changliao.partners.model import Caller, Mode

ReplyKind = Literal["text", "image", "article"]
ButtonKind = Literal["reply", "event", "link", "article", "entrance", "menu"]
Match = Literal["exact", "contains"]
State = Literal["open", "closed", "suspended"]


class Reply(Value, frozen=True, forbid_unknown_fields=True):
    """What an account says by itself: a text, a picture, or one of its articles."""

    k: ReplyKind
    text: str = ""
    media: str = ""
    article: str = ""


class Rule(Value, frozen=True, forbid_unknown_fields=True):
    """When a message is one of these words (`exact`), or holds one (`contains`), these are the answers."""

    match: Match
    words: tuple[str, ...]
    replies: tuple[Reply, ...]


class Choice(Value, frozen=True, forbid_unknown_fields=True):
    """A button. `key` names it in events; the other fields are of its kind."""

    name: str
    key: str
    kind: ButtonKind
    text: str = ""
    url: str = ""
    article: str = ""
    entrance: str = ""


class Button(Choice, frozen=True, forbid_unknown_fields=True):
    """A button at the bottom of the talk; one of kind `menu` opens up to five more."""

    buttons: tuple[Choice, ...] = ()


class Account(Value, frozen=True):
    """An official account of an app. `own_of` is the app in whose name it gives receipts, if it does;
    `mode` that of the keys and endpoints that speak for it. `feed` is its log for all who follow it.

    `suspended_for` is why the operator suspended it, or empty.
    """

    id: str
    handle: str
    own_of: str | None
    app_id: str
    partner_id: str
    mode: Mode
    feed: str
    name: str
    intro: str
    avatar: str
    welcome: tuple[Reply, ...]
    fallback: tuple[Reply, ...]
    menu: tuple[Button, ...]
    rules: tuple[Rule, ...]
    open: bool
    suspended_for: str
    created_at: int
    changed_at: int

    @property
    def voice(self) -> str:
        """The owner of its talks: its app, if it is that app's own, so that receipts stand in them too."""
        return self.own_of or self.id

    @property
    def state(self) -> State:
        """Whether it can be followed and written to."""
        return "suspended" if self.suspended_for else "open" if self.open else "closed"


class AskRegister(Value, frozen=True):
    """Make an official account of the caller's app. `own` None: if the app has none of its own yet."""

    caller: Caller
    handle: str
    name: str
    intro: str = ""
    avatar: str = ""
    own: bool | None = None


class AskChange(Value, frozen=True):
    """Change an account; None leaves a thing as it is."""

    caller: Caller
    account_id: str
    name: str | None = None
    intro: str | None = None
    avatar: str | None = None
    welcome: tuple[Reply, ...] | None = None
    fallback: tuple[Reply, ...] | None = None
    open: bool | None = None
    mode: Mode | None = None


class AskMenu(Value, frozen=True):
    """Give an account another menu."""

    caller: Caller
    account_id: str
    buttons: tuple[Button, ...]


class AskRules(Value, frozen=True):
    """Give an account other rules."""

    caller: Caller
    account_id: str
    rules: tuple[Rule, ...]


class AskSuspend(Value, frozen=True):
    """The operator suspends an account for a reason; an empty one restores it."""

    actor: str
    account_id: str
    reason: str


class AskFollow(Value, frozen=True):
    """A person follows an account, or no longer."""

    person_id: str
    account_id: str
