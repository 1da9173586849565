"""The one kind of noun: an immutable value with named, typed fields."""

import msgspec

SECRET = frozenset(
    "pin password passwords token auth_token id_token key keys secret old_secret webhook_secret signing_seed"
    " cashier_url database_url private_key apiv3_key secret_key pay_url media_key media_secret".split()
)
"""Fields of these names are never shown by `repr`: what is not in it is in no log and no traceback."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """An immutable struct. Subclasses write `class Payment(Value, frozen=True)`.

    Defaults are left out when a value is encoded, so a field that is added later with a default
    does not change the bytes (and so the hash) of what was written before it existed.
    """

    def __repr__(self) -> str:
        return _shown(self)


class View(msgspec.Struct, frozen=True):
    """What an API answers: every field is always written, so clients need not guess at absence."""

    def __repr__(self) -> str:
        return _shown(self)


def _shown(value: msgspec.Struct) -> str:
    fields = [(name, getattr(value, name)) for name in value.__struct_fields__]
    told = [f"{name}={'…' if name in SECRET and held else repr(held)}" for name, held in fields]
    return f"{type(value).__name__}({', '.join(told)})"
