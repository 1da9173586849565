"""Splits and combinations, by properties: nothing is split beyond what was captured, nothing twice."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import DAY_US
from changliao.kernel.refusal import Refusal
from changliao.partners.model import SCOPES, AppId, Caller, PartnerId
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.model import Payment

NOW = 1_770_000_000_000_000
CALLER = Caller(AppId("app_shop"), PartnerId("par_1"), "test", SCOPES, "key_1")
SUMS = st.integers(0, 50)


def paid(captured: int = 100, **said: Any) -> Payment:
    """A payment of which so much was captured."""
    fresh = rules.payment(m.AskPayment(CALLER, 100, "CNY", "o", split=True), "pay_1", NOW)
    status = "paid" if captured else "open"
    changes = {"status": status, "captured_amount": captured, **said}
    return msgspec.structs.replace(fresh, **changes)


def ask(*amounts: int, finish: bool = False) -> m.AskSplit:
    """Share among another app so many times."""
    receivers = tuple(m.Receiver("app", "app_other", amount) for amount in amounts)
    return m.AskSplit(CALLER, "pay_1", "s", receivers, finish)


@given(st.integers(1, 100), SUMS, SUMS, SUMS, st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_a_split_is_of_what_is_left_or_refused(
    captured: int, refunded: int, refunding: int, shared: int, amounts: list[int]
) -> None:
    payment = paid(
        captured,
        refunded_amount=refunded,
        refunding_amount=refunding,
        split_amount=shared,
    )
    left = captured - refunded - refunding - shared
    assert payment.refundable_amount == left
    if sum(amounts) <= left:
        assert rules.split_amount(payment, ask(*amounts)) == sum(amounts)
    else:
        with pytest.raises(m.SplitTooLarge) as caught:
            rules.split_amount(payment, ask(*amounts))
        assert caught.value.extra == {"splittable_amount": left}


@pytest.mark.parametrize(
    ("payment", "wanted", "refusal"),
    [
        (paid(0), ask(1), m.PaymentNotPaid),
        (paid(split_ended_at=1), ask(1), m.SplitEnded),
        (paid(), ask(), m.ReceiversInvalid),
        (paid(), ask(*[1] * 51), m.ReceiversInvalid),
    ],
)
def test_what_cannot_be_split_is_refused(
    payment: Payment, wanted: m.AskSplit, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.split_amount(payment, wanted)


def test_ending_alone_is_a_split_of_nothing() -> None:
    assert rules.split_amount(paid(), ask(finish=True)) == 0


@given(st.lists(st.integers(1, 100), min_size=1, max_size=5))
def test_what_is_set_aside_adds_up_and_waits_thirty_days_from_the_first(amounts: list[int]) -> None:
    payment = paid()
    for number, amount in enumerate(amounts):
        payment = rules.set_aside(payment, amount, NOW + number)
    assert payment.unsplit_amount == sum(amounts)
    assert payment.split_until == NOW + 30 * DAY_US
    ended = msgspec.structs.replace(payment, split_ended_at=1)
    assert rules.set_aside(ended, 1, NOW).split_until == 0
    assert (payment.sets_aside, ended.sets_aside) == (True, False)


@given(st.integers(1, 100), st.integers(0, 100), st.integers(0, 120))
def test_a_return_is_of_what_the_receiver_has_left_or_refused(
    amount: int, returned: int, wanted: int
) -> None:
    line = m.SplitLine(
        m.LineId("spr_1"),
        m.SplitId("spl_1"),
        m.PaymentId("pay_1"),
        0,
        "app",
        "app_other",
        amount,
        "CNY",
        "",
        min(returned, amount),
        NOW,
    )
    left = amount - line.returned_amount
    asked = m.AskSplitReturn(CALLER, "spl_1", "spr_1", "r", wanted)
    if left and wanted <= left:
        assert rules.return_amount(line, asked) == (wanted or left)
    else:
        with pytest.raises(m.ReturnTooLarge):
            rules.return_amount(line, asked)
    with pytest.raises(m.ReceiverIsPerson):
        rules.return_amount(msgspec.structs.replace(line, kind="person"), asked)


@given(st.lists(st.integers(1, 2**52), min_size=1, max_size=6))
def test_a_combination_is_the_sum_of_its_parts_or_refused(amounts: list[int]) -> None:
    parts = tuple(m.Part(amount, "CNY", str(n)) for n, amount in enumerate(amounts))
    asked = m.AskCombined(CALLER, "c", parts)
    if len(amounts) >= 2 and sum(amounts) < 2**53:
        made = rules.combined(asked, "cmb_1", NOW)
        assert (made.amount, made.status) == (sum(amounts), "open")
    else:
        with pytest.raises(Refusal):
            rules.combined(asked, "cmb_1", NOW)


def test_a_combination_moves_only_along_drawn_arrows() -> None:
    parts = (m.Part(1, "CNY", "a"), m.Part(2, "CNY", "b"))
    made = rules.combined(m.AskCombined(CALLER, "c", parts), "cmb_1", NOW)
    for before, drawn in rules.COMBINED_ARROWS.items():
        for after in rules.COMBINED_ARROWS:
            one = msgspec.structs.replace(made, status=before)
            if after in drawn:
                moved = rules.combined_moved(one, after, NOW + 1)
                assert (moved.status, moved.version, moved.changed_at) == (after, 2, NOW + 1)
            else:
                with pytest.raises(AssertionError):
                    rules.combined_moved(one, after, NOW)
