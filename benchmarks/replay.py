"""Replay real orders through the public API: pay each, refund what was canceled, compare every cent."""

import argparse
import asyncio
import contextlib
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import orders
from benchmarks.calling import AT_ONCE, Client, Refused, client, in_turn
from benchmarks.orders import CURRENCY, Due, Plan, Unusable, shown
from benchmarks.report import Bar, Report
from benchmarks.server import DidNotStart, Server, end_in_order
from benchmarks.shopkeeper import RATE, Shop, offer, open_shop, recall, remember
from changliao.app import BOOKS_FILE

QUICK_ORDERS = 400
PATIENCE_S = 30
"""How long to wait for the next payment or refund to come through."""

TOLD_MAX = 10


class Replay:
    """One replay against one server. `differences` is what did not come out as the files say."""

    def __init__(self, http: Client, shop: Shop, plan: Plan) -> None:
        self._http, self._shop, self._plan = http, shop, plan
        self.differences: list[str] = []
        self._ids: dict[str, str] = {}  # reference -> payment
        self._paid: dict[str, dict[str, Any]] = {}  # reference -> what the event said
        self._refunded: dict[str, int] = {}
        self._failed: set[str] = set()
        self._cursor = "0"
        self.rate = 0.0

    async def run(self) -> None:
        """Customers, payments, refunds; then the comparison."""
        missing = await offer(
            self._http, self._shop, dict.fromkeys(due.kind for due in self._plan.dues)
        )
        if missing:
            raise Unusable(
                f"This server does not run the rails {', '.join(missing)}; "
                "start it with CHANGLIAO_RAILS naming them."
            )
        customers = await self._add_customers()
        began = time.monotonic()
        await self._pay(customers)
        await self._until("paid", [due.reference for due in self._plan.dues], self._paid)
        self.rate = len(self._plan.dues) / max(time.monotonic() - began, 0.001)
        await self._refund()
        wanted = [due.reference for due in self._plan.dues if due.refunded]
        await self._until("refunded", wanted, self._refunded)
        await self._compare()

    def method_sums(self) -> dict[str, tuple[int, int]]:
        """Per method: how many payments are paid, and how much, as the platform tells it."""
        found: dict[str, tuple[int, int]] = {}
        for data in self._paid.values():
            count, amount = found.get(data["method"], (0, 0))
            found[data["method"]] = (count + 1, amount + data["captured_amount"])
        return found

    def refunds(self) -> tuple[int, int]:
        """How many payments were refunded, and how much."""
        return len(self._refunded), sum(self._refunded.values())

    async def _call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        return await self._http.call(method, path, body, token=self._shop.key, key=key)

    async def _add_customers(self) -> dict[str, str]:
        bar = Bar("customers", len(self._plan.customers))
        found: dict[str, str] = {}

        async def add(reference: str) -> None:
            made = await self._call(
                "POST", "/v1/customers", {"reference": reference}, f"customer {reference}"
            )
            found[reference] = made["id"]
            bar.step()

        await in_turn([add(reference) for reference in self._plan.customers], AT_ONCE)
        return found

    async def _pay(self, customers: dict[str, str]) -> None:
        bar = Bar("payments", len(self._plan.dues))

        async def pay(due: Due) -> None:
            body = {
                "amount": due.amount,
                "currency": CURRENCY,
                "reference": due.reference,
                "customer_id": customers.get(due.customer_id, ""),
                "metadata": orders.metadata(due),
                "confirm": {"method": due.kind},
            }
            try:
                made = await self._call("POST", "/v1/payments", body, f"pay {due.reference}")
                self._ids[due.reference] = made["id"]
            except Refused as refused:
                self.differences.append(f"payment {due.reference} was refused: {refused}")
                self._failed.add(due.reference)
            bar.step()

        await in_turn([pay(due) for due in self._plan.dues], AT_ONCE)

    async def _refund(self) -> None:
        due_back = [due for due in self._plan.dues if due.refunded and due.reference in self._paid]
        bar = Bar("refunds", len(due_back))

        async def refund(due: Due) -> None:
            path = f"/v1/payments/{self._ids[due.reference]}/refunds"
            body = {"reference": due.reference, "reason": "order canceled or unavailable"}
            try:
                await self._call("POST", path, body, f"refund {due.reference}")
            except Refused as refused:
                self.differences.append(f"refund of {due.reference} was refused: {refused}")
                self._failed.add(due.reference)
            bar.step()

        await in_turn([refund(due) for due in due_back], AT_ONCE)

    async def _until(self, what: str, references: list[str], seen: dict[str, Any]) -> None:
        """Follow the events until each of these has come through, or nothing comes any more."""
        wanted = set(references) - self._failed
        bar = Bar(what, len(wanted))
        until = time.monotonic() + PATIENCE_S
        while wanted - seen.keys():
            page = await self._call("GET", f"/v1/events?limit=100&after={self._cursor}")
            self._cursor = page["next"]
            for event in page["items"]:
                self._hear(event["kind"], event["data"])
            wanted -= self._failed
            bar.reached(bar.total - len(wanted - seen.keys()))
            if page["items"]:
                until = time.monotonic() + PATIENCE_S
            elif time.monotonic() > until:
                break
            else:
                await asyncio.sleep(0.1)
        self.differences += [
            f"payment {reference} is not {what}" for reference in sorted(wanted - seen.keys())
        ]

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        reference = data.get("reference", "")
        if kind == "payment.paid":
            if reference in self._paid:
                self.differences.append(f"payment {reference} was paid twice")
            self._paid[reference] = data
        elif kind == "refund.succeeded":
            self._refunded[reference] = self._refunded.get(reference, 0) + data["amount"]
        elif kind in ("payment.attempt_failed", "refund.failed", "payment.expired"):
            self.differences.append(f"{kind}: {reference} ({data.get('reason', '')})")
            self._failed.add(reference)

    async def _compare(self) -> None:
        """What the platform says against what the files say, payment by payment and in all."""
        for due in self._plan.dues:
            said = self._paid.get(due.reference)
            if said is None:
                continue
            told = (said["captured_amount"], said["currency"], said["method"])
            if told != (due.amount, CURRENCY, due.kind):
                self.differences.append(f"payment {due.reference}: {told}, the file says {due}")
            back = self._refunded.get(due.reference, 0)
            if back != (due.amount if due.refunded else 0):
                self.differences.append(f"payment {due.reference}: {shown(back)} was refunded")
        strangers = self._paid.keys() - {due.reference for due in self._plan.dues}
        if strangers:
            self.differences.append(
                f"{len(strangers)} payments are paid that the files do not hold"
            )
        balances = (await self._call("GET", "/v1/balances"))["items"]
        stands = {one["currency"]: one["balance"] for one in balances}
        should = sum(due.amount for due in self._plan.dues if not due.refunded)
        if stands.get(CURRENCY, 0) != should or set(stands) - {CURRENCY}:
            self.differences.append(f"the shop's balance is {stands}, not {should} {CURRENCY}")


