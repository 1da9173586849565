"""How payments, refunds, methods and balances look in the API."""

from typing import Literal

from changliao.db.vault import Vault
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.pay.model import Channel, Customer, Method, Mode, Payment, Refund, Status
from changliao.people.model.passkeys import Assertion


class ConfirmBody(Value, frozen=True, forbid_unknown_fields=True):
    """Confirm in the same request: within a mandate, or on a rail the customer pays on.
    `instrument` chooses what a sandbox rail does."""

    mandate_id: str = ""
    method: str = ""
    instrument: str = ""


class PaymentBody(Value, frozen=True, forbid_unknown_fields=True):
    """A wish to be paid. `amount` is whole minor units (fen, cents); `reference` is the shop's own
    order number; `expires_at` is RFC 3339, two hours from now by default. With `split` the money is set
    aside to be shared among receivers, for thirty days at most."""

    amount: int
    currency: str
    reference: str
    description: str = ""
    return_url: str = ""
    expires_at: str = ""
    capture: Literal["auto", "manual"] = "auto"
    customer_id: str = ""
    metadata: dict[str, str] = {}
    confirm: ConfirmBody | None = None
    split: bool = False


class CaptureBody(Value, frozen=True, forbid_unknown_fields=True):
    """How much to take of a hold, in minor units; left out: all that is left. `final` gives the rest
    back."""

    amount: int | None = None
    final: bool = False


class ReasonBody(Value, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


class RefundBody(Value, frozen=True, forbid_unknown_fields=True):
    """How much to give back, in minor units; left out: all that is left. `reference` is the shop's own
    number of the refund."""

    amount: int | None = None
    reference: str = ""
    reason: str = ""


class ConfirmationBody(Value, frozen=True, forbid_unknown_fields=True):
    """A person pays: the cashier's `token`, the method; and the payment PIN, or what a passkey signed for
    a challenge of this payment, as `PublicKeyCredential.toJSON()` writes it."""

    token: str
    method: str = "wallet"
    channel: Channel = "mobile"
    pin: str = ""
    instrument: str = ""
    passkey: Assertion | None = None


class ChallengeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What a person wants to confirm by a passkey: the cashier's `token`."""

    token: str


class MethodBody(Value, frozen=True, forbid_unknown_fields=True):
    """A method in a channel."""

    method: str
    channel: Channel


class CustomerBody(Value, frozen=True, forbid_unknown_fields=True):
    """A customer by the shop's own number."""

    reference: str
    name: str = ""


class PaymentView(View, frozen=True):
    """A payment. All amounts are minor units of `currency`. `payer` is who paid, as an open id that this
    app alone knows: of a person who was signed in, and once it is authorized or paid. `split_amount` is
    with receivers, `unsplit_amount` still set aside. One with `combined_id` is paid on that cashier."""

    id: str
    status: Status
    mode: Mode
    amount: int
    currency: str
    reference: str
    description: str
    capture: Literal["auto", "manual"]
    captured_amount: int
    refunded_amount: int
    refundable_amount: int
    method: str | None
    reason: str | None
    customer_id: str | None
    metadata: dict[str, str]
    return_url: str | None
    cashier_url: str
    payer: str | None
    created_at: str
    expires_at: str
    hold_expires_at: str | None
    paid_at: str | None
    split: bool
    split_amount: int
    unsplit_amount: int
    combined_id: str | None
    version: int


class Payments(View, frozen=True):
    """Payments, newest first."""

    items: list[PaymentView]
    next: str | None


class RefundView(View, frozen=True):
    """A refund. `waits_for` says what a pending one waits for: `shop_balance`, or the rail's trouble."""

    id: str
    payment_id: str
    status: Literal["pending", "succeeded", "failed"]
    amount: int
    currency: str
    reference: str
    reason: str
    waits_for: str | None
    tries: int
    created_at: str
    changed_at: str


class Refunds(View, frozen=True):
    """A payment's refunds, oldest first."""

    items: list[RefundView]


class MethodView(View, frozen=True):
    """A method as the shop offers it in one channel. `id` is `{method}.{channel}`."""

    id: str
    method: str
    channel: Channel
    kind: Literal["wallet", "rail"]
    state: Literal["active", "suspended"]
    reason: str | None


class Methods(View, frozen=True):
    """A shop's methods, and the rails it could offer."""

    items: list[MethodView]
    rails: list[str]


class CustomerView(View, frozen=True):
    """A customer."""

    id: str
    reference: str
    name: str
    created_at: str


def payer_of(vault: Vault, payment: Payment) -> str | None:
    """Who paid, as the shop may know it; None before, and when a shop confirmed on a rail."""
    if not payment.payer or payment.status not in ("authorized", "paid"):
        return None
    return partners.open_id_of(vault, payment.app_id, payment.payer)


def show_payment(payment: Payment, cashier_url: str, payer: str | None) -> PaymentView:
    """A payment as its shop sees it; who paid is told by open id alone."""
    hold_ends = payment.hold_expires_at
    return PaymentView(
        payment.id,
        payment.status,
        payment.mode,
        payment.amount,
        payment.currency,
        payment.reference,
        payment.description,
        payment.capture,
        payment.captured_amount,
        payment.refunded_amount,
        payment.refundable_amount,
        payment.method or None,
        payment.reason or None,
        payment.customer_id or None,
        payment.metadata,
        payment.return_url or None,
        cashier_url,
        payer,
        rfc3339(Instant(payment.created_at)),
        rfc3339(Instant(payment.expires_at)),
        rfc3339(Instant(hold_ends)) if hold_ends else None,
        rfc3339(Instant(payment.paid_at)) if payment.paid_at else None,
        payment.split,
        payment.split_amount,
        payment.unsplit_amount,
        payment.combined_id or None,
        payment.version,
    )


def show_refund(refund: Refund) -> RefundView:
    """A refund as its shop sees it."""
    return RefundView(
        refund.id,
        refund.payment_id,
        refund.status,
        refund.amount,
        refund.currency,
        refund.reference,
        refund.reason,
        refund.waits_for or None,
        refund.tries,
        rfc3339(Instant(refund.created_at)),
        rfc3339(Instant(refund.changed_at)),
    )


def show_method(method: Method) -> MethodView:
    """A method as its shop and its payers see it."""
    return MethodView(
        f"{method.method}.{method.channel}",
        method.method,
        method.channel,
        "wallet" if method.method == "wallet" else "rail",
        method.state,
        method.reason or None,
    )


def show_customer(customer: Customer) -> CustomerView:
    """A customer as the shop sees it."""
    return CustomerView(
        customer.id, customer.reference, customer.name, rfc3339(Instant(customer.created_at))
    )
