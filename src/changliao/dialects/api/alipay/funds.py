"""Paying a person out of the shop's balance, in Alipay's words."""

from typing import Any

from changliao.dialects.api.alipay import faults
from changliao.dialects.api.alipay.errand import CURRENCY, NUMBER_MAX, Errand
from changliao.dialects.api.alipay.faults import Fault, failed
from changliao.dialects.api.alipay.forms import cents, line_of, shown, text, yuan
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import AskShopTransfer, ShopTransfer
from changliao.people import service as people
from changliao.people.model import Person, PersonNotFound

TITLE_MAX = 200
_BY_OPEN_ID = ("ALIPAY_USER_ID", "ALIPAY_OPEN_ID")
NO_PAYEE = failed("PAYEE_NOT_EXIST", "收款账号不存在 (there is no such person)")
OTHER_NAME = failed("PAYEE_USERINFO_ERROR", "收款用户信息不匹配 (the person has another name)")
_WORDS: tuple[tuple[type[Refusal], Fault], ...] = (
    (m.ShopBalanceShort, failed("BALANCE_IS_NOT_ENOUGH", "余额不足 (too little on the balance)")),
    (
        m.TransferReferenceTaken,
        failed(
            "PAYMENT_INFO_INCONSISTENCY",
            "两次请求商户单号一样，但是参数不一致 (this out_biz_no has another content)",
        ),
    ),
    (PersonNotFound, NO_PAYEE),
)


async def transfer(errand: Errand) -> dict[str, Any]:
    """alipay.fund.trans.uni.transfer: at once into the wallet of the person whom an open id
    (ALIPAY_USER_ID, ALIPAY_OPEN_ID) or a handle (ALIPAY_LOGON_ID) names. The same out_biz_no with the
    same content is one transfer."""
    biz = errand.biz
    payee = biz.get("payee_info")
    if not isinstance(payee, dict):
        raise faults.parameter("payee_info", "missing")
    identity = text(payee, "identity", NUMBER_MAX, needed=True)
    kind = text(payee, "identity_type", 32, needed=True)
    if kind not in (*_BY_OPEN_ID, "ALIPAY_LOGON_ID"):
        raise faults.parameter("identity_type", "ALIPAY_OPEN_ID, ALIPAY_USER_ID, ALIPAY_LOGON_ID")
    by_open_id = kind in _BY_OPEN_ID
    if by_open_id != identity.startswith("opn_"):
        raise NO_PAYEE
    name = text(payee, "name", 128)
    if name and (await _person(errand, identity, by_open_id)).name != name:
        raise OTHER_NAME
    said = text(biz, "order_title", 128) or text(biz, "remark", TITLE_MAX)
    ask = AskShopTransfer(
        errand.caller,
        cents(biz, "trans_amount"),
        CURRENCY,
        text(biz, "out_biz_no", NUMBER_MAX, needed=True),
        identity,
        line_of(said),
        modes=errand.ground.modes,
    )
    try:
        made = await errand.write(pay.pay_person, ask)
    except Refusal as refusal:
        raise _worded(refusal) from None
    assert isinstance(made, ShopTransfer)
    return {
        "out_biz_no": made.reference,
        "order_id": made.id,
        "pay_fund_order_id": made.id,
        "status": "SUCCESS",
        "trans_date": shown(made.created_at),
    }


async def query(errand: Errand) -> dict[str, Any]:
    """alipay.fund.trans.common.query: a transfer by its number of theirs or of ours."""
    db, biz = errand.ground.db, errand.biz
    ours = text(biz, "order_id", NUMBER_MAX) or text(biz, "pay_fund_order_id", NUMBER_MAX)
    theirs = text(biz, "out_biz_no", NUMBER_MAX)
    if not ours and not theirs:
        raise faults.parameter("out_biz_no", "out_biz_no or order_id is needed")
    found: ShopTransfer | None
    try:
        if ours:
            found = await db.read(pay.transfer_of, errand.caller, ours)
        else:
            found = await db.read(pay.transfer_by_reference, errand.caller, theirs)
    except m.TransferNotFound:
        found = None
    if found is None or found.currency != CURRENCY:
        raise failed("ORDER_NOT_EXIST", "转账订单不存在 (there is no such transfer of yours)")
    status = {"succeeded": "SUCCESS", "waiting": "DEALING"}.get(found.status, "REFUND")
    return {
        "out_biz_no": found.reference,
        "order_id": found.id,
        "pay_fund_order_id": found.id,
        "status": status,
        "trans_amount": yuan(found.amount),
        "pay_date": shown(found.changed_at),
    }


async def _person(errand: Errand, identity: str, by_open_id: bool) -> Person:
    db = errand.ground.db
    try:
        if by_open_id:
            app_id = errand.caller.app_id
            return await db.read(partners.person_of_open_id, db.vault, app_id, identity)
    except PersonNotFound:
        raise NO_PAYEE from None
    found = await db.read(people.person_by_handle, identity)
    if found is None:
        raise NO_PAYEE
    return found


def _worded(refusal: Refusal) -> Fault:
    for kind, fault in _WORDS:
        if isinstance(refusal, kind):
            return fault
    return faults.of(refusal)
