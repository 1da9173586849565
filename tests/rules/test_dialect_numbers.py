"""What pay calls a shop's number: the way there and back, for any text in any dialect."""

from hypothesis import given
from hypothesis import strategies as st

from changliao.dialects.model import DIALECTS, DialectName
from changliao.dialects.rules import number_said, references
from changliao.pay.rules.payments import reference

DIALECT = st.sampled_from(DIALECTS)
ENDS = st.lists(st.sampled_from(["~", *(f"~{one}" for one in DIALECTS)]), max_size=3).map("".join)
NUMBER = st.builds(str.__add__, st.text("AZaz09_-|*@~", min_size=1, max_size=32), ENDS)
"""Numbers that look like what we make of them, too."""


@given(NUMBER, DIALECT)
def test_a_reference_says_which_number_it_stands_for(number: str, dialect: DialectName) -> None:
    for one in references(number, dialect):
        assert number_said(one, dialect) == number
        reference(one)  # Pay takes it.


@given(NUMBER, DIALECT, NUMBER, DIALECT)
def test_two_numbers_share_no_reference_but_the_same_ones_plain_one(
    number: str, dialect: DialectName, other: str, other_dialect: DialectName
) -> None:
    shared = {*references(number, dialect)} & {*references(other, other_dialect)}
    if (number, dialect) != (other, other_dialect):
        assert shared <= ({number} if number == other else set())


def test_what_the_second_dialects_order_is_called() -> None:
    assert references("A1", "wechat") == ("A1", "A1~wechat")
    assert references("A1~alipay", "wechat") == ("A1~alipay~wechat",)
