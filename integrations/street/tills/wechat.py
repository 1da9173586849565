"""Paid by WeChat Pay APIv3, by wechatpayv3 in public-key mode: a code to scan."""

import json
from collections.abc import Mapping
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType

from integrations.street.tills.till import Heard, Order

TIMEOUT_S = (5, 10)


class Wechat:
    """The SDK asks for a code; notices are signed and sealed, and the SDK opens them."""

    shows_code = True
    thanks = '{"code":"SUCCESS"}'

    def __init__(self, settings: dict[str, Any]) -> None:
        self._pay = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=settings["mchid"],
            appid=settings["appid"],
            private_key=settings["private_key"],
            cert_serial_no=settings["serial_no"],
            apiv3_key=settings["apiv3_key"],
            notify_url="",
            public_key=settings["public_key"],
            public_key_id=settings["public_key_id"],
            timeout=TIMEOUT_S,
        )
        self._pay._core._gate_way = settings["pay_url"]

    def ask(self, order: Order) -> str:
        """What the code says: the cashier's address."""
        code, said = self._pay.pay(
            order.title,
            order.number,
            {"total": order.fen, "currency": "CNY"},
            notify_url=order.notices,
        )
        if code != 200:
            raise OSError(said)
        return str(json.loads(said)["code_url"])

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard | None:
        """Believed when the SDK verifies and opens it."""
        try:
            told = self._pay.callback({name.title(): headers[name] for name in headers}, body)
        except Exception:  # The SDK raises what it likes over what is not signed as it expects.
            return None
        if not told:
            return None
        paid = told["event_type"] == "TRANSACTION.SUCCESS"
        return Heard(told["resource"].get("out_trade_no", ""), "paid" if paid else "")
