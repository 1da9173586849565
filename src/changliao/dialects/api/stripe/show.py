"""Our nouns as Stripe's objects, every documented field of the API's version in them."""

from typing import Any

import msgspec

from changliao.dialects import service
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe.numbers import Shown
from changliao.dialects.model import Account, Hook
from changliao.kernel.value import Value
from changliao.ledger.model import Account as LedgerAccount
from changliao.partners.model import Caller
from changliao.pay import service as pay
from changliao.pay.model import AskLines, Customer, Line, Payment, Refund

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
"""Why a refund was made, where Stripe has a word for it."""
NO_ADDRESS: Shown = dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"])


class Place(Value, frozen=True):
    """What showing needs beside the noun: what was said of it, and the cashier's address."""

    reader: Any
    account: Account
    cashier_url: Any

    def said(self, about: str) -> dict[str, str]:
        """What this account said about a thing of ours; empty for what was made otherwise."""
        found = service.particulars(self.reader, about)
        return found.said if found and found.account_id == self.account.id else {}

    @property
    def caller(self) -> Caller:
        """Who reads."""
        return service.caller_as(self.reader, self.account)

    @property
    def live(self) -> bool:
        """Whether money is real here."""
        return self.account.mode == "live"


def entries(text: str | None) -> dict[str, str]:
    """Metadata as it was kept."""
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def tree(text: str | None) -> Any:
    """Something nested as it was kept."""
    return msgspec.json.decode(text) if text else None


def session(place: Place, payment: Payment) -> Shown:
    """A checkout session: what a shop asked for, and how its payment stands."""
    said = place.said(payment.id)
    status, payment_status = n.session_states(payment)
    total = n.theirs(payment.amount, payment.currency)
    email = said.get("customer_email")
    begun = payment.status not in ("open", "expired", "canceled") or payment.hold_id
    details = {"email": email, "name": None, "phone": None, "address": None}
    return {
        **_FIXED_SESSION,
        "id": n.session_id(payment.id, payment.mode),
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": said.get("cancel_url"),
        "client_reference_id": said.get("client_reference_id"),
        "created": n.seconds(payment.created_at),
        "currency": payment.currency.lower(),
        "customer": payment.customer_id or None,
        "customer_details": {**details, "tax_exempt": "none", "tax_ids": []} if email else None,
        "customer_email": email,
        "expires_at": n.seconds(payment.expires_at),
        "livemode": place.live,
        "locale": said.get("locale"),
        "metadata": entries(said.get("metadata")),
        "payment_intent": n.intent_id(payment.id) if begun else None,
        "payment_method_types": methods(said),
        "payment_status": payment_status,
        "status": status,
        "submit_type": said.get("submit_type"),
        "success_url": said.get("success_url"),
        "url": place.cashier_url(payment.id) if status == "open" else None,
    }


_FIXED_SESSION: Shown = {
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_creation": "if_required",
    "discounts": [],
    "invoice": None,
    "invoice_creation": None,
    "mode": "payment",
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_options": {},
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_details": None,
    "shipping_options": [],
    "subscription": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted",
}


def methods(said: dict[str, str]) -> list[str]:
    """The kinds of payment method the shop named; what is really offered is for the cashier to say."""
    named = said.get("payment_method_types")
    return named.split(",") if named else ["card"]


def line_items(place: Place, payment: Payment) -> list[Shown]:
    """What a session sells, as the shop said it."""
    return [
        _line_item(place, payment, number, item)
        for number, item in enumerate(tree(place.said(payment.id).get("line_items")) or [])
    ]


def _line_item(place: Place, payment: Payment, number: int, item: Shown) -> Shown:
    tail = f"{n.intent_id(payment.id)[3:]}{number:03d}"
    currency, unit = payment.currency.lower(), item["unit_amount"]
    total = unit * item["quantity"]
    price = {
        "id": "price_" + tail,
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": n.seconds(payment.created_at),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": place.live,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": "prod_" + tail,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit,
        "unit_amount_decimal": str(unit),
    }
    return {
        "id": "li_" + tail,
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": item["name"],
        "price": price,
        "quantity": item["quantity"],
    }


