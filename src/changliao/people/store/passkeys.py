"""The tables of passkeys and of what they are asked to sign."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.people.model.passkeys import Challenge, Passkey

PASSKEYS = Table("people_passkeys", Passkey, unique=[("credential_id",)])
CHALLENGES = Table("people_challenges", Challenge)

_OF = "WHERE person_id = ? AND removed_at = 0 ORDER BY created_at, id LIMIT 100"


def passkeys_of(reader: Reader | Tx, person_id: str) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return reader.rows(PASSKEYS, _OF, person_id)


def has_passkey(reader: Reader, person_id: str) -> bool:
    """Whether a person has one."""
    sql = "SELECT 1 FROM people_passkeys WHERE person_id = ? AND removed_at = 0 LIMIT 1"
    return bool(reader.query(sql, person_id))


def answered_too_late(reader: Reader) -> list[str]:
    """Challenges that were answered when they had run out."""
    sql = "SELECT id FROM people_challenges WHERE used_at >= expires_at ORDER BY id"
    return [row[0] for row in reader.query(sql)]


def used_when_gone(reader: Reader) -> list[str]:
    """Passkeys that were used after they were taken away."""
    sql = "SELECT id FROM people_passkeys WHERE removed_at > 0 AND used_at > removed_at ORDER BY id"
    return [row[0] for row in reader.query(sql)]


def forget_challenges(tx: Tx, before: int) -> None:
    """Drop challenges that ran out before this moment."""
    tx.query("DELETE FROM people_challenges WHERE expires_at < ?", before)
