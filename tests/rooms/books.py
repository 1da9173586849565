"""A naive model of paying: dicts of what everybody has, and for each ask the answer it must get.

It knows no database, no follower, no job. What a rail's answer does to payments is kept in `told` until
somebody `hears` it, as the real followers do after the commit.
"""

from collections import Counter
from types import SimpleNamespace

from changliao.kernel.instant import DAY_US, MINUTE_US
from changliao.pay import model as m
from changliao.people.model import PinLocked, WrongPin
from changliao.rails.model import Attempt
from changliao.wallet.model import InsufficientFunds, MandateExceeded

Refused = type[Exception] | None
Row = SimpleNamespace
"""Something that changes: a payment, a refund, an attempt, a PIN."""
PER_PAYMENT, PER_DAY = 600, 1000
LOCKS_US = [MINUTE_US * minutes for minutes in (1, 5, 30, 180, 1440)]


class Books:
    """What everybody has and what has become of every payment."""

    def __init__(self, shop: str, rail: str) -> None:
        self.shop, self.rail = (shop, "shop"), rail
        self.aside = (shop, "shop_unsplit")
        self.has: Counter[tuple[str, str]] = Counter()
        self.held: Counter[str] = Counter()
        self.payments: dict[str, Row] = {}
        self.refunds: dict[str, Row] = {}
        self.attempts: dict[str, Row] = {}
        self.pins: dict[str, Row] = {}
        self.told: list[tuple[bool, Row]] = []
        self.mandate = Row(day=-1, spent=0)

    def move(self, debit: tuple[str, str], credit: tuple[str, str], amount: int) -> None:
        """One transfer."""
        self.has[debit] -= amount
        self.has[credit] += amount

    def at_rail(self, code: str) -> tuple[str, str]:
        """One of the rail's accounts."""
        return self.rail, f"rail_{code}"

    def deadlines(self) -> set[int]:
        """Every moment at which an answer changes by itself."""
        moments = {pin.until for pin in self.pins.values()}
        for payment in self.payments.values():
            moments |= {payment.expires_at, payment.hold_until, payment.split_until}
        return moments

    def seen(self, attempts: list[Attempt]) -> None:
        """Take in attempts that were opened since."""
        for one in attempts:
            if one.id not in self.attempts:
                self.attempts[one.id] = Row(
                    id=one.id,
                    inwards=one.direction == "in",
                    purpose=one.purpose,
                    about=one.about,
                    amount=one.amount,
                    state="created",
                )

    # Set aside ------------------------------------------------------------------------------

    def source(self, payment: Row) -> tuple[str, str]:
        """Where what is left of a payment's money stands."""
        return self.aside if payment.split and not payment.ended else self.shop

    def take_in(self, payment: Row, debit: tuple[str, str], amount: int) -> None:
        """Money for a payment: to the shop, or aside while it may be split."""
        self.move(debit, self.source(payment), amount)
        if self.source(payment) == self.aside:
            payment.unsplit += amount

    def take_out(self, payment: Row, credit: tuple[str, str], amount: int) -> None:
        """Money of a payment leaves."""
        self.move(self.source(payment), credit, amount)
        if self.source(payment) == self.aside:
            payment.unsplit -= amount

    def end(self, payment: Row) -> None:
        """Splitting is over: the rest is the shop's."""
        self.move(self.aside, self.shop, payment.unsplit)
        payment.unsplit, payment.ended, payment.split_until = 0, True, 0

    def left(self, payment: Row) -> int:
        """What may still be refunded or split."""
        gone = payment.refunded + payment.refunding + payment.shared
        return int(payment.captured - gone)

    # Confirming -----------------------------------------------------------------------------

    def payable(self, payment: Row, now: int) -> Refused:
        """Whether it can be paid now."""
        if payment.combined:
            return m.PaymentIsCombined
        late = payment.status == "open" and payment.expires_at <= now
        if late or payment.status == "expired":
            return m.PaymentExpired
        return None if payment.status == "open" else m.PaymentNotOpen

    def pin(self, person: str, right: bool, now: int) -> Refused:
        """What a PIN is answered; wrong ones are counted whatever else happens."""
        pin = self.pins[person]
        if pin.until > now:
            return PinLocked
        if right:
            return None
        pin.wrong += 1
        if pin.wrong < 5:
            return WrongPin
        pin.until = now + LOCKS_US[min(pin.locks, 4)]
        pin.wrong, pin.locks = 0, pin.locks + 1
        return PinLocked

    def forgive(self, person: str) -> None:
        """The PIN was right and the money moved."""
        self.pins[person] = Row(wrong=0, locks=0, until=0)

    def pay_by_wallet(self, payment: Row, person: str) -> Refused:
        """Wallet to shop, or held."""
        if self.has[person, "wallet"] - self.held[person] < payment.amount:
            return InsufficientFunds
        payment.payer, payment.method = person, "wallet"
        if payment.manual:
            payment.status, payment.left = "authorized", payment.amount
            self.held[person] += payment.amount
            return None
        payment.status, payment.captured = "paid", payment.amount
        self.take_in(payment, (person, "wallet"), payment.amount)
        return None

    def spend(self, payment: Row, person: str, now: int) -> Refused:
        """Pay within the mandate."""
        day = now // DAY_US
        spent = payment.amount + (self.mandate.spent if self.mandate.day == day else 0)
        if payment.amount > PER_PAYMENT or spent > PER_DAY:
            return MandateExceeded
        refused = self.pay_by_wallet(payment, person)
        if refused is None:
            self.mandate.day, self.mandate.spent = day, spent
        return refused

    # Holds ----------------------------------------------------------------------------------

    def capture(self, payment: Row, amount: int, final: bool, now: int) -> Refused:
        """Take of the hold."""
        if payment.status not in ("authorized", "paid") or not payment.left:
            return m.PaymentNotAuthorized
        if amount > payment.left:
            return m.CaptureTooLarge
        if payment.hold_until <= now:
            return m.PaymentExpired
        amount = amount or payment.left
        payment.status = "paid"
        payment.captured += amount
        self.take_in(payment, (payment.payer, "wallet"), amount)
        self.release(payment, payment.left if final else amount)
        return None

    def release(self, payment: Row, amount: int) -> None:
        """So much is held no longer."""
        payment.left -= amount
        self.held[payment.payer] -= amount

    def void(self, payment: Row, now: int) -> Refused:
        """Give all of the hold back."""
        if payment.status == "paid" and payment.manual:
            return m.HoldUsed
        if payment.status != "authorized":
            return m.PaymentNotAuthorized
        if payment.hold_until <= now:
            return m.PaymentExpired
        self.release(payment, payment.left)
        payment.status = "canceled"
        return None

    def sweep(self, now: int) -> None:
        """Close what has run out."""
        for payment in self.payments.values():
            if payment.status == "open" and payment.expires_at <= now:
                payment.status = "expired"
            if 0 < payment.split_until <= now:
                self.end(payment)
            if payment.left and payment.hold_until <= now:
                self.release(payment, payment.left)
                payment.status = "expired" if payment.status == "authorized" else payment.status

    # Refunds --------------------------------------------------------------------------------

    def refundable(self, payment: Row, amount: int) -> Refused:
        """Whether so much may be given back."""
        if payment.status != "paid":
            return m.PaymentNotPaid
        left = self.left(payment)
        return m.RefundTooLarge if amount > left or not left else None

    def begin(self, refund: Row) -> None:
        """It was asked for: it counts as under way."""
        refund.status, refund.tries = "pending", 0
        self.payments[refund.payment].refunding += refund.amount
        self.carry_out(refund)

    def carry_out(self, refund: Row) -> None:
        """Move the money out of the shop, if it is there."""
        payment = self.payments[refund.payment]
        refund.waits = self.has[self.source(payment)] < refund.amount
        if refund.waits:
            return
        if payment.method == "wallet":
            self.take_out(payment, (payment.payer, "wallet"), refund.amount)
            self.over(refund, "succeeded")
        else:
            self.take_out(payment, self.at_rail("payable"), refund.amount)
            refund.tries += 1

    def over(self, refund: Row, status: str) -> None:
        """It is over, one way or the other."""
        payment = self.payments[refund.payment]
        refund.status, refund.waits = status, False
        payment.refunding -= refund.amount
        payment.refunded += refund.amount if status == "succeeded" else 0

    # Rails ----------------------------------------------------------------------------------

    def settle(self, attempt: Row, outcome: str) -> None:
        """What a rail says. Clear answers are kept; only money may still come in after a failure."""
        done = attempt.state == "succeeded"
        failed = attempt.state == "failed"
        if done or (failed and not (outcome == "succeeded" and attempt.inwards)):
            return
        attempt.state = outcome
        if outcome == "succeeded":
            clearing = self.at_rail("clearing")
            if attempt.inwards:
                self.move(clearing, self.at_rail("received"), attempt.amount)
            else:
                self.move(self.at_rail("payable"), clearing, attempt.amount)
        if outcome in ("succeeded", "failed"):
            self.told.append((outcome == "succeeded", attempt))

    def hear(self) -> None:
        """Everybody acts on what rails have said."""
        told, self.told = self.told, []
        for came, attempt in told:
            getattr(self, f"_{attempt.purpose}")(came, attempt)

    def _top_up(self, came: bool, attempt: Row) -> None:
        if came:
            person = (attempt.person, "wallet")
            self.move(self.at_rail("received"), person, attempt.amount)

    def _payment(self, came: bool, attempt: Row) -> None:
        payment = self.payments[attempt.about]
        awaited = payment.status == "processing" and payment.attempt == attempt.id
        if not came:
            payment.status = "open" if awaited else payment.status
        elif awaited:
            payment.status, payment.captured = "paid", payment.amount
            self.take_in(payment, self.at_rail("received"), attempt.amount)
        else:
            self.move(self.at_rail("received"), self.at_rail("payable"), attempt.amount)

    def _late_money(self, came: bool, attempt: Row) -> None:
        if not came:
            self.move(self.at_rail("payable"), (self.shop[0], "suspense"), attempt.amount)

    def _refund(self, came: bool, attempt: Row) -> None:
        refund = self.refunds[attempt.about]
        if came:
            self.over(refund, "succeeded")
            return
        payment = self.payments[refund.payment]
        self.take_in(payment, self.at_rail("payable"), refund.amount)
        if refund.tries >= 5:
            self.over(refund, "failed")
        else:
            refund.waits = True