def intent(place: Place, payment: Payment) -> Shown:
    """A payment intent: the payment itself."""
    said = place.said(payment.id)
    held = payment.amount - payment.captured_amount if payment.status == "authorized" else 0
    status = n.intent_status(payment, said)
    metadata = entries(said["intent_metadata"]) if "intent_metadata" in said else payment.metadata
    closed = payment.changed_at if status == "canceled" else 0
    return {
        **_FIXED_INTENT,
        "id": n.intent_id(payment.id),
        "object": "payment_intent",
        "amount": n.theirs(payment.amount, payment.currency),
        "amount_capturable": n.theirs(held, payment.currency),
        "amount_received": n.theirs(payment.captured_amount, payment.currency),
        "canceled_at": n.seconds(closed) if closed else None,
        "cancellation_reason": _why_canceled(payment, said),
        "capture_method": "manual" if payment.capture == "manual" else "automatic",
        "created": n.seconds(payment.created_at),
        "currency": payment.currency.lower(),
        "customer": payment.customer_id or None,
        "description": said.get("intent_description") or payment.description or None,
        "last_payment_error": _last_error(payment),
        "latest_charge": n.charge_id(payment.id) if n.has_charge(payment) else None,
        "livemode": place.live,
        "metadata": metadata,
        "next_action": _next_action(place, payment, said, status),
        "payment_method_types": methods(said),
        "receipt_email": said.get("receipt_email"),
        "statement_descriptor": said.get("statement_descriptor"),
        "status": status,
    }


_FIXED_INTENT: Shown = {
    "amount_details": {"tip": {}},
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "client_secret": None,
    "confirmation_method": "automatic",
    "invoice": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_options": {},
    "processing": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}


def _why_canceled(payment: Payment, said: dict[str, str]) -> str | None:
    if payment.status == "expired":
        return "automatic"
    return said.get("cancellation_reason") if payment.status == "canceled" else None


def _last_error(payment: Payment) -> Shown | None:
    if payment.status != "open" or not payment.reason:
        return None
    code = "payment_intent_payment_attempt_failed"
    return {"type": "card_error", "code": code, "message": payment.reason}


def _next_action(place: Place, payment: Payment, said: dict[str, str], status: str) -> Shown | None:
    if status != "requires_action":
        return None
    way = {"return_url": said.get("return_url"), "url": place.cashier_url(payment.id)}
    return {"type": "redirect_to_url", "redirect_to_url": way}


