"""Transfers to persons: the person is asked first, as transfer bills have it."""

from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.orders import belongs, callback, digest_of
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.model import Account, AskSaying, Said
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import (
    AskCancelTransfer,
    AskShopTransfer,
    ReferenceTaken,
    ShopTransfer,
    TransferNotFound,
)
from changliao.people.model import PersonNotFound
from changliao.wire.call import Call
from changliao.wire.routes import Routes

STATES = {
    "waiting": "WAIT_USER_CONFIRM",
    "succeeded": "SUCCESS",
    "declined": "FAIL",
    "canceled": "CANCELLED",
    "returned": "FAIL",
}
REASONS = {"declined": "PAYEE_REFUSED", "returned": "OVERDUE_CLOSE"}
"""Why nothing came of it."""
CURRENCY = "CNY"
"""A transfer bill names none."""


class ReportInfo(Value, frozen=True):
    """What the merchant reports of the occasion."""

    info_type: str
    info_content: str


class TransferBody(Value, frozen=True):
    """Pay a person, named by open id. `transfer_amount` is whole minor units; `user_name` is encrypted."""

    appid: str
    out_bill_no: str
    transfer_scene_id: str
    openid: str
    transfer_amount: int
    transfer_remark: str
    transfer_scene_report_infos: list[ReportInfo] = []
    user_name: str = ""
    notify_url: str | None = None
    user_recv_perception: str = ""


class AskedView(View, frozen=True, omit_defaults=True):
    """A transfer that was asked for. `package_info` opens the person's page of it."""

    out_bill_no: str
    transfer_bill_no: str
    create_time: str
    state: str
    fail_reason: str | None = None
    package_info: str | None = None


class TransferView(View, frozen=True, omit_defaults=True):
    """A transfer as it stands."""

    mch_id: str
    out_bill_no: str
    transfer_bill_no: str
    appid: str
    state: str
    transfer_amount: int
    transfer_remark: str
    openid: str
    create_time: str
    update_time: str
    fail_reason: str | None = None


class CanceledView(View, frozen=True):
    """A transfer that was taken back."""

    out_bill_no: str
    transfer_bill_no: str
    state: str
    update_time: str


def show_transfer(ground: Ground, account: Account, transfer: ShopTransfer) -> TransferView:
    """A transfer in this dialect."""
    return TransferView(
        account.number,
        transfer.reference,
        transfer.id,
        account.alias,
        STATES[transfer.status],
        transfer.amount,
        transfer.description,
        partners.open_id_of(ground.db.vault, transfer.app_id, transfer.person_id),
        times.shown(transfer.created_at),
        times.shown(transfer.changed_at),
        fail_reason=REASONS.get(transfer.status),
    )


class Transfers:
    """The addresses of transfer bills."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door
        self._db = ground.db

    def routes(self) -> Routes:
        """Their routes."""
        api, door = Routes("Transfers"), self._door
        at = "/v3/fund-app/mch-transfer/transfer-bills"
        api.post(at, guard=door)(door.signs(self.ask))
        api.get(f"{at}/out-bill-no/{{no}}", guard=door)(door.signs(self.by_number))
        api.get(f"{at}/transfer-bill-no/{{id}}", guard=door)(door.signs(self.by_id))
        api.post(f"{at}/out-bill-no/{{no}}/cancel", guard=door)(door.signs(self.cancel))
        return api

    async def ask(self, call: Call) -> AskedView:
        """Pay a person, who is asked first; the same number and content again answers the same."""
        who: Merchant = call.who
        body = wire.read(call, TransferBody)
        belongs(who, who.mchid, body.appid)
        times.number(body.out_bill_no, "out_bill_no", 1, 32)
        times.short(body.transfer_remark, "transfer_remark", 32)
        if body.user_name:
            await self._door.readable(who, body.user_name, "user_name")
        ask = AskShopTransfer(
            who.known.caller,
            body.transfer_amount,
            CURRENCY,
            body.out_bill_no,
            body.openid,
            body.transfer_remark,
            needs_acceptance=True,
            modes=self._ground.modes,
        )
        said = Said(
            who.known.account,
            notify_url=callback(self._ground, body.notify_url or ""),
            request=digest_of(call, kind="transfer", without="user_name"),
            said={"scene": body.transfer_scene_id},
        )
        try:
            made = await self._db.write(dialects.saying, AskSaying(pay.pay_person, ask, said))
        except ReferenceTaken:
            raise Says("INVALID_REQUEST", "该转账单号已用于内容不同的转账") from None
        except PersonNotFound:
            raise Says("PARAM_ERROR", "openid 无效") from None
        if isinstance(made, Refusal):
            raise made
        return _asked(made)

    async def by_number(self, call: Call, number: str) -> TransferView:
        """A transfer by the shop's number."""
        who: Merchant = call.who
        return show_transfer(self._ground, who.known.account, await self._numbered(who, number))

    async def by_id(self, call: Call, transfer_id: str) -> TransferView:
        """A transfer by ours."""
        who: Merchant = call.who
        found = await self._db.read(pay.transfer_of, who.known.caller, transfer_id)
        return show_transfer(self._ground, who.known.account, found)

    async def cancel(self, call: Call, number: str) -> CanceledView:
        """Take back what the person has not answered; taking it back again changes nothing."""
        who: Merchant = call.who
        found = await self._numbered(who, number)
        if found.status != "canceled":
            ask = AskCancelTransfer(who.known.caller, found.id)
            found = await self._db.write(pay.cancel_transfer, ask)
        return CanceledView(
            found.reference, found.id, STATES[found.status], times.shown(found.changed_at)
        )

    async def _numbered(self, who: Merchant, number: str) -> ShopTransfer:
        found = await self._db.read(pay.transfer_by_reference, who.known.caller, number)
        if found is None:
            raise TransferNotFound("转账单不存在")
        return found


def _asked(transfer: ShopTransfer) -> AskedView:
    return AskedView(
        transfer.reference,
        transfer.id,
        times.shown(transfer.created_at),
        STATES[transfer.status],
        fail_reason=REASONS.get(transfer.status),
        package_info=transfer.id if transfer.status == "waiting" else None,
    )
