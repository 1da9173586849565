"""Db: the one door. `await db.write(verb, ask)` and `await db.read(query, …)`."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from changliao.db.driver import Driver, Reader
from changliao.db.lane import QUEUE_MAX, Lane
from changliao.db.migrate import Migration, NotMigrated, lacking, migrate, shipped
from changliao.db.once import AskOnce, once
from changliao.db.postgres.driver import PostgresDriver
from changliao.db.postgres.reader import PostgresReader
from changliao.db.refusals import Busy
from changliao.db.sqlite import SqliteDriver, SqliteReader, connect
from changliao.db.tx import Commit, Tx
from changliao.db.vault import Vault
from changliao.kernel.refusal import Refusal

READS_MAX = 4096

A = TypeVar("A")
R = TypeVar("R")
P = ParamSpec("P")


def wall_clock() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class ReadSide(Protocol):
    """Where reads run."""

    async def read(self, query: Callable[[Reader], R], *, single: bool = False) -> R:
        """Run a query function against one consistent snapshot; `single`: it asks one statement."""

    def close(self) -> None:
        """Let the connections go."""


class SqliteReads:
    """One connection, in the loop's own thread: a short read costs less than a hop to another thread."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path, read_only=True)
        self._reader = SqliteReader(self._db)

    async def read(self, query: Callable[[Reader], R], *, single: bool = False) -> R:
        if single:
            return query(self._reader)
        self._db.execute("BEGIN")
        try:
            return query(self._reader)
        finally:
            self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


class Books:
    """A database to look at, whoever may be serving it: nothing is locked, migrated or written."""

    def __init__(self, reads: ReadSide, clock: Callable[[], int] = wall_clock) -> None:
        self._reads = reads
        self.clock = clock

    async def read(
        self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run `query(reader, …)` against what is committed."""
        return await self._reads.read(lambda reader: query(reader, *args, **kwargs))

    def close(self) -> None:
        """Let the connections go."""
        self._reads.close()


class Db(Books):
    """A database with its lane and its read side."""

    def __init__(
        self,
        driver: Driver,
        reads: ReadSide,
        vault: Vault,
        *,
        clock: Callable[[], int] = wall_clock,
        queue_max: int = QUEUE_MAX,
        group_max: int = 1024,
        shake: bool = False,
    ) -> None:
        self.vault = vault
        super().__init__(reads, clock)
        self._listeners: list[Callable[[Commit], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.lane = Lane(
            driver,
            vault,
            clock,
            queue_max=queue_max,
            group_max=group_max,
            shake=shake,
            after_commit=self._committed,
        )

    async def write(self, verb: Callable[[Tx, A], R], ask: A) -> R:
        """The verb's answer, after its commit. Raises its Refusal, or Exhausted when it could not run."""
        return await self.lane.submit(verb, ask)  # type: ignore[no-any-return]

    async def write_once(self, ask: AskOnce) -> Any:
        """`once`, with a kept refusal raised again."""
        answer = await self.lane.submit(once, ask)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def look(
        self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """`read` for a query function that asks one statement alone, which is a snapshot by itself: it
        spares PostgreSQL two round trips of three."""
        return await self._reads.read(lambda reader: query(reader, *args, **kwargs), single=True)

    def on_commit(self, listener: Callable[[Commit], None]) -> None:
        """Tell this in the loop of every commit of ours that wrote something."""
        self._loop = asyncio.get_running_loop()
        self._listeners.append(listener)

    def close(self) -> None:
        """Finish what is queued and let go of everything."""
        super().close()  # First: SQLite folds its log into the file when the writer closes last.
        self.lane.close()

    def _committed(self, commit: Commit) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # The loop has been closed: nobody listens.
                self._loop.call_soon_threadsafe(self._tell, commit)

    def _tell(self, commit: Commit) -> None:
        for listener in self._listeners:
            listener(commit)


def open_sqlite(
    path: Path, vault: Vault, *, migrations: list[Migration] | None = None, **options: Any
) -> Db:
    """The embedded database in one file, migrated."""
    driver = SqliteDriver(path)
    try:
        migrate(driver, shipped() if migrations is None else migrations)
        return Db(driver, SqliteReads(path), vault, **options)
    except BaseException:
        driver.close()
        raise


class ThreadedReads:
    """Reads in a few threads, each with a connection of its own; when too many wait, Busy."""

    def __init__(
        self, open_reader: Callable[[], Any], threads: int, *, reads_max: int = READS_MAX
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="read")
        self._idle = [open_reader() for _ in range(threads)]
        self._waiting, self._reads_max = 0, reads_max

    async def read(self, query: Callable[[Reader], R], *, single: bool = False) -> R:
        if self._waiting >= self._reads_max:
            raise Busy(retry_after_s=1)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._run, query, single)
        finally:
            self._waiting -= 1

    def _run(self, query: Callable[[Reader], R], single: bool) -> R:
        reader = self._idle.pop()  # As many as threads, so there always is one.
        try:
            return reader.run(query, single)  # type: ignore[no-any-return]
        finally:
            self._idle.append(reader)

    def close(self) -> None:
        self._pool.shutdown()
        for reader in self._idle:
            reader.close()


def open_postgres(
    url: str,
    vault: Vault,
    *,
    migrations: list[Migration] | None = None,
    read_threads: int = 4,
    **options: Any,
) -> Db:
    """A database on a PostgreSQL server, migrated; several processes may serve it at once."""
    driver = PostgresDriver(url)
    try:
        with driver.alone():
            migrate(driver, shipped() if migrations is None else migrations)
        reads = ThreadedReads(lambda: PostgresReader(url), read_threads)
        return Db(driver, reads, vault, **options)
    except BaseException:
        driver.close()
        raise


def look_at_sqlite(path: Path) -> Books:
    """The embedded database as it is."""
    if not path.exists():
        raise NotMigrated(f"there are no books at {path}")
    return Books(SqliteReads(path))


def look_at_postgres(url: str) -> Books:
    """The database on a PostgreSQL server as it is."""
    return Books(ThreadedReads(lambda: PostgresReader(url, whole=True), 1))


def check_version(reader: Reader) -> None:
    """Refuse books that this version has not migrated."""
    try:
        applied: dict[str, str] = dict(reader.query("SELECT name, checksum FROM migrations"))
    except Exception as error:
        raise NotMigrated("there are no books in this database; run `changliao migrate`") from error
    if missing := lacking(applied, shipped()):
        raise NotMigrated(f"{missing[0].name} has not run here yet; run `changliao migrate`")
