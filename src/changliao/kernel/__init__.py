"""The words that all rooms share: Value, Money, Instant, ids, Refusal.

Nothing here knows a database, a clock or the network; the standard library and msgspec are all it imports.
"""
