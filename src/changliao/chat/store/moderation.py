"""What whoever keeps order asks of chat, and what goes with a person."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx


def joined_since(tx: Tx, conversation_id: str, moment: int) -> int:
    """How many came into a conversation since then."""
    sql = "SELECT COUNT(*) FROM chat_members WHERE conversation_id = ? AND joined_at > ?"
    return int(tx.query(sql, conversation_id, moment)[0][0])


def owned(reader: Reader, person_id: str) -> list[str]:
    """The groups that a person owns."""
    sql = (
        "SELECT c.id FROM chat_members m JOIN chat_conversations c ON c.id = m.conversation_id"
        " WHERE m.person_id = ? AND m.left_s = 0 AND m.role = 'owner' AND c.kind = 'group'"
        " AND NOT c.dissolved ORDER BY c.id"
    )
    return [row[0] for row in reader.query(sql, person_id)]


def groups_of(reader: Reader, person_id: str) -> list[str]:
    """The groups that a person is in."""
    sql = (
        "SELECT c.id FROM chat_members m JOIN chat_conversations c ON c.id = m.conversation_id"
        " WHERE m.person_id = ? AND m.left_s = 0 AND c.kind = 'group' ORDER BY c.id"
    )
    return [row[0] for row in reader.query(sql, person_id)]


def forget(tx: Tx, person_id: str) -> None:
    """Delete what was a person's alone: drafts, remarks, their own log, the links that they made."""
    tx.query(
        "UPDATE chat_members SET draft = '', remark = '', nickname = '' WHERE person_id = ?",
        person_id,
    )
    tx.query("DELETE FROM chat_personal WHERE person_id = ?", person_id)
    tx.query("DELETE FROM chat_join_requests WHERE person_id = ?", person_id)
    tx.query('UPDATE chat_invitations SET uses_left = 0 WHERE "by" = ?', person_id)
