"""Attempts on rails: what each answer does, doubt, late money, and the jobs that call rails."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from changliao.bus.jobs import ATTEMPTS_MAX, JOBS, Job, Runner, Stranded
from changliao.bus.outbox import News
from changliao.ledger.store import ACCOUNTS
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import AskMethod, AskOnPayment, Payment
from changliao.people.model import Person
from changliao.rails import jobs as rails_jobs
from changliao.rails import service as rails
from changliao.rails.model import (
    Answer,
    AskSettle,
    Attempt,
    AttemptNotFound,
    Outcome,
)
from changliao.rails.port import Hear
from changliao.rails.sandbox import INSTRUMENTS, Sandbox
from tests.patience import PATIENCE_S
from tests.rooms.world import World

CARD = "credit_card"
MONTH_S = 30 * 86400


@pytest.fixture
def shop(world: World) -> Iterator[Caller]:
    shop = world.shop()
    world.ask(pay.offer_method, AskMethod(shop, CARD, "mobile"))
    yield shop
    assert world.wrong() == []


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def processing(
    world: World, shop: Caller, lin: Person, instrument: str = "ok"
) -> tuple[Payment, Attempt]:
    """A payment of 1000 on its way, and its attempt."""
    payment = world.confirm(lin, world.payment(shop), CARD, instrument=instrument)
    assert payment.status == "processing"
    return payment, world.attempts(payment.id)[-1]


def money(world: World, shop: Caller) -> dict[str, int]:
    """Whatever stands on the shop's accounts and the rail's."""
    rows = world.read(lambda reader: reader.rows(ACCOUNTS, ""))
    mine = (shop.app_id, CARD)
    return {one.code: one.balance for one in rows if one.owner in mine and one.balance}


def say(world: World, attempt: Attempt, outcome: Outcome) -> int:
    """What a rail says; nobody hears of it yet."""
    return world.ask(rails.settle, AskSettle(attempt.id, Answer(outcome, "", "", 5)))


def expire(world: World, payment: Payment) -> None:
    """A sweep that finds this one."""
    ids: list[str] = [payment.id]
    world.ask(pay.expire_many, ids)


# Answers ----------------------------------------------------------------------------------------


def test_a_yes_brings_the_money_and_the_payment_is_paid_when_it_is_heard(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    assert say(world, attempt, "succeeded") == 0
    assert money(world, shop) == {"rail_clearing": -1000, "rail_received": 1000}
    assert world.payment_now(payment).status == "processing"
    world.hear()
    assert money(world, shop) == {"rail_clearing": -1000, "shop": 1000}
    now = world.payment_now(payment)
    assert (now.status, now.captured_amount, now.method) == ("paid", 1000, CARD)
    assert world.facts(payment.id) == [
        "payment.created",
        "attempt.opened",
        "payment.processing",
        "attempt.succeeded",
        "payment.paid",
    ]
    assert world.balance(lin.id) == 5000


def test_a_rail_that_will_know_later_is_asked_again(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    again_at = say(world, attempt, "pending")
    assert 5_000_000 <= again_at - world.clock.now_us < 5_001_000
    [now] = world.attempts(payment.id)
    assert (now.state, now.asked) == ("sent", 1)
    world.hear()
    assert world.payment_now(payment) == payment
    assert money(world, shop) == {}


def test_a_payment_in_doubt_is_neither_canceled_nor_paid_again_nor_runs_out(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.rail_says(attempt, "unknown")
    assert world.facts(payment.id)[-2:] == ["attempt.unknown", "payment.in_doubt"]
    world.clock.forward(MONTH_S)
    with world.refuses(m.PaymentNotCancelable, "id", status="processing"):
        world.ask(pay.cancel_payment, AskOnPayment(shop, payment.id))
    with world.refuses(m.PaymentNotOpen, "id", status="processing"):
        world.confirm(lin, payment)
    with world.refuses(m.PaymentNotAuthorized):
        world.ask(pay.void, AskOnPayment(shop, payment.id))
    with world.refuses(m.PaymentNotPaid):
        world.ask(pay.request_refund, m.AskRefund(shop, payment.id))
    assert world.read(pay.payments_due, world.clock.now_us) == []
    expire(world, payment)
    assert world.payment_now(payment).status == "processing"
    assert world.read(rails.oldest_open) == world.attempts(payment.id)[0]
    world.rail_says(attempt, "succeeded")
    assert world.payment_now(payment).status == "paid"
    assert money(world, shop) == {"rail_clearing": -1000, "shop": 1000}


def test_a_no_opens_the_payment_again_for_another_try(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.rail_says(attempt, "failed", "no cover")
    now = world.payment_now(payment)
    assert (now.status, now.reason, now.attempt_id, now.payer) == ("open", "no cover", "", "")
    assert world.facts(payment.id)[-1] == "payment.attempt_failed"
    assert money(world, shop) == {}
    assert world.confirm(lin, payment).status == "paid"
    assert money(world, shop) == {"shop": 1000}


def test_a_no_after_its_time_lets_the_payment_run_out(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.clock.forward(3 * 3600)
    world.rail_says(attempt, "failed")
    with world.refuses(m.PaymentExpired):
        world.confirm(lin, payment)
    due = world.read(pay.payments_due, world.clock.now_us)
    assert due == [payment.id]
    world.ask(pay.expire_many, due)
    assert world.payment_now(payment).status == "expired"


@pytest.mark.parametrize("first", ["succeeded", "failed"])
def test_a_clear_answer_is_kept_whatever_is_said_after_it(
    world: World, shop: Caller, lin: Person, first: Outcome
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.rail_says(attempt, first)
    before = money(world, shop), world.payment_now(payment), world.facts(payment.id)
    others: list[Outcome] = ["pending", "unknown", "failed", first]
    for other in others:
        assert say(world, attempt, other) == 0
        world.hear()
        assert (money(world, shop), world.payment_now(payment), world.facts(payment.id)) == before
    assert world.attempts(payment.id)[0].state == first


def test_a_yes_said_many_times_at_once_moves_the_money_once(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    asks = [(rails.settle, AskSettle(attempt.id, Answer("succeeded")))] * 5
    assert world.ask_together(asks) == [0] * 5
    world.hear()
    assert money(world, shop) == {"rail_clearing": -1000, "shop": 1000}
    assert world.facts(payment.id).count("payment.paid") == 1


def test_an_attempt_that_is_not_there_is_not_settled(world: World) -> None:
    with world.refuses(AttemptNotFound, "attempt_id"):
        world.ask(rails.settle, AskSettle("att_0", Answer("succeeded")))


# Late money -------------------------------------------------------------------------------------


def paid_otherwise(world: World, shop: Caller, lin: Person, payment: Payment) -> None:
    world.confirm(lin, payment)


def canceled(world: World, shop: Caller, lin: Person, payment: Payment) -> None:
    world.ask(pay.cancel_payment, AskOnPayment(shop, payment.id))


def run_out(world: World, shop: Caller, lin: Person, payment: Payment) -> None:
    world.clock.forward(3 * 3600)
    expire(world, payment)


def tried_again(world: World, shop: Caller, lin: Person, payment: Payment) -> None:
    world.confirm(lin, payment, CARD)


def left_open(world: World, shop: Caller, lin: Person, payment: Payment) -> None:
    """Nobody did anything."""


@pytest.mark.parametrize(
    ("meanwhile", "status", "shops"),
    [
        (left_open, "open", 0),
        (paid_otherwise, "paid", 1000),
        (canceled, "canceled", 0),
        (run_out, "expired", 0),
        (tried_again, "processing", 0),
    ],
)
def test_money_that_comes_after_a_no_goes_through_suspense_and_back_out(
    world: World,
    shop: Caller,
    lin: Person,
    meanwhile: Callable[[World, Caller, Person, Payment], None],
    status: str,
    shops: int,
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.rail_says(attempt, "failed")
    meanwhile(world, shop, lin, payment)
    before = world.payment_now(payment)
    world.rail_says(attempt, "succeeded")
    now = world.payment_now(payment)
    assert (now, now.status) == (before, status)
    paid = {"shop": shops} if shops else {}
    assert money(world, shop) == {"rail_clearing": -1000, "rail_payable": 1000, **paid}
    assert "payment.late_money" in world.facts(payment.id)
    back = world.attempts(payment.id)[-1]
    assert (back.direction, back.purpose, back.of) == ("out", "late_money", attempt.id)
    assert (back.amount, back.currency, back.mode) == (1000, "CNY", "test")
    for _ in range(2):
        world.rail_says(back, "succeeded")
        assert money(world, shop) == paid
        assert world.payment_now(payment) == before
    assert world.facts(payment.id).count("payment.late_money_returned") == 1


def test_a_no_and_a_late_yes_that_are_heard_together_come_to_the_same(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    say(world, attempt, "failed")
    say(world, attempt, "succeeded")
    world.hear()
    assert world.payment_now(payment).status == "open"
    assert money(world, shop) == {"rail_clearing": -1000, "rail_payable": 1000}


def test_late_money_that_the_rail_does_not_take_back_stays_in_suspense(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    world.rail_says(attempt, "failed")
    world.rail_says(attempt, "succeeded")
    world.rail_says(world.attempts(payment.id)[-1], "failed")
    assert money(world, shop) == {"rail_clearing": -1000, "suspense": 1000}
    assert "payment.late_money_returned" not in world.facts(payment.id)


# The job that calls rails -----------------------------------------------------------------------


class Scripted:
    """A rail that says what it was told to say, and remembers who asked."""

    name, test_only, top_up = CARD, True, False

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, str]] = []

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        return self._next("send", attempt)

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        return self._next("look", attempt)

    def listen(self, hear: Hear) -> None:
        """It never reports by itself."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _next(self, call: str, attempt: Attempt) -> Answer:
        self.calls.append((call, attempt.id))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def job_of(world: World, attempt: Attempt) -> Job:
    key = (rails.CARRY, attempt.id)
    found = world.read(lambda reader: reader.find(JOBS, ("kind", "about"), key))
    assert found is not None
    return found  # type: ignore[no-any-return]


