"""Everything that people, a shop and a rail may do, each step beside the naive books of books.py.

Shops ask through `once`; any earlier ask is made again and must get its first answer. Rails repeat and
contradict themselves, followers hear late, the clock jumps. After each step the audit finds nothing.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from changliao.db.once import AskOnce, once
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.ledger.store import ACCOUNTS
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import Payment, Refund
from changliao.pay.store import PAYMENTS, REFUNDS
from changliao.rails import service as rails
from changliao.rails.model import Answer, AskSettle
from changliao.rails.store import ATTEMPTS
from changliao.wallet import service as wallet
from changliao.wallet.model import AskMandate, AskTopUp
from tests.asking import ask
from tests.places import Place
from tests.rooms.books import PER_DAY, PER_PAYMENT, Books, Refused, Row
from tests.rooms.world import PIN, Clock, World

RAIL = "credit_card"
NEAR_US = 10_000
PLACES = st.integers(0, 7)
PEOPLE = st.integers(0, 1)
AMOUNTS = st.sampled_from([1, 300, 500, 700])
OUTCOMES = st.sampled_from(["pending", "unknown", "succeeded", "failed"])
PAST = st.integers(0, 100)
RIGHT = st.sampled_from([True, True, True, False])
TIMES = st.sampled_from([61, 310, 1900, 3600, 86400, 7 * 86400])


class Paying(RuleBasedStateMachine):
    """Two people, one shop, one rail."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.place = self.lend()
        self.world = World(self.place, self.clock)
        self.people = [self.world.person("lin"), self.world.person("mei")]
        self.shop = self.world.shop()
        self.books = self.new_books(self.shop.app_id)
        for person in self.people:
            self.books.forgive(person.id)
        for channel in m.CHANNELS:
            self.world.ask(pay.offer_method, m.AskMethod(self.shop, RAIL, channel))
        limits = (PER_PAYMENT, PER_DAY, PIN)
        mandate = AskMandate(self.people[0].id, self.shop.app_id, "test", "CNY", *limits)
        self.mandate: Any = self.world.ask(wallet.give_mandate, mandate)
        self.asked: list[tuple[AskOnce, Any]] = []
        for who in (0, 1):
            self.fill_a_wallet(who, 1500)
        self.all_that_waits_succeeds_and_is_heard()

    def new_books(self, shop: str) -> Books:
        """Empty books."""
        return Books(shop, RAIL)

    def lend(self) -> Place:
        """Where this life takes place."""
        raise NotImplementedError

    def give_back(self) -> None:
        """It is over."""

    def teardown(self) -> None:
        self.place.close()
        self.give_back()

    # Money from outside ---------------------------------------------------------------------

    @rule(who=PEOPLE, amount=AMOUNTS)
    def fill_a_wallet(self, who: int, amount: int) -> None:
        self.tick()
        person = self.people[who].id
        top_up = self.world.ask(
            wallet.request_top_up, AskTopUp(person, "test", RAIL, amount * 2, "CNY")
        )
        self.collect()
        [attempt] = self.world.attempts(top_up.id)
        self.books.attempts[attempt.id].person = person

    @rule(place=PAST, outcome=OUTCOMES)
    def the_rail_answers(self, place: int, outcome: Any) -> None:
        if attempt := self.pick(self.books.attempts, place):
            self.settle(attempt, outcome)

    @rule()
    def all_that_waits_succeeds_and_is_heard(self) -> None:
        for attempt in self.books.attempts.values():
            if attempt.state in ("created", "pending", "unknown"):
                self.settle(attempt, "succeeded")
        self.followers_hear()

    @rule()
    def followers_hear(self) -> None:
        self.tick()
        self.world.hear()
        self.books.hear()
        self.collect()

    @rule(whole=st.booleans())
    def the_shop_spends_elsewhere(self, whole: bool) -> None:
        amount = self.books.has[self.books.shop] // (1 if whole else 2)
        if amount:
            self.tick()
            self.world.fund(self.shop.app_id, -amount, code="shop")
            self.books.move(self.books.shop, ("mint", "mint"), amount)

    @rule(seconds=TIMES)
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self.tick()

    @rule()
    def the_house_restarts(self) -> None:
        self.world.reopen()

    @rule()
    def sweep(self) -> None:
        self.tick()
        due = self.world.read(pay.payments_due, self.clock.now_us)
        self.world.ask(pay.expire_many, due)
        self.world.ask(pay.expire_combined, self.world.read(pay.combined_due, self.clock.now_us))
        self.world.ask(pay.expire_holds, self.world.read(ledger.holds_due, self.clock.now_us))
        self.world.ask(pay.end_splits, self.world.read(pay.splits_due, self.clock.now_us))
        self.books.sweep(self.clock.now_us)

    # Paying ---------------------------------------------------------------------------------

    @rule(amount=AMOUNTS, manual=st.booleans())
    def a_new_payment(self, amount: int, manual: bool, *, split: bool = False) -> None:
        self.tick()
        reference = f"order-{len(self.books.payments)}"
        asked = m.AskPayment(
            self.shop,
            amount,
            "CNY",
            reference,
            capture="manual" if manual else "auto",
            split=split,
        )
        made = self.once(pay.create_payment, asked, Payment, None)
        self.books.payments[made.id] = unpaid(made)
        assert self.world.ask(pay.create_payment, asked) == made

    @rule(who=PEOPLE, amount=AMOUNTS, manual=st.booleans())
    def a_person_buys(self, who: int, amount: int, manual: bool) -> None:
        self.a_new_payment(amount, manual)
        self.a_person_pays(0, who, right=True)

    @rule(who=PEOPLE, amount=AMOUNTS, outcomes=st.lists(OUTCOMES, max_size=3))
    def a_person_buys_on_the_rail(self, who: int, amount: int, outcomes: list[str]) -> None:
        self.a_new_payment(amount, manual=False)
        self.a_person_pays_on_the_rail(0, who, right=True)
        paid = self.choose(0)
        for outcome in outcomes if paid and paid.status == "processing" else []:
            self.the_rail_answers(0, outcome)

    @rule(place=PLACES, who=PEOPLE, right=RIGHT)
    def a_person_pays(self, place: int, who: int, right: bool) -> None:
        payment, now, person = self.choose(place), self.tick(), self.people[who].id
        if payment is None:
            return
        expected = self.books.payable(payment, now) or self.books.pin(person, right, now)
        expected = expected or self.books.pay_by_wallet(payment, person)
        if expected is None:
            self.books.forgive(person)
        self.confirm(payment, person, "wallet", right, expected)

    @rule(place=PLACES, who=PEOPLE, times=st.integers(3, 6))
    def somebody_guesses_a_pin(self, place: int, who: int, times: int) -> None:
        for _ in range(times):
            self.a_person_pays(place, who, right=False)

    @rule(place=PLACES, who=PEOPLE, right=RIGHT)
    def a_person_pays_on_the_rail(self, place: int, who: int, right: bool) -> None:
        payment, now, person = self.choose(place), self.tick(), self.people[who].id
        if payment is None:
            return
        expected = self.books.payable(payment, now) or self.books.pin(person, right, now)
        if expected is None and payment.manual:
            expected = m.CaptureUnsupported
        if expected is None:
            self.books.forgive(person)
            payment.status, payment.method = "processing", RAIL
        answer = self.confirm(payment, person, RAIL, right, expected)
        if expected is None:
            payment.attempt = answer.attempt_id

    @rule(place=PLACES)
    def the_shop_uses_the_mandate(self, place: int) -> None:
        payment, now = self.choose(place), self.tick()
        if payment is None:
            return
        expected = self.books.payable(payment, now)
        expected = expected or self.books.spend(payment, self.people[0].id, now)
        asked = m.AskShopConfirm(self.shop, payment.id, m.Confirmation(self.mandate.id))
        answer = self.once(pay.confirm_by_shop, asked, Payment, expected)
        self.hold(payment, answer)

    @rule(place=PLACES)
    def the_shop_cancels(self, place: int) -> None:
        if payment := self.choose(place):
            self.tick()
            expected: Refused = None if payment.status == "open" else m.PaymentNotCancelable
            expected = m.PaymentIsCombined if payment.combined else expected
            payment.status = payment.status if expected else "canceled"
            self.once(pay.cancel_payment, m.AskOnPayment(self.shop, payment.id), Payment, expected)

    @rule(place=PLACES, amount=st.sampled_from([0, 1, 200, 800]), final=st.booleans())
    def the_shop_captures(self, place: int, amount: int, final: bool) -> None:
        if payment := self.choose(place):
            expected = self.books.capture(payment, amount, final, self.tick())
            asked = m.AskOnPayment(self.shop, payment.id, amount, final)
            self.once(pay.capture, asked, Payment, expected)

    @rule(place=PLACES)
    def the_shop_voids(self, place: int) -> None:
        if payment := self.choose(place):
            expected = self.books.void(payment, self.tick())
            self.once(pay.void, m.AskOnPayment(self.shop, payment.id), Payment, expected)

    # Refunds --------------------------------------------------------------------------------

    @rule(place=PLACES, amount=st.sampled_from([0, 1, 250, 500]))
    def the_shop_refunds(self, place: int, amount: int) -> None:
        payment = self.choose(place)
        if payment is None:
            return
        self.tick()
        expected = self.books.refundable(payment, amount)
        asked = m.AskRefund(self.shop, payment.id, amount, f"refund-{len(self.books.refunds)}")
        refund = self.once(pay.request_refund, asked, Refund, expected)
        if expected is None:
            self.same_again(pay.request_refund, asked, refund)
            left = self.books.left(payment)
            row = Row(id=refund.id, payment=payment.id, amount=amount or left)
            self.books.refunds[refund.id] = row
            self.books.begin(row)
            self.collect()

    @rule(place=PLACES)
    def a_waiting_refund_is_tried_again(self, place: int) -> None:
        if refund := self.pick(self.books.refunds, place):
            self.tick()
            self.world.ask(pay.retry_refund, refund.id)
            if refund.status == "pending" and refund.waits:
                self.books.carry_out(refund)
            self.collect()

    @rule(place=PLACES)
    def the_shop_tries_a_failed_refund_again(self, place: int) -> None:
        refund = self.pick(self.books.refunds, place)
        if refund is None:
            return
        self.tick()
        expected: Refused = None if refund.status == "failed" else m.RefundNotFailed
        if expected is None:
            expected = self.books.refundable(self.books.payments[refund.payment], refund.amount)
        asked = m.AskRefundAgain(self.shop, refund.id)
        self.once(pay.refund_again, asked, Refund, expected)
        if expected is None:
            self.books.begin(refund)
            self.collect()

    @rule(place=PLACES)
    def the_rail_refuses_a_refund_as_often_as_it_is_tried(self, place: int) -> None:
        refund = self.pick(self.books.refunds, place)
        while refund is not None and refund.status == "pending" and not refund.waits:
            attempt = [one for one in self.books.attempts.values() if one.about == refund.id][-1]
            self.settle(attempt, "failed")
            self.followers_hear()
            if refund.waits:
                self.world.ask(pay.retry_refund, refund.id)
                self.books.carry_out(refund)
                self.collect()

    # Asking again ---------------------------------------------------------------------------

    @rule(place=PAST)
    def somebody_asks_again_with_the_same_key(self, place: int) -> None:
        if self.asked:
            self.tick()
            before = self.world.everything()
            asked, answer = self.asked[place % len(self.asked)]
            assert shown(ask(self.world.db, once, asked)) == shown(answer)
            assert self.world.everything() == before

    # At every step --------------------------------------------------------------------------

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.world.wrong() == []

    @invariant()
    def the_ledger_is_what_the_books_say(self) -> None:
        accounts = self.world.read(lambda reader: reader.rows(ACCOUNTS, ""))
        balances = {(one.owner, one.code): one.balance for one in accounts if one.balance}
        assert balances == {key: value for key, value in self.books.has.items() if value}
        held = {one.owner: one.debits_pending for one in accounts if one.debits_pending}
        assert held == {key: value for key, value in self.books.held.items() if value}

    @invariant()
    def payments_and_refunds_are_what_the_books_say(self) -> None:
        rows = self.world.read(lambda reader: reader.rows(PAYMENTS, ""))
        figures = {
            row.id: (row.status, row.captured_amount, row.refunded_amount, row.refunding_amount)
            for row in rows
        }
        assert figures == {
            id_: (row.status, row.captured, row.refunded, row.refunding)
            for id_, row in self.books.payments.items()
        }
        refunds = self.world.read(lambda reader: reader.rows(REFUNDS, ""))
        assert {one.id: (one.status, bool(one.waits_for), one.tries) for one in refunds} == {
            id_: (row.status, row.waits, row.tries) for id_, row in self.books.refunds.items()
        }

    # Inside ---------------------------------------------------------------------------------

    def tick(self) -> int:
        """A second later, and at no moment at which something runs out: verbs add microseconds."""
        self.clock.forward(1)
        while any(abs(at - self.clock.now_us) < NEAR_US for at in self.books.deadlines()):
            self.clock.forward(1)
        return self.clock.now_us

    def settle(self, attempt: Row, outcome: Any) -> None:
        """The rail says something of an attempt."""
        self.tick()
        self.world.ask(rails.settle, AskSettle(attempt.id, Answer(outcome)))
        self.books.settle(attempt, outcome)

    def pick(self, rows: dict[str, Row], place: int) -> Row | None:
        """One of the rows, newest first."""
        return list(rows.values())[-1 - place % len(rows)] if rows else None

    def choose(self, place: int) -> Row | None:
        """One of the payments."""
        return self.pick(self.books.payments, place)

    def once(self, verb: Any, asked: Any, noun: Any, expected: Refused) -> Any:
        """Ask under a new key; the answer is what the books expect."""
        key = str(len(self.asked))
        wrapped = AskOnce(self.shop.app_id, key, key.encode(), verb, asked, noun)
        answer = ask(self.world.db, once, wrapped)
        assert type(answer) is (expected or noun), answer
        self.asked.append((wrapped, answer))
        return answer

    def same_again(self, verb: Any, asked: Any, made: Any) -> None:
        """The same number again is the same thing, however its amount is said; but a part of what was left
        is not all of it."""
        before = self.world.everything()
        for amount in (asked.amount, made.amount):
            said = msgspec.structs.replace(asked, amount=amount)
            assert self.world.ask(verb, said) == made
        if asked.amount:
            with pytest.raises(m.AmountMismatch):
                self.world.ask(verb, msgspec.structs.replace(asked, amount=0))
        assert self.world.everything() == before

    def confirm(
        self, payment: Row, person: str, method: str, right: bool, expected: Refused
    ) -> Any:
        """A person confirms."""
        pin = PIN if right else "111222"
        asked = m.AskConfirm(person, payment.id, method, "mobile", pin)
        answer = self.once(pay.confirm_payment, asked, Payment, expected)
        self.hold(payment, answer)
        self.collect()
        return answer

    def hold(self, payment: Row, answer: Any) -> None:
        """Note until when the money is held."""
        if isinstance(answer, Payment):
            payment.hold_until = answer.hold_expires_at

    def collect(self) -> None:
        """Let the books see attempts that were opened."""
        self.books.seen(self.world.read(lambda reader: reader.rows(ATTEMPTS, "ORDER BY id")))


class On(Paying):
    """A life in a place that somebody else lends and takes back."""

    def __init__(self, place: Place) -> None:
        self.lent = place
        super().__init__()

    def lend(self) -> Place:
        return self.lent

    def give_back(self) -> None:
        """Nothing to do."""


def unpaid(made: Payment) -> Row:
    """A new payment as the books keep it."""
    return Row(
        id=made.id,
        amount=made.amount,
        manual=made.capture == "manual",
        expires_at=made.expires_at,
        status="open",
        method="",
        payer="",
        attempt="",
        captured=0,
        refunded=0,
        refunding=0,
        left=0,
        hold_until=0,
        split=made.split,
        shared=0,
        unsplit=0,
        ended=False,
        split_until=0,
        combined=made.combined_id,
    )


def shown(answer: Any) -> Any:
    """What can be compared: refusals are not equal to one another."""
    if isinstance(answer, Refusal):
        return answer.code, answer.detail, answer.field, answer.extra
    return answer
