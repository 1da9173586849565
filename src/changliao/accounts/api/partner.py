"""Routes for partners: their official accounts, who follows them, what they post to all."""

from collections.abc import Callable

import msgspec

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.public import LIMIT, PAGE, client_id
from changliao.accounts.model import (
    Account,
    AskChange,
    AskMenu,
    AskRegister,
    AskRules,
    Button,
    Reply,
    Rule,
)
from changliao.accounts.model import refusals as r
from changliao.accounts.model.talks import AskPost, AskRecall
from changliao.accounts.service import reading
from changliao.chat.model import refusals as cr
from changliao.chat.model.entries import Kind
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.media.model import MediaNotFound, WrongMediaKind
from changliao.partners import service as partners
from changliao.partners.model import Caller, Mode, RoleForbids, ScopeForbids
from changliao.people.model import PersonNotFound
from changliao.people.model.shown import Check, Shown, WordsNotShown
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

MAY = (ScopeForbids, RoleForbids)
OWN = (*MAY, r.AccountNotFound)
MEDIA = (MediaNotFound, WrongMediaKind)
SAYING = (
    r.AccountSuspended,
    r.ArticleNotFound,
    cr.ClientIdInvalid,
    cr.ClientIdReused,
    cr.KindInvalid,
    cr.BodyInvalid,
    cr.TextEmpty,
    cr.TextTooLong,
    cr.WordsTooLong,
    *MEDIA,
)
BODY_MAX = 262_144


class RegisterAccountBody(Value, frozen=True, forbid_unknown_fields=True):
    """An account to be made; `own` left out: it is the app's own if the app has none yet."""

    handle: str
    name: str
    intro: str = ""
    avatar: str = ""
    own: bool | None = None


class AccountBody(Value, frozen=True, forbid_unknown_fields=True):
    """What is to change of an account; what is left out stays."""

    name: str | None = None
    intro: str | None = None
    avatar: str | None = None
    welcome: tuple[Reply, ...] | None = None
    fallback: tuple[Reply, ...] | None = None
    open: bool | None = None
    mode: Mode | None = None


class MenuBody(Value, frozen=True, forbid_unknown_fields=True):
    """The whole menu."""

    buttons: tuple[Button, ...]


class RulesBody(Value, frozen=True, forbid_unknown_fields=True):
    """All rules, in the order in which they are tried."""

    rules: tuple[Rule, ...]


class AccountPostBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to say: the kind of an entry and its body."""

    k: Kind
    b: msgspec.Raw


def routes(db: Db, app: Guard[Caller], check: Check) -> Routes:
    """A partner's accounts, by a key of the app or by a member in the console."""
    api = Routes("Publishing")
    _accounts(api, db, app, check)
    _answers(api, db, app)
    _followers(api, db, app)
    _posts(api, db, app)
    return api


def _shown(db: Db) -> Callable[[Reader, Account], show.SettingsView]:
    return lambda reader, one: show.settings_view(reader, one, db.clock())


def _bears(account: Account) -> Shown:
    return Shown("account", account.id)


def _accounts(api: Routes, db: Db, app: Guard[Caller], check: Check) -> None:
    shown = _shown(db)

    @api.post(
        "/v1/accounts",
        guard=app,
        body=RegisterAccountBody,
        answers=show.SettingsView,
        status=CREATED,
        refuses=(
            *MAY,
            r.HandleInvalid,
            r.HandleTaken,
            r.OwnTaken,
            r.TooManyAccounts,
            r.AccountTextInvalid,
            WordsNotShown,
            *MEDIA,
        ),
    )
    async def register(call: Call, body: RegisterAccountBody) -> show.SettingsView:
        """Make an official account. Its handle is never given to another one."""
        passed = check(handle=body.handle, name=body.name, intro=body.intro)
        ask = AskRegister(call.who, body.handle, body.name, body.intro, body.avatar, body.own)
        return await db.read(shown, await db.write(passed(service.register, _bears), ask))

    @api.get("/v1/accounts", guard=app, answers=show.SettingsList, refuses=MAY)
    async def of_app(call: Call) -> show.SettingsList:
        """The app's official accounts, oldest first."""

        def query(reader: Reader) -> show.SettingsList:
            found = reading.accounts_of(reader, call.who)
            return show.SettingsList([shown(reader, one) for one in found])

        return await db.read(query)

    @api.get("/v1/accounts/{id}/settings", guard=app, answers=show.SettingsView, refuses=OWN)
    async def settings(call: Call, name: str) -> show.SettingsView:
        """An account as its partner sees it."""
        return await db.read(lambda reader: shown(reader, reading.readable(reader, call.who, name)))

    @api.patch(
        "/v1/accounts/{id}/settings",
        guard=app,
        body=AccountBody,
        answers=show.SettingsView,
        refuses=(*OWN, r.AccountTextInvalid, r.ReplyInvalid, WordsNotShown, *MEDIA),
    )
    async def change(call: Call, name: str, body: AccountBody) -> show.SettingsView:
        """Change its name, its picture, what it says at the first follow and when no rule fits; close it."""
        passed = check(name=body.name, intro=body.intro)
        ask = AskChange(call.who, name, **msgspec.structs.asdict(body))
        return await db.read(shown, await db.write(passed(service.change, _bears), ask))