def carry(world: World, rail: Scripted, attempt: Attempt) -> int | None:
    job = job_of(world, attempt)

    async def run() -> int | None:
        return await rails_jobs.carry(world.db, {CARD: rail})(job)

    return asyncio.run(run())


def test_an_attempt_is_sent_once_and_looked_after_until_the_rail_knows(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)
    rail = Scripted(Answer("pending", ask_again_s=7), Answer("pending"), Answer("succeeded"))
    again_at = carry(world, rail, attempt)
    assert again_at is not None
    assert (again_at - world.clock.now_us) // 1_000_000 == 7
    assert carry(world, rail, attempt) is not None
    assert carry(world, rail, attempt) is None
    assert carry(world, rail, attempt) is None
    assert rail.calls == [("send", attempt.id), ("look", attempt.id), ("look", attempt.id)]
    world.hear()
    assert world.payment_now(payment).status == "paid"


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), KeyError("x")])
def test_a_rail_that_does_not_answer_leaves_doubt_and_is_asked_what_became_of_it(
    world: World, shop: Caller, lin: Person, error: Exception
) -> None:
    payment, attempt = processing(world, shop, lin)
    rail = Scripted(error, error, Answer("succeeded"))
    assert carry(world, rail, attempt) is not None
    [now] = world.attempts(payment.id)
    assert (now.state, now.reason) == ("unknown", f"no answer: {type(error).__name__}")
    assert carry(world, rail, attempt) is not None
    assert carry(world, rail, attempt) is None
    assert [call for call, _ in rail.calls] == ["send", "look", "look"]
    world.hear()
    assert world.payment_now(payment).status == "paid"


