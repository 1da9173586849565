"""Asynchronous notifications: a form whose every value is signed.

Source: Alipay's open docs, "asynchronous notification" of page pay: the shop prints `success` when it
has heard, and is told again until it does.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from changliao.dialects import service
from changliao.dialects.api.alipay import forms, trades
from changliao.dialects.api.alipay.errand import order_number
from changliao.dialects.api.alipay.refunds import number_of
from changliao.dialects.api.ground import Ground
from changliao.dialects.model import Account, Notice
from changliao.kernel.ids import looks_like
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import Payment, Refund
from changliao.wire.outbound import Told

HEARD = "success"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def heard(told: Told) -> bool:
    """Whether the shop has heard: "the page must print success, these seven characters, and nothing
    else". White space around them is forgiven, because many frameworks add a line's end."""
    return not told.trouble and told.excerpt.strip() == HEARD


class Notices:
    """Renders notifications once, and signs them at each try with the time of that try."""

    def __init__(self, ground: Ground, sign: Callable[[Any, bytes], Awaitable[str]]) -> None:
        self._ground, self._sign = ground, sign

    async def render(self, account: Account, notice: Notice) -> str:
        """What is told, as JSON of texts; `notify_id` stays the same at every try."""
        db = self._ground.db
        refund = None
        if looks_like("re", notice.subject):
            refund = await db.read(pay.refund_of, await self._caller(account), notice.subject)
        payment_id = refund.payment_id if refund else notice.subject
        payment = await db.read(pay.payment, payment_id)
        said = await db.read(service.particulars, payment_id)
        told = {
            "app_id": account.number,
            "auth_app_id": account.number,
            "charset": "utf-8",
            "gmt_create": forms.shown(payment.created_at),
            "notify_id": notice.id,
            "notify_type": notice.kind,
            "out_trade_no": order_number(payment),
            "seller_id": account.alias,
            "total_amount": forms.yuan(payment.amount),
            "trade_no": payment.id,
            "version": "1.0",
        }
        told |= said.said if said is not None else {}
        told.pop("method", None)
        told |= self._state(payment, refund)
        return msgspec.json.encode(told).decode()

    def _state(self, payment: Payment, refund: Refund | None) -> dict[str, str]:
        """Where the trade stands; a payment that was told before its refund is told as paid."""
        paid = payment.status == "paid"
        told = {"trade_status": "TRADE_SUCCESS" if paid else "TRADE_CLOSED"}
        if not paid:
            return told | {"gmt_close": forms.shown(payment.changed_at)}
        for name in ("receipt_amount", "buyer_pay_amount", "invoice_amount"):
            told[name] = forms.yuan(payment.captured_amount)
        told["point_amount"] = "0.00"
        told["gmt_payment"] = forms.shown(payment.paid_at)
        if payment.payer:
            vault = self._ground.db.vault
            open_id = partners.open_id_of(vault, payment.app_id, payment.payer)
            told |= {"buyer_id": open_id, "buyer_open_id": open_id, "buyer_logon_id": "***"}
        if refund is not None:
            told["trade_status"] = trades.trade_status(payment, 0)
            told["refund_fee"] = forms.yuan(payment.refunded_amount)
            told["send_back_fee"] = forms.yuan(refund.amount)
            told["out_biz_no"] = number_of(refund.reference)
            told["gmt_refund"] = forms.shown(refund.changed_at) + ".000"
        return told

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """One try: what was rendered, the time of the try, and the signature over both. It covers every
        value but `sign` and `sign_type`."""
        told = msgspec.json.decode(notice.body, type=dict[str, str])
        return await self.form(account, told)

    async def form(self, account: Account, told: dict[str, str]) -> bytes:
        """These values as a signed form."""
        told = told | {"notify_time": forms.shown(self._ground.db.clock())}
        signature = await self._sign(account.mode, forms.signed_text(told))
        return urlencode(told | {"sign_type": "RSA2", "sign": signature}).encode()

    async def _caller(self, account: Account) -> Any:
        return await self._ground.db.read(service.caller_as, account)
