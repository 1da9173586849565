"""Bills and statements: days, lines and trades of a shop's books."""

from changliao.kernel.refusal import Invalid, NotFound
from changliao.kernel.value import Value
from changliao.ledger.model import Transfer
from changliao.partners.model import Caller
from changliao.pay.model.payments import Payment, Refund


class AskLines(Value, frozen=True):
    """Which lines of a shop's ledger accounts: numbers below `after` and above `before` (0: no end),
    written from `from_at` until `until_at` (inclusive, 0: no end); at most `limit`, 1 to 1,000."""

    caller: Caller
    currency: str = ""
    code: str = ""
    ref: str = ""
    after: int = 0
    before: int = 0
    from_at: int = 0
    until_at: int = 0
    limit: int = 20


class Line(Value, frozen=True):
    """A ledger transfer as one side of a shop's account sees it."""

    transfer: Transfer
    credited: bool

    @property
    def amount(self) -> int:
        """By how much the posted balance changed, in signed minor units; a hold changes nothing."""
        if self.transfer.kind not in ("single", "post"):
            return 0
        return self.transfer.amount if self.credited else -self.transfer.amount

    @property
    def balance_after(self) -> int:
        """The posted balance that it left behind."""
        return self.transfer.credit_after if self.credited else self.transfer.debit_after


class LinePage(Value, frozen=True):
    """Lines, and the cursor to go on in the same direction. Only `next` 0 says that it is the last."""

    items: list[Line]
    next: int


class Day(Value, frozen=True):
    """One calendar day at a fixed offset from UTC: `from_at` until before `until_at`."""

    from_at: int
    until_at: int


class Trade(Value, frozen=True):
    """A row of a trade bill: what a shop took for a payment (`refund` None), or a refund that went."""

    at: int
    amount: int
    payment: Payment
    refund: Refund | None = None


class TradeMark(Value, frozen=True):
    """How far a trade bill was read: the last ledger number, the last refund."""

    seq: int = 0
    refunded_at: int = 0
    refund_id: str = ""


class TradePage(Value, frozen=True):
    """Rows of a trade bill, and where to go on (None: there are no more)."""

    items: list[Trade]
    next: TradeMark | None


class TradeTotal(Value, frozen=True):
    """What a trade bill adds up to in one currency."""

    payments: int = 0
    amount: int = 0
    refunds: int = 0
    refunded_amount: int = 0


class FundTotal(Value, frozen=True):
    """What a fund bill adds up to in one currency; `codes` are signed sums."""

    opening_balance: int = 0
    closing_balance: int = 0
    incoming: int = 0
    incoming_amount: int = 0
    outgoing: int = 0
    outgoing_amount: int = 0
    codes: dict[str, int] = {}


class LineNotFound(NotFound, code="statement_line_not_found"):
    """There is no such line on a statement of yours."""


class DayInvalid(
    Invalid, code="day_invalid", hint="A date such as 2026-01-31 and an offset such as +08:00."
):
    """This is no day, or no offset from UTC."""