def test_the_same_attempt_is_sent_again_under_the_same_id_when_the_answer_was_lost(
    world: World, shop: Caller, lin: Person
) -> None:
    _, attempt = processing(world, shop, lin)
    rail = Scripted(Answer("succeeded"), Answer("succeeded"))
    job = job_of(world, attempt)

    async def twice() -> None:
        work = rails_jobs.carry(world.db, {CARD: rail})
        await asyncio.gather(work(job), work(job))

    asyncio.run(twice())
    world.hear()
    assert set(rail.calls) <= {("send", attempt.id)}
    assert money(world, shop) == {"rail_clearing": -1000, "shop": 1000}


def test_a_rail_whose_account_is_of_the_other_mode_now_is_neither_asked_nor_believed(
    world: World, shop: Caller, lin: Person
) -> None:
    _, attempt = processing(world, shop, lin)
    rail = Scripted(Answer("succeeded"))
    rail.test_only = False
    with pytest.raises(Stranded):
        carry(world, rail, attempt)
    assert (rail.calls, world.attempts(attempt.about)) == ([], [attempt])
    assert money(world, shop) == {}


def test_an_attempt_of_a_refused_confirmation_is_never_sent(world: World, shop: Caller) -> None:
    lin, payment = world.person("lin"), world.payment(shop, capture="manual")
    with world.refuses(m.CaptureUnsupported):
        world.confirm(lin, payment, CARD)
    assert world.attempts(payment.id) == []


