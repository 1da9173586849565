"""Tables: how a Value becomes a row and comes back."""

import itertools
import operator
import re
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
        self.place = {column: i for i, column in enumerate(self.columns)}
        self.select = f"SELECT {', '.join(self.columns)} FROM {name}"
        self.key_of: Callable[[V], Key] = _getter(self.key)
        self.unique_of: tuple[Callable[[V], Key], ...] = tuple(_getter(u) for u in self.unique)
        self.unique_place = {columns: i for i, columns in enumerate(self.unique)}
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

    def storable(self, value: V) -> bool:
        """Whether both databases can hold it; what they cannot must not get as far as the flush."""
        return storable(self.to_row(value))

    def to_values(self, rows: Iterable[Row]) -> list[V]:
        """All the values of many rows."""
        return [self.to_value(row) for row in rows]


def storable(cell: Any) -> bool:
    """Integers of 64 bits, text of valid Unicode without NUL, None, bool and bytes; and tuples of them."""
    if isinstance(cell, str):
        return "\0" not in cell and (cell.isascii() or _SURROGATE.search(cell) is None)
    if isinstance(cell, tuple):
        return all(map(storable, cell))
    return not isinstance(cell, int) or -(2**63) <= cell < 2**63


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


def _getter(columns: tuple[str, ...]) -> Callable[[Any], Key]:
    return operator.attrgetter(*columns)
