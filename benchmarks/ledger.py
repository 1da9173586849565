"""Transfers a second on SQLite and PostgreSQL, beside row locks and pgbench on the same machine."""

import argparse
import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import uvloop

from benchmarks import rowlocks
from benchmarks.books import Books
from benchmarks.postgres import Postgres
from benchmarks.report import Report, median
from benchmarks.server import end_in_order
from changliao.db.db import Db
from changliao.ledger import service as ledger
from changliao.ledger.model import AskAccount, AskTransfer

ACCOUNTS = 10_000
HOT_SHARE = 0.8
CALLERS, BATCH = 512, 8192
"""Callers with one transfer each at a time; and transfers in one call of `post_many`."""

ROUNDS, SECONDS, QUICK_SECONDS = 3, 5.0, 1.2
PGBENCH_S, QUICK_PGBENCH_S, QUICK_PGBENCH_WARM_UP_S = 15, 3, 1
FUNDS = 10**9

Pick = Callable[[random.Random, int], tuple[int, int]]


ROW_LOCKS = (
    ("row locks (textbook)", rowlocks.textbook),
    ("row locks (stored function)", rowlocks.stored_function),
)
"""What the ledger is compared with; the quick way leaves out the second."""


class Wrong(Exception):
    """What was measured was not right, so it counts for nothing."""


def uniform(chance: random.Random, accounts: int) -> tuple[int, int]:
    """Any two accounts."""
    debit = int(chance.random() * accounts)
    credit = int(chance.random() * (accounts - 1))
    return debit, credit + (credit >= debit)


def hot(chance: random.Random, accounts: int) -> tuple[int, int]:
    """Four times in five to the first account."""
    if chance.random() < HOT_SHARE:
        return 1 + int(chance.random() * (accounts - 1)), 0
    return uniform(chance, accounts)


PICKS: dict[str, Pick] = {"uniform": uniform, "hot": hot}


async def fund(db: Db) -> None:
    """Accounts that may not go below zero, each with enough, out of one that may."""
    await db.write(ledger.open_account, AskAccount("bank", "bank", "CNY", "test", id="bank"))
    asks = [
        AskAccount(f"acc_{n}", "wallet", "CNY", "test", no_overdraft=True, id=f"acc_{n}")
        for n in range(ACCOUNTS)
    ]
    funds = [AskTransfer(FUNDS, "bank", ask.id, "fund") for ask in asks]
    for at in range(0, ACCOUNTS, BATCH):
        await db.write(ledger.open_many, asks[at : at + BATCH])
        await db.write(ledger.post_many, funds[at : at + BATCH])


async def singly(db: Db, pick: Pick, seconds: float) -> tuple[int, float]:
    """Callers that each wait for the commit of their one transfer; how many there were."""
    chance, end, done = random.Random(2), time.monotonic() + seconds, 0

    async def caller() -> None:
        nonlocal done
        while time.monotonic() < end:
            debit, credit = pick(chance, ACCOUNTS)
            await db.write(ledger.post, AskTransfer(1, f"acc_{debit}", f"acc_{credit}", "move"))
            done += 1

    began = time.monotonic()
    await asyncio.gather(*[caller() for _ in range(CALLERS)])
    return done, done / (time.monotonic() - began)


async def in_batches(db: Db, pick: Pick, seconds: float) -> tuple[int, float]:
    """Batches one after the other, two under way; how many transfers there were."""
    chance, done = random.Random(3), 0
    batches = []
    for _ in range(4):
        pairs = [pick(chance, ACCOUNTS) for _ in range(BATCH)]
        batches.append([AskTransfer(1, f"acc_{a}", f"acc_{b}", "move") for a, b in pairs])
    began = time.monotonic()

    async def caller(number: int) -> None:
        nonlocal done
        while time.monotonic() < began + seconds:
            results = await db.write(ledger.post_many, batches[number % len(batches)])
            done += sum(result.code == "created" for result in results)
            number += 2

    await asyncio.gather(caller(0), caller(1))
    return done, done / (time.monotonic() - began)