def _answers(api: Routes, db: Db, app: Guard[Caller]) -> None:
    shown = _shown(db)

    @api.put(
        "/v1/accounts/{id}/menu",
        guard=app,
        body=MenuBody,
        answers=show.SettingsView,
        refuses=(*OWN, r.MenuInvalid),
    )
    async def menu(call: Call, name: str, body: MenuBody) -> show.SettingsView:
        """Give it another menu; without buttons it has none."""
        ask = AskMenu(call.who, name, body.buttons)
        return await db.read(shown, await db.write(service.put_menu, ask))

    @api.put(
        "/v1/accounts/{id}/replies",
        guard=app,
        body=RulesBody,
        answers=show.SettingsView,
        body_max=BODY_MAX,
        refuses=(*OWN, r.RuleInvalid, r.ReplyInvalid, *MEDIA),
    )
    async def replies(call: Call, name: str, body: RulesBody) -> show.SettingsView:
        """Give it other rules by which it answers. The first one that fits is the only one that speaks."""
        ask = AskRules(call.who, name, body.rules)
        return await db.read(shown, await db.write(service.put_rules, ask))


def _followers(api: Routes, db: Db, app: Guard[Caller]) -> None:
    @api.get(
        "/v1/accounts/{id}/followers",
        guard=app,
        answers=show.Followers,
        params=PAGE,
        refuses=(*OWN, BadCursor),
    )
    async def followers(call: Call, name: str) -> show.Followers:
        """Who follows it, by when they began; as the app knows them."""
        limit = call.limit

        def query(reader: Reader) -> show.Followers:
            account = reading.readable(reader, call.who, name)
            found = reading.followers(reader, account, call.after_number, limit)
            items = [
                show.FollowerRow(
                    partners.open_id_of(db.vault, account.app_id, one.person_id),
                    show.moment(one.joined_at) or "",
                )
                for one in found
            ]
            return show.Followers(items, str(found[-1].joined_at) if len(found) >= limit else None)

        return await db.read(query)

    @api.get(
        "/v1/accounts/{id}/followers/{person_id}",
        guard=app,
        answers=show.FollowerView,
        refuses=(*OWN, PersonNotFound),
    )
    async def follower(call: Call, name: str, open_id: str) -> show.FollowerView:
        """What the account may know of a person."""

        def query(reader: Reader) -> show.FollowerView:
            account = reading.readable(reader, call.who, name)
            person = reading.person(reader, db.vault, account, open_id)
            member = reading.follower(reader, account, person.id)
            talk = reading.talk(reader, account, person.id)
            if member is None and talk is None:
                raise PersonNotFound(field="person")
            return show.FollowerView(
                open_id,
                member is not None,
                show.moment(member.joined_at) if member else None,
                show.moment(talk.heard_at) if talk else None,
                person.locale,
                reading.tags_of(reader, account, person.id),
            )

        return await db.read(query)


def _posts(api: Routes, db: Db, app: Guard[Caller]) -> None:
    before = Param("before", "Posts with smaller numbers; the newest by default.", int)

    @api.post(
        "/v1/accounts/{id}/posts",
        guard=app,
        body=AccountPostBody,
        answers=show.AccountEntry,
        status=CREATED,
        refuses=(*OWN, *SAYING, r.PostsUsed, r.ArticleState),
    )
    async def post(call: Call, name: str, body: AccountPostBody) -> show.AccountEntry:
        """Say something to all who follow it: a `text`, an `image`, or a published `article`.

        `Idempotency-Key` is the id of the post: the same one again is the same post. Ten a day in UTC."""
        ask = AskPost(call.who, name, body.k, bytes(body.b), client_id(call))
        return show.entry_view(await db.write(service.post, ask))

    @api.get(
        "/v1/accounts/{id}/posts",
        guard=app,
        answers=show.AccountEntries,
        params=(before, LIMIT),
        refuses=OWN,
    )
    async def posts(call: Call, name: str) -> show.AccountEntries:
        """What it said to all, oldest first on each page."""

        def query(reader: Reader) -> show.AccountEntries:
            account = reading.readable(reader, call.who, name)
            found = reading.posts(reader, account, call.number("before", 0), call.limit)
            head = reading.head(reader, account.feed)
            return show.AccountEntries([show.entry_view(one) for one in found], head)

        return await db.read(query)

    @api.delete(
        "/v1/accounts/{id}/posts/{number}",
        guard=app,
        status=EMPTY,
        refuses=(*OWN, r.PostNotFound),
    )
    async def recall(call: Call, name: str, number: str) -> Answer:
        """Take a post back, for everybody."""
        fine = number.isascii() and number.isdigit() and len(number) < 16
        await db.write(service.recall_post, AskRecall(call.who, name, int(number) if fine else 0))
        return DONE