def charge(place: Place, payment: Payment) -> Shown:
    """A charge: the money of a payment that was taken or held. A hold that was given back counts as
    refunded, as Stripe has it."""
    said = place.said(payment.id)
    given_back = payment.status in ("canceled", "expired")
    back = payment.amount if given_back else payment.refunded_amount + payment.refunding_amount
    full = given_back or 0 < payment.captured_amount == back
    shown = intent(place, payment)
    return {
        **_FIXED_CHARGE,
        "id": n.charge_id(payment.id),
        "object": "charge",
        "amount": shown["amount"],
        "amount_captured": shown["amount_received"],
        "amount_refunded": n.theirs(back, payment.currency),
        "balance_transaction": moved_by(place, payment.id, "payment"),
        "billing_details": {
            "address": NO_ADDRESS,
            "email": said.get("customer_email"),
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "captured": payment.captured_amount > 0,
        "created": n.seconds(payment.created_at if payment.hold_id else payment.paid_at),
        "currency": shown["currency"],
        "customer": shown["customer"],
        "description": shown["description"],
        "livemode": place.live,
        "metadata": shown["metadata"],
        "paid": True,
        "payment_intent": shown["id"],
        "receipt_email": shown["receipt_email"],
        "refunded": full,
        "statement_descriptor": shown["statement_descriptor"],
        "status": "succeeded",
    }


_FIXED_CHARGE: Shown = {
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "calculated_statement_descriptor": None,
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "fraud_details": {},
    "invoice": None,
    "on_behalf_of": None,
    "outcome": None,
    "payment_method": None,
    "payment_method_details": {"type": "customer_balance", "customer_balance": {}},
    "radar_options": {},
    "receipt_number": None,
    "receipt_url": None,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}


def refund(place: Place, one: Refund) -> Shown:
    """A refund."""
    shown: Shown = {
        "id": one.id,
        "object": "refund",
        "amount": n.theirs(one.amount, one.currency),
        "balance_transaction": moved_by(place, one.id, "refund"),
        "charge": n.charge_id(one.payment_id),
        "created": n.seconds(one.created_at),
        "currency": one.currency.lower(),
        "destination_details": None,
        "metadata": entries(place.said(one.id).get("metadata")),
        "payment_intent": n.intent_id(one.payment_id),
        "reason": one.reason if one.reason in REASONS else None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": one.status,
        "transfer_reversal": None,
    }
    if one.status == "failed":
        shown["failure_reason"] = "unknown"
    return shown


def customer(place: Place, one: Customer, *, even_deleted: bool = False) -> Shown:
    """A customer; one that was deleted says only that, unless it is asked for all the same."""
    said = place.said(one.id)
    if said.get("deleted") and not even_deleted:
        return {"id": one.id, "object": "customer", "deleted": True}
    return {
        "id": one.id,
        "object": "customer",
        "address": tree(said.get("address")),
        "balance": 0,
        "created": n.seconds(one.created_at),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": said.get("description"),
        "discount": None,
        "email": said.get("email"),
        "invoice_prefix": one.id[-8:],
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": place.live,
        "metadata": entries(said.get("metadata")),
        "name": said.get("name") or one.name or None,
        "next_invoice_sequence": 1,
        "phone": said.get("phone"),
        "preferred_locales": [],
        "shipping": tree(said.get("shipping")),
        "tax_exempt": "none",
        "test_clock": None,
    }


def endpoint(place: Place, hook: Hook) -> Shown:
    """A webhook endpoint; its secret is shown by whoever makes it."""
    return {
        "id": hook.id,
        "object": "webhook_endpoint",
        "api_version": hook.version or None,
        "application": None,
        "created": n.seconds(hook.created_at),
        "description": hook.description or None,
        "enabled_events": list(hook.kinds),
        "livemode": place.live,
        "metadata": hook.metadata,
        "status": hook.state,
        "url": hook.url,
    }


def transaction(place: Place, line: Line) -> Shown:
    """A balance transaction: one line of the shop's statement. Nobody takes a fee, and the money can be
    used at once."""
    moved = line.transfer
    kind, prefix = MOVED.get(moved.code, ("adjustment", ""))
    amount = n.theirs(line.amount, moved.currency)
    at = n.seconds(moved.written_at)
    return {
        "id": "txn_" + n.tail(moved.id),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at,
        "created": at,
        "currency": moved.currency.lower(),
        "description": moved.memo or None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": kind,
        "source": prefix + n.tail(moved.ref) if prefix else None,
        "status": "available",
        "type": kind,
    }


MOVED: dict[str, tuple[str, str]] = {
    "payment": ("charge", "ch_"),
    "refund": ("refund", "re_"),
    "refund_returned": ("refund_failure", "re_"),
    "transfer": ("transfer", ""),
}
"""What a transfer's code is called, and whose id its source has."""


def moved_by(place: Place, ref: str, code: str) -> str | None:
    """The newest balance transaction of a payment or a refund."""
    found = pay.lines(place.reader, AskLines(place.caller, code=code, ref=ref, limit=LINES_MAX))
    moved = [one for one in found.items if one.amount]
    return "txn_" + n.tail(moved[0].transfer.id) if moved else None


LINES_MAX = 100
"""How many movements of one payment or refund are looked at."""


def balance(place: Place, accounts: list[LedgerAccount]) -> Shown:
    """The shop's money per currency. What was paid can be used at once: nothing is pending. Refunds
    under way are out of it already."""

    def funds(amount_of: Any) -> list[Shown]:
        return [
            {
                "amount": n.theirs(amount_of(one), one.currency),
                "currency": one.currency.lower(),
                "source_types": {"card": n.theirs(amount_of(one), one.currency)},
            }
            for one in accounts
        ]

    return {
        "object": "balance",
        "available": funds(lambda one: one.balance),
        "livemode": place.live,
        "pending": funds(lambda one: 0),
    }
