"""Tokens that open a socket: signed for ten minutes, so that nobody need ask the database who comes in. A
session that ends is known here within a second, from the outbox, and its tokens are worth nothing then."""

import asyncio
import hmac
import logging
from collections.abc import Callable

import msgspec

from changliao.bus.outbox import BATCH_MAX, News, facts_of_kind, newest_seq
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.kernel.instant import MINUTE_US, Instant, rfc3339
from changliao.kernel.refusal import Exhausted
from changliao.kernel.value import View
from changliao.people import service
from changliao.people.events import SessionEnded
from changliao.people.model import Session, SignedIn, SocketTokenInvalid
from changliao.wire.call import Call
from changliao.wire.routes import CREATED, Guard, Routes
from changliao.wire.sign import base64url, from_base64url

log = logging.getLogger("changliao.people")

LASTS_US = 10 * MINUTE_US
LOOK_AGAIN_S = 0.5
GATHER_S = 0.1
"""Facts of other processes are looked for twice a second, our own a tenth of a second after their commit:
under load that is ten looks a second, whatever is written."""

_VERSION = "v1"
_TOKEN_MAX = 512

Ended = Callable[[str], None]


class SocketTokens:
    """Signs and checks, and remembers who was signed out while a token of theirs may still be about."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._key = db.vault.derive("socket tokens")
        self._ended: dict[str, int] = {}
        self._callbacks: list[Ended] = []
        self._seq = 0

    def sign(self, session: Session, now: int) -> tuple[str, int]:
        """A token for a session that is open, and when it expires: in ten minutes, or with the session."""
        expires = min(now + LASTS_US, session.expires_at)
        body = msgspec.json.encode((session.person_id, session.id, expires))
        signed = f"{_VERSION}.{base64url(body)}"
        return f"{signed}.{self._mac(signed)}", expires

    def check(self, token: str, now: int) -> tuple[str, str, int]:
        """Person, session and expiry, without a look into the database. SocketTokenInvalid for a token that
        is none of ours, has expired, or whose session has ended."""
        signed, _, mac = token[: _TOKEN_MAX + 1].rpartition(".")
        version, _, text = signed.partition(".")
        right = hmac.compare_digest(self._mac(signed).encode(), mac.encode("utf-8", "replace"))
        if not right or version != _VERSION:
            raise SocketTokenInvalid(field="tok")
        person_id, session_id, expires = _BODY.decode(from_base64url(text) or b"")
        if now >= expires or session_id in self._ended:
            raise SocketTokenInvalid(field="tok")
        return person_id, session_id, expires

    async def renew(self, session_id: str) -> tuple[str, int]:
        """A new token over a socket that is open already, and when it expires. One look into the database:
        SocketTokenInvalid when the session has ended or run out."""
        now = self._db.clock()
        session = await self._db.look(service.session, session_id)
        if session is None or session.ended_at or session.expires_at <= now:
            raise SocketTokenInvalid(field="tok")
        return self.sign(session, now)

    def on_ended(self, callback: Ended) -> None:
        """Call this in the loop with the id of each session that ends, here or in another process, within a
        second."""
        self._callbacks.append(callback)

    @property
    def remembered(self) -> set[str]:
        """The sessions whose end is still kept in mind."""
        return set(self._ended)

    async def load(self) -> None:
        """Learn which sessions ended in the last ten minutes; before the first token is checked."""
        since = self._db.clock() - LASTS_US
        self._seq, ended = await self._db.read(_stand, since)
        self._ended = {session.id: session.ended_at + LASTS_US for session in ended}

    async def run(self, news: News) -> None:
        """Hear of sessions that end, for ever."""
        while True:
            try:
                while await self._hear():
                    pass
            except Exhausted as busy:
                await asyncio.sleep(busy.retry_after_s)
            except Exception:
                log.exception("sign-outs stumbled after fact %d", self._seq)
            await news.wait(LOOK_AGAIN_S)
            await asyncio.sleep(GATHER_S)

    async def _hear(self) -> bool:
        """Take in one batch; whether there may be another."""
        newest, facts = await self._db.read(_ended_after, self._seq)
        more = len(facts) == BATCH_MAX
        self._seq = facts[-1].seq if more else max(newest, self._seq)
        for fact in facts:
            self._end(msgspec.json.decode(fact.body, type=SessionEnded).session_id, fact.at)
        return more

    def _end(self, session_id: str, at: int) -> None:
        for old, until in list(self._ended.items()):  # In the order in which they ended.
            if until > at:
                break
            del self._ended[old]
        self._ended[session_id] = at + LASTS_US
        for callback in self._callbacks:
            callback(session_id)

    def _mac(self, signed: str) -> str:
        return base64url(hmac.digest(self._key, signed.encode("utf-8", "replace"), "sha256"))


_BODY = msgspec.json.Decoder(tuple[str, str, int])


def _stand(reader: Reader, since: int) -> tuple[int, list[Session]]:
    return newest_seq(reader), service.ended_since(reader, since)


def _ended_after(reader: Reader, seq: int) -> tuple[int, list[FactRow]]:
    return newest_seq(reader), facts_of_kind(reader, SessionEnded.kind, seq, BATCH_MAX)


class SocketView(View, frozen=True):
    """What opens a socket: the token goes into its first frame, never into an address."""

    token: str
    url: str
    expires_at: str


def socket_address(base_url: str) -> str:
    """Where the socket is, for an installation at this address."""
    return f"ws{base_url.removeprefix('http')}/v1/socket"


def routes(db: Db, guard: Guard[SignedIn], tokens: SocketTokens, base_url: str) -> Routes:
    """The door to the socket."""
    api = Routes("People")
    url = socket_address(base_url)

    @api.post("/v1/sessions/socket", guard=guard, answers=SocketView, status=CREATED)
    async def open_socket(call: Call) -> SocketView:
        """A token for the socket, good for ten minutes; over the socket it is renewed."""
        token, expires = tokens.sign(call.who.session, db.clock())
        return SocketView(token, url, rfc3339(Instant(expires)))

    return api
