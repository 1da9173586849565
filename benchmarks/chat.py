"""Chat: how fast people talk, beside ejabberd and prosody; what many idle ones cost; how they come back.

Each server has one core, with all its threads, and keeps every message; the load has the other core. Every
message must reach every member once, and in the same order, or the run counts for nothing. Figures are per
second of the server's processor time, and by the clock. Of the others no acknowledgement is asked; ours is
the echo. A storm is heard by devices in Python, everything else by a generator in C.
"""

import argparse
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Report, median
from benchmarks.server import end_in_order
from benchmarks.talk import growth, stopped, storm, words
from benchmarks.talk.load import Heard, NoCompiler, Pace, Talk, Wrong, forget_program, load
from benchmarks.talk.ours import PER_S, Ours
from benchmarks.talk.xmpp import Absent, Ejabberd, Prosody, Xmpp
from changliao import app
from changliao.kernel.value import Value

IN_PAIRS = 50
SECONDS, QUICK_SECONDS = 4.0, 2.0
ROUNDS = 3
IDLE, QUICK_IDLE = 5_000, 1_000
IDLE_S = 10.0
SETTLE_S = 10.0
AIMS = {"group of 100, 1 in flight": 3, "group of 100, 8 in flight": 10, "1:1, 50 in flight": 8}
"""So many times ejabberd."""

Server = Ours | Xmpp


class Work(Value, frozen=True):
    """Something that all servers are asked to do."""

    name: str
    pairs: int = 0
    group: tuple[int, ...] = ()
    at_once: int = 0


class Done(Value, frozen=True):
    """What came of it."""

    messages_per_cpu_s: float
    deliveries_per_cpu_s: float
    deliveries_per_s: float
    p50_ms: float
    p99_ms: float


def works(quick: bool) -> list[Work]:
    """Benchmarks A and B."""
    sizes = (100,) if quick else (5, 100, 500)
    found = [Work(f"1:1, {IN_PAIRS} in flight", pairs=IN_PAIRS)]
    for size in sizes:
        for at_once in (1, 8):
            name = f"group of {size}, {at_once} in flight"
            found.append(Work(name, group=tuple(range(size)), at_once=at_once))
    return found


def talks_of(server: Server, work: Work) -> tuple[list[Talk], Pace, list[int]]:
    """What is said where, how fast, and by whom in turn."""
    if work.pairs:
        pairs = [(2 * n, 2 * n + 1) for n in range(work.pairs)]
        talks = [Talk(one, [(one[0], server.to(*one))], server.echoes) for one in pairs]
        return talks, Pace(each=1), []
    speakers = work.group[: work.at_once]
    line = server.in_group(work.group)
    picks = [n % len(speakers) for n in range(work.at_once)]
    talk = Talk(work.group, [(one, line) for one in speakers])
    return [talk], Pace(at_once=work.at_once), picks


def timed(server: Server, run: Callable[[], Heard]) -> tuple[Heard, Done]:
    """A run beside the processor time that it took the server."""
    before = server.cpu_s()
    heard = run()
    used = server.cpu_s() - before
    return heard, Done(
        heard.sent / used,
        heard.heard / used,
        heard.heard / heard.seconds,
        heard.p50_us / 1000,
        heard.p99_us / 1000,
    )


# Side by side -------------------------------------------------------------------------------


async def beside(report: Report, folder: Path, core: int | None) -> None:
    """Ours and the others by turns, on the same work."""
    todo = works(report.quick)
    groups = [work.group for work in todo if work.group]
    groups = list(dict.fromkeys(groups))
    count = max([2 * IN_PAIRS, *map(len, groups)])
    pairs = [(2 * n, 2 * n + 1) for n in range(IN_PAIRS)]
    servers: list[Server] = []
    try:
        for made in (Ours(folder, core), Ejabberd(folder, core), Prosody(folder, core)):
            try:
                await made.fill(count, pairs, groups)
                made.start()
                servers.append(made)
            except Absent as absent:
                print(f"  {absent}")
        found = _rounds(servers, todo, count, 2 if report.quick else ROUNDS, report.quick)
    finally:
        for server in servers:
            server.stop()
    for work in todo:
        _told(report, work, {name: found[work.name, name] for name in (s.name for s in servers)})


