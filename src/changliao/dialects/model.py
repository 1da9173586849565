"""Accounts, particulars and notices of a dialect; what may be asked and how it is refused."""

from collections.abc import Callable
from typing import Any, Literal

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import AskKey, Caller, Mode, audience
from changliao.pay.model import Refund

DialectName = Literal["alipay", "wechat", "stripe", "saleor", "wechat_mp"]
DIALECTS: tuple[DialectName, ...] = DialectName.__args__  # type: ignore[attr-defined]


class Account(Value, frozen=True):
    """What an app in one mode is called in a dialect, and by which keys it is known.

    `number` is unique in its dialect (an Alipay app id, a WeChat merchant number, a Stripe account);
    `alias` is a second one where the dialect has it (a WeChat app id). `public_key` is the shop's own
    (PEM), `serial` that of its certificate in upper case. `secrets` is sealed JSON of texts.
    """

    id: str
    dialect: DialectName
    app_id: str
    mode: Mode
    number: str
    alias: str
    public_key: str
    serial: str
    secrets: str
    settings: dict[str, str]
    created_at: int
    closed_at: int = 0

    @property
    def audience(self) -> str:
        """How facts for its app are addressed."""
        return audience(self.app_id, self.mode)


class Speaking(Value, frozen=True):
    """The accounts of an audience: which dialects its facts are told in."""

    audience: str
    account_ids: tuple[str, ...]


class PlatformKey(Value, frozen=True):
    """A key pair of this installation in a dialect; the private half (PEM) is sealed."""

    id: str
    dialect: DialectName
    mode: Mode
    private_key: str
    public_key: str
    certificate: str
    serial: str
    created_at: int


class Particulars(Value, frozen=True):
    """What a shop said in a dialect about a payment, a refund or another thing of ours, beside what pay
    knows of it. `request` digests the first request, so that the same number with other content shows."""

    about: str
    account_id: str
    notify_url: str
    return_url: str
    request: bytes
    said: dict[str, str]
    created_at: int


class Notice(Value, frozen=True):
    """One notification on its way to one shop. `body` is rendered once, and signed anew at each try.

    `subject` is what happened to (a payment, a refund …) and `seq` the fact that told of it. The newest
    try is kept: its status (0: none came back), what was wrong, an excerpt of the answer.
    """

    id: str
    account_id: str
    dialect: DialectName
    kind: str
    subject: str
    seq: int
    url: str
    hook: str
    body: str
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    status: int
    trouble: str
    excerpt: str
    created_at: int
    tried_at: int = 0


class Hook(Value, frozen=True):
    """An address that an account has registered to be told of some kinds of events (`*`: of all).

    Secrets are sealed; after a roll the old one signs beside the new one until `old_until`.
    """

    id: str
    account_id: str
    url: str
    kinds: tuple[str, ...]
    description: str
    metadata: dict[str, str]
    version: str
    state: Literal["enabled", "disabled", "removed"]
    secret: str
    old_secret: str
    old_until: int
    created_at: int


class Hooked(Value, frozen=True):
    """The addresses that an account has registered, removed ones left out."""

    account_id: str
    hook_ids: tuple[str, ...]


class Instance(Value, frozen=True):
    """A server of a shop's own that has exchanged a token with us and signs what it asks.

    `api_url` is where it is called; `their_id` is what it calls us; `keys` are its public keys (PEM) by
    their ids, as they were at `keys_at`. The token is sealed.
    """

    id: str
    account_id: str
    api_url: str
    their_id: str
    token: str
    keys: dict[str, str]
    keys_at: int
    created_at: int
    registered_at: int


class Said(Value, frozen=True):
    """What a shop says about one thing, before it is kept as Particulars."""

    account: Account
    notify_url: str = ""
    return_url: str = ""
    request: bytes = b""
    said: dict[str, str] = {}


