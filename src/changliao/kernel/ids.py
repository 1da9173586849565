"""Ids that carry their kind and sort by time: `pay_01JD…` (ULID layout, Crockford base 32)."""

import os
import re
from functools import lru_cache

from changliao.kernel.instant import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = _ALPHABET.encode() * 8  # 256 is 8 times 32, so every letter is as likely for a byte.
_SHAPE = re.compile(r"[a-z]{2,6}_[0-9A-HJKMNP-TV-Z]{26}")


def new_id(kind: str, now: Instant) -> str:
    """A fresh id: kind, 48 bits of milliseconds, 80 random bits."""
    return _stamp(kind, now // 1000) + os.urandom(16).translate(_LETTERS).decode()


def looks_like(kind: str, text: str) -> bool:
    """Whether the text has the shape of an id of this kind."""
    return text.startswith(kind + "_") and _SHAPE.fullmatch(text) is not None


@lru_cache(maxsize=64)
def _stamp(kind: str, milliseconds: int) -> str:
    """Kind and time: 10 letters of 5 bits."""
    letters = [_ALPHABET[milliseconds >> shift & 31] for shift in range(45, -1, -5)]
    return f"{kind}_{''.join(letters)}"
