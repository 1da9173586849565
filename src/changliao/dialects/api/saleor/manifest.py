"""Our manifest: what Saleor is to send us, in the words of its own schema.

Source: Saleor's docs, "App Manifests" and "Transaction events", and its schema.graphql.
"""

from typing import Any

from changliao.kernel.value import Value

VERSION = "1.0.0"
REQUIRED = ">=3.16 <4"
"""Saleor tells the currency of what staff request since 3.16."""
PERMISSIONS = ["HANDLE_PAYMENTS"]

_EVERY = "__typename issuedAt recipient { id }"
"""What proves that a body is for us, for this address, and not old: the signature covers nothing else."""
_SOURCE = "sourceObject { __typename ... on Checkout { id } ... on Order { id number } }"
_ASKED = "action { actionType amount currency }"


class Webhook(Value, frozen=True):
    """One event, its type in the schema, and what is asked of it; `path` ends its address here."""

    event: str
    typename: str
    asks: str

    @property
    def path(self) -> str:
        """The last part of its address."""
        return self.event.lower().replace("_", "-")

    @property
    def query(self) -> str:
        """The subscription that shapes the body."""
        return f"subscription {{ event {{ ... on {self.typename} {{ {_EVERY} {self.asks} }} }} }}"


GATEWAY = Webhook("PAYMENT_GATEWAY_INITIALIZE_SESSION", "PaymentGatewayInitializeSession", "")
INITIALIZE = Webhook(
    "TRANSACTION_INITIALIZE_SESSION",
    "TransactionInitializeSession",
    f"transaction {{ id }} {_SOURCE} {_ASKED} data",
)
PROCESS = Webhook(
    "TRANSACTION_PROCESS_SESSION",
    "TransactionProcessSession",
    f"transaction {{ id }} {_ASKED}",
)
_REQUEST = f"transaction {{ id events {{ id }} }} {_ASKED}"
"""The events make each request's body another one, even if two were made in one microsecond."""
CHARGE = Webhook("TRANSACTION_CHARGE_REQUESTED", "TransactionChargeRequested", _REQUEST)
REFUND = Webhook("TRANSACTION_REFUND_REQUESTED", "TransactionRefundRequested", _REQUEST)
CANCEL = Webhook("TRANSACTION_CANCELATION_REQUESTED", "TransactionCancelationRequested", _REQUEST)
WEBHOOKS = (GATEWAY, INITIALIZE, PROCESS, CHARGE, REFUND, CANCEL)


def gateway_id(number: str) -> str:
    """What a storefront calls us by, and what the app is called in Saleor."""
    return f"changliao.{number}"


def manifest_url(url: str, number: str) -> str:
    """What is pasted into Saleor."""
    return f"{url}/{number}/manifest"


def manifest(url: str, number: str, mode: str) -> dict[str, Any]:
    """The manifest of one account."""
    test = " (test)" if mode == "test" else ""
    return {
        "id": gateway_id(number),
        "version": VERSION,
        "requiredSaleorVersion": REQUIRED,
        "name": f"Changliao Pay{test}",
        "author": "Changliao",
        "about": "Takes payments at the Changliao cashier: charges, holds, refunds, cancelations.",
        "permissions": PERMISSIONS,
        "tokenTargetUrl": f"{url}/{number}/register",
        "extensions": [],
        "webhooks": [
            {
                "name": one.typename,
                "syncEvents": [one.event],
                "query": one.query,
                "targetUrl": f"{url}/{number}/webhooks/{one.path}",
                "isActive": True,
            }
            for one in WEBHOOKS
        ],
    }
