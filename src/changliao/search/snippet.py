"""The piece of a text that shows why it was found."""

import re
import unicodedata
from collections.abc import Sequence

from changliao.search.words import Clause, marks

SNIPPET_MAX = 80
_BEFORE = 16
"""Characters before the first word that was found."""
# Line ends, other controls, and signs that turn the direction of what follows them.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

Marked = tuple[str, list[tuple[int, int]]]
"""A text, and which ranges of it were asked for, in UTF-16 units as browsers count."""


def marked(text: str, asked: Sequence[Clause]) -> Marked:
    """A whole title on one line."""
    return _in_utf16(_UNSHOWN.sub(" ", text), marks(text, asked))


def snippet(text: str, asked: Sequence[Clause]) -> Marked:
    """A piece of a text around the first word that was asked for, on one line."""
    found = marks(text, asked)
    start = max(0, (found[0][0] if found else 0) - _BEFORE)
    while start and start < len(text) and unicodedata.category(text[start]) in ("Mn", "Me", "Cf"):
        start += 1
    piece = _UNSHOWN.sub(" ", text[start : start + SNIPPET_MAX])
    before = "…" if start else ""
    after = "…" if start + SNIPPET_MAX < len(text) else ""
    shift = len(before) - start
    end = len(before) + len(piece)
    shifted = [(a + shift, min(b + shift, end)) for a, b in found if a + shift < end]
    return _in_utf16(before + piece + after, shifted)


def _in_utf16(text: str, ranges: list[tuple[int, int]]) -> Marked:
    if text.isascii() or all(one <= "\uffff" for one in text):
        return text, ranges
    return text, [(_units(text[:start]), _units(text[:end])) for start, end in ranges]


def _units(text: str) -> int:
    return len(text) + sum(one > "\uffff" for one in text)
