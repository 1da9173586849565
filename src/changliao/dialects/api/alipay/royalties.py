"""Sharing a paid trade among others, in Alipay's words."""

from collections.abc import Mapping
from typing import Any

from changliao.dialects import service
from changliao.dialects.api.alipay import faults
from changliao.dialects.api.alipay.errand import NUMBER_MAX, Errand
from changliao.dialects.api.alipay.faults import Fault, failed
from changliao.dialects.api.alipay.forms import cents, line_of, text
from changliao.dialects.api.alipay.refunds import reference_of
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import AskSplit, Receiver, Split
from changliao.people import service as people
from changliao.people.model import PersonNotFound

NO_RECEIVER = failed(
    "ACQ.ROYALTY_ACCOUNT_NOT_EXIST", "分账收入方不存在 (there is no such receiver here)"
)
_WORDS: tuple[tuple[type[Refusal], Fault], ...] = (
    (m.ReferenceTaken, faults.OTHER_REFUND),
    (m.ReceiverNotFound, NO_RECEIVER),
    (
        m.SplitTooLarge,
        failed(
            "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "分账金额超过可分金额 (more than is left to split)"
        ),
    ),
    (m.SplitEnded, failed("ACQ.TRADE_SETTLE_ERROR", "分账已经完结 (the splitting is over)")),
)


async def settle(errand: Errand) -> dict[str, Any]:
    """alipay.trade.order.settle: 1 to 50 receivers have their money, or none. A receiver is a shop
    here (`userId`: its seller number or app id) or a person (`userId`: an open id; `loginName`: a
    handle). `royalty_finish` in extend_params ends the splitting."""
    biz = errand.biz
    number = text(biz, "out_request_no", NUMBER_MAX, needed=True)
    said = biz.get("royalty_parameters") or []
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise faults.parameter("royalty_parameters", "a list of objects")
    payment = await errand.payment()
    receivers = tuple([await _receiver(errand, one) for one in said])
    finish = flag(biz, "royalty_finish")
    ask = AskSplit(errand.caller, payment.id, reference_of(payment, number), receivers, finish)
    try:
        made = await errand.write(pay.split_payment, ask)
    except Refusal as refusal:
        for kind, fault in _WORDS:
            if isinstance(refusal, kind):
                raise fault from None
        raise
    assert isinstance(made, Split)
    return {"trade_no": payment.id, "settle_no": made.id}


def flag(biz: Mapping[str, Any], name: str) -> bool:
    """A flag of extend_params: `true`, as a text or as it is."""
    more = biz.get("extend_params") or {}
    if not isinstance(more, dict):
        raise faults.parameter("extend_params", "an object")
    value = more.get(name, False)
    if value not in (True, False, "true", "false", ""):
        raise faults.parameter(name, "true or false")
    return value in (True, "true")


async def _receiver(errand: Errand, said: Mapping[str, Any]) -> Receiver:
    if text(said, "royalty_type", 32) not in ("", "transfer"):
        raise faults.parameter("royalty_type", "transfer")
    payer = text(said, "trans_out", NUMBER_MAX)
    if payer and payer not in (errand.known.account.alias, errand.known.account.number):
        raise faults.parameter("trans_out", "only this shop's own money can be split")
    kind = text(said, "trans_in_type", 32) or "userId"
    name = text(said, "trans_in", NUMBER_MAX, needed=True)
    amount, description = cents(said, "amount"), line_of(text(said, "desc", 1000))[:200]
    db = errand.ground.db
    if kind == "loginName":
        person = await db.read(people.person_by_handle, name)
        if person is None:
            raise NO_RECEIVER
        return Receiver("person", person.id, amount, description)
    if kind != "userId":
        raise faults.parameter("trans_in_type", "userId or loginName")
    if name.startswith("opn_"):
        app_id = errand.caller.app_id
        try:
            found = await db.read(partners.person_of_open_id, db.vault, app_id, name)
        except PersonNotFound:
            raise NO_RECEIVER from None
        return Receiver("person", found.id, amount, description)
    account = await db.read(service.account_by_number, "alipay", name)
    account = account or await db.read(service.account_by_alias, "alipay", name)
    if account is None or account.mode != errand.caller.mode:
        raise NO_RECEIVER
    return Receiver("app", account.app_id, amount, description)
