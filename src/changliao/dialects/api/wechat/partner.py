"""Partner mode (服务商): a service provider asks, reads and closes for the merchants that let it.

The signature, the serial and the APIv3 key are the provider's; the money is the merchant's. Whether it may
is decided by `partners`.
"""

from typing import Any

import msgspec

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import (
    TRADE_TYPES,
    AmountBody,
    AmountView,
    OrderBody,
    Orders,
    PayerBody,
    SettleBody,
    belongs,
    handed,
    show_transaction,
)
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import Account, Particulars
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound
from changliao.pay import service as pay
from changliao.pay.model import Payment
from changliao.wire.call import Call
from changliao.wire.routes import Routes

AT = "/v3/pay/partner/transactions"
SELLER, SELLER_APP = "sub_mchid", "sub_appid"
"""What is kept beside a merchant's payment when its provider asked for it."""


class PartnerPayerBody(Value, frozen=True):
    """Who shall pay, as the provider or the merchant knows the person."""

    sp_openid: str = ""
    sub_openid: str = ""


class PartnerOrderBody(Value, frozen=True):
    """A merchant's order, asked for by its provider."""

    sp_appid: str
    sp_mchid: str
    sub_mchid: str
    description: str
    out_trade_no: str
    notify_url: str
    amount: AmountBody
    sub_appid: str = ""
    time_expire: str = ""
    attach: str = ""
    payer: PartnerPayerBody = PartnerPayerBody()
    scene_info: dict[str, Any] = {}
    settle_info: SettleBody = SettleBody()


class PartnerCloseBody(Value, frozen=True):
    """Whose order is closed, and by whom."""

    sp_mchid: str
    sub_mchid: str


class PartnerPayerView(View, frozen=True):
    """Who paid, as provider and merchant each know the person."""

    sp_openid: str
    sub_openid: str


class PartnerTransaction(View, frozen=True, omit_defaults=True):
    """A merchant's order as its provider sees it."""

    sp_appid: str
    sp_mchid: str
    sub_mchid: str
    out_trade_no: str
    trade_type: str
    trade_state: str
    trade_state_desc: str
    amount: AmountView
    promotion_detail: list[str]
    sub_appid: str | None = None
    transaction_id: str | None = None
    bank_type: str | None = None
    attach: str | None = None
    success_time: str | None = None
    payer: PartnerPayerView | None = None


def show_partner_transaction(
    ground: Ground, account: Account, payment: Payment, said: Particulars | None, state: str = ""
) -> PartnerTransaction:
    """A payment as a provider's order; `account` is the provider's."""
    shown = show_transaction(ground, account, payment, said, state)
    words = said.said if said else {}
    payer = None
    if shown.payer is not None:
        vault, person = ground.db.vault, payment.payer
        theirs = partners.open_id_of(vault, account.app_id, person) if person else ""
        payer = PartnerPayerView(theirs, shown.payer.openid)
    return PartnerTransaction(
        shown.appid,
        account.number,
        words.get(SELLER, ""),
        shown.out_trade_no,
        shown.trade_type,
        shown.trade_state,
        shown.trade_state_desc,
        shown.amount,
        shown.promotion_detail,
        sub_appid=words.get(SELLER_APP) or None,
        transaction_id=shown.transaction_id,
        bank_type=shown.bank_type,
        attach=shown.attach,
        success_time=shown.success_time,
        payer=payer,
    )


async def seller(db: Db, who: Merchant, sub_mchid: str) -> Merchant:
    """The caller acting for this merchant; itself when no other is named."""
    if not sub_mchid or sub_mchid == who.mchid:
        return who
    return await db.read(_acting, who, sub_mchid)


def _acting(reader: Reader, who: Merchant, sub_mchid: str) -> Merchant:
    found = dialects.account_by_number(reader, "wechat", sub_mchid)
    if found is None or found.mode != who.known.account.mode:
        raise Says("MCH_NOT_EXISTS", f"特约商户号 {sub_mchid} 不存在")
    try:
        caller = partners.acting_for(reader, who.known.caller, found.app_id)
    except AppNotFound:
        raise Says("NO_AUTH", f"特约商户 {sub_mchid} 未授权") from None
    known = msgspec.structs.replace(who.known, caller=caller)
    return msgspec.structs.replace(who, known=known)


class PartnerOrders:
    """The addresses of a provider's orders."""

    def __init__(self, ground: Ground, door: Door, orders: Orders) -> None:
        self._ground, self._door, self._orders = ground, door, orders
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Partner orders"), self._door
        for way in TRADE_TYPES:
            api.post(f"{AT}/{way}", guard=door)(door.signs(self._asking(way)))
        api.get(f"{AT}/out-trade-no/{{no}}", guard=door)(door.signs(self.by_number))
        api.get(f"{AT}/id/{{id}}", guard=door)(door.signs(self.by_id))
        api.post(f"{AT}/out-trade-no/{{no}}/close", guard=door)(door.signs(self.close))
        return api

    def _asking(self, way: str) -> Any:
        async def ask(call: Call) -> dict[str, str]:
            """Ask for a merchant to be paid; the same number and body again answers the same."""
            body = wire.read(call, PartnerOrderBody)
            belongs(call.who, body.sp_mchid, body.sp_appid)
            acting = await seller(self._db, call.who, body.sub_mchid)
            order = OrderBody(
                body.sp_appid,
                body.sp_mchid,
                body.description,
                body.out_trade_no,
                body.notify_url,
                body.amount,
                body.time_expire,
                body.attach,
                PayerBody(body.payer.sp_openid or body.payer.sub_openid),
                body.scene_info,
                body.settle_info,
            )
            more = {SELLER: body.sub_mchid, SELLER_APP: body.sub_appid}
            payment = await self._orders.asked(call, acting, order, way, **more)
            return handed(self._ground, way, payment)

        return ask

    async def by_number(self, call: Call, number: str) -> PartnerTransaction:
        """A merchant's order by its number."""
        acting = await self._asked_for(call)
        return await self._shown(call, await self._orders.numbered(acting, number))

    async def by_id(self, call: Call, payment_id: str) -> PartnerTransaction:
        """A merchant's order by ours."""
        acting = await self._asked_for(call)
        payment = await self._db.read(pay.payment_of, acting.known.caller, payment_id)
        return await self._shown(call, payment)

    async def close(self, call: Call, number: str) -> None:
        """Nobody shall pay this any more."""
        body = wire.read(call, PartnerCloseBody)
        belongs(call.who, body.sp_mchid)
        acting = await seller(self._db, call.who, body.sub_mchid)
        await self._orders.closed(acting, number)

    async def _asked_for(self, call: Call) -> Merchant:
        belongs(call.who, call.param("sp_mchid"))
        if not call.param("sub_mchid"):
            raise Says("PARAM_ERROR", "sub_mchid 不能为空")
        return await seller(self._db, call.who, call.param("sub_mchid"))

    async def _shown(self, call: Call, payment: Payment) -> PartnerTransaction:
        who: Merchant = call.who
        said = await self._db.read(dialects.particulars, payment.id)
        if said is None or said.account_id != who.known.account.id:
            said = None
        shown = show_partner_transaction(self._ground, who.known.account, payment, said)
        return msgspec.structs.replace(shown, sub_mchid=call.param("sub_mchid"))
