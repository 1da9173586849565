"""Looking at official accounts: as people see them, as their partner does, as the operator does."""

from collections.abc import Sequence

from changliao.accounts import rules
from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import AccountDay, Article, ArticleDay
from changliao.accounts.model.materials import Material
from changliao.accounts.model.tags import Tag, Tagged
from changliao.accounts.model.talks import Talk, Template
from changliao.accounts.rules import articles as article_rules
from changliao.accounts.service.accounts import named, own
from changliao.accounts.store import (
    ACCOUNTS,
    ARTICLES,
    DAYS,
    MATERIALS,
    TAGS,
    TALKS,
    reading,
    tagging,
)
from changliao.accounts.store import materials as kept_pictures
from changliao.chat.model import Conversation, Member
from changliao.chat.model.entries import Entry
from changliao.chat.service import owned
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.instant import DAY_US
from changliao.kernel.value import Value
from changliao.media import service as media
from changliao.media.model import Media, MediaNotFound
from changliao.partners import service as partners
from changliao.partners.model import Caller, PartnerNotFound
from changliao.people.model import Person

DAYS_SHOWN = 90
NEVER = 2**62


class Seen(Value, frozen=True):
    """An account as one person sees it: how many follow it, whether they do, their talk if there is one."""

    account: Account
    partner: str
    followers: int
    followed: bool
    talk: str


class Statistics(Value, frozen=True):
    """What was read of an article in all, and by day, latest first."""

    readers: int
    reads: int
    shares: int
    days: list[ArticleDay]


def account(reader: Reader, name: str) -> Account:
    """The account with this id or handle."""
    found = named(reader, name)
    if found is None:
        raise r.AccountNotFound(field="account")
    return found


def seen(reader: Reader, person_id: str, found: Account) -> Seen:
    """An account as a person sees it. A suspended one is there only for who follows it."""
    followed = owned.follower(reader, found.feed, person_id) is not None
    if found.suspended_for and not followed:
        raise r.AccountNotFound(field="account")
    talk = owned.talk(reader, found.voice, person_id)
    names = partner_name(reader, found.partner_id), followers_of(reader, found)
    return Seen(found, *names, followed, talk.id if talk else "")


def partner_name(reader: Reader, partner_id: str) -> str:
    """Who stands behind an account."""
    found = partners.partner(reader, partner_id)
    return found.name if found else ""


def followers_of(reader: Reader, found: Account) -> int:
    """How many follow an account."""
    feed = owned.conversation(reader, found.feed)
    return feed.size if feed else 0


def followed(reader: Reader, person_id: str, before: int, most: int) -> list[tuple[Account, int]]:
    """The accounts a person follows and since when, latest first."""
    feeds = owned.feeds_of(reader, person_id, before or NEVER, most)
    found = {one.feed: one for one in reading.of_feeds(reader, [feed for feed, _ in feeds])}
    return [(found[feed], since) for feed, since in feeds if feed in found]


def accounts_of(reader: Reader, caller: Caller) -> list[Account]:
    """The accounts of the caller's app, oldest first; by a key, those of its mode."""
    partners.allows(caller, "accounts:read")
    found = reading.of_app(reader, caller.app_id)
    member = caller.actor.startswith("per_")
    return [one for one in found if member or one.mode == caller.mode]


def everywhere(reader: Reader, after: str, most: int) -> list[Account]:
    """Every account, by age, for the operator."""
    return reading.everywhere(reader, after, most)


def readable(reader: Reader, caller: Caller, name: str) -> Account:
    """The caller's account, for who may read about it."""
    partners.allows(caller, "accounts:read")
    return own(reader, caller, name)


# Followers and talks ------------------------------------------------------------------------


def followers(reader: Reader, found: Account, after: int, most: int) -> Sequence[Member]:
    """Who follows an account, by when they began."""
    return owned.followers(reader, found.feed, after, most)


def person(reader: Reader, vault: Vault, found: Account, open_id: str) -> Person:
    """Whom the account's app means by an open id."""
    return partners.person_of_open_id(reader, vault, found.app_id, open_id)


def follower(reader: Reader, found: Account, person_id: str) -> Member | None:
    """A person as a follower."""
    return owned.follower(reader, found.feed, person_id)


def tags(reader: Reader, found: Account) -> list[Tag]:
    """Its tags, oldest first."""
    return tagging.of_account(reader, found.id)


def tag(reader: Reader, found: Account, number: int) -> Tag:
    """One of its tags."""
    kept: Tag | None = reader.get(TAGS, number)
    if kept is None or kept.account_id != found.id:
        raise r.TagNotFound(field="tag")
    return kept


def tagged(reader: Reader, kept: Tag, after: str, most: int) -> list[Tagged]:
    """Who has a tag, in an order of their own; those beyond a person."""
    return tagging.who(reader, kept.number, after, most)


def tags_of(reader: Reader, found: Account, person_id: str) -> list[int]:
    """The numbers of the tags that a follower has."""
    return tagging.of_person(reader, found.id, person_id)


