"""The same index in SQLite's FTS5, for where tantivy cannot be had: slower, and as right."""

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from changliao.search.port import TEXT_MAX, Damaged, Document, Found, Query, page
from changliao.search.words import Clause, clauses, key, words

FORMAT = 1
"""Changes when the same documents would be kept, or words be made, in another way."""

_TABLES = """
CREATE TABLE documents (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, ref TEXT NOT NULL,
    at INTEGER NOT NULL, document BLOB NOT NULL
);
CREATE TABLE scopes (row INTEGER NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (row, scope)) WITHOUT ROWID;
CREATE TABLE wholes (row INTEGER NOT NULL, whole TEXT NOT NULL, PRIMARY KEY (row, whole)) WITHOUT ROWID;
CREATE TABLE position (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL);
INSERT INTO position VALUES (1, 0);
CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize = 'ascii', content = '');
"""
# `ascii` splits at spaces and signs of ASCII alone, and there are no signs in words as the room makes them.

# The plus keeps SQLite from trying each of my scopes on each row.
_FIND = """
SELECT d.document FROM texts JOIN documents d ON d.row = texts.rowid
WHERE texts MATCH :all
    AND EXISTS (SELECT 1 FROM scopes s WHERE s.row = d.row
        AND +s.scope IN temp.mine)
    AND (:kinds = '[]' OR d.kind IN (SELECT value FROM json_each(:kinds)))
    AND (:ref = '' OR d.ref = :ref)
ORDER BY {}d.at DESC, d.row DESC LIMIT :limit OFFSET :skip
"""
_TITLES_FIRST = """
    CASE WHEN EXISTS (SELECT 1 FROM wholes w WHERE w.row = d.row AND w.whole = :whole) THEN 0
        WHEN d.row IN (SELECT rowid FROM texts WHERE texts MATCH :title) THEN 1 ELSE 2 END,
"""

_TROUBLE = (sqlite3.Error, msgspec.DecodeError, ValueError)

log = logging.getLogger("changliao.search")


class Fts5Index:
    """An index in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"fts5-{FORMAT}.sqlite3"
        self._position = 0

    def mend(self) -> None:
        self._let_go()
        try:
            self._open()
        except _TROUBLE as trouble:
            log.warning("the search index is damaged and begins anew: %s", trouble)
            self.reset()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write, self._read = self._connect(), self._connect()
        if not self._write.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'position'"
        ).fetchone():
            self._write.executescript(f"BEGIN; {_TABLES} COMMIT;")
        [(self._position,)] = self._write.execute("SELECT position FROM position")
        self._read.execute("SELECT COUNT(*) FROM texts WHERE texts MATCH 'a'").fetchall()
        self._read.execute("CREATE TEMP TABLE mine (scope TEXT PRIMARY KEY) WITHOUT ROWID")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(
            "PRAGMA synchronous = NORMAL"
        )  # A lost commit is heard again: it knows its position.
        return db

    @property
    def position(self) -> int:
        return self._position

    def put(self, documents: Sequence[Document]) -> None:
        self._begin()
        for document in documents:
            self._remove(document.id)
            self._add(document)

    def drop(self, ids: Sequence[str]) -> None:
        self._begin()
        for one in ids:
            self._remove(one)

    def commit(self, position: int) -> None:
        self._begin()
        self._write.execute("UPDATE position SET position = ?", (position,))
        self._write.execute("COMMIT")
        self._position = position

    def find(self, query: Query) -> Found:
        asked = clauses(query.text)
        if not asked or not query.scopes:
            return Found([])
        said: dict[str, Any] = {
            "all": _match("" if query.titles else "text : ", asked),
            "title": _match("title : ", asked),
            "whole": key(query.text),
            "kinds": msgspec.json.encode(query.kinds).decode(),
            "ref": query.ref,
        }

        sql = _FIND.format(_TITLES_FIRST if query.titles else "")

        def raw(skip: int, limit: int) -> list[Document]:
            rows = self._read.execute(sql, {**said, "skip": skip, "limit": limit}).fetchall()
            return [msgspec.msgpack.decode(blob, type=Document) for (blob,) in rows]

        try:
            self._read.execute("DELETE FROM temp.mine")
            self._read.executemany(
                "INSERT INTO temp.mine VALUES (?)", [(scope,) for scope in query.scopes]
            )
            return page(query, raw)
        except _TROUBLE as trouble:
            raise Damaged(str(trouble)) from trouble

    def reset(self) -> None:
        self._let_go()
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._open()

    def close(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        for name in ("_write", "_read"):
            if db := self.__dict__.pop(name, None):
                db.close()

    def _begin(self) -> None:
        if not self._write.in_transaction:
            self._write.execute("BEGIN IMMEDIATE")

    def _add(self, document: Document) -> None:
        blob = msgspec.msgpack.encode(document)
        row = self._write.execute(
            "INSERT INTO documents (id, kind, ref, at, document) VALUES (?, ?, ?, ?, ?)",
            (document.id, document.kind, document.ref, document.at, blob),
        ).lastrowid
        self._write.executemany(
            "INSERT INTO scopes VALUES (?, ?)", [(row, one) for one in set(document.scopes)]
        )
        wholes = {key(one) for one in (document.title, *document.names)}
        self._write.executemany("INSERT INTO wholes VALUES (?, ?)", [(row, one) for one in wholes])
        self._write.execute(
            "INSERT INTO texts (rowid, title, text) VALUES (?, ?, ?)", (row, *_columns(document))
        )

    def _remove(self, id_: str) -> None:
        found = self._write.execute(
            "SELECT row, document FROM documents WHERE id = ?", (id_,)
        ).fetchone()
        if found is None:
            return
        row, document = found[0], msgspec.msgpack.decode(found[1], type=Document)
        self._write.execute(  # An index without a copy of its texts wants to be told them again.
            "INSERT INTO texts (texts, rowid, title, text) VALUES ('delete', ?, ?, ?)",
            (row, *_columns(document)),
        )
        for table in ("documents", "scopes", "wholes"):
            self._write.execute(f"DELETE FROM {table} WHERE row = ?", (row,))


def _columns(document: Document) -> tuple[str, str]:
    title = " ".join([" ".join(words(one[:TEXT_MAX])) for one in (document.title, *document.names)])
    return title, " ".join(words(document.text[:TEXT_MAX]))


def _match(columns: str, asked: Sequence[Clause]) -> str:
    """Every clause as a phrase. Words hold no quotation mark."""
    phrases = [f'"{" ".join(one.words)}"{" *" if one.open else ""}' for one in asked]
    return " AND ".join([f"{columns}{phrase}" for phrase in phrases])
