"""What an article may hold, when it may be published, who may see it."""

from collections.abc import Iterator, Sequence

from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.articles import (
    Article,
    ArticleDay,
    AskWrite,
    Block,
    Code,
    Divider,
    Listing,
    Picture,
    Span,
)
from changliao.kernel.addresses import LENGTH_MAX
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import DAY_US, MINUTE_US, SECOND_US

BLOCKS_MAX, CHARACTERS_MAX = 300, 60_000
TITLE_MAX, AUTHOR_MAX, DIGEST_MAX, CAPTION_MAX = 64, 30, 120, 120
DIGEST_CUT = 60
DUE_LEAST_US, DUE_MOST_US = 5 * MINUTE_US, 60 * DAY_US
POSTS_A_DAY = 10


def written(ask: AskWrite) -> AskWrite:
    """The article as it is kept. Refuses what cannot be shown, and links that are none."""
    _line(ask.title, 1, TITLE_MAX, "title")
    _line(ask.author, 0, AUTHOR_MAX, "author")
    _line(ask.digest, 0, DIGEST_MAX, "digest")
    if ask.cover and not looks_like("med", ask.cover):
        raise r.ArticleInvalid(field="cover")
    if len(ask.blocks) > BLOCKS_MAX or len(words(ask.blocks)) > CHARACTERS_MAX:
        raise r.ArticleInvalid(field="blocks")
    for block in ask.blocks:
        if isinstance(block, Picture):
            _line(block.caption, 0, CAPTION_MAX, "caption")
            if not looks_like("med", block.media):
                raise r.ArticleInvalid(field="media")
        for span in spans(block):
            if span.link and not _is_link(span.link):
                raise r.ArticleInvalid("A link begins with https:// or http://.", field="link")
    return ask


def _line(text: str, least: int, most: int, field: str) -> None:
    if not least <= len(text.strip()) <= most or not text.isprintable():
        raise r.ArticleInvalid(field=field)


def _is_link(url: str) -> bool:
    fine = url.startswith(("https://", "http://")) and len(url) <= LENGTH_MAX
    return fine and url.isprintable() and not any(one in url for one in ' "<>\\')


def spans(block: Block) -> Iterator[Span]:
    """The runs of text of a block."""
    if isinstance(block, Listing):
        yield from (span for item in block.items for span in item)
    elif not isinstance(block, Picture | Code | Divider):
        yield from block.spans


def words(blocks: Sequence[Block]) -> str:
    """An article in words."""
    found = []
    for block in blocks:
        if isinstance(block, Picture):
            found.append(block.caption)
        elif isinstance(block, Code):
            found.append(block.text)
        else:
            found.append("".join(span.text for span in spans(block)))
    return "\n".join(filter(None, found))


def sayings(blocks: Sequence[Block]) -> Iterator[str]:
    """Each piece of text by itself, and where its links lead."""
    for block in blocks:
        if isinstance(block, Listing):
            yield from ("".join(span.text for span in item) for item in block.items)
        else:
            yield words([block])
        yield from (span.link for span in spans(block) if span.link)


def digest(article: Article) -> str:
    """What the article says in short; its beginning, if its author did not say."""
    return article.digest or " ".join(words(article.blocks).split())[:DIGEST_CUT]


def pictures(cover: str, blocks: Sequence[Block]) -> dict[str, str]:
    """The media of an article, and as what each was uploaded."""
    found = {one.media: "image" for one in blocks if isinstance(one, Picture)}
    return found | ({cover: "cover"} if cover else {})


def in_state(article: Article, *states: str) -> Article:
    """The article, if it is in one of these states."""
    if article.state not in states:
        raise r.ArticleState(field="id", state=article.state)
    return article


def due(at: int, now: int) -> int:
    """When an article is to be published."""
    if not DUE_LEAST_US <= at - now <= DUE_MOST_US:
        raise r.DueInvalid(field="at")
    return at


def one_more_post(posts: int, at: int, now: int) -> int:
    """How many posts the day has with one more; refuses what is too many."""
    if posts >= POSTS_A_DAY:
        wait_us = (at // DAY_US + 1) * DAY_US - now
        raise r.PostsUsed(field="broadcast", retry_after_s=wait_us // SECOND_US + 1)
    return posts + 1


def readable(article: Article | None, account: Account | None) -> Article:
    """The article, if the world may read it or read once that it was recalled."""
    if article is None or article.state not in ("published", "recalled"):
        raise r.ArticleNotFound(field="id")
    if account is None or account.suspended_for:
        raise r.ArticleNotFound(field="id")
    return article


def counted(before: ArticleDay, reads: int, readers: int, fresh: int, shares: int) -> ArticleDay:
    """A day with so much more."""
    return ArticleDay(
        before.article_id,
        before.day,
        before.reads + reads,
        before.readers + readers,
        before.fresh + fresh,
        before.shares + shares,
    )
