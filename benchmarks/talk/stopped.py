"""Whether readers who stop reading are felt by the others."""

from pathlib import Path
from typing import Any

from benchmarks.report import Report, median
from benchmarks.talk.load import Heard, Pace, Talk, load
from benchmarks.talk.ours import Ours

MEMBERS, SPEAKERS = 500, 8
ONE_IN = 100
"""One reader of so many stops."""
PAIRS, QUICK_PAIRS = 9, 5
SECONDS, QUICK_SECONDS = 4.0, 2.0
SHARE = 0.25
"""Of what goes through at most; with much more it is the queue before the server that is measured."""


async def stopped(report: Report, folder: Path, core: int | None) -> None:
    """Benchmark F: 1 % of a large group stop reading. Pairs of runs, with and without them, the order
    changing, so that whatever else happens on the machine hits both alike."""
    group = tuple(range(MEMBERS))
    ours = Ours(folder, core)
    await ours.fill(MEMBERS, [], [group])
    ours.start()
    clients: list[Any] = []
    try:
        clients = ours.connect(MEMBERS)
        run = _Run(ours, clients, group, QUICK_SECONDS if report.quick else SECONDS)
        deaf = frozenset(range(ONE_IN // 2, MEMBERS, ONE_IN))
        pairs = [run.pair(deaf, turn % 2) for turn in range(QUICK_PAIRS if report.quick else PAIRS)]
    finally:
        for line in clients:
            line.close()
        ours.stop()
    every, others = (median(one) for one in zip(*pairs, strict=True))
    times = median(others / every for every, others in pairs)
    print(f"\n  a group of {MEMBERS}, {run.pace.per_s:,.0f} messages/s: p99 {every:.1f} ms;")
    print(f"    {others:.1f} ms for the others when {len(deaf)} stop reading ({len(pairs)} pairs)")
    report.figure("stopped readers", {"pairs_ms": pairs, "times": times})
    report.claim("p99 when 1 % stop reading, of that when none does", times, "×", most=1.2)


class _Run:
    """Everybody's sockets, and the same talk again and again."""

    def __init__(
        self, ours: Ours, clients: list[Any], group: tuple[int, ...], seconds: float
    ) -> None:
        self._ours, self._clients, self._seconds = ours, clients, seconds
        self._talk = Talk(group, [(one, ours.in_group(group)) for one in group[:SPEAKERS]])
        full = self._heard(Pace(at_once=SPEAKERS), frozenset())
        self.pace = Pace(per_s=SHARE * full.sent / full.seconds)

    def pair(self, deaf: frozenset[int], turn: int) -> tuple[float, float]:
        """p99 in ms of everybody, and of the others when these stop reading."""
        order = (deaf, frozenset[int]()) if turn else (frozenset[int](), deaf)
        found = {len(some): self._p99_ms(some) for some in order}
        return found[0], found[len(deaf)]

    def _p99_ms(self, deaf: frozenset[int]) -> float:
        self._anew(deaf, small=True)
        heard = self._heard(self.pace, deaf)
        self._anew(deaf, small=False)
        return heard.p99_us / 1000

    def _heard(self, pace: Pace, deaf: frozenset[int]) -> Heard:
        self._ours.keep(self._clients)
        picks = range(SPEAKERS)
        talks, seconds = [self._talk], self._seconds
        return load("ws", self._clients, talks, pace, seconds, picks=picks, stopped=deaf)

    def _anew(self, who: frozenset[int], *, small: bool) -> None:
        """These people come back with another socket."""
        for n, line in zip(sorted(who), self._ours.come(sorted(who), small=small), strict=True):
            self._clients[n].close()
            self._clients[n] = line
