"""Finding words and links that are not let through: one walk over a text, however many rules there are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from changliao.kernel.instant import DAY_US
from changliao.safety.model.words import (
    PACE_MAX,
    PATTERN_MAX,
    Age,
    AskPace,
    AskWord,
    Deed,
    Pace,
    PaceInvalid,
    Struck,
    WordRule,
    WordRuleInvalid,
)

YOUNG_US = 3 * DAY_US
"""An account younger than this is new."""

_SEVERITY: dict[Deed, int] = {"queue": 0, "veil": 1, "refuse": 2}
_HOST = re.compile(
    r"(?:[a-z0-9¡-\U0010ffff-]{1,63}\.)+[a-z¡-\U0010ffff][a-z0-9¡-\U0010ffff-]{1,62}"
)
_CONTROLS = dict.fromkeys([*range(32), 127])
_SIGNS = {one: None for one in range(128) if not chr(one).isalnum()}
_FULL_STOPS = str.maketrans("。．｡", "...")
_DENSE_FROM = "⺀"
"""From here on stand the scripts that are written without spaces."""
_END = ""


def folded(text: str) -> str:
    """A text without what cannot be seen, and without the difference of width, case and accents."""
    if text.isascii():  # Most words by far, and asked with every message.
        return text.lower().translate(_CONTROLS)
    loose = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(
        [one for one in loose if unicodedata.category(one) not in ("Cf", "Mn", "Cc", "Me")]
    )


def tight(text: str) -> str:
    """A folded text without what somebody puts between the characters of a word: spaces, signs."""
    if text.isascii():
        return text.translate(_SIGNS)
    return "".join([one for one in text if one.isalnum()])


def words_in(body: Any) -> Iterator[str]:
    """Every text in the body of a message."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for name, inner in body.items():
            if name not in ("media", "app", "person"):
                yield from words_in(inner)


def rule(ask: AskWord) -> AskWord:
    """The ask with its pattern as it is looked for; refuses one that cannot be found, or would strike all."""
    pattern = folded(ask.pattern.strip())
    if ask.sort == "link":
        pattern = re.sub(r"^[a-z]+://", "", pattern.translate(_FULL_STOPS)).split("/")[0]
        pattern = pattern.removeprefix("www.")
        if not _HOST.fullmatch(pattern):
            raise WordRuleInvalid(field="pattern")
    elif _is_dense(pattern):
        pattern = tight(pattern)
    if not 2 <= len(pattern) <= PATTERN_MAX:
        raise WordRuleInvalid(field="pattern")
    return msgspec.structs.replace(ask, pattern=pattern)


def pace(ask: AskPace) -> AskPace:
    """The ask, if it can be a limit."""
    if ask.per_minute and not (1 <= ask.per_minute <= PACE_MAX and 1 <= ask.burst <= PACE_MAX):
        raise PaceInvalid(field="per_minute")
    return ask


@cache
def shipped(which: Pace, age: Age, per_s: int, burst: int) -> tuple[int, int]:
    """How many a minute, and at once, when the operator has said nothing: shares of how fast messages may
    be here. New accounts write half as fast as others; pictures and files go at a quarter (new: a tenth),
    cards and places at a tenth (new: a thirtieth)."""
    if which in ("group", "join"):
        return (10, 20) if age == "new" else (30, 60)
    share = {
        ("message", "new"): 2,
        ("message", "old"): 1,
        ("media", "new"): 10,
        ("media", "old"): 4,
    }
    parts = share.get((which, age), 30 if age == "new" else 10)
    return max(1, per_s * 60 // parts), max(5, burst // 2 if parts > 2 else burst)


def pace_of(kind: str) -> Pace | None:
    """What kind of doing it is to send an entry; None for what only changes another."""
    if kind in ("image", "file", "voice"):
        return "media"
    if kind in ("contact", "location", "card"):
        return "card"
    return None if kind in ("react", "recall") else "message"


def _is_dense(pattern: str) -> bool:
    return any(one >= _DENSE_FROM for one in pattern)


class Words:
    """Rules, made into two trees of characters and a set of hosts. Words of scripts with spaces are found as
    whole words; others also when something stands between their characters."""

    def __init__(self, rules: Iterable[WordRule], edition: str) -> None:
        self._dense: dict[str, Any] = {}
        self._spaced: dict[str, Any] = {}
        self._hosts: dict[str, Struck] = {}
        for one in rules:
            if one.edition in ("all", edition):
                self._learn(one)
        self.empty = not (self._dense or self._spaced or self._hosts)

    def _learn(self, one: WordRule) -> None:
        struck = Struck(one.id, one.deed)
        if one.sort == "link":
            self._hosts[one.pattern] = struck
            return
        node = self._dense if _is_dense(one.pattern) else self._spaced
        for letter in one.pattern:
            node = node.setdefault(letter, {})
        node[_END] = struck

    def struck(self, texts: Iterable[str]) -> Struck | None:
        """The severest rule that one of these texts strikes; None when all may pass."""
        found: Struck | None = None
        for text in texts:
            plain = folded(text)
            for one in (*self._links(plain), *self._words(plain)):
                if found is None or _SEVERITY[one.deed] > _SEVERITY[found.deed]:
                    found = one
        return found

    def _links(self, text: str) -> Iterator[Struck]:
        if not self._hosts:
            return
        for match in _HOST.finditer(text.translate(_FULL_STOPS)):
            labels = match[0].split(".")
            for start in range(len(labels) - 1):
                if struck := self._hosts.get(".".join(labels[start:])):
                    yield struck

    def _words(self, text: str) -> Iterator[Struck]:
        if self._dense:
            yield from _walk(self._dense, tight(text), whole=False)
        if self._spaced:
            yield from _walk(self._spaced, text, whole=True)


def _walk(tree: dict[str, Any], text: str, *, whole: bool) -> Iterator[Struck]:
    for start in range(len(text)):
        if whole and start and text[start - 1].isalnum():
            continue
        node, at = tree, start
        while at < len(text) and (node := node.get(text[at], {})):
            at += 1
            if _END in node and not (whole and at < len(text) and text[at].isalnum()):
                yield node[_END]
