"""What paying.py does, and beside it splits, returns and combinations, each step beside naive books."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import Combined, Split, SplitReturn
from changliao.pay.store import LINES, PAYMENTS
from changliao.wallet.model import InsufficientFunds
from tests.rooms.books import Books, Refused, Row
from tests.rooms.paying import AMOUNTS, OUTCOMES, PAST, PEOPLE, PLACES, RAIL, RIGHT, Paying, unpaid
from tests.rooms.world import PIN

SHARES = st.sampled_from([0, 1, 100, 400])


class SplitBooks(Books):
    """Books that also know receivers and combinations."""

    def __init__(self, shop: str, rail: str) -> None:
        super().__init__(shop, rail)
        self.splits: dict[str, Row] = {}
        self.lines: dict[str, Row] = {}
        self.combined: dict[str, Row] = {}

    def parts(self, combined: Row) -> list[Row]:
        """The payments of a combination."""
        return [one for one in self.payments.values() if one.combined == combined.id]

    def share(self, payment: Row, shares: list[tuple[Any, int]], finish: bool) -> Refused:
        """Whether it can be split so, and then it is."""
        if payment.status != "paid":
            return m.PaymentNotPaid
        if payment.ended:
            return m.SplitEnded
        total = sum(amount for _, amount in shares)
        if total > self.left(payment):
            return m.SplitTooLarge
        if self.has[self.source(payment)] < total:
            return m.ShopBalanceShort
        for account, amount in shares:
            self.take_out(payment, account, amount)
        payment.shared += total
        if finish:
            self.end(payment)
        return None

    def give_back(self, line: Row, amount: int) -> Refused:
        """Whether the receiver gives back, and then it does."""
        if line.account[1] == "wallet":
            return m.ReceiverIsPerson
        left = line.amount - line.returned
        if amount > left or not left:
            return m.ReturnTooLarge
        amount = amount or left
        if self.has[line.account] < amount:
            return m.ReceiverShort
        payment = self.payments[line.payment]
        self.take_in(payment, line.account, amount)
        payment.shared -= amount
        line.returned += amount
        return None

    def payable_together(self, combined: Row, now: int) -> Refused:
        """Whether a combination can be paid now."""
        [status] = {one.status for one in self.parts(combined)}
        if status == "expired" or (status == "open" and combined.expires_at <= now):
            return m.PaymentExpired
        return None if status == "open" else m.PaymentNotOpen

    def pay_together(self, combined: Row, person: str) -> Refused:
        """From the wallet, all or none."""
        if self.has[person, "wallet"] - self.held[person] < combined.amount:
            return InsufficientFunds
        for part in self.parts(combined):
            assert self.pay_by_wallet(part, person) is None
        return None

    def _combined(self, came: bool, attempt: Row) -> None:
        combined = self.combined[attempt.about]
        parts = self.parts(combined)
        awaited = parts[0].status == "processing" and combined.attempt == attempt.id
        if awaited:
            for part in parts:
                part.status = "paid" if came else "open"
                part.captured = part.amount if came else 0
                if came:
                    self.take_in(part, self.at_rail("received"), part.amount)
        elif came:
            self.move(self.at_rail("received"), self.at_rail("payable"), attempt.amount)


class Splitting(Paying):
    """Two people, one shop, one rail, and a market that receives."""

    books: SplitBooks

    def new_books(self, shop: str) -> Books:
        self.market = self.world.shop("Market")
        return SplitBooks(shop, RAIL)

    # Splits ---------------------------------------------------------------------------------

    @rule(amount=AMOUNTS, manual=st.booleans(), who=PEOPLE)
    def a_person_buys_what_is_to_be_split(self, amount: int, manual: bool, who: int) -> None:
        self.a_new_payment(amount, manual, split=True)
        self.a_person_pays(0, who, right=True)

    @rule(amount=AMOUNTS, who=PEOPLE)
    def a_person_buys_on_the_rail_what_is_to_be_split(self, amount: int, who: int) -> None:
        self.a_new_payment(amount, manual=False, split=True)
        self.a_person_pays_on_the_rail(0, who, right=True)

    @rule(place=PLACES, app=SHARES, person=SHARES, who=PEOPLE, final=st.booleans())
    def the_shop_splits(self, place: int, app: int, person: int, who: int, final: bool) -> None:
        payment = self.choose(place)
        if payment is None or not (app or person or final):
            return
        self.tick()
        receiver = self.people[who].id
        wanted: list[tuple[m.Receiver, Any]] = [
            (m.Receiver("app", self.market.app_id, app), (self.market.app_id, "shop")),
            (m.Receiver("person", receiver, person), (receiver, "wallet")),
        ]
        wanted = [(one, account) for one, account in wanted if one.amount]
        shares = [(account, one.amount) for one, account in wanted]
        expected = self.books.share(payment, shares, final)
        receivers = tuple(one for one, _ in wanted)
        reference = f"split-{len(self.asked)}"
        asked = m.AskSplit(self.shop, payment.id, reference, receivers, final)
        split = self.once(pay.split_payment, asked, Split, expected)
        if expected is None:
            for line, (account, amount) in zip(split.line_ids, shares, strict=True):
                self.books.lines[line] = Row(
                    id=line,
                    split=split.id,
                    payment=payment.id,
                    account=account,
                    amount=amount,
                    returned=0,
                )
            assert self.world.ask(pay.split_payment, asked) == split

    @rule(place=PLACES, amount=SHARES)
    def a_receiver_gives_back(self, place: int, amount: int) -> None:
        if line := self.pick(self.books.lines, place):
            self.tick()
            expected = self.books.give_back(line, amount)
            reference = f"return-{len(self.asked)}"
            asked = m.AskSplitReturn(self.shop, line.split, line.id, reference, amount)
            back = self.once(pay.return_split, asked, SplitReturn, expected)
            if expected is None:
                self.same_again(pay.return_split, asked, back)

    @rule(whole=st.booleans())
    def the_market_spends(self, whole: bool) -> None:
        account = (self.market.app_id, "shop")
        amount = self.books.has[account] // (1 if whole else 2)
        if amount:
            self.tick()
            self.world.fund(self.market.app_id, -amount, code="shop")
            self.books.move(account, ("mint", "mint"), amount)

    @rule()
    def a_month_passes(self) -> None:
        self.time_passes(30 * 86400)

    # Combinations ---------------------------------------------------------------------------

    @rule(one=AMOUNTS, two=AMOUNTS, split=st.booleans())
    def a_new_combination(self, one: int, two: int, split: bool) -> None:
        self.tick()
        number = f"c-{len(self.books.combined)}"
        parts = (m.Part(one, "CNY", f"{number}-1"), m.Part(two, "CNY", f"{number}-2", split=split))
        asked = m.AskCombined(self.shop, number, parts)
        made = self.once(pay.create_combined, asked, Combined, None)
        self.books.combined[made.id] = Row(
            id=made.id, amount=one + two, expires_at=made.expires_at, attempt=""
        )
        for payment in self.world.read(pay.parts_of, made):
            self.books.payments[payment.id] = unpaid(payment)
        assert self.world.ask(pay.create_combined, asked) == made

    @rule(place=PLACES, who=PEOPLE, right=RIGHT, rail=st.booleans())
    def a_person_pays_a_combination(self, place: int, who: int, right: bool, rail: bool) -> None:
        combined, now, person = (
            self.pick(self.books.combined, place),
            self.tick(),
            self.people[who].id,
        )
        if combined is None:
            return
        expected = self.books.payable_together(combined, now)
        expected = expected or self.books.pin(person, right, now)
        if expected is None and not rail:
            expected = self.books.pay_together(combined, person)
        if expected is None:
            self.books.forgive(person)
        pin, method = PIN if right else "111222", RAIL if rail else "wallet"
        asked = m.AskConfirm(person, combined.id, method, "mobile", pin)
        answer = self.once(pay.confirm_combined, asked, Combined, expected)
        if expected is None and rail:
            combined.attempt = answer.attempt_id
            for part in self.books.parts(combined):
                part.status, part.method = "processing", RAIL
        self.collect()

    @rule(one=AMOUNTS, two=AMOUNTS, who=PEOPLE, rail=st.booleans(), outcome=OUTCOMES)
    def a_person_buys_a_combination(
        self, one: int, two: int, who: int, rail: bool, outcome: str
    ) -> None:
        self.a_new_combination(one, two, split=rail)
        self.a_person_pays_a_combination(0, who, right=True, rail=rail)
        if rail:
            self.the_rail_answers(0, outcome)

    @rule(place=PAST)
    def the_shop_cancels_a_combination(self, place: int) -> None:
        if combined := self.pick(self.books.combined, place):
            self.tick()
            parts = self.books.parts(combined)
            expected = None if parts[0].status == "open" else m.PaymentNotCancelable
            for part in [] if expected else parts:
                part.status = "canceled"
            asked = m.AskOnCombined(self.shop, combined.id)
            self.once(pay.cancel_combined, asked, Combined, expected)

    # At every step --------------------------------------------------------------------------

    @invariant()
    def splits_are_what_the_books_say(self) -> None:
        rows = self.world.read(lambda reader: reader.rows(PAYMENTS, ""))
        figures = {
            row.id: (row.split_amount, row.unsplit_amount, row.split_ended_at > 0) for row in rows
        }
        assert figures == {
            id_: (row.shared, row.unsplit, row.ended) for id_, row in self.books.payments.items()
        }
        lines = self.world.read(lambda reader: reader.rows(LINES, ""))
        assert {one.id: (one.amount, one.returned_amount) for one in lines} == {
            id_: (row.amount, row.returned) for id_, row in self.books.lines.items()
        }

    def tick(self) -> int:
        """Notes first until when money waits to be split."""
        for row in self.world.read(lambda reader: reader.rows(PAYMENTS, "WHERE split_until > 0")):
            self.books.payments[row.id].split_until = row.split_until
        return super().tick()
