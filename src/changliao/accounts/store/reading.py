"""What is read of official accounts."""

from collections.abc import Sequence

from changliao.accounts.model import Account
from changliao.accounts.model.articles import Article, ArticleDay
from changliao.accounts.model.talks import Talk, Template
from changliao.accounts.store import ACCOUNTS, ARTICLE_DAYS, ARTICLES, TALKS, TEMPLATES
from changliao.db.driver import Reader
from changliao.db.tx import Tx

PUBLISHED = "state = 'published'"


def count_of_app(tx: Tx, app_id: str) -> int:
    """How many accounts an app has."""
    rows = tx.query("SELECT COUNT(*) FROM accounts_accounts WHERE app_id = ?", app_id)
    return int(rows[0][0])


def count_of_templates(tx: Tx, account_id: str) -> int:
    """How many templates an account has kept."""
    sql = "SELECT COUNT(*) FROM accounts_templates WHERE account_id = ? AND state = 'kept'"
    return int(tx.query(sql, account_id)[0][0])


def of_app(reader: Reader, app_id: str) -> list[Account]:
    """An app's accounts, oldest first."""
    return reader.rows(ACCOUNTS, "WHERE app_id = ? ORDER BY created_at, id LIMIT 100", app_id)


def of_feeds(reader: Reader, feeds: Sequence[str]) -> list[Account]:
    """The accounts of these feeds, in no order."""
    if not feeds:
        return []
    return reader.rows(ACCOUNTS, f"WHERE feed IN ({', '.join('?' * len(feeds))})", *feeds)


def everywhere(reader: Reader, after: str, most: int) -> list[Account]:
    """Every account, by id, which is by age."""
    return reader.rows(ACCOUNTS, "WHERE id > ? ORDER BY id LIMIT ?", after, most)


def published(reader: Reader, account_id: str, kind: str, before: int, most: int) -> list[Article]:
    """What an account has published of a kind, newest first; all before a moment."""
    tail = (
        f"WHERE account_id = ? AND kind = ? AND published_at < ? AND {PUBLISHED}"
        " ORDER BY published_at DESC LIMIT ?"
    )
    return reader.rows(ARTICLES, tail, account_id, kind, before, most)


def statements(reader: Reader, partner_id: str, before: int, most: int) -> list[Article]:
    """What the accounts of a partner state, newest first."""
    tail = (
        f"WHERE partner_id = ? AND kind = 'statement' AND published_at < ? AND {PUBLISHED}"
        " ORDER BY published_at DESC LIMIT ?"
    )
    return reader.rows(ARTICLES, tail, partner_id, before, most)


def manuscripts(
    reader: Reader, account_id: str, state: str, before: int, most: int
) -> list[Article]:
    """What an account wrote, latest changed first."""
    where, args = "account_id = ? AND changed_at < ? AND state <> 'dropped'", [account_id, before]
    if state:
        where, args = f"{where} AND state = ?", [*args, state]
    tail = f"WHERE {where} ORDER BY changed_at DESC LIMIT ?"
    return reader.rows(ARTICLES, tail, *args, most)


def days(reader: Reader, article_id: str, most: int) -> list[ArticleDay]:
    """The days of an article, latest first."""
    tail = "WHERE article_id = ? ORDER BY day DESC LIMIT ?"
    return reader.rows(ARTICLE_DAYS, tail, article_id, most)


def totals(reader: Reader, article_id: str) -> tuple[int, int, int]:
    """Readers, reads and shares of an article in all."""
    sql = (
        "SELECT SUM(fresh), SUM(reads), SUM(shares) FROM accounts_article_days WHERE article_id = ?"
    )
    readers, reads, shares = reader.query(sql, article_id)[0]
    return int(readers or 0), int(reads or 0), int(shares or 0)


def talks(reader: Reader, account_id: str, waiting: bool, before: int, most: int) -> list[Talk]:
    """An account's talks, by the latest message of a person; those that wait for an answer alone."""
    where = "account_id = ? AND heard_at < ? AND heard_s > 0"
    if waiting:
        where += " AND heard_s > answered_s"
    tail = f"WHERE {where} ORDER BY heard_at DESC LIMIT ?"
    return reader.rows(TALKS, tail, account_id, before, most)


def templates(reader: Reader, account_id: str) -> list[Template]:
    """The templates of an account, oldest first."""
    tail = "WHERE account_id = ? AND state = 'kept' ORDER BY created_at, id LIMIT 100"
    return reader.rows(TEMPLATES, tail, account_id)
