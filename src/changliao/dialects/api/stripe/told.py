"""Events: which of Stripe's a fact of ours is, and each of them as an object, the same whenever asked."""

import re
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.dialects import service
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show
from changliao.dialects.api.stripe.numbers import Shown
from changliao.dialects.api.stripe.show import Place
from changliao.dialects.model import Account
from changliao.pay import service as pay
from changliao.pay.model import Payment, Refund

API_VERSION = "2023-08-16"
"""What is spoken to whoever names no version: that of the specification this dialect is tested with."""

NUMBERS: dict[str, int] = {
    "payment_intent.created": 1,
    "payment_intent.processing": 2,
    "payment_intent.payment_failed": 3,
    "payment_intent.amount_capturable_updated": 4,
    "payment_intent.succeeded": 5,
    "payment_intent.canceled": 6,
    "checkout.session.completed": 7,
    "checkout.session.expired": 8,
    "charge.succeeded": 9,
    "charge.captured": 10,
    "charge.refunded": 11,
    "charge.updated": 12,
    "charge.expired": 13,
    "charge.refund.updated": 14,
    "refund.created": 15,
    "refund.updated": 16,
    "refund.failed": 17,
    "customer.created": 18,
}
"""The last two digits of an event's id. Only ever added to: ids stay what they are."""

FACTS_MAX = 5000
"""How many facts about one payment are looked at."""

_TYPES = {number: name for name, number in NUMBERS.items()}
_ID = re.compile(r"evt_([0-9]{16})([0-9]{2})")
_PLAIN: dict[str, tuple[str, ...]] = {
    "payment.created": ("payment_intent.created",),
    "payment.processing": ("payment_intent.processing",),
    "payment.attempt_failed": ("payment_intent.payment_failed",),
    "payment.authorized": (
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
        "checkout.session.completed",
    ),
    "payment.captured": ("charge.captured",),
    "payment.paid": ("payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"),
    "payment.canceled": ("payment_intent.canceled", "checkout.session.expired"),
    "payment.expired": (
        "payment_intent.canceled",
        "charge.expired",
        "checkout.session.expired",
    ),
    "refund.requested": ("refund.created",),
    "refund.succeeded": ("charge.refunded", "refund.updated", "charge.refund.updated"),
    "refund.failed": ("refund.failed", "refund.updated", "charge.refund.updated", "charge.updated"),
    "customer.added": ("customer.created",),
}
KINDS = tuple(_PLAIN)
"""The facts that are events here."""


def event_id(seq: int, name: str) -> str:
    """The id of an event: its fact's number and its own."""
    return f"evt_{seq:016d}{NUMBERS[name]:02d}"


def parsed(text: str) -> tuple[int, str]:
    """The fact's number and the event's name; (0, "") for what is no id of an event."""
    found = _ID.fullmatch(text)
    name = _TYPES.get(int(found[2]), "") if found else ""
    return (int(found[1]), name) if found and name else (0, "")


def tells(reader: Reader, account: Account, fact: FactRow) -> list[tuple[str, str]]:
    """The events that a fact is to an account, each with what it is about."""
    names = _PLAIN.get(fact.kind, ())
    if not names:
        return []
    subject = str(msgspec.json.decode(fact.body).get("refund_id", fact.about))
    if not fact.kind.startswith("payment."):
        return [(name, subject) for name in names]
    known = service.particulars(reader, fact.about)
    session = known is not None and known.account_id == account.id and _is_session(known.said)
    payment = pay.payment(reader, fact.about)
    return [
        (name, subject) for name in names if _applies(name, fact.kind, payment, session=session)
    ]


def _is_session(said: dict[str, str]) -> bool:
    return said.get("object") == "session"


def _applies(name: str, kind: str, payment: Payment, *, session: bool) -> bool:
    """A hold completes its session and makes its charge; what comes of it later does neither."""
    held = bool(payment.hold_id) and kind != "payment.authorized"
    if name.startswith("checkout.session."):
        return session and not held
    if name == "charge.succeeded":
        return not held
    return held if name == "charge.expired" else True


def event(place: Place, fact: FactRow, name: str, *, version: str = "", waiting: int = 0) -> Shown:
    """An event as an object: what it is about is shown as it stood when it happened."""
    return {
        "id": event_id(fact.seq, name),
        "object": "event",
        "api_version": version or API_VERSION,
        "created": n.seconds(fact.at),
        "data": {"object": _object(place, fact, name)},
        "livemode": place.live,
        "pending_webhooks": waiting,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
    }


def _object(place: Place, fact: FactRow, name: str) -> Shown:
    if name.startswith("customer."):
        return show.customer(place, pay.customer(place.reader, fact.about), even_deleted=True)
    history = outbox.facts_about(place.reader, fact.about, FACTS_MAX)
    facts = [one for one in history if one.seq <= fact.seq]
    payment = as_of(pay.payment(place.reader, fact.about), facts)
    if name.startswith("checkout.session."):
        return show.session(place, payment)
    if name.startswith("payment_intent."):
        return show.intent(place, payment)
    if name.startswith("charge.") and name != "charge.refund.updated":
        return show.charge(place, payment)
    refund_id = str(msgspec.json.decode(fact.body)["refund_id"])
    found = next(one for one in pay.refunds_of(place.reader, payment.id) if one.id == refund_id)
    return show.refund(place, _refund_as_of(found, fact.kind))


def _refund_as_of(refund: Refund, kind: str) -> Refund:
    status = {"refund.succeeded": "succeeded", "refund.failed": "failed"}.get(kind, "pending")
    return msgspec.structs.replace(refund, status=status)


def as_of(payment: Payment, facts: list[FactRow]) -> Payment:
    """The payment as it stood after these facts about it, which are all up to some moment."""
    changes: dict[str, Any] = {
        "status": "open",
        "captured_amount": 0,
        "refunded_amount": 0,
        "refunding_amount": 0,
        "reason": "",
        "hold_id": "",
        "method": "",
    }
    under_way: dict[str, int] = {}
    for fact in facts:
        body = msgspec.json.decode(fact.body)
        status = pay.TOLD_STATUS.get(fact.kind)
        if status:
            changes |= {"status": status, "changed_at": fact.at, "reason": body.get("reason", "")}
        if fact.kind == "payment.authorized":
            changes["hold_id"] = payment.hold_id
        if "captured_amount" in body:
            changes["captured_amount"] = body["captured_amount"]
        if fact.kind == "refund.requested":
            under_way[body["refund_id"]] = body["amount"]
        elif fact.kind in ("refund.succeeded", "refund.failed"):
            under_way.pop(body["refund_id"], None)
        if "refunded_amount" in body:
            changes["refunded_amount"] = body["refunded_amount"]
    changes["refunding_amount"] = sum(under_way.values())
    return msgspec.structs.replace(payment, **changes)
