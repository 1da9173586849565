"""Following the outbox: every fact exactly once, in order, whatever crashes."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.facts import FACTS, FactRow
from changliao.db.table import Table
from changliao.db.tx import Commit, Tx
from changliao.kernel.refusal import Exhausted
from changliao.kernel.value import Value

BATCH_MAX = 500
POLL_S = 1.0
QUIET_S = 0.02
"""After so long without news it is written down how far followers are."""
TAIL_MAX = 4_000
"""So many of the newest facts are kept in memory."""
CARELESS_S = 0.03
"""Who did not care does not look again sooner: on most servers nobody would for days."""
UNKEPT_MAX = 10_000
"""So many facts that it does not want a follower may pass without writing down that it has."""

log = logging.getLogger("changliao.bus")


class Cursor(Value, frozen=True):
    """A follower has seen all facts up to `seq`."""

    name: str
    seq: int


CURSORS = Table("bus_cursors", Cursor, key="name")

Heard = Callable[[Tx, Sequence[FactRow]], None]
Cares = Callable[[Reader, Sequence[FactRow]], bool]
Wants = frozenset[str]
"""Kinds of facts that a follower has anything to do with, or one of the two below."""

for_an_audience: Wants = frozenset({"*app"})
"""Facts that an app may read."""
_EVERY: Wants = frozenset({"*"})

_WANTS: dict[Heard, Wants] = {}


def hears(wants: Wants) -> Callable[[Heard], Heard]:
    """Say which facts a follower is for: it is given no others, and they do not wake it."""

    def register(heard: Heard) -> Heard:
        _WANTS[heard] = wants
        return heard

    return register


def of_kinds(*kinds: str) -> Wants:
    """Facts of these kinds."""
    return frozenset(kinds)


def wanted(wants: Wants, facts: Sequence[FactRow]) -> list[FactRow]:
    """Those of the facts that are wanted."""
    if wants is _EVERY:
        return list(facts)
    if wants is for_an_audience:
        return [fact for fact in facts if fact.audience]
    return [fact for fact in facts if fact.kind in wants]


class AskAdvance(Value, frozen=True):
    """Let a follower hear these facts, if its cursor still is where it left it. They are all that it
    wants of those up to `upto`; 0 is the last of them."""

    name: str
    seq: int
    facts: list[FactRow]
    heard: Heard
    upto: int = 0


def advance(tx: Tx, ask: AskAdvance) -> int:
    """Hear the facts and move the cursor in one transaction, so each is heard once; answers where it is.

    Another process may have been quicker: then nothing is heard here. What lies at or before the cursor
    was heard, whoever did it, and is not heard again.
    """
    cursor = tx.get(CURSORS, ask.name)
    stands = cursor.seq if cursor else 0
    upto = ask.upto or ask.facts[-1].seq
    if stands != ask.seq or upto <= stands:
        return stands
    if facts := [one for one in ask.facts if one.seq > stands]:
        ask.heard(tx, facts)
    moved = Cursor(ask.name, upto)
    if cursor is None:
        tx.add(CURSORS, moved)
    else:
        tx.put(CURSORS, moved)
    return upto


def catch_up(tx: Tx, asks: Sequence[AskAdvance]) -> list[int]:
    """Where several followers are after they were moved on."""
    return [advance(tx, ask) for ask in asks]


def facts_after(reader: Reader, seq: int, limit: int) -> list[FactRow]:
    """Facts with greater numbers, in order."""
    return reader.rows(FACTS, "WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)


def facts_of_kind(reader: Reader, kind: str, seq: int, limit: int) -> list[FactRow]:
    """Facts of one kind with greater numbers, in order. For who has heard nearly everything: it passes over
    all that came since."""
    return reader.rows(FACTS, "WHERE seq > ? AND kind = ? ORDER BY seq LIMIT ?", seq, kind, limit)


def facts_for(
    reader: Reader, audience: str, seq: int, kind: str, limit: int, since: int = 0
) -> list[FactRow]:
    """What an audience may read, with greater numbers and from the moment `since` on, in order; `kind`
    empty for all."""
    found = _facts_for(reader, audience, seq, kind, limit)
    if found and found[0].at < since:
        return _facts_for(reader, audience, last_before(reader, since), kind, limit)
    return found


def last_before(reader: Reader, moment: int) -> int:
    """The number of the last fact before a moment; halving finds it, as time never falls as numbers grow."""
    low, high = 0, newest_seq(reader)
    while low < high:
        middle = (low + high + 1) // 2
        [(at,)] = reader.query("SELECT at FROM facts WHERE seq = ?", middle)
        low, high = (middle, high) if at < moment else (low, middle - 1)
    return low


def _facts_for(reader: Reader, audience: str, seq: int, kind: str, limit: int) -> list[FactRow]:
    where, args = "WHERE audience = ? AND audience <> '' AND seq > ?", [audience, seq]
    if kind:
        where, args = where + " AND kind = ?", [*args, kind]
    return reader.rows(FACTS, f"{where} ORDER BY seq LIMIT ?", *args, limit)


def facts_before(
    reader: Reader, audience: str, seqs: tuple[int, int], kinds: Sequence[str], limit: int
) -> list[FactRow]:
    """What an audience may read of these kinds, with numbers between the two given, newest first."""
    where = f"audience = ? AND audience <> '' AND seq > ? AND seq < ? AND {_in(kinds)}"
    tail = f"WHERE {where} ORDER BY seq DESC LIMIT ?"
    return reader.rows(FACTS, tail, audience, *seqs, *kinds, limit)


def facts_since(
    reader: Reader, audience: str, seqs: tuple[int, int], kinds: Sequence[str], limit: int
) -> list[FactRow]:
    """The same, oldest first."""
    where = f"audience = ? AND audience <> '' AND seq > ? AND seq < ? AND {_in(kinds)}"
    return reader.rows(FACTS, f"WHERE {where} ORDER BY seq LIMIT ?", audience, *seqs, *kinds, limit)


def fact(reader: Reader, seq: int) -> FactRow | None:
    """The fact with this number."""
    return reader.get(FACTS, seq)  # type: ignore[no-any-return]


def _in(kinds: Sequence[str]) -> str:
    return f"kind IN ({', '.join('?' * len(kinds))})"


def facts_about(reader: Reader, about: str, limit: int = 500) -> list[FactRow]:
    """Everything that happened to one thing."""
    return reader.rows(FACTS, "WHERE about = ? ORDER BY seq LIMIT ?", about, limit)


def facts_about_before(reader: Reader, about: str, before: int, limit: int) -> list[FactRow]:
    """What happened to one thing, newest first; `before` 0 begins with the newest."""
    tail = "WHERE about = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
    return reader.rows(FACTS, tail, about, before or 2**62, limit)


def newest_seq(reader: Reader) -> int:
    """The number of the newest fact."""
    rows = reader.query("SELECT MAX(seq) FROM facts")
    return rows[0][0] or 0


class Follower:
    """One who hears facts: how far it is, and how far it is written down that it is."""

    def __init__(self, name: str, heard: Heard, kept: int) -> None:
        self.name, self.heard = name, heard
        self.wants = _WANTS.get(heard, _EVERY)
        self.seq = self.kept = kept

    def advance(self, facts: list[FactRow], upto: int) -> AskAdvance:
        """What moves it there; these are the facts it wants on the way."""
        return AskAdvance(self.name, self.kept, facts, self.heard, upto)


class News:
    """Wakes whoever waits for something to have happened, and knows the newest facts of this process."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._waiting: set[asyncio.Future[None]] = set()
        self._wanting: dict[asyncio.Future[None], Wants] = {}
        self._tables: dict[str, set[asyncio.Future[None]]] = {}
        self._tail: list[FactRow] = []
        self._newest: dict[str, int] = {}  # By what is wanted: the last such fact.
        self.followers: list[Follower] = []
        self._about: dict[str, set[asyncio.Future[None]]] = {}
        self._seen, self._looking = 0, False
        db.on_commit(self._committed)

    async def wait(self, timeout_s: float) -> bool:
        """Wait until something commits here, or the time is up (other processes' commits count then)."""
        return await self._wait(timeout_s, [self._waiting])

    async def wait_for(self, timeout_s: float, wants: Wants, seq: int) -> bool:
        """Wait until such a fact commits here, or the time is up. For who has seen all up to `seq`: when
        there is one already, or more than is remembered, nobody waits."""
        if self._last(wants) > seq or (self._tail and self._tail[0].seq > seq + 1):
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanting[future] = wants
        try:
            return await _in_time(future, timeout_s)
        finally:
            self._wanting.pop(future, None)

    async def wait_for_table(self, timeout_s: float, table: str) -> bool:
        """Wait until something of this table commits here, or the time is up."""
        return await self._wait(timeout_s, [self._tables.setdefault(table, set())])

    async def after(self, seq: int, *, sure: bool = True) -> list[FactRow]:
        """Some facts with greater numbers, in order: out of memory if they are ours and new. Unless one
        must be `sure`, the facts that other processes have just written may be missing."""
        tail = self._tail
        if tail and tail[0].seq <= seq + 1:
            begin = seq + 1 - tail[0].seq
            if begin < len(tail) or not sure:
                return tail[begin : begin + BATCH_MAX]
        return await self._db.look(facts_after, seq, BATCH_MAX)

    @property
    def newest(self) -> int:
        """The number of the newest fact that was written here; 0 before there is one."""
        return self._tail[-1].seq if self._tail else 0

    def passed(self) -> list[tuple[Follower, AskAdvance]]:
        """Followers that are further than is written down, and what moves them there: beyond all that is
        newest, if there is nothing for them in it."""
        found = []
        for one in self.followers:
            upto = self.unwanted_up_to(one)
            if one.kept < upto:
                found.append((one, one.advance([], upto)))
        return found

    def unwanted_up_to(self, one: Follower) -> int:
        """How far it is if it passes what is nothing to it, as far as is known here."""
        tail = self._tail
        if not tail or one.seq + 1 < tail[0].seq or self._last(one.wants) > one.seq:
            return one.seq
        return max(one.seq, tail[-1].seq)

    def _last(self, wants: Wants) -> int:
        """The number of the newest fact that is wanted, of those that were written here."""
        return max([self._newest.get(kind, 0) for kind in wants], default=0)

    async def wait_about(self, timeout_s: float, *things: str) -> bool:
        """Wait until a fact about one of these things is known, or the time is up.

        Thousands may wait: each commit is read once for all of them, and only those it is about wake.
        """
        if not self._about:
            self._seen = await self._db.read(newest_seq)
            self._begin_looking()  # For what commits before this one is in the list.
        try:
            return await self._wait(timeout_s, [self._about.setdefault(t, set()) for t in things])
        finally:
            for thing in things:
                if not self._about.get(thing, True):
                    del self._about[thing]

    async def _wait(self, timeout_s: float, places: list[set[asyncio.Future[None]]]) -> bool:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for place in places:
            place.add(future)
        try:
            return await _in_time(future, timeout_s)
        finally:
            for place in places:
                place.discard(future)

    def _committed(self, commit: Commit) -> None:
        if facts := commit.new(FACTS):
            new = self._remember(facts)
            for future, wants in self._wanting.items():
                if not future.done() and not new.isdisjoint(wants):
                    future.set_result(None)
        for table in commit.tables & self._tables.keys():
            _wake(self._tables[table])
        _wake(self._waiting)
        if self._about:
            self._begin_looking()

    def _remember(self, facts: list[FactRow]) -> set[str]:
        """Keep what was written; what of it is wanted, by those who want such."""
        if self._tail and facts[0].seq != self._tail[-1].seq + 1:
            self._tail = []  # Another process has written in between.
        self._tail += facts
        if len(self._tail) > 2 * TAIL_MAX:
            del self._tail[:-TAIL_MAX]
        new = {fact.kind: fact.seq for fact in facts}
        new |= dict.fromkeys(_EVERY, facts[-1].seq)
        if for_apps := wanted(for_an_audience, facts):
            new |= dict.fromkeys(for_an_audience, for_apps[-1].seq)
        self._newest |= new
        return set(new)

    def _begin_looking(self) -> None:
        if not self._looking:
            self._looking = True
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        try:
            # Until nothing is new: what commits while we look would otherwise wait for the next one.
            while facts := await self._db.look(facts_after, self._seen, BATCH_MAX):
                for fact in facts:
                    self._seen = fact.seq
                    _wake(self._about.get(fact.about, set()))
        finally:
            self._looking = False


