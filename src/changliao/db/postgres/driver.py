"""The lane's connection."""

import contextlib
import logging
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from changliao.db.driver import Head, InDoubt, Lost, Vanished, Wish
from changliao.db.migrate import Migration, statements
from changliao.db.postgres.connection import connect, fetch, is_away
from changliao.db.table import Row, Table

RECONNECT_FOR_S = 0.5
"""How long `begin` tries to get a dead connection back before it gives the group up."""

ASK_FOR_S = 8.0
"""How long to ask what became of a commit; longer than the server keeps an idle transaction."""

PAUSE_S = 0.05

# The lock must be a statement of its own, and later ones must see what was committed while it
# waited: with REPEATABLE READ they read balances as they were before.
_BEGIN = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SELECT clock_us, numbers, link, hash FROM lanes WHERE name = 'main' FOR UPDATE
"""
_COMMIT = """
    UPDATE lanes SET clock_us = %s, numbers = %s, link = %s, hash = %s WHERE name = 'main';
    INSERT INTO lane_commits (process, clock_us) VALUES (%s, %s)
        ON CONFLICT (process) DO UPDATE SET clock_us = excluded.clock_us;
    COMMIT
"""
# Whoever waits for a COMMIT that was lost on the way would otherwise be waited for.
_END_IT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = %s AND state LIKE 'idle in transaction%%'
"""
# The lane's row stays locked until that transaction has ended; only then is the answer final.
_LAST_COMMIT = """
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = %s;
    SELECT 1 FROM lanes WHERE name = 'main' FOR UPDATE;
    SELECT clock_us FROM lane_commits WHERE process = %s;
    ROLLBACK
"""
_FORGET_PROCESSES = """
    DELETE FROM lane_commits
    WHERE clock_us < (SELECT clock_us FROM lanes WHERE name = 'main') - 86400000000
"""
_STARTERS_LOCK = 0x6368616E676C  # "changl": one process migrates at a time.

_TIMED_OUT = "57014"

log = logging.getLogger("changliao.postgres")


