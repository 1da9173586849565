"""The day of the street, told by what really happens: people buy, a shop joins, another suspends a method."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
import msgspec

from changliao.bus import outbox
from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.demo import onboard
from changliao.demo.errand import Errand, Lost, Walker, Wish
from changliao.demo.street import FOLK, NEWCOMER, PLACES, Street
from changliao.demo.world import Refused
from changliao.kernel.value import View
from changliao.wire.http import monotonic_s

DAY_MINUTES = 720
JOINS_AT, SUSPENDS_AT, RESUMES_AT = 120, 330, 570
MINUTES_PER_S = 4
SPEEDS = (1, 2, 4)
SUSPENDED = "credit_card"
REASON = "刷卡费用涨了，今天先不收信用卡。Card fees went up; no credit cards today."
LINES_KEPT = 8
AT_ONCE_MAX = 3
_TICK_S = 0.25
_WALK_S = 0.5
_ERRAND_EVERY_S = 0.8
_PAID_MAX = 20_000
_WEIGHTS = {"corner": 3, "books": 4, "buns": 5, "records": 4, "pottery": 3, "flowers": 3}
_WISHES = {"wallet": 5, SUSPENDED: 4, "debit_card": 2}
_SEED = 20171111

log = logging.getLogger("changliao.demo")


class Joining(View, frozen=True):
    """The stopwatch of the shop that comes on board, in ms since it began; None: not there yet.
    `before` and `after` are the line that changed. `kept`: account, keys and webhook stayed from an earlier
    telling, so they took no time (`keys_ms` stays None)."""

    elapsed_ms: int
    keys_ms: int | None = None
    line_ms: int | None = None
    order_ms: int | None = None
    paid_ms: int | None = None
    before: str = ""
    after: str = ""
    kept: bool = False


class Suspended(View, frozen=True):
    """The shop with most payments, and what it suspended."""

    shop: str
    method: str
    reason: str
    over: bool = False


class Line(View, frozen=True):
    """What one person did that no fact tells: `left` a shop or `turned` to another method there."""

    number: int
    what: str
    who: str
    shop: str
    method: str
    other: str


class Told(View, frozen=True):
    """How the telling stands. `version` changes when anything but the clock does."""

    version: int
    number: int
    begins_after: int
    state: str
    speed: int
    minute: int
    joining: Joining | None
    suspended: Suspended | None
    lines: list[Line]


def sales(reader: Reader, apps: Mapping[str, str], after: int) -> dict[str, int]:
    """How often each shop was paid since this fact, from facts alone."""
    before = outbox.newest_seq(reader) + 1
    found = dict.fromkeys(apps.values(), 0)
    for app_id, slug in apps.items():
        paid = outbox.facts_since(
            reader, f"{app_id}:test", (after, before), ["payment.paid"], _PAID_MAX
        )
        found[slug] += len(paid)
    return found


class Telling:
    """One day at a time. The clock is the story's: `MINUTES_PER_S` minutes a second, times the speed."""

    def __init__(self, db: Db, news: News, street: Street) -> None:
        self._db, self._news, self._street = db, news, street
        self._walker = Walker(street.http, street.client)
        self._errands: set[asyncio.Task[None]] = set()
        self._clock: asyncio.Task[None] | None = None
        self.version, self.number, self.begins_after = 0, 1, 0
        self._reset()

    def _reset(self) -> None:
        self.state, self.speed, self.minute = "waiting", SPEEDS[0], 0.0
        self._rng = random.Random(_SEED)
        self._lines: deque[Line] = deque(maxlen=LINES_KEPT)
        self._joining: dict[str, Any] = {}
        self._join_began = 0.0
        self.suspended: Suspended | None = None
        self._due_s = 0.0

    async def ready(self) -> None:
        """The street is open: the telling begins after what has happened so far."""
        self.begins_after = await self._db.read(outbox.newest_seq)
        self.version += 1

    def told(self) -> Told:
        """How it stands."""
        joining = None
        if self._join_began:
            now = self._joining.get("paid_ms") or self._since_join()
            joining = Joining(elapsed_ms=now, **self._joining)
        return Told(
            self.version,
            self.number,
            self.begins_after,
            self.state,
            self.speed,
            int(self.minute),
            joining,
            self.suspended,
            list(self._lines),
        )

    async def has_at(self, payment_id: str) -> bool:
        """Whether a townsperson went to this payment's cashier; who has just ordered gets there first."""
        if self.state == "running":
            await asyncio.sleep(_WALK_S)
        return payment_id in self._walker.at_cashier

    # What a person may do --------------------------------------------------------------------

    async def do(self, what: str) -> None:
        """`start`, `pause`, `faster`, `again`, `join`."""
        if what == "start" and self.state in ("waiting", "paused"):
            self.state = "running"
            if self._clock is None:
                self._clock = asyncio.create_task(self._run())
        elif what == "pause" and self.state == "running":
            self.state = "paused"
        elif what == "faster":
            self.speed = SPEEDS[(SPEEDS.index(self.speed) + 1) % len(SPEEDS)]
        elif what == "join" and not self._join_began:
            self._spawn(self._join())
        elif what == "again":
            await self._again()
        self.version += 1

    async def _again(self) -> None:
        """The telling begins anew; the books stay as they are."""
        await self.stop()
        if self.suspended and not self.suspended.over:
            await self._resume()
        self._street.leave_newcomer()
        self._reset()
        self.number += 1
        await self.ready()

    async def stop(self) -> None:
        """End the clock and every errand."""
        tasks = [*self._errands, *([self._clock] if self._clock else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._clock = None

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        task.add_done_callback(_complain)

    # The script ------------------------------------------------------------------------------

    async def _run(self) -> None:
        while self.state != "over":
            await asyncio.sleep(_TICK_S)
            if self.state == "running":
                self._tick(_TICK_S * self.speed)
        self._clock = None

    def _tick(self, passed_s: float) -> None:
        before, self.minute = self.minute, self.minute + passed_s * MINUTES_PER_S
        if before < JOINS_AT <= self.minute and not self._join_began:
            self._spawn(self._join())
        if before < SUSPENDS_AT <= self.minute:
            self._spawn(self._suspend())
        if before < RESUMES_AT <= self.minute and self.suspended:
            self._spawn(self._resume())
        if self.minute >= DAY_MINUTES:
            self.minute, self.state = DAY_MINUTES, "over"
            self.version += 1
            return
        self._due_s += passed_s
        while self._due_s >= _ERRAND_EVERY_S:
            self._due_s -= _ERRAND_EVERY_S
            if len(self._errands) < AT_ONCE_MAX:
                self._spawn(self._errand())

    async def _errand(self) -> None:
        """Somebody goes and buys; where a method is suspended they pay otherwise or go elsewhere."""
        rng = self._rng
        handle, name = rng.choice(FOLK)
        shop = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        wish = Wish(rng.choices(list(_WISHES), list(_WISHES.values()))[0], rng.random() < 0.5)
        first = await self._buy(handle, shop, wish)
        if first is None:
            return
        if first.ending == "left":
            others = [one.slug for one in PLACES if one.slug != shop]
            other = rng.choice(others)
            self._say("left", name, shop, wish.method, other)
            await self._buy(handle, other, wish)
        elif first.turned:
            self._say("turned", name, shop, wish.method, first.method)

    async def _buy(self, handle: str, shop: str, wish: Wish) -> Errand | None:
        try:
            return await self._walker.run(
                self._street.tokens[handle], self._street.urls[shop], wish, self._rng
            )
        except (Lost, Refused, TimeoutError, aiohttp.ClientError) as trouble:
            log.warning("an errand to %s came to nothing: %s", shop, trouble)
            return None

    def _say(self, what: str, who: str, shop: str, method: str, other: str) -> None:
        number = self._lines[-1].number + 1 if self._lines else 1
        self._lines.append(Line(number, what, who, shop, method, other))
        self.version += 1

    # The shop that comes on board ------------------------------------------------------------

    def _since_join(self) -> int:
        return round((monotonic_s() - self._join_began) * 1000)

    def _mark(self, **said: Any) -> None:
        self._joining |= said
        self.version += 1

    async def _join(self) -> None:
        """Keys, one line, and the first payment: each as it really happens."""
        self._join_began = monotonic_s()
        self._mark()
        if await self._street.sign_newcomer():
            self._mark(keys_ms=self._since_join())
        else:
            self._mark(kept=True)
        after = await self._db.read(outbox.newest_seq)
        line, changed = self._street.turn_newcomer()
        self._mark(line_ms=self._since_join(), before=line, after=changed)
        self._spawn(self._buy(FOLK[0][0], NEWCOMER, Wish("wallet", stays=True)))
        await self._until(after, "payment.created", "order_ms")
        await self._until(after, "payment.paid", "paid_ms")

    async def _until(self, after: int, kind: str, name: str) -> None:
        """Wait for a fact of the newcomer's, and note when it was there."""
        mine = next(app for app, slug in self._street.apps().items() if slug == NEWCOMER)
        while not await self._db.read(outbox.facts_for, f"{mine}:test", after, kind, 1):
            await self._news.wait(1.0)
        self._mark(**{name: self._since_join()})

    # The shop that suspends ------------------------------------------------------------------

    async def _suspend(self) -> None:
        """The shop with most payments suspends cards and says why."""
        apps = self._street.apps()
        sold = await self._db.read(sales, apps, self.begins_after)
        shop = max(sold, key=lambda slug: sold[slug])
        key = self._street.key(shop)
        await onboard.suspend(self._street.client, key, SUSPENDED, REASON)
        self.suspended = Suspended(shop, SUSPENDED, REASON)
        self.version += 1

    async def _resume(self) -> None:
        if self.suspended is None:
            return
        key = self._street.key(self.suspended.shop)
        await onboard.resume(self._street.client, key, SUSPENDED)
        self.suspended = msgspec.structs.replace(self.suspended, over=True)
        self.version += 1


def _complain(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("the telling stumbled", exc_info=error)
