"""Giving money back: from Oscar's dashboard, or entered here when it was given back elsewhere."""

from decimal import Decimal
from typing import Any

from changliao_oscar import api
from changliao_oscar.models import METHOD
from changliao_oscar.words import say
from django.db import transaction
from oscar.apps.payment.exceptions import PaymentError
from oscar.core.loading import get_model

PaymentEventType = get_model("order", "PaymentEventType")
Source = get_model("payment", "Source")
Transaction = get_model("payment", "Transaction")

REFUND = "Refunded"
"""The payment event type that a shopkeeper picks at the dashboard."""


class RefundsByChangliao:
    """In front of Oscar's `order.processing.EventHandler`: its payment event "Refunded" gives money back."""

    def handle_payment_event(
        self,
        order: Any,
        event_type: Any,
        amount: Decimal,
        lines: Any = None,
        line_quantities: Any = None,
        **said: Any,
    ) -> Any:
        """Refund through Changliao when the order was paid there; anything else is Oscar's. Raises
        Oscar's `PaymentError` with words when it was refused, is under way or is not known."""
        source = Source.objects.filter(order=order, source_type__name=METHOD).first()
        if event_type.name != REFUND or source is None:
            return super().handle_payment_event(
                order, event_type, amount, lines, line_quantities, **said
            )
        self.validate_payment_event(order, event_type, amount, lines, line_quantities, **said)
        told = refund(source, Decimal(amount))
        if told["status"] != "succeeded":
            raise PaymentError(say(f"refund_{told['status']}", id=told["id"]))
        return order.payment_events.get(reference=told["id"])


def refund(source: Any, amount: Decimal) -> dict[str, Any]:
    """Ask for it. The number of refunds entered so far and the amount make its key, so asking again
    after silence is the same refund, as long as no webhook has entered it."""
    number = source.transactions.filter(txn_type=Transaction.REFUND).count() + 1
    path = f"/v1/payments/{source.reference}/refunds"
    try:
        minor = api.to_minor(amount, source.currency)
        key = f"{source.order.number}-refund-{number}-{minor}"
        told = api.ask("POST", path, {"amount": minor, "reference": key}, key=key)
    except api.Silent as silence:
        raise PaymentError(say("refund_silent")) from silence
    except (api.Refused, ValueError) as refusal:
        raise PaymentError(say("refund_refused", reason=str(refusal))) from refusal
    enter(source, told)
    return dict(told)


def enter(source: Any, told: dict[str, Any]) -> None:
    """Write down how a refund stands, as often as one likes: one transaction a refund, the source's
    figure and the payment event when the money is back."""
    amount = api.from_minor(told["amount"], told["currency"])
    with transaction.atomic():
        source = Source.objects.select_for_update().get(pk=source.pk)
        one, made = source.transactions.get_or_create(
            txn_type=Transaction.REFUND, reference=told["id"], defaults={"amount": amount}
        )
        if one.status == told["status"] or one.status == "succeeded":
            return
        one.status = told["status"]
        one.save()
        notes = source.order.notes
        if told["status"] == "pending" and made:
            notes.create(message=say("refund_pending", id=told["id"]), note_type="System")
        if told["status"] == "failed":
            notes.create(message=say("refund_failed", id=told["id"]), note_type="System")
        if told["status"] != "succeeded":
            return
        source.amount_refunded += amount
        source.save()
        kind, _ = PaymentEventType.objects.get_or_create(name=REFUND)
        source.order.payment_events.create(event_type=kind, amount=amount, reference=told["id"])
