"""Values that the tests of rules begin from."""

from typing import Any

import msgspec

from changliao.partners.model import SCOPES, AppId, Caller, Mode, PartnerId
from changliao.pay import rules
from changliao.pay.model import AskPayment, Payment

NOW = 1_770_000_000_000_000


def caller(mode: Mode = "test", app: str = "app_1") -> Caller:
    """An app that may do everything."""
    return Caller(AppId(app), PartnerId("par_1"), mode, SCOPES, "key_1")


def ask(**said: Any) -> AskPayment:
    """A good ask for a payment, but for what is said."""
    return AskPayment(
        **{
            "caller": caller(),
            "amount": 1000,
            "currency": "CNY",
            "reference": "order-1",
            **said,
        }
    )


def payment(**said: Any) -> Payment:
    """An open payment, but for what is said."""
    return msgspec.structs.replace(rules.payment(ask(), "pay_1", NOW), **said)
