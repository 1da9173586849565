"""Chat: conversations as logs with dense numbers, and their delivery.

Every entry (a text, a recall, a pay card, "Lin joined") is one row, whatever the size of the group. Unread is
derived and never counted; the echo is the acknowledgement; push is a hint, and a gap is fetched by number.
"""
