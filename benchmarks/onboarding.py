"""From no keys to the first settled refund, per dialect, with the real SDKs: each step timed."""

import argparse
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.report import Report, median
from benchmarks.sdks import SDKS, Absent, Sdk
from benchmarks.server import Server, end_in_order, free_port
from benchmarks.street import Desk, Ear
from changliao.kernel.value import Value

ROUNDS, QUICK_ROUNDS = 5, 1
AMOUNT, BACK = 1200, 500
PURSE = 1_000_000
PATIENCE_S = 30
MOST_S = 60
"""What a person setting up a shop would call at once."""
STEPS = (
    "partner, app, key",
    "keys and files",
    "SDK configured",
    "first order",
    "paid",
    "verified callback",
    "refunded",
    "refund settled",
)

R = TypeVar("R")


class TooLong(Exception):
    """Something that was to happen did not."""


class Town(Value, frozen=True):
    """A server, where each dialect is spoken on it, and somebody with money."""

    server: Server
    urls: dict[str, str]
    buyer: str


class Steps:
    """How long each step took, in the order of STEPS."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def did(self, work: Callable[[], R]) -> R:
        """Take the time of the next step."""
        began = time.perf_counter()
        done = work()
        self.seconds.append(time.perf_counter() - began)
        return done


def until(look: Callable[[], R]) -> R:
    """What the look finds, once it finds something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise TooLong(f"nothing came within {PATIENCE_S} s")


def onboard(town: Town, ear: Ear, make: Callable[[], Sdk], number: int) -> list[float]:
    """One shop's way, from nothing at all; how long each step took."""
    steps, desk, sdk = Steps(), Desk(town.server.url), make()
    key = steps.did(lambda: desk.open_shop(f"{sdk.dialect}{number}"))
    heard = ear.place()
    kit = steps.did(lambda: sdk.fetch(desk, key, heard.url))
    try:
        steps.did(lambda: sdk.configure(kit, key, town.urls.get(sdk.dialect, desk.url), heard.url))
        order = f"FIRST{number:06}"
        cashier = steps.did(lambda: sdk.order(order, AMOUNT, heard.url))
        steps.did(lambda: desk.pay(cashier, town.buyer))
        steps.did(lambda: until(lambda: any(map(sdk.told_paid, heard.taken()))))
        steps.did(lambda: sdk.refund(order, AMOUNT, BACK))
        steps.did(lambda: until(lambda: sdk.settled(order)))
    finally:
        sdk.close()
    return steps.seconds


@contextmanager
def opened(folder: Path) -> Iterator[Town]:
    """A fresh platform that speaks every dialect, and a person who can pay."""
    places = {"wechat": f"127.0.0.1:{free_port()}", "stripe": f"127.0.0.1:{free_port()}"}
    places["alipay"] = "127.0.0.2:80" if _can_have_80() else f"127.0.0.1:{free_port()}"
    urls = {name: f"http://{place.removesuffix(':80')}" for name, place in places.items()}
    said = {f"CHANGLIAO_{name.upper()}_URL": url for name, url in urls.items()}
    said |= {
        "CHANGLIAO_ALSO_LISTEN": ",".join(places.values()),
        "CHANGLIAO_ALLOW_PRIVATE_CALLBACKS": "1",
    }
    server = Server(folder, rails=("sandbox_bank",), settings=said).start()
    try:
        desk = Desk(server.url)
        yield Town(server, urls, desk.buyer(PURSE))
    finally:
        server.stop()


def _can_have_80() -> bool:
    """Alipay's own SDK takes no port: 127.0.0.2:80 is its, where a process may have that."""
    with socket.socket() as place:
        try:
            place.bind(("127.0.0.2", 80))
        except OSError:
            return False
    return True


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onboarding", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    end_in_order()
    report = Report("Onboarding", quick=said.quick)
    report.head()
    folder = Path(tempfile.mkdtemp(prefix="changliao-onboarding-"))
    try:
        with ExitStack() as stack:
            town = stack.enter_context(opened(folder))
            ear = stack.enter_context(Ear())
            found = _rounds(town, ear, QUICK_ROUNDS if said.quick else ROUNDS)
        right, words = town.server.audit()
        if not right:
            print(words)
            return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _print(report, found)
    return report.end(said.json)


def _rounds(town: Town, ear: Ear, rounds: int) -> dict[str, list[list[float]]]:
    """Each SDK once a round, so that what else the machine does meets all of them."""
    found: dict[str, list[list[float]]] = {}
    for number in range(rounds):
        for name, make in SDKS.items():
            try:
                found.setdefault(name, []).append(onboard(town, ear, make, number))
            except Absent as absent:
                print(f"  {name}: left out, {absent}")
                found.pop(name)
    return found


def _print(report: Report, found: dict[str, list[list[float]]]) -> None:
    middles = {
        name: [median(step) for step in zip(*rounds, strict=True)] for name, rounds in found.items()
    }
    print(f"\nmilliseconds, medians of {max(map(len, found.values()))} round(s)")
    print(f"  {'':<20}" + "".join(f"{name:>21}" for name in middles))
    for place, step in enumerate(STEPS):
        cells = (f"{middle[place] * 1000:>21,.0f}" for middle in middles.values())
        print(f"  {step:<20}" + "".join(cells))
    totals = {name: median(sum(one) for one in rounds) for name, rounds in found.items()}
    print(f"  {'all of it':<20}" + "".join(f"{one * 1000:>21,.0f}" for one in totals.values()))
    for name, middle in middles.items():
        steps: dict[str, Any] = {step: round(s, 4) for step, s in zip(STEPS, middle, strict=True)}
        report.figure(name, steps)
        what = f"{name}: from no keys to a settled refund"
        report.claim(what, totals[name], "s", most=MOST_S)


if __name__ == "__main__":
    sys.exit(main())
