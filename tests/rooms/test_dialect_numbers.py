"""Each dialect has the shop's numbers to itself: verbs on both databases, one by one and in one group."""

import itertools
from typing import Any

import msgspec
import pytest

from changliao.dialects import hooks, numbers, service
from changliao.dialects.model import Account, AskAccount, AskSaying, AskSayMore, DialectName, Said
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import (
    AskCombined,
    AskOnPayment,
    AskPayment,
    AskRefund,
    Combined,
    Part,
    Payment,
    ReferenceTaken,
)
from tests.rooms.world import World

BUTTONS: tuple[DialectName, ...] = ("alipay", "wechat", "stripe")
_numbers = itertools.count(1)


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def account(world: World, shop: Caller, dialect: DialectName) -> Account:
    said = AskAccount(shop, dialect, f"{dialect}{next(_numbers)}", "", "key", "", {}, {})
    made: Account = world.ask(service.open_account, said)
    return made


def asking(shop: Caller, one: Account, amount: int = 1000, number: str = "A1") -> AskSaying:
    about = Said(one, request=f"{amount}".encode())
    return AskSaying(pay.create_payment, AskPayment(shop, amount, "CNY", number), about)


def order(world: World, shop: Caller, one: Account, amount: int = 1000, **said: Any) -> Payment:
    made: Payment = world.ask(numbers.saying_payment, asking(shop, one, amount, **said))
    return made


def found(world: World, shop: Caller, dialect: DialectName, number: str = "A1") -> str:
    """The id of the payment that the dialect finds."""
    one = world.read(numbers.payment_numbered, shop, dialect, number)
    return one.id if one else ""


@pytest.mark.parametrize("dialects", list(itertools.permutations(BUTTONS)))
def test_whichever_button_comes_first_every_dialect_has_its_own_order(
    world: World, shop: Caller, dialects: tuple[DialectName, ...]
) -> None:
    accounts = [account(world, shop, dialect) for dialect in dialects]
    made = [order(world, shop, one, 1000 + i) for i, one in enumerate(accounts)]
    assert [one.reference for one in made] == ["A1", *(f"A1~{one}" for one in dialects[1:])]
    assert [found(world, shop, dialect) for dialect in dialects] == [one.id for one in made]
    before = world.everything()
    assert [order(world, shop, one, 1000 + i) for i, one in enumerate(accounts)] == made
    assert world.everything() == before
    for one in accounts:
        with world.refuses(ReferenceTaken, "reference"):
            order(world, shop, one, 999)


def test_in_one_group_each_has_its_own_and_a_repeat_is_the_same(world: World, shop: Caller) -> None:
    alipay, wechat = (account(world, shop, dialect) for dialect in BUTTONS[:2])
    asks = [asking(shop, one) for one in (alipay, wechat, alipay, wechat)]
    asks += [asking(shop, alipay, 7), asking(shop, wechat, 7)]
    answers = world.ask_together([(numbers.saying_payment, ask) for ask in asks])
    first, second, *others = answers
    assert (first.reference, second.reference) == ("A1", "A1~wechat")
    assert others[:2] == [first, second]
    assert all(isinstance(one, ReferenceTaken) for one in others[2:])
    assert len(world.everything()["pay_payments"]) == 2


def test_both_can_be_paid_and_each_is_refunded_by_itself(world: World, shop: Caller) -> None:
    lin = world.person(money=5000)
    accounts = [account(world, shop, dialect) for dialect in BUTTONS[:2]]
    first, second = (order(world, shop, one) for one in accounts)
    for one in (first, second):
        world.confirm(lin, one)
    world.ask(pay.request_refund, AskRefund(shop, second.id, 300, "R1"))
    left = [world.read(pay.payment_of, shop, one.id).refundable_amount for one in (first, second)]
    assert left == [1000, 700]
    assert world.wrong() == []


def test_one_dialects_closed_order_stays_closed_to_it_alone(world: World, shop: Caller) -> None:
    alipay, wechat = (account(world, shop, dialect) for dialect in BUTTONS[:2])
    gone = order(world, shop, alipay)
    world.ask(pay.cancel_payment, AskOnPayment(shop, gone.id))
    assert order(world, shop, wechat).status == "open"
    assert order(world, shop, alipay).id == gone.id


def test_what_was_made_natively_is_found_in_every_dialect(world: World, shop: Caller) -> None:
    payment = world.payment(shop, 1000, reference="A1")
    alipay = account(world, shop, "alipay")
    assert {found(world, shop, dialect) for dialect in BUTTONS} == {payment.id}
    with world.refuses(ReferenceTaken, "reference"):
        order(world, shop, alipay, 7)


def test_a_number_that_looks_like_ours_finds_nobody_elses_order(world: World, shop: Caller) -> None:
    alipay, wechat = (account(world, shop, dialect) for dialect in BUTTONS[:2])
    odd = order(world, shop, alipay, number="A1~wechat")
    order(world, shop, alipay)
    made = order(world, shop, wechat)
    assert (odd.reference, made.reference) == ("A1~wechat~alipay", "A1~wechat")
    assert found(world, shop, "alipay", "A1~wechat") == odd.id
    assert found(world, shop, "wechat", "A1~wechat") == ""
    assert found(world, shop, "alipay", "A1~alipay") == ""


def combined(shop: Caller, one: Account, second: int = 2) -> AskSaying:
    parts = (Part(1, "CNY", "A1"), Part(second, "CNY", "B1"))
    return AskSaying(pay.create_combined, AskCombined(shop, "ALL", parts), Said(one))


def test_parts_of_a_combined_payment_are_orders_of_its_dialect(world: World, shop: Caller) -> None:
    alipay, wechat = (account(world, shop, dialect) for dialect in BUTTONS[:2])
    first = order(world, shop, alipay)
    made: Combined = world.ask(numbers.saying_combined, combined(shop, wechat))
    parts = world.read(pay.parts_of, made)
    assert [one.reference for one in parts] == ["A1~wechat", "B1"]
    assert [found(world, shop, "wechat", one) for one in ("A1", "B1")] == [*made.payment_ids]
    # A part has no words of its own beside it, or later ones of others, and is WeChat Pay's all the same.
    stripe = account(world, shop, "stripe")
    world.ask(hooks.say_more, AskSayMore(stripe, parts[0].id, {"metadata": "{}"}))
    assert found(world, shop, "wechat") == parts[0].id
    assert (found(world, shop, "alipay"), found(world, shop, "alipay", "B1")) == (first.id, "")
    assert order(world, shop, alipay, number="B1").reference == "B1~alipay"
    assert world.ask(numbers.saying_combined, combined(shop, wechat)) == made
    with world.refuses(ReferenceTaken):
        world.ask(numbers.saying_combined, combined(shop, wechat, 3))
    again = msgspec.structs.replace(combined(shop, wechat).ask, reference="OTHER")
    with world.refuses(ReferenceTaken):
        world.ask(numbers.saying_combined, AskSaying(pay.create_combined, again, Said(wechat)))
