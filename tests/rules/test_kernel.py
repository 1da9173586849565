"""The words that all rooms share: sharing of money, ids and instants keep their promises for any input."""

from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel import ids, instant, money
from changliao.kernel.instant import Instant
from changliao.kernel.money import AMOUNT_MAX

LATEST_US = 253_402_300_799_999_999
AMOUNTS = st.integers(0, AMOUNT_MAX)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any)
MOMENTS = st.integers(0, LATEST_US).map(Instant)
# Of these no zone makes a year that a datetime does not know.
NOT_AT_THE_EDGES = st.integers(instant.DAY_US, LATEST_US - instant.DAY_US).map(Instant)
KINDS = st.from_regex(r"[a-z]{2,6}", fullmatch=True)


# Money --------------------------------------------------------------------------------------


@given(AMOUNTS, WEIGHTS)
def test_shares_sum_to_the_whole_and_none_is_a_unit_off(minor: int, weights: list[int]) -> None:
    shares = money.split(minor, weights)

    assert sum(shares) == minor
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(minor * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS)
def test_who_weighs_more_never_gets_less_and_who_weighs_nothing_gets_nothing(
    minor: int, weights: list[int]
) -> None:
    shares = money.split(minor, weights)

    by_weight = sorted(zip(weights, shares, strict=True))
    for (light, small), (heavy, large) in pairwise(by_weight):
        assert small <= large or light == heavy
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


@pytest.mark.parametrize(
    ("minor", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 2, 4], [14, 29, 57]),
        (1, [1, 1], [1, 0]),
        (0, [3, 5], [0, 0]),
        (5, [0, 1, 0], [0, 5, 0]),
        (AMOUNT_MAX, [1, 1], [2**52, 2**52 - 1]),
    ],
)
def test_the_largest_remainder_gets_the_next_unit_and_the_first_among_equals(
    minor: int, weights: list[int], shares: list[int]
) -> None:
    assert money.split(minor, weights) == shares


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.sampled_from(sorted(money.DIGITS)))
def test_an_amount_shown_can_be_read_back(minor: int, currency: str) -> None:
    number, _, code = money.shown(minor, currency).partition(" ")

    assert code == currency
    assert Fraction(number.replace(",", "")) == Fraction(minor, 10 ** money.DIGITS[currency])


def test_amounts_are_shown_with_the_digits_of_their_currency() -> None:
    assert money.shown(-123456789, "CNY") == "-1,234,567.89 CNY"
    assert money.shown(1500, "JPY") == "1,500 JPY"
    assert money.shown(5, "KWD") == "0.005 KWD"
    assert money.shown(12345, "CLF") == "1.2345 CLF"


# Ids ----------------------------------------------------------------------------------------


@given(KINDS, MOMENTS)
def test_an_id_looks_like_its_kind_and_no_other(kind: str, now: Instant) -> None:
    made = ids.new_id(kind, now)

    assert ids.looks_like(kind, made)
    assert not ids.looks_like(kind + "x", made)
    assert not ids.looks_like(kind, made.lower())
    assert not ids.looks_like(kind, made + "0")


@given(KINDS, MOMENTS, MOMENTS)
def test_ids_sort_by_the_millisecond_they_were_made_in(
    kind: str, one: Instant, two: Instant
) -> None:
    first, second = ids.new_id(kind, one), ids.new_id(kind, two)

    if one // 1000 < two // 1000:
        assert first < second
    elif one // 1000 > two // 1000:
        assert first > second
    else:
        assert first[: len(kind) + 11] == second[: len(kind) + 11]


def test_the_time_of_an_id_is_written_as_in_the_ulid_specification() -> None:
    assert ids.new_id("tr", Instant(1_469_918_176_385_000)).startswith("tr_01ARYZ6S41")
    assert ids.new_id("tr", Instant(0)).startswith("tr_0000000000")
    assert ids.new_id("tr", Instant((2**48 - 1) * 1000)).startswith("tr_7ZZZZZZZZZ")


def test_ids_of_one_moment_differ_and_use_the_whole_alphabet() -> None:
    made = [ids.new_id("tr", Instant(0)) for _ in range(20_000)]

    assert len(set(made)) == 20_000
    for place in range(-16, 0):
        assert {one[place] for one in made} == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


# Instants -----------------------------------------------------------------------------------


@given(MOMENTS)
def test_an_instant_survives_the_way_to_a_datetime_and_to_text(moment: Instant) -> None:
    text = instant.rfc3339(moment)

    assert instant.from_datetime(instant.to_datetime(moment)) == moment
    assert instant.from_datetime(datetime.fromisoformat(text)) == moment
    assert len(text) == 27
    assert instant.utc_day(moment) == text[:10]


@given(MOMENTS, MOMENTS)
def test_texts_of_instants_sort_by_time(one: Instant, two: Instant) -> None:
    assert (one < two) == (instant.rfc3339(one) < instant.rfc3339(two))


@given(MOMENTS, st.integers(0, 10**9))
def test_later_adds_whole_seconds(moment: Instant, seconds: int) -> None:
    assert instant.later(moment, seconds) - moment == seconds * 1_000_000


@given(NOT_AT_THE_EDGES, st.integers(-1439, 1439))
def test_a_datetime_of_any_zone_is_the_instant_it_names(moment: Instant, minutes: int) -> None:
    elsewhere = instant.to_datetime(moment).astimezone(timezone(timedelta(minutes=minutes)))

    assert instant.from_datetime(elsewhere) == moment


def test_moments_lie_between_1970_and_the_year_9999() -> None:
    assert [instant.is_moment(one) for one in (-1, 0, LATEST_US, LATEST_US + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert instant.rfc3339(Instant(LATEST_US)) == "9999-12-31T23:59:59.999999Z"
    assert instant.rfc3339(Instant(1)) == "1970-01-01T00:00:00.000001Z"