def _rounds(
    servers: Sequence[Server], todo: Sequence[Work], count: int, rounds: int, quick: bool
) -> dict[tuple[str, str], list[Done]]:
    seconds = QUICK_SECONDS if quick else SECONDS
    clients = {server.name: server.connect(count) for server in servers}
    found: dict[tuple[str, str], list[Done]] = {}
    sent = dict.fromkeys(clients, 0)
    for _ in range(rounds):
        for work in todo:
            for server in servers:
                server.keep(clients[server.name])
                talks, pace, picks = talks_of(server, work)
                heard, done = timed(
                    server,
                    lambda s=server, t=talks, p=pace, o=picks: load(  # type: ignore[misc]
                        s.protocol, clients[s.name], t, p, seconds, picks=o
                    ),
                )
                sent[server.name] += heard.sent
                found.setdefault((work.name, server.name), []).append(done)
    for server in servers:
        for line in clients[server.name]:
            line.close()
        if (kept := _settled(server, sent[server.name])) < sent[server.name]:
            raise Wrong(f"{server.name} keeps {kept} of {sent[server.name]} messages")
    return found


def _settled(server: Server, wanted: int) -> int:
    """What is stored, once whoever writes behind has had some time."""
    until = time.monotonic() + SETTLE_S
    while (kept := server.stored()) < wanted and time.monotonic() < until:
        time.sleep(0.2)
    return kept


def _told(report: Report, work: Work, by: dict[str, list[Done]]) -> None:
    print(f"\n  {work.name}")
    rates = {}
    for name, rounds in by.items():
        one = {key: median(getattr(r, key) for r in rounds) for key in Done.__struct_fields__}
        rates[name] = one["messages_per_cpu_s" if work.pairs else "deliveries_per_cpu_s"]
        report.figure(f"{name}: {work.name}", {key: round(v, 2) for key, v in one.items()})
        print(
            f"    {name:<10} {one['messages_per_cpu_s']:>9,.0f} messages,"
            f" {one['deliveries_per_cpu_s']:>9,.0f} deliveries per second of its core;"
            f" {one['deliveries_per_s']:>9,.0f} by the clock; p50 {one['p50_ms']:.1f} ms,"
            f" p99 {one['p99_ms']:.1f} ms"
        )
    if "ejabberd" in rates and work.name in AIMS:
        times = rates["changliao"] / rates["ejabberd"]
        report.claim(f"{work.name}: times ejabberd", times, "×", least=AIMS[work.name])


# Ours alone ---------------------------------------------------------------------------------


