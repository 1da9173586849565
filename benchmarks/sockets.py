"""WebSockets: what an idle one costs, how fast a text reaches many, how fast they open; beside uvicorn's.

The server has one core, the clients the other; rounds of both alternate. Every delivery is looked at:
each client gets each text once and in order, or the run counts for nothing.
"""

import argparse
import asyncio
import base64
import os
import resource
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from benchmarks.report import Report, median
from benchmarks.server import Server, end_in_order
from benchmarks.socket_server import PATH
from changliao import app
from changliao.kernel.value import Value

IDLE, QUICK_IDLE = 5_000, 1_000
READERS = 500
BYTES = 200
AT_ONCE = (1, 8)
ROUNDS, SECONDS, QUICK_SECONDS = 5, 5.0, 1.5
OPENING = 64
"""So many clients open their sockets at the same time."""

_HEAD = 4  # Of a server's frame of BYTES.
_DIGITS = 10


class Wrong(Exception):
    """What arrived was not what was sent, so it counts for nothing."""


class Round(Value, frozen=True):
    """What one server did in one round."""

    idle_kb: float
    opened_per_cpu_s: float
    per_cpu_s: dict[int, float]
    per_s: dict[int, float]


class Client(asyncio.Protocol):
    """A raw socket that has upgraded; counts what it hears."""

    heard = 0
    """By all of them."""

    wrong = b""
    """What one of them should not have heard."""

    def __init__(self, port: int) -> None:
        self._port, self._rest, self._next = port, b"", 0
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.news: asyncio.Event | None = None
        self.transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.open.done():
            if not data.startswith(b"HTTP/1.1 101 ") or not data.endswith(b"\r\n\r\n"):
                Client.wrong = data
            self.open.set_result(None)
            return
        data = self._rest + data
        size = _HEAD + BYTES
        for place in range(0, len(data) - size + 1, size):
            if int(data[place + _HEAD : place + _HEAD + _DIGITS]) != self._next:
                Client.wrong = data[place : place + size]
            self._next += 1
            Client.heard += 1
        self._rest = data[len(data) - len(data) % size :]
        if self.news is not None:
            self.news.set()

    def says(self, number: int) -> bytes:
        """A masked text of BYTES with this number."""
        text = b"%0*d" % (_DIGITS, number) + b"x" * (BYTES - _DIGITS)
        mask = b"\x12\x34\x56\x78"
        masked = bytes(one ^ mask[place % 4] for place, one in enumerate(text))
        return b"\x81\xfe" + BYTES.to_bytes(2) + mask + masked


async def opened(port: int, count: int) -> list[Client]:
    """So many clients, open."""
    loop, clients = asyncio.get_running_loop(), []
    for start in range(0, count, OPENING):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda: Client(port), "127.0.0.1", port)
                for _ in range(min(OPENING, count - start))
            )
        )
        clients += [client for _, client in made]
        await asyncio.gather(*(client.open for client in clients[start:]))
    return clients


def resident_kb(pid: int) -> int:
    """Memory of the process."""
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


async def fan_out(
    server: Server, clients: list[Client], at_once: int, seconds: float
) -> tuple[float, float]:
    """Deliveries per second of the server's processor time, and of the clock."""
    sender, readers = clients[0], clients[1:]
    news = asyncio.Event()
    for client in clients:
        client._next = 0
    for client in readers:
        client.news = news
    Client.heard = sent = 0
    cpu_s, begun = server.cpu_s(), time.monotonic()
    while time.monotonic() - begun < seconds:
        sender.transport.write(b"".join(sender.says(sent + n) for n in range(at_once)))
        sent += at_once
        async with asyncio.timeout(60):
            while Client.heard < sent * len(readers) and not Client.wrong:
                news.clear()
                await news.wait()
    took_s, used_s = time.monotonic() - begun, server.cpu_s() - cpu_s
    if Client.wrong:
        raise Wrong(Client.wrong)
    if any(client._next != sent for client in readers) or Client.heard != sent * len(readers):
        raise Wrong(f"{Client.heard} deliveries of {sent} texts")
    return Client.heard / used_s, Client.heard / took_s


async def measure(which: str, folder: Path, idle: int, seconds: float) -> Round:
    """One round with a fresh server."""
    program = ("-m", "benchmarks.socket_server")
    server = Server(folder, core=0, settings={"SOCKETS": which}, program=program).start()
    try:
        for client in await opened(server.port, OPENING):  # So that what is loaded late is loaded.
            client.transport.abort()
        await asyncio.sleep(0.5)
        before_kb, cpu_s = resident_kb(server.pid), server.cpu_s()
        clients = await opened(server.port, idle)
        used_s = server.cpu_s() - cpu_s
        idle_kb = (resident_kb(server.pid) - before_kb) / idle
        for client in clients[READERS + 1 :]:
            client.transport.abort()
        await asyncio.sleep(1)
        found = {n: await fan_out(server, clients[: READERS + 1], n, seconds) for n in AT_ONCE}
        for client in clients:
            client.transport.abort()
        await asyncio.sleep(0.2)
        return Round(
            idle_kb,
            idle / used_s,
            {n: per_cpu_s for n, (per_cpu_s, _) in found.items()},
            {n: per_s for n, (_, per_s) in found.items()},
        )
    finally:
        server.stop()


def told(report: Report, which: str, rounds: list[Round]) -> None:
    """Print and keep the medians of one server."""
    figures = {
        "idle_kb": median(one.idle_kb for one in rounds),
        "opened_per_cpu_s": median(one.opened_per_cpu_s for one in rounds),
    }
    for n in AT_ONCE:
        figures[f"deliveries_{n}_per_cpu_s"] = median(one.per_cpu_s[n] for one in rounds)
        figures[f"deliveries_{n}_per_s"] = median(one.per_s[n] for one in rounds)
    for name, value in figures.items():
        report.figure(f"{which}_{name}", round(value, 2))
    print(f"\n{which}: {figures['idle_kb']:.1f} KB for an idle socket")
    print(f"  {figures['opened_per_cpu_s']:,.0f} opened per second of its core")
    for n in AT_ONCE:
        print(
            f"  1 -> {READERS}, {n} at once: {figures[f'deliveries_{n}_per_cpu_s']:,.0f} deliveries"
            f" per second of its core, {figures[f'deliveries_{n}_per_s']:,.0f} by the clock"
        )


async def run(report: Report, *, quick: bool) -> None:
    """Rounds of each server in turn."""
    servers = ["ours", *(["sansio"] if find_spec("websockets") else [])]
    if len(servers) == 1:
        print("  `websockets` is not installed: uvicorn's own class is left out")
    rounds: dict[str, list[Round]] = {which: [] for which in servers}
    for _ in range(1 if quick else ROUNDS):
        for which in servers:
            with tempfile.TemporaryDirectory() as folder:
                rounds[which].append(
                    await measure(
                        which,
                        Path(folder),
                        QUICK_IDLE if quick else IDLE,
                        QUICK_SECONDS if quick else SECONDS,
                    )
                )
    for which in servers:
        told(report, which, rounds[which])
    report.claim("memory of an idle socket", report.figures["ours_idle_kb"], "KB", most=10)


def main() -> int:
    """Read the options, measure, report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sockets", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, fewer idle sockets")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    end_in_order()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    report = Report("sockets", quick=options.quick)
    report.head()
    app.in_loop(run(report, quick=options.quick))
    return report.end(options.json)


if __name__ == "__main__":
    sys.exit(main())
