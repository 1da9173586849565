"""Facts about passkeys. What a shop or anybody else may know of them: nothing."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class PasskeyAdded(Fact, frozen=True):
    """A person registered a passkey."""

    kind: ClassVar[str] = "passkey.added"
    person_id: str
    passkey_id: str


class PasskeyRemoved(Fact, frozen=True):
    """A person took a passkey away; it is worth nothing from then on."""

    kind: ClassVar[str] = "passkey.removed"
    person_id: str
    passkey_id: str


class PasskeysLocked(Fact, frozen=True):
    """Too many wrong passkeys: locked until then."""

    kind: ClassVar[str] = "passkey.locked"
    person_id: str
    until: int
