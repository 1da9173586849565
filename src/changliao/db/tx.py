"""Tx: what a verb sees. Rows live in the group's map, are undone from a journal, and are flushed in bulk."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from changliao.db.driver import Driver, Head, Wish
from changliao.db.facts import FACTS, LINKS, FactRow, Link
from changliao.db.table import Key, Row, Table, V, storable
from changliao.db.vault import Vault
from changliao.kernel.fact import Fact
from changliao.kernel.ids import new_id
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value

A = TypeVar("A")
R = TypeVar("R")

_UNKNOWN: Any = object()
_ENCODER = msgspec.json.Encoder()
_CHANGED = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)


class Bug(AssertionError):
    """A verb broke a rule of the map: it put a row it never got, or added a key that is taken."""


class Miss(BaseException):
    """During a rehearsal: this row is wanted and not here yet. Not an Exception, so no verb swallows it."""

    def __init__(self, table: Table[Any], columns: tuple[str, ...], key: Key) -> None:
        self.wish = (table, columns, key)


class CannotRehearse(BaseException):
    """During a rehearsal: the verb speaks SQL of its own, so what follows cannot be foreseen."""


class Commit(Value, frozen=True):
    """What one group wrote: its new rows, and the names of all tables that it changed. For whoever wants
    to be told at once; what it lacks is in the database."""

    rows: dict[Table[Any], list[Any]]
    tables: frozenset[str]

    def new(self, table: Table[V]) -> list[V]:
        """The rows that were added to this table, in the order in which they were."""
        return self.rows.get(table, [])


class _Level:
    """A point to undo to: one per verb, one more per `attempt` inside it."""

    def __init__(self, mark: int) -> None:
        self.mark, self.saved = mark, False


KEPT_MAX = 8192
"""So many rows of a table are remembered from group to group."""


class _Map:
    """What the group knows of one table."""

    __slots__ = ("added", "alternate", "base", "dirty", "rows")

    def __init__(self, table: Table[Any]) -> None:
        self.rows: dict[Key, Any] = {}  # As the verbs have left them; None: known to be absent.
        self.base: dict[Key, Any] = {}  # As the database has them.
        self.alternate: dict[tuple[str, ...], dict[Key, Key]] = {u: {} for u in table.unique}
        self.dirty: dict[Key, None] = {}
        self.added: dict[Key, None] = {}

    def by(self, table: Table[Any], columns: tuple[str, ...]) -> dict[Key, Any]:
        """What is known by this key of the table."""
        return self.rows if columns == table.key else self.alternate[columns]

    def is_worth_keeping(self, table: Table[Any]) -> bool:
        """Whether the next group may want it: nobody looks again at what is only ever added to."""
        known = max(len(self.rows), *map(len, self.alternate.values()), 0)
        return not table.append and known <= KEPT_MAX


Maps = dict[Table[Any], _Map]


class Tx:
    """One group's transaction, as the verb that runs now sees it. `kept`: what is known already.

    Values that `query` and `rows` return are for reading; to change one, `get` it.
    """

    def __init__(self, driver: Driver, head: Head, vault: Vault, kept: Maps | None = None) -> None:
        self.now = Instant(head.clock_us)
        self.vault = vault
        self.rehearsing = False
        self._driver = driver
        self._link, self._hash = head.link, head.hash
        self._numbers: dict[Any, Any] = dict(head.numbers)
        self._numbers_before = head.numbers
        self._kept: Maps = {} if kept is None else kept  # Of these none is in `_maps` yet.
        self._maps: Maps = {}
        self._blind = False  # Something was written, nobody knows where.
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []
        self._levels: list[_Level] = []
        self._digests: dict[Table[Any], dict[int, bytes]] = {}
        self.wrote = False
        self._written: set[str] = set()
        self.spoilt = False

    # Reading --------------------------------------------------------------------------------

    def get(self, table: Table[V], key: Key) -> V | None:
        """The row with this key, or None. Absence is remembered too."""
        known = self._maps.get(table) or self._map_of(table)
        value = known.rows.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            self._want(table, table.key, key)
            value = self._maps[table].rows.get(key)
        return value  # type: ignore[no-any-return]

    def find(self, table: Table[V], unique: tuple[str, ...], key: Key) -> V | None:
        """The row with this alternate key, or None. NULL is like no other, so it finds nothing."""
        if key is None or (len(unique) > 1 and None in key):
            return None
        known = self._maps.get(table) or self._map_of(table)
        index = known.alternate.get(unique)
        assert index is not None, f"{unique} is not declared unique in {table.name}"
        primary = index.get(key, _UNKNOWN)
        if primary is _UNKNOWN:
            self._want(table, unique, key)
            primary = index[key]
        return None if primary is None else known.rows[primary]

    def gets(self, table: Table[V], keys: Sequence[Key]) -> list[V]:
        """Those of the rows with these keys that are there, each once."""
        found = [self.get(table, key) for key in dict.fromkeys(keys)]
        return [one for one in found if one is not None]

    def peek(self, table: Table[V], key: Key) -> V | None:
        """The row if it is in the map already; never loads. For `touches`."""
        known = self._maps.get(table)
        return None if known is None else known.rows.get(key)

    def query(self, sql: str, *args: Any) -> list[Row]:
        """Hand-written SQL, after everything so far has been flushed. Dear: not for hot verbs.

        A table that it changes is forgotten by the map: `get` a row again before you `put` it.
        """
        if self.rehearsing:
            raise CannotRehearse
        for depth in range(len(self._levels)):
            self._save(depth)
        self._flush()
        changed = _CHANGED.findall(sql)
        if sql.lstrip()[:6].upper() != "SELECT":
            self.wrote = True
            self._blind = self._blind or not changed
        found = self._driver.query(sql, args)
        self._written.update(changed)
        self._forget(changed)
        return found

    def rows(self, table: Table[V], tail: str, *args: Any) -> list[V]:
        """Values of the table by hand-written SQL from WHERE on; as dear as `query`."""
        return table.to_values(self.query(f"{table.select} {tail}", *args))

    # Writing --------------------------------------------------------------------------------

    def add(self, table: Table[V], value: V, *, fresh: bool = False) -> V:
        """A new row. A key or an alternate key that is taken is a bug of the verb: look first.

        `fresh` says that the alternate keys are just made and random, so nobody need look.
        """
        key = table.key_of(value)
        known = self._maps.get(table) or self._map_of(table)
        before = known.rows.get(key, _UNKNOWN)
        if before is not _UNKNOWN and before is not None:
            raise Bug(f"{table.name} has {key!r} already")
        if objection := table.objection(value):
            raise Bug(f"{table.name} {key!r} {objection}")
        for columns, of in table.unique_of.items():
            alternate = of(value)
            if alternate is None or (len(columns) > 1 and None in alternate):
                continue
            if not fresh and self.find(table, columns, alternate) is not None:
                raise Bug(f"{table.name} has {columns} = {alternate!r} already")
            self._set(known.alternate[columns], alternate, key)
        self._journal.append((known.rows, key, before))
        self._journal.append((known.added, key, _UNKNOWN))
        known.rows[key] = value
        known.added[key] = known.dirty[key] = None
        return value

    def put(self, table: Table[V], value: V) -> V:
        """A new version of a row that was got before, be it by an earlier verb."""
        key = table.key_of(value)
        known = self._maps.get(table)
        old = None if known is None else known.rows.get(key)
        if known is None or old is None or table.append:
            raise Bug(f"{table.name} {key!r} cannot be put: it is append-only or was never got")
        if objection := table.objection(value, old):
            raise Bug(f"{table.name} {key!r} {objection}")
        self._journal.append((known.rows, key, old))
        known.rows[key] = value
        known.dirty[key] = None
        return value

    def emit(self, fact: Fact, *, about: str, audience: str = "") -> FactRow:
        """Write a fact into the outbox: `about` is what it is of, `audience` which app and mode may
        read it (`app_…:test`), if any."""
        body = _ENCODER.encode(fact).decode()
        seq = self.next_number("facts")
        return self.add(FACTS, FactRow(seq, self.now, fact.kind, about, audience, body))

    def next_number(self, name: str) -> int:
        """The next of a gapless series 1, 2, 3 …; a verb that refuses gives its numbers back."""
        number: int = self._numbers.get(name, 0) + 1
        self._set(self._numbers, name, number)
        return number

    def new_id(self, kind: str) -> str:
        """A fresh id that sorts by time."""
        return new_id(kind, self.now)

    def attempt(self, verb: Callable[["Tx", A], R], ask: A) -> R | Refusal:
        """Run a verb inside this one; a refusal undoes only its writes and is returned, not raised."""
        level = _Level(len(self._journal))
        self._levels.append(level)
        try:
            answer = verb(self, ask)
        except Refusal as refusal:
            self.undo(level)
            return refusal
        except BaseException:
            self.undo(level)
            raise
        self._levels.pop()
        return answer

    # For the lane ---------------------------------------------------------------------------

    def enter(self) -> _Level:
        """Begin something that may have to be undone."""
        level = _Level(len(self._journal))
        self._levels.append(level)
        return level

    def leave(self, level: _Level) -> None:
        """It stands, as far as its own level goes."""
        assert self._levels.pop() is level

    def undo(self, level: _Level) -> None:
        """Forget all that was written since `enter`."""
        self._rewind(level.mark)
        self.leave(level)
        if level.saved:
            self._driver.rollback_to(f"level_{len(self._levels)}")

    def load(self, wishes: Sequence[tuple[Table[Any], tuple[str, ...], Key]]) -> None:
        """Bring rows into the map, one statement per table and kind of key."""
        by_kind: dict[tuple[Table[Any], tuple[str, ...]], dict[Key, None]] = {}
        for table, columns, key in wishes:
            known = self._maps.get(table) or self._map_of(table)
            if key not in known.by(table, columns):
                by_kind.setdefault((table, columns), {})[key] = None
        self._load([(table, columns, list(keys)) for (table, columns), keys in by_kind.items()])

    def finish(self) -> Head:
        """Flush everything, add this group's link to the chain, and say where the lane stands now."""
        self._flush()
        if any(self._digests.values()):
            self._add_link()
            self._flush()
        self.wrote = self.wrote or self._numbers != self._numbers_before
        return Head(self.now, self._numbers, self._link, self._hash)

    def commit(self) -> Commit:
        """What the group wrote, once it is finished."""
        rows = {
            table: [known.rows[key] for key in known.added]
            for table, known in self._maps.items()
            if known.added
        }
        return Commit(rows, frozenset(self._written))

    def kept(self) -> Maps:
        """What the next group may go by, unless somebody else writes: what the database has now."""
        if self._blind:
            return {}
        for table, known in self._maps.items():
            if known.is_worth_keeping(table):
                known.added = {}
                self._kept[table] = known
        return self._kept

    # Inside ---------------------------------------------------------------------------------

    def _map_of(self, table: Table[Any]) -> _Map:
        """What is known of a table that this group has not asked for before."""
        if known := self._kept.pop(table, None):
            self._maps[table] = known
            return known
        return self._begin_map(table)

    def _begin_map(self, table: Table[Any]) -> _Map:
        # Journalled: rows that a verb wrote by hand and then got are gone when it refuses.
        known = _Map(table)
        self._set(self._maps, table, known)
        return known

    def _want(self, table: Table[Any], columns: tuple[str, ...], key: Key) -> None:
        if self.rehearsing:
            raise Miss(table, columns, key)
        self._load([(table, columns, [key])])

    def _load(self, wishes: list[Wish]) -> None:
        possible = [
            (table, columns, list(filter(storable, keys))) for table, columns, keys in wishes
        ]
        for wish, found in zip(wishes, self._driver.load(possible), strict=True):
            self._remember(*wish, found)

    def _remember(
        self, table: Table[Any], columns: tuple[str, ...], keys: Sequence[Key], found: list[Row]
    ) -> None:
        # Loading is not journalled: what is committed is true whatever becomes of the verb.
        known = self._maps.get(table) or self._map_of(table)
        rows, base = known.rows, known.base
        for value in table.to_values(found):
            key = table.key_of(value)
            if rows.get(key) is None and key not in base:
                rows[key] = base[key] = value
            for unique, of in table.unique_of.items():
                known.alternate[unique].setdefault(of(value), key)
        absent = known.by(table, columns)
        for key in keys:
            absent.setdefault(key, None)

    def _forget(self, names: list[str]) -> None:
        """Hand-written SQL changed these tables: what the map knows of them may be untrue now."""
        for table in [table for table in self._kept if table.name in names]:
            del self._kept[table]
        for table in [table for table in self._maps if table.name in names]:
            self._begin_map(table)

    def _set(self, store: dict[Any, Any], key: Any, new: Any) -> None:
        self._journal.append((store, key, store.get(key, _UNKNOWN)))
        store[key] = new

    def _rewind(self, mark: int) -> list[tuple[dict[Any, Any], Any, Any]]:
        """Undo back to the mark; returns what was there, newest first, so that it can be put back."""
        undone = []
        journal = self._journal
        while len(journal) > mark:
            store, key, old = journal.pop()
            undone.append((store, key, store.get(key, _UNKNOWN)))
            if old is _UNKNOWN:
                del store[key]
            else:
                store[key] = old
        return undone

    def _save(self, depth: int) -> None:
        """Set a savepoint where this level began: what came before it is flushed, what came after waits."""
        level = self._levels[depth]
        if level.saved:
            return
        dirty = {known: dict(known.dirty) for known in self._maps.values()}
        later = self._rewind(level.mark)
        self._flush()
        self._driver.savepoint(f"level_{depth}")
        moved = len(self._journal) - level.mark  # The flush itself is remembered, before the mark.
        level.saved = True
        for inner in self._levels[depth:]:
            inner.mark += moved
        for store, key, new in reversed(later):
            self._set(store, key, new)
        for known, keys in dirty.items():
            known.dirty = keys

    def _flush(self) -> None:
        self.spoilt = True  # Until it is through: the map and the database may differ.
        for table in sorted(self._maps, key=lambda t: t.order):
            if self._maps[table].dirty:
                self._flush_table(table, self._maps[table])
        self.spoilt = False

    def _flush_table(self, table: Table[Any], known: _Map) -> None:
        rows, base = known.rows, known.base
        inserts: list[Row] = []
        updates: dict[tuple[int, ...], list[Row]] = {}
        flushed: dict[Key, Any] = {}
        for key in sorted(known.dirty):  # Neighbours lie on the same pages.
            value, old = rows.get(key), base.get(key)
            if value is old or value is None:
                continue
            flushed[key] = value
            if old is None:
                inserts.append(table.to_row(value))
            elif places := table.changes(old, value):
                cells = table.cells(value, places + table.key_places)
                updates.setdefault(places, []).append(cells)
        self._set_all(base, flushed)
        if table.chained:
            digests = {value.seq: digest(table, value) for value in flushed.values()}
            self._set_all(self._digests.setdefault(table, {}), digests)
        if inserts or updates:
            self._written.add(table.name)
        if inserts:
            self.wrote = True
            self._driver.insert(table, inserts)
        for places, changed in updates.items():
            self.wrote = True
            self._driver.update(table, tuple([table.columns[i] for i in places]), changed)
        known.dirty = {}

    def _set_all(self, store: dict[Any, Any], new: dict[Any, Any]) -> None:
        if self._levels:
            for key, value in new.items():
                self._set(store, key, value)
        else:
            store.update(new)  # Nobody is left who could undo it.

    def _add_link(self) -> None:
        spans: dict[str, tuple[int, int]] = {}
        digests: list[bytes] = []
        for table in sorted(self._digests, key=lambda t: t.order):
            of_rows = self._digests[table]
            if of_rows:
                spans[table.name] = (min(of_rows), max(of_rows))
                digests += [of_rows[seq] for seq in sorted(of_rows)]
        joined = b"".join(digests)
        self._link += 1
        self._hash = link_hash(self._hash, self._link, self.now, spans, joined)
        self.add(LINKS, Link(self._link, self.now, spans, joined, self._hash))


def digest(table: Table[V], value: V) -> bytes:
    """SHA-256 of one chained row: its table's name and its value as canonical JSON."""
    return hashlib.sha256(table.tag + _ENCODER.encode(value)).digest()


def link_hash(
    previous: bytes, number: int, at: int, spans: dict[str, tuple[int, int]], digests: bytes
) -> bytes:
    """The hash of a link, from the one before it and what it covers."""
    return hashlib.sha256(previous + _ENCODER.encode((number, at, spans)) + digests).digest()
