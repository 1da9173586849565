"""What is read of tags, and how they go: nobody asks for one that is gone, so nothing of it is kept."""

from collections.abc import Sequence

from changliao.accounts.model.tags import Tag, Tagged
from changliao.accounts.store import TAGGED, TAGS
from changliao.db.driver import Reader
from changliao.db.tx import Tx


def of_account(reader: Reader, account_id: str) -> list[Tag]:
    """The tags of an account, oldest first."""
    return reader.rows(TAGS, "WHERE account_id = ? ORDER BY number", account_id)


def of_person(reader: Reader, account_id: str, person_id: str) -> list[int]:
    """The numbers of the tags that a follower has, oldest tag first."""
    sql = (
        "SELECT number FROM accounts_tagged WHERE account_id = ? AND person_id = ? ORDER BY number"
    )
    return [int(row[0]) for row in reader.query(sql, account_id, person_id)]


def counts(reader: Reader, account_id: str, people: Sequence[str]) -> dict[str, int]:
    """How many tags each of these people has, of those who have any."""
    if not people:
        return {}
    sql = (
        "SELECT person_id, COUNT(*) FROM accounts_tagged WHERE account_id = ?"
        f" AND person_id IN ({', '.join('?' * len(people))}) GROUP BY person_id"
    )
    return {row[0]: int(row[1]) for row in reader.query(sql, account_id, *people)}


def who(reader: Reader, number: int, after: str, most: int) -> list[Tagged]:
    """Who has a tag, by their ids; those beyond one."""
    tail = "WHERE number = ? AND person_id > ? ORDER BY person_id LIMIT ?"
    return reader.rows(TAGGED, tail, number, after, most)


def drop(tx: Tx, number: int) -> None:
    """A tag goes, from all who have it."""
    tx.query("DELETE FROM accounts_tagged WHERE number = ?", number)
    tx.query("DELETE FROM accounts_tags WHERE number = ?", number)


def take(tx: Tx, number: int, people: Sequence[str]) -> None:
    """These people have it no more."""
    sql = f"person_id IN ({', '.join('?' * len(people))})"
    tx.query(f"DELETE FROM accounts_tagged WHERE number = ? AND {sql}", number, *people)


def take_all(tx: Tx, account_id: str, person_id: str) -> None:
    """A person has none of an account's tags any more."""
    sql = "DELETE FROM accounts_tagged WHERE account_id = ? AND person_id = ?"
    tx.query(sql, account_id, person_id)
