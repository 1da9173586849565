"""The lane: one thread that runs all verbs, as many in one transaction as are waiting."""

import asyncio
import contextlib
import gc
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

from changliao.db.driver import Driver, InDoubt, Lost, Vanished
from changliao.db.refusals import Busy, OutcomeUnknown, StorageUnavailable
from changliao.db.table import Key, Table
from changliao.db.tx import Commit, Maps, Miss, Tx
from changliao.db.vault import Vault
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Refusal

GROUP_MAX = 1024
QUEUE_MAX = 8192
WAVES_MAX = 12
COLLECT_EVERY = 10_000
"""A group makes thousands of short-lived values and no cycles: to look for some every 700 objects, as
Python does by itself, costs a tenth of the lane's time."""

_DRIVERS = ("sqlite3", "psycopg")

log = logging.getLogger("changliao.lane")

Verb = Callable[[Tx, Any], Any]
Wish = tuple[Table[Any], Key] | tuple[Table[Any], tuple[str, ...], Key]
Wishes = Callable[[Tx, Any], Iterator[Wish | None]]

_TOUCHES: dict[Verb, Wishes] = {}


def touches(verb: Verb) -> Callable[[Wishes], Wishes]:
    """Declare which rows a hot verb wants: `yield TABLE, key` or `yield TABLE, unique, key`; a bare
    `yield` means "load now, then I know more". For speed only, never for correctness."""

    def register(wishes: Wishes) -> Wishes:
        _TOUCHES[verb] = wishes
        return wishes

    return register


def wishes_of(verb: Verb) -> Wishes | None:
    """What was declared for a verb, so that a verb that wraps it can pass it on."""
    return _TOUCHES.get(verb)


class Task:
    """One ask on its way through the lane."""

    __slots__ = ("answer", "ask", "decided", "error", "future", "verb")

    def __init__(self, verb: Verb, ask: Any, future: "asyncio.Future[Any]") -> None:
        self.verb, self.ask, self.future = verb, ask, future
        self.answer: Any = None
        self.error: BaseException | None = None
        self.decided = False


class Lane:
    """The queue and its thread. There is no timer: while one group commits, the next one gathers."""

    def __init__(
        self,
        driver: Driver,
        vault: Vault,
        clock: Callable[[], int],
        *,
        queue_max: int = QUEUE_MAX,
        group_max: int = GROUP_MAX,
        shake: bool = False,
        after_commit: Callable[[Commit], None] | None = None,
    ) -> None:
        self._driver, self._vault, self._clock = driver, vault, clock
        self._queue_max, self._group_max, self._shake = queue_max, group_max, shake
        self._after_commit = after_commit
        self._last = Instant(0)
        self._maps: Maps = {}  # What the last group knew, for the next one.
        self._queue: deque[Task] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._idle = self._closing = False
        gc.set_threshold(COLLECT_EVERY, 20, 50)
        self._thread = threading.Thread(target=self._run, name="lane", daemon=True)
        self._thread.start()

    def submit(self, verb: Verb, ask: Any) -> "asyncio.Future[Any]":
        """Queue an ask; the future is answered after its commit. Refused as Busy when the queue is full."""
        task = Task(verb, ask, asyncio.get_running_loop().create_future())
        with self._lock:
            if len(self._queue) >= self._queue_max or self._closing:
                raise Busy(retry_after_s=1)
            self._queue.append(task)
            if self._idle:
                self._idle = False
                self._wake.notify()
        return task.future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._driver.close()

    # In the lane's thread -------------------------------------------------------------------

    def _run(self) -> None:
        while group := self._gather():
            try:
                self._carry_out(group)
            except BaseException as bug:
                log.exception("the lane itself failed")
                self._fail([task for task in group if not task.decided], repeat(_tellable(bug)))
            _answer(group)

    def _gather(self) -> list[Task]:
        queue = self._queue
        if not queue:
            with self._wake:
                while not queue:
                    if self._closing:
                        return []
                    self._idle = True
                    self._wake.wait()
        return [queue.popleft() for _ in range(min(len(queue), self._group_max))]

    def _carry_out(self, group: list[Task], tries_left: int = 1) -> None:
        """Run and commit a group; if the database itself rejects it, halve it until the culprit is alone."""
        try:
            commit = self._attempt(group)
        except Lost as lost:
            self._driver.rollback()
            log.warning("storage unavailable, %d tries left: %s", tries_left, lost)
            if tries_left:
                self._carry_out(group, tries_left - 1)
            else:
                self._fail(group, (StorageUnavailable(retry_after_s=2) for _ in group))
        except InDoubt as doubt:
            log.error("outcome of a commit unknown: %s", doubt)
            self._fail(group, (OutcomeUnknown(retry_after_s=5) for _ in group))
        except Exception as error:
            self._driver.rollback()
            if len(group) == 1:
                log.exception("the database rejected %s: a bug of ours", _name(group[0]))
                self._fail(group, repeat(error))
                return
            log.error("the database rejected a group of %d, halving it: %s", len(group), error)
            middle = len(group) // 2
            self._carry_out(group[:middle])
            self._carry_out(group[middle:])
        else:
            for task in group:
                task.decided = True
            if commit is not None and self._after_commit is not None:
                self._after_commit(commit)

    def _attempt(self, group: list[Task]) -> Commit | None:
        head = self._driver.begin()
        maps, self._maps = self._maps if self._driver.untouched else {}, {}
        tx = Tx(self._driver, head, self._vault, maps)
        tx.now = max(tx.now, self._last)  # Groups that wrote nothing left no trace in the head.
        self._foresee(tx, group)
        for task in group:
            if self._shake:
                self._run_verb(tx, task, keep=False)
            self._run_verb(tx, task)
        after = tx.finish()
        if not tx.wrote:
            self._driver.rollback()
            self._maps = tx.kept()
            return None
        self._driver.commit(after)
        commit = tx.commit()
        self._maps = tx.kept()
        return commit

    def _run_verb(self, tx: Tx, task: Task, *, keep: bool = True) -> None:
        task.answer, task.error = None, None
        tx.now = self._last = Instant(max(self._clock(), tx.now + 1))
        level = tx.enter()
        try:
            task.answer = task.verb(tx, task.ask)
        except Refusal as refusal:
            tx.undo(level)
            task.error = refusal.with_traceback(None)  # Its frames would hold the whole map.
        except (Lost, InDoubt):
            raise
        except BaseException as bug:
            if not level.saved and (tx.spoilt or _of_the_database(bug)):
                raise
            tx.undo(level)
            tx.spoilt = False
            log.exception("bug in %s", _name(task))
            task.error = _tellable(bug)
        else:
            if keep:
                tx.leave(level)
            else:
                tx.undo(level)

    def _foresee(self, tx: Tx, group: list[Task]) -> None:
        """Load the rows that the group will want, in as few statements as possible.

        First what the verbs declare (`touches`); then, where a round trip is dear, what a rehearsal of
        the others runs into.
        """
        declared = [wish(tx, task.ask) for task in group if (wish := _TOUCHES.get(task.verb))]
        for _ in range(WAVES_MAX):
            wanted: list[tuple[Table[Any], tuple[str, ...], Key]] = []
            declared = [generator for generator in declared if _advance(generator, wanted)]
            if wanted:
                tx.load(wanted)
            if not declared:
                break
        rehearsed: list[Task] = []
        if self._driver.rehearses or self._shake:
            rehearsed = [task for task in group if self._shake or not _declared(task)]
        for _ in range(WAVES_MAX):
            if not rehearsed:
                break
            missed = [(task, miss) for task in rehearsed if (miss := self._rehearse(tx, task))]
            if missed:
                tx.load([miss.wish for _, miss in missed])
            rehearsed = [task for task, _ in missed]

    def _rehearse(self, tx: Tx, task: Task) -> Miss | None:
        now, tx.rehearsing = tx.now, True
        tx.now = Instant(max(self._clock(), tx.now + 1))
        level = tx.enter()
        try:
            task.verb(tx, task.ask)
        except Miss as miss:
            return miss
        except BaseException:  # Whatever it is, it will come again when the verb runs.
            return None
        finally:
            tx.undo(level)
            tx.now, tx.rehearsing = now, False
        return None

    def _fail(self, group: list[Task], errors: Iterable[BaseException]) -> None:
        self._driver.rollback()
        for task, error in zip(group, errors, strict=False):
            task.answer, task.error, task.decided = None, error, True


