"""The index in tantivy: words as the room makes them, one thread that writes, any that reads.

Damage that tantivy does not expect makes it panic, which in Python is no Exception: `Search` sorts it out.
"""

import contextlib
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import tantivy
from tantivy import Occur

from changliao.search.port import (
    CHUNK,
    SCANNED_MAX,
    TEXT_MAX,
    Damaged,
    Document,
    Found,
    Query,
    page,
)
from changliao.search.words import Clause, clauses, key, words

FORMAT = 1
"""Changes when the same documents would be kept, or words be made, in another way."""
HEAP_BYTES = 30_000_000
_POSITION = ":position"
"""The id of the document that carries the position: of the same commit as all others."""
_TROUBLE = (ValueError, OSError, RuntimeError, msgspec.DecodeError)
Wish = tantivy.Query
_MUST, _SHOULD, _NOT = Occur.Must, Occur.Should, Occur.MustNot

log = logging.getLogger("changliao.search")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "kind", "scope", "ref", "whole"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_integer_field("at", fast=True)
    builder.add_bytes_field("document", stored=True)
    return builder.build()


SCHEMA = _schema()


class TantivyIndex:
    """An index in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"tantivy-{FORMAT}"
        self._position = 0

    def mend(self) -> None:
        self._let_go()
        try:
            self._open()
        except _TROUBLE as trouble:
            log.warning("the search index is damaged and begins anew: %s", trouble)
            self.reset()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._index = tantivy.Index(SCHEMA, str(self._folder))
        self._writer = self._index.writer(HEAP_BYTES, 1)
        self._position = self._kept_position()

    @property
    def position(self) -> int:
        return self._position

    def put(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._writer.delete_documents_by_term("id", document.id)
            self._writer.add_document(_kept(document))

    def drop(self, ids: Sequence[str]) -> None:
        for one in ids:
            self._writer.delete_documents_by_term("id", one)

    def commit(self, position: int) -> None:
        self._writer.delete_documents_by_term("id", _POSITION)
        mark = tantivy.Document()
        mark.add_text("id", _POSITION)
        mark.add_integer("at", position)
        mark.add_bytes("document", b"%d" % position)
        self._writer.add_document(mark)
        self._writer.commit()
        self._index.reload()
        self._position = position

    def find(self, query: Query) -> Found:
        try:
            return self._find(query)
        except _TROUBLE as trouble:
            raise Damaged(str(trouble)) from trouble

    def _find(self, query: Query) -> Found:
        """Most people see most of what is newest, so the first hits are looked at one by one. Where those
        make no page, the engine sorts out the scopes, which takes milliseconds for thousands of them. The
        last bit of `next` says which of both ways it was."""
        searcher = self._index.searcher()
        here = msgspec.structs.replace(query, skip=query.skip >> 1)
        if query.skip & 1 or not query.skip:
            every = _Tiered(searcher, _tiers(query, _asked_alone(query)))
            found = page(here, every.hits, SCANNED_MAX if query.skip else CHUNK)
            if query.skip or not found.next or len(found.items) == query.limit:
                return Found(found.items, found.next << 1 | 1 if found.next else 0)
        mine = _Tiered(searcher, _tiers(query, [*_asked_alone(query), _in_scopes(query)]))
        found = page(here, mine.hits)
        return Found(found.items, found.next << 1)

    def reset(self) -> None:
        self._let_go()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._open()

    def close(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if writer := self.__dict__.pop("_writer", None):
            # A merge that outlives its writer would write down segments of before the next one's deletions.
            with contextlib.suppress(*_TROUBLE):
                writer.wait_merging_threads()
        self.__dict__.pop("_index", None)

    def _kept_position(self) -> int:
        """The position of the last commit; reads every segment, so a broken one shows here."""
        searcher = self._index.searcher()
        mark = Wish.term_query(SCHEMA, "id", _POSITION)
        hits = searcher.search(mark, 1, order_by_field="at").hits
        searcher.search(Wish.all_query(), 1, order_by_field="at")
        if not hits and searcher.num_docs:
            raise ValueError("it does not say how far it goes")
        return int(bytes(searcher.doc(hits[0][1])["document"][0])) if hits else 0


def _kept(document: Document) -> tantivy.Document:
    kept = tantivy.Document()
    kept.add_text("id", document.id)
    kept.add_text("kind", document.kind)
    kept.add_text("ref", document.ref)
    for scope in document.scopes:
        kept.add_text("scope", scope)
    for title in filter(None, (document.title, *document.names)):
        kept.add_text("whole", key(title))
        kept.add_text("title", " ".join(words(title[:TEXT_MAX])))
    kept.add_text("text", " ".join(words(document.text[:TEXT_MAX])))
    kept.add_integer("at", document.at)
    kept.add_bytes("document", msgspec.msgpack.encode(document))
    return kept


def _document(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Document:
    kept = bytes(searcher.doc(address)["document"][0])
    return msgspec.msgpack.decode(kept, type=Document)


class _Tiered:
    """The hits of several searches as one list."""

    def __init__(self, searcher: tantivy.Searcher, tiers: Sequence[Wish]) -> None:
        self._searcher, self._tiers = searcher, tiers
        self._many: dict[int, int] = {}

    def hits(self, skip: int, limit: int) -> list[Document]:
        """So many of them, newest first in each search."""
        found: list[Document] = []
        for number, tier in enumerate(self._tiers):
            if skip < self._many.get(number, skip + 1):
                result = self._searcher.search(
                    tier, limit - len(found), offset=skip, order_by_field="at"
                )
                self._many[number] = result.count  # type: ignore[attr-defined]
                found += [_document(self._searcher, address) for _, address in result.hits]
            skip = max(0, skip - self._many[number])
            if len(found) == limit:
                break
        return found


def _tiers(query: Query, beside: Sequence[Wish]) -> list[Wish]:
    """What to look for first, second and last, `beside` other wishes; nothing stands in two of them."""
    asked = clauses(query.text)
    if not asked or not query.scopes:
        return []
    in_text = [_holds("text", clause) for clause in asked]
    if not query.titles:
        return [_all([*in_text, *beside])]
    whole = Wish.term_query(SCHEMA, "whole", key(query.text), "basic")
    in_title = [_holds("title", clause) for clause in asked]
    anywhere = [
        Wish.boolean_query([(_SHOULD, one), (_SHOULD, other)])
        for one, other in zip(in_title, in_text, strict=True)
    ]
    return [
        _all([whole, *beside]),
        _all([*in_title, *beside], [whole]),
        _all([*anywhere, *beside], [whole, _all(in_title)]),
    ]


def _all(wanted: Sequence[Wish], unwanted: Sequence[Wish] = ()) -> Wish:
    return Wish.boolean_query(
        [*((_MUST, one) for one in wanted), *((_NOT, one) for one in unwanted)]
    )


def _asked_alone(query: Query) -> list[Wish]:
    """The kinds and whom it is about, and a scope if there is one only."""
    found: list[Wish] = []
    if query.kinds:
        found.append(_one_of("kind", list(query.kinds)))
    if query.ref:
        found.append(_one_of("ref", [query.ref]))
    if len(query.scopes) == 1:
        found.append(_in_scopes(query))
    return found


def _in_scopes(query: Query) -> Wish:
    """The scopes; windows of numbers are looked at afterwards."""
    return _one_of("scope", list(query.scopes))


def _one_of(field: str, values: list[str]) -> Wish:
    if len(values) == 1:
        return Wish.term_query(SCHEMA, field, values[0], "basic")
    return Wish.term_set_query(SCHEMA, field, values)


def _holds(field: str, clause: Clause) -> Wish:
    """Words hold letters, digits and signs without meaning in a pattern, so they need no escape in one."""
    *before, last = clause.words
    if clause.open and before:
        return Wish.regex_phrase_query(SCHEMA, field, [*before, f"{last}.*"])
    if clause.open:
        return Wish.regex_query(SCHEMA, field, f"{last}.*")
    return (
        Wish.phrase_query(SCHEMA, field, list(clause.words))
        if before
        else Wish.term_query(SCHEMA, field, last)
    )
