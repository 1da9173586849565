"""A plain index: a dictionary that is read through for every question, against which engines are held."""

from collections.abc import Iterable, Mapping

from changliao.search.port import WHOLE, Document, Index, Query, Window, may_see
from changliao.search.words import Clause, clauses, key, words

MINE: Mapping[str, Window] = {"cv_mine": WHOLE}


def document(id_: str, text: str = "", **said: object) -> Document:
    """A document in the scope that everybody in these tests has; `at` is the number in its id."""
    number = int("".join([one for one in id_ if one.isdigit()]) or 0)
    fields = {"kind": "messages", "scopes": ("cv_mine",), "title": "", "at": number} | said
    return Document(id=id_, text=text, **fields)  # type: ignore[arg-type]


def keep(index: Index, *documents: Document, position: int = 1) -> None:
    """Put and commit."""
    index.put(documents)
    index.commit(position)


def ids(index: Index, text: str, **said: object) -> list[str]:
    """What an index finds for the owner of the common scope."""
    query = Query(text, **({"scopes": MINE, "limit": 100} | said))  # type: ignore[arg-type]
    return [one.id for one in index.find(query).items]


def plain_find(documents: Iterable[Document], query: Query) -> list[str]:
    """Everything that an index must find, in the order it must have."""
    asked = clauses(query.text)
    found = [
        (_tier(one, query, asked), -one.at, one.id)
        for one in documents
        if asked
        and may_see(one, query.scopes)
        and (not query.kinds or one.kind in query.kinds)
        and (not query.ref or one.ref == query.ref)
    ]
    return [id_ for tier, _, id_ in sorted(found) if tier < 3]


def _tier(document: Document, query: Query, asked: list[Clause]) -> int:
    titles = (document.title, *document.names) if query.titles else ()
    in_title = [any(_holds(one, clause) for one in titles) for clause in asked]
    in_text = [_holds(document.text, clause) for clause in asked]
    if key(query.text) in [key(one) for one in titles]:
        return 0
    if titles and all(in_title):
        return 1
    return 2 if all(a or b for a, b in zip(in_title, in_text, strict=True)) else 3


def _holds(text: str, clause: Clause) -> bool:
    there, many = words(text), len(clause.words)
    return any(
        all(
            a == b or (clause.open and place == many - 1 and a.startswith(b))
            for place, (a, b) in enumerate(zip(there[at : at + many], clause.words, strict=True))
        )
        for at in range(len(there) - many + 1)
    )
