"""Days at an offset, and what bills add up to."""

import pytest

from changliao.kernel.instant import HOUR_US, rfc3339
from changliao.pay import model as m
from changliao.pay import rules


@pytest.mark.parametrize(
    ("date", "offset", "begin"),
    [
        ("2026-11-22", "", "2026-11-22T00:00:00.000000Z"),
        ("2026-11-22", "+00:00", "2026-11-22T00:00:00.000000Z"),
        ("2026-11-22", "+08:00", "2026-11-21T16:00:00.000000Z"),
        ("2026-11-22", " 08:00", "2026-11-21T16:00:00.000000Z"),
        ("2026-11-22", "-03:30", "2026-11-22T03:30:00.000000Z"),
        ("2024-02-29", "-14:00", "2024-02-29T14:00:00.000000Z"),
    ],
)
def test_a_day_begins_at_midnight_of_its_offset_and_has_24_hours(
    date: str, offset: str, begin: str
) -> None:
    day = rules.day(date, offset)
    assert rfc3339(day.from_at) == begin  # type: ignore[arg-type]
    assert day.until_at - day.from_at == 24 * HOUR_US


@pytest.mark.parametrize(
    ("date", "offset", "field"),
    [
        ("", "", "date"),
        ("today", "", "date"),
        ("20261122", "", "date"),
        ("2026-W47-7", "", "date"),
        ("2026-02-29", "", "date"),
        ("2026-1-1", "", "date"),
        ("1969-12-31", "", "date"),
        ("1970-01-01", "+08:00", "date"),
        ("0001-01-01", "+08:00", "date"),
        ("9999-12-31", "-01:00", "date"),
        ("２０２６-01-01", "", "date"),
        ("2026-01-01", "Z", "utc_offset"),
        ("2026-01-01", "08:00", "utc_offset"),
        ("2026-01-01", "+8", "utc_offset"),
        ("2026-01-01", "+08:60", "utc_offset"),
        ("2026-01-01", "+14:01", "utc_offset"),
    ],
)
def test_what_is_no_day_is_refused(date: str, offset: str, field: str) -> None:
    with pytest.raises(m.DayInvalid) as refused:
        rules.day(date, offset)
    assert refused.value.field == field
