"""How often articles are read and shared. Reads come in heaps, gathered outside the lane."""

from changliao.accounts.model.articles import ArticleDay, ArticleReader, AskCount, Reading
from changliao.accounts.rules import articles as rules
from changliao.accounts.store import ARTICLE_DAYS, ARTICLES, READERS
from changliao.db.tx import Tx
from changliao.kernel.instant import DAY_US


def count_reads(tx: Tx, ask: AskCount) -> int:
    """Write down what was read; of how many articles. Who reads it twice in a day is one
    reader of that day."""
    counted = 0
    for one in ask.readings:
        article = tx.get(ARTICLES, one.article_id)
        if article is not None and article.state == "published":
            _count(tx, one)
            counted += 1
    return counted


def count_share(tx: Tx, article_id: str) -> None:
    """Somebody showed it to others."""
    _more(tx, article_id, tx.now // DAY_US, shares=1)


def _count(tx: Tx, one: Reading) -> None:
    fresh = readers = 0
    for person_id in one.people:
        kept = tx.get(READERS, (one.article_id, person_id))
        if kept is None:
            tx.add(READERS, ArticleReader(one.article_id, person_id, one.day))
            fresh += 1
        elif kept.day < one.day:
            tx.put(READERS, ArticleReader(one.article_id, person_id, one.day))
        readers += kept is None or kept.day < one.day
    _more(tx, one.article_id, one.day, one.reads, readers, fresh)


def _more(
    tx: Tx,
    article_id: str,
    day: int,
    reads: int = 0,
    readers: int = 0,
    fresh: int = 0,
    *,
    shares: int = 0,
) -> None:
    kept = tx.get(ARTICLE_DAYS, (article_id, day))
    before = kept or ArticleDay(article_id, day, 0, 0, 0, 0)
    after = rules.counted(before, reads, readers, fresh, shares)
    (tx.put if kept else tx.add)(ARTICLE_DAYS, after)
