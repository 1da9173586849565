"""The verbs of shops' own servers on both databases: tokens, keys, and who is reported to."""

import pytest

from changliao.bus.outbox import AskAdvance, advance, facts_after
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.dialects import instances, service
from changliao.dialects.model import (
    Account,
    AskAccount,
    AskAccountChange,
    AskInstance,
    AskInstanceKeys,
    AskSaying,
    Instance,
    Notice,
    Said,
)
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskPayment, Payment
from tests.rooms.world import World

URL = "https://shop.example/graphql/"


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def account(world: World, shop: Caller) -> Account:
    said = AskAccount(shop, "saleor", "0123456789abcdef", "", "", "", {}, {})
    return world.ask(service.open_account, said)


def registered(world: World, one: Account, token: str = "t-1", url: str = URL) -> Instance:
    return world.ask(instances.register_instance, AskInstance(one, url, "App:1", token, {"1": "k"}))


def order(world: World, shop: Caller, one: Account, url: str = URL, number: str = "o") -> Payment:
    asked = AskSaying(pay.create_payment, AskPayment(shop, 900, "CNY", number), Said(one, url))
    made: Payment = world.ask(service.saying, asked)
    return made


def tells(reader: Reader, fact: FactRow) -> list[tuple[str, str]]:
    return [("CANCELED", fact.about)] if fact.kind == "payment.canceled" else []


def planned(world: World) -> list[Notice]:
    """What the follower plans of everything that has happened."""
    facts = world.read(facts_after, 0, 500)
    plan = instances.planner("saleor", tells)
    world.ask(advance, AskAdvance("dialects.instances", 0, facts, plan))
    return list(world.everything()["dialects_notices"])


def test_a_server_that_registers_again_keeps_its_id_and_has_a_new_token(
    world: World, shop: Caller
) -> None:
    one = account(world, shop)
    first = registered(world, one)
    second = registered(world, one, "t-2")

    assert (second.id, second.created_at) == (first.id, first.created_at)
    assert second.registered_at > first.registered_at
    assert instances.token_of(world.db.vault, second) == "t-2"
    assert "t-2" not in second.token and "t-2" not in repr(second)
    assert world.read(instances.instances_of, one.id) == [second]
    assert world.read(instances.instance_at, one.id, "https://other.example/graphql/") is None


def test_keys_are_replaced_and_their_moment_with_them(world: World, shop: Caller) -> None:
    known = registered(world, account(world, shop))
    now = world.ask(instances.keep_keys, AskInstanceKeys(known.id, {"2": "other"}))
    assert now.keys == {"2": "other"} and now.keys_at > known.keys_at
    assert now.token == known.token


def test_what_happened_is_reported_where_the_payment_was_asked_for(
    world: World, shop: Caller
) -> None:
    one = account(world, shop)
    mine = order(world, shop, one)
    silent = order(world, shop, one, url="", number="p")
    native = world.ask(pay.create_payment, AskPayment(shop, 900, "CNY", "q"))
    for payment in (mine, silent, native):
        world.ask(pay.cancel_payment, AskOnPayment(shop, payment.id))

    (notice,) = planned(world)
    assert (notice.kind, notice.subject, notice.url) == ("CANCELED", mine.id, URL)
    assert (notice.account_id, notice.dialect) == (one.id, "saleor")


def test_an_account_that_was_closed_is_still_told_of_its_payments(
    world: World, shop: Caller
) -> None:
    one = account(world, shop)
    payment = order(world, shop, one)
    world.ask(service.close_account, AskAccountChange(shop, one.id))
    world.ask(pay.cancel_payment, AskOnPayment(shop, payment.id))
    assert [notice.subject for notice in planned(world)] == [payment.id]
