"""Ids that carry their kind and sort by time: `pay_01JD…` (ULID layout, Crockford base 32)."""

import os
import re

from changliao.kernel.instant import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_SHAPE = re.compile(r"[a-z]{2,6}_[0-9A-HJKMNP-TV-Z]{26}")


def new_id(kind: str, now: Instant) -> str:
    """A fresh id: kind, 48 bits of milliseconds, 80 random bits."""
    n = (now // 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    pairs = _PAIRS
    return (
        f"{kind}_{pairs[n >> 120 & 1023]}{pairs[n >> 110 & 1023]}{pairs[n >> 100 & 1023]}"
        f"{pairs[n >> 90 & 1023]}{pairs[n >> 80 & 1023]}{pairs[n >> 70 & 1023]}"
        f"{pairs[n >> 60 & 1023]}{pairs[n >> 50 & 1023]}{pairs[n >> 40 & 1023]}"
        f"{pairs[n >> 30 & 1023]}{pairs[n >> 20 & 1023]}{pairs[n >> 10 & 1023]}{pairs[n & 1023]}"
    )


def looks_like(kind: str, text: str) -> bool:
    """Whether the text has the shape of an id of this kind."""
    return text.startswith(kind + "_") and _SHAPE.fullmatch(text) is not None
