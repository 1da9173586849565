"""Handles, names, passwords, PINs, and how long wrong tries lock."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import SECOND_US
from changliao.people import model as m
from changliao.people import rules
from changliao.people.model import AskRegister, PersonId, Pin, Throttle
from tests.rules.samples import NOW


@pytest.mark.parametrize("handle", ["lin", "l1n", "lin_xiao_man", "a" * 20])
def test_a_handle_is_3_to_20_small_letters_digits_or_underscores(handle: str) -> None:
    rules.registration(AskRegister(handle, "Lin", "en", ""))


@pytest.mark.parametrize(
    "handle", ["", "li", "a" * 21, "1in", "_in", "Lin", "l n", "lin\n", "li-n", "línx", "l\0n"]
)
def test_other_texts_are_no_handles(handle: str) -> None:
    with pytest.raises(m.HandleInvalid):
        rules.registration(AskRegister(handle, "Lin", "en", ""))


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb", "a\0b", "\ud800", "a\u202eb"])
def test_a_name_must_be_showable_on_one_line(name: str) -> None:
    with pytest.raises(m.NameInvalid):
        rules.check_name(name)


@pytest.mark.parametrize("name", ["林小满", "x" * 40, "Mei Tanaka", "👩‍🎤"[:1]])
def test_names_of_all_scripts_are_names(name: str) -> None:
    rules.check_name(name)


@pytest.mark.parametrize("bad", ["", "1234567", "x" * 129, "aaaabbbb", "lin12345", "Linlin12345"])
def test_a_weak_password_is_refused(bad: str) -> None:
    with pytest.raises(m.PasswordWeak):
        rules.password("lin", bad)


@pytest.mark.parametrize(
    "good", ["correct horse", "密码密码一二三四", "x7$kQ!p9", "ab" * 62 + "cd"]
)
def test_a_fair_password_is_taken(good: str) -> None:
    rules.password("lin", good)


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_a_pin_is_six_digits_that_are_no_run_and_not_all_the_same(pin: str) -> None:
    up = all((int(b) - int(a)) % 10 == 1 for a, b in itertools.pairwise(pin))
    down = all((int(a) - int(b)) % 10 == 1 for a, b in itertools.pairwise(pin))
    if up or down or len(set(pin)) == 1:
        with pytest.raises(m.PinInvalid):
            rules.new_pin(pin)
    else:
        rules.new_pin(pin)


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1357924", "12a456", "１３５７９２", "135 79", "135792\n", "890123", "210987"],
)
def test_what_is_not_six_plain_digits_is_no_pin(pin: str) -> None:
    with pytest.raises(m.PinInvalid):
        rules.new_pin(pin)


def test_each_lock_lasts_longer_than_the_one_before_up_to_a_day() -> None:
    assert [rules.lock_us(locks) // (60 * SECOND_US) for locks in range(8)] == [
        1,
        5,
        30,
        180,
        1440,
        1440,
        1440,
        1440,
    ]


def test_a_pin_is_open_from_the_moment_its_lock_ends() -> None:
    pin = Pin(PersonId("per_1"), "k0001.x", b"salt", 0, 1, NOW + 10, NOW)
    with pytest.raises(m.PinLocked) as refused:
        rules.pin_open(pin, NOW + 9)
    assert refused.value.extra == {"locked_until_s": (NOW + 10) // SECOND_US}
    assert rules.pin_open(pin, NOW + 10) is pin
    with pytest.raises(m.PinMissing):
        rules.pin_open(None, NOW)


def test_sign_in_closes_after_five_failures_and_then_for_ever_longer() -> None:
    waits = [rules.throttle_us(failures) // SECOND_US for failures in range(20)]
    assert waits[:10] == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32]
    assert waits[13:] == [512, 900, 900, 900, 900, 900, 900]
    assert rules.throttle_us(10**6) == 900 * SECOND_US


def test_whoever_is_throttled_hears_for_how_long() -> None:
    rules.sign_in_open([Throttle("a", 9, NOW)], NOW)
    with pytest.raises(m.SignInThrottled) as refused:
        rules.sign_in_open([Throttle("a", 9, NOW + 1), Throttle("b", 9, NOW - 5)], NOW)
    assert refused.value.retry_after_s == 1


@pytest.mark.parametrize("name", ["handle:lin", "address:192.0.2.1"])
@pytest.mark.parametrize("failures", [0, 4, 7, 49, 60, 300])
def test_a_try_that_is_taken_back_leaves_nothing(name: str, failures: int) -> None:
    before = Throttle(name, failures, NOW - 5)
    counted = rules.one_try_more(before, NOW)
    assert counted.failures == failures + 1
    assert rules.one_try_less(before, counted) == before


def test_a_try_that_is_taken_back_leaves_what_others_did_meanwhile() -> None:
    before = Throttle("handle:lin", 3, 0)
    mine = rules.one_try_more(before, NOW)
    others = rules.one_try_more(mine, NOW)
    assert others == Throttle("handle:lin", 5, NOW + 2 * SECOND_US)
    assert rules.one_try_less(before, others) == Throttle("handle:lin", 4, others.until)
    cleared = Throttle("handle:lin", 0, 0)
    assert rules.one_try_less(before, cleared) == cleared
