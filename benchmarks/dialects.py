"""Orders a second in each dialect beside the native API in one run, and beside bare RSA on the same core."""

import argparse
import asyncio
import collections
import http.client
import shutil
import socket
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from benchmarks.books import Books
from benchmarks.calling import Line, client, connect
from benchmarks.pay import CROWD_CORE, SERVER_CORE, Wrong, on_core
from benchmarks.report import Report, median
from benchmarks.server import Server, end_in_order
from benchmarks.tongues import HOSTS, Tongue, learn
from benchmarks.town import build
from changliao.kernel.value import Value
from changliao.wire.rsa import new_pair, signed, verifies

CLIENTS, SHOPS = 64, 80
ROUNDS, ORDERS = 7, 2000
QUICK_ROUNDS, QUICK_ORDERS = 3, 400
WARM_UP = 100
BARE = 150
LEAST_OF_NATIVE = LEAST_OF_BARE = 0.8
_SIGNING = ("alipay", "wechat")
_CONTENT = b"x" * 300


class Ran(Value, frozen=True):
    """One batch of orders: how many a second, and the server's processor time for one."""

    per_s: float
    cpu_us: float


class Bare(Value, frozen=True):
    """RSA-2048 alone: signatures a second on the server's core, and processor time."""

    sign_per_s: float
    sign_us: float
    verify_us: float


class Measuring:
    """Batches in turn against one server, so that what else the machine does meets all of them."""

    def __init__(self, server: Server, tongues: list[Tongue], orders: int) -> None:
        self._server, self._tongues, self._orders = server, tongues, orders
        self.ran: dict[str, list[Ran]] = defaultdict(list)
        self.bare: list[Bare] = []
        self.made = 0

    def warm_up(self) -> None:
        """See that each dialect answers as it must, and let everything be loaded."""
        for tongue in self._tongues:
            _prove(self._server, tongue)
            self.made += 1
            self._batch(tongue, WARM_UP)

    def round(self, number: int) -> None:
        """Each dialect once, in an order that changes, and bare RSA."""
        turn = number % len(self._tongues)
        for tongue in self._tongues[turn:] + self._tongues[:turn]:
            if tongue.name in _SIGNING:
                self.bare.append(bare_rsa())
            self.ran[tongue.name].append(self._batch(tongue, self._orders))

    def _batch(self, tongue: Tongue, count: int) -> Ran:
        with ThreadPoolExecutor(2) as pool:
            sent = list(pool.map(lambda _: tongue.order(), range(count)))
        cpu_s = _quiet(self._server)
        with on_core(CROWD_CORE):
            seconds = uvloop.run(_send(self._server.url, tongue, sent))
        self.made += count
        return Ran(count / seconds, (_quiet(self._server) - cpu_s) / count * 1e6)


async def _send(url: str, tongue: Tongue, sent: list[bytes]) -> float:
    """How long it takes until every order is made, one at a time on each connection."""
    waiting = collections.deque(sent)
    lines = [await connect(url) for _ in range(CLIENTS)]

    async def pour(line: Line) -> None:
        while waiting:
            status, body = await line.ask(waiting.popleft())
            if not tongue.looks_right(status, body):
                raise Wrong(f"{tongue.name}: {status} {body.decode()[:400]}")
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*[pour(line) for line in lines])
    return time.perf_counter() - began


def _prove(server: Server, tongue: Tongue) -> None:
    """One order whose answer is verified as a shop's SDK would."""
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(tongue.order())
        answer = http.client.HTTPResponse(line)
        answer.begin()
        body = answer.read()
        if not tongue.right(answer.status, answer.headers, body):
            raise Wrong(f"{tongue.name}: {answer.status} {body.decode()[:400]}")


def _quiet(server: Server) -> float:
    """The server's processor time once its followers have heard everything."""
    used = -1.0
    while (now := server.cpu_s()) != used:
        used = now
        time.sleep(0.15)
    return used


