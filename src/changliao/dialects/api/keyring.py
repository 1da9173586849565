"""Accounts and our own key pairs as the edges use them: read once, kept for a moment."""

from collections.abc import Awaitable, Callable

from changliao.db.db import Db
from changliao.dialects import service
from changliao.dialects.model import Account, AskPlatformKey, DialectName, PlatformKey
from changliao.kernel.value import Value
from changliao.partners.model import Caller, Mode
from changliao.wire.http import monotonic_s
from changliao.wire.rsa import RsaPool

_REMEMBER_S = 2.0
_REMEMBERED_MAX = 50_000

Make = Callable[[RsaPool], Awaitable[AskPlatformKey]]
"""Makes a first key pair of ours in a dialect and mode."""


class Known(Value, frozen=True):
    """An account with its opened secrets, and whom it speaks for."""

    account: Account
    secrets: dict[str, str]
    caller: Caller


class OurKey(Value, frozen=True):
    """A key pair of ours, opened."""

    key: PlatformKey
    private_key: bytes


class Keyring:
    """Finds accounts by number, remembered for two seconds, and our key pairs, remembered for ever."""

    def __init__(self, db: Db, pool: RsaPool) -> None:
        self._db, self.pool = db, pool
        self._known: dict[tuple[DialectName, str], tuple[float, Known | None]] = {}
        self._speaking: dict[tuple[DialectName, str], tuple[float, Account]] = {}
        self._ours: dict[tuple[DialectName, Mode], OurKey] = {}

    async def known(self, dialect: DialectName, number: str) -> Known | None:
        """The open account with this number."""
        now = monotonic_s()
        kept = self._known.get((dialect, number))
        if kept is not None and kept[0] > now:
            return kept[1]
        account = await self._db.read(service.account_by_number, dialect, number)
        found = None if account is None else await self.opened(account)
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.clear()
        self._known[dialect, number] = (now + _REMEMBER_S, found)
        return found

    async def speaking(self, dialect: DialectName, caller: Caller) -> Account | None:
        """The open account of an app that calls with a key of its own."""
        now = monotonic_s()
        kept = self._speaking.get((dialect, caller.audience))
        if kept is not None and kept[0] > now:
            return kept[1]
        found = await self._db.look(service.account_of_app, dialect, caller.app_id, caller.mode)
        if found is not None:
            if len(self._speaking) >= _REMEMBERED_MAX:
                self._speaking.clear()
            self._speaking[dialect, caller.audience] = (now + _REMEMBER_S, found)
        return found

    async def opened(self, account: Account) -> Known:
        """The account with its secrets opened."""
        caller = await self._db.read(service.caller_as, account)
        return Known(account, service.secrets_of(self._db.vault, account), caller)

    def forget(self) -> None:
        """Some account has changed."""
        self._known.clear()
        self._speaking.clear()

    async def ours(self, dialect: DialectName, mode: Mode, make: Make) -> OurKey:
        """Our key pair in a dialect and mode; made when it is needed first."""
        kept = self._ours.get((dialect, mode))
        if kept is None:
            key = await self._db.read(service.platform_key, dialect, mode)
            if key is None:
                key = await self._db.write(service.keep_platform_key, await make(self.pool))
            kept = OurKey(key, service.private_key_of(self._db.vault, key))
            self._ours[dialect, mode] = kept
        return kept
