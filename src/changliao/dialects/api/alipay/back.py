"""The way back: from our cashier to the shop's page, with Alipay's signed parameters once it is paid."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from changliao.dialects import service
from changliao.dialects.api.alipay import forms
from changliao.dialects.api.alipay.errand import order_number
from changliao.dialects.api.ground import Ground
from changliao.dialects.model import Account, Particulars
from changliao.pay import service as pay
from changliao.pay.model import Payment, PaymentNotFound
from changliao.wire.call import Answer, Call, moved
from changliao.wire.sign import ed25519_verifies, from_base64url

_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)


class WayBack:
    """`GET /return`, where the cashier sends people. What stands in the address is proven by the
    cashier's own signature, and not believed beyond the payment's number: books say what is paid."""

    def __init__(self, ground: Ground, sign: Callable[[Any, bytes], Awaitable[str]]) -> None:
        self._ground, self._sign = ground, sign

    async def __call__(self, call: Call) -> Answer:
        """On to the shop. Somebody who has not paid comes back without a word that is signed, because
        many shops take a signed return for a payment."""
        payment_id = call.param("payment_id")
        self._check(
            payment_id, call.param("status"), call.param("timestamp"), call.param("signature")
        )
        db = self._ground.db
        payment = await db.read(pay.payment, payment_id)
        said = await db.read(service.particulars, payment_id)
        if said is None or not said.return_url:
            raise PaymentNotFound(field="payment_id")
        account = await db.read(service.account, said.account_id)
        if account is None or payment.status != "paid":
            return moved(said.return_url)
        return moved(_joined(said.return_url, await self._signed(account, payment, said)))

    def _check(self, payment_id: str, status: str, timestamp: str, signature: str) -> None:
        content = f"{payment_id}.{status}.{timestamp}".encode()
        raw = from_base64url(signature)
        known = raw is not None and ed25519_verifies(self._ground.return_key, content, raw)
        if not known or not _DIGITS.fullmatch(timestamp):
            raise PaymentNotFound(field="payment_id")

    async def _signed(
        self, account: Account, payment: Payment, said: Particulars
    ) -> dict[str, str]:
        """The synchronous parameters; like a notification's, their signature leaves out `sign_type`."""
        told = {
            "app_id": account.number,
            "auth_app_id": account.number,
            "charset": "utf-8",
            "method": f"{said.said.get('method', 'alipay.trade.page.pay')}.return",
            "out_trade_no": order_number(payment),
            "seller_id": account.alias,
            "timestamp": forms.shown(self._ground.db.clock()),
            "total_amount": forms.yuan(payment.amount),
            "trade_no": payment.id,
            "version": "1.0",
        }
        signature = await self._sign(account.mode, forms.signed_text(told))
        return told | {"sign_type": "RSA2", "sign": signature}


def _joined(url: str, told: dict[str, str]) -> str:
    base, hash_, fragment = url.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{urlencode(told)}{hash_}{fragment}"
