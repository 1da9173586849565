"""Profit sharing: a paid order shared among merchants and persons, taken back, ended.

Relations to receivers are not kept: adding and deleting one is answered, and changes nothing. Who may
receive is decided where money moves.
"""

from typing import Any

from changliao.db.driver import Reader
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import belongs, digest_of
from changliao.dialects.api.wechat.partner import seller
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import AskSaying, Said
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import (
    AskSplit,
    AskSplitReturn,
    Receiver,
    ReferenceTaken,
    Split,
    SplitLine,
    SplitNotFound,
    SplitReturn,
)
from changliao.people.model import PersonNotFound
from changliao.wire.call import Call
from changliao.wire.routes import Routes

MERCHANT, PERSON = "MERCHANT_ID", "PERSONAL_OPENID"
FINISHED, SUCCESS = "FINISHED", "SUCCESS"
"""Money moves in the commit that answers, so nothing is ever under way."""


class ReceiverBody(Value, frozen=True):
    """Who is to have how much; `name` is encrypted."""

    type: str
    account: str
    amount: int
    description: str
    name: str = ""


class SplitBody(Value, frozen=True):
    """Share a paid order; `unfreeze_unsplit` gives the rest to the shop and ends the sharing."""

    transaction_id: str
    out_order_no: str
    unfreeze_unsplit: bool
    receivers: list[ReceiverBody] = []
    appid: str = ""
    sub_mchid: str = ""


class UnfreezeBody(Value, frozen=True):
    """End the sharing of an order."""

    transaction_id: str
    out_order_no: str
    description: str
    sub_mchid: str = ""


class ReturnBody(Value, frozen=True):
    """Take back from a merchant who received."""

    out_return_no: str
    return_mchid: str
    amount: int
    description: str
    order_id: str = ""
    out_order_no: str = ""
    sub_mchid: str = ""


class RelationBody(Value, frozen=True):
    """A relation to a receiver."""

    appid: str
    type: str
    account: str
    relation_type: str = ""
    name: str = ""
    custom_relation: str = ""
    sub_mchid: str = ""


class ReceiverView(View, frozen=True):
    """What a receiver had."""

    amount: int
    description: str
    type: str
    account: str
    result: str
    detail_id: str
    create_time: str
    finish_time: str


class SplitView(View, frozen=True):
    """A sharing."""

    transaction_id: str
    out_order_no: str
    order_id: str
    state: str
    receivers: list[ReceiverView]


class ReturnView(View, frozen=True):
    """What came back of a sharing."""

    order_id: str
    out_order_no: str
    out_return_no: str
    return_id: str
    return_mchid: str
    amount: int
    description: str
    result: str
    create_time: str
    finish_time: str


class UnsplitView(View, frozen=True):
    """What is still set aside to be shared."""

    transaction_id: str
    unsplit_amount: int


class RelationView(View, frozen=True, omit_defaults=True):
    """A relation, as it was said."""

    type: str
    account: str
    relation_type: str | None = None
    name: str | None = None
    custom_relation: str | None = None


