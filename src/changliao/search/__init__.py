"""Search: one index of everything that people may look for, in Chinese and English, mixed and in one box.

It is derived from facts and may be deleted at any time; it never shows a document outside the scopes
that the asker has. Two engines honour the same port: tantivy, and SQLite's FTS5 where tantivy is missing.
"""