def talk(reader: Reader, found: Account, person_id: str) -> Talk | None:
    """How the talk with a person stands; None when they never wrote."""
    return reader.get(TALKS, (found.id, person_id))  # type: ignore[no-any-return]


def talks(reader: Reader, found: Account, waiting: bool, before: int, most: int) -> list[Talk]:
    """The talks, by the latest message of a person."""
    return reading.talks(reader, found.id, waiting, before or NEVER, most)


def entries(
    reader: Reader, found: Account, person_id: str, after: int | None, before: int, most: int
) -> tuple[Conversation, list[Entry]]:
    """A piece of the talk with a person: what follows a number, or comes before one."""
    where = owned.talk(reader, found.voice, person_id)
    if where is None:
        raise r.TalkNotFound(field="person")
    if after is None:
        return where, owned.before(reader, where.id, before, most)
    return where, owned.after(reader, where.id, after, most)


def posts(reader: Reader, found: Account, before: int, most: int) -> list[Entry]:
    """What the account said to all, oldest first; the newest page with `before` 0."""
    return owned.before(reader, found.feed, before, most)


def head(reader: Reader, conversation_id: str) -> int:
    """The newest number of a log."""
    found = owned.conversation(reader, conversation_id)
    return found.head if found else 0


def posts_left(reader: Reader, found: Account, now: int) -> int:
    """How many posts it has today."""
    kept: AccountDay | None = reader.get(DAYS, (found.id, now // DAY_US))
    return article_rules.POSTS_A_DAY - (kept.posts if kept else 0)


def templates(reader: Reader, found: Account) -> list[Template]:
    """Its templates."""
    return reading.templates(reader, found.id)


def materials(reader: Reader, found: Account, skip: int, most: int) -> list[Material]:
    """The pictures that it keeps, latest first."""
    return kept_pictures.of_account(reader, found.id, skip, most)


def materials_of(reader: Reader, found: Account) -> int:
    """How many pictures it keeps."""
    return kept_pictures.count(reader, found.id)


def material(reader: Reader, found: Account, media_id: str) -> Media:
    """One of the pictures that it keeps."""
    if reader.get(MATERIALS, (found.id, media_id)) is None:
        raise MediaNotFound(field="media")
    return media.media_of(reader, [media_id])[media_id]


# Articles -----------------------------------------------------------------------------------


def article(reader: Reader, article_id: str) -> tuple[Article, Account]:
    """An article that the world may read, or that was recalled; and whose it is."""
    found: Article | None = reader.get(ARTICLES, article_id)
    whose: Account | None = reader.get(ACCOUNTS, found.account_id) if found else None
    found = article_rules.readable(found, whose)
    assert whose is not None
    return found, whose


def published(reader: Reader, account: Account, article_id: str) -> Article | None:
    """This account's article, if the world may read it."""
    found: Article | None = reader.get(ARTICLES, article_id)
    mine = found is not None and found.account_id == account.id and found.state == "published"
    return found if mine else None


def manuscript(reader: Reader, caller: Caller, article_id: str) -> tuple[Article, Account]:
    """An article of the caller's, whatever its state."""
    partners.allows(caller, "accounts:read")
    return _written(reader, caller, article_id)


def to_publish(reader: Reader, caller: Caller, article_id: str) -> Article:
    """An article of the caller's, for who may publish it."""
    partners.allows(caller, "accounts:write")
    return _written(reader, caller, article_id)[0]


def _written(reader: Reader, caller: Caller, article_id: str) -> tuple[Article, Account]:
    found: Article | None = reader.get(ARTICLES, article_id)
    whose: Account | None = reader.get(ACCOUNTS, found.account_id) if found else None
    if found is None or whose is None or found.state == "dropped":
        raise r.ArticleNotFound(field="id")
    try:
        rules.own(whose, caller)
    except r.AccountNotFound:
        raise r.ArticleNotFound(field="id") from None
    return found, whose


def articles(reader: Reader, found: Account, kind: str, before: int, most: int) -> list[Article]:
    """What an account has published of a kind, newest first."""
    if found.suspended_for:
        raise r.AccountNotFound(field="account")
    return reading.published(reader, found.id, kind, before or NEVER, most)


def statements(reader: Reader, partner_id: str, before: int, most: int) -> list[Article]:
    """What a partner's accounts state, newest first; those of suspended ones are left out."""
    if partners.partner(reader, partner_id) is None:
        raise PartnerNotFound(field="id")
    found = reading.statements(reader, partner_id, before or NEVER, most)
    return [one for one in found if _speaks(reader, one)]


def _speaks(reader: Reader, found: Article) -> bool:
    whose: Account | None = reader.get(ACCOUNTS, found.account_id)
    return whose is not None and not whose.suspended_for


def manuscripts(
    reader: Reader, found: Account, state: str, before: int, most: int
) -> list[Article]:
    """What an account wrote, latest changed first."""
    return reading.manuscripts(reader, found.id, state, before or NEVER, most)


def statistics(reader: Reader, article_id: str) -> Statistics:
    """What was read of an article."""
    days = reading.days(reader, article_id, DAYS_SHOWN)
    return Statistics(*reading.totals(reader, article_id), days)
