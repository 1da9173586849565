"""The verbs of paying, split by noun."""

from changliao.pay.service.bills import day_of, fund_balances, funds, trades
from changliao.pay.service.confirmation import confirm_by_shop, confirm_payment
from changliao.pay.service.holds import capture, expire_holds, void
from changliao.pay.service.methods import (
    add_customer,
    offer_method,
    resume_method,
    suspend_method,
)
from changliao.pay.service.outcomes import hear_rails
from changliao.pay.service.payments import cancel_payment, create_payment, expire_many
from changliao.pay.service.reading import (
    broken_invariants,
    cashier_token,
    check_token,
    customer_of,
    method,
    methods_of,
    payment,
    payment_by_reference,
    payment_of,
    payments_due,
    payments_of,
    refund_of,
    refunds_of,
)
from changliao.pay.service.refunds import RETRY, refund_again, request_refund, retry_refund
from changliao.pay.service.statements import line, lines
from changliao.pay.service.transfers import (
    accept_transfer,
    cancel_transfer,
    decline_transfer,
    incoming_of,
    pay_person,
    transfer_by_reference,
    transfer_of,
    transfers_of,
)

__all__ = [
    "RETRY",
    "accept_transfer",
    "add_customer",
    "broken_invariants",
    "cancel_payment",
    "cancel_transfer",
    "capture",
    "cashier_token",
    "check_token",
    "confirm_by_shop",
    "confirm_payment",
    "create_payment",
    "customer_of",
    "day_of",
    "decline_transfer",
    "expire_holds",
    "expire_many",
    "fund_balances",
    "funds",
    "hear_rails",
    "incoming_of",
    "line",
    "lines",
    "method",
    "methods_of",
    "offer_method",
    "pay_person",
    "payment",
    "payment_by_reference",
    "payment_of",
    "payments_due",
    "payments_of",
    "refund_again",
    "refund_of",
    "refunds_of",
    "request_refund",
    "resume_method",
    "retry_refund",
    "suspend_method",
    "trades",
    "transfer_by_reference",
    "transfer_of",
    "transfers_of",
    "void",
]
