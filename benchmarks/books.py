"""Books to measure on: a file for SQLite, a database for PostgreSQL; made once, copied for each round."""

import contextlib
import itertools
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.postgres import NotDurable, Postgres
from benchmarks.server import Server
from changliao.app import BOOKS_FILE, KEY_FILE, open_db, vault_of
from changliao.db.db import Db
from changliao.db.sqlite import connect
from changliao.settings import Settings
from changliao.wallet.model import WALLET

RAILS = ("sandbox_bank",)


class Books:
    """One set of books: `folder` holds the keys, on SQLite the file as well."""

    def __init__(self, folder: Path, postgres: Postgres | None = None, template: str = "") -> None:
        self.folder, self._postgres = folder, postgres
        folder.mkdir(parents=True, exist_ok=True)
        self._name = postgres.database(template) if postgres else ""
        url = postgres.url(self._name) if postgres else ""
        self.settings = Settings(dir=folder, database_url=url, mode="test", rails=RAILS)
        self._copies = itertools.count(1)

    @property
    def kind(self) -> str:
        """Which database."""
        return "PostgreSQL" if self._postgres else "SQLite"

    @property
    def file(self) -> Path:
        """The file of SQLite."""
        return self.folder / BOOKS_FILE

    def copy(self) -> "Books":
        """The same books once more; nobody may be serving them."""
        folder = self.folder.with_name(f"{self.folder.name}-{next(self._copies)}")
        folder.mkdir()
        for name in (KEY_FILE, *(() if self._postgres else (BOOKS_FILE,))):
            shutil.copy(self.folder / name, folder / name)
        return Books(folder, self._postgres, self._name)

    def drop(self) -> None:
        """Forget them."""
        if self._postgres:
            self._postgres.drop(self._name)
        shutil.rmtree(self.folder)

    def server(self, core: int | None = None, settings: Mapping[str, str] | None = None) -> Server:
        """A platform that serves them, not started yet."""
        url = self.settings.database_url
        return Server(self.folder, database_url=url, rails=RAILS, core=core, settings=settings)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Db]:
        """The database, in this process; nobody may be serving it on SQLite."""
        db = open_db(self.settings, vault_of(self.settings, make=True))
        try:
            yield db
        finally:
            db.close()

    def query(self, sql: str) -> list[Any]:
        """One statement on what is committed, also while it is served."""
        if self._postgres:
            return self._postgres.run(sql, self._name)
        with contextlib.closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """The one number that a statement answers."""
        return int(self.query(sql)[0][0] or 0)

    def flush(self) -> None:
        """Begin a round with nothing left to write from before."""
        if self._postgres:
            self._postgres.checkpoint()

    def check_durable(self) -> str:
        """Refuse to measure what would lose acknowledged payments; how durable it is, in words."""
        if self._postgres:
            return self._postgres.check_durable()
        with contextlib.closing(connect(self.file)) as db:  # As the lane connects.
            synchronous = db.execute("PRAGMA synchronous").fetchone()[0]
            journal = db.execute("PRAGMA journal_mode").fetchone()[0]
        version = f"SQLite {sqlite3.sqlite_version}"
        said = f"{version}: synchronous={synchronous} (2 is FULL), journal_mode={journal}"
        if synchronous < 2 or journal != "wal":
            raise NotDurable(said)
        return said

    def money(self, code: str) -> int:
        """What stands on all accounts of a code."""
        return self.number(
            f"SELECT SUM(credits_posted - debits_posted) FROM ledger_accounts WHERE code = '{code}'"
        )

    def in_town(self) -> int:
        """All the money in wallets and shops."""
        return self.money(WALLET) + self.money("shop")
