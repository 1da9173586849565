"""The route of search: one box for everything that one may find."""

from collections.abc import Mapping, Sequence

from changliao.db.db import Books
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Invalid, Refusal
from changliao.kernel.value import View
from changliao.search.feed import Search, SearchBusy
from changliao.search.port import Document, Found, Query, Window
from changliao.search.snippet import Marked, marked, snippet
from changliao.search.source import Shown, Source
from changliao.search.words import ASKED_MAX, Clause, clauses
from changliao.wire.call import Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadRequest, RateLimited
from changliao.wire.routes import Guard, Param, Routes

PER_S, BURST = 5, 30
"""Questions of one person: one for each key that is pressed, for a while."""
_MESSAGES = "messages"


class SearchInvalid(
    Invalid,
    code="search_invalid",
    hint=f"Send what is looked for as `q`, 1 to {ASKED_MAX} characters.",
):
    """There is nothing to look for, or too much."""


class HitView(View, frozen=True):
    """Something that was found. `title_marks` and `marks` are the ranges of title and snippet that were
    asked for, in UTF-16 units. A message is entry `s` of `conversation`, written by `person`."""

    kind: str
    title: str
    title_marks: list[tuple[int, int]]
    snippet: str
    marks: list[tuple[int, int]]
    conversation: str | None
    s: int | None
    person: str | None
    handle: str | None
    avatar: str | None
    account: str | None
    article: str | None
    at: str


class Hits(View, frozen=True):
    """What was found, one kind after the other. `more`: kinds of which there is more than is shown here;
    `next` goes on when a single kind was asked for."""

    items: list[HitView]
    more: list[str]
    next: str | None


_PARAMS = (
    Param("q", f"What is looked for: 1 to {ASKED_MAX} characters. All words must be there."),
    Param("kinds", "Only these, with commas between them."),
    Param("conversation", "Only messages of this conversation."),
    Param("person", "Only messages that this person wrote."),
    Param("after", "`next` of the page before."),
    Param("limit", "How many of each kind: 1 to 100, 20 by default.", int),
)


def routes(
    books: Books,
    guard: Guard[object],
    search: Search,
    sources: Sequence[Source],
    nowhere: type[Refusal],
) -> Routes:
    """`GET /v1/search` over these sources, whose order is that of the answer; `nowhere` refuses
    conversations that are not the asker's."""
    api = Routes("Search")
    by_kind = {source.kind: source for source in sources}
    buckets = Buckets()

    @api.get(
        "/v1/search",
        guard=guard,
        answers=Hits,
        params=_PARAMS,
        refuses=(SearchInvalid, SearchBusy, BadRequest, RateLimited, nowhere),
    )
    async def find(call: Call) -> Hits:
        """Find messages, contacts, conversations and people by words of Chinese, English or both.

        The last word may still be being typed. Messages are there a second after they were written, newest
        first; titles that are what was asked stand before those that hold it.
        """
        who: str = call.who.person.id
        buckets.take(who, PER_S, BURST)
        text = call.param("q")
        if not text.strip() or len(text) > ASKED_MAX:
            raise SearchInvalid(field="q")
        kinds, conversation, person = _asked_for(call, by_kind)
        scopes = await books.read(_scopes, who, [by_kind[kind] for kind in kinds])
        if conversation and conversation not in scopes[_MESSAGES]:
            raise nowhere(field="conversation")
        if conversation:
            scopes[_MESSAGES] = {conversation: scopes[_MESSAGES][conversation]}
        found: dict[str, Found] = {}
        for kind in kinds:
            page = by_kind[kind].titled, call.after_number, call.limit
            found[kind] = await search.find(Query(text, scopes[kind], (kind,), person, *page))
        items = await books.read(_shown, who, by_kind, found)
        asked = clauses(text)
        alone = found[kinds[0]].next if len(kinds) == 1 else 0
        return Hits(
            [_view(document, one, asked) for document, one in items],
            [kind for kind in kinds if found[kind].next],
            str(alone) if alone else None,
        )

    return api


def _asked_for(call: Call, known: Mapping[str, Source]) -> tuple[list[str], str, str]:
    """The kinds, the conversation and the person that are asked for."""
    named = [one for one in call.param("kinds").split(",") if one]
    conversation, person = call.param("conversation"), call.param("person")
    if unknown := [one for one in named if one not in known]:
        raise BadRequest(
            f"There is no kind {unknown[0][:40]!r}; {', '.join(known)}.", field="kinds"
        )
    if conversation or person:
        if named not in ([], [_MESSAGES]):
            raise BadRequest("Only messages are of a conversation or a person.", field="kinds")
        named = [_MESSAGES]
    kinds = [one for one in known if one in named] or list(known)
    if call.after and len(kinds) > 1:
        raise BadRequest("Only one kind has pages; name it in `kinds`.", field="after")
    return kinds, conversation, person


def _scopes(reader: Reader, who: str, sources: Sequence[Source]) -> dict[str, Mapping[str, Window]]:
    return {source.kind: source.scopes(reader, who) for source in sources}


def _shown(
    reader: Reader, who: str, sources: Mapping[str, Source], found: Mapping[str, Found]
) -> list[tuple[Document, Shown]]:
    items: list[tuple[Document, Shown]] = []
    for kind, page in found.items():
        shown = sources[kind].shown(reader, who, page.items) if page.items else []
        items += [(document, one) for document, one in zip(page.items, shown, strict=True) if one]
    return items


def _view(document: Document, shown: Shown, asked: Sequence[Clause]) -> HitView:
    title, title_marks = marked(shown.title, asked)
    piece: Marked = snippet(shown.text, asked)
    return HitView(
        document.kind,
        title,
        title_marks,
        piece[0],
        piece[1],
        shown.conversation or None,
        shown.number or None,
        shown.person or None,
        shown.handle or None,
        shown.avatar or None,
        shown.account or None,
        shown.article or None,
        rfc3339(Instant(document.at)),
    )
