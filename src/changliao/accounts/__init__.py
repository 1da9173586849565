"""Official accounts: people follow them, read their articles, press their menus and write to them.

A post is one entry of the account's feed, however many follow it. What people write is answered by rules,
by the partner's own system, or by a member who took the conversation over. Logs belong to chat; see
docs/accounts.md.
"""
