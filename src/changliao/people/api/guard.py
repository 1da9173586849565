"""Who is signed in: by a cookie on our own pages, by a bearer token in apps."""

import contextlib

from changliao.db.db import Db
from changliao.kernel.refusal import Exhausted, Refusal
from changliao.people import service
from changliao.people.model import OperatorOnly, SignedIn
from changliao.people.model.devices import AskSeen
from changliao.people.rules.devices import worth_noting
from changliao.people.service.devices import see_session
from changliao.wire.call import Call
from changliao.wire.http import monotonic_s, same_site
from changliao.wire.refusals import CrossSite, Unauthenticated

COOKIE = "changliao_session"
_REMEMBER_S = 2.0
_REMEMBERED_MAX = 50_000


class PersonGuard:
    """Finds the session of a token. Found ones are remembered for two seconds; a session that ends
    here is forgotten at once, one that ends in another process within that time."""

    scheme = "person"
    refuses: tuple[type[Refusal], ...] = (Unauthenticated, CrossSite)

    def __init__(self, db: Db) -> None:
        self._db = db
        self._found: dict[bytes, tuple[float, SignedIn]] = {}

    async def __call__(self, call: Call) -> SignedIn:
        """The person; Unauthenticated without one. A cookie is believed from our own pages only."""
        if token := call.bearer:
            wanted = "bearer"
        else:
            token, wanted = call.cookie(COOKIE), "cookie"
            if token:
                same_site(call)
        found = await self._find(token) if token else None
        if found is None or found.session.transport != wanted:
            raise Unauthenticated
        if worth_noting(found.session, self._db.clock()):
            await self._seen(found, call)
        return found

    async def maybe(self, call: Call) -> SignedIn | None:
        """The person, or None when nobody is signed in."""
        try:
            return await self(call)
        except Unauthenticated:
            return None

    def forget(self, session_id: str) -> None:
        """A session has ended."""
        self._found = {k: v for k, v in self._found.items() if v[1].session.id != session_id}

    async def _seen(self, found: SignedIn, call: Call) -> None:
        """Note it, once an hour; a lane that is full has better things to do."""
        self.forget(found.session.id)  # So that the next request reads when it was seen.
        with contextlib.suppress(Exhausted):
            await self._db.write(see_session, AskSeen(found.session.id, call.client_ip))

    async def _find(self, token: str) -> SignedIn | None:
        hashed, now = service.token_hash(token), monotonic_s()
        kept = self._found.get(hashed)
        if kept is not None and kept[0] > now:
            return kept[1]
        found = await self._db.look(service.signed_in, hashed, self._db.clock())
        if found is not None:
            if len(self._found) >= _REMEMBERED_MAX:
                self._found.clear()
            self._found[hashed] = (now + _REMEMBER_S, found)
        return found


class OperatorGuard:
    """Lets those in who run this installation; for everybody else there is nothing here."""

    scheme = PersonGuard.scheme
    refuses: tuple[type[Refusal], ...] = (*PersonGuard.refuses, OperatorOnly)

    def __init__(self, person: PersonGuard) -> None:
        self._person = person

    async def __call__(self, call: Call) -> SignedIn:
        """The operator who calls."""
        found = await self._person(call)
        if not found.person.operator:
            raise OperatorOnly
        return found
