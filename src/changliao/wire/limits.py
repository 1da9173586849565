"""Rate limits: a token bucket per key, in memory."""

from collections.abc import Callable, Hashable

from changliao.wire.http import monotonic_s
from changliao.wire.refusals import RateLimited

_BUCKETS_MAX = 100_000


class Buckets:
    """At most `per_s` calls a second on average and `burst` at once, for each name."""

    def __init__(self, clock: Callable[[], float] = monotonic_s) -> None:
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, name: Hashable, per_s: float, burst: int) -> None:
        """Count one call; RateLimited when the bucket is empty."""
        now = self._clock()
        known = self._left.get(name)
        left = burst if known is None else min(burst, known[0] + (now - known[1]) * per_s)
        if left < 1:
            raise RateLimited(retry_after_s=max(1, round((1 - left) / per_s)))
        if known is None and len(self._left) >= _BUCKETS_MAX:
            self._left.clear()  # Under a flood of names, forgetting is kinder than growing.
        self._left[name] = (left - 1, now)
