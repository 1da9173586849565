"""Splits: set aside, shared, taken back, ended; nothing moves on a refusal."""

from typing import Any

import pytest

from changliao.ledger.model import AmountNotPositive
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.events import SplitCreated, SplitFinished, SplitReceived, SplitReturned
from changliao.pay.model import Payment, Split
from changliao.people.model import Person
from tests.rooms.world import Clock, World

DAY_S = 24 * 3600


class Street:
    """A buyer, the shop, a marketplace that receives, a courier who receives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lin = world.person("lin", money=5000)
        self.shop, self.other = world.shop("Shop"), world.shop("Market")
        self.courier: Person = world.person("courier")

    def paid(self, amount: int = 1000, *, split: bool = True, **said: Any) -> Payment:
        return self.world.paid(self.lin, self.shop, amount, split=split, **said)

    def split(self, payment: Payment, *receivers: m.Receiver, **said: Any) -> Split:
        reference = said.pop("reference", "s-1")
        asked = m.AskSplit(self.shop, payment.id, reference, receivers, **said)
        return self.world.ask(pay.split_payment, asked)

    def app(self, amount: int) -> m.Receiver:
        return m.Receiver("app", self.other.app_id, amount, "commission")

    def person(self, amount: int) -> m.Receiver:
        return m.Receiver("person", self.courier.id, amount, "delivery")

    def give_back(self, split: Split, amount: int = 0, *, line: int = 0, **said: Any) -> Any:
        reference = said.pop("reference", "r-1")
        asked = m.AskSplitReturn(
            self.shop, split.id, split.line_ids[line], reference, amount, "sorry"
        )
        return self.world.ask(pay.return_split, asked)

    def stands(self) -> tuple[int, int, int, int]:
        """Shop, set aside, the other app, the courier."""
        world = self.world
        return (
            world.balance(self.shop.app_id, "shop"),
            world.balance(self.shop.app_id, "shop_unsplit"),
            world.balance(self.other.app_id, "shop"),
            world.balance(self.courier.id),
        )

    def figures(self, payment: Payment) -> tuple[int, int, int, int]:
        """Split, unsplit, refunded, refundable."""
        now = self.world.payment_now(payment)
        return now.split_amount, now.unsplit_amount, now.refunded_amount, now.refundable_amount


@pytest.fixture
def street(world: World) -> Street:
    return Street(world)


def test_money_that_is_to_be_split_is_not_on_the_shops_balance(street: Street) -> None:
    payment = street.paid(1000)

    assert street.stands() == (0, 1000, 0, 0)
    assert street.figures(payment) == (0, 1000, 0, 1000)
    assert street.world.wrong() == []


def test_all_receivers_have_their_money_and_finish_gives_the_rest_to_the_shop(
    street: Street,
) -> None:
    payment = street.paid(1000)

    split = street.split(payment, street.app(300), street.person(200), finish=True)

    assert street.stands() == (500, 0, 300, 200)
    assert street.figures(payment) == (500, 0, 0, 500)
    assert (split.amount, split.rest_amount, len(split.line_ids)) == (500, 500, 2)
    assert street.world.facts(payment.id)[-2:] == [SplitCreated.kind, SplitFinished.kind]
    told = street.world.newest(split.line_ids[0])
    assert told == SplitReceived(
        split.line_ids[0], split.id, payment.id, street.shop.app_id, 300, "CNY", "commission"
    )
    assert street.world.wrong() == []


def test_the_same_number_is_the_same_split_and_other_content_is_refused(street: Street) -> None:
    payment = street.paid(1000)
    first = street.split(payment, street.app(300))

    assert street.split(payment, street.app(300)) == first
    assert street.stands() == (0, 700, 300, 0)
    for receiver in (street.app(299), street.person(300)):
        with street.world.refuses(m.ReferenceTaken, "reference"):
            street.split(payment, receiver)
    with street.world.refuses(m.ReferenceTaken, "reference"):
        street.split(payment, street.app(300), finish=True)


def test_one_receiver_that_is_not_there_stops_all(street: Street) -> None:
    payment = street.paid(1000)
    nobody = (m.Receiver("app", "app_nobody", 1), m.Receiver("person", "per_nobody", 1))

    for receiver in nobody:
        with street.world.refuses(m.ReceiverNotFound, "receivers"):
            street.split(payment, street.app(300), receiver)
    with street.world.refuses(m.ReceiverIsShop, "receivers"):
        street.split(payment, street.app(300), m.Receiver("app", street.shop.app_id, 1))


def test_what_cannot_be_a_split_is_refused(street: Street) -> None:
    payment, world = street.paid(1000), street.world

    with world.refuses(m.ReceiversInvalid, "receivers"):
        street.split(payment)
    with world.refuses(m.ReceiversInvalid, "receivers"):
        street.split(payment, *[street.app(1)] * 51)
    with world.refuses(AmountNotPositive, "receivers"):
        street.split(payment, street.app(0))
    with world.refuses(m.ReferenceInvalid, "reference"):
        street.split(payment, street.app(1), reference="")
    with world.refuses(m.TextTooLong, "description"):
        street.split(payment, m.Receiver("app", street.other.app_id, 1, "x" * 201))
    with world.refuses(m.PaymentNotFound, "id"):
        asked = m.AskSplit(street.other, payment.id, "s", (street.app(1),))
        world.ask(pay.split_payment, asked)
    still_open = world.payment(street.shop, split=True)
    with world.refuses(m.PaymentNotPaid, "id", status="open"):
        street.split(still_open, street.app(1))
    assert street.split(payment, *[street.app(20)] * 50).amount == 1000


def test_splits_and_refunds_together_never_exceed_what_was_captured(street: Street) -> None:
    payment, world = street.paid(1000), street.world
    street.split(payment, street.app(600))
    world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 300))

    assert street.figures(payment) == (600, 100, 300, 100)
    with world.refuses(m.SplitTooLarge, "receivers", splittable_amount=100):
        street.split(payment, street.app(60), street.app(41), reference="s-2")
    with world.refuses(m.RefundTooLarge, "amount", refundable_amount=100):
        world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 101))
    street.split(payment, street.app(100), reference="s-2")
    with world.refuses(m.SplitTooLarge, "receivers", splittable_amount=0):
        street.split(payment, street.app(1), reference="s-3")
    assert street.stands() == (0, 0, 700, 0)
    assert world.wrong() == []


def test_a_payment_that_set_nothing_aside_is_split_from_the_shops_balance(street: Street) -> None:
    payment, world = street.paid(1000, split=False), street.world
    street.split(payment, street.app(300))
    assert street.stands() == (700, 0, 300, 0)
    world.fund(street.shop.app_id, -600, code="shop")

    with world.refuses(m.ShopBalanceShort, "receivers"):
        street.split(payment, street.app(60), street.person(41), reference="s-2")

    assert street.stands() == (100, 0, 300, 0)
    assert street.figures(payment) == (300, 0, 0, 700)
    assert world.wrong() == []


def test_ending_without_receivers_is_a_split_of_nothing_and_the_last(street: Street) -> None:
    payment, world = street.paid(1000), street.world

    ended = street.split(payment, finish=True, reference="end", description="bye")

    assert (ended.amount, ended.rest_amount, ended.line_ids) == (0, 1000, ())
    assert street.stands() == (1000, 0, 0, 0)
    assert world.facts(payment.id)[-1] == SplitFinished.kind
    assert street.split(payment, finish=True, reference="end", description="bye") == ended
    with world.refuses(m.SplitEnded, "id"):
        street.split(payment, street.app(1))
    with world.refuses(m.SplitEnded, "id"):
        street.split(payment, finish=True)


def test_a_receiving_app_gives_back_to_where_it_came_from(street: Street) -> None:
    payment, world = street.paid(1000), street.world
    split = street.split(payment, street.app(300), street.app(100))

    back = street.give_back(split, 120)
    assert (back.amount, back.destination) == (120, "unsplit")
    assert street.stands() == (0, 720, 280, 0)
    assert street.figures(payment) == (280, 720, 0, 720)
    assert street.give_back(split, 120) == back
    assert world.facts(payment.id)[-1] == SplitReturned.kind
    assert world.facts(split.line_ids[0]) == ["split.received", "split.taken_back"]

    street.split(payment, finish=True, reference="end")
    after = street.give_back(split, reference="r-2")
    assert (after.amount, after.destination) == (180, "shop")
    assert street.stands() == (900, 0, 100, 0)
    assert street.figures(payment) == (100, 0, 0, 900)
    with world.refuses(m.ReturnTooLarge, "amount", returnable_amount=0):
        street.give_back(split, reference="r-3")
    with world.refuses(m.ReturnTooLarge, "amount", returnable_amount=100):
        street.give_back(split, 101, line=1, reference="r-3")
    assert world.wrong() == []


def test_a_return_that_cannot_be_is_refused(street: Street) -> None:
    payment, world = street.paid(1000), street.world
    split = street.split(payment, street.app(300), street.person(200))
    world.fund(street.other.app_id, -250, code="shop")

    with world.refuses(m.ReceiverShort, "amount"):
        street.give_back(split, 51)
    with world.refuses(m.ReceiverIsPerson, "line_id"):
        street.give_back(split, 1, line=1)
    with world.refuses(m.SplitLineNotFound, "line_id"):
        world.ask(pay.return_split, m.AskSplitReturn(street.shop, split.id, "spr_x", "r", 1))
    for caller, split_id in ((street.other, split.id), (street.shop, "spl_x")):
        with world.refuses(m.SplitNotFound, "id"):
            asked = m.AskSplitReturn(caller, split_id, split.line_ids[0], "r", 1)
            world.ask(pay.return_split, asked)
    street.give_back(split, 50)
    with world.refuses(m.ReferenceTaken, "reference"):
        street.give_back(split, 49)
    with world.refuses(m.AmountMismatch, "amount", asked_amount=50):
        street.give_back(split)


def test_a_return_of_all_that_is_left_is_the_same_again_with_and_without_its_amount(
    street: Street,
) -> None:
    split = street.split(street.paid(1000), street.app(300))
    street.give_back(split, 100)
    rest = street.give_back(split, reference="rest")
    stands = street.stands()
    assert rest.amount == 200
    for amount in (0, 200):
        assert street.give_back(split, amount, reference="rest") == rest
    assert street.stands() == stands


def test_a_refund_takes_what_is_set_aside_and_then_the_shops_balance(street: Street) -> None:
    payment, world = street.paid(1000), street.world
    street.split(payment, street.app(300))

    world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 200))
    assert street.stands() == (0, 500, 300, 0)
    street.split(payment, finish=True, reference="end")
    world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 100))
    assert street.stands() == (400, 0, 300, 0)
    world.fund(street.shop.app_id, -400, code="shop")
    waiting = world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 400))

    assert (waiting.status, waiting.waits_for) == ("pending", "shop_balance")
    assert street.figures(payment) == (300, 0, 300, 0)
    assert world.wrong() == []


@pytest.mark.parametrize("ended", [False, True])
def test_a_refund_that_a_rail_refuses_stands_set_aside_again_until_splitting_is_over(
    street: Street, ended: bool
) -> None:
    world = street.world
    world.ask(pay.offer_method, m.AskMethod(street.shop, "credit_card", "mobile"))
    payment = world.payment(street.shop, 1000, split=True)
    world.confirm(street.lin, payment, "credit_card")
    world.rail_says(world.attempts(payment.id)[0], "succeeded")
    assert street.stands() == (0, 1000, 0, 0)

    refund = world.ask(pay.request_refund, m.AskRefund(street.shop, payment.id, 400))
    assert street.stands() == (0, 600, 0, 0)
    if ended:
        street.split(payment, finish=True)
    world.rail_says(world.attempts(refund.id)[0], "failed")

    assert street.stands() == ((1000, 0, 0, 0) if ended else (0, 1000, 0, 0))
    assert world.wrong() == []
    world.ask(pay.retry_refund, refund.id)
    world.rail_says(world.attempts(refund.id)[1], "succeeded")
    assert street.stands() == ((600, 0, 0, 0) if ended else (0, 600, 0, 0))
    assert world.wrong() == []


def test_captures_of_a_hold_are_set_aside_and_go_on_to_the_shop_once_it_is_over(
    street: Street,
) -> None:
    world = street.world
    payment = street.paid(1000, capture="manual")
    assert street.stands() == (0, 0, 0, 0)

    world.ask(pay.capture, m.AskOnPayment(street.shop, payment.id, 300))
    assert street.stands() == (0, 300, 0, 0)
    street.split(payment, street.app(100), finish=True)
    world.ask(pay.capture, m.AskOnPayment(street.shop, payment.id, 500))

    assert street.stands() == (700, 0, 100, 0)
    assert street.figures(payment) == (100, 0, 0, 700)
    assert world.wrong() == []


def test_after_thirty_days_the_rest_is_the_shops_by_itself(street: Street, clock: Clock) -> None:
    payment, world = street.paid(1000), street.world
    street.split(payment, street.app(300))

    clock.forward(30 * DAY_S - 1)
    assert world.read(pay.splits_due, clock.now_us) == []
    world.ask(pay.end_splits, [payment.id])
    assert street.stands() == (0, 700, 300, 0)
    clock.forward(2)
    assert world.read(pay.splits_due, clock.now_us) == [payment.id]
    world.ask(pay.end_splits, [payment.id])
    world.ask(pay.end_splits, [payment.id])

    assert street.stands() == (700, 0, 300, 0)
    assert world.read(pay.splits_due, clock.now_us) == []
    assert world.newest(payment.id) == SplitFinished(
        payment.id, payment.reference, 700, "CNY", "time"
    )
    assert world.facts(payment.id).count(SplitFinished.kind) == 1
    assert world.wrong() == []


def test_splits_and_returns_are_found_by_id_and_by_number(street: Street) -> None:
    payment, world = street.paid(1000), street.world
    split = street.split(payment, street.app(300), street.person(1))
    back = street.give_back(split, 10)
    read = world.read

    assert read(pay.split_of, street.shop, split.id) == split
    assert read(pay.split_by_reference, street.shop, "s-1") == split
    assert read(pay.splits_of, payment.id) == [split]
    kept = [(one.receiver, one.amount, one.returned_amount) for one in read(pay.lines_of, split)]
    assert kept == [(street.other.app_id, 300, 10), (street.courier.id, 1, 0)]
    assert read(pay.return_of, street.shop, back.id) == back
    assert read(pay.return_by_reference, street.shop, "r-1") == back
    assert read(pay.returns_of, split.id) == [back]
    assert read(pay.split_by_reference, street.other, "s-1") is None
    with pytest.raises(m.SplitNotFound):
        read(pay.split_of, street.other, split.id)
    with pytest.raises(m.SplitReturnNotFound):
        read(pay.return_of, street.other, back.id)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE pay_payments SET split_amount = split_amount - 1", "I8: payment"),
        ("UPDATE pay_payments SET unsplit_amount = unsplit_amount + 1", "I8: payment"),
        ("UPDATE pay_payments SET unsplit_amount = unsplit_amount + 1", "I8: set aside for"),
        ("UPDATE pay_payments SET split = FALSE", "I14: payment"),
        ("UPDATE pay_splits SET amount = amount + 1", "I8: split "),
        ("UPDATE pay_split_lines SET amount = amount + 1", "I8: split line"),
        ("UPDATE pay_split_lines SET returned_amount = 0", "I8: split line"),
        ("UPDATE pay_split_returns SET amount = amount + 1", "I8: split return"),
        ("UPDATE pay_split_lines SET receiver = 'app_other'", "I8: split line"),
        ("UPDATE pay_split_lines SET kind = 'person'", "I8: split line"),
        ("UPDATE pay_split_lines SET currency = 'EUR'", "I8: split line"),
        ("UPDATE pay_split_lines SET payment_id = 'pay_other'", "I8: split line"),
        ("DELETE FROM pay_splits", "I8: split line"),
        ("UPDATE pay_splits SET payment_id = 'pay_other'", "I8: split "),
        ("UPDATE pay_splits SET app_id = 'app_other'", "I8: split "),
        ("UPDATE pay_splits SET currency = 'EUR'", "I8: split "),
        ("UPDATE pay_splits SET mode = 'live'", "I8: split "),
        ("UPDATE pay_split_returns SET app_id = 'app_other'", "I8: split return"),
        ("UPDATE pay_split_returns SET mode = 'live'", "I8: split return"),
        ("UPDATE pay_split_returns SET currency = 'EUR'", "I8: split return"),
        ("UPDATE pay_split_returns SET split_id = 'spl_other'", "I8: split return"),
        ("UPDATE pay_split_returns SET destination = 'shop'", "I8: split return"),
    ],
)
def test_the_audit_names_what_somebody_changed_by_hand(street: Street, sql: str, said: str) -> None:
    payment, world = street.paid(1000), street.world
    street.give_back(street.split(payment, street.app(300)), 10)
    assert world.wrong() == []

    world.ask(lambda tx, text: tx.query(text) and None, sql)

    assert any(one.startswith(said) for one in world.wrong())
