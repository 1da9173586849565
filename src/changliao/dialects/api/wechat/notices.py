"""Notifications: what happened, encrypted with the merchant's APIv3 key, under a signature of each try."""

from typing import Any

import msgspec

from changliao.db.driver import Reader
from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.dialects.api.wechat import times, wire
from changliao.dialects.api.wechat.combine import CombineView, show_combined
from changliao.dialects.api.wechat.door import Door
from changliao.dialects.api.wechat.orders import show_transaction
from changliao.dialects.api.wechat.partner import SELLER, show_partner_transaction
from changliao.dialects.api.wechat.refunds import show_refund
from changliao.dialects.api.wechat.transfers import show_transfer
from changliao.dialects.model import Account, Notice
from changliao.kernel.ids import looks_like
from changliao.kernel.value import View
from changliao.pay import service as pay

SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "MCHTRANSFER.BILL.FINISHED": "商家转账单据终态通知",
}
SETTING = "verify_with"
PUBLIC_KEY, CERTIFICATE = "public_key", "certificate"
"""By what a merchant checks what we sign unasked: a setting of the account."""


class Resource(View, frozen=True):
    """What happened, encrypted."""

    original_type: str
    algorithm: str
    ciphertext: str
    associated_data: str
    nonce: str


class Notification(View, frozen=True):
    """The body of a notification."""

    id: str
    create_time: str
    resource_type: str
    event_type: str
    summary: str
    resource: Resource


class Notices:
    """Renders and signs notifications."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    async def render(self, account: Account, notice: Notice) -> str:
        """The body, encrypted once; its headers are signed at each try."""
        known = await self._ground.keyring.opened(account)
        kind, told = await self._told(known, notice)
        box = wire.seal(known.secrets["apiv3_key"], msgspec.json.encode(told), kind)
        said = Notification(
            notice.id,
            times.shown(notice.created_at),
            "encrypt-resource",
            notice.kind,
            SUMMARIES[notice.kind],
            Resource(kind, box.algorithm, box.ciphertext, box.associated_data, box.nonce),
        )
        return msgspec.json.encode(said).decode()

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """What every try is signed with anew."""
        seal = await self._door.seal(account.mode)
        by_certificate = account.settings.get(SETTING) == CERTIFICATE
        serial = seal.serial if by_certificate else seal.public_key_id
        signed = await self._door.headers(account.mode, serial, notice.body.encode())
        return {
            "Content-Type": "application/json",
            "User-Agent": "Mozilla/4.0",
            "Request-ID": notice.id,
            **dict(signed),
        }

    async def _told(self, known: Known, notice: Notice) -> tuple[str, Any]:
        db, account = self._ground.db, known.account
        if notice.kind.startswith("REFUND."):
            refund = await db.read(pay.refund, notice.subject)
            payment = await db.read(pay.payment, refund.payment_id)
            said = await db.read(dialects.particulars, payment.id)
            seller = said.said.get(SELLER, "") if said else ""
            shown = show_refund(payment, refund)
            return "refund", _as_told(msgspec.to_builtins(shown), account, seller)
        if notice.kind.startswith("MCHTRANSFER."):
            transfer = await db.read(pay.transfer_of, known.caller, notice.subject)
            return "mch_payment", show_transfer(self._ground, account, transfer)
        if looks_like("cmb", notice.subject):
            return "transaction", await db.read(self._combined, account, notice.subject)
        payment = await db.read(pay.payment, notice.subject)
        said = await db.read(dialects.particulars, payment.id)
        show: Any = show_transaction
        if said is not None and SELLER in said.said:
            show = show_partner_transaction
        return "transaction", show(self._ground, account, payment, said, "SUCCESS")

    def _combined(self, reader: Reader, account: Account, combined_id: str) -> CombineView:
        found = pay.combined(reader, combined_id)
        return show_combined(self._ground, reader, account, found, "SUCCESS")


def _as_told(refund: dict[str, Any], account: Account, seller: str) -> dict[str, Any]:
    """A refund's notification has fewer fields than its query, and `status` under another name."""
    amount = refund["amount"]
    numbers = {"mchid": account.number}
    told = {
        **({"sp_mchid": account.number, "sub_mchid": seller} if seller else numbers),
        "transaction_id": refund["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_status": refund["status"],
        "user_received_account": refund["user_received_account"],
        "amount": {
            name: amount[name] for name in ("total", "refund", "payer_total", "payer_refund")
        },
    }
    if "success_time" in refund:
        told["success_time"] = refund["success_time"]
    return told
