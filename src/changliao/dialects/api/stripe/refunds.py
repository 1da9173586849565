"""Routes of refunds."""

from typing import Any

import msgspec

from changliao.dialects.api.stripe import intents, show, verbs
from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe.door import Asked, Door
from changliao.dialects.api.stripe.refusals import ParameterMissing
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import SECOND_US
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskRefund, Payment, Refund, RefundNotFound
from changliao.wire.call import Answer

REFUND = k.Shape(
    {
        "charge": k.Text(100),
        "payment_intent": k.Text(100),
        "amount": k.Whole(1),
        "currency": k.Currency(),
        "reason": k.OneOf(show.REASONS),
        "metadata": k.Entries(),
        "instructions_email": k.Looks(),
    }
)
LIST = k.Shape(
    {**k.PAGING, "charge": k.Text(100), "payment_intent": k.Text(100), "created": k.Moments()}
)


def add_routes(door: Door) -> None:
    """Everything under /v1/refunds, and a charge's own."""

    @door.route("POST", "/v1/refunds")
    async def create(asked: Asked) -> Answer:
        return await _create(door, asked, asked.take(REFUND))

    @door.route("POST", "/v1/charges/{id}/refunds")
    async def create_of_charge(asked: Asked, charge_id: str) -> Answer:
        return await _create(door, asked, asked.take(REFUND) | {"charge": charge_id})

    @door.route("GET", "/v1/refunds")
    async def found(asked: Asked) -> Answer:
        return await _list(door, asked, asked.take(LIST))

    @door.route("GET", "/v1/charges/{id}/refunds")
    async def found_of_charge(asked: Asked, charge_id: str) -> Answer:
        return await _list(door, asked, asked.take(LIST) | {"charge": charge_id})

    @door.route("GET", "/v1/refunds/{id}")
    async def one(asked: Asked, refund_id: str) -> Answer:
        partners.allows(asked.caller, "payments:read")
        return await door.show(asked, lambda reader: of(reader, asked, refund_id), show.refund)

    @door.route("POST", "/v1/refunds/{id}")
    async def update(asked: Asked, refund_id: str) -> Answer:
        took = asked.take(k.Shape({"metadata": k.Entries()}))
        refund = await door.ground.db.read(of, asked, refund_id)
        change = verbs.AskMerge(asked.account, refund.id, {}, took.get("metadata"))
        ask = verbs.AskOnPaymentSaid(asked.caller, refund.id, change)
        return await door.write(asked, verbs.change_refund, ask, show.refund)


async def _create(door: Door, asked: Asked, took: dict[str, Any]) -> Answer:
    payment = await door.ground.db.read(_payment, asked, took)
    if payment is None:
        raise ParameterMissing(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.",
            field="payment_intent",
        )
    amount = n.ours(took.get("amount", 0), payment.currency, "amount")
    metadata = took.get("metadata")
    said = {"metadata": msgspec.json.encode(metadata).decode()} if metadata else {}
    refund = AskRefund(asked.caller, payment.id, amount, reason=took.get("reason", ""))
    ask = verbs.AskSayOn(pay.request_refund, refund, asked.account, said)
    return await door.write(asked, verbs.saying_on, ask, show.refund)


def _payment(reader: Any, asked: Asked, took: dict[str, Any]) -> Payment | None:
    if took.get("charge"):
        return intents.charge_of(reader, asked, took["charge"])
    if took.get("payment_intent"):
        return intents.of(reader, asked, took["payment_intent"], "payment_intent")
    return None


async def _list(door: Door, asked: Asked, took: dict[str, Any]) -> Answer:
    partners.allows(asked.caller, "payments:read")
    start, end = took.get("created", (0, 0))

    def page(reader: Any, *, before: str, after: str, limit: int) -> list[Refund]:
        payment = _payment(reader, asked, took)
        cut = pay.Cut(
            limit,
            before,
            after,
            payment_id=payment.id if payment else "",
            from_at=start * SECOND_US,
            until_at=end * SECOND_US,
        )
        return pay.refunds_page(reader, asked.caller, cut)

    def cursor(text: str, field: str) -> str:
        return n.own_id("re", "re_", text, "refund", field)

    return await door.list(asked, took, cursor, page, show.refund)


def of(reader: Any, asked: Asked, refund_id: str) -> Refund:
    """One of this shop's refunds."""
    try:
        if looks_like("re", refund_id):
            return pay.refund_of(reader, asked.caller, refund_id)
    except RefundNotFound:
        pass
    raise n.missing("refund", refund_id, "refund")
