"""Ids that carry their kind and sort by time: `pay_01JD…` (ULID layout, Crockford base 32)."""

import os
import re
from functools import lru_cache

from changliao.kernel.instant import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = _ALPHABET.encode() * 8  # 256 is 8 times 32, so every letter is as likely for a byte.
_DIGITS = str.maketrans(_ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")  # As Python writes base 32.
_SHAPE = re.compile(r"[a-z]{2,6}_[0-9A-HJKMNP-TV-Z]{26}")


def new_id(kind: str, now: Instant) -> str:
    """A fresh id: kind, 48 bits of milliseconds, 80 random bits."""
    return _stamp(kind, now // 1000) + os.urandom(16).translate(_LETTERS).decode()


@lru_cache(maxsize=16_384)
def made_at(text: str) -> Instant:
    """When an id was made, to the millisecond; 0 when the text is none."""
    if not _SHAPE.fullmatch(text):
        return Instant(0)
    return Instant(_number(text.rpartition("_")[2][:10]) * 1000)


def block_of(text: str) -> bytes | None:
    """An id's 128 bits without its kind; None when the text is no id."""
    number = _number(text.rpartition("_")[2]) if _SHAPE.fullmatch(text) else 1 << 128
    return number.to_bytes(16, "big") if number < 1 << 128 else None


def of_block(kind: str, block: bytes) -> str:
    """The id of this kind with these 128 bits: the other way round of `block_of`."""
    number = int.from_bytes(block, "big")
    letters = [_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{kind}_{''.join(letters)}"


def looks_like(kind: str, text: str) -> bool:
    """Whether the text has the shape of an id of this kind."""
    return text.startswith(kind + "_") and _SHAPE.fullmatch(text) is not None


def _number(letters: str) -> int:
    return int(letters.translate(_DIGITS), 32)


@lru_cache(maxsize=64)
def _stamp(kind: str, milliseconds: int) -> str:
    """Kind and time: 10 letters of 5 bits."""
    letters = [_ALPHABET[milliseconds >> shift & 31] for shift in range(45, -1, -5)]
    return f"{kind}_{''.join(letters)}"
