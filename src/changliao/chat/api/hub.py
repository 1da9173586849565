"""Delivery: follows the outbox after commit and tells whoever is connected here.

What is told is a hint. Whoever misses it sees a gap in the numbers and fetches it; so nothing here is kept,
and a socket that is full is told later, at once, what it missed.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

import msgspec

from changliao.bus import outbox
from changliao.chat import service
from changliao.chat.api.show import conversation_row, entry_frame, frame, personal_row
from changliao.chat.events import (
    ConversationChanged,
    EntryWritten,
    MemberJoined,
    MemberLeft,
    MineChanged,
    PersonalWritten,
)
from changliao.chat.model import Member, Place
from changliao.chat.model.entries import Entry
from changliao.chat.rules.messages import unveiled
from changliao.chat.service import reading
from changliao.db.db import Db
from changliao.db.facts import FactRow
from changliao.db.tx import Commit
from changliao.kernel.fact import Fact
from changliao.kernel.refusal import Exhausted
from changliao.wire.socket import text_frame

if TYPE_CHECKING:
    from changliao.chat.api.session import Session

POLL_S = 1.0
BEAT_S = 25
SLOW_S = 30
FRESH_MAX = 5_000
GATHER_S = 0.004
MANY = 20
"""From so many listeners on it pays to gather what is said at the same time."""
PER_SECOND_BACK = 500
"""How many clients a second may come back after all were sent away."""

CROWD = 1000
"""More than a group holds: how many who hear one feed are told in one turn of the loop."""

log = logging.getLogger("changliao.chat")

_HEARD: dict[str, type[Fact]] = {
    one.kind: one
    for one in (
        ConversationChanged,
        EntryWritten,
        MemberJoined,
        MemberLeft,
        MineChanged,
        PersonalWritten,
    )
}
_WANTED = outbox.of_kinds(*_HEARD)
_DECODERS = {kind: msgspec.json.Decoder(fact) for kind, fact in _HEARD.items()}


class Hub:
    """Who is connected to this process, and what they are told."""

    def __init__(self, db: Db, news: outbox.News, *, receipts: bool) -> None:
        self.db, self._news, self.receipts = db, news, receipts
        self.epoch = ""
        self.people: dict[str, set[Session]] = {}
        self.listening: dict[str, dict[Session, int]] = {}
        """By conversation: who listens here, and beyond which number they may see."""
        self._watching: dict[str, set[Session]] = {}
        """By person: who looks at a conversation with them, and hears whether they are here."""
        self.feeds: set[str] = set()
        """Those of them that are an official account's: its followers hear nothing of each other."""
        self.crowd = CROWD
        self._crowd: asyncio.Queue[tuple[Entry, bytes, list[Session]]] = asyncio.Queue()
        self._seen = 0
        self._fresh: dict[tuple[str, int], Entry] = {}
        self._piling = False
        self._slots: list[set[Session]] = [set() for _ in range(BEAT_S)]
        self._next_slot = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to follow."""
        self.epoch = await self.db.write(service.begin_epoch, False)
        self._seen = await self.db.read(outbox.newest_seq)
        self.db.on_commit(self._remember)
        loop = asyncio.get_running_loop()
        works = (self._follow(), self._beat(), self._tell_crowds())
        self._tasks = [loop.create_task(work) for work in works]

    def farewell(self) -> None:
        """Send everybody away, to come back spread over as long as it takes."""
        sessions = [one for some in self.people.values() for one in some]
        high = max(2, len(sessions) // PER_SECOND_BACK)
        for session in sessions:
            session.bye("drain", 0, high)

    async def stop(self) -> None:
        """Follow no more."""
        self.farewell()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Who listens ----------------------------------------------------------------------------

    def add(self, session: "Session") -> None:
        """A device of a person is here."""
        mine = self.people.setdefault(session.person_id, set())
        mine.add(session)
        if len(mine) == 1:
            self._tell_here(session.person_id, here=True)
        self._next_slot = (self._next_slot + 1) % BEAT_S
        self._slots[self._next_slot].add(session)
        session.slot = self._next_slot

    def listen(self, session: "Session", places: Iterable[tuple[str, int, bool]]) -> None:
        """It hears of these conversations, beyond these numbers; whether each is a feed."""
        for conversation_id, beyond, feed in places:
            if feed:
                self.feeds.add(conversation_id)
            self.listening.setdefault(conversation_id, {})[session] = beyond
            session.places.add(conversation_id)

    def drop(self, session: "Session") -> None:
        """It has gone."""
        for conversation_id in session.places:
            self._deafen(session, conversation_id)
        session.places.clear()
        self.watch(session, "")
        self._slots[session.slot].discard(session)
        mine = self.people.get(session.person_id, set())
        mine.discard(session)
        if not mine and self.people.pop(session.person_id, None) is not None:
            self._tell_here(session.person_id, here=False)

    def watch(self, session: "Session", person_id: str) -> bool:
        """It hears from now on whether this person is here, and of nobody else; "" for nobody. Whether they
        are here now: on this process, and kept nowhere."""
        watchers = self._watching.get(session.watches, set())
        watchers.discard(session)
        if not watchers:
            self._watching.pop(session.watches, None)
        session.watches = person_id
        if person_id:
            self._watching.setdefault(person_id, set()).add(session)
        return person_id in self.people

    def is_here(self, person_id: str) -> bool:
        """Whether a device of this person is connected to this process."""
        return person_id in self.people

    def end_session(self, session_id: str) -> None:
        """Somebody signed out: what was opened in that session closes."""
        for some in list(self.people.values()):
            for session in list(some):
                if session.session_id == session_id:
                    session.bye("auth", 0, 0)

    def _deafen(self, session: "Session", conversation_id: str) -> None:
        here = self.listening.get(conversation_id, {})
        here.pop(session, None)
        if not here:
            self.listening.pop(conversation_id, None)
            self.feeds.discard(conversation_id)

    # Following ------------------------------------------------------------------------------

    async def _follow(self) -> None:
        sure = True
        while True:
            try:
                while facts := await self._news.after(self._seen, sure=sure):
                    self._piling = False
                    await self._tell_or_skip(facts)
                    self._seen = facts[-1].seq
                    if self._piling:
                        await asyncio.sleep(GATHER_S)
            except Exception:
                log.exception("delivery stumbled after fact %d", self._seen)
                await asyncio.sleep(POLL_S)
            # Other processes' commits are found when the time is up.
            sure = not await self._news.wait_for(POLL_S, _WANTED, self._seen)

    async def _tell_or_skip(self, facts: Sequence[FactRow]) -> None:
        """What cannot be told is not tried for ever. Whoever may have missed it comes back and is told what
        changed since."""
        try:
            await self._tell(facts)
        except Exhausted:
            raise
        except Exception:
            log.exception("bug in delivery of facts %d to %d", facts[0].seq, facts[-1].seq)
            self.farewell()

    def _remember(self, commit: Commit) -> None:
        """What was just written here need not be read to be told."""
        if len(self._fresh) > FRESH_MAX:
            self._fresh.clear()
        for entry in reading.written(commit):
            if entry.conversation_id in self.listening:
                self._fresh[entry.conversation_id, entry.number] = entry

    async def _tell(self, facts: Sequence[FactRow]) -> None:
        heard = [_DECODERS[one.kind].decode(one.body) for one in facts if one.kind in _DECODERS]
        rows: dict[tuple[str, str], None] = {}
        for fact in heard:
            self._move(fact, rows)
        if rows:
            await self._tell_rows(list(rows))
        wanted = [
            (fact.conversation_id, fact.number)
            for fact in heard
            if isinstance(fact, EntryWritten) and fact.conversation_id in self.listening
        ]
        if wanted:
            self._tell_entries(await self._entries(wanted))
        for fact in heard:
            if isinstance(fact, PersonalWritten) and fact.person_id in self.people:
                await self._tell_personal(fact)

    def _move(self, fact: Fact, rows: dict[tuple[str, str], None]) -> None:
        """Who listens from now on, and whose row of which conversation is another now."""
        if isinstance(fact, MemberJoined | MemberLeft | MineChanged):
            if fact.person_id in self.people:
                rows[fact.conversation_id, fact.person_id] = None
        elif isinstance(fact, ConversationChanged):
            for session in self.listening.get(fact.conversation_id, ()):
                rows[fact.conversation_id, session.person_id] = None

    async def _tell_rows(self, wanted: Sequence[tuple[str, str]]) -> None:
        by_conversation: dict[str, list[str]] = {}
        for conversation_id, person_id in wanted:
            by_conversation.setdefault(conversation_id, []).append(person_id)
        for conversation_id, persons in by_conversation.items():
            for seen in await self.db.read(_rows, conversation_id, persons):
                self._attend(seen.place)
                row = frame("chg", l=[conversation_row(seen)], cur="", more=False, full=False)
                self.tell_person(seen.place.member.person_id, text_frame(row))

    def _attend(self, place: Place) -> None:
        """Whether this member's devices hear of the conversation, as it stands now."""
        member, feed = place.member, place.conversation.kind == "account"
        for session in self.people.get(member.person_id, ()):
            if member.left_s:
                self._deafen(session, member.conversation_id)
                session.places.discard(member.conversation_id)
            else:
                self.listen(session, [(member.conversation_id, member.from_s, feed)])

    async def _entries(self, wanted: Sequence[tuple[str, int]]) -> list[Entry]:
        by_key = {key: entry for key in wanted if (entry := self._fresh.pop(key, None))}
        if missing := [key for key in wanted if key not in by_key]:
            found = await self.db.read(reading.entries_by, missing)
            by_key |= {(one.conversation_id, one.number): one for one in found}
        return [by_key[key] for key in wanted if key in by_key]

    def _tell_entries(self, entries: Sequence[Entry]) -> None:
        self._piling = _pile_up(entries, self.listening)
        for entry in entries:
            encoded = text_frame(entry_frame(unveiled(entry, "")))
            here = list(self.listening.get(entry.conversation_id, ()))
            if len(here) > self.crowd:
                self._crowd.put_nowait((entry, encoded, here))
            else:
                self._tell_some(entry, encoded, here)

    def _tell_some(self, entry: Entry, encoded: bytes, sessions: Sequence["Session"]) -> None:
        where, number = entry.conversation_id, entry.number
        here = self.listening.get(where, {})
        veiled = entry.kind == "veiled"
        own = text_frame(entry_frame(unveiled(entry, entry.sender))) if veiled else encoded
        for session in sessions:
            if number > here.get(session, number):  # Who listens no more is not told.
                mine = veiled and session.person_id == entry.sender
                session.tell(own if mine else encoded, where)

    async def _tell_crowds(self) -> None:
        """What very many hear is told to some of them at a time, so that nobody else waits for it."""
        while True:
            entry, encoded, sessions = await self._crowd.get()
            for start in range(0, len(sessions), self.crowd):
                self._tell_some(entry, encoded, sessions[start : start + self.crowd])
                await asyncio.sleep(0)

    async def _tell_personal(self, fact: PersonalWritten) -> None:
        found = await self.db.look(reading.personal, fact.person_id, fact.position - 1, 1)
        rows = [personal_row(one) for one in found]
        self.tell_person(fact.person_id, text_frame(frame("ev", l=rows, up=fact.position)))

    # Hints without a fact -------------------------------------------------------------------

    def tell_person(self, person_id: str, encoded: bytes) -> None:
        """The same frame to all devices of a person."""
        for session in self.people.get(person_id, ()):
            session.tell(encoded)

    def tell_read(self, member: Member) -> None:
        """How far a member has read: to their own devices, to the others where receipts are on."""
        said = frame(
            "rd", c=member.conversation_id, u=member.person_id, s=member.read_s, n=member.read_n
        )
        encoded = text_frame(said)
        if not self.receipts or member.conversation_id in self.feeds:
            self.tell_person(member.person_id, encoded)
            return
        for session in self.listening.get(member.conversation_id, ()):
            session.tell(encoded)

    def tell_typing(self, by: "Session", conversation_id: str) -> None:
        """That somebody types, to those who look."""
        encoded = text_frame(frame("typ", c=conversation_id, u=by.person_id))
        for session in self.listening.get(conversation_id, ()):
            if session.focus == conversation_id and session.person_id != by.person_id:
                session.tell(encoded)

    def _tell_here(self, person_id: str, *, here: bool) -> None:
        """That somebody has come or gone, to those who look."""
        if watchers := self._watching.get(person_id):
            encoded = text_frame(frame("on", u=person_id, on=here))
            for session in watchers:
                session.tell(encoded)

    # Beating --------------------------------------------------------------------------------

    async def _beat(self) -> None:
        slot = 0
        while True:
            await asyncio.sleep(1)
            slot = (slot + 1) % BEAT_S
            try:
                await self._beat_slot([one for one in self._slots[slot] if one.greeted])
            except Exception:
                log.exception("a heartbeat stumbled")

    async def _beat_slot(self, sessions: Sequence["Session"]) -> None:
        focused = sorted({one.focus for one in sessions if one.focus})
        heads = await self.db.look(reading.heads, focused) if focused else {}
        for session in sessions:
            session.beat(heads.get(session.focus, 0))


def _pile_up(entries: Sequence[Entry], listening: Mapping[str, Sized]) -> bool:
    """Whether messages come faster than they are told to so many: then a few milliseconds' worth of them
    reach each socket in one write, which costs a tenth of ten."""
    many = Counter(one.conversation_id for one in entries)
    return any(n > 1 and len(listening.get(c, ())) >= MANY for c, n in many.items())


def _rows(reader: Any, conversation_id: str, persons: Sequence[str]) -> list[reading.Seen]:
    places: list[Place] = reading.places_in(reader, conversation_id, persons)
    return reading.seen(reader, places)
