"""Tables: how a Value becomes a row and comes back."""

import itertools
import operator
import re
import struct
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from changliao.kernel.value import Value

V = TypeVar("V", bound=Value)
Key = Any  # A single column's value, or a tuple for a composite key.
Row = tuple[Any, ...]

_SQL_TYPES = {str: "text", int: "bigint", bool: "boolean", bytes: "bytea"}
_ALWAYS = (bool, bytes)  # Whatever they hold, both databases can.
_LEAST, _LARGEST = -(2**63), 2**63 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_order = itertools.count()

ALL: list["Table[Any]"] = []
"""Every declared table. Rooms import downwards, so this is parents first."""


class Table(Generic[V]):
    """One table: its Value class names the columns, in order.

    `key` is one column or several; `unique` are alternate keys, whose columns never change.
    `append` rows are written once and never changed; `chained` ones (append, numbered by `seq`)
    are covered by the hash chain. Plain fields (str, int, bool, bytes, None) are stored as they
    are, any other type as JSON text.
    """

    def __init__(
        self,
        name: str,
        value: type[V],
        *,
        key: str | tuple[str, ...] = "id",
        unique: Sequence[tuple[str, ...]] = (),
        append: bool = False,
        chained: bool = False,
    ) -> None:
        self.name, self.value, self.append, self.chained = name, value, append, chained
        self.columns: tuple[str, ...] = value.__struct_fields__
        self.key: tuple[str, ...] = (key,) if isinstance(key, str) else key
        self.unique = tuple(unique)
        self.order = next(_order)
        hints = typing.get_type_hints(value)
        plain = [_plain_type(hints[column]) for column in self.columns]
        self.sql_types = tuple(_SQL_TYPES.get(kind or str, "text") for kind in plain)
        self.tag = name.encode() + b" "  # What a row's digest begins with.
        self.place = {column: i for i, column in enumerate(self.columns)}
        self.select = f"SELECT {', '.join(self.columns)} FROM {name}"
        self.key_of: Callable[[V], Key] = _getter(self.key)
        self.unique_of: dict[tuple[str, ...], Callable[[V], Key]] = {
            columns: _getter(columns) for columns in self.unique
        }
        self.key_places = tuple([self.place[column] for column in self.key])
        self._places = range(len(self.columns))
        sure = {c for c in self.columns if type(None) not in typing.get_args(hints[c])}
        kinds = dict(zip(self.columns, plain, strict=True))
        texts = [c for c in self.columns if c in sure and kinds[c] is str]
        wholes = [c for c in self.columns if c in sure and kinds[c] is int]
        seen = {*texts, *wholes, *(c for c in self.columns if kinds[c] in _ALWAYS)}
        others = [place for column, place in self.place.items() if column not in seen]
        self._texts, self._wholes = _getter_of_all(texts), _getter_of_all(wholes)
        self._pack = struct.Struct(f"{len(wholes)}q").pack
        self._others = others
        self._alternates_are_texts = all(set(columns) <= set(texts) for columns in self.unique)
        self._decoders = [
            (i, _decoder(kind, hints[self.columns[i]]))
            for i, kind in enumerate(plain)
            if kind is bool or kind is None
        ]
        self._json = [i for i, kind in enumerate(plain) if kind is None]
        ALL.append(self)

    def to_row(self, value: V) -> Row:
        """The value's columns as the database stores them."""
        row = msgspec.structs.astuple(value)
        if not self._json:
            return row
        cells = list(row)
        for i in self._json:
            cells[i] = msgspec.json.encode(cells[i]).decode()
        return tuple(cells)

    def to_value(self, row: Row) -> V:
        """The value that a row holds."""
        if not self._decoders:
            return self.value(*row)
        cells = list(row)
        for i, decode in self._decoders:
            if cells[i] is not None:
                cells[i] = decode(cells[i])
        return self.value(*cells)

    def objection(self, value: V, old: V | None = None) -> str:
        """Why the value cannot be written, `old` being what is there; empty when it can.

        What a database cannot hold must not get as far as the flush. Columns of one kind are looked
        at together, and texts only when they differ, because every write pays for this.
        """
        try:
            self._pack(*self._wholes(value))
        except struct.error:
            return "holds a number that is none of 64 bits"
        texts = self._texts(value)
        same_texts = old is not None and texts == self._texts(old)
        if not (same_texts or _is_text("".join(texts))):
            return "holds text that is no text"
        if self._others and not storable(self.cells(value, self._others)):
            return "holds what a database cannot"
        if old is None or (same_texts and self._alternates_are_texts):
            return ""
        changed = [columns for columns, of in self.unique_of.items() if of(value) != of(old)]
        return f"changes {changed[0]}, which is an alternate key" if changed else ""

    def changes(self, old: V, new: V) -> tuple[int, ...]:
        """The places of the columns in which two values differ."""
        differ = map(operator.ne, msgspec.structs.astuple(old), msgspec.structs.astuple(new))
        return tuple(itertools.compress(self._places, differ))

    def cells(self, value: V, places: Iterable[int]) -> Row:
        """Some of the value's columns as the database stores them."""
        row = self.to_row(value)
        return tuple([row[place] for place in places])

    def to_values(self, rows: Iterable[Row]) -> list[V]:
        """All the values of many rows."""
        return [self.to_value(row) for row in rows]


def storable(cell: Any) -> bool:
    """Integers of 64 bits, text of valid Unicode without NUL, None, bool and bytes; and tuples of them."""
    if isinstance(cell, int):
        return _LEAST <= cell <= _LARGEST
    if isinstance(cell, str):
        return _is_text(cell)
    return not isinstance(cell, tuple) or all(map(storable, cell))


def _is_text(text: str) -> bool:
    return "\0" not in text and (text.isascii() or _SURROGATE.search(text) is None)


def _plain_type(hint: Any) -> type | None:
    """str, int, bool or bytes when the column is stored as it is; None when it is stored as JSON."""
    if isinstance(hint, typing.NewType):
        return _plain_type(hint.__supertype__)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return type(typing.get_args(hint)[0])
    if origin in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return _plain_type(inner[0]) if len(inner) == 1 else None
    return hint if hint in _SQL_TYPES else None


def _decoder(kind: type | None, hint: Any) -> Callable[[Any], Any]:
    if kind is bool:
        return bool
    return msgspec.json.Decoder(hint).decode


def _getter_of_all(columns: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The columns as a tuple, also when it is one or none."""
    if len(columns) > 1:
        return operator.attrgetter(*columns)
    return lambda value: tuple([getattr(value, column) for column in columns])


def _getter(columns: tuple[str, ...]) -> Callable[[Any], Key]:
    return operator.attrgetter(*columns)
