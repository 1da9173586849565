"""The pictures that an account keeps, and how they go."""

from changliao.accounts.model.materials import Material
from changliao.accounts.store import MATERIALS
from changliao.db.driver import Reader
from changliao.db.tx import Tx


def of_account(reader: Reader, account_id: str, skip: int, most: int) -> list[Material]:
    """The pictures that an account keeps, latest first."""
    tail = "WHERE account_id = ? ORDER BY created_at DESC, media_id DESC LIMIT ? OFFSET ?"
    return reader.rows(MATERIALS, tail, account_id, most, skip)


def count(reader: Reader, account_id: str) -> int:
    """How many pictures an account keeps."""
    sql = "SELECT COUNT(*) FROM accounts_materials WHERE account_id = ?"
    return int(reader.query(sql, account_id)[0][0])


def drop(tx: Tx, account_id: str, media_id: str) -> None:
    """It keeps a picture no more."""
    sql = "DELETE FROM accounts_materials WHERE account_id = ? AND media_id = ?"
    tx.query(sql, account_id, media_id)
