"""A shop confirms its own payment on a rail; what a rail cannot do; whose money comes late."""

import pytest

from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskMethod, AskShopConfirm, Confirmation
from changliao.people.model import Person
from changliao.rails.model import InstrumentInvalid
from tests.rooms.world import World

CARD = "credit_card"


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    for channel in m.CHANNELS:
        world.ask(service.offer_method, AskMethod(shop, CARD, channel))
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def test_a_shop_confirms_on_a_rail_it_offers(world: World, shop: Caller) -> None:
    payment = world.payment(shop, 700, confirm=Confirmation(method=CARD, instrument="late"))
    assert (payment.status, payment.method, payment.payer) == ("processing", CARD, "")
    [attempt] = world.attempts(payment.id)
    assert (attempt.instrument, attempt.amount) == ("late", 700)
    world.rail_says(attempt, "succeeded")
    assert world.payment_now(payment).status == "paid"
    assert world.wrong() == []


def test_a_shop_does_not_spend_a_persons_wallet_without_a_mandate(
    world: World, shop: Caller
) -> None:
    for method in ("", "wallet"):
        with world.refuses(m.OwnPayment, "confirm"):
            world.payment(shop, 700, confirm=Confirmation(method=method))
    standing = world.payment(shop, 700)
    with world.refuses(m.OwnPayment, "confirm"):
        ask = AskShopConfirm(shop, standing.id, Confirmation(method="wallet"))
        world.ask(service.confirm_by_shop, ask)


def test_a_shop_does_not_confirm_on_a_rail_it_does_not_offer(world: World, shop: Caller) -> None:
    with world.refuses(m.MethodNotFound, "method"):
        world.payment(shop, 700, confirm=Confirmation(method="boleto"))
    world.ask(service.suspend_method, AskMethod(shop, CARD, "web", "terminal broken"))
    with world.refuses(m.MethodSuspended, "method", reason="terminal broken"):
        world.payment(shop, 700, confirm=Confirmation(method=CARD))


def test_another_shop_confirms_nothing(world: World, shop: Caller) -> None:
    standing = world.payment(shop, 700)
    ask = AskShopConfirm(world.shop("Other"), standing.id, Confirmation(method=CARD))
    with world.refuses(m.PaymentNotFound, "id"):
        world.ask(service.confirm_by_shop, ask)


def test_a_card_cannot_hold_money(world: World, shop: Caller, lin: Person) -> None:
    payment = world.payment(shop, 700, capture="manual")
    with world.refuses(m.CaptureUnsupported, "method"):
        world.confirm(lin, payment, CARD)


def test_an_instrument_that_cannot_be_is_refused(world: World, shop: Caller, lin: Person) -> None:
    payment = world.payment(shop, 700)
    for bad in ("a\0b", "\ud800", "x" * 41):
        with world.refuses(InstrumentInvalid, "instrument"):
            world.confirm(lin, payment, CARD, instrument=bad)
        with world.refuses(InstrumentInvalid, "instrument"):
            confirm = Confirmation(method=CARD, instrument=bad)
            world.payment(shop, 700, reference="at once", confirm=confirm)


def test_late_money_of_a_first_try_does_not_pay_for_the_second(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.payment(shop, 1000)
    world.confirm(lin, payment, CARD)
    [first] = world.attempts(payment.id)
    world.rail_says(first, "failed")
    world.confirm(lin, payment, CARD)
    second = world.attempts(payment.id)[-1]
    world.rail_says(first, "succeeded")
    assert world.payment_now(payment).status == "processing"
    back = world.attempts(payment.id)[-1]
    assert (back.direction, back.of) == ("out", first.id)
    world.rail_says(second, "succeeded")
    world.rail_says(back, "succeeded")
    paid = world.payment_now(payment)
    assert (paid.status, paid.attempt_id) == ("paid", second.id)
    assert world.balance(shop.app_id, "shop") == 1000
    assert world.balance(CARD, "rail_clearing") == -1000
    assert world.wrong() == []
