"""How an attempt moves on when a rail answers."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import SECOND_US
from changliao.rails import rules
from changliao.rails.model import (
    Answer,
    Attempt,
    AttemptId,
    AttemptState,
    Direction,
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
