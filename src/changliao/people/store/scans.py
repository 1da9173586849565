"""The table of codes that sign a computer in."""

from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.people.model.scans import SignInCode

CODES = Table("people_sign_in_codes", SignInCode, unique=[("code_hash",)])


def forget_codes(tx: Tx, before: int) -> None:
    """Drop codes that ran out before this moment."""
    tx.query("DELETE FROM people_sign_in_codes WHERE expires_at < ?", before)
