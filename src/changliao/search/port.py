"""The port of search: documents, queries, and what every engine promises (tests/conformance/test_search)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from changliao.kernel.value import Value

TEXT_MAX = 65_536
"""Characters of a document that can be searched; what comes after them is not."""
SCANNED_MAX = 2_000
"""Hits that one question looks at. Beyond them `next` says where to go on."""
CHUNK = 100
"""Hits that an engine is asked for at once."""


class Document(Value, frozen=True):
    """One thing that can be found.

    `scopes`: whoever has one of them may see it. `title` counts before `text`, and `names` are other
    titles, equal in rank. `number` is its place in a log, 0 outside of any. `ref`: whom it is from or
    about. `at`: when it happened, in microseconds.
    """

    id: str
    kind: str
    scopes: tuple[str, ...]
    title: str
    text: str
    at: int
    number: int = 0
    ref: str = ""
    names: tuple[str, ...] = ()


class Window(Value, frozen=True):
    """Which numbers of a scope one may see: those after `after`, and up to `until` unless it is 0."""

    after: int = 0
    until: int = 0


WHOLE = Window()


class Query(Value, frozen=True):
    """What somebody looks for, and what that person may see: `scopes` is the whole of it.

    `kinds` empty means all of them; `ref`, when not empty, keeps what is from or about it alone. Without
    `titles`, texts alone are looked through, and the newest is the first. `skip` is `next` of the page
    before.
    """

    text: str
    scopes: Mapping[str, Window]
    kinds: tuple[str, ...] = ()
    ref: str = ""
    titles: bool = True
    skip: int = 0
    limit: int = 20


class Found(Value, frozen=True):
    """A page of documents; `next` 0 when there are no more."""

    items: list[Document]
    next: int = 0


class Damaged(Exception):
    """The index cannot be read; `reset` mends it."""


class Index(Protocol):
    """Documents that can be found. `mend` comes first; before it no file is touched. `put`, `drop` and
    `commit` come from one thread at a time; `find` may come from another one meanwhile, and sees what was
    committed. (`mend`, `reset` and `close` come while nothing else runs.)

    What is found is in this order: those whose title or a name is what was asked, those whose title holds
    all of it, the others; each of them newest first.
    """

    @property
    def position(self) -> int:
        """The number that came with the last commit: 0 in an empty index."""

    def put(self, documents: Sequence[Document]) -> None:
        """Add documents, each in the place of an earlier one with its id."""

    def drop(self, ids: Sequence[str]) -> None:
        """Remove documents; those that are not there are no trouble."""

    def commit(self, position: int) -> None:
        """Keep all of it, together with this number, or nothing of it."""

    def find(self, query: Query) -> Found:
        """A page of what may be seen. Raises Damaged."""

    def mend(self) -> None:
        """Go back to the last commit; where it cannot be read, `reset`."""

    def reset(self) -> None:
        """Forget everything."""

    def close(self) -> None:
        """Let the files go; what was not committed is forgotten."""


def may_see(document: Document, scopes: Mapping[str, Window]) -> bool:
    """Whether one of the scopes shows this document."""
    for scope in document.scopes:
        window = scopes.get(scope)
        if window is not None and (not document.number or _in(window, document.number)):
            return True
    return False


def _in(window: Window, number: int) -> bool:
    return window.after < number and (not window.until or number <= window.until)


def page(query: Query, raw: Callable[[int, int], list[Document]], most: int = SCANNED_MAX) -> Found:
    """A page out of the first `most` of an engine's hits after `skip`: `raw(skip, limit)` gives them in
    order, whether they may be seen or not. That is decided here, for every engine."""
    items: list[Document] = []
    place, end = query.skip, query.skip + most
    while place < end:
        hits = raw(place, CHUNK)
        for document in hits:
            if may_see(document, query.scopes):
                if len(items) == query.limit:
                    return Found(items, place)
                items.append(document)
            place += 1
        if len(hits) < CHUNK:
            return Found(items)
    return Found(items, place)
