"""The tables of pay, parents first."""

from changliao.db.table import Table
from changliao.pay.model import (
    Combined,
    Customer,
    Method,
    Payment,
    Refund,
    ShopTransfer,
    Split,
    SplitLine,
    SplitReturn,
    Status,
)

PAYMENTS = Table("pay_payments", Payment, unique=[("app_id", "mode", "reference")])
REFUNDS = Table("pay_refunds", Refund, unique=[("app_id", "mode", "reference")])
METHODS = Table("pay_methods", Method, key=("app_id", "mode", "method", "channel"))
CUSTOMERS = Table("pay_customers", Customer, unique=[("app_id", "mode", "reference")])
SPLITS = Table("pay_splits", Split, unique=[("app_id", "mode", "reference")])
LINES = Table("pay_split_lines", SplitLine)
RETURNS = Table("pay_split_returns", SplitReturn, unique=[("app_id", "mode", "reference")])
COMBINED = Table("pay_combined", Combined, unique=[("app_id", "mode", "reference")])
TRANSFERS = Table("pay_transfers", ShopTransfer, unique=[("app_id", "mode", "reference")])
TOLD_STATUS: dict[str, Status] = {
    "payment.created": "open",
    "payment.processing": "processing",
    "payment.attempt_failed": "open",
    "payment.authorized": "authorized",
    "payment.paid": "paid",
    "payment.canceled": "canceled",
    "payment.expired": "expired",
}
"""The facts that tell a payment's status, and which."""
