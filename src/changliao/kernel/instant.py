"""Moments: whole microseconds since 1970 in UTC, and their RFC 3339 form."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Instant = NewType("Instant", int)

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z


def later(moment: Instant, seconds: int) -> Instant:
    """The moment `seconds` after another one."""
    return Instant(moment + seconds * SECOND_US)


def from_datetime(moment: datetime) -> Instant:
    """Microseconds since 1970 of an aware datetime; exact, without a detour through float."""
    return Instant((moment - _EPOCH) // timedelta(microseconds=1))


def to_datetime(moment: Instant) -> datetime:
    """The same moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=moment)


def rfc3339(moment: Instant) -> str:
    """The moment as RFC 3339 text in UTC with microseconds, e.g. `2026-01-31T08:00:00.000001Z`."""
    return f"{_to_the_second(moment // SECOND_US)}.{moment % SECOND_US:06}Z"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    """Kept, because most moments that are shown lie near each other, and spelling one out takes 8 us."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def utc_day(moment: Instant) -> str:
    """The calendar day in UTC, e.g. `2026-01-31`."""
    return rfc3339(moment)[:10]


def is_moment(moment: int) -> bool:
    """Whether the number lies between 1970 and the year 9999."""
    return 0 <= moment <= _LATEST_US
