"""Rails with a page of their own: going there, giving it up, and sums that are not what was asked for."""

from collections.abc import Iterator

import pytest

from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import AskMethod
from changliao.people.model import Person
from changliao.rails import rules
from changliao.rails import service as rails
from changliao.rails.model import Answer, AskSettle, NothingToGiveUp
from tests.rooms.test_rails import CARD, money, processing
from tests.rooms.world import World


@pytest.fixture
def shop(world: World) -> Iterator[Caller]:
    shop = world.shop()
    world.ask(pay.offer_method, AskMethod(shop, CARD, "mobile"))
    yield shop
    assert world.wrong() == []


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def test_a_payer_goes_to_the_rails_own_page_until_the_rail_has_said_what_became_of_it(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    assert attempt.until == attempt.created_at + rules.PAY_US
    stranger = world.person("wei")
    with world.refuses(NothingToGiveUp):
        world.ask(pay.give_up, m.AskGiveUp(lin.id, payment.id))
    page = Answer("pending", "", "there-1", pay_url="https://there.example/1")
    world.ask(rails.settle, AskSettle(attempt.id, page))
    [now] = world.attempts(payment.id)
    assert (now.pay_url, now.state) == ("https://there.example/1", "sent")
    with world.refuses(m.PaymentNotFound):
        world.ask(pay.give_up, m.AskGiveUp(stranger.id, payment.id))
    world.ask(pay.give_up, m.AskGiveUp(lin.id, payment.id))
    [now] = world.attempts(payment.id)
    assert attempt.created_at < now.until <= world.clock.now_us + 1000
    assert world.payment_now(payment).status == "processing"
    world.rail_says(attempt, "failed", "expired")
    [now] = world.attempts(payment.id)
    assert (now.state, now.pay_url, now.payer_ip) == ("failed", "", "")
    again = world.payment_now(payment)
    assert (again.status, again.reason) == ("open", "given_up")
    with world.refuses(m.PaymentNotFound):
        world.ask(pay.give_up, m.AskGiveUp(lin.id, payment.id))


def test_another_sum_than_was_asked_for_is_nobodys_yet(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    other = Answer("succeeded", amount=999, currency="CNY")
    world.ask(rails.settle, AskSettle(attempt.id, other))
    world.hear()
    assert money(world, shop) == {}
    [now] = world.attempts(payment.id)
    assert (now.state, now.reason) == ("unknown", "the rail says 999 CNY")
    right = Answer("succeeded", amount=1000, currency="CNY")
    world.ask(rails.settle, AskSettle(attempt.id, right))
    world.hear()
    assert money(world, shop) == {"rail_clearing": -1000, "shop": 1000}
