"""What a mandate allows, to the last minor unit and to the last microsecond of a day."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import DAY_US
from changliao.kernel.money import AMOUNT_MAX
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.wallet import model as m
from changliao.wallet import rules
from changliao.wallet.model import AskMandate, AskSpend, Mandate, MandateId

DAY = 20_486
NOON = DAY * DAY_US + DAY_US // 2


def mandate(**said: Any) -> Mandate:
    return Mandate(
        **{
            "id": MandateId("man_1"),
            "person_id": "per_1",
            "app_id": "app_1",
            "mode": "test",
            "currency": "CNY",
            "per_payment": 500,
            "per_day": 1000,
            "day": 0,
            "spent_today": 0,
            "created_at": 1,
            "revoked_at": 0,
            **said,
        }
    )


def spend(amount: int, **said: Any) -> AskSpend:
    asked: dict[str, Any] = {"app_id": "app_1", "mode": "test", "currency": "CNY", **said}
    return AskSpend("man_1", asked["app_id"], asked["mode"], amount, asked["currency"])


@given(st.lists(st.tuples(st.integers(1, 700), st.integers(0, DAY_US)), max_size=30))
def test_no_day_ever_sees_more_than_its_limit(payments: list[tuple[int, int]]) -> None:
    standing, now, spent = mandate(), NOON, dict[int, int]()
    for amount, passes in payments:
        now += passes
        day = now // DAY_US
        before = spent.get(day, 0)
        if amount > 500 or before + amount > 1000:
            with pytest.raises(m.MandateExceeded) as refused:
                rules.spend(standing, spend(amount), now)
            assert refused.value.extra == {"left_today": 1000 - before, "per_payment": 500}
            continue
        standing = rules.spend(standing, spend(amount), now)
        spent[day] = before + amount
        assert (standing.day, standing.spent_today) == (day, spent[day])


def test_a_new_day_begins_at_midnight_utc() -> None:
    used = mandate(day=DAY, spent_today=1000)
    last, first = (DAY + 1) * DAY_US - 1, (DAY + 1) * DAY_US
    with pytest.raises(m.MandateExceeded):
        rules.spend(used, spend(1), last)
    fresh = rules.spend(used, spend(1), first)
    assert (fresh.day, fresh.spent_today) == (DAY + 1, 1)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"app_id": "app_2"}, m.MandateNotFound),
        ({"mode": "live"}, m.MandateNotFound),
        ({"currency": "USD"}, m.MandateExceeded),
    ],
)
def test_a_mandate_serves_its_own_app_mode_and_currency_alone(
    said: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rules.spend(mandate(), spend(1, **said), NOON)


def test_a_revoked_or_missing_mandate_pays_nothing() -> None:
    with pytest.raises(m.MandateRevoked):
        rules.spend(mandate(revoked_at=NOON - 1), spend(1), NOON)
    with pytest.raises(m.MandateNotFound):
        rules.spend(None, spend(1), NOON)


def limits(per_payment: int, per_day: int, currency: str = "CNY") -> AskMandate:
    return AskMandate("per_1", "app_1", "test", currency, per_payment, per_day, "258036")


@pytest.mark.parametrize(
    ("per_payment", "per_day"), [(0, 1), (-1, 5), (2, 1), (1, 0), (1, AMOUNT_MAX + 1)]
)
def test_limits_are_above_zero_and_a_payment_is_at_most_a_day(
    per_payment: int, per_day: int
) -> None:
    with pytest.raises(m.MandateLimitsInvalid):
        rules.limits(limits(per_payment, per_day))


def test_good_limits_are_taken() -> None:
    rules.limits(limits(1, 1))
    rules.limits(limits(AMOUNT_MAX, AMOUNT_MAX))
    with pytest.raises(CurrencyUnknown):
        rules.limits(limits(1, 1, "RMB"))


@pytest.mark.parametrize(
    ("minor", "currency", "refusal"),
    [
        (0, "CNY", AmountNotPositive),
        (-1, "CNY", AmountNotPositive),
        (AMOUNT_MAX + 1, "CNY", AmountTooLarge),
        (1, "XXX", CurrencyUnknown),
    ],
)
def test_a_top_up_has_an_amount_of_a_currency(
    minor: int, currency: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rules.amount(minor, currency)


def test_the_ask_for_a_mandate_does_not_show_its_pin() -> None:
    assert "258036" not in repr(limits(1, 1))
