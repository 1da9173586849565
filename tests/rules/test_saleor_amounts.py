"""Saleor's decimals and our minor units: exact both ways, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.dialects.api.saleor import amounts
from changliao.dialects.api.saleor.refusals import AmountTooPrecise
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.kernel.refusal import Refusal
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown

currencies = st.sampled_from(sorted(DIGITS))


@given(st.integers(0, AMOUNT_MAX), currencies)
def test_whole_minor_units_come_back(minor: int, currency: str) -> None:
    shown = amounts.decimal(minor, currency)
    assert amounts.minor(shown, currency) == minor
    assert -shown.as_tuple().exponent == DIGITS[currency]  # type: ignore[operator]


@given(st.decimals(allow_nan=True, allow_infinity=True), currencies)
def test_no_decimal_is_rounded(amount: Decimal, currency: str) -> None:
    try:
        minor = amounts.minor(amount, currency)
    except Refusal:
        return
    assert 0 <= minor <= AMOUNT_MAX
    assert amounts.decimal(minor, currency) == amount


@given(st.integers(1, 10**12), currencies, st.integers(1, 9))
def test_one_decimal_more_is_refused(minor: int, currency: str, more: int) -> None:
    amount = Decimal(minor * 10 + more).scaleb(-DIGITS[currency] - 1)
    with pytest.raises(AmountTooPrecise):
        amounts.minor(amount, currency)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("NaN", AmountNotPositive),
        ("Infinity", AmountNotPositive),
        ("-0.01", AmountNotPositive),
        ("1E+999999", AmountTooLarge),
        ("1E-999999", AmountTooPrecise),
        ("0." + "0" * 60 + "1", AmountTooPrecise),
        ("9" * 41, AmountTooLarge),
    ],
)
def test_odd_numbers_are_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        amounts.minor(Decimal(text), "CNY")


def test_nothing_is_nothing_but_not_all_that_is_left() -> None:
    assert amounts.minor(Decimal("-0.00"), "CNY") == amounts.minor(Decimal("0E-99"), "CNY") == 0
    with pytest.raises(AmountNotPositive):
        amounts.above_zero(Decimal(0), "CNY")
    with pytest.raises(CurrencyUnknown):
        amounts.minor(Decimal(1), "cny")