def _declared(task: Task) -> bool:
    """Whether all that the task wants was declared; a verb that wraps another (`once`) names it in its
    ask, and declares no more than that one does."""
    inner = getattr(task.ask, "verb", None)
    return task.verb in _TOUCHES and (inner is None or inner in _TOUCHES)


def _advance(generator: Iterator[Wish | None], wanted: list[Any]) -> bool:
    """Take a verb's wishes up to its next bare `yield`; whether it has more to say after a load."""
    try:
        for wish in generator:
            if wish is None:
                return True
            wanted.append((wish[0], wish[0].key, wish[1]) if len(wish) == 2 else wish)
    except (Lost, InDoubt):
        raise
    except Exception:
        log.exception("bug in the wishes of a verb; it runs without them")
    return False


def _of_the_database(error: BaseException) -> bool:
    """An error of the database (not of Python) leaves a transaction without savepoint unusable."""
    return isinstance(error, Vanished) or type(error).__module__.split(".")[0] in _DRIVERS


def _tellable(bug: BaseException) -> Exception:
    """What a future can carry: not StopIteration, and nothing that would end the caller's loop."""
    if isinstance(bug, Exception) and not isinstance(bug, StopIteration):
        return bug
    told = RuntimeError(f"a verb raised {bug!r}")
    told.__cause__ = bug
    return told


def _answer(group: list[Task]) -> None:
    """Wake each loop once for the whole group; a caller that has gone away is passed over."""
    loops: dict[asyncio.AbstractEventLoop, list[Task]] = {}
    for task in group:
        loops.setdefault(task.future.get_loop(), []).append(task)
    for loop, tasks in loops.items():
        with contextlib.suppress(RuntimeError):  # The loop has been closed: nobody waits there.
            loop.call_soon_threadsafe(_settle, tasks)


def _settle(tasks: list[Task]) -> None:
    for task in tasks:
        if task.future.done():
            continue
        if task.error is None:
            task.future.set_result(task.answer)
        else:
            task.future.set_exception(task.error)


def _name(task: Task) -> str:
    return getattr(task.verb, "__qualname__", repr(task.verb))
