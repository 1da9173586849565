"""Holds: money set aside, taken in parts, given back, run out."""

import msgspec
import pytest

from changliao.ledger import service as ledger
from changliao.ledger.model import AmountNotPositive
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskOnPayment, Payment
from changliao.people.model import Person
from changliao.wallet.model import InsufficientFunds
from tests.rooms.world import World

WEEK_S = 7 * 24 * 3600


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


@pytest.fixture
def held(world: World, shop: Caller, lin: Person) -> Payment:
    return world.paid(lin, shop, 1000, capture="manual")


def capture(
    world: World, shop: Caller, held: Payment, amount: int = 0, *, final: bool = False
) -> Payment:
    return world.ask(service.capture, AskOnPayment(shop, held.id, amount, final))


def sweep(world: World) -> None:
    """What the sweep does each second."""
    world.ask(service.expire_many, world.read(service.payments_due, world.clock()))
    world.ask(service.expire_holds, world.read(ledger.holds_due, world.clock()))


def money(world: World, shop: Caller, lin: Person) -> tuple[int, int, int]:
    """The wallet's balance, what is held of it, and the shop's balance."""
    return world.balance(lin.id), world.held(lin.id), world.balance(shop.app_id, "shop")


def test_a_hold_sets_money_aside_for_a_week(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    assert (held.status, held.captured_amount) == ("authorized", 0)
    assert held.hold_expires_at - held.changed_at == WEEK_S * 1_000_000
    assert money(world, shop, lin) == (5000, 1000, 0)
    assert world.facts(held.id) == ["payment.created", "payment.authorized"]
    too_much = world.payment(shop, 4001)
    with world.refuses(InsufficientFunds, available=4000):
        world.confirm(lin, too_much)
    assert world.wrong() == []


def test_a_hold_is_captured_whole(world: World, shop: Caller, lin: Person, held: Payment) -> None:
    paid = capture(world, shop, held)
    assert (paid.status, paid.captured_amount) == ("paid", 1000)
    assert money(world, shop, lin) == (4000, 0, 1000)
    assert world.facts(held.id)[2:] == ["payment.captured", "payment.paid"]
    assert world.wrong() == []


def test_a_hold_is_captured_in_many_parts_until_nothing_is_left(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    for amount, captured in ((300, 300), (300, 600), (1, 601)):
        assert capture(world, shop, held, amount).captured_amount == captured
        assert money(world, shop, lin) == (5000 - captured, 1000 - captured, captured)
        assert world.wrong() == []
    with world.refuses(m.CaptureTooLarge, "amount", capturable_amount=399):
        capture(world, shop, held, 400)
    assert capture(world, shop, held).captured_amount == 1000
    with world.refuses(m.PaymentNotAuthorized, status="paid"):
        capture(world, shop, held, 1)
    told = world.facts(held.id)
    assert told.count("payment.paid") == 1 and told.count("payment.captured") == 4


def test_a_final_capture_gives_the_rest_back(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    assert capture(world, shop, held, 400, final=True).captured_amount == 400
    assert money(world, shop, lin) == (4600, 0, 400)
    with world.refuses(m.PaymentNotAuthorized):
        capture(world, shop, held, 1)
    world.clock.forward(2 * WEEK_S)
    sweep(world)
    assert world.payment_now(held).status == "paid"
    assert world.wrong() == []


def test_captures_at_once_never_take_more_than_is_held(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    asks = [(service.capture, AskOnPayment(shop, held.id, 400)) for _ in range(3)]
    answers = world.ask_together(asks)
    assert [type(answer) for answer in answers] == [Payment, Payment, m.CaptureTooLarge]
    assert money(world, shop, lin) == (4200, 200, 800)
    assert world.wrong() == []


def test_a_capture_below_nothing_is_refused(world: World, shop: Caller, held: Payment) -> None:
    with world.refuses(AmountNotPositive, "amount"):
        capture(world, shop, held, -1)


def test_a_void_gives_all_of_it_back_and_nothing_is_captured_after_it(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    voided = world.ask(service.void, AskOnPayment(shop, held.id, reason="no stock"))
    assert (voided.status, voided.reason) == ("canceled", "no stock")
    assert money(world, shop, lin) == (5000, 0, 0)
    assert world.facts(held.id)[-1] == "payment.canceled"
    with world.refuses(m.PaymentNotAuthorized, status="canceled"):
        capture(world, shop, held, 1)
    with world.refuses(m.PaymentNotAuthorized, status="canceled"):
        world.ask(service.void, AskOnPayment(shop, held.id))
    assert world.wrong() == []


def test_a_capture_and_a_void_at_once_are_one_of_them(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    ask = AskOnPayment(shop, held.id)
    captured, refused = world.ask_together([(service.capture, ask), (service.void, ask)])
    assert captured.status == "paid"
    assert isinstance(refused, m.HoldUsed)
    assert money(world, shop, lin) == (4000, 0, 1000)


def test_what_was_captured_in_part_is_not_voided(world: World, shop: Caller, held: Payment) -> None:
    capture(world, shop, held, 1)
    with world.refuses(m.HoldUsed, "id"):
        world.ask(service.void, AskOnPayment(shop, held.id))


def test_what_was_paid_at_once_has_no_hold(world: World, shop: Caller, lin: Person) -> None:
    paid = world.paid(lin, shop, 100)
    with world.refuses(m.PaymentNotAuthorized):
        capture(world, shop, paid, 1)
    with world.refuses(m.PaymentNotAuthorized):
        world.ask(service.void, AskOnPayment(shop, paid.id))


def test_a_hold_that_ran_out_goes_back_to_the_payer(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    world.clock.forward(WEEK_S + 1)
    with world.refuses(m.PaymentExpired, "id"):
        capture(world, shop, held, 1)
    with world.refuses(m.PaymentExpired, "id"):
        world.ask(service.void, AskOnPayment(shop, held.id))
    sweep(world)
    assert world.payment_now(held).status == "expired"
    assert money(world, shop, lin) == (5000, 0, 0)
    assert "payment.expired" in world.facts(held.id)
    with world.refuses(m.PaymentNotAuthorized, status="expired"):
        capture(world, shop, held, 1)
    before = world.everything()
    sweep(world)
    assert world.everything() == before
    assert world.wrong() == []


def test_a_hold_captured_in_part_stays_paid_when_the_rest_runs_out(
    world: World, shop: Caller, lin: Person, held: Payment
) -> None:
    capture(world, shop, held, 300)
    world.clock.forward(WEEK_S + 1)
    with world.refuses(m.PaymentExpired):
        capture(world, shop, held, 1)
    sweep(world)
    standing = world.payment_now(held)
    assert (standing.status, standing.captured_amount) == ("paid", 300)
    assert money(world, shop, lin) == (4700, 0, 300)
    told = world.facts(held.id)
    assert (told.count("payment.paid"), told.count("payment.expired")) == (1, 0)
    assert world.wrong() == []


def test_the_sweep_closes_nothing_before_its_time(
    world: World, shop: Caller, held: Payment
) -> None:
    world.clock.forward(WEEK_S - 1)
    before = world.everything()
    sweep(world)
    world.ask(service.expire_holds, [held.hold_id, "tr_none"])
    assert world.everything() == before
    assert capture(world, shop, held).status == "paid"


def test_the_hold_of_another_mode_does_not_exist(world: World, shop: Caller, held: Payment) -> None:
    live = msgspec.structs.replace(shop, mode="live")
    with world.refuses(m.PaymentNotFound):
        capture(world, live, held, 1)
