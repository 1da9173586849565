"""Methods a shop offers, suspends and resumes in each channel; customers it knows."""

from typing import Any

import msgspec
import pytest

from changliao.partners.model import Caller, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskCustomer, AskMethod, Channel, Customer, Method
from tests.rooms.world import World

CARD = "credit_card"


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def states(world: World, shop: Caller) -> dict[str, str]:
    found = world.read(service.methods_of, shop.app_id, shop.mode)
    return {f"{one.method}.{one.channel}": one.state for one in found}


def suspend(
    world: World, shop: Caller, method: str, channel: Channel, reason: str = "till is broken"
) -> Method:
    return world.ask(service.suspend_method, AskMethod(shop, method, channel, reason))


def test_the_wallet_is_offered_in_both_channels_by_itself(world: World, shop: Caller) -> None:
    assert states(world, shop) == {"wallet.web": "active", "wallet.mobile": "active"}


def test_a_rail_is_offered_once_in_each_channel(world: World, shop: Caller) -> None:
    ask = AskMethod(shop, CARD, "web")
    offered = world.ask(service.offer_method, ask)
    before = world.everything()
    assert world.ask(service.offer_method, ask) == offered
    assert world.everything() == before
    assert states(world, shop)["credit_card.web"] == "active"
    assert "credit_card.mobile" not in states(world, shop)
    assert world.facts(shop.app_id)[-1] == "method.offered"


@pytest.mark.parametrize("method", ["wallet", CARD])
def test_a_suspended_method_takes_no_money_in_that_channel_until_it_is_resumed(
    world: World, shop: Caller, method: str
) -> None:
    lin = world.person("lin", money=5000)
    if method == CARD:
        for channel in m.CHANNELS:
            world.ask(service.offer_method, AskMethod(shop, CARD, channel))
    suspended = suspend(world, shop, method, "mobile")
    assert (suspended.state, suspended.reason) == ("suspended", "till is broken")
    payment = world.payment(shop, 100)
    with world.refuses(m.MethodSuspended, "method", reason="till is broken"):
        world.confirm(lin, payment, method)
    assert world.confirm(lin, payment, method, channel="web").status in ("paid", "processing")
    ask = AskMethod(shop, method, "mobile")
    assert world.ask(service.resume_method, ask).state == "active"
    assert world.confirm(lin, world.payment(shop, 100), method).status in ("paid", "processing")
    before = world.everything()
    assert world.ask(service.resume_method, ask).state == "active"
    assert world.everything() == before
    assert world.wrong() == []


def test_a_wrong_pin_is_not_counted_where_the_method_is_suspended(
    world: World, shop: Caller
) -> None:
    lin = world.person("lin", money=5000)
    suspend(world, shop, "wallet", "mobile")
    payment = world.payment(shop, 100)
    with world.refuses(m.MethodSuspended):
        world.confirm(lin, payment, pin="000000")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\0b"])
def test_a_suspension_needs_a_reason_that_people_can_read(
    world: World, shop: Caller, reason: str
) -> None:
    with world.refuses(m.TextTooLong if reason.strip() else m.ReasonMissing, "reason"):
        suspend(world, shop, "wallet", "web", reason)


def test_a_method_that_is_not_offered_is_neither_suspended_nor_resumed(
    world: World, shop: Caller
) -> None:
    with world.refuses(m.MethodNotFound, "method"):
        suspend(world, shop, CARD, "web")
    with world.refuses(m.MethodNotFound, "method"):
        world.ask(service.resume_method, AskMethod(shop, CARD, "web"))


def test_methods_are_each_shops_and_each_modes_own(world: World, shop: Caller) -> None:
    live = msgspec.structs.replace(shop, mode="live")
    suspend(world, shop, "wallet", "web")
    assert states(world, shop)["wallet.web"] == "suspended"
    assert states(world, live)["wallet.web"] == "active"
    assert states(world, world.shop("Other"))["wallet.web"] == "active"


def test_who_suspended_a_method_is_told(world: World, shop: Caller) -> None:
    suspend(world, shop, "wallet", "web")
    told = world.newest(shop.app_id)
    assert (told.kind, told.actor, told.reason) == (
        "method.suspended",
        shop.actor,
        "till is broken",
    )


@pytest.mark.parametrize(
    "verb", [service.offer_method, service.suspend_method, service.resume_method]
)
def test_without_the_scope_methods_stay_as_they_are(world: World, shop: Caller, verb: Any) -> None:
    weak = msgspec.structs.replace(shop, scopes=("payments:read", "payments:write"))
    with world.refuses(ScopeForbids):
        world.ask(verb, AskMethod(weak, "wallet", "web", "why"))


# Customers ----------------------------------------------------------------------------------


def customer(world: World, shop: Caller, reference: str = "c-1", name: str = "") -> Customer:
    return world.ask(service.add_customer, AskCustomer(shop, reference, name))


def test_the_same_number_is_the_same_customer(world: World, shop: Caller) -> None:
    first = customer(world, shop, name="Ms Mei")
    assert customer(world, shop, name="Another") == first
    assert customer(world, msgspec.structs.replace(shop, mode="live")).id != first.id
    assert world.payment(shop, 100, customer_id=first.id).customer_id == first.id


def test_the_customer_of_another_shop_or_mode_does_not_exist(world: World, shop: Caller) -> None:
    mine = customer(world, shop)
    for other in (world.shop("Other"), msgspec.structs.replace(shop, mode="live")):
        with world.refuses(m.CustomerNotFound, "customer_id"):
            world.payment(other, 100, customer_id=mine.id)
        with pytest.raises(m.CustomerNotFound):
            world.read(service.customer_of, other, mine.id)


def test_a_customer_that_cannot_be_is_refused(world: World, shop: Caller) -> None:
    for reference in ("", "x" * 101, "a\0", "\ud800", "a\n"):
        with world.refuses(m.ReferenceInvalid, "reference"):
            customer(world, shop, reference)
    for name in ("x" * 101, "a\0", "\ud800"):
        with world.refuses(m.TextTooLong, "name"):
            customer(world, shop, name=name)
    weak = msgspec.structs.replace(shop, scopes=("payments:read",))
    with world.refuses(ScopeForbids):
        customer(world, weak)
