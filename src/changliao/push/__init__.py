"""Notices on devices that nobody looks at: a message is told to a browser by Web Push (RFC 8030).

A notice is a hint and never more: what it says stands in the log, and who misses it misses nothing. Nobody
is told of what they wrote, have read, or have muted (save what calls them), nor while a device of theirs is
here.
"""
