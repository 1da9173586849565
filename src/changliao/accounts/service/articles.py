"""Articles: written, scheduled, published, taken back, shared."""

import msgspec

from changliao.accounts.events import ArticlePublished, ArticleRecalled
from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import (
    Article,
    AskArticle,
    AskPublish,
    AskShare,
    AskWrite,
    Block,
    Picture,
)
from changliao.accounts.rules import articles as rules
from changliao.accounts.rules import own, speaking
from changliao.accounts.service.accounts import tell, writable
from changliao.accounts.service.answers import card_of
from changliao.accounts.service.counting import count_share
from changliao.accounts.service.posts import give_back, post_article, set_aside
from changliao.accounts.store import ACCOUNTS, ARTICLES
from changliao.bus import jobs
from changliao.chat import service as chat
from changliao.chat.model.entries import Entry
from changliao.db.tx import Tx
from changliao.media import service as media
from changliao.media.model import OPEN, AskRelease, AskUse
from changliao.media.model import Kind as MediaKind
from changliao.partners import service as partners
from changliao.partners.model import Caller

PUBLISH = "accounts.publish"
"""The job that publishes what is due, about one article."""

_replace = msgspec.structs.replace


def write(tx: Tx, ask: AskWrite) -> Article:
    """Write an article, or another version of a draft or of one that waits to be published. Its pictures
    belong to who writes, or to the account already. Refuses what cannot be shown."""
    before: Article | None = None
    if ask.article_id:
        account, before = _mine(tx, ask.caller, ask.article_id)
        rules.in_state(before, "draft", "scheduled")
    else:
        account = writable(tx, ask.caller, ask.account_id)
    ask = rules.written(ask)
    blocks = _claimed(tx, account, ask, before)
    if before is not None:
        said = {"title": ask.title.strip(), "author": ask.author.strip()}
        more = {"digest": ask.digest.strip(), "cover": ask.cover, "blocks": blocks}
        return tx.put(ARTICLES, _replace(before, kind=ask.kind, changed_at=tx.now, **said, **more))
    article = Article(
        id=tx.new_id("art"),
        account_id=account.id,
        partner_id=account.partner_id,
        kind=ask.kind,
        state="draft",
        title=ask.title.strip(),
        author=ask.author.strip(),
        digest=ask.digest.strip(),
        cover=ask.cover,
        blocks=blocks,
        due_at=0,
        broadcast=False,
        posted=0,
        published_at=0,
        recalled_at=0,
        created_at=tx.now,
        changed_at=tx.now,
    )
    return tx.add(ARTICLES, article)


def publish(tx: Tx, ask: AskPublish) -> Article:
    """Publish an article now, or (`at`) later; with `broadcast` it is posted then, for which a place of
    that day is set aside at once. A scheduled one may be scheduled anew."""
    account, article = _mine(tx, ask.caller, ask.article_id)
    speaking(account)
    rules.in_state(article, "draft", "scheduled")
    article = _unscheduled(tx, account, article)
    due_at = rules.due(ask.at, tx.now) if ask.at else 0
    if ask.broadcast:
        set_aside(tx, account, due_at or tx.now)
    article = _replace(article, broadcast=ask.broadcast, due_at=due_at, changed_at=tx.now)
    if not due_at:
        return _publish(tx, account, article)
    jobs.later(tx, PUBLISH, article.id, at=due_at)
    return tx.put(ARTICLES, _replace(article, state="scheduled"))


def publish_due(tx: Tx, article_id: str) -> int:
    """Publish what is due; when to look again, 0 for never. What waits no more is left alone, and an
    account that was suspended meanwhile keeps its article as a draft."""
    article = tx.get(ARTICLES, article_id)
    account = tx.get(ACCOUNTS, article.account_id) if article else None
    if article is None or account is None or article.state != "scheduled":
        return 0
    if article.due_at > tx.now:
        return article.due_at
    if account.suspended_for:
        tx.put(ARTICLES, _replace(_unscheduled(tx, account, article), changed_at=tx.now))
    else:
        _publish(tx, account, article)
    return 0


