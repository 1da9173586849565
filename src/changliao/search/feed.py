"""Search as a process has it: an index that follows the outbox, and answers meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from changliao.db.db import Books
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.kernel.refusal import Exhausted
from changliao.search.place import BEST, Place, take_place
from changliao.search.port import Damaged, Found, Index, Query
from changliao.search.source import Changes, Reads, Source

BATCH_MAX = 300
COMMIT_S = 1.0
"""At least so long between two commits: each writes files and makes them safe."""
POLL_S = 1.0
GATHER_S = 0.05
"""How long news is gathered before it is read: a busy lane commits hundreds of times a second."""
UNMARKED_MAX = 10_000
"""Facts that say nothing to the index are not worth a commit until there are so many of them."""
WAIT_MAX_S = 60.0
ASKING_MAX = 256
"""Questions that wait for the one thread that answers them."""

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger("changliao.search")


FactsAfter = Callable[[Reader, int, int], list[FactRow]]


class SearchBusy(Exhausted, code="search_busy", hint="Try again in a few seconds."):
    """Too many are searching, or the search index is being made anew."""


class Search:
    """The index of this process: `open` it, let `run` follow the outbox, ask `find`.

    The index lags behind by about a second. It holds how far of the outbox it is in its own commits, so
    after a crash nothing is lost or doubled. One thread writes to it and one reads from it, so that neither
    keeps the loop waiting.
    """

    def __init__(
        self,
        books: Books,
        facts_after: FactsAfter,
        sources: Sequence[Source],
        folder: Path,
        *,
        engine: Callable[[Path], Index] = BEST,
    ) -> None:
        self._books, self._facts_after = books, facts_after
        self._readers: dict[str, list[Reads]] = {}
        for source in sources:
            for kind, reads in source.reads.items():
                self._readers.setdefault(kind, []).append(reads)
        self._folder, self._engine = folder, engine
        self._place: Place | None = None
        self._index: Index | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="search-write")
        self._finder = ThreadPoolExecutor(1, thread_name_prefix="search-find")
        self._seq = 0  # How far was put in; the index's own position is how far was committed.
        self._changed, self._unreadable = False, False
        self._asking = 0
        self._committed_at, self._stumbles = 0.0, 0

    async def open(self) -> None:
        """Take a place and see what is there; an index that cannot be read begins anew."""
        self._place = take_place(self._folder)
        self._index = self._engine(self._place.path)
        await self._mend(again=self._place.again)

    async def find(self, query: Query) -> Found:
        """A page of what may be seen. Refuses for a moment when too many ask, or when
        the index turns out to be damaged."""
        if self._index is None or self._unreadable or self._asking >= ASKING_MAX:
            raise SearchBusy(retry_after_s=3)
        self._asking += 1
        try:
            return await _carry(self._finder, self._index.find, query)
        except Damaged:
            log.exception("the search index is damaged and begins anew")
            self._unreadable = True
            raise SearchBusy(retry_after_s=3) from None
        finally:
            self._asking -= 1

    async def run(self, wait: Callable[[float], Awaitable[Any]]) -> None:
        """Follow the outbox for ever; `wait` comes back when something was committed, or after so long."""
        while True:
            try:
                await self._hear()
                if self._changed:
                    await asyncio.sleep(self._due_in())
                else:
                    await wait(POLL_S)
                    await asyncio.sleep(GATHER_S)
            except Exception as trouble:
                log.exception("search stumbled after fact %d", self._seq)
                await asyncio.sleep(min(2.0**self._stumbles, WAIT_MAX_S))
                self._stumbles += 1
                if isinstance(trouble, Damaged):  # Once may be a full disk; twice is the index.
                    await self._mend(again=self._stumbles == 2)

    async def catch_up(self) -> int:
        """Take in every fact there is, and commit; the number of the newest one."""
        await self._hear()
        if self._changed:
            await self._commit()
        return self._seq

    async def rebuild(self) -> int:
        """Forget everything and take it in anew; how many facts that were."""
        await self._mend(again=True)
        return await self.catch_up()

    def close(self) -> None:
        """Let everything go; what was not committed is heard again at the next start."""
        self._writer.shutdown()
        self._finder.shutdown()
        if self._index is not None:
            self._index.close()
        if self._place is not None:
            self._place.close()

    async def _hear(self) -> None:
        """Take in what is new; commit when the last commit is long enough ago."""
        assert self._index is not None and self._place is not None
        if self._unreadable or self._place.again:
            await self._mend(again=True)
        while facts := await self._books.read(self._facts_after, self._seq, BATCH_MAX):
            await self._take_in(facts)
            await self._commit_when_due()
        await self._commit_when_due()

    async def _commit_when_due(self) -> None:
        assert self._index is not None
        late = self._changed or self._seq - self._index.position > UNMARKED_MAX
        if late and not self._due_in():
            await self._commit()

    def _due_in(self) -> float:
        return max(0.0, self._committed_at + COMMIT_S - asyncio.get_running_loop().time())

    async def _take_in(self, facts: Sequence[FactRow]) -> None:
        assert self._index is not None
        by_reads: dict[Reads, list[FactRow]] = {}
        for fact in facts:
            for reads in self._readers.get(fact.kind, ()):
                by_reads.setdefault(reads, []).append(fact)
        for reads, some in by_reads.items():
            changes = await self._books.read(reads, some)
            if changes.puts or changes.drops:
                await _carry(self._writer, _apply, self._index, changes)
                self._changed = True
        self._seq = facts[-1].seq

    async def _commit(self) -> None:
        assert self._index is not None
        await _carry(self._writer, self._index.commit, self._seq)
        self._committed_at = asyncio.get_running_loop().time()
        self._changed, self._stumbles = False, 0

    async def _mend(self, *, again: bool) -> None:
        """Go back to what was committed, or to nothing. In the thread that reads, so nobody reads then; and
        nothing is being written, because whoever writes calls this."""
        assert self._index is not None and self._place is not None
        try:
            await _carry(self._finder, self._index.reset if again else self._index.mend)
        except Damaged:
            log.exception("the search index is damaged and begins anew")
            await _carry(self._finder, self._index.reset)
        if again:
            self._place.begun()
        self._seq, self._changed, self._unreadable = self._index.position, False, False


def _apply(index: Index, changes: Changes) -> None:
    index.drop(changes.drops)
    index.put(changes.puts)


async def _carry(
    thread: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """What the work comes to, done in a thread. Whatever an engine raises is Damaged, a panic too, which
    is no Exception and so never raised here."""
    future = asyncio.wrap_future(thread.submit(work, *args, **kwargs))
    await asyncio.wait([future])
    if error := future.exception():
        raise Damaged(f"{type(error).__name__}: {error}") from error
    return future.result()
