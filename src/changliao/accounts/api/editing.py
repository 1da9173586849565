"""Routes for editors: manuscripts, publishing them, what was read of them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.partner import MAY, MEDIA, OWN
from changliao.accounts.api.public import PAGE
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import (
    Article,
    ArticleKind,
    AskArticle,
    AskPublish,
    AskWrite,
    Block,
)
from changliao.accounts.rules.articles import BLOCKS_MAX, sayings
from changliao.accounts.service import reading
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import from_datetime
from changliao.kernel.value import Value
from changliao.partners.model import Caller
from changliao.people.model.shown import Check, Passed, Shown, WordsNotShown
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor, BadRequest
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

BODY_MAX = 524_288
MINE = (*MAY, r.ArticleNotFound)
STATES = ("draft", "scheduled", "published", "recalled")
Blocks = Annotated[tuple[Block, ...], msgspec.Meta(max_length=BLOCKS_MAX)]


class ManuscriptBody(Value, frozen=True, forbid_unknown_fields=True):
    """An article as it is to be."""

    title: str
    blocks: Blocks
    kind: ArticleKind = "article"
    author: str = ""
    digest: str = ""
    cover: str = ""


class PublicationBody(Value, frozen=True, forbid_unknown_fields=True):
    """When it is to be published (left out: now), and whether it is posted to all followers then."""

    at: str = ""
    broadcast: bool = False


def routes(db: Db, app: Guard[Caller], check: Check, url: str) -> Routes:
    """Manuscripts of a partner's accounts."""
    api = Routes("Publishing")
    _writing(api, db, app, check, url)
    _reading(api, db, app, url)
    _publishing(api, db, app, check, url)
    return api


def _writing(api: Routes, db: Db, app: Guard[Caller], check: Check, url: str) -> None:
    shape: dict[str, Any] = {"body": ManuscriptBody, "body_max": BODY_MAX, "guard": app}

    @api.post(
        "/v1/accounts/{id}/manuscripts",
        **shape,
        answers=show.ManuscriptView,
        status=CREATED,
        refuses=(*OWN, r.ArticleInvalid, WordsNotShown, *MEDIA),
    )
    async def write(call: Call, name: str, body: ManuscriptBody) -> show.ManuscriptView:
        """Begin an article. Nobody reads it before it is published."""
        verb = _looked_at(check, body)(service.write, _bears)
        article = await db.write(verb, _ask(call, name, body))
        return show.manuscript_view(article, url)

    @api.put(
        "/v1/manuscripts/{id}",
        **shape,
        answers=show.ManuscriptView,
        refuses=(*MINE, r.ArticleInvalid, r.ArticleState, WordsNotShown, *MEDIA),
    )
    async def rewrite(call: Call, article_id: str, body: ManuscriptBody) -> show.ManuscriptView:
        """Another version of a draft, or of one that waits to be published."""
        verb = _looked_at(check, body)(service.write, _bears)
        article = await db.write(verb, _ask(call, "", body, article_id))
        return show.manuscript_view(article, url)

    @api.delete("/v1/manuscripts/{id}", guard=app, status=EMPTY, refuses=(*MINE, r.ArticleState))
    async def drop(call: Call, article_id: str) -> Answer:
        """Throw a draft away."""
        await db.write(service.drop, AskArticle(call.who, article_id))
        return DONE


def _reading(api: Routes, db: Db, app: Guard[Caller], url: str) -> None:
    @api.get(
        "/v1/accounts/{id}/manuscripts",
        guard=app,
        answers=show.Manuscripts,
        params=(Param("state", f"One of {', '.join(STATES)}; all by default."), *PAGE),
        refuses=(*OWN, BadCursor, BadRequest),
    )
    async def manuscripts(call: Call, name: str) -> show.Manuscripts:
        """What the account wrote, latest changed first, without the blocks."""
        state, limit = call.param("state"), call.limit
        if state and state not in STATES:
            raise BadRequest(f"`state` is one of {', '.join(STATES)}.", field="state")

        def query(reader: Reader) -> show.Manuscripts:
            account = reading.readable(reader, call.who, name)
            found = reading.manuscripts(reader, account, state, call.after_number, limit)
            items = [show.manuscript_view(one, url, whole=False) for one in found]
            return show.Manuscripts(
                items, str(found[-1].changed_at) if len(found) == limit else None
            )

        return await db.read(query)

    @api.get("/v1/manuscripts/{id}", guard=app, answers=show.ManuscriptView, refuses=MINE)
    async def manuscript(call: Call, article_id: str) -> show.ManuscriptView:
        """A manuscript."""
        article, _ = await db.read(reading.manuscript, call.who, article_id)
        return show.manuscript_view(article, url)


def _looked_at(check: Check, said: ManuscriptBody | Article) -> Passed:
    """What the operator's rules say of an article: also when it is published, for rules may be newer."""
    return check(
        title=said.title,
        author=said.author,
        digest=said.digest,
        blocks=tuple(sayings(said.blocks)),
    )


def _bears(article: Article) -> Shown | None:
    """Nobody reads a draft: it is looked at when it is to be published."""
    return None if article.state == "draft" else Shown("account", article.account_id)


def _ask(call: Call, name: str, body: ManuscriptBody, article_id: str = "") -> AskWrite:
    return AskWrite(
        call.who,
        name,
        body.kind,
        body.title,
        body.blocks,
        body.author,
        body.digest,
        body.cover,
        article_id,
    )


def _publishing(api: Routes, db: Db, app: Guard[Caller], check: Check, url: str) -> None:
    @api.put(
        "/v1/manuscripts/{id}/publication",
        guard=app,
        body=PublicationBody,
        answers=show.ManuscriptView,
        refuses=(
            *MINE,
            r.ArticleState,
            r.AccountSuspended,
            r.DueInvalid,
            r.PostsUsed,
            WordsNotShown,
        ),
    )
    async def publish(call: Call, article_id: str, body: PublicationBody) -> show.ManuscriptView:
        """Publish it now, or `at` a moment to come.

        With `broadcast` it is posted to all followers then; the place among the ten posts of that day is
        set aside at once."""
        ask = AskPublish(call.who, article_id, _moment(body.at), body.broadcast)
        article = await db.read(reading.to_publish, call.who, article_id)
        verb = _looked_at(check, article)(service.publish, _bears)
        return show.manuscript_view(await db.write(verb, ask), url)

    @api.delete(
        "/v1/manuscripts/{id}/publication",
        guard=app,
        answers=show.ManuscriptView,
        refuses=(*MINE, r.ArticleState),
    )
    async def withdraw(call: Call, article_id: str) -> show.ManuscriptView:
        """A scheduled one is a draft again. A published one is recalled for good, and so is its post."""
        article = await db.write(service.withdraw, AskArticle(call.who, article_id))
        return show.manuscript_view(article, url)

    @api.get(
        "/v1/manuscripts/{id}/statistics", guard=app, answers=show.StatisticsView, refuses=MINE
    )
    async def statistics(call: Call, article_id: str) -> show.StatisticsView:
        """How often it was read and shared, and by how many people; a few seconds behind."""

        def query(reader: Reader) -> show.StatisticsView:
            article, _ = reading.manuscript(reader, call.who, article_id)
            return show.statistics_view(reading.statistics(reader, article.id))

        return await db.read(query)


def _moment(text: str) -> int:
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise r.DueInvalid(field="at") from None
    if found.tzinfo is None:
        raise r.DueInvalid("Say the time zone, such as Z.", field="at")
    return from_datetime(found)
