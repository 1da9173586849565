"""Refunds: never more than was captured, set aside first, tried again under the same id."""

from typing import Any

import msgspec
import pytest

from changliao.bus.jobs import JOBS, AskFinish, AskLease, Job, finish, lease
from changliao.ledger.model import AmountNotPositive
from changliao.partners.model import Caller, ScopeForbids
from changliao.pay import model as m
from changliao.pay import rules, service
from changliao.pay.model import AskMethod, AskOnPayment, AskRefund, AskRefundAgain, Payment, Refund
from changliao.people.model import Person
from changliao.rails.model import Attempt
from tests.rooms.world import World

CARD = "credit_card"


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    world.ask(service.offer_method, AskMethod(shop, CARD, "mobile"))
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def refund(world: World, shop: Caller, payment: Payment, amount: int = 0, **said: Any) -> Refund:
    return world.ask(service.request_refund, AskRefund(shop, payment.id, amount, **said))


def refund_now(world: World, shop: Caller, one: Refund) -> Refund:
    return world.read(service.refund_of, shop, one.id)


def sums(world: World, payment: Payment) -> tuple[int, int, int]:
    """Refunded, under way, and what may still be refunded."""
    now = world.payment_now(payment)
    return now.refunded_amount, now.refunding_amount, now.refundable_amount


def paid_by_card(world: World, shop: Caller, lin: Person, amount: int = 1000) -> Payment:
    payment = world.payment(shop, amount)
    world.confirm(lin, payment, CARD)
    world.rail_says(world.attempts(payment.id)[0], "succeeded")
    return world.payment_now(payment)


def job(world: World, one: Refund) -> Job:
    key = (service.RETRY, one.id)
    found = world.read(lambda reader: reader.find(JOBS, ("kind", "about"), key))
    assert found is not None
    return found  # type: ignore[no-any-return]


def run_job(world: World, one: Refund) -> None:
    """Carry out the refund's waiting job as the runner does: lease, work, finish."""
    [leased] = world.ask(lease, AskLease([job(world, one).id]))
    world.ask(service.retry_refund, leased.about)
    world.ask(finish, AskFinish(leased, 0))


def attempt(world: World, one: Refund) -> Attempt:
    return world.attempts(one.id)[-1]


# Back into a wallet -------------------------------------------------------------------------


def test_a_wallet_has_its_money_back_at_once(world: World, shop: Caller, lin: Person) -> None:
    payment = world.paid(lin, shop, 1000)
    done = refund(world, shop, payment, 300, reason="chipped")
    assert (done.status, done.amount, done.reason, done.waits_for) == (
        "succeeded",
        300,
        "chipped",
        "",
    )
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (4300, 700)
    assert sums(world, payment) == (300, 0, 700)
    assert world.facts(payment.id)[-2:] == ["refund.requested", "refund.succeeded"]
    assert world.payment_now(payment).status == "paid"
    assert world.wrong() == []


