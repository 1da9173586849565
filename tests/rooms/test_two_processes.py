"""Several processes on one PostgreSQL: one payer, one posting, one delivery, each fact heard once.

A process is here a Db of its own with its own lane, followers, sweep and job runner; they share the
database and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest

from changliao.app.following import FOLLOWERS
from changliao.bus.jobs import JOBS, Runner
from changliao.bus.outbox import News, follow
from changliao.db.db import Db
from changliao.db.once import AskOnce, once
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.partners.model import AskEndpoint, Caller
from changliao.partners.store import DELIVERIES
from changliao.pay import jobs as pay_jobs
from changliao.pay import service as pay
from changliao.pay.model import (
    AskConfirm,
    AskMethod,
    AskOnPayment,
    AskPayment,
    AskRefund,
    Payment,
    PaymentNotOpen,
)
from changliao.pay.store import PAYMENTS, REFUNDS
from changliao.people.model import Person
from changliao.rails import jobs as rails_jobs
from changliao.rails import service as rails
from changliao.rails.model import Answer, Attempt
from changliao.rails.port import Hear
from tests.patience import PATIENCE_S
from tests.places import PostgresPlace
from tests.rooms.world import PIN, Clock, World

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
CARD = "credit_card"


@pytest.fixture
def world(postgres_place: PostgresPlace) -> Iterator[World]:
    world = World(postgres_place, Clock())
    yield world
    assert world.wrong() == []


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    for channel in ("web", "mobile"):
        world.ask(pay.offer_method, AskMethod(shop, CARD, channel))
    return shop


class Counting:
    """A rail that answers at once and counts how often each attempt was sent."""

    name, test_only, top_up = CARD, True, False

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        self.sent.append(attempt.id)
        return Answer("succeeded")

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        return Answer("succeeded")

    def listen(self, hear: Hear) -> None:
        """It never reports by itself."""

    async def close(self) -> None:
        """Nothing to let go of."""


@asynccontextmanager
async def processes(dbs: list[Db], rail: Counting) -> Any:
    """All of them at work behind the lane."""
    async with AsyncExitStack() as stack:
        for db in dbs:
            news = News(db)
            works = {
                rails.CARRY: rails_jobs.carry(db, {CARD: rail}),
                pay.RETRY: pay_jobs.retry_refund(db),
            }
            runner = Runner(db, news, works)
            running = [follow(db, news, name, heard) for name, heard in FOLLOWERS]
            running += [runner.run(), pay_jobs.sweep(db)]
            for work in running:
                stack.push_async_callback(end, asyncio.ensure_future(work))
            stack.push_async_callback(runner.stop)
        yield


async def end(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(clock: Clock, true: Callable[[], Awaitable[bool]]) -> None:
    """Wait, while time passes slowly: a lease must not run out meanwhile."""
    async with asyncio.timeout(PATIENCE_S):
        while not await true():
            clock.now_us += 1000
            await asyncio.sleep(0.02)


async def settled(*asks: Awaitable[Any]) -> list[Any]:
    """Answers and refusals, raised or returned."""
    return await asyncio.gather(*asks, return_exceptions=True)


def confirm(lin: Person, payment: Payment, method: str = "wallet") -> AskConfirm:
    return AskConfirm(lin.id, payment.id, method, "mobile", PIN)


def test_one_payment_confirmed_in_both_is_paid_once(world: World, shop: Caller) -> None:
    lin = world.person("lin", money=10_000)
    payments = [world.payment(shop, 100) for _ in range(10)]
    other = world.place.open(clock=world.clock)

    async def both() -> list[Any]:
        asks = [confirm(lin, one) for one in payments]
        return await settled(
            *[db.write(pay.confirm_payment, ask) for ask in asks for db in (world.db, other)]
        )

    answers = asyncio.run(both())
    assert [type(one) for one in answers].count(Payment) == 10
    assert [type(one) for one in answers].count(PaymentNotOpen) == 10
    assert world.balance(lin.id) == 9000
    assert world.balance(shop.app_id, "shop") == 1000


def test_two_processes_do_not_spend_the_same_money(world: World, shop: Caller) -> None:
    lin = world.person("lin", money=500)
    payments = [world.payment(shop, 100) for _ in range(12)]
    other = world.place.open(clock=world.clock)

    async def both() -> list[Any]:
        dbs = [world.db, other] * 6
        asks = [confirm(lin, one) for one in payments]
        return await settled(
            *[db.write(pay.confirm_payment, ask) for db, ask in zip(dbs, asks, strict=True)]
        )

    answers = asyncio.run(both())
    assert len([one for one in answers if isinstance(one, Payment)]) == 5
    assert len([one for one in answers if isinstance(one, Refusal)]) == 7
    assert world.balance(lin.id) == 0
    assert world.balance(shop.app_id, "shop") == 500


def test_one_key_sent_to_both_is_answered_alike_and_done_once(world: World, shop: Caller) -> None:
    lin = world.person("lin", money=1000)
    paid = world.paid(lin, shop, 1000)
    other = world.place.open(clock=world.clock)
    ask = AskRefund(shop, paid.id, 100)

    async def both() -> list[Any]:
        return await settled(
            *[
                db.write(
                    once, AskOnce(shop.app_id, f"key-{n}", b"", pay.request_refund, ask, type_)
                )
                for n in range(5)
                for db in (world.db, other)
                for type_ in [pay.request_refund.__annotations__["return"]]
            ]
        )

    answers = asyncio.run(both())
    assert answers[::2] == answers[1::2]
    assert len({one.id for one in answers}) == 5
    assert world.balance(lin.id) == 500


def test_an_order_is_carried_by_whoever_is_quicker_and_never_twice(
    world: World, shop: Caller
) -> None:
    lin = world.person("lin", money=1000)
    ask_hook = AskEndpoint(shop, "https://shop.example/", ("payment.paid",), "v1", bytes(32))
    world.ask(partners.add_endpoint, ask_hook)
    dbs = [world.db, world.place.open(clock=world.clock), world.place.open(clock=world.clock)]
    rail = Counting()

    async def one_order(number: int) -> None:
        db, beside = dbs[number % 3], dbs[(number + 1) % 3]
        made = await db.write(pay.create_payment, AskPayment(shop, 100, "CNY", f"o-{number}"))
        await beside.write(pay.confirm_payment, confirm(lin, made, CARD))

        async def is_paid() -> bool:
            return bool((await db.read(pay.payment, made.id)).status == "paid")

        await until(world.clock, is_paid)
        both = [one.write(pay.request_refund, AskRefund(shop, made.id)) for one in (db, beside)]
        assert [isinstance(a, Refusal) for a in await settled(*both)].count(True) == 1

        async def is_back() -> bool:
            return bool((await db.read(pay.payment, made.id)).refunded_amount == 100)

        await until(world.clock, is_back)

    async def all_orders() -> None:
        async with processes(dbs, rail):
            await asyncio.gather(*[one_order(number) for number in range(30)])
            await until(world.clock, nothing_waits)

    async def nothing_waits() -> bool:
        where = "WHERE state = 'waiting' AND kind <> 'partners.deliver'"
        return not await world.db.read(lambda reader: reader.rows(JOBS, where))

    asyncio.run(all_orders())
    assert sorted(rail.sent) == sorted(set(rail.sent))
    assert len(rail.sent) == 60
    assert len(world.read(lambda reader: reader.rows(DELIVERIES, ""))) == 30
    assert len(world.read(lambda reader: reader.rows(REFUNDS, "WHERE status = 'succeeded'"))) == 30
    assert world.balance(CARD, "rail_clearing") == 0
    assert world.balance(shop.app_id, "shop") == 0


def test_payments_and_holds_that_run_out_are_swept_once(world: World, shop: Caller) -> None:
    lin = world.person("lin", money=1000)
    opened = [world.payment(shop, 10) for _ in range(5)]
    held = [world.paid(lin, shop, 10, capture="manual") for _ in range(5)]
    world.ask(pay.capture, AskOnPayment(shop, held[0].id, 4))
    world.clock.forward(8 * 86400)
    other = world.place.open(clock=world.clock)

    async def both() -> None:
        await asyncio.gather(*[pay_jobs.sweep_once(db) for db in (world.db, other) * 3])

    asyncio.run(both())
    rows = {one.id: one.status for one in world.read(lambda reader: reader.rows(PAYMENTS, ""))}
    assert {rows[one.id] for one in opened} == {"expired"}
    assert [rows[one.id] for one in held] == ["paid", *["expired"] * 4]
    assert (world.balance(lin.id), world.held(lin.id)) == (996, 0)
    for one in [*opened, *held[1:]]:
        assert world.facts(one.id).count("payment.expired") == 1
