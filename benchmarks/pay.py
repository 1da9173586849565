"""Whole payments over HTTP against one server process on one core, beside pgbench on the same machine."""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import uvloop

from benchmarks import growth
from benchmarks.books import Books
from benchmarks.crowd import HOT_SHARE, Crowd, Ran, Way
from benchmarks.postgres import Postgres
from benchmarks.report import Report, median
from benchmarks.server import Server, end_in_order
from benchmarks.town import Town, build
from changliao.kernel.value import Value

SERVER_CORE, CROWD_CORE = 0, 1
ROUNDS, SECONDS, WARM_UP_S = 3, 5.0, 1.0
QUICK_SECONDS, QUICK_WARM_UP_S = 1.5, 0.5
PERSONS, SHOPS = 2000, 100
QUICK_PERSONS, QUICK_SHOPS = 300, 20
PGBENCH_S, QUICK_PGBENCH_S = 15, 3
QUICK_PGBENCH_CLIENTS = (32,)
QUICK_PGBENCH_WARM_UP_S = 1

_TABLES = (
    "pay_payments",
    "kept_answers",
    "facts",
    "ledger_transfers",
    "ledger_accounts",
    "ledger_marks",
    "bus_jobs",
    "chain",
)


class Phase(Value, frozen=True):
    """One kind of load."""

    way: Way
    clients: int
    hot: bool = False

    @property
    def name(self) -> str:
        """As it stands in the table."""
        requests = "1 request " if self.way == "one" else "2 requests"
        return f"{requests} {self.clients:>3} clients {'hot' if self.hot else 'uniform'}"


