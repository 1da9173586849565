"""Who calls for an app: one of its keys, or a member of the partner in the console."""

from collections.abc import Awaitable, Callable, Collection
from typing import cast

from changliao.db.db import Db
from changliao.kernel.refusal import Refusal
from changliao.partners import service
from changliao.partners.model import AppNotFound, Caller, Mode, ModeNotHere, ScopeForbids
from changliao.people.model import SignedIn
from changliao.people.service import token_hash
from changliao.wire.call import Call
from changliao.wire.http import monotonic_s
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadRequest, CrossSite, RateLimited, Unauthenticated

ON_BEHALF_OF = "Changliao-On-Behalf-Of"
_REMEMBER_S = 2.0
_REMEMBERED_MAX = 50_000


class AppGuard:
    """Takes `Authorization: Bearer sk_…`, or a person's session with `Changliao-App` and
    `Changliao-Mode`. Keys are remembered for two seconds; one that ends here is forgotten at once.

    Nobody acts for another app here: what is not about payments is open to the app itself alone."""

    scheme = "app"
    refuses: tuple[type[Refusal], ...] = (
        Unauthenticated,
        CrossSite,
        BadRequest,
        AppNotFound,
        ModeNotHere,
        RateLimited,
        ScopeForbids,
    )

    def __init__(
        self, db: Db, person: Callable[[Call], Awaitable[SignedIn]], modes: Collection[Mode]
    ) -> None:
        self._db, self._person, self._modes = db, person, modes
        self._found: dict[str, tuple[float, Caller]] = {}
        self._buckets = Buckets()

    async def __call__(self, call: Call) -> Caller:
        """The caller for its own app."""
        if call.header(ON_BEHALF_OF):
            raise ScopeForbids("This cannot be done for another app.", field=ON_BEHALF_OF)
        return await self.caller(call)

    async def caller(self, call: Call) -> Caller:
        """The caller, within its rate; Unauthenticated without one."""
        token = call.bearer
        if token.startswith("sk_"):
            caller = await self.by_key(token)
        else:
            caller = self._let_in(await self._by_person(call))
        return caller

    async def by_key(self, token: str) -> Caller:
        """Whom a key speaks for, within its rate, however it was sent; Unauthenticated if nobody."""
        return self._let_in(await self._by_key(token))

    def forget(self) -> None:
        """Some key has changed."""
        self._found.clear()

    def _let_in(self, caller: Caller) -> Caller:
        if caller.mode not in self._modes:
            raise ModeNotHere(field="Authorization")
        self._buckets.take(caller.actor, caller.per_s, caller.burst)
        return caller

    async def _by_key(self, token: str) -> Caller:
        now = monotonic_s()
        kept = self._found.get(token)
        if kept is not None and kept[0] > now:
            return kept[1]
        caller = await self._db.read(service.caller_of, token_hash(token), self._db.clock())
        if caller is None:
            raise Unauthenticated
        if len(self._found) >= _REMEMBERED_MAX:
            self._found.clear()
        self._found[token] = (now + _REMEMBER_S, caller)
        return caller

    async def _by_person(self, call: Call) -> Caller:
        app_id = call.header("changliao-app") or call.param("app")
        if not app_id:
            raise Unauthenticated
        mode = call.header("changliao-mode") or call.param("mode") or "test"
        if mode not in ("test", "live"):
            raise BadRequest("Changliao-Mode is `test` or `live`.", field="Changliao-Mode")
        who = await self._person(call)
        return await self._db.read(service.console_caller, who.person.id, app_id, cast(Mode, mode))


class AgentGuard:
    """As AppGuard, and `Changliao-On-Behalf-Of: app_…` acts for another app that lets this key's app do
    so (service provider): everything that follows is that app's. Whether it still does is looked up each
    time. For routes about payments alone."""

    scheme = AppGuard.scheme
    refuses = AppGuard.refuses

    def __init__(self, db: Db, apps: AppGuard) -> None:
        self._db, self._apps = db, apps

    async def __call__(self, call: Call) -> Caller:
        """The caller, for its own app or for the one it acts for."""
        caller = await self._apps.caller(call)
        acted_for = call.header(ON_BEHALF_OF)
        if not acted_for:
            return caller
        if not call.bearer.startswith("sk_"):
            raise AppNotFound(field=ON_BEHALF_OF)
        return await self._db.read(service.on_behalf_of, caller, acted_for)
