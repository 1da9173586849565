"""What comes in: the body that our queries ask for, and what the instance answers to ours."""

from decimal import Decimal
from typing import Any

import msgspec

from changliao.kernel.value import Value

_RETURN_MAX = 2000


class WithId(Value, frozen=True):
    """Anything of which only the id was asked for."""

    id: str


class Source(Value, frozen=True):
    """What is paid for: a checkout, or an order with a number."""

    number: str = ""


class Action(Value, frozen=True, rename="camel"):
    """What is to happen to how much; Saleor may leave the amount of a cancelation out."""

    action_type: str
    currency: str
    amount: Decimal | None = None

    @property
    def wanted(self) -> Decimal:
        """The amount; 0 when there is none."""
        return self.amount if self.amount is not None else Decimal(0)


class Event(Value, frozen=True, rename="camel"):
    """The body of a webhook; which parts are there depends on the event."""

    typename: str = msgspec.field(name="__typename")
    issued_at: str
    recipient: WithId
    transaction: WithId | None = None
    action: Action | None = None
    source_object: Source | None = None
    data: Any = None

    @property
    def return_url(self) -> str:
        """Where the storefront wants people to come back to: `data.returnUrl`, or empty."""
        wanted = self.data.get("returnUrl", "") if isinstance(self.data, dict) else ""
        return wanted if isinstance(wanted, str) and len(wanted) <= _RETURN_MAX else ""


class Token(Value, frozen=True):
    """What Saleor posts when the app is installed."""

    auth_token: str


class App(Value, frozen=True, rename="camel"):
    """Who a token belongs to."""

    id: str
    manifest_url: str | None = None


class AppData(Value, frozen=True):
    """`data` of the question whose token it is."""

    app: App | None = None


class AppAnswer(Value, frozen=True):
    """The answer to the question whose token it is."""

    data: AppData | None = None


class Report(Value, frozen=True):
    """What came of a report."""

    errors: list[Any]


class ReportData(Value, frozen=True, rename="camel"):
    """`data` of a report."""

    transaction_event_report: Report | None = None


class ReportAnswer(Value, frozen=True):
    """The answer to a report."""

    data: ReportData | None = None
