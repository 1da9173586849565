"""Paid through an Alipay gateway, by python-alipay-sdk."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from alipay import AliPay

from integrations.street.tills.till import Heard, Order

ENDS = {"TRADE_SUCCESS": "paid", "TRADE_FINISHED": "paid", "TRADE_CLOSED": "closed"}


class Alipay:
    """The SDK signs an order into an address of the gateway; notices come as signed forms."""

    shows_code = False
    thanks = "success"

    def __init__(self, settings: dict[str, Any]) -> None:
        self._gateway = settings["pay_url"]
        self._pay = AliPay(
            appid=settings["app_id"],
            app_private_key_string=settings["private_key"],
            alipay_public_key_string=settings["public_key"],
            sign_type="RSA2",
        )
        self._pay._gateway = self._gateway

    def ask(self, order: Order) -> str:
        """The gateway's address with the signed order."""
        query = self._pay.api_alipay_trade_page_pay(
            out_trade_no=order.number,
            total_amount=f"{order.fen // 100}.{order.fen % 100:02}",
            subject=order.title,
            return_url=order.page,
            notify_url=order.notices,
        )
        return f"{self._gateway}?{query}"

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard | None:
        """Believed when the SDK verifies it."""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        signature = form.pop("sign", "")
        try:
            if not signature or not self._pay.verify(dict(form), signature):
                return None
        except ValueError:  # Not even base 64, or not text.
            return None
        return Heard(form["out_trade_no"], ENDS.get(form.get("trade_status", ""), ""))
