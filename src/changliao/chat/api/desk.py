"""What the routes and the socket share."""

from typing import Annotated, Any, Protocol

import msgspec

from changliao.chat import model as m
from changliao.chat import service
from changliao.chat.api.hub import Hub
from changliao.db.db import Db
from changliao.kernel.value import Value, View
from changliao.wire.limits import Buckets

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A number of a log: as large as every JSON reader keeps exactly, and both databases hold."""


class Tokens(Protocol):
    """Tokens of a few minutes, by which a socket is known without asking the database."""

    def check(self, token: str, now: int) -> tuple[str, str, int]:
        """Person, session, end; refuses what is none of ours, has ended, or was signed out."""

    async def renew(self, session_id: str) -> tuple[str, int]:
        """A fresh token of a session that is open, and when it ends; refuses others."""


class Limits(Value, frozen=True):
    """How fast a person may write: messages a second on average, and at once."""

    per_s: int
    burst: int


class Caps(View, frozen=True):
    """What this edition lets people do beyond talking: see how far others have read, that they type, that
    they are there; change what they wrote; see what is behind a link."""

    receipts: bool
    typing: bool
    presence: bool
    editing: bool
    previews: bool


class Screen(Protocol):
    """Who may do how much, and which words are let through."""

    def count(self, person_id: str, what: str) -> None:
        """One more of this kind of doing (the kind of an entry, `group`, `join`); refuses with Silenced and
        RateLimited."""

    def judge(self, conversation_id: str, kind: str, body: bytes) -> m.Verdict:
        """What becomes of this body; refuses with WordsRefused."""


class NoScreen:
    """Lets everybody say everything."""

    def count(self, person_id: str, what: str) -> None:
        """Nobody is counted."""

    def judge(self, conversation_id: str, kind: str, body: bytes) -> m.Verdict:
        """All may pass."""
        return m.Verdict()


class Desk:
    """What the routes and the socket share: the database, the limits, what this edition allows."""

    def __init__(
        self, db: Db, hub: Hub, limits: Limits, caps: Caps, url: str, screen: Screen | None = None
    ) -> None:
        self.db, self.hub, self.limits, self.caps, self.url = db, hub, limits, caps, url
        self.screen: Screen = screen or NoScreen()
        self._buckets = Buckets()

    def count(self, person_id: str, kind: str) -> None:
        """One more entry of this kind of this person; RateLimited when they are too fast, Silenced when they
        may write nowhere."""
        self.screen.count(person_id, kind)
        self._buckets.take(person_id, self.limits.per_s, self.limits.burst)

    def posting(self, person_id: str, conversation_id: str, client_id: str, said: Any) -> m.AskPost:
        """The ask of a message that came in by HTTP or socket; WordsRefused for what is not let through."""
        body = bytes(said.b)
        verdict = self.screen.judge(conversation_id, said.k, body)
        return m.AskPost(
            person_id,
            conversation_id,
            client_id,
            said.k,
            body,
            said.r,
            said.at,
            self.caps.editing,
            self.caps.previews,
            verdict.veiled,
            verdict.flagged,
        )

    async def read(self, person_id: str, conversation_id: str, number: int) -> None:
        """A person has read up to this number; their other devices hear of it."""
        ask = m.AskRead(person_id, conversation_id, number)
        member, moved = await self.db.write(service.read, ask)
        if moved:
            self.hub.tell_read(member)
