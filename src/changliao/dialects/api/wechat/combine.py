"""Combined orders: one cashier page, many sellers, paid together or not at all."""

from typing import Any

import msgspec

from changliao.db.driver import Reader
from changliao.dialects import numbers
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import (
    OTHERS,
    TRADE_TYPES,
    PayerBody,
    PayerView,
    SettleBody,
    belongs,
    callback,
    closes,
    digest_of,
    handed,
    number_of,
    state_of,
    still_payable,
    wording,
)
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import Account, AskSaying, Said
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import (
    AskCombined,
    AskOnCombined,
    Combined,
    CombinedNotFound,
    Part,
    Payment,
)
from changliao.wire.call import Call
from changliao.wire.routes import Routes


class SubAmountBody(Value, frozen=True):
    """Whole minor units."""

    total_amount: int
    currency: str = "CNY"


class SubOrderBody(Value, frozen=True):
    """One seller's order; `sub_mchid`, where given, is the seller."""

    mchid: str
    attach: str
    amount: SubAmountBody
    out_trade_no: str
    description: str
    sub_mchid: str = ""
    settle_info: SettleBody = SettleBody()

    @property
    def seller(self) -> str:
        """Whose order it is."""
        return self.sub_mchid or self.mchid


class CombineBody(Value, frozen=True):
    """Several orders on one page."""

    combine_appid: str
    combine_mchid: str
    combine_out_trade_no: str
    notify_url: str
    sub_orders: list[SubOrderBody]
    time_expire: str = ""
    combine_payer_info: PayerBody = PayerBody()
    scene_info: dict[str, Any] = {}


class SubCloseBody(Value, frozen=True):
    """One of the orders that are closed."""

    mchid: str
    out_trade_no: str
    sub_mchid: str = ""


class CloseBody(Value, frozen=True):
    """Close all orders of a combination."""

    combine_appid: str
    sub_orders: list[SubCloseBody]


class SubAmountView(View, frozen=True):
    """What one order costs, and what was paid."""

    total_amount: int
    currency: str
    payer_amount: int
    payer_currency: str


class SubOrderView(View, frozen=True, omit_defaults=True):
    """One order as it stands."""

    mchid: str
    out_trade_no: str
    trade_type: str
    trade_state: str
    attach: str
    amount: SubAmountView
    sub_mchid: str | None = None
    bank_type: str | None = None
    success_time: str | None = None
    transaction_id: str | None = None


class CombineView(View, frozen=True, omit_defaults=True):
    """A combination as it stands."""

    combine_appid: str
    combine_mchid: str
    combine_out_trade_no: str
    combine_transaction_id: str
    sub_orders: list[SubOrderView]
    combine_payer_info: PayerView | None = None


def show_combined(
    ground: Ground, reader: Reader, account: Account, combined: Combined, state: str = ""
) -> CombineView:
    """A combination in this dialect; `state` when it is told as it was."""
    known = dialects.particulars(reader, combined.id)
    words = known.said if known else {}
    subs = msgspec.json.decode(words.get("subs", "[]"), type=list[SubOrderBody])
    payer = None
    if combined.status == "paid" and combined.payer:
        vault = ground.db.vault
        payer = PayerView(partners.open_id_of(vault, combined.app_id, combined.payer))
    payments = pay.parts_of(reader, combined)
    return CombineView(
        words.get("appid", account.alias),
        account.number,
        combined.reference,
        combined.id,
        [
            _sub(payment, sub, words.get("trade_type", "NATIVE"), state, ground.db.clock())
            for payment, sub in zip(payments, subs, strict=True)
        ],
        combine_payer_info=payer,
    )


def _sub(payment: Payment, sub: SubOrderBody, kind: str, state: str, now: int) -> SubOrderView:
    paid = payment.status == "paid"
    return SubOrderView(
        sub.mchid,
        number_of(payment),
        kind,
        state or state_of(payment, now)[0],
        sub.attach,
        SubAmountView(
            payment.amount, payment.currency, payment.amount if paid else 0, payment.currency
        ),
        sub_mchid=sub.sub_mchid or None,
        bank_type=OTHERS if paid else None,
        success_time=times.shown(payment.paid_at) if paid else None,
        transaction_id=payment.id if paid else None,
    )