def bare_rsa() -> Bare:
    """What the server's core can do of RSA and nothing else; the server is idle meanwhile."""
    private, public = new_pair()
    good = signed(private, _CONTENT)
    with on_core(SERVER_CORE):
        began, cpu_s = time.perf_counter(), time.process_time()
        for _ in range(BARE):
            signed(private, _CONTENT)
        took, sign_s = time.perf_counter() - began, time.process_time() - cpu_s
        cpu_s = time.process_time()
        for _ in range(BARE):
            verifies(public, _CONTENT, good)
        verify_s = time.process_time() - cpu_s
    return Bare(BARE / took, sign_s / BARE * 1e6, verify_s / BARE * 1e6)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dialects", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    end_in_order()
    report = Report("Orders in dialects", quick=said.quick)
    report.head()
    folder = Path(tempfile.mkdtemp(prefix="changliao-dialects-"))
    try:
        _measure(report, Books(folder / "books"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report.end(said.json)


def _measure(report: Report, books: Books) -> None:
    town = asyncio.run(build(books.settings, 1, SHOPS))
    print(f"  {books.check_durable()}")
    spoken = {f"CHANGLIAO_{name.upper()}_URL": f"http://{host}" for name, host in HOSTS.items()}
    server = books.server(SERVER_CORE, spoken).start()
    rounds, orders = (QUICK_ROUNDS, QUICK_ORDERS) if report.quick else (ROUNDS, ORDERS)
    try:
        tongues = asyncio.run(_learned(server.url, town.keys))
        measuring = Measuring(server, tongues, orders)
        measuring.warm_up()
        for number in range(rounds):
            measuring.round(number)
    finally:
        server.stop()
    _check(books, server, measuring.made)
    print(
        f"\nserver on core {SERVER_CORE}, crowd on core {CROWD_CORE}; {CLIENTS} clients, batches of "
        f"{orders:,} orders in turn, {rounds} rounds, medians"
    )
    _print(report, measuring)


async def _learned(url: str, keys: list[str]) -> list[Tongue]:
    async with client(url) as one:
        return await learn(one, keys)


def _check(books: Books, server: Server, made: int) -> None:
    """Every order that was answered is there once, and the audit finds nothing."""
    kept = books.number("SELECT COUNT(*) FROM pay_payments")
    if kept != made:
        raise Wrong(f"{made} orders were answered, {kept} are there")
    right, said = server.audit()
    if not right:
        raise Wrong(f"{said}\n{server.said()}")


def _print(report: Report, measuring: Measuring) -> None:
    ran = measuring.ran
    print(f"  {'':<8}{'orders/s':>9}{'cpu µs':>9}{'of native':>11}{'by cpu':>9}")
    for name, batches in ran.items():
        per_s, cpu_us = median(r.per_s for r in batches), median(r.cpu_us for r in batches)
        of_native, by_cpu = _of_native(ran, name)
        print(f"  {name:<8}{per_s:>9,.0f}{cpu_us:>9,.0f}{of_native:>10.2f} ×{by_cpu:>7.2f} ×")
        report.figure(name, Ran(per_s, cpu_us))
    sign_us = median(one.sign_us for one in measuring.bare)
    verify_us = median(one.verify_us for one in measuring.bare)
    per_s = median(one.sign_per_s for one in measuring.bare)
    print(
        f"  bare RSA-2048: {per_s:,.0f} signatures/s on core {SERVER_CORE}; "
        f"{sign_us:,.0f} µs of processor to sign, {verify_us:,.0f} to verify"
    )
    report.figure("bare RSA", Bare(per_s, sign_us, verify_us))
    of_native, by_cpu = _of_native(ran, "stripe")
    report.claim("Stripe, of native", of_native, "×", least=LEAST_OF_NATIVE)
    report.claim("Stripe, of native by processor time", by_cpu, "×", least=LEAST_OF_NATIVE)
    native_us = median(one.cpu_us for one in ran["native"])
    for name in _SIGNING:
        rate, cpu_us = median(r.per_s for r in ran[name]), median(r.cpu_us for r in ran[name])
        label = {"alipay": "Alipay", "wechat": "WeChat Pay"}[name]
        report.claim(f"{label}, of bare signing", rate / per_s, "×", least=LEAST_OF_BARE)
        report.claim(
            f"{label}, of bare signing by processor time",
            sign_us / cpu_us,
            "×",
            least=LEAST_OF_BARE,
        )
        report.figure(
            f"{name}: native, signing and verifying, of its processor time",
            (native_us + sign_us + verify_us) / cpu_us,
        )


def _of_native(ran: dict[str, list[Ran]], name: str) -> tuple[float, float]:
    """Medians of the rounds' own ratios, in orders a second and in processor time."""
    pairs = list(zip(ran[name], ran["native"], strict=True))
    rates = median(mine.per_s / native.per_s for mine, native in pairs)
    return rates, median(native.cpu_us / mine.cpu_us for mine, native in pairs)


if __name__ == "__main__":
    sys.exit(main())
