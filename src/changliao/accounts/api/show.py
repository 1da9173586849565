"""How official accounts look in the API."""

import msgspec

from changliao.accounts.model import Account, Button, Reply, Rule
from changliao.accounts.model.articles import Article, ArticleDay, ArticleKind, Block
from changliao.accounts.model.tags import Tag
from changliao.accounts.model.talks import Talk, Template
from changliao.accounts.rules.articles import digest
from changliao.accounts.rules.talks import fields_of, window_ends
from changliao.accounts.service import reading
from changliao.accounts.service.reading import Seen
from changliao.chat.model.entries import Entry, Kind
from changliao.db.driver import Reader
from changliao.kernel.instant import DAY_US, Instant, rfc3339, utc_day
from changliao.kernel.value import View
from changliao.partners.model import Mode


class PartnerName(View, frozen=True):
    """Who stands behind an account."""

    id: str
    name: str


class AccountView(View, frozen=True):
    """An official account as a person sees it. `feed` is its conversation while one follows it, `talk` one's
    own with it. `writable`: one may write to it now."""

    id: str
    handle: str
    name: str
    intro: str
    avatar: str
    partner: PartnerName
    state: str
    followers: int
    followed: bool
    feed: str | None
    talk: str | None
    menu: tuple[Button, ...]
    writable: bool


class Accounts(View, frozen=True):
    """Official accounts; `next` goes on."""

    items: list[AccountView]
    next: str | None


class TalkOpened(View, frozen=True):
    """The conversation to write in."""

    conversation: str


class SettingsView(View, frozen=True):
    """An official account as its partner sees it. `own`: receipts of the app come in its name; `mode` is
    that of its keys; `posts_left` today in UTC."""

    id: str
    handle: str
    name: str
    intro: str
    avatar: str
    partner: PartnerName
    state: str
    followers: int
    menu: tuple[Button, ...]
    own: bool
    mode: Mode
    app_id: str
    feed: str
    welcome: tuple[Reply, ...]
    fallback: tuple[Reply, ...]
    rules: tuple[Rule, ...]
    posts_left: int
    suspended_for: str | None
    created_at: str


class SettingsList(View, frozen=True):
    """The accounts of an app."""

    items: list[SettingsView]


class Headline(View, frozen=True):
    """What an article is called and says in short. `url` is its page for everybody."""

    id: str
    kind: ArticleKind
    account: str
    account_name: str
    partner_name: str
    title: str
    author: str
    digest: str
    cover: str
    at: str
    url: str
    state: str


class Headlines(View, frozen=True):
    """Articles, newest first; `next` goes on."""

    items: list[Headline]
    next: str | None


class ArticleView(View, frozen=True):
    """An article to be read. One that was recalled has neither body nor cover. `avatar` is its account's."""

    id: str
    kind: ArticleKind
    account: str
    account_name: str
    avatar: str
    partner_name: str
    title: str
    author: str
    digest: str
    cover: str
    at: str
    url: str
    state: str
    blocks: tuple[Block, ...]
    reads: int


class ManuscriptView(View, frozen=True):
    """An article as its editors see it; `posted` is the number of its post in the feed, 0 for none."""

    id: str
    account: str
    kind: ArticleKind
    state: str
    title: str
    author: str
    digest: str
    cover: str
    blocks: tuple[Block, ...]
    due_at: str | None
    broadcast: bool
    posted: int
    published_at: str | None
    recalled_at: str | None
    url: str
    created_at: str
    changed_at: str


class Manuscripts(View, frozen=True):
    """Manuscripts without their blocks, latest changed first; `next` goes on."""

    items: list[ManuscriptView]
    next: str | None


class DayView(View, frozen=True):
    """What was read of an article on a day in UTC."""

    day: str
    readers: int
    reads: int
    shares: int


class StatisticsView(View, frozen=True):
    """What was read of an article in all, and on the last days. `readers` are people who were signed in."""

    readers: int
    reads: int
    shares: int
    days: list[DayView]


class AccountEntry(View, frozen=True):
    """An entry as its account sees it: `f` is the account, or the person by the app's open id."""

    c: str
    s: int
    f: str
    ts: str
    k: Kind
    b: msgspec.Raw
    r: int


class AccountEntries(View, frozen=True):
    """A piece of a log, oldest first; `head` is its newest number."""

    items: list[AccountEntry]
    head: int


class FollowerRow(View, frozen=True):
    """Who follows an account, as the app knows them."""

    person: str
    since: str


class Followers(View, frozen=True):
    """Who follows an account, by when they began; `next` goes on."""

    items: list[FollowerRow]
    next: str | None


class FollowerView(View, frozen=True):
    """What an account may know of a person it knows."""

    person: str
    followed: bool
    since: str | None
    heard_at: str | None
    language: str
    tags: list[int]


class TagView(View, frozen=True):
    """A tag of an account, and how many followers have it."""

    number: int
    name: str
    followers: int


class AccountTags(View, frozen=True):
    """The tags of an account."""

    items: list[TagView]


class TaggedRow(View, frozen=True):
    """A follower who has a tag, as the app knows them, since when."""

    person: str
    since: str


class TaggedPeople(View, frozen=True):
    """Who has a tag; `next` goes on."""

    items: list[TaggedRow]
    next: str | None


