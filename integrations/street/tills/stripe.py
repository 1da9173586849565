"""Paid by a hosted checkout that speaks Stripe, by stripe-python. Who runs it, the settings say."""

from collections.abc import Mapping
from typing import Any

import stripe

from integrations.street.tills.till import Heard, Order

ENDS = {"checkout.session.completed": "paid", "checkout.session.expired": "closed"}


class Stripe:
    """The SDK makes a checkout session; notices are signed events."""

    shows_code = False
    thanks = ""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._secret = settings["webhook_secret"]
        self._pay = stripe.StripeClient(
            settings["pay_key"],
            base_addresses={"api": settings["pay_url"]},
            max_network_retries=0,
        )

    def ask(self, order: Order) -> str:
        """The address of the session."""
        product = {
            "currency": "cny",
            "unit_amount": order.fen,
            "product_data": {"name": order.title},
        }
        session = self._pay.checkout.sessions.create(
            {
                "mode": "payment",
                "client_reference_id": order.number,
                "line_items": [{"quantity": 1, "price_data": product}],
                "success_url": order.page,
                "cancel_url": order.page,
            }
        )
        return str(session.url)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard | None:
        """Believed when the SDK verifies its signature."""
        try:
            event = stripe.Webhook.construct_event(
                body, headers.get("stripe-signature", ""), self._secret
            )
        except (ValueError, stripe.SignatureVerificationError):
            return None
        number = event["data"]["object"].get("client_reference_id") or ""
        return Heard(number, ENDS.get(event["type"], ""))
