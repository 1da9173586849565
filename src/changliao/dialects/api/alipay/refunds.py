"""Money back in Alipay's words: a refund per trade and request number, and asking what became of it."""

from typing import Any

from changliao.dialects import service
from changliao.dialects.api.alipay import faults
from changliao.dialects.api.alipay.errand import NUMBER_MAX, Errand, order_number
from changliao.dialects.api.alipay.forms import cents, line_of, shown, text, yuan
from changliao.dialects.model import AskSaying, Refunded, Said
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskRefund, Payment, ReferenceTaken, RefundTooLarge

REASON_MAX = 200


def reference_of(payment: Payment, number: str) -> str:
    """The refund's number in pay. Alipay's are unique per trade, pay's per app."""
    return f"{payment.id}/{number}"


def number_of(reference: str) -> str:
    """The shop's own number again."""
    return reference.partition("/")[2] or reference


async def give_back(
    errand: Errand, payment: Payment, amount: int, number: str, said: dict[str, str]
) -> Refunded:
    """Refund `amount` fen (0: all that is left) now or not at all."""
    ask = AskRefund(
        errand.caller,
        payment.id,
        amount,
        reference_of(payment, number),
        said.get("refund_reason", ""),
    )
    what = Said(errand.known.account, said=said | {"out_request_no": number})
    refunded = await errand.write(service.refund_now, AskSaying(pay.request_refund, ask, what))
    assert isinstance(refunded, Refunded)
    return refunded


async def refund(errand: Errand) -> dict[str, Any]:
    """alipay.trade.refund. A request number asks for one refund of its trade, however often it comes:
    `fund_change` is Y when this very request moved money. Without a number it is the order's own, so
    that only one such refund can be. `refund_fee` is all that was refunded of the trade so far."""
    amount = cents(errand.biz, "refund_amount")
    if errand.biz.get("refund_royalty_parameters"):
        raise faults.parameter(
            "refund_royalty_parameters", "not spoken here; refunds are the shop's"
        )
    if text(errand.biz, "refund_currency", 8) not in ("", "CNY"):
        raise faults.parameter("refund_currency", "CNY")
    reason = text(errand.biz, "refund_reason", 256)
    payment = await errand.payment()
    number = text(errand.biz, "out_request_no", NUMBER_MAX) or order_number(payment)[:NUMBER_MAX]
    said = {"refund_reason": line_of(reason)[:REASON_MAX]} if reason else {}
    try:
        refunded = await give_back(errand, payment, amount, number, said)
    except ReferenceTaken:
        raise faults.OTHER_REFUND from None
    except RefundTooLarge:
        full = payment.captured_amount and payment.refunded_amount == payment.captured_amount
        raise (faults.CLOSED if full else faults.REFUND_TOO_LARGE) from None
    now = await errand.ground.db.read(pay.payment_of, errand.caller, payment.id)
    done = refunded.refund.status == "succeeded"
    told = {
        "trade_no": now.id,
        "out_trade_no": order_number(now),
        "fund_change": "Y" if refunded.fresh and done else "N",
        "refund_fee": yuan(now.refunded_amount),
        "send_back_fee": yuan(refunded.refund.amount if done else 0),
        "gmt_refund_pay": shown(refunded.refund.changed_at),
    }
    if now.payer:
        open_id = partners.open_id_of(errand.ground.db.vault, now.app_id, now.payer)
        told |= {"buyer_open_id": open_id, "buyer_user_id": open_id, "buyer_logon_id": "***"}
    return told


async def query(errand: Errand) -> dict[str, Any]:
    """alipay.trade.fastpay.refund.query. A refund that nobody asked for, or that has not arrived, has no
    `refund_status`: that is how Alipay says it, with code 10000."""
    number = text(errand.biz, "out_request_no", NUMBER_MAX, needed=True)
    payment = await errand.payment()
    found = await errand.ground.db.read(
        pay.refund_by_reference, errand.caller, reference_of(payment, number)
    )
    if found is None:
        return {}
    told = {
        "trade_no": payment.id,
        "out_trade_no": order_number(payment),
        "out_request_no": number,
        "total_amount": yuan(payment.amount),
        "refund_amount": yuan(found.amount),
        "refund_reason": found.reason,
    }
    if found.status == "succeeded":
        told |= {"refund_status": "REFUND_SUCCESS", "gmt_refund_pay": shown(found.changed_at)}
    return told
