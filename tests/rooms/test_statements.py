"""A shop's statement: line by line, in both directions, of one thing or of all."""

from typing import Any

import pytest

from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskLines, AskOnPayment, AskRefund, AskShopTransfer
from changliao.people.model import Person
from tests.rooms.test_splits import Street
from tests.rooms.world import Clock, World

CARD = "credit_card"


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    world.ask(service.offer_method, m.AskMethod(shop, CARD, "mobile"))
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def page(world: World, shop: Caller, **said: Any) -> tuple[list[int], int]:
    """What the lines of a page moved, and the cursor to go on."""
    found = world.read(service.lines, AskLines(shop, **said))
    return [one.amount for one in found.items], found.next


def seq(world: World, shop: Caller, amount: int) -> int:
    """The number of the line that moved so much."""
    found = world.read(service.lines, AskLines(shop, limit=1000)).items
    [one] = [one.transfer.seq for one in found if one.amount == amount]
    return one


def test_lines_are_newest_first_and_read_in_both_directions(
    world: World, shop: Caller, lin: Person
) -> None:
    world.fund(lin.id, 900, currency="EUR")
    for amount in range(1, 8):
        world.paid(lin, shop, amount, currency=("CNY", "EUR")[amount % 2])
    assert page(world, shop) == ([7, 6, 5, 4, 3, 2, 1], 0)
    assert page(world, shop, currency="EUR") == ([7, 5, 3, 1], 0)
    first, cursor = page(world, shop, limit=3)
    assert (first, cursor) == ([7, 6, 5], seq(world, shop, 5))
    second, cursor = page(world, shop, limit=3, after=cursor)
    assert (second, cursor) == ([4, 3, 2], seq(world, shop, 2))
    assert page(world, shop, limit=3, after=cursor) == ([1], 0)
    newer, cursor = page(world, shop, limit=3, before=seq(world, shop, 1))
    assert (newer, cursor) == ([4, 3, 2], seq(world, shop, 4))
    assert page(world, shop, limit=3, before=cursor) == ([7, 6, 5], 0)
    assert page(world, shop, before=seq(world, shop, 7)) == ([], 0)
    between: Any = {"after": seq(world, shop, 6), "before": seq(world, shop, 2)}
    assert page(world, shop, **between) == ([5, 4, 3], 0)


def test_lines_of_a_time(world: World, shop: Caller, lin: Person) -> None:
    moments = []
    for amount in (1, 2, 3, 4):
        world.clock.forward(60)
        world.paid(lin, shop, amount)
        moments.append(world.clock.now_us)
    assert page(world, shop, from_at=moments[1]) == ([4, 3, 2], 0)
    assert page(world, shop, until_at=moments[2] - 1) == ([2, 1], 0)
    assert page(world, shop, from_at=moments[1], until_at=moments[3] - 1) == ([3, 2], 0)


def test_lines_of_one_thing(world: World, shop: Caller, lin: Person) -> None:
    first = world.paid(lin, shop, 1000)
    held = world.paid(lin, shop, 400, capture="manual")
    world.clock.forward(3600)
    world.ask(service.capture, AskOnPayment(shop, held.id, 100))
    refund = world.ask(service.request_refund, AskRefund(shop, first.id, 30))
    card = world.payment(shop, 500)
    world.confirm(lin, card, CARD)
    assert page(world, shop, ref=card.id) == ([], 0)
    world.clock.forward(60)
    world.rail_says(world.attempts(card.id)[0], "succeeded")
    back = world.ask(service.request_refund, AskRefund(shop, card.id, 500))
    world.clock.forward(60)
    world.rail_says(world.attempts(back.id)[0], "failed")
    world.ask(service.capture, AskOnPayment(shop, held.id, 50, final=True))
    paid = world.ask(service.pay_person, AskShopTransfer(shop, 7, "CNY", "t", "lin"))
    waits: Any = AskShopTransfer(shop, 8, "CNY", "w", "lin", needs_acceptance=True)
    waiting = world.ask(service.pay_person, waits)
    assert page(world, shop, ref=first.id) == ([1000], 0)
    assert page(world, shop, ref=held.id) == ([50, 100, 0], 0)
    assert page(world, shop, ref=refund.id) == ([-30], 0)
    assert page(world, shop, ref=card.id) == ([500], 0)
    assert page(world, shop, ref=back.id) == ([500, -500], 0)
    assert page(world, shop, ref=paid.id) == ([-7], 0)
    assert page(world, shop, ref=waiting.id) == ([0], 0)
    assert page(world, shop, ref=held.id, limit=2) == ([50, 100], seq(world, shop, 100))
    assert page(world, shop, ref=back.id, code="refund_returned") == ([500], 0)
    for nothing in ("", "pay_x", "lin", "re_01KGE3H90072B3R868W15FWDKA"):
        assert nothing == "" or page(world, shop, ref=nothing) == ([], 0)
    assert page(world, world.shop(), ref=first.id) == ([], 0)
    assert world.wrong() == []


def test_lines_of_one_code_are_found_among_many_others(
    world: World, shop: Caller, lin: Person
) -> None:
    world.paid(lin, shop, 5)
    for number in range(1100):
        world.fund(shop.app_id, 1 + number, code="shop")
    world.paid(lin, shop, 6)
    found: list[int] = []
    cursor, pages = 0, 0
    while cursor or not pages:
        some, cursor = page(world, shop, code="payment", after=cursor)
        found, pages = found + some, pages + 1
    assert (found, pages) == ([6, 5], 2)


def test_one_line_by_its_id(world: World, shop: Caller, lin: Person) -> None:
    world.paid(lin, shop, 70)
    [one] = world.read(service.lines, AskLines(shop)).items
    assert world.read(service.line, shop, one.transfer.id) == one
    assert (one.amount, one.balance_after) == (70, 70)
    for caller, line_id in ((world.shop(), one.transfer.id), (shop, "tr_x")):
        with world.refuses(m.LineNotFound, "id"):
            world.read(service.line, caller, line_id)


def test_what_splitting_left_to_the_shop_is_found_by_the_payment(
    world: World, clock: Clock
) -> None:
    street = Street(world)
    for manual in (False, True):
        payment = street.paid(1000, capture="manual" if manual else "auto")
        if manual:
            payment = world.ask(service.capture, AskOnPayment(street.shop, payment.id, 600))
        clock.forward(3600)
        street.split(payment, street.app(100), reference=f"s-{manual}", finish=True)
        clock.forward(3600)
        if manual:
            world.ask(service.capture, AskOnPayment(street.shop, payment.id, 50))
            clock.forward(3600)
            world.ask(service.capture, AskOnPayment(street.shop, payment.id, 0))
        world.paid(street.lin, street.shop, 10, split=False)
        found = world.read(service.lines, AskLines(street.shop, ref=payment.id, limit=20)).items
        everything = world.read(service.lines, AskLines(street.shop, limit=100)).items
        assert found == [one for one in everything if one.transfer.ref == payment.id]
        assert sum(one.amount for one in found) == 900
