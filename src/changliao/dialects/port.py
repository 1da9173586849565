"""The port: what speaking a dialect takes. One folder of `api` each honours it."""

from typing import Protocol, runtime_checkable

from changliao.dialects.model import Account, DialectName, Notice
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import Told
from changliao.wire.routes import Route


class KitFile(View, frozen=True):
    """One file as the dialect's SDKs expect it; `content` is text, or base 64 when `binary`."""

    name: str
    content: str
    binary: bool = False


class Draft(Value, frozen=True):
    """A new account as the edge made it: numbers, keys, and the files that are shown this once."""

    number: str
    alias: str
    public_key: str
    serial: str
    secrets: dict[str, str]
    settings: dict[str, str]
    files: list[KitFile]


class NewKey(Value, frozen=True):
    """Another key of a shop's, the files that are shown this once, and what else changes with it: what
    is None stays."""

    public_key: str
    files: list[KitFile]
    serial: str | None = None
    settings: dict[str, str] | None = None


class Check(View, frozen=True):
    """One line of a self-check: what was looked at, whether it is well, and what to do when it is not.
    `code` and `figures` say the same to a page that has words of its own for it."""

    name: str
    well: bool
    says: str
    code: str = ""
    figures: dict[str, str] = {}


class Lines(View, frozen=True):
    """What to change in a shop that uses one SDK: a few lines of its language."""

    sdk: str
    language: str
    code: str


class Setting(View, frozen=True):
    """A setting that a shop chooses, as it is: one of `choices`, or free text (one entry a line) when
    there are none."""

    name: str
    value: str
    choices: list[str] = []


@runtime_checkable
class Choosing(Protocol):
    """A dialect with settings that a shop may choose; most have none."""

    def settings(self, account: Account) -> list[Setting]:
        """Each setting and what it is now."""

    def chosen(self, name: str, value: str) -> str:
        """The value as it is kept, or SettingInvalid."""


@runtime_checkable
class Registering(Protocol):
    """A dialect that is called with keys of the app and tells addresses that a shop registers."""

    def new_secret(self, url: str) -> str:
        """A secret to sign what is sent there; refuses an address that could never be called."""

    def handed(self, key: str, secret: str) -> list[KitFile]:
        """The key, and the secret if there is one, as files that are shown this once."""


@runtime_checkable
class Keyed(Protocol):
    """A dialect in which shops sign with a key pair of their own."""

    async def rekeyed(self, account: Account, public_key: str) -> NewKey:
        """Another key for an account: the shop's own (PEM), or a pair made here where that is empty."""


class Dialect(Protocol):
    """One API of somebody else's, spoken by ours."""

    name: DialectName
    url: str
    """The root of its own host, without a slash at the end."""

    def routes(self) -> list[Route]:
        """Its addresses, at the root of its own host."""

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """How it words a refusal."""

    def broken(self, request_id: str) -> Answer:
        """How it words a bug of ours."""

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """Numbers and keys for a new account; `public_key` (PEM) is the shop's own, if it made one."""

    async def values(self, account: Account) -> dict[str, str]:
        """What a shop configures, secrets left out: the address, its numbers, our public key."""

    async def lines(self, account: Account) -> list[Lines]:
        """What to change in a shop, for each SDK that is known to work."""

    async def render(self, account: Account, notice: Notice) -> str:
        """The body of a notice, from how things stand."""

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The headers of one try, signed now."""

    def heard(self, told: Told) -> bool:
        """Whether the shop's answer means that it has heard."""

    async def checks(self, account: Account) -> list[Check]:
        """The self-check: keys match, clocks agree, the callback answers, the last request's signature."""


@runtime_checkable
class SignsAddresses(Protocol):
    """A dialect whose signature stands in the address that is called."""

    async def address(self, account: Account, notice: Notice, sent: bytes) -> str:
        """Where one try goes, signed now; `sent` is its body."""


@runtime_checkable
class TakesReplies(Protocol):
    """A dialect in which the answer to a notice says something."""

    async def replied(self, account: Account, notice: Notice, told: Told) -> None:
        """Do what the answer says, once for a notice, however often it is heard."""


@runtime_checkable
class SignsBodies(Protocol):
    """A dialect whose signature is part of the body of a notice, not of its headers."""

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """The body of one try: what was rendered, signed now."""