def withdraw(tx: Tx, ask: AskArticle) -> Article:
    """What is scheduled is a draft again; what is published is recalled for good, and so is its post."""
    account, article = _mine(tx, ask.caller, ask.article_id)
    rules.in_state(article, "scheduled", "published")
    if article.state == "scheduled":
        back = _unscheduled(tx, account, article)
        return tx.put(ARTICLES, _replace(back, changed_at=tx.now))
    if article.posted:
        chat.retract(tx, account.feed, article.posted)
    _scope(tx, account, article, shown=False)
    tell(
        tx,
        account,
        ArticleRecalled(account.id, article.id, article.kind, article.posted),
        article.id,
    )
    return tx.put(
        ARTICLES, _replace(article, state="recalled", recalled_at=tx.now, changed_at=tx.now)
    )


def drop(tx: Tx, ask: AskArticle) -> Article:
    """Throw a draft away."""
    account, article = _mine(tx, ask.caller, ask.article_id)
    rules.in_state(article, "draft")
    for one in rules.pictures(article.cover, article.blocks):
        media.release(tx, AskRelease(one, account.id))
    return tx.put(
        ARTICLES,
        _replace(article, state="dropped", blocks=(), cover="", digest="", changed_at=tx.now),
    )


def share(tx: Tx, ask: AskShare) -> Entry:
    """Show a published article in a conversation that one may write in; counted once."""
    article = tx.get(ARTICLES, ask.article_id)
    account = tx.get(ACCOUNTS, article.account_id) if article else None
    article = rules.readable(article, account)
    if article.state != "published":
        raise r.ArticleNotFound(field="id")
    entry, fresh = chat.share_article(
        tx, ask.person_id, ask.conversation_id, card_of(article), ask.client_id
    )
    if fresh:
        count_share(tx, article.id)
    return entry


def _mine(tx: Tx, caller: Caller, article_id: str) -> tuple[Account, Article]:
    partners.allows(caller, "accounts:write")
    article = tx.get(ARTICLES, article_id)
    account = tx.get(ACCOUNTS, article.account_id) if article else None
    if article is None or account is None or article.state == "dropped":
        raise r.ArticleNotFound(field="id")
    try:
        own(account, caller)
    except r.AccountNotFound:
        raise r.ArticleNotFound(field="id") from None
    return account, article


def _unscheduled(tx: Tx, account: Account, article: Article) -> Article:
    if article.state == "scheduled" and article.broadcast:
        give_back(tx, account, article.due_at)
    return tx.put(ARTICLES, _replace(article, state="draft", due_at=0, broadcast=False))


def _publish(tx: Tx, account: Account, article: Article) -> Article:
    _scope(tx, account, article, shown=True)
    posted = post_article(tx, account, article).number if article.broadcast else 0
    article = _replace(
        article, state="published", posted=posted, published_at=tx.now, changed_at=tx.now
    )
    tell(tx, account, ArticlePublished(account.id, article.id, article.kind, posted), article.id)
    return tx.put(ARTICLES, article)


def _scope(tx: Tx, account: Account, article: Article, *, shown: bool) -> None:
    """Let the world see its pictures, or no more."""
    for one, kind in rules.pictures(article.cover, article.blocks).items():
        if shown:
            media.use(tx, AskUse(account.id, one, _kind(kind), OPEN, (account.id,)))
        else:
            media.release(tx, AskRelease(one, OPEN))


def _claimed(tx: Tx, account: Account, ask: AskWrite, before: Article | None) -> tuple[Block, ...]:
    """The blocks with what the server knows of their pictures, which are the account's from now on."""
    old = rules.pictures(before.cover, before.blocks) if before else {}
    new = rules.pictures(ask.cover, ask.blocks)
    sizes = {}
    for one, kind in new.items():
        asked = AskUse(ask.caller.uploader, one, _kind(kind), account.id)
        found = media.use(tx, asked)
        sizes[one] = (found.width, found.height)
    for one in old:
        media.release(tx, AskRelease(one, account.id))
    return tuple(
        _replace(block, width=sizes[block.media][0], height=sizes[block.media][1])
        if isinstance(block, Picture)
        else block
        for block in ask.blocks
    )


def _kind(kind: str) -> MediaKind:
    return "cover" if kind == "cover" else "image"
