"""What parameters may be: each kind turns a text or tree of a form into a value, or refuses it."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from changliao.dialects.api.stripe.refusals import (
    ParameterInvalid,
    ParameterMissing,
    ParameterUnknown,
)
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.kernel.value import Value

_WHOLE = re.compile(r"-?[0-9]{1,17}")
_ITEMS_MAX = 100
METADATA_MAX, KEY_MAX, ENTRY_MAX = 50, 40, 500
"""Stripe's own limits of metadata."""


class Kind(Protocol):
    """What one parameter may be."""

    def take(self, said: Any, path: str) -> Any:
        """The value; `path` is the parameter's name as the shop wrote it."""


class Text(Value, frozen=True):
    """Text of at most so many characters."""

    most: int = 5000

    def take(self, said: Any, path: str) -> str:
        """The text; empty is unset."""
        if not isinstance(said, str):
            raise ParameterInvalid("Invalid string.", field=path)
        if len(said) > self.most:
            raise ParameterInvalid(
                f"Invalid string: must be at most {self.most} characters", field=path
            )
        return said


class Whole(Value, frozen=True):
    """A whole number in decimal digits."""

    least: int = 0
    most: int = AMOUNT_MAX

    def take(self, said: Any, path: str) -> int:
        """The number; `1e3`, `1.0` and a million digits are none."""
        if not isinstance(said, str) or not _WHOLE.fullmatch(said):
            shown = said[:20] if isinstance(said, str) else "object"
            raise ParameterInvalid(
                f"Invalid integer: {shown}", field=path, code_there="parameter_invalid_integer"
            )
        number = int(said)
        if not self.least <= number <= self.most:
            raise ParameterInvalid(
                f"This value must be from {self.least} to {self.most}.",
                field=path,
                code_there="parameter_invalid_integer",
            )
        return number


class Flag(Value, frozen=True):
    """true or false; `only` names the one that means something here."""

    only: bool | None = None

    def take(self, said: Any, path: str) -> bool:
        """The flag."""
        if said not in ("true", "false"):
            raise ParameterInvalid("Invalid boolean.", field=path)
        if self.only is not None and (said == "true") != self.only:
            raise ParameterUnknown(f"This installation does not take {path}={said}.", field=path)
        return bool(said == "true")


class OneOf(Value, frozen=True):
    """One of some words."""

    words: tuple[str, ...]

    def take(self, said: Any, path: str) -> str:
        """The word."""
        if said not in self.words:
            raise ParameterInvalid(
                f"Invalid {path}: must be one of {', '.join(self.words)}", field=path
            )
        return str(said)


class Currency(Value, frozen=True):
    """An ISO 4217 code in any case; upper case within."""

    def take(self, said: Any, path: str) -> str:
        """The code."""
        code = said.upper() if isinstance(said, str) and said.isascii() else ""
        if code not in DIGITS:
            raise ParameterInvalid("Invalid currency.", field=path)
        return code


class Address(Value, frozen=True):
    """Where a person is sent back to: http or https; https alone with a live key (`live`)."""

    def take(self, said: Any, path: str) -> str:
        """The address."""
        text = _TEXT.take(said, path)
        if not _is_address(text):
            raise ParameterInvalid("Not a valid URL", field=path, code_there="url_invalid")
        return text


_TEXT = Text()


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    """Kept, because shops say the same addresses again and again."""
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return fine and text.isprintable() and " " not in text and "\\" not in text


class Many(Value, frozen=True):
    """A list of one kind."""

    kind: Any
    most: int = _ITEMS_MAX

    def take(self, said: Any, path: str) -> list[Any]:
        """The items in the order of their indexes."""
        if said == "":
            return []
        if not isinstance(said, dict) or not all(name.isdecimal() for name in said):
            raise ParameterInvalid("Invalid array", field=path)
        if len(said) > self.most:
            raise ParameterInvalid(f"Too many items: at most {self.most}.", field=path)
        names = sorted(said, key=int)
        return [self.kind.take(said[name], f"{path}[{name}]") for name in names]


class Entries(Value, frozen=True):
    """Metadata: texts by name. An empty value takes an entry away, an empty whole takes all away."""

    def take(self, said: Any, path: str) -> dict[str, str]:
        """The entries, in order of their names."""
        if said == "":
            return {}
        if not isinstance(said, dict) or len(said) > METADATA_MAX:
            raise ParameterInvalid(
                f"Metadata is at most {METADATA_MAX} entries of text.", field=path
            )
        for name, text in said.items():
            if not isinstance(text, str) or len(name) > KEY_MAX or len(text) > ENTRY_MAX:
                raise ParameterInvalid(
                    f"Metadata names have at most {KEY_MAX}, values {ENTRY_MAX} characters.",
                    field=f"{path}[{name[:KEY_MAX]}]",
                )
        return dict(sorted(said.items()))


class Looks(Value, frozen=True):
    """Taken and not heeded: how a page of theirs would look, which ours does not."""

    def take(self, said: Any, path: str) -> None:
        """Nothing."""


class Shape(Value, frozen=True):
    """Named parameters; those that must be said, and no others than these."""

    fields: Mapping[str, Any]
    required: Collection[str] = ()

    def take(self, said: Any, path: str = "") -> dict[str, Any]:
        """What was said, name by name; what was left out or unset is not in it."""
        if not isinstance(said, dict):
            raise ParameterInvalid("Invalid object", field=path)
        found: dict[str, Any] = {}
        for name, value in said.items():
            inner = f"{path}[{name}]" if path else name
            kind = self.fields.get(name)
            if kind is None:
                raise ParameterUnknown(
                    f"Received unknown parameter: {inner[:120]}", field=inner[:120]
                )
            if value == "" and not isinstance(kind, (Entries, Many, Text)):
                continue
            found[name] = kind.take(value, inner)
        for name in self.required:
            if found.get(name) in (None, "", []):
                inner = f"{path}[{name}]" if path else name
                raise ParameterMissing(f"Missing required param: {inner}.", field=inner)
        return found


EXPAND = Many(Text(200), 20)
MOMENT = Whole(0, 10**11)
"""Seconds since 1970, up to the year 5138."""
CREATED = Shape(dict.fromkeys(("gt", "gte", "lt", "lte"), MOMENT))


class Moments(Value, frozen=True):
    """`created`: one second, or a stretch of `gt gte lt lte`, as (from, before) in seconds."""

    def take(self, said: Any, path: str) -> tuple[int, int]:
        """The first second within, and the first one after; 0 for open ends."""
        if isinstance(said, str):
            at = MOMENT.take(said, path)
            return at, at + 1
        found = CREATED.take(said, path)
        start = max(found.get("gte", 0), found["gt"] + 1 if "gt" in found else 0)
        ends = [found[k] + (k == "lte") for k in ("lt", "lte") if k in found]
        return start, min(ends, default=0)


PAGING: dict[str, Any] = {
    "limit": Whole(1, 100),
    "starting_after": Text(100),
    "ending_before": Text(100),
    "expand": EXPAND,
}
"""What every list takes."""
