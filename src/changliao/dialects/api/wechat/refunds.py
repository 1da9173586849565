"""Refunds: asked for once per number, and queried."""

from typing import Any

from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import OTHERS, Orders, callback, digest_of, number_of
from changliao.dialects.api.wechat.partner import seller
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import AskSaying, Said
from changliao.kernel.value import Value, View
from changliao.pay import service as pay
from changliao.pay.model import AskRefund, Payment, ReferenceTaken, Refund
from changliao.wire.call import Call
from changliao.wire.routes import Routes

STATES = {"pending": "PROCESSING", "succeeded": "SUCCESS", "failed": "ABNORMAL"}
CHANNEL, RECEIVED = "ORIGINAL", "支付用户零钱"
"""Money goes back to where it came from."""


class RefundAmountBody(Value, frozen=True):
    """What goes back, and what the order cost, in whole minor units."""

    refund: int
    total: int
    currency: str


class RefundBody(Value, frozen=True):
    """A refund of an order, by the shop's number or ours."""

    out_refund_no: str
    amount: RefundAmountBody
    transaction_id: str = ""
    out_trade_no: str = ""
    reason: str = ""
    notify_url: str = ""
    funds_account: str = ""
    sub_mchid: str = ""


class RefundAmountView(View, frozen=True):
    """The sums of a refund. Nobody gives discounts, so those of the payer and the shop are the same.

    `from` is told as it is without a choice of accounts: empty."""

    total: int
    refund: int
    payer_total: int
    payer_refund: int
    settlement_refund: int
    settlement_total: int
    discount_refund: int
    currency: str


class RefundView(View, frozen=True, omit_defaults=True):
    """A refund as it stands."""

    refund_id: str
    out_refund_no: str
    transaction_id: str
    out_trade_no: str
    channel: str
    user_received_account: str
    create_time: str
    status: str
    amount: RefundAmountView
    promotion_detail: list[str]
    funds_account: str | None = None
    success_time: str | None = None


def show_refund(payment: Payment, refund: Refund) -> RefundView:
    """A refund in this dialect."""
    done = refund.status == "succeeded"
    return RefundView(
        refund.id,
        refund.reference,
        payment.id,
        number_of(payment),
        CHANNEL,
        RECEIVED if payment.payer else OTHERS,
        times.shown(refund.created_at),
        STATES[refund.status],
        RefundAmountView(
            payment.amount,
            refund.amount,
            payment.amount,
            refund.amount,
            refund.amount,
            payment.amount,
            0,
            refund.currency,
        ),
        [],
        funds_account="AVAILABLE",
        success_time=times.shown(refund.changed_at) if done else None,
    )


class Refunds:
    """The addresses of refunds."""

    def __init__(self, ground: Ground, door: Door, orders: Orders) -> None:
        self._ground, self._door, self._orders = ground, door, orders
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Refunds"), self._door
        at = "/v3/refund/domestic/refunds"
        api.post(at, guard=door)(door.signs(self.ask))
        api.get(f"{at}/{{no}}", guard=door)(door.signs(self.by_number))
        return api

    async def ask(self, call: Call) -> RefundView:
        """Give money back; the same number and content again answers the same refund."""
        body = wire.read(call, RefundBody)
        who = await seller(self._db, call.who, body.sub_mchid)
        times.number(body.out_refund_no, "out_refund_no", 1, 64)
        times.short(body.reason, "reason", 80, least=0)
        payment = await self._payment(who, body)
        if body.amount.refund <= 0:
            raise Says("PARAM_ERROR", "amount.refund 应大于 0")
        if (body.amount.total, body.amount.currency) != (payment.amount, payment.currency):
            raise Says("PARAM_ERROR", "amount.total 或 currency 与原订单不一致")
        ask = AskRefund(
            who.known.caller, payment.id, body.amount.refund, body.out_refund_no, body.reason
        )
        said = Said(
            who.known.account,
            notify_url=callback(self._ground, body.notify_url),
            request=digest_of(call, kind="refund"),
        )
        try:
            refund: Any = await self._db.write(
                dialects.saying, AskSaying(pay.request_refund, ask, said)
            )
        except ReferenceTaken:
            raise Says("INVALID_REQUEST", "该退款单号已用于内容不同的退款") from None
        return await self._shown(refund)

    async def by_number(self, call: Call, number: str) -> RefundView:
        """A refund by the shop's number."""
        who = await seller(self._db, call.who, call.param("sub_mchid"))
        found = await self._db.read(pay.refund_by_reference, who.known.caller, number)
        if found is None:
            raise Says("RESOURCE_NOT_EXISTS", "退款单不存在")
        return await self._shown(found)

    async def _payment(self, who: Merchant, body: RefundBody) -> Payment:
        if body.transaction_id:
            return await self._db.read(pay.payment_of, who.known.caller, body.transaction_id)
        if not body.out_trade_no:
            raise Says("PARAM_ERROR", "transaction_id 与 out_trade_no 二选一")
        return await self._orders.numbered(who, body.out_trade_no)

    async def _shown(self, refund: Refund) -> RefundView:
        return show_refund(await self._db.read(pay.payment, refund.payment_id), refund)
