"""What must be true of official accounts; the audit asks."""

from collections.abc import Iterator

from changliao.db.driver import Reader

_CHECKS = (
    (
        "A1 an account has no feed of its own",
        "SELECT a.id FROM accounts_accounts a WHERE NOT EXISTS (SELECT 1 FROM chat_conversations c"
        " WHERE c.id = a.feed AND c.kind = 'account' AND c.owner = a.id)",
    ),
    (
        "A2 what chat shows of an account is not what it is",
        "SELECT a.id FROM accounts_accounts a WHERE NOT EXISTS (SELECT 1 FROM chat_faces f"
        " WHERE f.id = a.id AND f.account_id = a.id AND f.handle = a.handle AND f.name = a.name"
        " AND f.avatar = a.avatar AND f.open = (a.open AND a.suspended_for = ''))",
    ),
    (
        "A3 an article was posted, and stands not in the feed",
        "SELECT p.id FROM accounts_articles p JOIN accounts_accounts a ON a.id = p.account_id"
        " WHERE p.posted > 0 AND NOT EXISTS (SELECT 1 FROM chat_entries e"
        " WHERE e.conversation_id = a.feed AND e.number = p.posted AND e.sender = a.id"
        " AND e.kind = CASE p.state WHEN 'published' THEN 'article' ELSE 'recalled' END)",
    ),
    (
        "A4 a talk was heard or answered beyond its end",
        "SELECT t.account_id FROM accounts_talks t JOIN chat_conversations c"
        " ON c.id = t.conversation_id WHERE t.heard_s > c.head OR t.answered_s > t.heard_s",
    ),
    (
        "A5 more people came to an article for the first time than it has readers",
        "SELECT d.article_id FROM accounts_article_days d GROUP BY d.article_id HAVING SUM(d.fresh) <>"
        " (SELECT COUNT(*) FROM accounts_article_readers r WHERE r.article_id = d.article_id)",
    ),
    (
        "A6 a tag says that others have it than do",
        "SELECT t.number FROM accounts_tags t WHERE t.size <> (SELECT COUNT(*) FROM accounts_tagged g"
        " WHERE g.number = t.number AND g.account_id = t.account_id)",
    ),
    (
        "A7 somebody has a tag that is gone, or of an account that they do not follow",
        "SELECT g.person_id FROM accounts_tagged g WHERE NOT EXISTS (SELECT 1 FROM accounts_tags t"
        " JOIN accounts_accounts a ON a.id = t.account_id JOIN chat_members m"
        " ON m.conversation_id = a.feed WHERE t.number = g.number AND a.id = g.account_id"
        " AND m.person_id = g.person_id AND m.left_s = 0)",
    ),
    (
        "A8 an account keeps a picture that nobody holds for it",
        "SELECT k.media_id FROM accounts_materials k WHERE NOT EXISTS (SELECT 1 FROM media_grants g"
        " WHERE g.media_id = k.media_id AND g.scope = k.account_id AND g.uses > 0)",
    ),
)


def broken_invariants(reader: Reader) -> Iterator[str]:
    """Everything that is wrong with official accounts, in plain words."""
    for sentence, sql in _CHECKS:
        for row in reader.query(f"{sql} LIMIT 10"):
            yield f"{sentence}: {row[0]}"