def test_an_attempt_whose_rail_is_switched_off_waits_and_goes_on_when_it_is_back(
    world: World, shop: Caller, lin: Person
) -> None:
    payment, attempt = processing(world, shop, lin)

    async def turn() -> None:
        runner = runner_of(world)
        assert await runner._start_due()
        await asyncio.gather(*runner._running)

    for _ in range(ATTEMPTS_MAX + 1):
        world.clock.forward(3601)
        asyncio.run(turn())
    assert (job_of(world, attempt).state, job_of(world, attempt).attempts) == ("waiting", 0)
    assert world.attempts(payment.id) == [attempt]
    assert world.read(rails.switched_off, ("boleto",)) == [(CARD, 1, attempt.id)]
    assert world.read(rails.switched_off, ("boleto", CARD)) == []
    rail = Scripted(Answer("succeeded"))

    async def start() -> None:
        runner = runner_of(world, rail)
        task = asyncio.ensure_future(runner.run())
        async with asyncio.timeout(PATIENCE_S):
            while not rail.calls:
                world.clock.forward(1)
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, *runner._running, return_exceptions=True)

    asyncio.run(start())
    world.hear()
    assert rail.calls == [("send", attempt.id)]
    assert world.payment_now(payment).status == "paid"


def runner_of(world: World, *configured: Scripted) -> Runner:
    """A runner as it starts with these rails alone."""
    work = rails_jobs.carry(world.db, {rail.name: rail for rail in configured})
    return Runner(world.db, News(world.db), {rails.CARRY: work})


# The sandbox ------------------------------------------------------------------------------------

BECOMES = {
    "declined": ("failed", "open"),
    "unknown_declined": ("failed", "open"),
    "late_after_decline": ("succeeded", "open"),
}


@pytest.mark.parametrize("kind", ["card", "bank"])
@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_every_sandbox_instrument_ends_as_it_promises(
    world: World, shop: Caller, lin: Person, instrument: str, kind: Literal["card", "bank"]
) -> None:
    payment, attempt = processing(world, shop, lin, instrument)
    rail = Sandbox(CARD, kind, world.clock, delay_s=1)
    job = job_of(world, attempt)

    async def live() -> None:
        rail.listen(rails_jobs.hear(world.db))
        work = rails_jobs.carry(world.db, {CARD: rail})
        for _ in range(20):
            again_at = await work(job)
            world.clock.now_us = max(world.clock.now_us + 6_000_000, again_at or 0)
            await asyncio.sleep(0)
            if again_at is None:
                break
        while rail._reports:
            await asyncio.gather(*rail._reports)

    asyncio.run(live())
    world.hear()
    state, status = BECOMES.get(instrument, ("succeeded", "paid"))
    first = world.attempts(payment.id)[0]
    assert (first.state, world.payment_now(payment).status) == (state, status)
    late = instrument == "late_after_decline"
    expected = {"rail_clearing": -1000, "rail_payable" if late else "shop": 1000}
    assert money(world, shop) == ({} if state == "failed" else expected)
    assert world.facts(payment.id).count("payment.paid") == (1 if status == "paid" else 0)


def test_what_became_of_a_sandbox_attempt_is_known_after_a_restart_too(
    world: World, shop: Caller, lin: Person
) -> None:
    _, attempt = processing(world, shop, lin, "unknown")
    first = Sandbox(CARD, "card", world.clock)
    assert asyncio.run(first.send(attempt)).outcome == "unknown"
    world.clock.forward(6)
    assert asyncio.run(Sandbox(CARD, "card", world.clock).look(attempt)).outcome == "succeeded"