class TalkView(View, frozen=True):
    """A talk: who wrote `name`d, up to which entry they were `heard`, whether it is `waiting` for an answer,
    `until` when free answers may be written, which member has taken it over."""

    person: str
    name: str
    avatar: str
    conversation: str
    heard: int
    heard_at: str | None
    answered_at: str | None
    waiting: bool
    until: str | None
    taken_by: str | None
    taken_at: str | None


class Talks(View, frozen=True):
    """Talks, by the latest message of a person; `next` goes on."""

    items: list[TalkView]
    next: str | None


class TemplateView(View, frozen=True):
    """A registered text and its fields."""

    id: str
    title: str
    text: str
    fields: list[str]


class Templates(View, frozen=True):
    """The templates of an account."""

    items: list[TemplateView]


def tag_view(one: Tag) -> TagView:
    """A tag as its partner sees it."""
    return TagView(one.number, one.name, one.size)


def moment(at: int) -> str | None:
    """A moment, or None for never."""
    return rfc3339(Instant(at)) if at else None


def _partner(reader: Reader, account: Account) -> PartnerName:
    return PartnerName(account.partner_id, reading.partner_name(reader, account.partner_id))


def account_view(seen: Seen) -> AccountView:
    """An account as a person sees it."""
    one = seen.account
    return AccountView(
        one.id,
        one.handle,
        one.name,
        one.intro,
        one.avatar,
        PartnerName(one.partner_id, seen.partner),
        one.state,
        seen.followers,
        seen.followed,
        one.feed if seen.followed else None,
        seen.talk or None,
        one.menu,
        one.state == "open",
    )


def settings_view(reader: Reader, one: Account, now: int) -> SettingsView:
    """An account as its partner sees it."""
    return SettingsView(
        one.id,
        one.handle,
        one.name,
        one.intro,
        one.avatar,
        _partner(reader, one),
        one.state,
        reading.followers_of(reader, one),
        one.menu,
        one.own_of is not None,
        one.mode,
        one.app_id,
        one.feed,
        one.welcome,
        one.fallback,
        one.rules,
        reading.posts_left(reader, one, now),
        one.suspended_for or None,
        rfc3339(Instant(one.created_at)),
    )


def headline(reader: Reader, article: Article, url: str) -> Headline:
    """An article in short."""
    account = reading.account(reader, article.account_id)
    return Headline(
        article.id,
        article.kind,
        account.id,
        account.name,
        reading.partner_name(reader, article.partner_id),
        article.title,
        article.author,
        digest(article),
        article.cover,
        rfc3339(Instant(article.published_at)),
        f"{url}/a/{article.id}",
        article.state,
    )


def article_view(reader: Reader, article: Article, account: Account, url: str) -> ArticleView:
    """An article to be read."""
    there = article.state == "published"
    return ArticleView(
        article.id,
        article.kind,
        account.id,
        account.name,
        account.avatar,
        reading.partner_name(reader, article.partner_id),
        article.title,
        article.author,
        digest(article) if there else "",
        article.cover if there else "",
        rfc3339(Instant(article.published_at)),
        f"{url}/a/{article.id}",
        article.state,
        article.blocks if there else (),
        reading.statistics(reader, article.id).reads,
    )


def manuscript_view(one: Article, url: str, *, whole: bool = True) -> ManuscriptView:
    """An article as its editors see it."""
    return ManuscriptView(
        one.id,
        one.account_id,
        one.kind,
        one.state,
        one.title,
        one.author,
        one.digest,
        one.cover,
        one.blocks if whole else (),
        moment(one.due_at),
        one.broadcast,
        one.posted,
        moment(one.published_at),
        moment(one.recalled_at),
        f"{url}/a/{one.id}",
        rfc3339(Instant(one.created_at)),
        rfc3339(Instant(one.changed_at)),
    )


def statistics_view(found: reading.Statistics) -> StatisticsView:
    """What was read of an article."""
    return StatisticsView(
        found.readers, found.reads, found.shares, [_day(one) for one in found.days]
    )


def _day(one: ArticleDay) -> DayView:
    return DayView(utc_day(Instant(one.day * DAY_US)), one.readers, one.reads, one.shares)


def entry_view(entry: Entry, open_id: str = "") -> AccountEntry:
    """An entry as its account sees it."""
    return AccountEntry(
        entry.conversation_id,
        entry.number,
        open_id if entry.sender.startswith("per_") else entry.sender,
        rfc3339(Instant(entry.at)),
        entry.kind,
        msgspec.Raw(entry.body.encode()),
        entry.ref,
    )


def talk_view(talk: Talk, open_id: str, name: str, avatar: str) -> TalkView:
    """A talk as its partner sees it: who wrote to a shop is known to it by name."""
    return TalkView(
        open_id,
        name,
        avatar,
        talk.conversation_id,
        talk.heard_s,
        moment(talk.heard_at),
        moment(talk.answered_at),
        talk.heard_s > talk.answered_s,
        moment(window_ends(talk)),
        talk.taken_by or None,
        moment(talk.taken_at),
    )


def template_view(one: Template) -> TemplateView:
    """A registered text."""
    return TemplateView(one.id, one.title, one.text, fields_of(one.text))
