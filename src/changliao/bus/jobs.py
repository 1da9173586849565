"""Jobs: work outside a transaction that was promised inside one; run at least once, kept until done."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

import msgspec

from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.kernel.instant import MINUTE_US, SECOND_US, Instant
from changliao.kernel.refusal import Exhausted
from changliao.kernel.value import Value

LEASE_US = 2 * MINUTE_US
"""How long a job may run before somebody else takes it to be dead."""
AT_ONCE_MAX = 64
OF_A_KIND_MAX = 48
"""So that shops who let their webhooks hang do not keep rails from being called."""
ATTEMPTS_MAX = 40
STRANDED = "stranded"
"""The note of a job that waits for somebody who can do it."""
STRANDED_WAIT_US = 60 * MINUTE_US
"""The next start wakes it sooner; this is for processes that are configured differently."""
KEEP_DONE_US = 24 * 60 * MINUTE_US
FORGET_MAX = 500
DONE_BEFORE = "SELECT id FROM bus_jobs WHERE state = 'done' AND run_at < ? ORDER BY run_at LIMIT ?"
_ABOUTS_AT_ONCE = 400
_TICK_S = 0.5

log = logging.getLogger("changliao.jobs")


NEVER = 2**62
"""No moment: a job that runs was not promised anew."""


class Job(Value, frozen=True):
    """Something to do about one thing.

    A leased job is a waiting one whose `run_at` is the end of the lease, and `again_at` when it is to run
    again, or NEVER. Of one that nobody runs, `again_at` is 0.
    """

    id: str
    kind: str
    about: str
    state: Literal["waiting", "done", "dead"]
    run_at: int
    attempts: int
    note: str = ""
    again_at: int = 0


JOBS = Table("bus_jobs", Job, unique=[("kind", "about")])

Work = Callable[[Job], Awaitable[Instant | None]]
"""Does the job; answers when to run it again, or None when it is done. May raise Stranded."""


class Stranded(Exception):
    """Nobody here can do this job as things are configured, so trying again would not help: it waits,
    however long that is, and is tried at the next start."""


def later(tx: Tx, kind: str, about: str, *, at: int = 0) -> Job:
    """Promise work in this transaction: `kind` names who does it, `about` what it is for.

    One job per kind and thing; promising again moves it to the earlier of the two times. A run of it that
    is under way is left alone, and the job runs again at that time.
    """
    run_at = at or tx.now
    earlier = tx.find(JOBS, ("kind", "about"), (kind, about))
    if earlier is None:
        return tx.add(JOBS, Job(tx.new_id("job"), kind, about, "waiting", run_at, 0))
    if earlier.again_at:
        changes = {"again_at": min(run_at, earlier.again_at)}
        return tx.put(JOBS, msgspec.structs.replace(earlier, **changes))
    if earlier.state == "waiting":
        run_at = min(run_at, earlier.run_at)
    return tx.put(
        JOBS, msgspec.structs.replace(earlier, state="waiting", run_at=run_at, attempts=0)
    )


class AskLease(Value, frozen=True):
    """Take these jobs, if they are still due."""

    ids: list[str]


def lease(tx: Tx, ask: AskLease) -> list[Job]:
    """The jobs that are still due, now leased: nobody else takes them before the lease is over."""
    taken = []
    for job_id in ask.ids:
        job = tx.get(JOBS, job_id)
        if job is not None and job.state == "waiting" and job.run_at <= tx.now:
            changes = {
                "run_at": tx.now + LEASE_US,
                "attempts": job.attempts + 1,
                "again_at": job.again_at or NEVER,
            }
            taken.append(tx.put(JOBS, msgspec.structs.replace(job, **changes)))
    return taken


class AskFinish(Value, frozen=True):
    """What became of a run: `again_at` 0 means done; a `note` says what went wrong."""

    job: Job
    again_at: int
    dead: bool = False
    note: str = ""


def finish(tx: Tx, ask: AskFinish) -> None:
    """Note the end of a run, unless another has begun since. Of what the run asks and what was promised
    meanwhile, the earlier counts.

    A run without trouble starts the count of attempts anew: whoever asks a rail every few minutes for
    days is not given up for its first stumble. So do a promise and a job that is stranded.
    """
    job = tx.get(JOBS, ask.job.id)
    if job is None or job.run_at != ask.job.run_at or job.attempts != ask.job.attempts:
        return
    promised_at = job.again_at or NEVER
    again_at = min(promised_at, ask.again_at if ask.again_at and not ask.dead else NEVER)
    failed = ask.note not in ("", STRANDED)
    ended: Literal["done", "dead"] = "dead" if ask.dead else "done"
    tx.put(
        JOBS,
        msgspec.structs.replace(
            job,
            state=ended if again_at == NEVER else "waiting",
            run_at=tx.now if again_at == NEVER else again_at,
            attempts=job.attempts if failed and promised_at == NEVER else 0,
            note=ask.note,
            again_at=0,
        ),
    )


def wake_stranded(tx: Tx, _: None) -> None:
    """Let jobs be tried now that nobody could do: somebody who starts may have been given what they need."""
    tx.query(
        "UPDATE bus_jobs SET run_at = ? WHERE state = 'waiting' AND note = ? AND again_at = 0",
        tx.now,
        STRANDED,
    )


def forget_done(tx: Tx, before: int) -> bool:
    """Drop jobs that were done before this moment, oldest first and no more than so many, for the lane
    waits meanwhile; whether there may be more. Dead ones stay for somebody to look at."""
    old = [row[0] for row in tx.query(DONE_BEFORE, before, FORGET_MAX)]
    if old:
        tx.query(f"DELETE FROM bus_jobs WHERE id IN ({', '.join('?' * len(old))})", *old)
    return len(old) == FORGET_MAX


def due(
    reader: Reader, now: int, limit: int, running: Mapping[str, int] | None = None
) -> list[str]:
    """Ids of jobs whose time has come; with `running`, how many of each kind run already, no more of a
    kind than may."""
    full = [kind for kind, many in (running or {}).items() if many >= OF_A_KIND_MAX]
    others = f" AND kind NOT IN ({', '.join('?' * len(full))})" if full else ""
    rows = reader.query(
        f"SELECT id, kind FROM bus_jobs WHERE state = 'waiting' AND run_at <= ?{others}"
        " ORDER BY run_at LIMIT ?",
        now,
        *full,
        limit,
    )
    if running is None:
        return [row[0] for row in rows]
    many, found = Counter(running), []
    for job_id, kind in rows:
        many[kind] += 1
        if many[kind] <= OF_A_KIND_MAX:
            found.append(job_id)
    return found


def waiting(reader: Reader | Tx, kind: str, abouts: Sequence[str]) -> dict[str, int]:
    """Of these things, those for which a job of this kind waits that nobody runs yet, and until when: what
    is so now it will see."""
    found: dict[str, int] = {}
    for start in range(0, len(abouts), _ABOUTS_AT_ONCE):
        some = abouts[start : start + _ABOUTS_AT_ONCE]
        sql = (
            "SELECT about, run_at FROM bus_jobs WHERE kind = ? AND state = 'waiting'"
            f" AND again_at = 0 AND about IN ({', '.join('?' * len(some))})"
        )
        found.update((row[0], row[1]) for row in reader.query(sql, kind, *some))
    return found


def dead_jobs(reader: Reader) -> int:
    """How many jobs were given up."""
    rows = reader.query("SELECT COUNT(*) FROM bus_jobs WHERE state = 'dead'")
    return int(rows[0][0])


class Runner:
    """Runs due jobs, at most 64 at once and 48 of a kind, each kind by its own function."""

    def __init__(self, db: Db, news: News, works: Mapping[str, Work]) -> None:
        self._db, self._news, self._works = db, news, works
        self._running: dict[asyncio.Task[None], str] = {}

    async def run(self) -> None:
        """Wake what is stranded, then look for due jobs after every commit and twice a second, for ever."""
        woken = False
        while True:
            try:
                if not woken:
                    await self._db.write(wake_stranded, None)
                    woken = True
                if not await self._start_due():
                    await self._news.wait_for_table(_TICK_S, JOBS.name)
            except Exhausted as busy:
                await asyncio.sleep(busy.retry_after_s)
            except Exception:
                log.exception("the job runner stumbled")
                await asyncio.sleep(_TICK_S)

    async def stop(self) -> None:
        """Cancel what runs; its lease runs out and it is done again."""
        for task in [*self._running]:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _start_due(self) -> bool:
        free = AT_ONCE_MAX - len(self._running)
        if free <= 0:
            return False
        ids = await self._db.read(due, self._db.clock(), free, Counter(self._running.values()))
        if not ids:
            return False
        for job in await self._db.write(lease, AskLease(ids)):
            task = asyncio.create_task(self._carry_out(job))
            self._running[task] = job.kind
            task.add_done_callback(self._running.pop)
        return True

    async def _carry_out(self, job: Job) -> None:
        again_at, dead, note = 0, False, ""
        try:
            work = self._works.get(job.kind)
            if work is None:
                raise Stranded(f"nobody does {job.kind}")
            again_at = await work(job) or 0
        except Stranded as why:
            log.warning("job %s about %s waits: %s", job.kind, job.about, why)
            again_at, note = self._db.clock() + STRANDED_WAIT_US, STRANDED
        except Exception as error:
            log.exception("job %s about %s failed", job.kind, job.about)
            dead = job.attempts >= ATTEMPTS_MAX
            again_at = self._db.clock() + min(2**job.attempts, 600) * SECOND_US
            note = type(error).__name__
        while True:
            try:
                await self._db.write(finish, AskFinish(job, again_at, dead, note))
                return
            except Exhausted as busy:
                await asyncio.sleep(busy.retry_after_s)
