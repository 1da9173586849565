"""What pay does after commit: refunds that wait are carried out, what has run out is closed."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from changliao.bus.jobs import ATTEMPTS_MAX, JOBS, Job, Runner
from changliao.bus.outbox import News
from changliao.partners.model import Caller
from changliao.pay import jobs as pay_jobs
from changliao.pay import service as pay
from changliao.pay.model import AskCombined, AskOnPayment, AskRefund, Part, Refund
from changliao.people.model import Person
from tests.rooms.world import World


@pytest.fixture
def shop(world: World) -> Iterator[Caller]:
    yield world.shop()
    assert world.wrong() == []


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def turn(world: World) -> bool:
    """One turn of a runner; whether there was anything to do."""

    async def run() -> bool:
        works = {pay.RETRY: pay_jobs.retry_refund(world.db)}
        runner = Runner(world.db, News(world.db), works)
        found = await runner._start_due()
        await asyncio.gather(*runner._running)
        return found

    return asyncio.run(run())


def sweep(world: World) -> int:
    async def run() -> int:
        return await pay_jobs.sweep_once(world.db)

    return asyncio.run(run())


def job(world: World) -> Job:
    [found] = world.read(lambda reader: reader.rows(JOBS, "WHERE kind = ?", pay.RETRY))
    return found  # type: ignore[no-any-return]


def owed(world: World, shop: Caller, lin: Person) -> Refund:
    """A refund of 1000 for which the shop has nothing left."""
    paid = world.paid(lin, shop)
    world.fund(shop.app_id, -1000, code="shop")
    refund = world.ask(pay.request_refund, AskRefund(shop, paid.id))
    assert (refund.status, refund.waits_for) == ("pending", "shop_balance")
    return refund


def test_a_refund_that_waits_is_tried_every_half_minute_and_never_given_up(
    world: World, shop: Caller, lin: Person
) -> None:
    refund = owed(world, shop, lin)
    assert not turn(world)
    for _ in range(ATTEMPTS_MAX + 3):
        world.clock.forward(29)
        assert not turn(world)
        world.clock.forward(2)
        assert turn(world)
        assert (job(world).state, job(world).note) == ("waiting", "")
    now = world.read(pay.refund_of, shop, refund.id)
    assert now == msgspec.structs.replace(refund, changed_at=now.changed_at)
    world.fund(shop.app_id, 1000, code="shop")
    world.clock.forward(31)
    assert turn(world)
    done = world.read(pay.refund_of, shop, refund.id)
    assert (done.status, done.waits_for) == ("succeeded", "")
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (5000, 0)
    assert job(world).state == "done"
    world.clock.forward(3600)
    assert not turn(world)


def test_a_sweep_closes_payments_and_gives_holds_back_at_their_time(
    world: World, shop: Caller, lin: Person
) -> None:
    opened = world.payment(shop)
    held = world.paid(lin, shop, 700, capture="manual")
    part = world.paid(lin, shop, 500, capture="manual")
    world.ask(pay.capture, AskOnPayment(shop, part.id, 200))
    assert (world.balance(lin.id), world.held(lin.id)) == (4800, 1000)
    assert sweep(world) == 0
    world.clock.now_us = opened.expires_at
    assert sweep(world) == 1
    assert world.payment_now(opened).status == "expired"
    world.clock.now_us = held.hold_expires_at - 1
    assert sweep(world) == 0
    world.clock.now_us = part.hold_expires_at
    assert sweep(world) == 2
    assert world.payment_now(held).status == "expired"
    kept = world.payment_now(part)
    assert (kept.status, kept.captured_amount) == ("paid", 200)
    assert (world.balance(lin.id), world.held(lin.id)) == (4800, 0)
    assert world.balance(shop.app_id, "shop") == 200
    assert sweep(world) == 0


def test_more_than_one_sweep_can_carry_is_left_for_the_next(world: World, shop: Caller) -> None:
    made = [world.payment(shop, reference=f"o-{number}") for number in range(5)]
    world.clock.forward(3 * 3600)
    assert len(world.read(pay.payments_due, world.clock.now_us, 3)) == 3
    assert sweep(world) == 5
    assert {world.payment_now(one).status for one in made} == {"expired"}


def test_the_sweep_closes_combinations_and_ends_splits(
    world: World, shop: Caller, lin: Person
) -> None:
    parts = (Part(1, "CNY", "a"), Part(2, "CNY", "b"))
    combined = world.ask(pay.create_combined, AskCombined(shop, "c", parts))
    assert sweep(world) == 0
    world.clock.forward(2 * 3600 + 1)
    assert sweep(world) == 1
    assert world.read(pay.combined, combined.id).status == "expired"
    assert {one.status for one in world.read(pay.parts_of, combined)} == {"expired"}

    aside = world.paid(lin, shop, split=True)
    assert world.balance(shop.app_id, "shop_unsplit") == 1000
    world.clock.forward(30 * 86400 + 1)
    assert sweep(world) == 1
    assert (world.balance(shop.app_id, "shop_unsplit"), sweep(world)) == (0, 0)
    assert world.balance(shop.app_id, "shop") == 1000
    assert world.payment_now(aside).split_ended_at > 0
    assert world.wrong() == []
