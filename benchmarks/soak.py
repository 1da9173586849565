"""Kill -9 a busy server again and again: every acknowledged payment is there once, and none half there."""

import argparse
import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.calling import Broken, connect
from benchmarks.calling import client as http_client
from benchmarks.dying import MARK
from benchmarks.payers import RAIL, Payers
from benchmarks.postgres import Postgres
from benchmarks.receiver import Receiver
from benchmarks.report import Report
from benchmarks.server import Server, end_in_order, free_port
from benchmarks.shopkeeper import Shop, offer
from benchmarks.town import Town, build
from changliao import app
from changliao.app import BOOKS_FILE, Platform, vault_of
from changliao.bus.jobs import LEASE_US
from changliao.db.db import Db, open_postgres, open_sqlite, wall_clock
from changliao.db.driver import Reader
from changliao.settings import Settings

KILLS, QUICK_KILLS = 20, 3
CLIENTS, PERSONS, SHOPS = 16, 40, 4
LIVES_S = (0.3, 2.0)
"""How long a server lives under load before it is killed, from and to."""

DRAIN_S = 60
RAILS = ("sandbox_bank", RAIL)


class Soak:
    """One run on one set of books."""

    def __init__(self, folder: Path, database_url: str = "", *, kills: int = KILLS) -> None:
        self._folder, self._url, self._kills = folder, database_url, kills
        self._settings = Settings(
            dir=folder,
            database_url=database_url,
            mode="test",
            rails=RAILS,
            allow_private_callbacks=True,
            log_level="error",
        )
        self._port = free_port()
        self._chance = random.Random(11)
        self.findings: list[str] = []
        self.said: dict[str, int] = {}

    async def run(self) -> list[str]:
        """Build, load, kill, die between commit and answer, drain, compare; what was wrong."""
        receiver = await Receiver().start()
        town = await build(self._settings, PERSONS, SHOPS)
        server = self._server()
        await asyncio.to_thread(server.start)
        payers = Payers(server.url, town, CLIENTS)
        try:
            await self._open_shops(server, town, receiver)
            await self._kill_it_again_and_again(server, payers)
            server.stop()
            await self._die_before_the_answer(payers, town)
            await self._drain_and_compare(payers, receiver)
        finally:
            server.kill()
            receiver.stop()
        return self.findings

    def _server(self, program: tuple[str, ...] = ("-m", "changliao")) -> Server:
        return Server(
            self._folder,
            port=self._port,
            database_url=self._url,
            rails=RAILS,
            settings={"CHANGLIAO_ALLOW_PRIVATE_CALLBACKS": "1"},
            program=program,
        )

    async def _open_shops(self, server: Server, town: Town, receiver: Receiver) -> None:
        async with http_client(server.url) as http:
            for app_id, key in zip(town.app_ids, town.keys, strict=True):
                shop = Shop(server.url, app_id, "", key)
                assert not await offer(http, shop, [RAIL])
                body = {"url": receiver.url, "kinds": ["*"]}
                await http.call("POST", "/v1/webhook_endpoints", body, token=key)

    async def _kill_it_again_and_again(self, server: Server, payers: Payers) -> None:
        paying = asyncio.create_task(payers.run())
        try:
            for _ in range(self._kills):
                await asyncio.wait({paying}, timeout=self._chance.uniform(*LIVES_S))
                if paying.done():
                    break
                server.kill()
                server.spawn()
                await self._until_it_answers(server)
            await asyncio.wait({paying}, timeout=LIVES_S[1])
        finally:
            payers.end()
            await paying
        self.said["kills"] = self._kills
        self.said["repeated requests"] = payers.repeated

    async def _until_it_answers(self, server: Server) -> None:
        until = time.monotonic() + 60
        while not await asyncio.to_thread(server.answers):
            if time.monotonic() > until or not server.alive:
                raise RuntimeError(f"the server did not come back:\n{server.said()}")
            await asyncio.sleep(0.02)

    async def _die_before_the_answer(self, payers: Payers, town: Town) -> None:
        """Each kind of request once: what the dead server would have said is what a repeat is told."""
        server = self._server(("-m", "benchmarks.dying"))
        key, person = town.keys[1], town.tokens[0]
        body = payers.body_of(payers.mandate(1))
        payment = await self._same_twice(server, payers, "/v1/payments", body, key)
        path = f"/v1/payments/{payment['id']}/refunds"
        await self._same_twice(server, payers, path, {"amount": 1}, key)
        body = payers.body_of()
        payment = await self._same_twice(server, payers, "/v1/payments", body, key)
        path = f"/v1/payments/{payment['id']}/confirmation"
        await self._same_twice(server, payers, path, payers.proof(payment["cashier_url"]), person)
        server.stop()

    async def _same_twice(
        self, server: Server, payers: Payers, path: str, body: object, token: str
    ) -> dict[str, Any]:
        """Ask a server that dies over it, then ask again; the second answer, equal to the first."""
        if not server.alive:
            await asyncio.to_thread(server.start)
        key = f"{MARK}{path.rpartition('/')[2]}-{time.time_ns()}"
        line = await connect(server.url)
        with contextlib.suppress(Broken):
            await line.ask(payers.request(path, body, token, key))
            self.findings.append(f"{path} was answered by a server that should have died")
        server.kill()
        await asyncio.to_thread(server.start)
        first, again = (self._folder / key).read_bytes(), await payers.post(path, body, token, key)
        if again != first:
            self.findings.append(f"{path}: the first answer was {first!r}, a repeat got {again!r}")
        self._count("answers lost and repeated")
        decoded: dict[str, Any] = msgspec.json.decode(again)
        return decoded

    def _count(self, name: str) -> None:
        self.said[name] = self.said.get(name, 0) + 1

    # After the storm ------------------------------------------------------------------------

    def _open_later(self) -> Db:
        """The books, on a clock that is past every lease that a killed server held."""
        vault = vault_of(self._settings)

        def clock() -> int:
            return wall_clock() + 2 * LEASE_US

        if self._url:
            return open_postgres(self._url, vault, clock=clock)
        return open_sqlite(self._folder / BOOKS_FILE, vault, clock=clock)

    async def _drain_and_compare(self, payers: Payers, receiver: Receiver) -> None:
        platform = Platform(self._settings, self._open_later())
        await platform.start()
        try:
            until = time.monotonic() + DRAIN_S
            while (left := await platform.db.read(_under_way)) and time.monotonic() < until:
                await platform.news.wait(0.1)
            if left:
                self.findings.append(f"{left} jobs are still under way after {DRAIN_S} s")
            self.findings += await platform.db.read(lambda reader: list(app.audit(reader)))
            self.findings += await platform.db.read(
                lambda reader: list(_differences(reader, payers))
            )
            told = await platform.db.read(_facts_of_shops)
            untold = [seq for seq in told if not receiver.heard[seq]]
            if untold:
                self.findings.append(
                    f"{len(untold)} facts were never delivered, first {untold[:5]}"
                )
            self.said["payments acknowledged"] = len(payers.acknowledged)
            self.said["facts delivered"] = len(told)
            self.said["told more than once"] = sum(n > 1 for n in receiver.heard.values())
        finally:
            await platform.stop()


