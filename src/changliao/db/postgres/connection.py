"""Connections: how they are made, what they take for granted, and what their errors mean."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import (
    Int8BinaryDumper,
    IntDumper,
    NumericBinaryLoader,
    NumericLoader,
)

from changliao.db.table import Row

_NETWORK: dict[str, str | int] = {
    "connect_timeout": 2,  # seconds, the least libpq takes
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
# A generic plan made while a table was empty reads all of it when it has grown: measured 1 657 ms
# against 1.5 ms. Pages at random cost nearly the same on today's disks; with the old 4.0 an update
# of 64 rows reads the whole table: 2.3 ms against 0.4 of 10 000 rows. A process that hangs in a
# transaction must not stop the others for long.
_SETTINGS = """
    SET synchronous_commit = on;
    SET plan_cache_mode = force_custom_plan;
    SET random_page_cost = 1.1;
    SET jit = off;
    SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '5s';
    SET standard_conforming_strings = on;
"""

# The server's state, not the verb: no connection, no resources, shutdown, I/O, deadlock, lock.
_NOBODYS_FAULT = ("08", "40", "53", "55P03", "57P", "58")
_NOT_PREPARED = "26000"


def connect(url: str, purpose: str) -> psycopg.Connection[Row]:
    """A connection with our settings; what the URL says about the network wins."""
    given = conninfo_to_dict(url)
    ours = {**_NETWORK, "application_name": f"changliao {purpose}"}
    missing = {name: value for name, value in ours.items() if name not in given}
    db = psycopg.connect(make_conninfo(url, **missing), autocommit=True)
    try:
        _adapt(db.adapters)
        db.prepared_max = 1000  # Every table has a handful of statements; none should be evicted.
        if db.info.parameter_status("server_encoding") != "UTF8":
            raise RuntimeError("the database must be made with ENCODING 'UTF8'")
        db.execute(_SETTINGS, prepare=False)
    except BaseException:
        db.close()
        raise
    return db


def is_away(db: psycopg.Connection[Row], error: psycopg.Error) -> bool:
    """Whether nobody's statement is at fault. Closes a connection that trusts what it once prepared."""
    state = error.sqlstate or ""
    if state == _NOT_PREPARED or error.diag.source_function == "RevalidateCachedQuery":
        db.close()
    return db.closed or state.startswith(_NOBODYS_FAULT)


def fetch(db: psycopg.Connection[Row], sql: str, args: Sequence[Any]) -> list[Row]:
    """The rows of one hand-written statement with `?` for its arguments."""
    cursor = db.execute(_translated(sql), args, binary=True)
    return cursor.fetchall() if cursor.description else []


@lru_cache(maxsize=2000)
def _translated(sql: str) -> str:
    """`?` outside quotes becomes `%s`; every literal % is doubled."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|--[^\n]*|\?|%", _placeholder, sql)


def _placeholder(found: re.Match[str]) -> str:
    return "%s" if found[0] == "?" else found[0].replace("%", "%%")


class _WholeNumber(NumericLoader):
    """`sum` of a bigint is numeric here; like SQLite, we answer int."""

    def load(self, data: Any) -> Any:
        return _as_in_sqlite(super().load(data))


class _WholeNumberBinary(NumericBinaryLoader):
    """The same for the binary form."""

    def load(self, data: Any) -> Any:
        return _as_in_sqlite(super().load(data))


def _as_in_sqlite(number: Any) -> int | float:
    return int(number) if number.as_tuple().exponent == 0 else float(number)


def _adapt(adapters: AdaptersMap) -> None:
    # Arrays of int are always bigint[]: one prepared statement, whatever the numbers.
    adapters.register_dumper(int, Int8BinaryDumper)
    adapters.register_dumper(int, IntDumper)  # A single `%s` stays as psycopg does it.
    adapters.register_loader("numeric", _WholeNumber)
    adapters.register_loader("numeric", _WholeNumberBinary)
