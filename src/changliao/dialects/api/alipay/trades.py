"""Orders in Alipay's words: asking to be paid, how a trade stands, closing and canceling it."""

import hashlib
from typing import Any

import msgspec

from changliao.dialects import numbers, service
from changliao.dialects.api.alipay import faults, refunds
from changliao.dialects.api.alipay.errand import CURRENCY, NUMBER_MAX, Errand, order_number
from changliao.dialects.api.alipay.forms import (
    cents,
    expires_at,
    line_of,
    shown,
    text,
    web_address,
    yuan,
)
from changliao.dialects.api.alipay.royalties import flag
from changliao.dialects.model import AskSaying, Said
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskPayment, Payment
from changliao.wire.outbound import CallbackAddressInvalid, check_address

SUBJECT_MAX, BODY_MAX, PASSBACK_MAX = 256, 400, 512
NOT_SPOKEN = ("royalty_info", "settle_info", "sub_merchant")
"""Fields that would send the money elsewhere: leaving them out silently would be wrong."""
DESCRIPTION_MAX = 200
"""How much of a subject pay keeps; the whole of it stays beside the payment."""


def trade_status(payment: Payment, now: int) -> str:
    """How a payment stands in Alipay's words: all of it refunded is closed, too."""
    if payment.status == "paid":
        full = payment.refunded_amount == payment.captured_amount
        return "TRADE_CLOSED" if full else "TRADE_SUCCESS"
    ran_out = payment.status == "open" and payment.expires_at <= now
    ended = payment.status in ("canceled", "expired") or ran_out
    return "TRADE_CLOSED" if ended else "WAIT_BUYER_PAY"


async def order(errand: Errand) -> Payment:
    """The open payment of this order: a new one, or the one there is of the same content.

    Content is amount, subject, body, passback_params and whether the money is set aside to be split
    (`royalty_freeze`); where to notify and to return stay as they
    were said first. Refuses a trade that is paid or closed.
    """
    biz, params = errand.biz, errand.said
    number = text(biz, "out_trade_no", NUMBER_MAX, needed=True)
    amount = cents(biz, "total_amount")
    subject = text(biz, "subject", SUBJECT_MAX, needed=True)
    said = {"subject": subject, "method": params.method}
    for name, most in (("body", BODY_MAX), ("passback_params", PASSBACK_MAX)):
        if value := text(biz, name, most):
            said[name] = value
    for name in NOT_SPOKEN:
        if biz.get(name):
            raise faults.parameter(name, "is not spoken here; split by alipay.trade.order.settle")
    split = flag(biz, "royalty_freeze")
    content = {name: said.get(name, "") for name in ("subject", "body", "passback_params")}
    ask = AskPayment(
        errand.caller,
        amount,
        CURRENCY,
        number,
        line_of(subject)[:DESCRIPTION_MAX],
        f"{errand.url}/return" if params["return_url"] else "",
        expires_at(biz, errand.now),
        split=split,
    )
    payment = await errand.write(
        numbers.saying_payment,
        AskSaying(
            pay.create_payment,
            ask,
            Said(
                errand.known.account,
                _notify_url(errand),
                web_address(params["return_url"], "return_url") if params["return_url"] else "",
                hashlib.sha256(msgspec.json.encode([amount, content, split])).digest(),
                said,
            ),
        ),
    )
    assert isinstance(payment, Payment)
    status = trade_status(payment, errand.now)
    if payment.status == "paid":
        raise faults.PAID
    if status == "TRADE_CLOSED":
        raise faults.CLOSED
    return payment


def _notify_url(errand: Errand) -> str:
    url = errand.said["notify_url"]
    if url:
        try:
            check_address(url, allow_private=errand.ground.outbound.allow_private)
        except CallbackAddressInvalid:
            raise faults.parameter("notify_url", "https:// and a public host") from None
    return url


async def precreate(errand: Errand) -> dict[str, Any]:
    """alipay.trade.precreate: `qr_code` is our cashier's link, to be shown as a picture."""
    payment = await order(errand)
    return {
        "out_trade_no": order_number(payment),
        "qr_code": errand.ground.cashier_url(payment.id),
    }


async def app_pay(errand: Errand) -> dict[str, Any]:
    """alipay.trade.app.pay: the order string that a shop's server signs for its app, sent here by the
    app. There is no wallet app of another company to hand it to, so the answer has the cashier's link
    (`cashier_url`, a field of our own) for the app to open."""
    payment = await order(errand)
    return {
        "out_trade_no": order_number(payment),
        "trade_no": payment.id,
        "total_amount": yuan(payment.amount),
        "seller_id": errand.known.account.alias,
        "cashier_url": errand.ground.cashier_url(payment.id),
    }


async def scan(errand: Errand) -> dict[str, Any]:
    """alipay.trade.pay: a till scans the code on a person's phone. There are no such codes here yet, so
    each is refused as one that has run out, which tills know how to handle. Nothing is written."""
    text(errand.biz, "out_trade_no", NUMBER_MAX, needed=True)
    text(errand.biz, "auth_code", NUMBER_MAX, needed=True)
    raise faults.failed(
        "ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，付款码无效 (pay codes are not taken here yet)"
    )


async def query(errand: Errand) -> dict[str, Any]:
    """alipay.trade.query: how a trade stands."""
    payment = await errand.payment()
    told = {
        "trade_no": payment.id,
        "out_trade_no": order_number(payment),
        "trade_status": trade_status(payment, errand.now),
        "total_amount": yuan(payment.amount),
        "point_amount": "0.00",
    }
    for name in ("receipt_amount", "buyer_pay_amount", "invoice_amount"):
        told[name] = yuan(payment.captured_amount)
    if payment.paid_at:
        told["send_pay_date"] = shown(payment.paid_at)
    if payment.payer:
        told |= buyer(errand, payment)
    said = await errand.ground.db.read(service.particulars, payment.id)
    if said is not None:
        told |= {name: said.said[name] for name in ("subject", "body") if name in said.said}
    return told


def buyer(errand: Errand, payment: Payment) -> dict[str, str]:
    """Who paid, as this shop's app knows the person: never a name or a handle."""
    vault = errand.ground.db.vault
    open_id = partners.open_id_of(vault, payment.app_id, payment.payer)
    return {"buyer_open_id": open_id, "buyer_user_id": open_id, "buyer_logon_id": "***"}


async def close(errand: Errand) -> dict[str, Any]:
    """alipay.trade.close: nobody shall pay this any more. Only what waits for its buyer can be closed;
    closing once more what the shop closed is answered the same."""
    payment = await errand.payment()
    if payment.status != "canceled":
        ask = AskOnPayment(errand.caller, payment.id)
        payment = await errand.write(pay.cancel_payment, ask)
    return {"trade_no": payment.id, "out_trade_no": order_number(payment)}


async def cancel(errand: Errand) -> dict[str, Any]:
    """alipay.trade.cancel: what is not paid is closed, what is paid is refunded; `retry_flag` Y asks a
    till to come again, because nobody knows yet whether money is on its way."""
    payment = await errand.payment()
    told = {"trade_no": payment.id, "out_trade_no": order_number(payment), "retry_flag": "N"}
    if payment.status in ("canceled", "expired"):
        return told
    if payment.status == "open":
        await errand.write(pay.cancel_payment, AskOnPayment(errand.caller, payment.id))
        return told | {"action": "close"}
    if payment.status != "paid":
        return told | {"retry_flag": "Y"}
    if payment.refundable_amount:
        await refunds.give_back(errand, payment, 0, "cancel", {})
    return told | {"action": "refund"}
