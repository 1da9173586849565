"""What a payment costs when the books are large: a million accounts and five million transfers before it."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from benchmarks.books import Books
from benchmarks.report import Bar, Report
from benchmarks.town import CURRENCY, MODE
from changliao.db.db import Db
from changliao.ledger import service as ledger
from changliao.ledger.model import AskAccount, AskTransfer

SMALL, LARGE = (10_000, 50_000), (1_000_000, 5_000_000)
"""Accounts and transfers."""

BATCH = 8192
UNDER_WAY = 2
COST_MOST = 1.3


def prefilled(folder: Path, accounts: int, transfers: int) -> Books:
    """Books that already hold so much, written by the ledger's own verbs."""
    books = Books(folder)
    began = time.monotonic()
    with books.opened() as db:
        asyncio.run(_fill(db, accounts, transfers))
    size = books.file.stat().st_size >> 20
    print(
        f"  {accounts:,} accounts and {transfers:,} transfers by post_many in "
        f"{time.monotonic() - began:.0f} s; the file has {size:,} MiB"
    )
    return books


def compare(report: Report, small: dict[str, float], large: dict[str, float]) -> None:
    """The cost of a payment in large books, as a multiple of that in small ones."""
    for name, cost in large.items():
        report.claim(
            f"SQLite, {name}: processor time of a payment after {LARGE[1]:,} transfers",
            cost / small[name],
            "× that after 50,000",
            most=COST_MOST,
        )


async def _fill(db: Db, accounts: int, transfers: int) -> None:
    chance = random.Random(1)
    bar = Bar("accounts", accounts)
    names = [f"ballast_{number}" for number in range(accounts)]
    for at in range(0, accounts, BATCH):
        asks = [
            AskAccount(name, "ballast", CURRENCY, MODE, id=name) for name in names[at : at + BATCH]
        ]
        await db.write(ledger.open_many, asks)
        bar.step(len(asks))
    bar = Bar("transfers", transfers)
    waiting: set[asyncio.Task[Any]] = set()
    for at in range(0, transfers, BATCH):
        pairs = [chance.sample(names, 2) for _ in range(min(BATCH, transfers - at))]
        batch = [AskTransfer(1 + at % 100, debit, credit, "ballast") for debit, credit in pairs]
        waiting.add(asyncio.ensure_future(db.write(ledger.post_many, batch)))
        if len(waiting) >= UNDER_WAY:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        bar.reached(at)
    await asyncio.gather(*waiting)
    bar.reached(transfers)
