"""Words of a text as an index holds them, of a question as somebody types it, and where they stand.

Scripts without spaces (Chinese, Japanese, Korean, Thai ..., and emoji) become overlapping pairs of
characters, closed by the last one alone: 畅聊支付 is 畅聊 聊支 支付 付. So every word of two characters
is one look-up, a longer one is pairs that follow each other, and a single one is the beginning of a
pair. Other scripts keep their words, with letters and digits apart. All are folded: width, case and
accents (NFKD, casefold).
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from changliao.kernel.value import Value

WORD_MAX = 64
"""Characters of a word that count."""
ASKED_MAX = 100
"""Characters of a question that count."""
CLAUSES_MAX = 16
MARKED_MAX = 10_000
"""Characters of a text in which words are looked for to be marked."""

# What is written without spaces, besides Hangul and emoji, which are searched the same way.
_DENSE = (
    "\u0e01-\u0e4e\u0e80-\u0ecd\u1000-\u103f\u1050-\u109d\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u303b\u303c\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\u1100-\u11ff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
    "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
)
# Letters of India's and Tibet's scripts include marks that Python's `\w` does not take for letters.
_MARKED = "\u0900-\u0963\u0970-\u0dff\u0f00-\u0f1f\u0f2a-\u0fff"
_RUN = re.compile(
    rf"(?P<dense>[{_DENSE}]+)|(?P<digits>\d+)|(?P<letters>(?:[^\W\d_{_DENSE}]|[{_MARKED}])+)"
)
_PLAIN_RUN = re.compile(r"[0-9]+|[A-Za-z]+")
_KEPT_MARKS = re.compile(rf"[{_MARKED}{_DENSE}]")
# What is folded as one: a syllable or kana that came in pieces, as file names of some systems do.
_CLUSTER = re.compile(
    "[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|[\uac00-\ud7a3][\u11a8-\u11ff]"
    "|[\u3041-\u30ff\uff66-\uff9d][\u3099\u309a\uff9e\uff9f]|[^\x00-\x7f]|[\x00-\x7f]+"
)


class Clause(Value, frozen=True):
    """Words that follow each other; with `open`, the last one may go on."""

    words: tuple[str, ...]
    open: bool


@lru_cache(maxsize=65_536)
def _fold(cluster: str) -> str:
    """One cluster without its width, case and accents; empty for what cannot be seen."""
    loose = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", cluster).casefold())
    return unicodedata.normalize("NFC", "".join([one for one in loose if not _hidden(one)]))


def _hidden(one: str) -> bool:
    kind = unicodedata.category(one)
    return kind in ("Cf", "Me", "Cs") or (kind == "Mn" and not _KEPT_MARKS.match(one))


def folded(text: str) -> str:
    """The text as words are compared."""
    if text.isascii():
        return text.lower()
    parts = [one.lower() if one.isascii() else _fold(one) for one in _CLUSTER.findall(text)]
    # What stood between two of them may be gone, and they are one now.
    return unicodedata.normalize("NFC", "".join(parts))


def _pieces(plain: str) -> Iterator[tuple[str, int, int]]:
    """The words of a folded text, each with where it begins and ends."""
    for match in _RUN.finditer(plain):
        run, start, end = match.group(), match.start(), match.end()
        if match.lastgroup != "dense":
            yield run[:WORD_MAX], start, end
            continue
        for place, (first, second) in enumerate(pairwise(run), start):
            yield first + second, place, place + 2
        yield run[-1], end - 1, end


def words(text: str) -> list[str]:
    """The words of a text in their order, as an index holds them."""
    plain = folded(text)
    if plain.isascii():  # The same, at a third of the price.
        return [run[:WORD_MAX] for run in _PLAIN_RUN.findall(plain)]
    return [word for word, _, _ in _pieces(plain)]


def key(text: str) -> str:
    """What two titles have in common that are the same but for width, case, accents and punctuation."""
    return " ".join([run.group()[:WORD_MAX] for run in _RUN.finditer(folded(text[:ASKED_MAX]))])


def clauses(asked: str) -> list[Clause]:
    """What a text must hold, all of it, to answer a question; the last word may still be being typed.

    Letters and digits that were typed as one (`iphone15`) must follow each other.
    """
    plain = folded(asked[:ASKED_MAX])
    found: list[Clause] = []
    end = -1  # Where letters or digits ended.
    for match in _RUN.finditer(plain):
        run = match.group()
        if match.lastgroup == "dense":
            pairs = tuple([first + second for first, second in pairwise(run)])
            found.append(Clause(pairs, False) if pairs else Clause((run,), True))
            end = -1
            continue
        before = found.pop().words if match.start() == end else ()
        end = match.end()
        found.append(Clause((*before, run[:WORD_MAX]), end == len(plain)))
    return list(dict.fromkeys(found))[:CLAUSES_MAX]


def marks(text: str, asked: Sequence[Clause]) -> list[tuple[int, int]]:
    """Where the words of a question stand in a text: ranges of characters, in order and apart."""
    plain, here, there = _spelled(text[:MARKED_MAX])
    pieces = list(_pieces(plain))
    found: list[tuple[int, int]] = []
    for clause in asked:
        for place in range(len(pieces) - len(clause.words) + 1):
            if _is_at(clause, pieces, place):
                start, last = pieces[place][1], pieces[place + len(clause.words) - 1]
                # To the end of what was typed, not of the word that it begins.
                end = min(last[2], last[1] + len(clause.words[-1])) if clause.open else last[2]
                found.append((there[bisect_left(here, start)], there[bisect_left(here, end)]))
    return _joined(sorted(found))


def _is_at(clause: Clause, pieces: list[tuple[str, int, int]], place: int) -> bool:
    *before, last = clause.words
    word = pieces[place + len(before)][0]
    if word != last and not (clause.open and word.startswith(last)):
        return False
    return all(pieces[place + step][0] == one for step, one in enumerate(before))


def _spelled(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text; where in it what belongs together begins; and where the same began in the text."""
    parts: list[str] = []
    here: list[int] = []
    there: list[int] = []
    length = 0
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if cluster.isascii():
            part = cluster.lower()
            here.extend(range(length, length + len(part)))
            there.extend(range(match.start(), match.end()))
        elif part := _fold(cluster):
            here.append(length)
            there.append(match.start())
        parts.append(part)
        length += len(part)
    return "".join(parts), [*here, length], [*there, len(text)]


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in ranges:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
