"""Combined payments: several payments on one cashier page that succeed or fail together."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value
from changliao.partners.model import Caller, audience
from changliao.pay.model.payments import Mode, PaymentId

CombinedId = NewType("CombinedId", str)
CombinedStatus = Literal["open", "processing", "paid", "canceled", "expired"]


class Combined(Value, frozen=True):
    """Payments that are paid together or not at all. `amount` is their sum in minor units; `app_id` is
    the app that combined them. Each is an ordinary payment of its own app."""

    id: CombinedId
    app_id: str
    mode: Mode
    reference: str
    amount: int
    currency: str
    description: str
    return_url: str
    payment_ids: tuple[PaymentId, ...]
    created_at: int
    expires_at: int
    status: CombinedStatus
    method: str
    payer: str
    attempt_id: str
    reason: str
    changed_at: int
    version: int

    @property
    def audience(self) -> str:
        """Who hears of it as a whole; each payment's own app hears of that payment."""
        return audience(self.app_id, self.mode)


class Part(Value, frozen=True):
    """One payment of a combination; `app_id` empty is the asking app."""

    amount: int
    currency: str
    reference: str
    app_id: str = ""
    description: str = ""
    split: bool = False
    metadata: dict[str, str] = {}


class AskCombined(Value, frozen=True):
    """Wish to be paid several payments at once. `expires_at` 0: in two hours."""

    caller: Caller
    reference: str
    parts: tuple[Part, ...]
    description: str = ""
    return_url: str = ""
    expires_at: int = 0


class AskOnCombined(Value, frozen=True):
    """Cancel a combination."""

    caller: Caller
    combined_id: str
    reason: str = ""


class CombinedNotFound(NotFound, code="combined_payment_not_found"):
    """There is no such combined payment of yours."""


class PartsInvalid(
    Invalid, code="parts_invalid", hint="2 to 50 payments, all in the same currency."
):
    """These payments cannot be combined."""


class PaymentIsCombined(
    Conflict, code="payment_is_combined", hint="Do it with the combined payment as a whole."
):
    """This payment belongs to a combined payment and cannot be paid or closed alone."""