def expected(plan: Plan) -> dict[str, tuple[int, int]]:
    """Per method: how many payments the files hold, and how much."""
    counts = Counter(due.kind for due in plan.dues)
    sums: Counter[str] = Counter()
    for due in plan.dues:
        sums[due.kind] += due.amount
    return {kind: (counts[kind], sums[kind]) for kind in counts}


def written(books: Path) -> tuple[int, int]:
    """How many facts and transfers the books hold; nobody may be serving them."""
    if not books.exists():
        return 0, 0
    with contextlib.closing(sqlite3.connect(f"{books.as_uri()}?mode=ro", uri=True)) as db:
        facts = db.execute("SELECT COUNT(*) FROM facts").fetchone()[0]
        return facts, db.execute("SELECT COUNT(*) FROM ledger_transfers").fetchone()[0]


async def replay(url: str, keys: Path, plan: Plan) -> tuple[Replay, Shop]:
    """Replay the plan against the server at this address, with the shop of the key file."""
    shop = recall(keys)
    async with client(url) as http:
        if shop is None:
            shop = await open_shop(http, "Olist replay")
            remember(keys, shop)
            print(f"  the test key may now call {RATE:,} times a second (POST /v1/apps/…/rate)")
        else:
            print(f"  going on with the shop and key of {keys}")
        one = Replay(http, shop, plan)
        try:
            await one.run()
        except* (Refused, OSError) as trouble:
            raise Unusable(f"the server did not play along: {trouble.exceptions[0]}") from None
    return one, shop


