"""What the routes and the socket share."""

from typing import Annotated, Any, Protocol

import msgspec

from changliao.chat import model as m
from changliao.chat import service
from changliao.chat.api.hub import Hub
from changliao.chat.model.entries import COUNTED
from changliao.chat.service import reading
from changliao.db.db import Db
from changliao.kernel.value import Value, View
from changliao.people.model.shown import Check, Passed, unasked
from changliao.wire.limits import Buckets

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A number of a log: as large as every JSON reader keeps exactly, and both databases hold."""


LOOKED_AT = COUNTED | {"edit"}
"""The kinds that say something: a gate looks at them before they are written."""


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

    @property
    def check(self) -> Check:
        """What looks at names and notices; refuses with WordsNotShown."""


class NoScreen:
    """Lets everybody say everything."""

    def count(self, person_id: str, what: str) -> None:
        """Nobody is counted."""

    def judge(self, conversation_id: str, kind: str, body: bytes) -> m.Verdict:
        """All may pass."""
        return m.Verdict()

    def check(self, **texts: str | tuple[str, ...] | None) -> Passed:
        """All may pass."""
        return unasked


class Gate(Protocol):
    """What may look at a message before it is written. It is asked in the loop and never in the lane."""

    def watches(self, conversation_id: str) -> bool:
        """Whether anything looks at what is written here; from memory."""

    async def look(self, wish: m.Wish) -> None:
        """Wait for the answer, within the gate's own time; GateRefuses or GateSilent."""


class NoGate:
    """Nobody looks."""

    def watches(self, conversation_id: str) -> bool:
        """Nowhere."""
        return False

    async def look(self, wish: m.Wish) -> None:
        """There is nobody to ask."""


class Desk:
    """What the routes and the socket share: the database, the limits, what this edition allows, and what
    looks at messages first."""

    def __init__(
        self,
        db: Db,
        hub: Hub,
        limits: Limits,
        caps: Caps,
        url: str,
        screen: Screen | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.db, self.hub, self.limits, self.caps, self.url = db, hub, limits, caps, url
        self.screen: Screen = screen or NoScreen()
        self.gate: Gate = gate or NoGate()
        self._buckets = Buckets()

    def count(self, person_id: str, kind: str) -> None:
        """One more entry of this kind of this person; RateLimited when they are too fast, Silenced when they
        may write nowhere."""
        self.screen.count(person_id, kind)
        self._buckets.take(person_id, self.limits.per_s, self.limits.burst)

    def naming(self, person_id: str, **texts: str | None) -> Passed:
        """Something that others read where it stands: a title, a notice, what one is called. WordsNotShown
        for what is not let through, Silenced and RateLimited as for a message."""
        if all(text is None for text in texts.values()):
            return unasked
        self.screen.count(person_id, "note")
        return self.screen.check(**texts)

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

    def is_watched(self, ask: m.AskPost) -> bool:
        """Whether something must be asked before this is written: it says what was not said before."""
        return ask.kind in LOOKED_AT and self.gate.watches(ask.conversation_id)

    async def admit(self, ask: m.AskPost) -> None:
        """Ask whatever looks at messages here; GateRefuses or GateSilent."""
        if self.is_watched(ask):
            piece = m.Piece(ask.client_id, ask.kind, ask.body, ask.ref)
            await self.gate.look(m.Wish(ask.person_id, ask.conversation_id, (piece,)))

    async def admit_forward(self, ask: m.AskForward) -> None:
        """The same for messages that are sent on."""
        if self.gate.watches(ask.to_id):
            found = await self.db.read(reading.to_forward, ask)
            pieces = tuple(
                m.Piece(f"{ask.client_id}.{one.number}", one.kind, one.body.encode())
                for one in found
            )
            await self.gate.look(m.Wish(ask.person_id, ask.to_id, pieces))

    async def read(self, person_id: str, conversation_id: str, number: int) -> None:
        """A person has read up to this number; their other devices hear of it."""
        ask = m.AskRead(person_id, conversation_id, number)
        member, moved = await self.db.write(service.read, ask)
        if moved:
            self.hub.tell_read(member)