class House:
    """Many people at our server: pairs, small groups, a large one."""

    def __init__(self, folder: Path, core: int | None, count: int) -> None:
        self.count, self.ours = count, Ours(folder, core)
        self.pairs = [(2 * n, 2 * n + 1) for n in range(min(500, count // 2))]
        chance = random.Random(4)
        small = [
            tuple(sorted(chance.sample(range(count), chance.randint(5, 20)))) for _ in range(100)
        ]
        self.large = tuple(range(500))
        self.groups = [*dict.fromkeys(small), self.large]

    def mixed(self) -> tuple[list[Talk], list[int]]:
        """Benchmark C: of 100 messages 80 to one person, 15 to a small group, 5 to the large one."""
        ours, chance = self.ours, random.Random(5)
        talks = [Talk(one, [(one[0], ours.to(*one))]) for one in self.pairs]
        talks += [Talk(one, [(one[0], ours.in_group(one))]) for one in self.groups]
        pairs, groups = range(len(self.pairs)), range(len(self.pairs), len(talks) - 1)
        kinds = [(pairs, 80), (groups, 15), (range(len(talks) - 1, len(talks)), 5)]
        drawn = chance.choices([one for one, _ in kinds], [share for _, share in kinds], k=20_000)
        return talks, [chance.choice(one) for one in drawn]


async def alone(report: Report, folder: Path, core: int | None) -> None:
    """Benchmarks C and D, and A with pacing."""
    house = House(folder, core, QUICK_IDLE if report.quick else IDLE)
    await house.ours.fill(house.count, house.pairs, house.groups)
    house.ours.start()
    clients = []
    try:
        clients = idle(report, house)
        paced(report, house, clients)
    finally:
        for line in clients:
            line.close()
        house.ours.stop()


def idle(report: Report, house: House) -> list[Any]:
    """Benchmark D: what sockets cost that say nothing."""
    ours = house.ours
    for line in ours.connect(50):  # What is loaded late is loaded now.
        line.close()
    time.sleep(1)
    before_kb = ours.rss_kb()
    used_s = ours.cpu_s()
    clients = ours.connect(house.count)
    used_s = ours.cpu_s() - used_s
    each_kb = (ours.rss_kb() - before_kb) / house.count
    time.sleep(1)
    resting_s = ours.cpu_s()
    time.sleep(IDLE_S)
    share = (ours.cpu_s() - resting_s) / IDLE_S
    print(f"\n  {house.count:,} people signed in: {each_kb:.1f} KB each,")
    print(f"    {1000 * used_s / house.count:.2f} ms of processor to greet one (with its token),")
    print(f"    {100 * share:.1f} % of a core while nobody says anything")
    report.figure("idle", {"kb": each_kb, "greet_ms": 1000 * used_s / house.count, "core": share})
    report.claim("memory of an idle person's socket", each_kb, "KB", most=10)
    return clients


def paced(report: Report, house: House, clients: list[Any]) -> None:
    """Benchmarks A and C: as fast as it goes, then at a quarter, half and three quarters of that."""
    ours, seconds = house.ours, QUICK_SECONDS if report.quick else SECONDS
    talks, mix = house.mixed()
    pairs = talks[: len(house.pairs)]
    turns = random.Random(6).choices(range(len(pairs)), k=20_000)
    for name, some, picks in (("1:1", pairs, turns), ("mixed", talks, mix)):
        print(f"\n  {name}, {len(house.pairs)} pairs" + (", groups of 5 to 500" * (some is talks)))
        full = 0.0
        for share in (1.0, 0.25, 0.5, 0.75):
            pace = Pace(per_s=full * share) if full else Pace(at_once=100)
            ours.keep(clients)
            heard, done = timed(
                ours,
                lambda t=some, p=pace, o=picks: load(  # type: ignore[misc]
                    "ws", clients, t, p, seconds, picks=o
                ),
            )
            full = full or heard.sent / heard.seconds
            how = "as fast as it goes" if share == 1 else f"{share:.0%} of that"
            print(
                f"    {how:<20}{heard.sent / heard.seconds:>8,.0f} messages/s,"
                f" {done.deliveries_per_cpu_s:>9,.0f} deliveries per second of its core;"
                f" p50 {done.p50_ms:.1f} ms, p99 {done.p99_ms:.1f} ms"
            )
            report.figure(f"{name} {share:.0%}", done)


# All ----------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[Report, Path, int | None], Any]] = {
    "beside": beside,
    "alone": alone,
    "stopped": stopped.stopped,
    "storm": storm.storm,
    "offline": storm.offline,
    "growth": growth.growth,
    "words": words.words,
}


def _folders(part: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"changliao-chat-{part}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def run(report: Report, parts: Sequence[str]) -> None:
    """One part after the other, each with servers of its own."""
    core = 0 if (os.cpu_count() or 1) > 1 else None
    for part in parts:
        for folder in _folders(part):
            await PARTS[part](report, folder, core)


def main() -> int:
    """Read the options, measure, report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds, fewer people")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--only", action="append", choices=[*PARTS], help="this part; may repeat")
    options = parser.parse_args()
    end_in_order()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    report = Report("chat", quick=options.quick)
    report.head()
    print(f"  One person may write {PER_S:,} messages a second here, not 5 as is usual.")
    try:
        app.in_loop(run(report, options.only or [*PARTS]))
    except NoCompiler as missing:
        print(f"  {missing}")
        return 2
    except Wrong as wrong:
        print(f"  WRONG, so nothing counts: {wrong}")
        return 1
    finally:
        forget_program()
    return report.end(options.json)


if __name__ == "__main__":
    sys.exit(main())
