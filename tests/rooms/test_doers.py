"""Whatever the members, keys and agents of a shop do with money, its facts say who did it."""

from typing import Any

import msgspec
import pytest

from changliao.bus.outbox import facts_about
from changliao.partners import model as pm
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.people.model import Person
from tests.rooms.world import World

MEMBER = "per_of_a_member"


@pytest.fixture
def shop(world: World) -> Caller:
    """A shop in the hands of one of its members, with money of its own."""
    shop = msgspec.structs.replace(world.shop(), actor=MEMBER)
    world.fund(shop.app_id, 5000, code="shop")
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def doers(world: World, about: str) -> dict[str, str]:
    """Who did it, by the kind of every fact about a thing that names somebody."""
    told = [(row.kind, msgspec.json.decode(row.body)) for row in world.read(facts_about, about)]
    return {kind: fact["actor"] for kind, fact in told if fact.get("actor")}


def test_refunds_captures_voids_and_cancellations_name_the_member(
    world: World, shop: Caller, lin: Person
) -> None:
    held = world.paid(lin, shop, capture="manual")
    world.ask(pay.capture, m.AskOnPayment(shop, held.id, 400))
    world.ask(pay.request_refund, m.AskRefund(shop, held.id, 100))
    assert doers(world, held.id) == {"payment.captured": MEMBER, "refund.requested": MEMBER}
    voided = world.paid(lin, shop, capture="manual")
    world.ask(pay.void, m.AskOnPayment(shop, voided.id))
    unpaid = world.payment(shop)
    world.ask(pay.cancel_payment, m.AskOnPayment(shop, unpaid.id))
    for payment in (voided, unpaid):
        assert doers(world, payment.id) == {"payment.canceled": MEMBER}


def test_splits_their_returns_and_their_end_name_the_member(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, other = world.paid(lin, shop, split=True), world.shop("Market")
    receivers = (m.Receiver("app", other.app_id, 300, "commission"),)
    split = world.ask(pay.split_payment, m.AskSplit(shop, payment.id, "s-1", receivers))
    back = m.AskSplitReturn(shop, split.id, split.line_ids[0], "r-1", 100, "sorry")
    world.ask(pay.return_split, back)
    world.ask(pay.split_payment, m.AskSplit(shop, payment.id, "s-2", (), finish=True))
    assert doers(world, payment.id) == {
        "split.created": MEMBER,
        "split.returned": MEMBER,
        "split.finished": MEMBER,
    }


def test_what_time_ends_names_nobody(world: World, shop: Caller, lin: Person) -> None:
    payment = world.paid(lin, shop, split=True)
    world.clock.forward(31 * 24 * 3600)
    world.ask(pay.end_splits, [payment.id])
    assert world.facts(payment.id)[-1] == "split.finished"
    assert doers(world, payment.id) == {}


def test_transfers_name_the_member_and_never_the_person_who_accepts(
    world: World, shop: Caller, lin: Person
) -> None:
    def pays(reference: str, **said: Any) -> m.ShopTransfer:
        asked = m.AskShopTransfer(
            shop, 300, currency="CNY", reference=reference, person="lin", **said
        )
        return world.ask(pay.pay_person, asked)

    assert doers(world, pays("t-1").id) == {"transfer.succeeded": MEMBER}
    taken, canceled, declined = (pays(f"t-{n}", needs_acceptance=True) for n in (2, 3, 4))
    world.ask(pay.accept_transfer, m.AskIncoming(lin.id, taken.id))
    world.ask(pay.cancel_transfer, m.AskCancelTransfer(shop, canceled.id))
    world.ask(pay.decline_transfer, m.AskIncoming(lin.id, declined.id))
    waited = {"transfer.waiting": MEMBER}
    assert world.facts(taken.id) == ["transfer.waiting", "transfer.succeeded"]
    assert doers(world, taken.id) == waited
    assert doers(world, canceled.id) == waited | {"transfer.canceled": MEMBER}
    assert doers(world, declined.id) == waited


def test_an_app_that_acts_for_the_shop_is_named_and_not_its_key(
    world: World, shop: Caller, lin: Person
) -> None:
    agent, payment = world.shop("Provider"), world.paid(lin, shop)
    owner = world.read(partners.members_of, shop.partner_id)[0].person_id
    world.ask(partners.grant_agent, pm.AskAgent(owner, shop.app_id, agent.app_id))
    acting = world.read(partners.on_behalf_of, agent, shop.app_id)
    world.ask(pay.request_refund, m.AskRefund(acting, payment.id, 100))
    assert doers(world, payment.id) == {"refund.requested": agent.app_id}


def test_a_combination_that_is_canceled_names_the_member(world: World, shop: Caller) -> None:
    parts = (m.Part(100, "CNY", "o-1"), m.Part(200, "CNY", "o-2"))
    combined = world.ask(pay.create_combined, m.AskCombined(shop, "c-1", parts))
    world.ask(pay.cancel_combined, m.AskOnCombined(shop, combined.id))
    for about in (combined.id, *combined.payment_ids):
        assert doers(world, about) == {
            "combined.canceled" if about == combined.id else "payment.canceled": MEMBER
        }
