"""What happens to people when their server dies, and to one who was away."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Report
from benchmarks.talk.load import Wrong
from benchmarks.talk.ours import Ours
from benchmarks.talk.phone import Phone
from changliao.app.books import BOOKS_FILE

PEOPLE, QUICK_PEOPLE = 5_000, 1_000
PAIRS = 500
TALKING_S = 2.0
WAIT_S = 120
ARRIVING = 200
"""So many come at the same time when nothing is wrong."""
MISSED, FRIENDS = 10_000, 200
TEXT = "x" * 190


class Crowd:
    """Phones of people, and who of them is in sync."""

    def __init__(self, ours: Ours) -> None:
        self.ours = ours
        self.phones: list[Phone] = []
        self._late: dict[Phone, int] = {}
        self._all, self._first = asyncio.Event(), asyncio.Event()

    async def arrive(self, count: int) -> None:
        """So many people come and are in sync."""
        tokens = await asyncio.get_running_loop().run_in_executor(
            None, self.ours.tokens, range(count)
        )
        self.phones = [Phone(self.ours.server.port, token, self._told) for token in tokens]
        for start in range(0, count, ARRIVING):
            some = self.phones[start : start + ARRIVING]
            self.expect(some)
            for phone in some:
                phone.call()
            await self.all_in_sync()

    def expect(self, phones: Sequence[Phone], *, anew: bool = False) -> None:
        """From now on these are not in sync, until they are; `anew`: over a line they do not have yet."""
        self._late = {phone: phone.lines + anew for phone in phones}
        if phones:
            self._all.clear()
            self._first.clear()

    async def first_in_sync(self) -> None:
        """Wait for one of those that are expected."""
        await self._wait(self._first)

    async def all_in_sync(self) -> None:
        """Wait for all that are expected; Wrong when one does not come."""
        await self._wait(self._all)

    async def _wait(self, what: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await what.wait()
        except TimeoutError:
            raise Wrong(f"{len(self._late)} phones are not in sync after {WAIT_S} s") from None

    async def silence(self, until: float) -> None:
        """When all talking has ended, until nobody waits for an echo."""
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        self.expect([phone for phone in self.phones if phone.outbox])
        await self.all_in_sync()

    def _told(self, phone: Phone) -> None:
        if phone.lines >= self._late.get(phone, phone.lines + 1):
            del self._late[phone]
            self._first.set()
        if not self._late:
            self._all.set()

    def leave(self) -> None:
        """Hang up."""
        for phone in self.phones:
            phone.hang_up()


class Talker:
    """Says one thing after the other, each when the one before was echoed."""

    def __init__(self, number: int, phone: Phone, conversation: str, until: float) -> None:
        self._number, self._phone, self._until = number, phone, until
        self._conversation = conversation
        self.ids: list[str] = []
        phone.on_echo = lambda _: self.say()
        self.say()

    def say(self) -> None:
        """The next thing."""
        if time.monotonic() < self._until:
            self.ids.append(f"{self._number}.{len(self.ids)}")
            self._phone.post(self._conversation, self.ids[-1], TEXT)


async def storm(report: Report, folder: Path, core: int | None) -> None:
    """Benchmark E: `kill -9` while hundreds talk; all must be back, with everything, once."""
    count = QUICK_PEOPLE if report.quick else PEOPLE
    ours = Ours(folder, core)
    pairs = [(2 * n, 2 * n + 1) for n in range(count // 2)]
    await ours.fill(count, pairs, [])
    ours.start()
    crowd = Crowd(ours)
    try:
        await crowd.arrive(count)
        until = time.monotonic() + 2 * TALKING_S
        talkers = [
            Talker(n, crowd.phones[one], ours.pairs[one, other], until)
            for n, (one, other) in enumerate(pairs[:PAIRS])
        ]
        await asyncio.sleep(TALKING_S)
        crowd.expect(crowd.phones, anew=True)
        died_at = time.monotonic()
        ours.server.kill()
        ours.server.spawn()
        await crowd.first_in_sync()
        started_s, start_cpu_s = time.monotonic() - died_at, ours.cpu_s()
        await crowd.all_in_sync()
        took_s, used_s = time.monotonic() - died_at, ours.cpu_s()
        await crowd.silence(until)
        said = _audit(ours, crowd.phones, talkers, pairs)
    finally:
        crowd.leave()
        ours.stop()
    print(f"\n  {count:,} people back in sync {took_s:.1f} s after kill -9;")
    print(
        f"    the first one after {started_s:.1f} s. Of the server's processor {start_cpu_s:.1f} s went"
    )
    print(
        f"    before that, {used_s - start_cpu_s:.1f} s after it; of {said:,} messages 0 lost, 0 double"
    )
    found = {"people": count, "seconds": took_s, "cpu_s": used_s, "messages": said}
    report.figure("storm", found | {"first_s": started_s, "first_cpu_s": start_cpu_s})
    report.claim(f"{count:,} people in sync after kill -9", took_s, "s", most=10)


def _audit(
    ours: Ours, phones: Sequence[Phone], talkers: Sequence[Talker], pairs: Sequence[tuple[int, int]]
) -> int:
    with sqlite3.connect(ours.folder / "changliao" / BOOKS_FILE) as db:
        rows = db.execute(
            "SELECT conversation_id, client_id FROM chat_entries ORDER BY conversation_id, number"
        )
        logs: dict[str, list[str]] = {}
        for conversation, client_id in rows:
            logs.setdefault(conversation, []).append("" if client_id.startswith("#") else client_id)
    for n, (one, other) in enumerate(pairs):
        log = logs[ours.pairs[one, other]]
        said = [client_id for client_id in log if client_id]
        wanted = talkers[n].ids if n < len(talkers) else []
        if said != wanted:
            raise Wrong(f"pair {n} said {len(wanted)} messages and {len(said)} are stored")
        for person in (one, other):
            if phones[person].said[ours.pairs[one, other]] != log:
                raise Wrong(f"person {person} does not hold what the books hold")
    return sum(len(talker.ids) for talker in talkers)


async def offline(report: Report, folder: Path, core: int | None) -> None:
    """Benchmark G: one comes back to ten thousand messages of two hundred friends."""
    ours = Ours(folder, core)
    pairs = [(n, FRIENDS) for n in range(FRIENDS)]
    await ours.fill(FRIENDS + 1, pairs, [])
    ours.start()
    crowd = Crowd(ours)
    try:
        await crowd.arrive(FRIENDS + 1)
        away = crowd.phones[FRIENDS]
        away.hang_up()
        for turn in range(MISSED // FRIENDS):
            for n, pair in enumerate(pairs):
                crowd.phones[n].post(ours.pairs[pair], f"{n}.{turn}", TEXT)
            await crowd.silence(0)
        cpu_s, begun = ours.server.cpu_s(), time.monotonic()
        listed = asyncio.Event()
        away.on_list, away.sleeping = listed.set, False
        crowd.expect([away])
        away.call()
        await listed.wait()
        listed_s = time.monotonic() - begun
        await crowd.all_in_sync()
        whole_s, used_s = time.monotonic() - begun, ours.server.cpu_s() - cpu_s
        have = sum(1 for log in away.said.values() for one in log if one)
        if have != MISSED:
            raise Wrong(f"{have} of {MISSED} messages came")
    finally:
        crowd.leave()
        ours.stop()
    print(f"\n  away for {MISSED:,} messages of {FRIENDS} friends: the list is right after")
    print(f"    {1000 * listed_s:.0f} ms, every message there after {1000 * whole_s:.0f} ms,")
    print(f"    for {1000 * used_s:.0f} ms of the server's processor")
    found = {"list_ms": 1000 * listed_s, "whole_ms": 1000 * whole_s, "cpu_ms": 1000 * used_s}
    report.figure("offline", found)