class Combinations:
    """The addresses of combined orders."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Combined orders"), self._door
        at = "/v3/combine-transactions"
        for way in TRADE_TYPES:
            api.post(f"{at}/{way}", guard=door)(door.signs(self._asking(way)))
        api.get(f"{at}/out-trade-no/{{no}}", guard=door)(door.signs(self.by_number))
        api.post(f"{at}/out-trade-no/{{no}}/close", guard=door)(door.signs(self.close))
        return api

    def _asking(self, way: str) -> Any:
        async def ask(call: Call) -> dict[str, str]:
            """Ask for several payments at once; the same number and body again answers the same."""
            body = wire.read(call, CombineBody)
            return handed(self._ground, way, await self._asked(call, body, way))

        return ask

    async def _asked(self, call: Call, body: CombineBody, way: str) -> Combined:
        who: Merchant = call.who
        belongs(who, body.combine_mchid, body.combine_appid)
        times.number(body.combine_out_trade_no, "combine_out_trade_no", 2, 32)
        notify_url = callback(self._ground, body.notify_url, needed=True)
        for sub in body.sub_orders:
            wording(sub, "sub_orders.", attach_least=1)
        parts = await self._db.read(_parts, who, body.sub_orders)
        ask = AskCombined(
            who.known.caller,
            body.combine_out_trade_no,
            parts,
            expires_at=times.moment(body.time_expire, "time_expire"),
        )
        said = Said(
            who.known.account,
            notify_url=notify_url,
            request=digest_of(call, kind=f"combine {way}"),
            said={
                "trade_type": TRADE_TYPES[way],
                "appid": body.combine_appid,
                "subs": msgspec.json.encode(body.sub_orders).decode(),
            },
        )
        made: Combined = await self._db.write(
            numbers.saying_combined, AskSaying(pay.create_combined, ask, said)
        )
        still_payable(made, self._db.clock())
        return made

    async def by_number(self, call: Call, number: str) -> CombineView:
        """A combination by its number."""
        who: Merchant = call.who
        found = await self._numbered(who, number)

        def query(reader: Reader) -> CombineView:
            return show_combined(self._ground, reader, who.known.account, found)

        return await self._db.read(query)

    async def close(self, call: Call, number: str) -> None:
        """Nobody shall pay these any more. All are closed or none: fewer than all are refused."""
        who: Merchant = call.who
        body = wire.read(call, CloseBody)
        belongs(who, who.mchid, body.combine_appid)
        found = await self._numbered(who, number)
        payments = await self._db.read(pay.parts_of, found)
        if sorted(sub.out_trade_no for sub in body.sub_orders) != sorted(
            number_of(payment) for payment in payments
        ):
            raise Says("PARAM_ERROR", "sub_orders 应为该合单的全部子单")
        if closes(found):
            await self._db.write(pay.cancel_combined, AskOnCombined(who.known.caller, found.id))

    async def _numbered(self, who: Merchant, number: str) -> Combined:
        found = await self._db.read(pay.combined_by_reference, who.known.caller, number)
        if found is None:
            raise CombinedNotFound("订单不存在")
        return found


def _parts(reader: Reader, who: Merchant, subs: list[SubOrderBody]) -> tuple[Part, ...]:
    """Each seller's order as pay knows it; whether one may be combined is decided there."""
    found = []
    for sub in subs:
        seller = dialects.account_by_number(reader, "wechat", sub.seller)
        if seller is None or seller.mode != who.known.account.mode:
            raise Says("MCH_NOT_EXISTS", f"商户号 {sub.seller} 不存在")
        found.append(
            Part(
                sub.amount.total_amount,
                sub.amount.currency,
                sub.out_trade_no,
                "" if seller.app_id == who.known.account.app_id else seller.app_id,
                sub.description,
                sub.settle_info.profit_sharing,
            )
        )
    return tuple(found)