class Figures(Value, frozen=True):
    """What one phase of one round came to."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rss_mib: float


QUICK_PHASES = [Phase("two", 64), Phase("one", 64), Phase("one", 64, True)]
PHASES = [
    Phase(way, clients, hot)
    for clients in (64, 256)
    for way in ("two", "one")
    for hot in (False, True)
]


class Wrong(Exception):
    """What was measured was not right, so it counts for nothing."""


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """This process on one core, while the server has the other."""
    before = os.sched_getaffinity(0)
    if core in before and len(before) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Measuring:
    """The rounds on one set of books."""

    def __init__(self, books: Books, town: Town, report: Report) -> None:
        self._books, self._town, self._report = books, town, report
        self.found: dict[Phase, list[Figures]] = defaultdict(list)
        quick = report.quick
        self._seconds = QUICK_SECONDS if quick else SECONDS
        self._warm_up_s = QUICK_WARM_UP_S if quick else WARM_UP_S

    def round(self, phases: list[Phase], *, explain: bool = False) -> None:
        """Each phase once, on fresh books, in one server; then everything is checked."""
        # The quick way has one round, which needs no copy.
        books = self._books if self._report.quick else self._books.copy()
        minted = books.in_town()
        books.flush()
        server = books.server(SERVER_CORE)
        server.start()
        paid = 0
        try:
            for phase in phases:
                paid += self._phase(server, phase, books if explain else None)
        finally:
            server.stop()
        _check(books, server, paid, minted)
        if books is not self._books:
            books.drop()

    def _phase(self, server: Server, phase: Phase, explain: Books | None) -> int:
        crowd = Crowd(server.url, self._town, phase.clients, phase.way, hot=phase.hot)
        before = _rows(explain) if explain else {}
        cpu_s = server.cpu_s()
        with on_core(CROWD_CORE):
            ran: Ran = uvloop.run(crowd.pay(self._seconds, self._warm_up_s))
        cpu_us = (server.cpu_s() - cpu_s) / ran.paid * 1e6
        figures = Figures(ran.per_s, ran.p50_ms, ran.p99_ms, cpu_us, server.rss_mib()[0])
        self.found[phase].append(figures)
        if explain and not phase.hot:
            self._explain(phase, before, _rows(explain), ran.paid)
        return ran.paid

    def _explain(
        self, phase: Phase, before: dict[str, int], after: dict[str, int], paid: int
    ) -> None:
        """Say what one payment of this phase wrote."""
        new = {name: (after[name] - before[name]) / paid for name in after}
        groups = new.pop("chain")
        rows = ", ".join(f"{new[n]:.3g} {n}" for n in new if new[n] >= 0.005)
        answers = 1 if phase.way == "one" else 2
        print(f"    a payment in {phase.name.strip()}: {rows}")
        print(
            f"      {answers} acknowledged commit{'s' * (answers > 1)}, shared: "
            f"{answers / groups:.0f} answers to a group"
        )
        self._report.figure(
            f"{self._books.kind}: a payment, {phase.name}", {**new, "chain": groups}
        )


def _rows(books: Books) -> dict[str, int]:
    """Rows of each table now; append-only tables are asked for their last number, which is cheap."""
    return {name: books.number(f"SELECT COUNT(*) FROM {name}") for name in _TABLES}


def _check(books: Books, server: Server, paid: int, minted: int) -> None:
    """Everything acknowledged is there once, nothing else is, and the audit finds nothing."""
    kept = books.number("SELECT COUNT(*) FROM pay_payments WHERE status = 'paid'")
    facts = books.number("SELECT COUNT(*) FROM facts WHERE kind = 'payment.paid'")
    if (kept, facts) != (paid, paid):
        raise Wrong(f"{paid} payments were acknowledged, {kept} are paid, {facts} facts say so")
    if books.in_town() != minted:
        raise Wrong(f"there were {minted} minor units in town, now there are {books.in_town()}")
    right, said = server.audit()
    if not right:
        raise Wrong(f"{said}\n{server.said()}")


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, 64 clients")
    parser.add_argument(
        "--growth", action="store_true", help="also with 1 M accounts, 5 M transfers"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--only", choices=("sqlite", "postgres"), help="one database alone")
    said = parser.parse_args()
    end_in_order()
    report = Report("Payments over HTTP", quick=said.quick)
    report.head()
    folder = Path(tempfile.mkdtemp(prefix="changliao-pay-"))
    postgres = Postgres(quick=said.quick) if said.only != "sqlite" else None
    try:
        _measure(report, folder, postgres, said.only)
        if said.growth and not said.quick:
            _measure_growth(report, folder)
    finally:
        if postgres:
            postgres.close()
        shutil.rmtree(folder, ignore_errors=True)
    return report.end(said.json)


def _measure(report: Report, folder: Path, postgres: Postgres | None, only: str | None) -> None:
    all_books = [Books(folder / "sqlite")] if only != "postgres" else []
    if postgres:
        all_books.append(Books(folder / "postgres", postgres))
    quick = report.quick
    with postgres.filling() if postgres and quick else contextlib.nullcontext():
        measurings = [Measuring(books, _town(books, quick), report) for books in all_books]
    phases, rounds = (QUICK_PHASES, 1) if quick else (PHASES, ROUNDS)
    for number in range(rounds):
        if postgres and quick:
            postgres.pgbench(
                QUICK_PGBENCH_S, QUICK_PGBENCH_CLIENTS, warm_up_s=QUICK_PGBENCH_WARM_UP_S
            )
        elif postgres:
            postgres.pgbench(PGBENCH_S)
        for measuring in measurings:
            measuring.round(phases if number % 2 == 0 else phases[::-1], explain=number == 0)
    for books, measuring in zip(all_books, measurings, strict=True):
        _print(report, books, measuring, max(postgres.tps.values()) if postgres else 0)


def _town(books: Books, quick: bool) -> Town:
    persons, shops = (QUICK_PERSONS, QUICK_SHOPS) if quick else (PERSONS, SHOPS)
    began = time.monotonic()
    town = asyncio.run(build(books.settings, persons, shops))
    print(
        f"  {books.check_durable()}\n    {persons:,} persons with wallets, PINs, sessions and "
        f"mandates, {shops} shops: made by verbs in {time.monotonic() - began:.0f} s"
    )
    return town


def _measure_growth(report: Report, folder: Path) -> None:
    """The same payments in books that are small and in books that are large, on SQLite."""
    print("\nGrowth")
    phases = [Phase("two", 64), Phase("one", 64)]
    measurings = []
    for name, size in (("small", growth.SMALL), ("large", growth.LARGE)):
        books = growth.prefilled(folder / name, *size)
        town = asyncio.run(build(books.settings, PERSONS, SHOPS))
        measurings.append(Measuring(books, town, report))
    for _ in range(ROUNDS):
        for measuring in measurings:
            measuring.round(phases)
    costs = []
    for measuring in measurings:
        cost = {
            phase.name: median(one.cpu_us for one in measuring.found[phase]) for phase in phases
        }
        rate = {phase.name: median(one.per_s for one in measuring.found[phase]) for phase in phases}
        costs.append(cost)
        print("  " + "; ".join(f"{n}: {rate[n]:,.0f}/s, {cost[n]:.0f} µs" for n in cost))
    growth.compare(report, *costs)


def _print(report: Report, books: Books, measuring: Measuring, tps: float) -> None:
    """The table of one database, and its claims."""
    kind = books.kind
    print(
        f"\n{kind}: server on core {SERVER_CORE}, crowd on core {CROWD_CORE}; "
        f"hot: {HOT_SHARE:.0%} to one shop"
    )
    if tps:
        print(f"  pgbench TPC-B on the same machine: {tps:,.0f} tps at best")
        report.figure("pgbench_tps", tps)
    print(
        f"  {'':<32}{'payments/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'cpu µs':>9}{'RSS MiB':>9}{'of pgbench':>12}"
    )
    rates: dict[Phase, float] = {}
    for phase, rounds in measuring.found.items():
        middle = Figures(
            *[median(getattr(one, name) for one in rounds) for name in Figures.__struct_fields__]
        )
        rates[phase] = middle.per_s
        ratio = f"{middle.per_s / tps:.2f} ×" if tps else ""
        print(
            f"  {phase.name:<32}{middle.per_s:>11,.0f}{middle.p50_ms:>9.1f}{middle.p99_ms:>9.1f}"
            f"{middle.cpu_us:>9.0f}{middle.rss_mib:>9.0f}{ratio:>12}"
        )
        report.figure(f"{kind}: {phase.name}", middle)
        report.claim(
            f"{kind}, {phase.name.strip()}: p99 / p50", middle.p99_ms / middle.p50_ms, "×", most=5
        )
    _claims(report, kind, rates, tps)


def _claims(report: Report, kind: str, rates: dict[Phase, float], tps: float) -> None:
    aims = {"SQLite": {"two": 1.0, "one": 1.5}, "PostgreSQL": {"two": 0.5, "one": 0.8}}[kind]
    for way, aim in aims.items():
        best = max(
            (rate for phase, rate in rates.items() if phase.way == way and not phase.hot), default=0
        )
        if tps and best:
            name = f"{kind}, a payment in {'one request' if way == 'one' else 'two requests'}"
            report.claim(f"{name}, of pgbench TPC-B", best / tps, "×", least=aim)
    for phase, rate in rates.items():
        uniform = rates.get(Phase(phase.way, phase.clients))
        if phase.hot and uniform:
            report.claim(
                f"{kind}, {phase.name.strip()}, of uniform", rate / uniform, "×", least=1.0
            )


if __name__ == "__main__":
    sys.exit(main())