def _under_way(reader: Reader) -> int:
    """Jobs that are not done, and followers that have not heard everything."""
    jobs = reader.query("SELECT COUNT(*) FROM bus_jobs WHERE state <> 'done'")[0][0]
    behind = reader.query(
        "SELECT COUNT(*) FROM bus_cursors WHERE seq < (SELECT MAX(seq) FROM facts)"
    )[0][0]
    return int(jobs + behind)


def _facts_of_shops(reader: Reader) -> list[int]:
    """What the shops' endpoints were to be told: everything after the last of them was made."""
    since = "SELECT MAX(seq) FROM facts WHERE kind = 'webhook_endpoint.added'"
    rows = reader.query(f"SELECT seq FROM facts WHERE audience <> '' AND seq > ({since})")
    return [row[0] for row in rows]


def _differences(reader: Reader, payers: Payers) -> Iterator[str]:
    """What the books and the clients' memory do not agree about; the lost answers were repeated."""
    rows = reader.query(
        "SELECT p.id, p.reference, p.status, p.amount, p.refunded_amount,"
        " (SELECT COUNT(*) FROM ledger_transfers t WHERE t.ref = p.id AND t.code = 'payment'),"
        " (SELECT COUNT(*) FROM facts f WHERE f.about = p.id AND f.kind = 'payment.paid')"
        " FROM pay_payments p"
    )
    kept = {row[0]: row for row in rows}
    for one in payers.acknowledged.values():
        row = kept.pop(one.id, None)
        should = (one.reference, "paid", one.amount, one.refunded, 1, 1)
        if row is None:
            yield f"payment {one.id} was acknowledged and is not there"
        elif tuple(row[1:]) != should:
            yield f"payment {one.id} is {tuple(row[1:])}, acknowledged was {should}"
    # Those of the lost answers: two, which the clients of the storm know nothing of.
    strangers = [row for row in kept.values() if row[2] != "paid" or tuple(row[5:]) != (1, 1)]
    if strangers or len(kept) != 2:
        yield f"{len(kept)} payments beside the acknowledged ones, half there: {strangers[:3]}"


def main() -> int:
    """Soak both databases; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_KILLS} kills")
    parser.add_argument("--kills", type=int, help="how many")
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    end_in_order()
    report = Report("Soak: kill -9 under load", quick=said.quick)
    report.head()
    kills = said.kills or (QUICK_KILLS if said.quick else KILLS)
    folder = Path(tempfile.mkdtemp(prefix="changliao-soak-"))
    postgres = Postgres()
    findings: list[str] = []
    try:
        for kind, url in (("SQLite", ""), ("PostgreSQL", postgres.url(postgres.database()))):
            soak = Soak(folder / kind.lower(), url, kills=kills)
            found = asyncio.run(soak.run())
            print(f"  {kind}: " + ", ".join(f"{n:,} {name}" for name, n in soak.said.items()))
            for one in found:
                print(f"    WRONG {one}")
            findings += found
            report.figure(kind, soak.said)
            report.claim(f"{kind}: what was wrong after {kills} kills", len(found), "", most=0)
    finally:
        postgres.close()
        shutil.rmtree(folder, ignore_errors=True)
    report.end(said.json)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