def compare_sums(plan: Plan, found: Replay) -> None:
    """Print the table of methods; differing lines become differences."""
    should, is_ = expected(plan), found.method_sums()
    print(f"\n  {'method':<14}{'payments':>10}{'paid, ' + CURRENCY:>16}{'in the files':>16}")
    for kind in sorted(should.keys() | is_.keys(), key=lambda k: -should.get(k, (0, 0))[1]):
        (count, amount), said = should.get(kind, (0, 0)), is_.get(kind, (0, 0))
        agree = said == (count, amount)
        mark = "" if agree else "   ≠"
        print(f"  {kind:<14}{said[0]:>10,}{shown(said[1]):>16}{shown(amount):>16}{mark}")
        if not agree:
            found.differences.append(f"{kind}: {said[0]} payments, {shown(said[1])} {CURRENCY}")
    if plan.nothing:
        print(f"  {'nothing to pay':<14}{len(plan.nothing):>10,}{shown(0):>16}{shown(0):>16}")
    refused = sum(orders.minor(one.value) or 0 for one in plan.skipped)
    if plan.skipped:
        print(f"  {'refused':<14}{len(plan.skipped):>10,}{shown(0):>16}{shown(refused):>16}   ≠")
    total = sum(one[1] for one in is_.values())
    in_files = sum(one[1] for one in should.values()) + refused
    count = sum(one[0] for one in is_.values()) + len(plan.nothing) + len(plan.skipped)
    print(f"  {'in all':<14}{count:>10,}{shown(total):>16}{shown(in_files):>16}")
    back_count, back = found.refunds()
    should_back = [due.amount for due in plan.dues if due.refunded]
    print(f"  {'refunded':<14}{back_count:>10,}{shown(back):>16}{shown(sum(should_back)):>16}")
    found.differences += [f"row {one.reference} of {one.value}: {one.why}" for one in plan.skipped]


def _print_plan(place: Path, plan: Plan) -> None:
    print(f"  {place}: {plan.rows:,} rows of order_payments, {len(plan.customers):,} customers")
    for note in plan.notes:
        print(f"  NOTE {note}")


def _own(folder: Path, plan: Plan, report: Report) -> Replay:
    """The whole replay on a server of our own, and the audit of its books."""
    books, keys = folder / BOOKS_FILE, folder / "replay.json"
    facts, transfers = written(books)
    server = Server(folder, rails=orders.KINDS)
    print(f"  books in {folder}: {facts:,} facts and {transfers:,} transfers before")
    server.start()
    try:
        found, shop = asyncio.run(replay(server.url, keys, plan))
    finally:
        server.stop()
    compare_sums(plan, found)
    right, said = server.audit()
    print(f"\n{said}\n")
    if not right:
        found.differences.append("the audit found something wrong")
    after = written(books)
    print(f"  {after[0]:,} facts and {after[1]:,} transfers after")
    if shop.done == plan.digest:
        if after == (facts, transfers):
            print("  these orders were replayed here before, and nothing changed")
        else:
            found.differences.append("a second run of the same orders changed the books")
    if not found.differences:
        remember(keys, msgspec.structs.replace(shop, done=plan.digest))
    report.figure("facts", after[0])
    report.figure("transfers", after[1])
    return found


def _theirs(url: str, folder: Path, plan: Plan) -> Replay:
    found, _ = asyncio.run(replay(url, folder / "replay.json", plan))
    compare_sums(plan, found)
    print("\n  No audit: the books belong to the server at the address given.")
    return found


def main() -> int:
    """Replay; 0 when every cent agrees, 1 when not, 2 when it could not be tried."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("--dir", type=Path, help="where the books (and the shop's key) live")
    parser.add_argument("--url", help="a running server in test mode, instead of one of our own")
    parser.add_argument("--quick", action="store_true", help=f"the oldest {QUICK_ORDERS} orders")
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    end_in_order()
    report = Report("Replay of real orders", quick=said.quick)
    report.head()
    folder = said.dir or Path(tempfile.mkdtemp(prefix="changliao-replay-"))
    began = time.monotonic()
    try:
        place = orders.folder()
        plan = orders.read(place, QUICK_ORDERS if said.quick else 0)
        _print_plan(place, plan)
        if said.url:
            found = _theirs(said.url, folder.absolute(), plan)
        else:
            found = _own(folder.absolute(), plan, report)
    except (Unusable, DidNotStart) as trouble:
        print(f"replay: {trouble}", file=sys.stderr)
        return 2
    finally:
        if said.dir is None:
            shutil.rmtree(folder, ignore_errors=True)
    return _verdict(report, found, plan, time.monotonic() - began, said.json)


def _verdict(
    report: Report, found: Replay, plan: Plan, took_s: float, json_file: Path | None
) -> int:
    report.figure("rows", plan.rows)
    report.figure("took_s", round(took_s, 1))
    report.figure("payments_per_s", round(found.rate))
    report.figure("methods", found.method_sums())
    report.figure("refunds", found.refunds())
    report.figure("differences", found.differences)
    print(
        f"  {took_s:.0f} s in all; {found.rate:,.0f} payments/s from the first sent to the last paid"
    )
    for one in found.differences[:TOLD_MAX]:
        print(f"  DIFFERENCE {one}")
    if len(found.differences) > TOLD_MAX:
        print(f"  … and {len(found.differences) - TOLD_MAX} more")
    report.claim("differences between files and books", len(found.differences), "", most=0)
    report.end(json_file)
    print("\nreplay: " + ("every cent agrees" if not found.differences else "IT DOES NOT AGREE"))
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