class PostgresDriver:
    """The lane's connection. It comes back by itself after it broke."""

    rehearses = True
    untouched = False  # Other processes write too, and people with psql.

    def __init__(self, url: str, *, ask_for_s: float = ASK_FOR_S) -> None:
        self._url, self._ask_for_s = url, ask_for_s
        self._process = secrets.token_hex(8)
        self._connect()
        self._sql: dict[tuple[Any, ...], str] = {}
        self._waiting: list[tuple[str, list[list[Any]]]] = []

    def begin(self) -> Head:
        deadline = time.monotonic() + RECONNECT_FOR_S
        while True:
            try:
                return self._begin()
            except psycopg.Error as error:  # No verb has run yet, so none is at fault.
                self._db.close()
                if time.monotonic() >= deadline:
                    raise Lost(str(error)) from error
            time.sleep(PAUSE_S)

    def load(self, wishes: Sequence[Wish]) -> list[list[Row]]:
        wanted = [
            (self._load_sql(table, columns), [list(keys)] if len(columns) == 1 else _columns(keys))
            for table, columns, keys in wishes
            if keys
        ]
        self._write_out()
        found = iter(self._execute_all(wanted))
        return [next(found).fetchall() if keys else [] for _, _, keys in wishes]

    def insert(self, table: Table[Any], rows: list[Row]) -> None:
        sql = self._sql.get((table,))
        if sql is None:
            sql = self._sql[(table,)] = _insert_sql(table)
        self._waiting.append((sql, _columns(rows)))

    def update(self, table: Table[Any], columns: tuple[str, ...], rows: list[Row]) -> None:
        sql = self._sql.get((table, columns, "update"))
        if sql is None:
            sql = self._sql[table, columns, "update"] = _update_sql(table, columns)
        self._waiting.append((sql, _columns(rows)))

    def query(self, sql: str, args: Sequence[Any]) -> list[Row]:
        self._write_out()
        try:
            return fetch(self._db, sql, args)
        except psycopg.Error as error:
            raise self._sorted_out(error, slow_is_lost=False) from error

    def savepoint(self, name: str) -> None:
        self._write_out()
        self._execute(f"SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        self._waiting.clear()
        self._execute(f"ROLLBACK TO {name}; RELEASE {name}")

    def commit(self, head: Head) -> None:
        self._write_out()
        numbers = msgspec.json.encode(head.numbers).decode()
        try:
            with psycopg.ClientCursor(self._db) as cursor:  # All of it in one round trip.
                cursor.execute(
                    _COMMIT,
                    (head.clock_us, numbers, head.link, head.hash, self._process, head.clock_us),
                )
        except psycopg.Error as error:
            if not self._db.closed:  # The server lives and said no: nothing was kept.
                raise self._sorted_out(error) from error
            self._ask_what_became_of_it(head.clock_us, error)

    def rollback(self) -> None:
        self._waiting.clear()
        if self._db.closed or self._db.info.transaction_status == TransactionStatus.IDLE:
            return
        try:
            self._db.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            self._db.close()

    def close(self) -> None:
        self._db.close()

    # For migrations -------------------------------------------------------------------------

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One transaction for all that is missing, while neither a starter nor a lane interferes."""
        # Explicitly, because whoever waited for the lock must see what was done meanwhile.
        self._db.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            self._db.execute("SET LOCAL statement_timeout = 0")
            self._db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", (_STARTERS_LOCK,))
            if self._has("lanes"):
                self._db.execute("SELECT 1 FROM lanes FOR UPDATE")
            yield
            self._db.execute(
                "INSERT INTO lanes (name, clock_us, numbers, link, hash)"
                " VALUES ('main', 0, '{}', 0, %s) ON CONFLICT (name) DO NOTHING",
                (bytes(32),),
            )
            self._db.execute(_FORGET_PROCESSES)
            self._db.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise

    def applied(self) -> dict[str, str]:
        if not self._has("migrations"):
            self._db.execute(
                "CREATE TABLE migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
            )
        return dict(fetch(self._db, "SELECT name, checksum FROM migrations", ()))

    def apply(self, migration: Migration) -> None:
        for statement in statements(migration.sql):
            self._db.execute(with_plain_order(statement))
        self._db.execute(
            "INSERT INTO migrations (name, checksum) VALUES (%s, %s)",
            (migration.name, migration.checksum),
        )

    def _has(self, table: str) -> bool:
        return fetch(self._db, "SELECT to_regclass(?) IS NOT NULL", (table,)) == [(True,)]

    # Inside ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._db = connect(self._url, "lane")
        self._pid = self._db.info.backend_pid

    def _begin(self) -> Head:
        if self._db.closed:
            self._connect()
        cursor = self._db.execute(_BEGIN, prepare=False)
        cursor.nextset()
        row = cursor.fetchone()
        assert row is not None, "the lane's row is missing; `changliao migrate` makes it"
        return Head(row[0], msgspec.json.decode(row[1]), row[2], row[3])

    def _load_sql(self, table: Table[Any], columns: tuple[str, ...]) -> str:
        sql = self._sql.get((table, columns))
        if sql is None:
            sql = self._sql[table, columns] = load_sql(table, columns)
        return sql

    def _write_out(self) -> None:
        """Send all that waits to be written, in one round trip; every row must have been hit."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for (sql, arrays), cursor in zip(waiting, self._execute_all(waiting), strict=True):
            missed = len(arrays[0]) - cursor.rowcount
            if missed:
                raise Vanished(f"{missed} rows are not there any more: {sql}")

    def _execute_all(
        self, wanted: Sequence[tuple[str, list[list[Any]]]]
    ) -> list[psycopg.Cursor[Row]]:
        try:
            if len(wanted) < 2:
                return [self._db.execute(sql, arrays, binary=True) for sql, arrays in wanted]
            with self._db.pipeline():
                return [self._db.execute(sql, arrays, binary=True) for sql, arrays in wanted]
        except psycopg.Error as error:
            raise self._sorted_out(error) from error

    def _execute(self, sql: str) -> None:
        try:
            self._db.execute(sql, prepare=False)
        except psycopg.Error as error:
            raise self._sorted_out(error) from error

    def _sorted_out(self, error: psycopg.Error, *, slow_is_lost: bool = True) -> Exception:
        too_slow = error.sqlstate == _TIMED_OUT and slow_is_lost
        return Lost(str(error)) if is_away(self._db, error) or too_slow else error

    def _ask_what_became_of_it(self, clock_us: int, error: psycopg.Error) -> None:
        """Returns when the server took the commit, raises Lost when it did not.

        Not by `pg_xact_status`: after a crash the number of a lost transaction is given out again,
        and then it tells what became of a stranger's.
        """
        died, deadline = self._pid, time.monotonic() + self._ask_for_s
        while time.monotonic() < deadline:
            try:
                self._db.close()
                self._connect()
                kept = self._last_commit(died, deadline - time.monotonic())
            except psycopg.Error:
                time.sleep(PAUSE_S)
                continue
            log.warning("the connection died in a commit; kept: %s (%s)", kept == clock_us, error)
            if kept == clock_us:
                return
            raise Lost(str(error)) from error
        raise InDoubt(str(error)) from error

    def _last_commit(self, died: int, patience_s: float) -> int | None:
        """Which group of ours the server kept last, once the connection that died cannot commit any more."""
        with psycopg.ClientCursor(self._db) as cursor:
            cursor.execute(_END_IT, (died,))
            cursor.execute(_LAST_COMMIT, (f"{max(1, round(patience_s * 1000))}ms", self._process))
            found: list[Row] = []
            while True:
                found = cursor.fetchall() if cursor.description else found
                if not cursor.nextset():
                    return found[0][0] if found else None


def with_plain_order(statement: str) -> str:
    """A migration's statement with its texts ordered byte by byte, as SQLite orders them.

    It also keeps indexes valid when the system's own collations change under the server.
    """
    if not statement.startswith(("CREATE TABLE", "ALTER TABLE")):
        return statement
    return re.sub(r"(?<!AS )\bTEXT\b", 'TEXT COLLATE "C"', statement)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _arrays(table: Table[Any], columns: Sequence[str]) -> str:
    """`unnest(...)` of one array per column."""
    types = [table.sql_types[table.place[column]] for column in columns]
    return f"unnest({', '.join([f'%b::{kind}[]' for kind in types])})"


def load_sql(table: Table[Any], columns: tuple[str, ...]) -> str:
    """The rows with these keys: of one column as an array, of several as one array per column."""
    if len(columns) == 1:
        kind = table.sql_types[table.place[columns[0]]]
        return f"{table.select} WHERE {columns[0]} = ANY(%b::{kind}[])"
    wanted = ", ".join([f"t.{column}" for column in table.columns])
    names = [f"k{i}" for i in range(len(columns))]
    match = " AND ".join(
        [f"t.{column} = d.{name}" for column, name in zip(columns, names, strict=True)]
    )
    return (
        f"SELECT {wanted} FROM {_arrays(table, columns)} AS d({', '.join(names)})"
        f" JOIN {table.name} AS t ON {match}"
    )


def _insert_sql(table: Table[Any]) -> str:
    return (
        f"INSERT INTO {table.name} ({', '.join(table.columns)})"
        f" SELECT * FROM {_arrays(table, table.columns)}"
    )


def _update_sql(table: Table[Any], columns: tuple[str, ...]) -> str:
    values = [f"v{i}" for i in range(len(columns))]
    keys = [f"k{i}" for i in range(len(table.key))]
    changes = ", ".join([f"{column} = d.{v}" for column, v in zip(columns, values, strict=True)])
    match = " AND ".join([f"t.{column} = d.{k}" for column, k in zip(table.key, keys, strict=True)])
    return (
        f"UPDATE {table.name} AS t SET {changes}"
        f" FROM {_arrays(table, (*columns, *table.key))} AS d({', '.join(values + keys)})"
        f" WHERE {match}"
    )
