"""Which WebSockets are let in: those of our own pages and of apps, and not too many at once."""

from collections.abc import Collection

from changliao.wire.limits import Buckets
from changliao.wire.refusals import CrossSite, RateLimited, SocketsBusy
from changliao.wire.socket import Accept, Handshake, Listener


def origin_of(handshake: Handshake, allowed: Collection[str]) -> str:
    """The page's origin (RFC 6454), or empty for an app, which sends none.

    A browser asks nobody before it opens a socket to us with our cookie, so CrossSite for an origin
    that is not allowed (RFC 6455 section 10.2). Origins are written `https://chat.example.com`.
    """
    origin = handshake.headers.get(b"origin", b"").decode("latin-1")
    if b"origin" in handshake.headers and origin not in allowed:
        raise CrossSite(field="Origin")
    return origin


def at_most(accept: Accept, per_s: float, burst: int) -> Accept:
    """Lets in so many a second, `burst` at once; SocketsBusy for the others, who are told when to come
    again: after a restart everybody knocks at the same moment."""
    buckets = Buckets()

    def counted(handshake: Handshake) -> Listener:
        try:
            buckets.take("", per_s, burst)
        except RateLimited as full:
            raise SocketsBusy(retry_after_s=full.retry_after_s) from None
        return accept(handshake)

    return counted
