"""Whether a message costs as much in books that hold millions of them as in young ones."""

import sqlite3
from pathlib import Path

from benchmarks.report import Report, median
from benchmarks.talk.load import Pace, Talk, load
from benchmarks.talk.ours import Ours
from changliao.app.books import BOOKS_FILE

YOUNG, OLD, QUICK_OLD = 10_000, 10_000_000, 1_000_000
PAIRS = 500
SECONDS, QUICK_SECONDS, ROUNDS = 4.0, 2.0, 3

_ENTRIES = """
WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?)
INSERT INTO chat_entries (conversation_id, number, shown, sender, at, client_id, kind, ref, mentions,
    body, marks)
SELECT c.id, c.head + i, c.shown + i, 'per_before', c.at + i, 'old.' || printf('%010d', i), 'text', 0, '',
    '{"text":"' || printf('%0200d', i) || '"}', ''
FROM (SELECT * FROM chat_conversations WHERE kind = 'direct' ORDER BY id) c CROSS JOIN numbers
"""
_HEADS = """
UPDATE chat_conversations SET head = head + ?1, shown = shown + ?1, last = head + ?1
WHERE kind = 'direct'
"""


def age(ours: Ours, messages: int) -> None:
    """Put so many messages of somebody else into the books, spread over all conversations."""
    each = messages // PAIRS
    with sqlite3.connect(ours.folder / "changliao" / BOOKS_FILE, isolation_level=None) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        db.execute(_ENTRIES, (each,))
        db.execute(_HEADS, (each,))
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def growth(report: Report, folder: Path, core: int | None) -> None:
    """Two servers by turns: one with few messages, one with many."""
    sizes = {"young": YOUNG, "old": QUICK_OLD if report.quick else OLD}
    pairs = [(2 * n, 2 * n + 1) for n in range(PAIRS)]
    servers = {}
    try:
        for name, size in sizes.items():
            servers[name] = ours = Ours(folder / name, core)
            await ours.fill(2 * PAIRS, pairs, [])
            age(ours, size)
            ours.start()
        costs = _costs(servers, pairs, report.quick)
    finally:
        for ours in servers.values():
            ours.stop()
    young, old = (median(costs[name]) for name in sizes)
    print(f"\n  one message among {sizes['young']:,}: {young:.0f} µs of the server's processor;")
    print(f"    among {sizes['old']:,}: {old:.0f} µs")
    report.figure("growth", {"young_us": young, "old_us": old, "old": sizes["old"]})
    report.claim(
        "cost of a message in old books, of that in young ones", old / young, "×", most=1.3
    )


def _costs(
    servers: dict[str, Ours], pairs: list[tuple[int, int]], quick: bool
) -> dict[str, list[float]]:
    clients = {name: ours.connect(2 * PAIRS) for name, ours in servers.items()}
    costs: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, ours in servers.items():
            talks = [Talk(one, [(one[0], ours.to(*one))]) for one in pairs]
            ours.keep(clients[name])
            before = ours.cpu_s()
            pace, seconds = Pace(at_once=50), QUICK_SECONDS if quick else SECONDS
            heard = load("ws", clients[name], talks, pace, seconds, picks=range(PAIRS))
            costs[name].append(1e6 * (ours.cpu_s() - before) / heard.sent)
    for some in clients.values():
        for line in some:
            line.close()
    return costs
