"""The one kind of noun: an immutable value with named, typed fields."""

import msgspec


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """An immutable struct. Subclasses write `class Payment(Value, frozen=True)`.

    Defaults are left out when a value is encoded, so a field that is added later with a default
    does not change the bytes (and so the hash) of what was written before it existed.
    """


class View(msgspec.Struct, frozen=True):
    """What an API answers: every field is always written, so clients need not guess at absence."""
