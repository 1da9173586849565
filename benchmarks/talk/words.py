"""Real words: each day of real channels is a group, in which its people say again what they said."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import msgspec

from benchmarks.irc import Day, NoMessages, days
from benchmarks.report import Bar, Report
from benchmarks.talk.load import Wrong
from benchmarks.talk.ours import PING, PONG, Ours, masked, upgrade
from benchmarks.talk.phone import Phone
from changliao.app.books import BOOKS_FILE

QUICK_DAYS = 6
AT_ONCE = 8
"""Days that are replayed at the same time."""
UNDER_WAY = 40
"""Messages of one day that not everybody needs have heard yet."""
KNOWN = 4_000
"""People whom one host knows; five thousand is the most."""
DAY_S = 600
MARK_MAX = 300
_BEAT, _GREETED, _REFUSED, _SENT_AWAY = b'"t":"hb"', b'"t":"ev"', b'"t":"no"', b'"t":"bye"'


class Speaker(asyncio.Protocol):
    """A device that speaks in one group. What it hears there is counted and not read: in no text stands a
    bare quote, so a frame's kind is found without parsing."""

    def __init__(self, port: int, token: str, group: str, told: asyncio.Future[None]) -> None:
        self._port, self._token, self._told = port, token, told
        head = re.escape(f'"t":"m","c":"{group}","s":'.encode())
        self._mark = re.compile(head + rb'[^{}]*"k":"text"')
        self._rest, self._open = b"", False
        self.heard, self._wanted = 0, 1
        self._all = asyncio.Event()
        self.ready = asyncio.Event()
        self.transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(upgrade(self._port))

    def data_received(self, data: bytes) -> None:
        if not self._open:
            if not data.startswith(b"HTTP/1.1 101 "):
                self._fail(f"a person was not let in: {data[:60]!r}")
                return
            self._open = True
            self.transport.write(masked({"t": "hi", "v": 1, "tok": self._token, "dev": "words"}))
        data = self._rest + data
        read = 0
        for found in self._mark.finditer(data):
            self.heard, read = self.heard + 1, found.end()
        if self.heard >= self._wanted:
            self._all.set()
        self._rest = data[max(read, len(data) - MARK_MAX) :]
        if _BEAT in data:
            self.transport.write(masked({"t": "hb"}))
        if PING in data:  # No text has a zero byte.
            self.transport.write(PONG)
        if _GREETED in data:
            self.ready.set()
        for mark in (_REFUSED, _SENT_AWAY):
            if mark in data:
                self._fail(f"a person was refused: {data[data.index(mark) :][:300]!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"a person's socket broke: {exc}")

    def _fail(self, why: str) -> None:
        if not self._told.done():
            self._told.set_exception(Wrong(why))

    async def arrive(self) -> None:
        """Come and be greeted."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)
        await self.ready.wait()

    async def hear_all(self, messages: int) -> None:
        """Wait until so many messages have come."""
        self._wanted = messages
        if self.heard < messages:
            self._all.clear()
            await self._all.wait()


class Group:
    """One day in its group: what was said, and which number of the log each message has become. The host
    hears everything, so what it has heard may be answered."""

    def __init__(self, day: Day, host: int, number: dict[str, int], bar: Bar) -> None:
        self.day, self.host, self._bar = day, host, bar
        self.nicks = list(dict.fromkeys(line.nick for line in day.lines))
        self.members = (host, *(number[nick] for nick in self.nicks))
        self.id = ""
        self.numbers: dict[int, int] = {}
        self._next = 0
        self._speakers: dict[str, Speaker] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def replay(self, ours: Ours) -> None:
        """Everybody comes, says what they said, hears everything and goes. Wrong when that does not end."""
        self.id = ours.groups[self.members]
        loop, port = asyncio.get_running_loop(), ours.server.port
        tokens = await loop.run_in_executor(None, ours.tokens, self.members)
        listening = asyncio.Event()
        host = Phone(port, tokens[0], lambda _: listening.set())
        host.on_entry = self._hear
        host.call()
        try:
            async with asyncio.timeout(DAY_S):
                for nick, token in zip(self.nicks, tokens[1:], strict=True):
                    self._speakers[nick] = Speaker(port, token, self.id, self._over)
                    await self._speakers[nick].arrive()
                await listening.wait()
                self._speak()
                await self._over
                await asyncio.gather(
                    *(one.hear_all(len(self.day.lines)) for one in self._speakers.values())
                )
        except TimeoutError:
            raise Wrong(f"{self.day.name} has not ended: {self._stand()}") from None
        finally:
            host.hang_up()
            self._over.cancel()
            for speaker in self._speakers.values():
                speaker.transport.abort()
        if any(one.heard != len(self.day.lines) for one in self._speakers.values()):
            raise Wrong(f"somebody heard a message of {self.day.name} twice")

    def _speak(self) -> None:
        """Say what may be said now: an answer only after what it answers has its number."""
        lines = self.day.lines
        while self._next < len(lines) and self._next - len(self.numbers) < UNDER_WAY:
            line = lines[self._next]
            if line.answers is not None and line.answers not in self.numbers:
                return
            said = {"t": "msg", "c": self.id, "id": f"line{self._next}", "k": "text"}
            ref = {} if line.answers is None else {"r": self.numbers[line.answers]}
            self._speakers[line.nick].transport.write(
                masked(said | ref | {"b": {"text": line.text}})
            )
            self._next += 1

    def _hear(self, conversation: str, number: int, client_id: str) -> None:
        if conversation == self.id and client_id.startswith("line"):
            self.numbers[int(client_id.removeprefix("line"))] = number
            self._bar.step()
            self._speak()
            if len(self.numbers) == len(self.day.lines) and not self._over.done():
                self._over.set_result(None)

    def _stand(self) -> str:
        heard = [one.heard for one in self._speakers.values()]
        return (
            f"{self._next} of {len(self.day.lines)} messages said, {len(self.numbers)} heard by the host,"
            f" {min(heard, default=0)} to {max(heard, default=0)} by the {len(heard)} others"
        )


async def words(report: Report, folder: Path, core: int | None) -> None:
    """Replay the days at speed: everything is stored once, everybody's words in their order, answers as
    answers to what they answered, and everybody heard everything once."""
    try:
        chosen = [one for one in days() if one.lines]
    except NoMessages as missing:
        print(f"  {missing}")
        return
    chosen = chosen[:QUICK_DAYS] if report.quick else chosen
    number = {nick: n for n, nick in enumerate(dict.fromkeys(_nicks(chosen)))}
    bar = Bar("words", sum(len(one.lines) for one in chosen))
    groups = _hosted(chosen, number, bar)
    ours = Ours(folder, core)
    begun = time.monotonic()
    count = max(one.host for one in groups) + 1
    # A day that is said in a minute looks like a raid, against which a group guards itself; admins are free.
    await ours.fill(count, [], [one.members for one in groups], admins=True)
    print(f"\n  {count:,} people and {len(groups)} groups made in {time.monotonic() - begun:.0f} s")
    ours.start()
    try:
        used_s, begun = ours.cpu_s(), time.monotonic()
        await _all(groups, ours)
        took_s, used_s = time.monotonic() - begun, ours.cpu_s() - used_s
        answers = sum(_audit(ours, one, number) for one in groups)
        if (stored := ours.stored()) != bar.total:
            raise Wrong(f"{stored} messages are stored, and {bar.total} were said")
    finally:
        ours.stop()
    _tell(
        report, chosen, len(number), answers, took_s, used_s, [len(one.members) for one in groups]
    )


def _nicks(chosen: Sequence[Day]) -> Iterator[str]:
    return (line.nick for day in chosen for line in day.lines)


def _hosted(chosen: Sequence[Day], number: dict[str, int], bar: Bar) -> list[Group]:
    """The groups, each with a host who knows everybody in it; nobody knows more than a few thousand."""
    groups: list[Group] = []
    host, known = len(number), set[str]()
    for day in chosen:
        known |= set(_nicks([day]))
        if len(known) > KNOWN:
            host, known = host + 1, set(_nicks([day]))
        groups.append(Group(day, host, number, bar))
    return groups


async def _all(groups: Sequence[Group], ours: Ours) -> None:
    """Some at a time; the first that goes wrong ends it."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(group: Group) -> None:
        async with gate:
            await group.replay(ours)

    try:
        async with asyncio.TaskGroup() as tasks:
            for group in groups:
                tasks.create_task(one(group))
    except* Wrong as wrong:
        raise wrong.exceptions[0] from None


def _audit(ours: Ours, group: Group, number: dict[str, int]) -> int:
    """How many answers are stored; Wrong when the books do not hold what was said."""
    with sqlite3.connect(ours.folder / "changliao" / BOOKS_FILE) as db:
        rows = db.execute(
            "SELECT client_id, number, sender, ref, body FROM chat_entries"
            " WHERE conversation_id = ? AND kind = 'text' ORDER BY number",
            (group.id,),
        ).fetchall()
    lines = group.day.lines
    if sorted(int(row[0].removeprefix("line")) for row in rows) != list(range(len(lines))):
        raise Wrong(f"{len(rows)} of the {len(lines)} messages of {group.day.name} are stored")
    newest: dict[str, int] = {}
    for client_id, s, sender, ref, body in rows:
        place = int(client_id.removeprefix("line"))
        line = lines[place]
        kept = (s, sender, ref, msgspec.json.decode(body)["text"])
        answered = 0 if line.answers is None else group.numbers[line.answers]
        if kept != (group.numbers[place], ours.people[number[line.nick]], answered, line.text):
            raise Wrong(f"message {place} of {group.day.name} is not stored as it was said")
        if place < newest.get(sender, 0):
            raise Wrong(f"message {place} of {group.day.name} is stored after a later one")
        newest[sender] = place
    return sum(row[3] != 0 for row in rows)


def _tell(
    report: Report,
    chosen: Sequence[Day],
    people: int,
    answers: int,
    took_s: float,
    used_s: float,
    sizes: Sequence[int],
) -> None:
    said = sum(len(one.lines) for one in chosen)
    heard = sum(size * len(one.lines) for size, one in zip(sizes, chosen, strict=True))
    empty, further = sum(one.empty for one in chosen), sum(one.further for one in chosen)
    print(f"\n  {said + empty:,} real messages of {people:,} people in {len(chosen)} groups,")
    print(f"    {empty} of them empty and so not said; {answers:,} are answers, as they were;")
    print(f"    {further:,} times a message answers a second one, for which there is no place")
    print(f"    {said / took_s:,.0f} messages, {heard / took_s:,.0f} deliveries/s: {took_s:.0f} s;")
    print(
        f"    {said / used_s:,.0f} and {heard / used_s:,.0f} per second of the server's processor;"
    )
    print("    all stored once, everybody's in their order, with what they answer, and heard once")
    found = {"messages": said, "empty": empty, "people": people, "answers": answers}
    report.figure("words", found | {"deliveries": heard, "seconds": took_s, "cpu_s": used_s})
