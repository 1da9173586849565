"""How an attempt moves on when a rail answers."""

from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from changliao.kernel.instant import SECOND_US
from changliao.rails import rules
from changliao.rails.model import (
    Answer,
    Attempt,
    AttemptId,
    AttemptState,
    Direction,
    NothingToGiveUp,
    Outcome,
)
from tests.rules.samples import NOW

AFTER: dict[tuple[str, str], str | None] = {
    ("created", "pending"): "sent",
    ("created", "succeeded"): "succeeded",
    ("created", "failed"): "failed",
    ("created", "unknown"): "unknown",
    ("sent", "pending"): None,
    ("sent", "succeeded"): "succeeded",
    ("sent", "failed"): "failed",
    ("sent", "unknown"): "unknown",
    ("unknown", "pending"): "sent",
    ("unknown", "succeeded"): "succeeded",
    ("unknown", "failed"): "failed",
    ("unknown", "unknown"): None,
    ("failed", "pending"): None,
    ("failed", "succeeded"): "succeeded",
    ("failed", "failed"): None,
    ("failed", "unknown"): None,
    ("succeeded", "pending"): None,
    ("succeeded", "succeeded"): None,
    ("succeeded", "failed"): None,
    ("succeeded", "unknown"): None,
}


def attempt(state: AttemptState, direction: Direction = "in", asked: int = 0) -> Attempt:
    return Attempt(
        AttemptId("att_1"),
        "credit_card",
        direction,
        "payment",
        "pay_1",
        "",
        "test",
        1000,
        "CNY",
        "ok",
        state,
        "",
        "",
        asked,
        NOW,
        NOW,
    )


@pytest.mark.parametrize("state", get_args(AttemptState))
@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_an_attempt_moves_as_the_table_says(state: AttemptState, outcome: Outcome) -> None:
    assert rules.moved_on(attempt(state), Answer(outcome)) == AFTER[state, outcome]


def test_money_that_was_refused_on_its_way_out_does_not_leave_later() -> None:
    assert rules.moved_on(attempt("failed", "out"), Answer("succeeded")) is None


@given(asked=st.integers(0, 100), ask_again_s=st.integers(1, 10_000))
def test_a_rail_is_asked_again_ever_more_rarely_and_once_an_hour_at_the_least(
    asked: int, ask_again_s: int
) -> None:
    answer = Answer("unknown", ask_again_s=ask_again_s)
    at = rules.ask_again_at(attempt("unknown", asked=asked), answer, NOW)
    later = rules.ask_again_at(attempt("unknown", asked=asked + 1), answer, NOW)
    assert min(ask_again_s, 3600) * SECOND_US <= at - NOW <= 3600 * SECOND_US
    assert later >= at
    if asked <= 5:
        assert at - NOW == min(ask_again_s, 3600) * SECOND_US


# A rail's own page ------------------------------------------------------------------------------


def at_page(asked: int = 0, state: AttemptState = "sent") -> Attempt:
    return msgspec.structs.replace(
        attempt(state, asked=asked), pay_url="https://there.example/1", until=NOW + rules.PAY_US
    )


@given(
    amount=st.integers(-1, 2000),
    currency=st.sampled_from(["CNY", "USD", ""]),
    outcome=st.sampled_from(get_args(Outcome)),
)
@example(amount=0, currency="CNY", outcome="succeeded")
def test_a_success_over_another_sum_is_doubt_and_nothing_else_changes(
    amount: int, currency: str, outcome: Outcome
) -> None:
    answer = Answer(outcome, "r", "ref", 7, "", amount, currency)
    taken = rules.believed(attempt("sent"), answer)
    says = (amount, currency) != (0, "")
    if outcome == "succeeded" and says and (amount, currency) != (1000, "CNY"):
        assert (taken.outcome, taken.rail_ref) == ("unknown", "ref")
        assert taken.reason == f"the rail says {amount} {currency}"
    else:
        assert taken == answer


@given(
    asked=st.integers(0, 100),
    ask_again_s=st.integers(1, 10_000),
    late_us=st.integers(0, rules.PAY_US - 1),
)
def test_while_a_payer_is_at_the_page_the_rail_is_asked_each_minute_and_when_time_is_up(
    asked: int, ask_again_s: int, late_us: int
) -> None:
    one, now = at_page(asked), NOW + late_us
    again_at = rules.ask_again_at(one, Answer("pending", ask_again_s=ask_again_s), now)
    assert now < again_at <= min(now + 60 * SECOND_US, one.until)
    assert rules.ask_again_at(one, Answer("pending"), one.until) >= one.until + 5 * SECOND_US


def test_giving_up_ends_the_time_now_and_never_gives_more() -> None:
    one = at_page()
    given = rules.given_up(one, NOW + 5)
    assert given == msgspec.structs.replace(one, until=NOW + 5)
    assert rules.given_up(given, NOW + 9) == given
    assert rules.page_until(given) == NOW + rules.PAY_US


@pytest.mark.parametrize(
    "one", [None, attempt("sent"), at_page(state="succeeded"), at_page(state="failed")]
)
def test_nobody_gives_up_what_is_not_paid_elsewhere(one: Attempt | None) -> None:
    with pytest.raises(NothingToGiveUp):
        rules.given_up(one, NOW)