class Splits:
    """The addresses of profit sharing."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Profit sharing"), self._door
        at = "/v3/profitsharing"
        api.post(f"{at}/orders", guard=door)(door.signs(self.ask))
        api.get(f"{at}/orders/{{no}}", guard=door)(door.signs(self.by_number))
        api.post(f"{at}/orders/unfreeze", guard=door)(door.signs(self.unfreeze))
        api.post(f"{at}/return-orders", guard=door)(door.signs(self.give_back))
        api.get(f"{at}/return-orders/{{no}}", guard=door)(door.signs(self.returned))
        api.get(f"{at}/transactions/{{id}}/amounts", guard=door)(door.signs(self.amounts))
        api.post(f"{at}/receivers/add", guard=door)(door.signs(self.relate))
        api.post(f"{at}/receivers/delete", guard=door)(door.signs(self.unrelate))
        return api

    async def ask(self, call: Call) -> SplitView:
        """Share a paid order; the same number and content again answers the same."""
        body = wire.read(call, SplitBody)
        if body.appid:
            belongs(call.who, call.who.mchid, body.appid)
        who = await seller(self._db, call.who, body.sub_mchid)
        for one in body.receivers:
            if one.name:
                await self._door.readable(who, one.name, "receivers.name")
        receivers = await self._db.read(self._receivers, who, body.receivers)
        ask = AskSplit(
            who.known.caller,
            body.transaction_id,
            _numbered(body.out_order_no),
            receivers,
            body.unfreeze_unsplit,
        )
        return await self._split(call, who, ask, "split")

    async def unfreeze(self, call: Call) -> SplitView:
        """End the sharing: the rest is the shop's."""
        body = wire.read(call, UnfreezeBody)
        who = await seller(self._db, call.who, body.sub_mchid)
        ask = AskSplit(
            who.known.caller,
            body.transaction_id,
            _numbered(body.out_order_no),
            finish=True,
            description=body.description,
        )
        return await self._split(call, who, ask, "unfreeze")

    async def _split(self, call: Call, who: Merchant, ask: AskSplit, kind: str) -> SplitView:
        said = Said(who.known.account, request=digest_of(call, kind=kind, without="receivers"))
        try:
            made: Split = await self._db.write(
                dialects.saying, AskSaying(pay.split_payment, ask, said)
            )
        except ReferenceTaken:
            raise Says("INVALID_REQUEST", "该分账单号已用于内容不同的分账") from None
        return await self._db.read(self._shown, made)

    async def by_number(self, call: Call, number: str) -> SplitView:
        """A sharing by the shop's number."""
        who = await seller(self._db, call.who, call.param("sub_mchid"))
        found = await self._numbered_split(who, number)
        if call.param("transaction_id") != found.payment_id:
            raise SplitNotFound("分账单不存在")
        return await self._db.read(self._shown, found)

    async def give_back(self, call: Call) -> ReturnView:
        """Take back from a merchant; the same number and content again answers the same."""
        body = wire.read(call, ReturnBody)
        who = await seller(self._db, call.who, body.sub_mchid)
        if body.order_id:
            split = await self._db.read(pay.split_of, who.known.caller, body.order_id)
        else:
            split = await self._numbered_split(who, body.out_order_no)
        line = await self._db.read(self._line_of, split, body.return_mchid)
        if body.amount <= 0:
            raise Says("PARAM_ERROR", "amount 应大于 0")
        ask = AskSplitReturn(
            who.known.caller,
            split.id,
            line.id,
            _numbered(body.out_return_no),
            body.amount,
            body.description,
        )
        said = Said(who.known.account, request=digest_of(call, kind="split return"))
        try:
            made: SplitReturn = await self._db.write(
                dialects.saying, AskSaying(pay.return_split, ask, said)
            )
        except ReferenceTaken:
            raise Says("INVALID_REQUEST", "该回退单号已用于内容不同的回退") from None
        return await self._db.read(self._shown_return, who, made)

    async def returned(self, call: Call, number: str) -> ReturnView:
        """What came back, by the shop's number."""
        who = await seller(self._db, call.who, call.param("sub_mchid"))
        found = await self._db.read(pay.return_by_reference, who.known.caller, number)
        if found is None:
            raise Says("RESOURCE_NOT_EXISTS", "回退单不存在")
        shown = await self._db.read(self._shown_return, who, found)
        if call.param("out_order_no") != shown.out_order_no:
            raise Says("RESOURCE_NOT_EXISTS", "回退单不存在")
        return shown

    async def amounts(self, call: Call, payment_id: str) -> UnsplitView:
        """How much of an order is still set aside."""
        who = await seller(self._db, call.who, call.param("sub_mchid"))
        payment = await self._db.read(pay.payment_of, who.known.caller, payment_id)
        return UnsplitView(payment.id, payment.unsplit_amount)

    async def relate(self, call: Call) -> RelationView:
        """Answer that the relation is there; who does not exist is refused."""
        body = await self._relation(call)
        if not body.relation_type:
            raise Says("PARAM_ERROR", "relation_type 不能为空")
        return RelationView(
            body.type,
            body.account,
            body.relation_type,
            body.name or None,
            body.custom_relation or None,
        )

    async def unrelate(self, call: Call) -> RelationView:
        """Answer that the relation is gone."""
        body = await self._relation(call)
        return RelationView(body.type, body.account)

    async def _relation(self, call: Call) -> RelationBody:
        body = wire.read(call, RelationBody)
        belongs(call.who, call.who.mchid, body.appid)
        who = await seller(self._db, call.who, body.sub_mchid)
        if body.name:
            await self._door.readable(who, body.name, "name")
        await self._db.read(self._receiver, who, body.type, body.account)
        return body

    async def _numbered_split(self, who: Merchant, number: str) -> Split:
        found = await self._db.read(pay.split_by_reference, who.known.caller, number)
        if found is None:
            raise SplitNotFound("分账单不存在")
        return found

    # Who is who ---------------------------------------------------------------------------------

    def _receivers(
        self, reader: Reader, who: Merchant, asked: list[ReceiverBody]
    ) -> tuple[Receiver, ...]:
        found = []
        for one in asked:
            kind, receiver = self._receiver(reader, who, one.type, one.account)
            found.append(Receiver(kind, receiver, one.amount, one.description))
        return tuple(found)

    def _receiver(self, reader: Reader, who: Merchant, kind: str, account: str) -> tuple[Any, str]:
        """A receiver as pay knows it: the app behind a merchant's number, the person behind an open id."""
        if kind == MERCHANT:
            found = dialects.account_by_number(reader, "wechat", account)
            if found is None or found.mode != who.known.account.mode:
                raise Says("PARAM_ERROR", f"分账接收方 {account} 不存在")
            return "app", found.app_id
        if kind != PERSON:
            raise Says("PARAM_ERROR", f"type 应为 {MERCHANT} 或 {PERSON}")
        app_id, vault = who.known.account.app_id, self._db.vault
        try:
            return "person", partners.person_of_open_id(reader, vault, app_id, account).id
        except PersonNotFound:
            raise Says("PARAM_ERROR", "分账接收方 openid 无效") from None

    def _line_of(self, reader: Reader, split: Split, mchid: str) -> SplitLine:
        found = dialects.account_by_number(reader, "wechat", mchid)
        for line in pay.lines_of(reader, split):
            if found is not None and (line.kind, line.receiver) == ("app", found.app_id):
                return line
        raise Says("PARAM_ERROR", "return_mchid 不是该分账单的接收方")

    def _account(self, reader: Reader, split: Split, line: SplitLine) -> str:
        """A receiver as the shop named it."""
        if line.kind == "person":
            return partners.open_id_of(self._db.vault, split.app_id, line.receiver)
        return self._mchid(reader, split, line.receiver)

    def _mchid(self, reader: Reader, split: Split, app_id: str) -> str:
        found = dialects.account_of_app(reader, "wechat", app_id, split.mode)
        return found.number if found else app_id

    def _shown(self, reader: Reader, split: Split) -> SplitView:
        at = times.shown(split.created_at)
        lines = [
            ReceiverView(
                line.amount,
                line.description,
                MERCHANT if line.kind == "app" else PERSON,
                self._account(reader, split, line),
                SUCCESS,
                line.id,
                at,
                at,
            )
            for line in pay.lines_of(reader, split)
        ]
        return SplitView(split.payment_id, split.reference, split.id, FINISHED, lines)

    def _shown_return(self, reader: Reader, who: Merchant, made: SplitReturn) -> ReturnView:
        split = pay.split_of(reader, who.known.caller, made.split_id)
        line = next(one for one in pay.lines_of(reader, split) if one.id == made.line_id)
        at = times.shown(made.created_at)
        return ReturnView(
            split.id,
            split.reference,
            made.reference,
            made.id,
            self._mchid(reader, split, line.receiver),
            made.amount,
            made.reason,
            SUCCESS,
            at,
            at,
        )


def _numbered(number: str) -> str:
    return times.number(number, "out_order_no", 1, 64)