class Measuring:
    """The rounds of everything that is compared."""

    def __init__(self, report: Report, folder: Path, postgres: Postgres) -> None:
        self._report, self._postgres = report, postgres
        self._seconds = QUICK_SECONDS if report.quick else SECONDS
        self._books = [Books(folder / "sqlite"), Books(folder / "postgres", postgres)]
        with postgres.filling() if report.quick else contextlib.nullcontext():
            for books in self._books:
                with books.opened() as db:
                    asyncio.run(fund(db))
                print(f"  {books.check_durable()}")
        self._locks = postgres.database()
        postgres.run(rowlocks.SCHEMA, self._locks)
        postgres.run(rowlocks.FILL.replace("%s", str(ACCOUNTS - 1)), self._locks)
        self.found: dict[tuple[str, str], list[float]] = defaultdict(list)

    def round(self) -> None:
        """Everything once."""
        if self._report.quick:
            self._postgres.pgbench(QUICK_PGBENCH_S, (32,), warm_up_s=QUICK_PGBENCH_WARM_UP_S)
        else:
            self._postgres.pgbench(PGBENCH_S)
        for load, pick in PICKS.items():
            for books in self._books:
                self._ours(books, load, pick)
            for name, how in ROW_LOCKS[: 1 if self._report.quick else None]:
                self._postgres.checkpoint()
                url = self._postgres.url(self._locks)
                rate = rowlocks.per_s(url, how, ACCOUNTS, self._seconds, pick)
                self.found[name, load].append(rate)

    def _ours(self, books: Books, load: str, pick: Pick) -> None:
        copy = books.copy()
        copy.flush()
        before = copy.number("SELECT COUNT(*) FROM ledger_transfers")
        with copy.opened() as db:
            one_by_one, rate = uvloop.run(singly(db, pick, self._seconds))
            self.found[f"{books.kind}, {CALLERS} callers", load].append(rate)
            batched, rate = uvloop.run(in_batches(db, pick, self._seconds))
            self.found[f"{books.kind}, post_many", load].append(rate)
            wrong = asyncio.run(db.read(lambda reader: list(ledger.broken_invariants(reader))))
        written = copy.number("SELECT COUNT(*) FROM ledger_transfers") - before
        if wrong or written != one_by_one + batched:
            raise Wrong(f"{written} transfers of {one_by_one} + {batched}; {wrong}")
        copy.drop()


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short round, one way of row locks"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    end_in_order()
    report = Report("Ledger", quick=said.quick)
    report.head()
    folder = Path(tempfile.mkdtemp(prefix="changliao-ledger-"))
    postgres = Postgres(quick=said.quick)
    try:
        measuring = Measuring(report, folder, postgres)
        for _ in range(1 if said.quick else ROUNDS):
            measuring.round()
        _print(report, measuring, max(postgres.tps.values()))
    finally:
        postgres.close()
        shutil.rmtree(folder, ignore_errors=True)
    return report.end(said.json)


def _print(report: Report, measuring: Measuring, tps: float) -> None:
    middle = {name: median(rates) for name, rates in measuring.found.items()}
    print(f"\n  {'transfers/s':<32}{'uniform':>10}{'80 % on one':>14}{'of pgbench':>13}")
    for name in dict.fromkeys(name for name, _ in middle):
        one, other = middle[name, "uniform"], middle[name, "hot"]
        print(f"  {name:<32}{one:>10,.0f}{other:>14,.0f}{one / tps:>11.1f} ×")
        report.figure(name, {"uniform": round(one), "hot": round(other)})
    print(f"  {'pgbench TPC-B':<32}{tps:>10,.0f}")
    report.figure("pgbench_tps", tps)
    locks = middle["row locks (textbook)", "hot"]
    for kind, batch_aim in (("SQLite", 20), ("PostgreSQL", 10)):
        callers, batches = f"{kind}, {CALLERS} callers", f"{kind}, post_many"
        report.claim(
            f"{callers}, hot, of the textbook's row locks",
            middle[callers, "hot"] / locks,
            "×",
            least=20,
        )
        for name in (callers, batches):
            ratio = middle[name, "hot"] / middle[name, "uniform"]
            report.claim(f"{name}, hot, of uniform", ratio, "×", least=0.9)
        report.claim(
            f"{batches} with chain and facts, of pgbench TPC-B",
            middle[batches, "uniform"] / tps,
            "×",
            least=batch_aim,
        )


if __name__ == "__main__":
    sys.exit(main())
