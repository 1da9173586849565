"""Which WebSockets are let in: those of our own pages and of apps, and not too many at once."""

from collections.abc import Callable, Collection
from math import ceil

from changliao.wire.http import monotonic_s
from changliao.wire.limits import Buckets
from changliao.wire.refusals import CrossSite, RateLimited, SocketsBusy
from changliao.wire.socket import Accept, Handshake, Listener

LATEST_S = 60
"""Nobody is told to come later than that."""


def origin_of(handshake: Handshake, allowed: Collection[str]) -> str:
    """The page's origin (RFC 6454), or empty for an app, which sends none.

    A browser asks nobody before it opens a socket to us with our cookie, so CrossSite for an origin
    that is not allowed (RFC 6455 section 10.2). Origins are written `https://chat.example.com`.
    """
    origin = handshake.headers.get(b"origin", b"").decode("latin-1")
    if b"origin" in handshake.headers and origin not in allowed:
        raise CrossSite(field="Origin")
    return origin


def at_most(
    accept: Accept, per_s: float, burst: int, clock: Callable[[], float] = monotonic_s
) -> Accept:
    """Lets in so many a second, `burst` at once, and SocketsBusy for the others: after a restart everybody
    knocks at the same moment. Those are given turns at that pace, one after the other and at most a
    minute away, so that a crowd comes back once and not all of it every second."""
    buckets = Buckets(clock)
    turn = 0.0

    def counted(handshake: Handshake) -> Listener:
        nonlocal turn
        try:
            buckets.take("", per_s, burst)
        except RateLimited:
            now = clock()
            turn = min(max(turn, now) + 1 / per_s, now + LATEST_S)
            raise SocketsBusy(retry_after_s=ceil(turn - now)) from None
        return accept(handshake)

    return counted
