"""How a shop is paid: one file per dialect, each around that dialect's own SDK."""

from collections.abc import Callable
from typing import Any

from integrations.street.tills import alipay, stripe, wechat
from integrations.street.tills.till import Till

TILLS: dict[str, Callable[[dict[str, Any]], Till]] = {
    "alipay": alipay.Alipay,
    "stripe": stripe.Stripe,
    "wechat": wechat.Wechat,
}
"""By the word `speaks` in a shop's settings."""
