"""What happened to accounts in dialects."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class DialectOpened(Fact, frozen=True):
    """An app can be spoken to in a dialect from now on."""

    kind: ClassVar[str] = "dialect.opened"
    account_id: str
    dialect: str
    number: str
    actor: str


class DialectChanged(Fact, frozen=True):
    """Keys or settings of an account have changed; which ones."""

    kind: ClassVar[str] = "dialect.changed"
    account_id: str
    dialect: str
    what: str
    actor: str


class DialectClosed(Fact, frozen=True):
    """An app is no longer spoken to in a dialect."""

    kind: ClassVar[str] = "dialect.closed"
    account_id: str
    dialect: str
    actor: str


class InstanceRegistered(Fact, frozen=True):
    """A shop's server has exchanged a token with us, for the first time or anew."""

    kind: ClassVar[str] = "dialect.instance_registered"
    account_id: str
    dialect: str
    instance_id: str
    api_url: str
