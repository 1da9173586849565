"""Routes for people: finding and following official accounts, writing to them, reading articles."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import msgspec

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.tally import Tally
from changliao.accounts.model import AskFollow
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import Article, AskShare
from changliao.accounts.model.talks import AskPress, AskTalk
from changliao.accounts.service import reading
from changliao.chat.model import refusals as cr
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value, View
from changliao.partners.model import PartnerNotFound
from changliao.people.model import SignedIn
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadCursor, BadRequest, RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

AFTER = Param("after", "Cursor: `next` of the page before.")
LIMIT = Param("limit", "Rows of a page, 1 to 100; 20 by default.", int)
PAGE = (AFTER, LIMIT)
PRESSES_PER_S, PRESSES_BURST = 1, 10
READS_PER_S, READS_BURST = 2, 40


class PressBody(Value, frozen=True, forbid_unknown_fields=True):
    """Which button."""

    key: Annotated[str, msgspec.Meta(max_length=128)]


class ShareBody(Value, frozen=True, forbid_unknown_fields=True):
    """Into which conversation."""

    conversation: str


class Shared(View, frozen=True):
    """Where it stands now: entry `s` of the conversation."""

    conversation: str
    s: int


def routes(
    db: Db,
    person: Guard[SignedIn],
    maybe: Callable[[Call], Awaitable[SignedIn | None]],
    tally: Tally,
    url: str,
) -> Routes:
    """What people see of official accounts. Articles are open to the world."""
    api = Routes("Official accounts")
    _accounts(api, db, person)
    _writing(api, db, person)
    _articles(api, db, url)
    _reading(api, db, person, maybe, tally)
    return api


def _accounts(api: Routes, db: Db, person: Guard[SignedIn]) -> None:
    @api.get(
        "/v1/accounts/{id}",
        guard=person,
        answers=show.AccountView,
        refuses=(r.AccountNotFound,),
    )
    async def one(call: Call, name: str) -> show.AccountView:
        """An official account, by its id or its handle."""
        return await db.read(_seen, call.who.person.id, name)

    @api.put(
        "/v1/accounts/{id}/follow",
        guard=person,
        answers=show.AccountView,
        refuses=(r.AccountNotFound, r.AccountClosed),
    )
    async def follow(call: Call, name: str) -> show.AccountView:
        """Follow it: what it posts from now on is in my list. At the first time it says its welcome."""
        me = call.who.person.id
        await db.write(service.follow, AskFollow(me, name))
        return await db.read(_seen, me, name)

    @api.delete(
        "/v1/accounts/{id}/follow", guard=person, status=EMPTY, refuses=(r.AccountNotFound,)
    )
    async def unfollow(call: Call, name: str) -> Answer:
        """Follow it no more. My talk with it stays."""
        await db.write(service.unfollow, AskFollow(call.who.person.id, name))
        return DONE

    @api.get("/v1/follows", guard=person, answers=show.Accounts, params=PAGE, refuses=(BadCursor,))
    async def follows(call: Call) -> show.Accounts:
        """The accounts that I follow, latest first."""
        me, limit = call.who.person.id, call.limit

        def query(reader: Reader) -> show.Accounts:
            found = reading.followed(reader, me, call.after_number, limit)
            views = [show.account_view(reading.seen(reader, me, one)) for one, _ in found]
            return show.Accounts(views, str(found[-1][1]) if len(found) == limit else None)

        return await db.read(query)


def _seen(reader: Reader, person_id: str, name: str) -> show.AccountView:
    return show.account_view(reading.seen(reader, person_id, reading.account(reader, name)))


def _writing(api: Routes, db: Db, person: Guard[SignedIn]) -> None:
    buckets = Buckets()

    @api.post(
        "/v1/accounts/{id}/talk",
        guard=person,
        answers=show.TalkOpened,
        refuses=(r.AccountNotFound, r.AccountClosed),
    )
    async def talk(call: Call, name: str) -> show.TalkOpened:
        """My talk with it, to write in as in any conversation; begun when there is none."""
        found = await db.write(service.open_talk, AskTalk(call.who.person.id, name))
        return show.TalkOpened(found.id)

    @api.post(
        "/v1/accounts/{id}/presses",
        guard=person,
        body=PressBody,
        answers=show.TalkOpened,
        refuses=(r.AccountNotFound, r.AccountClosed, r.ButtonNotFound, RateLimited),
    )
    async def press(call: Call, name: str, body: PressBody) -> show.TalkOpened:
        """Press a button of kind `reply` or `event`. The answer, if there is one, stands in the talk."""
        me = call.who.person.id
        buckets.take(me, PRESSES_PER_S, PRESSES_BURST)
        ask = AskPress(me, name, body.key, secrets.token_hex(8))
        return show.TalkOpened((await db.write(service.press, ask)).id)


def _articles(api: Routes, db: Db, url: str) -> None:
    kinds = Param("kind", "`article` or `statement`; articles by default.")

    @api.get(
        "/v1/accounts/{id}/articles",
        answers=show.Headlines,
        params=(kinds, *PAGE),
        refuses=(r.AccountNotFound, BadCursor, BadRequest),
    )
    async def articles(call: Call, name: str) -> show.Headlines:
        """What an account has published, newest first. Open to the world."""
        kind = kind_of(call)

        def query(reader: Reader) -> show.Headlines:
            account = reading.account(reader, name)
            found = reading.articles(reader, account, kind, call.after_number, call.limit)
            return _headlines(reader, found, url, call.limit)

        return await db.read(query)

    @api.get(
        "/v1/partners/{id}/statements",
        answers=show.Headlines,
        params=PAGE,
        refuses=(PartnerNotFound, BadCursor),
    )
    async def statements(call: Call, partner_id: str) -> show.Headlines:
        """What a partner states through its accounts, newest first. Open to the world."""

        def query(reader: Reader) -> show.Headlines:
            found = reading.statements(reader, partner_id, call.after_number, call.limit)
            return _headlines(reader, found, url, call.limit)

        return await db.read(query)

    @api.get("/v1/articles/{id}", answers=show.ArticleView, refuses=(r.ArticleNotFound,))
    async def article(call: Call, article_id: str) -> show.ArticleView:
        """An article. Open to the world; one that was recalled has neither body nor cover."""

        def query(reader: Reader) -> show.ArticleView:
            return show.article_view(reader, *reading.article(reader, article_id), url)

        return await db.read(query)


def kind_of(call: Call) -> Literal["article", "statement"]:
    """Which kind of articles is asked for."""
    kind = call.param("kind", "article")
    if kind not in ("article", "statement"):
        raise BadRequest("`kind` is `article` or `statement`.", field="kind")
    return "statement" if kind == "statement" else "article"


def _headlines(reader: Reader, found: list[Article], url: str, limit: int) -> show.Headlines:
    items = [show.headline(reader, one, url) for one in found]
    return show.Headlines(items, str(found[-1].published_at) if len(found) == limit else None)


def _reading(
    api: Routes,
    db: Db,
    person: Guard[SignedIn],
    maybe: Callable[[Call], Awaitable[SignedIn | None]],
    tally: Tally,
) -> None:
    buckets = Buckets()

    @api.post(
        "/v1/articles/{id}/reads",
        status=EMPTY,
        refuses=(r.ArticleNotFound, RateLimited),
    )
    async def read(call: Call, article_id: str) -> Answer:
        """Somebody has opened an article, signed in or not; what is counted shows within seconds."""
        who = await maybe(call)
        buckets.take(who.person.id if who else call.client_ip, READS_PER_S, READS_BURST)
        await db.read(reading.article, article_id)
        tally.read(article_id, who.person.id if who else "")
        return DONE

    @api.post(
        "/v1/articles/{id}/shares",
        guard=person,
        body=ShareBody,
        answers=Shared,
        status=CREATED,
        refuses=(
            r.ArticleNotFound,
            cr.ConversationNotFound,
            cr.HasLeft,
            cr.Silenced,
            cr.BlockedHere,
            cr.NotContacts,
            cr.NotAllowedHere,
            cr.ClientIdInvalid,
            cr.ClientIdReused,
        ),
    )
    async def share(call: Call, article_id: str, body: ShareBody) -> Shared:
        """Show it in a conversation of mine. `Idempotency-Key` is the client id of the message."""
        ask = AskShare(call.who.person.id, article_id, body.conversation, client_id(call))
        entry = await db.write(service.share, ask)
        return Shared(entry.conversation_id, entry.number)


def client_id(call: Call) -> str:
    """The id that the caller gives a message."""
    return call.header("idempotency-key").strip().strip('"')
