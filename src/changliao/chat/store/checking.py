"""What must be true of every log, whatever happened; the audit asks."""

from collections.abc import Iterator

from changliao.db.driver import Reader

_CHECKS = (
    (
        "C1 the numbers of a log have a gap, or its head is not its newest number",
        "SELECT c.id FROM chat_conversations c WHERE c.head <> (SELECT COUNT(*) FROM chat_entries e"
        " WHERE e.conversation_id = c.id) OR c.head <> COALESCE((SELECT MAX(e.number)"
        " FROM chat_entries e WHERE e.conversation_id = c.id), 0)",
    ),
    (
        "C2 messages are not counted one by one",
        "SELECT e.conversation_id FROM chat_entries e JOIN chat_entries b"
        " ON b.conversation_id = e.conversation_id AND b.number = e.number - 1"
        " WHERE e.shown NOT IN (b.shown, b.shown + 1)",
    ),
    (
        "C3 a conversation's size is not how many are in it",
        "SELECT c.id FROM chat_conversations c WHERE c.size <> (SELECT COUNT(*) FROM chat_members m"
        " WHERE m.conversation_id = c.id AND m.left_s = 0)",
    ),
    (
        "C4 somebody has read more than there is",
        "SELECT m.conversation_id FROM chat_members m JOIN chat_conversations c"
        " ON c.id = m.conversation_id WHERE m.read_s > c.head OR m.read_n > c.shown OR m.from_s > c.head",
    ),
    (
        "C5 a group has not one owner, who is in it",
        "SELECT c.id FROM chat_conversations c WHERE c.kind = 'group' AND NOT c.dissolved AND 1 <>"
        " (SELECT COUNT(*) FROM chat_members m WHERE m.conversation_id = c.id AND m.left_s = 0"
        " AND m.role = 'owner' AND m.person_id = c.owner)",
    ),
    (
        "C6 a recalled message still says something",
        "SELECT conversation_id FROM chat_entries WHERE kind = 'recalled' AND (body <> '{}' OR marks <> '')",
    ),
)


def broken_invariants(reader: Reader) -> Iterator[str]:
    """Everything that is wrong with the logs, in plain words."""
    for sentence, sql in _CHECKS:
        for row in reader.query(f"{sql} LIMIT 10"):
            yield f"{sentence}: {row[0]}"
