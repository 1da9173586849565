"""What search finds of official accounts: themselves, and what they published."""

from collections.abc import Iterable, Sequence

from changliao.accounts.events import (
    AccountChanged,
    AccountRegistered,
    AccountRestored,
    AccountSuspended,
    ArticlePublished,
    ArticleRecalled,
)
from changliao.accounts.model import Account
from changliao.accounts.model.articles import Article
from changliao.accounts.rules.articles import words
from changliao.accounts.store import ACCOUNTS, ARTICLES
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.search.port import TEXT_MAX, Document
from changliao.search.source import EVERYBODY, Changes, Shown, Source, everybody


def _read_accounts(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    wanted = _about(facts)
    found = [one for one in (reader.get(ACCOUNTS, one) for one in wanted) if _found(one)]
    there = {one.id for one in found}
    return Changes([_account(one) for one in found], [one for one in wanted if one not in there])


def _found(account: Account | None) -> bool:
    return account is not None and not account.suspended_for


def _account(one: Account) -> Document:
    return Document(
        one.id,
        "accounts",
        (EVERYBODY,),
        one.name,
        _told(one),
        one.created_at,
        ref=one.id,
        names=(one.handle,),
    )


def _told(one: Account) -> str:
    return " · ".join(filter(None, [one.handle, one.intro]))


def _shown_accounts(reader: Reader, me: str, documents: Sequence[Document]) -> list[Shown | None]:
    found = [reader.get(ACCOUNTS, one.ref) for one in documents]
    return [
        Shown(one.name, _told(one), handle=one.handle, avatar=one.avatar, account=one.id)
        if _found(one)
        else None
        for one in found
    ]


def _read_articles(reader: Reader, facts: Sequence[FactRow]) -> Changes:
    wanted = _about(facts)
    found: Iterable[Article | None] = [reader.get(ARTICLES, one) for one in wanted]
    puts = [_article(one) for one in found if one is not None and one.state == "published"]
    there = {one.id for one in puts}
    return Changes(puts, [one for one in wanted if one not in there])


def _article(one: Article) -> Document:
    text = " ".join(filter(None, [one.digest, words(one.blocks)]))[:TEXT_MAX]
    return Document(
        one.id, "articles", (EVERYBODY,), one.title, text, one.published_at, ref=one.account_id
    )


def _shown_articles(reader: Reader, me: str, documents: Sequence[Document]) -> list[Shown | None]:
    return [_shown_article(reader, one) for one in documents]


def _shown_article(reader: Reader, document: Document) -> Shown | None:
    article: Article | None = reader.get(ARTICLES, document.id)
    account: Account | None = reader.get(ACCOUNTS, document.ref)
    if article is None or article.state != "published" or account is None or not _found(account):
        return None
    text = " · ".join(filter(None, [account.name, article.digest, words(article.blocks)]))
    return Shown(article.title, text, avatar=account.avatar, account=account.id, article=article.id)


def _about(facts: Sequence[FactRow]) -> list[str]:
    return list(dict.fromkeys(fact.about for fact in facts))


_OF_ACCOUNTS = (AccountRegistered, AccountChanged, AccountSuspended, AccountRestored)
ACCOUNTS_FOUND = Source(
    "accounts", {one.kind: _read_accounts for one in _OF_ACCOUNTS}, everybody, _shown_accounts
)
ARTICLES_FOUND = Source(
    "articles",
    {one.kind: _read_articles for one in (ArticlePublished, ArticleRecalled)},
    everybody,
    _shown_articles,
)
