"""Reads: each from one snapshot, on a connection of its own."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg

from changliao.db.postgres.connection import connect, fetch, is_away
from changliao.db.postgres.driver import load_sql
from changliao.db.refusals import StorageUnavailable
from changliao.db.table import Key, Row, Table

R = TypeVar("R")

# Without statistics yet, a planner may take a large table for a small one and loop over it.
_WHOLE = "SET statement_timeout = 0; SET enable_nestloop = off"

log = logging.getLogger("changliao.postgres")


class PostgresReader:
    """Reads on a connection of its own, made when it is first needed.

    `whole`: it reads whole tables, for which it takes its time and joins them by hashing.
    """

    def __init__(self, url: str, *, whole: bool = False) -> None:
        self._url, self._whole = url, whole
        self._db: psycopg.Connection[Row] | None = None

    def run(self, query: Callable[["PostgresReader"], R], single: bool = False) -> R:
        """The answer of a query function, from one snapshot; asked again once when the connection dies.
        `single`: it asks one statement, which needs no transaction around it."""
        try:
            return self._run(query, single)
        except psycopg.Error as error:
            if not self._is_away(error):
                raise
        try:
            return self._run(query, single)
        except psycopg.Error as error:
            if not self._is_away(error):
                raise
            log.warning("cannot read: %s", error)
            raise StorageUnavailable(retry_after_s=2) from error

    def get(self, table: Table[Any], key: Key) -> Any:
        return self.find(table, table.key, key)

    def find(self, table: Table[Any], unique: tuple[str, ...], key: Key) -> Any:
        where = " AND ".join([f"{column} = ?" for column in unique])
        args = (key,) if len(unique) == 1 else key
        found = self.rows(table, f"WHERE {where}", *args)
        return found[0] if found else None

    def gets(self, table: Table[Any], keys: Sequence[Key]) -> list[Any]:
        if not keys:
            return []
        assert self._db is not None
        once = list(dict.fromkeys(keys))
        args = [once] if len(table.key) == 1 else [list(part) for part in zip(*once, strict=True)]
        found = self._db.execute(load_sql(table, table.key), args, binary=True)
        return table.to_values(found.fetchall())

    def rows(self, table: Table[Any], tail: str, *args: Any) -> list[Any]:
        return table.to_values(self.query(f"{table.select} {tail}", *args))

    def query(self, sql: str, *args: Any) -> list[Row]:
        assert self._db is not None
        return fetch(self._db, sql, args)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()

    def _run(self, query: Callable[["PostgresReader"], R], single: bool) -> R:
        if self._db is None or self._db.closed:
            self._db = connect(self._url, "reads")
            self._db.execute("SET default_transaction_read_only = on", prepare=False)
            if self._whole:
                self._db.execute(_WHOLE, prepare=False)
        if single:
            return query(self)
        self._db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)
        try:
            return query(self)
        finally:
            if not self._db.closed:
                self._db.execute("COMMIT", prepare=False)

    def _is_away(self, error: psycopg.Error) -> bool:
        return self._db is None or is_away(self._db, error)