def test_many_refunds_add_up_to_what_was_paid_and_no_further(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    for amount in (1, 299, 400):
        refund(world, shop, payment, amount)
    with world.refuses(m.RefundTooLarge, "amount", refundable_amount=300):
        refund(world, shop, payment, 301)
    assert refund(world, shop, payment).amount == 300
    assert sums(world, payment) == (1000, 0, 0)
    for amount in (1, 0):
        with world.refuses(m.RefundTooLarge, refundable_amount=0):
            refund(world, shop, payment, amount)
    assert world.balance(lin.id) == 5000
    assert len(world.read(service.refunds_of, payment.id)) == 4
    assert world.wrong() == []


def test_two_refunds_at_once_never_exceed_what_was_paid(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    asks = [(service.request_refund, AskRefund(shop, payment.id, 600)) for _ in range(2)]
    first, second = world.ask_together(asks)
    assert first.status == "succeeded"
    assert isinstance(second, m.RefundTooLarge)
    assert second.extra == {"refundable_amount": 400}
    assert sums(world, payment) == (600, 0, 400)
    assert world.wrong() == []


def test_only_what_was_captured_is_refunded(world: World, shop: Caller, lin: Person) -> None:
    held = world.paid(lin, shop, 1000, capture="manual")
    with world.refuses(m.PaymentNotPaid, status="authorized"):
        refund(world, shop, held, 1)
    world.ask(service.capture, AskOnPayment(shop, held.id, 400))
    with world.refuses(m.RefundTooLarge, refundable_amount=400):
        refund(world, shop, held, 401)
    refund(world, shop, held, 400)
    world.ask(service.capture, AskOnPayment(shop, held.id, 100))
    assert sums(world, held) == (400, 0, 100)
    assert world.wrong() == []


@pytest.mark.parametrize("status", ["open", "canceled"])
def test_what_was_not_paid_is_not_refunded(world: World, shop: Caller, status: str) -> None:
    payment = world.payment(shop)
    if status == "canceled":
        world.ask(service.cancel_payment, AskOnPayment(shop, payment.id))
    with world.refuses(m.PaymentNotPaid, status=status):
        refund(world, shop, payment)


def test_a_refund_that_cannot_be_is_refused(world: World, shop: Caller, lin: Person) -> None:
    payment = world.paid(lin, shop, 1000)
    with world.refuses(AmountNotPositive, "amount"):
        refund(world, shop, payment, -1)
    for said in ({"reason": "x" * 201}, {"reason": "\0"}, {"reference": "x" * 101}):
        with world.refuses(m.TextTooLong):
            refund(world, shop, payment, 1, **said)
    for reference in ("\0", "\ud800"):
        with world.refuses(m.TextTooLong, "reference"):
            refund(world, shop, payment, 1, reference=reference)
    weak = msgspec.structs.replace(shop, scopes=("payments:read", "payments:write"))
    with world.refuses(ScopeForbids):
        refund(world, weak, payment, 1)


def test_the_shops_own_number_makes_a_refund_once(world: World, shop: Caller, lin: Person) -> None:
    payment, other = world.paid(lin, shop, 1000), world.paid(lin, shop, 1000)
    first = refund(world, shop, payment, 300, reference="r-1")
    before = world.everything()
    assert refund(world, shop, payment, 300, reference="r-1") == first
    assert world.everything() == before
    with world.refuses(m.AmountMismatch, "amount", asked_amount=300):
        refund(world, shop, payment, 0, reference="r-1")
    for wrong, amount in ((payment, 301), (other, 300)):
        with world.refuses(m.ReferenceTaken, "reference"):
            refund(world, shop, wrong, amount, reference="r-1")


def test_a_refund_of_all_that_was_left_is_the_same_again_with_and_without_its_amount(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    refund(world, shop, payment, 300)
    rest = refund(world, shop, payment, 0, reference="rest")
    before = world.everything()
    for amount in (0, 700):
        assert refund(world, shop, payment, amount, reference="rest") == rest
    assert world.everything() == before
    with world.refuses(m.ReferenceTaken, "reference"):
        refund(world, shop, payment, 699, reference="rest")


def test_the_payment_and_the_refund_of_another_do_not_exist(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    done = refund(world, shop, payment, 100)
    for other in (world.shop("Other"), msgspec.structs.replace(shop, mode="live")):
        with world.refuses(m.PaymentNotFound, "id"):
            refund(world, other, payment, 1)
        with world.refuses(m.RefundNotFound, "id"):
            world.ask(service.refund_again, AskRefundAgain(other, done.id))
        with pytest.raises(m.RefundNotFound):
            world.read(service.refund_of, other, done.id)


# A shop without money -----------------------------------------------------------------------


def test_a_shop_without_money_owes_the_refund_until_it_has_some(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    world.fund(shop.app_id, -900, code="shop")
    waiting = refund(world, shop, payment, 600)
    assert (waiting.status, waiting.waits_for) == ("pending", "shop_balance")
    assert sums(world, payment) == (0, 600, 400)
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (4000, 100)
    assert world.facts(payment.id)[-1] == "refund.requested"
    with world.refuses(m.RefundTooLarge, refundable_amount=400):
        refund(world, shop, payment, 401)
    assert world.ask(service.retry_refund, waiting.id) == msgspec.structs.replace(
        waiting, changed_at=refund_now(world, shop, waiting).changed_at
    )
    world.paid(world.person("chen", money=9000), shop, 500)
    world.ask(service.retry_refund, waiting.id)
    assert refund_now(world, shop, waiting).status == "succeeded"
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (4600, 0)
    assert sums(world, payment) == (600, 0, 400)
    before = world.everything()
    assert world.ask(service.retry_refund, waiting.id) is None
    assert world.everything() == before
    told = world.facts(payment.id)
    assert (told.count("refund.requested"), told.count("refund.succeeded")) == (1, 1)
    assert world.wrong() == []


def test_a_small_refund_is_not_held_up_by_a_large_one(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.paid(lin, shop, 1000)
    world.fund(shop.app_id, -900, code="shop")
    assert refund(world, shop, payment, 600).status == "pending"
    assert refund(world, shop, payment, 100).status == "succeeded"
    assert sums(world, payment) == (100, 600, 300)
    assert world.wrong() == []


def test_a_refund_on_a_rail_waits_for_the_shops_money_too(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    world.fund(shop.app_id, -1000, code="shop")
    waiting = refund(world, shop, payment, 600)
    assert (waiting.waits_for, waiting.tries) == ("shop_balance", 0)
    assert world.attempts(waiting.id) == []
    assert 29_000_000 < job(world, waiting).run_at - world.clock() < 31_000_000
    world.clock.forward(31)
    run_job(world, waiting)
    assert job(world, waiting).state == "waiting"
    assert job(world, waiting).run_at - world.clock() > 29_000_000
    world.fund(shop.app_id, 600, code="shop")
    world.clock.forward(31)
    run_job(world, waiting)
    world.rail_says(attempt(world, waiting), "succeeded")
    assert refund_now(world, shop, waiting).status == "succeeded"
    assert world.wrong() == []


# Back along a rail --------------------------------------------------------------------------


def test_a_rail_gives_money_back_that_was_set_aside_first(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    pending = refund(world, shop, payment, 300)
    assert (pending.status, pending.waits_for, pending.tries) == ("pending", "", 1)
    out = attempt(world, pending)
    assert (out.direction, out.rail, out.of, out.amount) == ("out", CARD, payment.attempt_id, 300)
    assert world.balance(shop.app_id, "shop") == 700
    assert world.balance(CARD, "rail_payable") == 300
    assert sums(world, payment) == (0, 300, 700)
    world.rail_says(out, "unknown")
    assert refund_now(world, shop, pending).status == "pending"
    world.rail_says(out, "succeeded")
    world.rail_says(out, "succeeded")
    assert refund_now(world, shop, pending).status == "succeeded"
    assert sums(world, payment) == (300, 0, 700)
    assert world.balance(CARD, "rail_clearing") == -700
    assert world.facts(payment.id).count("refund.succeeded") == 1
    assert world.wrong() == []


def fail(world: World, shop: Caller, one: Refund) -> None:
    """The rail refuses every try."""
    for number in range(rules.REFUND_TRIES):
        world.rail_says(attempt(world, one), "failed", "card closed")
        standing = refund_now(world, shop, one)
        assert standing.tries == number + 1
        if standing.status == "pending":
            assert standing.waits_for == "card closed"
            wait_s = (job(world, one).run_at - world.clock()) // 1_000_000
            assert wait_s == rules.refund_wait_s(number + 1)
            world.clock.forward(wait_s + 1)
            run_job(world, one)
            assert job(world, one).state == "done"


def test_a_refund_the_rail_refuses_is_tried_five_times_and_then_has_failed(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    pending = refund(world, shop, payment, 300)
    fail(world, shop, pending)
    assert refund_now(world, shop, pending).status == "failed"
    assert len(world.attempts(pending.id)) == 5
    assert sums(world, payment) == (0, 0, 1000)
    assert world.balance(shop.app_id, "shop") == 1000
    assert world.balance(CARD, "rail_payable") == 0
    failed = world.newest(payment.id)
    assert (failed.kind, failed.reason) == ("refund.failed", "card closed")
    assert world.wrong() == []


def test_a_failed_refund_is_tried_again_under_the_same_id(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    pending = refund(world, shop, payment, 300)
    with world.refuses(m.RefundNotFailed, status="pending"):
        world.ask(service.refund_again, AskRefundAgain(shop, pending.id))
    fail(world, shop, pending)
    again = world.ask(service.refund_again, AskRefundAgain(shop, pending.id))
    assert (again.id, again.status, again.tries) == (pending.id, "pending", 1)
    assert sums(world, payment) == (0, 300, 700)
    world.rail_says(attempt(world, again), "succeeded")
    assert refund_now(world, shop, again).status == "succeeded"
    assert sums(world, payment) == (300, 0, 700)
    with world.refuses(m.RefundNotFailed, status="succeeded"):
        world.ask(service.refund_again, AskRefundAgain(shop, again.id))
    assert world.wrong() == []


def test_a_failed_refund_does_not_come_back_above_what_is_left(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    failed = refund(world, shop, payment, 600)
    fail(world, shop, failed)
    refund(world, shop, payment, 500)
    with world.refuses(m.RefundTooLarge, refundable_amount=500):
        world.ask(service.refund_again, AskRefundAgain(shop, failed.id))
    assert world.wrong() == []


def test_a_rail_that_takes_back_its_no_to_a_refund_moves_nothing(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    pending = refund(world, shop, payment, 300)
    first = attempt(world, pending)
    world.rail_says(first, "failed")
    world.rail_says(first, "succeeded")
    assert refund_now(world, shop, pending).waits_for == "rail"
    assert world.balance(CARD, "rail_clearing") == -1000
    assert world.wrong() == []


def test_the_retry_of_a_refund_on_its_way_does_nothing(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = paid_by_card(world, shop, lin)
    pending = refund(world, shop, payment, 300)
    before = world.everything()
    assert world.ask(service.retry_refund, pending.id) is None
    assert world.ask(service.retry_refund, "re_none") is None
    assert world.everything() == before
