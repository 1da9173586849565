"""Top-ups and mandates; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.people.model.passkeys import Assertion

TopUpId = NewType("TopUpId", str)
MandateId = NewType("MandateId", str)
Mode = Literal["test", "live"]

WALLET = "wallet"
"""The ledger code of wallets."""


class TopUp(Value, frozen=True):
    """Money on its way into a wallet."""

    id: TopUpId
    person_id: str
    mode: Mode
    rail: str
    amount: int
    currency: str
    status: Literal["processing", "unknown", "succeeded", "failed"]
    reason: str
    created_at: int
    changed_at: int


class Mandate(Value, frozen=True):
    """A person lets a shop's app take up to `per_payment` at a time and `per_day` in all per UTC day.
    `day` counts days since 1970 and says which day `spent_today` is of."""

    id: MandateId
    person_id: str
    app_id: str
    mode: Mode
    currency: str
    per_payment: int
    per_day: int
    day: int
    spent_today: int
    created_at: int
    revoked_at: int


class AskTopUp(Value, frozen=True):
    """Fill a wallet by a rail."""

    person_id: str
    mode: Mode
    rail: str
    amount: int
    currency: str
    instrument: str = ""


class AskMandate(Value, frozen=True):
    """Give a shop a mandate; the PIN confirms it, or a passkey that signed exactly these limits."""

    person_id: str
    app_id: str
    mode: Mode
    currency: str
    per_payment: int
    per_day: int
    pin: str
    passkey: Assertion | None = None


class AskRevoke(Value, frozen=True):
    """Take a mandate back."""

    person_id: str
    mandate_id: str


class AskSpend(Value, frozen=True):
    """Use a mandate for one payment of its app."""

    mandate_id: str
    app_id: str
    mode: Mode
    amount: int
    currency: str


class TopUpNotFound(NotFound, code="top_up_not_found"):
    """There is no such top-up of yours."""


class MandateNotFound(NotFound, code="mandate_not_found"):
    """There is no such mandate."""


class MandateRevoked(Forbidden, code="mandate_revoked"):
    """The person has taken this mandate back."""


class MandateExceeded(
    Forbidden, code="mandate_exceeded", hint="Send the person to the cashier instead."
):
    """This payment is more than the mandate allows."""


class MandateLimitsInvalid(
    Invalid, code="mandate_limits_invalid", hint="Both above 0; per payment at most per day."
):
    """These limits cannot be."""


class PlayNotAllowed(Conflict, code="play_not_allowed"):
    """There are no play wallets on this installation."""


class InsufficientFunds(
    Conflict, code="insufficient_funds", hint="Top up the wallet, then try again."
):
    """There is too little in the wallet; no money has moved."""
