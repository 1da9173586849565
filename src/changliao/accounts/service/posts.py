"""Posts: one entry of the feed, however many follow the account."""

import msgspec

from changliao.accounts.events import AccountPosted
from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import AccountDay, Article
from changliao.accounts.model.talks import AskPost, AskRecall
from changliao.accounts.rules import articles as rules
from changliao.accounts.rules import speaking
from changliao.accounts.service.accounts import tell, writable
from changliao.accounts.service.answers import card_of
from changliao.accounts.store import ARTICLES, DAYS
from changliao.chat import service as chat
from changliao.chat.model import AskSpeak
from changliao.chat.model.entries import ArticleBody, Entry, Kind
from changliao.chat.model.refusals import BodyInvalid, ClientIdInvalid, EntryNotFound, KindInvalid
from changliao.db.tx import Tx
from changliao.kernel.instant import DAY_US

_POSTED = ("text", "image", "article")


def post(tx: Tx, ask: AskPost) -> Entry:
    """Say something to all who follow the account: a text, a picture, or one of its published articles,
    each of which is posted once. The same client id again is the same post."""
    account = speaking(writable(tx, ask.caller, ask.account_id))
    client_id(ask.client_id)
    if ask.kind not in _POSTED:
        raise KindInvalid(field="k")
    article = named_article(tx, account, ask.body) if ask.kind == "article" else None
    if article is not None:
        return _say(tx, account, ask.kind, article_body(article), ask.client_id, article)
    return _say(tx, account, ask.kind, ask.body, ask.client_id, uploader=ask.caller.uploader)


def post_article(tx: Tx, account: Account, article: Article) -> Entry:
    """Post an article for which a place of its day was set aside."""
    said = AskSpeak(account.feed, "article", article_body(article), f"#{article.id}")
    entry, fresh = chat.speak(tx, said)
    if fresh:
        tell(tx, account, AccountPosted(account.id, entry.number))
    return entry


def recall_post(tx: Tx, ask: AskRecall) -> Entry:
    """Take back a post, for everybody. An article stays published."""
    account = writable(tx, ask.caller, ask.account_id)
    kept = chat.entry_of(tx, account.feed, ask.number)
    article = _article_in(tx, kept) if kept else None
    try:
        entry = chat.retract(tx, account.feed, ask.number)
    except EntryNotFound:
        raise r.PostNotFound(field="number") from None
    if article is not None:
        tx.put(ARTICLES, msgspec.structs.replace(article, posted=0, changed_at=tx.now))
    return entry


def client_id(text: str) -> str:
    """The id of a message of an account; those with # are the platform's own."""
    if text.startswith("#"):
        raise ClientIdInvalid(field="id")
    return text


def article_body(article: Article) -> bytes:
    """What is said of an article in a conversation."""
    return msgspec.json.encode(card_of(article))


def named_article(tx: Tx, account: Account, body: bytes) -> Article:
    """The published article of this account that a body names."""
    try:
        said = msgspec.json.decode(body, type=ArticleBody)
    except msgspec.MsgspecError as error:
        raise BodyInvalid(f"{error}.", field="b") from None
    article = tx.get(ARTICLES, said.article)
    if article is None or article.account_id != account.id or article.state != "published":
        raise r.ArticleNotFound(field="b.article")
    return article


def set_aside(tx: Tx, account: Account, at: int) -> None:
    """One more post on the day of this moment."""
    day = at // DAY_US
    kept = tx.get(DAYS, (account.id, day))
    posts = rules.one_more_post(kept.posts if kept else 0, at, tx.now)
    (tx.put if kept else tx.add)(DAYS, AccountDay(account.id, day, posts))


def give_back(tx: Tx, account: Account, at: int) -> None:
    """A post that was set aside for that day is not made."""
    kept = tx.get(DAYS, (account.id, at // DAY_US))
    if kept is not None and kept.posts:
        tx.put(DAYS, msgspec.structs.replace(kept, posts=kept.posts - 1))


def posts_left(kept: AccountDay | None) -> int:
    """How many posts are left of a day."""
    return rules.POSTS_A_DAY - (kept.posts if kept else 0)


def _say(
    tx: Tx,
    account: Account,
    kind: Kind,
    body: bytes,
    said_as: str,
    article: Article | None = None,
    uploader: str = "",
) -> Entry:
    ask = AskSpeak(account.feed, kind, body, said_as, uploader, (account.id,))
    entry, fresh = chat.speak(tx, ask)
    if not fresh:
        return entry
    set_aside(tx, account, tx.now)
    if article is not None:
        if article.posted:
            raise r.ArticleState("This article was posted already.", field="b.article")
        tx.put(ARTICLES, msgspec.structs.replace(article, posted=entry.number, changed_at=tx.now))
    tell(tx, account, AccountPosted(account.id, entry.number))
    return entry


def _article_in(tx: Tx, entry: Entry) -> Article | None:
    if entry.kind != "article":
        return None
    found = tx.get(ARTICLES, msgspec.json.decode(entry.body, type=ArticleBody).article)
    return found if found is not None and found.posted == entry.number else None
