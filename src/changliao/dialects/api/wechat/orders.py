"""Orders: asked for in four ways, queried by either number, closed."""

import hashlib
from typing import Any, Protocol

from changliao.dialects import numbers, rules
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import Account, AskSaying, DialectName, Particulars, Said
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskPayment, Combined, Payment, PaymentNotFound
from changliao.wire.call import Call
from changliao.wire.outbound import CallbackAddressInvalid, check_address
from changliao.wire.routes import Routes

TRADE_TYPES = {"native": "NATIVE", "h5": "MWEB", "jsapi": "JSAPI", "app": "APP"}
ADDRESSES = {"native": "code_url", "h5": "h5_url"}
"""The ways that hand out the cashier's address, and under which name."""
DIALECT: DialectName = "wechat"
OTHERS = "OTHERS"
"""The `bank_type` of money that comes from no bank."""


class AmountBody(Value, frozen=True):
    """Whole minor units; never a fraction."""

    total: int
    currency: str = "CNY"


class PayerBody(Value, frozen=True):
    """Who shall pay, as the shop knows the person."""

    openid: str = ""


class SettleBody(Value, frozen=True):
    """Whether the money is set aside to be shared."""

    profit_sharing: bool = False


class Order(Protocol):
    """What orders have in common, alone or combined."""

    @property
    def out_trade_no(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def attach(self) -> str: ...


class OrderBody(Value, frozen=True):
    """An order. Fields that only decorate (detail, goods_tag, scene_info …) are taken and let be."""

    appid: str
    mchid: str
    description: str
    out_trade_no: str
    notify_url: str
    amount: AmountBody
    time_expire: str = ""
    attach: str = ""
    payer: PayerBody = PayerBody()
    scene_info: dict[str, Any] = {}
    settle_info: SettleBody = SettleBody()


class CloseBody(Value, frozen=True):
    """Whose order is closed."""

    mchid: str


class AmountView(View, frozen=True, omit_defaults=True):
    """What an order costs, and what was paid for it."""

    total: int
    currency: str
    payer_total: int | None = None
    payer_currency: str | None = None


class PayerView(View, frozen=True):
    """Who paid, as this shop alone knows the person."""

    openid: str


class Transaction(View, frozen=True, omit_defaults=True):
    """An order as it stands. `transaction_id`, `success_time` and `payer` come once it is paid."""

    appid: str
    mchid: str
    out_trade_no: str
    trade_type: str
    trade_state: str
    trade_state_desc: str
    amount: AmountView
    promotion_detail: list[str]
    transaction_id: str | None = None
    bank_type: str | None = None
    attach: str | None = None
    success_time: str | None = None
    payer: PayerView | None = None


def number_of(payment: Payment) -> str:
    """The shop's own number, as it said it here."""
    return rules.number_said(payment.reference, DIALECT)


def state_of(payment: Payment, now: int) -> tuple[str, str]:
    """How a payment stands, in this dialect's word and in a sentence."""
    if payment.status == "paid":
        gone = payment.refunded_amount + payment.refunding_amount
        return ("REFUND", "订单发生过退款") if gone else ("SUCCESS", "支付成功")
    if payment.status in ("processing", "authorized"):
        return "USERPAYING", "用户支付中"
    if payment.status == "open" and payment.expires_at > now:
        return "NOTPAY", "订单未支付"
    return "CLOSED", "订单已关闭"


def show_transaction(
    ground: Ground, account: Account, payment: Payment, said: Particulars | None, state: str = ""
) -> Transaction:
    """A payment as an order of this dialect; `state` when it is told as it was."""
    found, sentence = state_of(payment, ground.db.clock())
    if state:
        found, sentence = state, "支付成功"
    words = said.said if said else {}
    common: dict[str, Any] = {
        "appid": words.get("appid", account.alias),
        "mchid": account.number,
        "out_trade_no": number_of(payment),
        "trade_type": words.get("trade_type", "NATIVE"),
        "trade_state": found,
        "trade_state_desc": sentence,
        "promotion_detail": [],
        "attach": words.get("attach") or None,
    }
    if payment.status != "paid":
        return Transaction(amount=AmountView(payment.amount, payment.currency), **common)
    return Transaction(
        amount=AmountView(payment.amount, payment.currency, payment.amount, payment.currency),
        transaction_id=payment.id,
        bank_type=OTHERS,
        success_time=times.shown(payment.paid_at),
        payer=PayerView(payer_of(ground, payment)),
        **common,
    )


def payer_of(ground: Ground, payment: Payment) -> str:
    """Who paid, as the shop may know it; empty where that is nobody's wallet."""
    if not payment.payer:
        return ""
    return partners.open_id_of(ground.db.vault, payment.app_id, payment.payer)


def belongs(who: Merchant, mchid: str, appid: str | None = None) -> None:
    """Refuse numbers that are not the caller's."""
    if mchid != who.mchid:
        raise Says("PARAM_ERROR", "mchid 与签名的商户号不一致")
    if appid is not None and appid != who.known.account.alias:
        raise Says("APPID_MCHID_NOT_MATCH", "商户号与 appid 不匹配")


def callback(ground: Ground, url: str, *, needed: bool = False) -> str:
    """An address to notify; PARAM_ERROR when nobody could be told there, or it is needed and left out."""
    if needed and not url:
        raise Says("PARAM_ERROR", "notify_url 不能为空")
    try:
        if url:
            check_address(url, allow_private=ground.outbound.allow_private)
    except CallbackAddressInvalid:
        raise Says("PARAM_ERROR", "notify_url 应为公网可访问的 https 地址") from None
    return url


def digest_of(call: Call, *, kind: str, without: str = "") -> bytes:
    """What a request said, whatever its spaces; `without` a field that is encrypted, and so never twice
    the same."""
    said = wire.canonical(call.body, without)
    return hashlib.sha256(kind.encode() + b"\n" + said).digest()


def wording(order: Order, at: str = "", *, attach_least: int = 0) -> None:
    """Refuse an order whose number or texts cannot be; `at` is where its fields stand in the request."""
    times.number(order.out_trade_no, f"{at}out_trade_no", 6, 32)
    times.short(order.description, f"{at}description", 127)
    times.short(order.attach, f"{at}attach", 128, least=attach_least)


def still_payable(order: Payment | Combined, now: int) -> None:
    """Refuse to hand out what nobody can pay any more."""
    if order.status == "paid":
        raise Says("ORDERPAID", "订单已支付")
    if order.status in ("canceled", "expired") or (
        order.status == "open" and order.expires_at <= now
    ):
        raise Says("ORDER_CLOSED", "订单已关闭")


def closes(order: Payment | Combined) -> bool:
    """Whether there is anything to close; refused once it is paid."""
    if order.status == "paid":
        raise Says("ORDERPAID", "订单已支付，不能关闭")
    return order.status not in ("canceled", "expired")


def handed(ground: Ground, way: str, order: Payment | Combined) -> dict[str, str]:
    """What a shop shows or hands on: the cashier's address, or the order's id for the app to open."""
    if way in ADDRESSES:
        return {ADDRESSES[way]: ground.cashier_url(order.id)}
    return {"prepay_id": order.id}


class Orders:
    """The addresses of orders."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Orders"), self._door
        at = "/v3/pay/transactions"
        for way in TRADE_TYPES:
            api.post(f"{at}/{way}", guard=door)(door.signs(self._asking(way)))
        api.get(f"{at}/out-trade-no/{{no}}", guard=door)(door.signs(self.by_number))
        api.get(f"{at}/id/{{id}}", guard=door)(door.signs(self.by_id))
        api.post(f"{at}/out-trade-no/{{no}}/close", guard=door)(door.signs(self.close))
        return api

    def _asking(self, way: str) -> Any:
        async def ask(call: Call) -> dict[str, str]:
            """Ask to be paid; the same number and body again answers the same."""
            body = wire.read(call, OrderBody)
            belongs(call.who, body.mchid, body.appid)
            return handed(self._ground, way, await self.asked(call, call.who, body, way))

        return ask

    async def asked(
        self, call: Call, who: Merchant, body: OrderBody, way: str, **more: str
    ) -> Payment:
        """The payment of an order of `who`; `more` is kept beside it."""
        wording(body)
        notify_url = callback(self._ground, body.notify_url, needed=True)
        if way == "jsapi" and not body.payer.openid:
            raise Says("PARAM_ERROR", "payer.openid 不能为空")
        if way == "h5" and not body.scene_info.get("h5_info"):
            raise Says("PARAM_ERROR", "scene_info.h5_info 不能为空")
        ask = AskPayment(
            who.known.caller,
            body.amount.total,
            body.amount.currency,
            body.out_trade_no,
            body.description,
            expires_at=times.moment(body.time_expire, "time_expire"),
            split=body.settle_info.profit_sharing,
        )
        said = Said(
            who.known.account,
            notify_url=notify_url,
            request=digest_of(call, kind=way),
            said={
                "trade_type": TRADE_TYPES[way],
                "appid": body.appid,
                "attach": body.attach,
                "payer": body.payer.openid,
                **more,
            },
        )
        payment = await self._saying(ask, said)
        still_payable(payment, self._db.clock())
        return payment

    async def _saying(self, ask: AskPayment, said: Said) -> Payment:
        made = await self._db.write(
            numbers.saying_payment, AskSaying(pay.create_payment, ask, said)
        )
        if isinstance(made, Refusal):
            raise made
        payment: Payment = made
        return payment

    async def by_number(self, call: Call, number: str) -> Transaction:
        """An order by the shop's number."""
        who: Merchant = call.who
        belongs(who, call.param("mchid"))
        return await self._shown(who, await self.numbered(who, number))

    async def by_id(self, call: Call, payment_id: str) -> Transaction:
        """An order by ours."""
        who: Merchant = call.who
        belongs(who, call.param("mchid"))
        payment = await self._db.read(pay.payment_of, who.known.caller, payment_id)
        return await self._shown(who, payment)

    async def close(self, call: Call, number: str) -> None:
        """Nobody shall pay this any more. Closing what is closed already changes nothing."""
        who: Merchant = call.who
        belongs(who, wire.read(call, CloseBody).mchid)
        await self.closed(who, number)

    async def closed(self, who: Merchant, number: str) -> None:
        """Close an order of `who`."""
        payment = await self.numbered(who, number)
        if closes(payment):
            await self._db.write(pay.cancel_payment, AskOnPayment(who.known.caller, payment.id))

    async def numbered(self, who: Merchant, number: str) -> Payment:
        """The payment with the shop's number."""
        found = await self._db.read(numbers.payment_numbered, who.known.caller, DIALECT, number)
        if found is None:
            raise PaymentNotFound("订单不存在")
        return found

    async def _shown(self, who: Merchant, payment: Payment) -> Transaction:
        said = await self._db.read(dialects.particulars, payment.id)
        return show_transaction(self._ground, who.known.account, payment, said)