async def _in_time(future: "asyncio.Future[None]", timeout_s: float) -> bool:
    try:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with news.
        async with asyncio.timeout(timeout_s):
            await future
    except TimeoutError:
        return False
    return True


def _wake(waiting: set[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)


async def follow(db: Db, news: News, name: str, heard: Heard, cares: Cares | None = None) -> None:
    """Let `heard(tx, facts)` see every fact that it wants (`hears`), for ever; a bug in it is logged and
    tried again. Facts that it does not want it passes without a write; `keep_cursors` writes that down.

    `cares` may look at those that it wants and say that it has nothing to do with them. After a crash it
    is asked again, so it must say so again, or `heard` must not mind."""
    cursor = await db.read(lambda reader: reader.get(CURSORS, name))
    one, sure = Follower(name, heard, cursor.seq if cursor else 0), True
    news.followers.append(one)
    while True:
        try:
            newest = news.unwanted_up_to(one)
            if facts := await news.after(newest, sure=sure):
                newest = facts[-1].seq
            told = wanted(one.wants, facts)
            careless = told and cares is not None and not await db.look(cares, told)
            if careless:
                told = []
            if told or newest - one.kept > UNKEPT_MAX:
                newest = one.kept = await db.write(advance, one.advance(told, newest))
            one.seq = newest
            if careless:
                await asyncio.sleep(CARELESS_S)
            if facts:
                continue
        except Exhausted as busy:
            await asyncio.sleep(busy.retry_after_s)
        except Exception:
            log.exception("follower %s stumbled after fact %d", name, one.seq)
            await asyncio.sleep(POLL_S)
        sure = not await news.wait_for(POLL_S, one.wants, one.seq)


async def keep_cursors(db: Db, news: News) -> None:
    """Write down how far all followers are whenever there is quiet, with one write for all of them: who
    starts again need not hear what was nothing to it."""
    while True:
        await news.wait(POLL_S)
        newest = -1
        while (
            newest != news.newest
        ):  # Not by waiting: a busy server commits hundreds of times a second.
            newest = news.newest
            await asyncio.sleep(QUIET_S)
        try:
            if passed := news.passed():
                stand = await db.write(catch_up, [ask for _, ask in passed])
                for (one, ask), kept in zip(passed, stand, strict=True):
                    if one.kept == ask.seq:
                        one.kept = kept
        except Exhausted as busy:
            await asyncio.sleep(busy.retry_after_s)
        except Exception:
            log.exception("cursors were not kept")
