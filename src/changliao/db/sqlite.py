"""SQLite: write-ahead log, synchronous=FULL, one process."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from changliao.db.driver import Head, Lost, Vanished, Wish
from changliao.db.migrate import Migration, statements
from changliao.db.table import Key, Row, Table

_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-131072",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA case_sensitive_like=ON",  # As on PostgreSQL.
)
KEYS_AT_ONCE = 500
ROWS_AT_ONCE = (64, 16, 4, 1)

# The database's state, not the verb: full disk, broken disk, somebody else's lock.
_NOBODYS_FAULT = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
)


log = logging.getLogger("changliao.sqlite")


class AnotherProcess(Exception):
    """Another process serves this database; SQLite takes one. Use PostgreSQL for several."""


class SqliteDriver:
    """The lane's connection. Holds a lock file for its life, because one lane must be the only writer."""

    rehearses = False

    def __init__(self, path: Path) -> None:
        lock = _lock(path)
        self._lock: int | None = lock
        self._sql: dict[tuple[Any, ...], str] = {}
        self.untouched = False
        self._head: Head | None = None  # As this driver left it, while SQLite counts `_version`.
        self._version = -1
        try:
            self._db = connect(path)
        except BaseException:
            os.close(lock)
            raise

    def begin(self) -> Head:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            # It moves with the commits of others, as when somebody mends a row by hand.
            [version] = self._db.execute("PRAGMA data_version").fetchone()
            self.untouched = version == self._version and self._head is not None
            if self.untouched and self._head is not None:
                return self._head
            row = self._db.execute(
                "SELECT clock_us, numbers, link, hash FROM lanes WHERE name = 'main'"
            ).fetchone()
        except sqlite3.Error as error:
            raise _sorted_out(error) from error
        self._version = version
        if row is None:
            return Head(0, {}, 0, bytes(32))
        return Head(row[0], msgspec.json.decode(row[1]), row[2], row[3])

    def load(self, wishes: Sequence[Wish]) -> list[list[Row]]:
        return [self._load(*wish) for wish in wishes]

    def _load(self, table: Table[Any], columns: tuple[str, ...], keys: Sequence[Key]) -> list[Row]:
        found: list[Row] = []
        if len(columns) == 1 and len(keys) > 1:
            keys = sorted(keys)  # Neighbours lie on the same pages.
            for start in range(0, len(keys), KEYS_AT_ONCE):
                some = keys[start : start + KEYS_AT_ONCE]
                marks = ", ".join("?" * len(some))
                sql = f"{table.select} WHERE {columns[0]} IN ({marks})"
                found += self._execute(sql, some).fetchall()
            return found
        if len(keys) > 1:
            for sql, args in by_keys(table, columns, keys):
                found += self._execute(sql, args).fetchall()
            return found
        one = self._sql.get((table, columns))
        if one is None:
            where = " AND ".join(f"{column} = ?" for column in columns)
            one = self._sql[table, columns] = f"{table.select} WHERE {where}"
        for key in keys:
            found += self._execute(one, (key,) if len(columns) == 1 else key).fetchall()
        return found

    def insert(self, table: Table[Any], rows: list[Row]) -> None:
        """As few statements as possible, each a step during which the loop may run: handing it over for each
        row costs more than the row. OR FAIL spares a journal of the statement; whatever fails, the caller
        undoes all of it."""
        start = 0
        for many in ROWS_AT_ONCE:
            while len(rows) - start >= many:
                some = rows[start : start + many]
                self._execute(self._inserting(table, many), [*chain.from_iterable(some)])
                start += many

    def _inserting(self, table: Table[Any], many: int) -> str:
        sql = self._sql.get((table, many))
        if sql is None:
            row = f"({', '.join('?' * len(table.columns))})"
            columns, marks = ", ".join(table.columns), ", ".join([row] * many)
            sql = f"INSERT OR FAIL INTO {table.name} ({columns}) VALUES {marks}"
            self._sql[table, many] = sql
        return sql

    def update(self, table: Table[Any], columns: tuple[str, ...], rows: list[Row]) -> None:
        sql = self._sql.get((table, columns, "update"))
        if sql is None:
            changes = ", ".join(f"{column} = ?" for column in columns)
            where = " AND ".join(f"{column} = ?" for column in table.key)
            sql = f"UPDATE {table.name} SET {changes} WHERE {where}"
            self._sql[table, columns, "update"] = sql
        changed = self._execute_many(sql, rows)
        if changed != len(rows):
            raise Vanished(f"{len(rows) - changed} rows of {table.name} are not there any more")

    def query(self, sql: str, args: Sequence[Any]) -> list[Row]:
        return self._execute(sql, args).fetchall()

    def savepoint(self, name: str) -> None:
        self._execute(f"SAVEPOINT {name}", ())

    def rollback_to(self, name: str) -> None:
        self._execute(f"ROLLBACK TO {name}", ())
        self._execute(f"RELEASE {name}", ())

    def commit(self, head: Head) -> None:
        self._head = None
        try:
            self._db.execute(
                "INSERT INTO lanes (name, clock_us, numbers, link, hash) VALUES ('main', ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET clock_us = excluded.clock_us,"
                " numbers = excluded.numbers, link = excluded.link, hash = excluded.hash",
                (head.clock_us, msgspec.json.encode(head.numbers).decode(), head.link, head.hash),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _sorted_out(error) from error
        self._head = head

    def rollback(self) -> None:
        if not self._db.in_transaction:  # SQLite rolls back by itself when the disk fails.
            return
        try:
            self._db.execute("ROLLBACK")
        except sqlite3.Error:
            log.exception("cannot roll back")

    def close(self) -> None:
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # For migrations -------------------------------------------------------------------------

    def applied(self) -> dict[str, str]:
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
        )
        return dict(self._db.execute("SELECT name, checksum FROM migrations").fetchall())

    def apply(self, migration: Migration) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(migration.sql):
                # Only this spelling makes the key the row's own number and not a second tree.
                self._db.execute(statement.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY"))
            self._db.execute(
                "INSERT INTO migrations (name, checksum) VALUES (?, ?)",
                (migration.name, migration.checksum),
            )
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self.rollback()
            raise

    def _execute(self, sql: str, args: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, args)
        except sqlite3.Error as error:
            raise _sorted_out(error) from error

    def _execute_many(self, sql: str, rows: list[Row]) -> int:
        try:
            return self._db.executemany(sql, rows).rowcount
        except sqlite3.Error as error:
            raise _sorted_out(error) from error


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with our settings; `?mode=ro` when it may only read."""
    if sqlite3.sqlite_version_info < (3, 35):
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
    uri = path.absolute().as_uri() + ("?mode=ro" if read_only else "")
    db = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=1024
    )
    try:
        for setting in _SETTINGS[1:] if read_only else _SETTINGS:
            db.execute(setting)
    except BaseException:
        db.close()
        raise
    return db


class SqliteReader:
    """Reads on a connection of its own; short indexed reads, so it runs in the caller's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, table: Table[Any], key: Key) -> Any:
        return self.find(table, table.key, key)

    def find(self, table: Table[Any], unique: tuple[str, ...], key: Key) -> Any:
        where = " AND ".join(f"{column} = ?" for column in unique)
        args = (key,) if len(unique) == 1 else key
        row = self._db.execute(f"{table.select} WHERE {where}", args).fetchone()
        return None if row is None else table.to_value(row)

    def gets(self, table: Table[Any], keys: Sequence[Key]) -> list[Any]:
        if len(table.key) == 1:
            keys = [(key,) for key in keys]
        found: list[Row] = []
        for sql, args in by_keys(table, table.key, keys):
            found += self._db.execute(sql, args).fetchall()
        return table.to_values(found)

    def rows(self, table: Table[Any], tail: str, *args: Any) -> list[Any]:
        return table.to_values(self._db.execute(f"{table.select} {tail}", args).fetchall())

    def query(self, sql: str, *args: Any) -> list[Row]:
        return self._db.execute(sql, args).fetchall()


def by_keys(
    table: Table[Any], columns: tuple[str, ...], keys: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[str, list[Any]]]:
    """Statements for the rows with these keys of several columns. `IN (VALUES …)` would read the whole
    table: SQLite asks an index for one pair alone."""
    wanted = ", ".join(f"t.{column}" for column in table.columns)
    match = " AND ".join(f"t.{column} = w.k{i}" for i, column in enumerate(columns))
    names = ", ".join(f"k{i}" for i in range(len(columns)))
    marks = f"({', '.join('?' * len(columns))})"
    most = KEYS_AT_ONCE // len(columns)
    keys = sorted(set(keys))  # Neighbours lie on the same pages.
    for start in range(0, len(keys), most):
        some = keys[start : start + most]
        yield (
            f"WITH w ({names}) AS (VALUES {', '.join([marks] * len(some))})"
            f" SELECT {wanted} FROM w CROSS JOIN {table.name} t ON {match}",
            [part for key in some for part in key],
        )


def _sorted_out(error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return Lost(str(error)) if code in _NOBODYS_FAULT else error


def _lock(path: Path) -> int:
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise AnotherProcess(f"another process is serving {path}") from None
    return handle