class AskSaying(Value, frozen=True):
    """Run `verb(tx, ask)` of pay and keep what was said beside its noun."""

    verb: Callable[[Any, Any], Any]
    ask: Any
    said: Said


class Refunded(Value, frozen=True):
    """A refund, and whether it was this very ask that made it."""

    refund: Refund
    fresh: bool


class AskAccount(Value, frozen=True):
    """Speak a dialect for an app. The edge made numbers and keys; `secrets` are texts to be sealed."""

    caller: Caller
    dialect: DialectName
    number: str
    alias: str
    public_key: str
    serial: str
    secrets: dict[str, str]
    settings: dict[str, str] = {}


class AskOpening(Value, frozen=True):
    """Open an account with what its shop needs beside it: a key of the app, unless it has one, and an
    address to be told (empty: none yet) with the secret that signs what is sent there."""

    account: AskAccount
    key: AskKey | None
    url: str
    secret: str


class AskAccountChange(Value, frozen=True):
    """New keys or settings of an account; what is None stays."""

    caller: Caller
    account_id: str
    public_key: str | None = None
    serial: str | None = None
    secrets: dict[str, str] | None = None
    settings: dict[str, str] | None = None


class AskPlatformKey(Value, frozen=True):
    """Keep a key pair that the edge made, unless there is one already."""

    dialect: DialectName
    mode: Mode
    private_key: bytes
    public_key: str
    certificate: str
    serial: str


class AskBody(Value, frozen=True):
    """Keep the body of a notice, once."""

    notice_id: str
    body: str


class AskNoticeTry(Value, frozen=True):
    """What came of one try to tell a shop; `heard` says whether the dialect takes it as delivered."""

    notice_id: str
    heard: bool
    status: int
    trouble: str
    excerpt: str


class AskHook(Value, frozen=True):
    """Register an address. The edge made the secret."""

    caller: Caller
    account_id: str
    url: str
    kinds: tuple[str, ...]
    secret: str
    description: str = ""
    metadata: dict[str, str] = {}
    version: str = ""


class AskHookChange(Value, frozen=True):
    """Change a registered address, roll its secret, or remove it; what is None stays."""

    caller: Caller
    hook_id: str
    url: str | None = None
    kinds: tuple[str, ...] | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    state: Literal["enabled", "disabled", "removed"] | None = None
    secret: str | None = None


class AskInstance(Value, frozen=True):
    """Keep what a shop's server exchanged; the edge has asked it whether the token is ours."""

    account: Account
    api_url: str
    their_id: str
    token: str
    keys: dict[str, str]


class AskInstanceKeys(Value, frozen=True):
    """Its public keys, fetched anew."""

    instance_id: str
    keys: dict[str, str]


class AskSayMore(Value, frozen=True):
    """Change what was said about a thing of the caller's; an empty text takes an entry away."""

    account: Account
    about: str
    said: dict[str, str]


class AccountNotFound(NotFound, code="dialect_account_not_found"):
    """There is no such account of yours in this dialect."""


class AccountTaken(Conflict, code="dialect_account_taken", hint="GET /v1/dialects shows it."):
    """This app speaks this dialect already in this mode."""


class PublicKeyInvalid(
    Invalid,
    code="public_key_invalid",
    hint="An RSA public key of 2048 to 4096 bits: PEM, or its base 64 alone.",
):
    """This is not a public key that signatures can be checked with."""


class SettingInvalid(Invalid, code="dialect_setting_invalid"):
    """This dialect has no such setting, or it cannot have this value."""


class DialectUnknown(
    Invalid,
    code="dialect_unknown",
    hint="Use alipay, wechat, stripe, saleor or wechat_mp, where they are spoken.",
):
    """This installation does not speak that dialect."""


class HookNotFound(NotFound, code="hook_not_found"):
    """There is no such registered address of yours."""


class TooManyHooks(Conflict, code="too_many_hooks", hint="Remove one first."):
    """An account has at most 16 registered addresses."""
