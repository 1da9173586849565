"""Routes of payment intents and charges: both are payments."""

from collections.abc import Callable
from typing import Any

import msgspec

from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show, verbs
from changliao.dialects.api.stripe.door import Asked, Door
from changliao.dialects.api.stripe.refusals import ParameterMissing
from changliao.dialects.api.stripe.sessions import needs_https
from changliao.dialects.api.stripe.way_back import RETURN
from changliao.dialects.model import Said
from changliao.kernel.instant import SECOND_US
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskPayment, Payment, PaymentNotFound
from changliao.wire.call import Answer

_METHODS = {
    "automatic_payment_methods": k.Shape(
        {"enabled": k.Flag(), "allow_redirects": k.OneOf(("always", "never"))}
    ),
    "payment_method_types": k.Many(k.Text(40)),
    "payment_method_options": k.Looks(),
}
INTENT = k.Shape(
    {
        "amount": k.Whole(),
        "currency": k.Currency(),
        "capture_method": k.OneOf(("automatic", "automatic_async", "manual")),
        "confirm": k.Flag(),
        "return_url": k.Address(),
        "customer": k.Text(100),
        "description": k.Text(1000),
        "metadata": k.Entries(),
        "receipt_email": k.Text(512),
        "statement_descriptor": k.Text(22),
        "statement_descriptor_suffix": k.Looks(),
        "confirmation_method": k.OneOf(("automatic",)),
        **_METHODS,
    },
    ("amount", "currency"),
)
UPDATE = k.Shape(
    {"description": k.Text(1000), "metadata": k.Entries(), "receipt_email": k.Text(512)}
)
CONFIRM = k.Shape({"return_url": k.Address(), "payment_method_options": k.Looks()})
CAPTURE = k.Shape(
    {
        "amount_to_capture": k.Whole(1),
        "final_capture": k.Flag(),
        "metadata": k.Entries(),
        "statement_descriptor": k.Looks(),
        "statement_descriptor_suffix": k.Looks(),
    }
)
CANCEL = k.Shape(
    {
        "cancellation_reason": k.OneOf(
            ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
        )
    }
)
LIST = k.Shape({**k.PAGING, "customer": k.Text(100), "created": k.Moments()})
CHARGES = k.Shape({**LIST.fields, "payment_intent": k.Text(100)})
Find = Callable[[Any, Asked, str], Payment]
_CHARGED = ("authorized", "paid")


def add_routes(door: Door, url: str) -> None:
    """Everything under /v1/payment_intents that changes one."""

    @door.route("POST", "/v1/payment_intents")
    async def create(asked: Asked) -> Answer:
        ask = ask_of(asked, asked.take(INTENT), url)
        return await door.write(asked, verbs.open_payment, ask, show.intent)

    @door.route("POST", "/v1/payment_intents/{id}")
    async def update(asked: Asked, intent_id: str) -> Answer:
        took = asked.take(UPDATE)
        payment = await door.ground.db.read(of, asked, intent_id)
        said = {
            theirs: took[name]
            for name, theirs in (
                ("description", "intent_description"),
                ("receipt_email", "receipt_email"),
            )
            if name in took
        }
        ask = changed(asked, payment.id, said, took)
        return await door.write(asked, verbs.change_payment, ask, show.intent)

    @door.route("POST", "/v1/payment_intents/{id}/confirm")
    async def confirm(asked: Asked, intent_id: str) -> Answer:
        took = asked.take(CONFIRM)
        payment = await door.ground.db.read(of, asked, intent_id)
        known = await door.ground.db.read(lambda reader: door.place(reader, asked).said(payment.id))
        page = took.get("return_url") or known.get("return_url", "")
        if not page:
            raise _no_return_url()
        needs_https(asked, {"return_url": page})
        ask = changed(asked, payment.id, {"return_url": page, "confirmed": "1"}, {})
        return await door.write(asked, verbs.confirm_intent, ask, show.intent)

    @door.route("POST", "/v1/payment_intents/{id}/capture")
    async def capture(asked: Asked, intent_id: str) -> Answer:
        took = asked.take(CAPTURE)
        payment = await door.ground.db.read(of, asked, intent_id)
        amount = n.ours(took.get("amount_to_capture", 0), payment.currency, "amount_to_capture")
        on = AskOnPayment(asked.caller, payment.id, amount, took.get("final_capture", True))
        return await door.write(asked, pay.capture, on, show.intent)

    @door.route("POST", "/v1/payment_intents/{id}/cancel")
    async def cancel(asked: Asked, intent_id: str) -> Answer:
        reason = asked.take(CANCEL).get("cancellation_reason", "")
        payment = await door.ground.db.read(of, asked, intent_id)
        on = AskOnPayment(asked.caller, payment.id, reason=reason)
        said = {"cancellation_reason": reason} if reason else {}
        ask = verbs.AskSayOn(None, on, asked.account, said)
        return await door.write(asked, verbs.close_payment, ask, show.intent)


def add_reading(door: Door) -> None:
    """Payment intents and charges, read one by one and in lists."""

    def offer(path: str, what: tuple[str, str], find: Find, shape: k.Shape, showing: Any) -> None:
        @door.route("GET", path)
        async def found(asked: Asked) -> Answer:
            partners.allows(asked.caller, "payments:read")
            took = asked.take(shape)

            def cursor(text: str, field: str) -> str:
                return n.own_id("pay", what[0], text, what[1], field)

            return await door.list(asked, took, cursor, _pages(asked, took, what[0]), showing)

        @door.route("GET", path + "/{id}")
        async def one(asked: Asked, their_id: str) -> Answer:
            partners.allows(asked.caller, "payments:read")
            return await door.show(asked, lambda reader: find(reader, asked, their_id), showing)

    offer("/v1/payment_intents", ("pi_", "payment_intent"), of, LIST, show.intent)
    offer("/v1/charges", ("ch_", "charge"), charge_of, CHARGES, show.charge)

    @door.route("POST", "/v1/charges/{id}")
    async def update_charge(asked: Asked, charge_id: str) -> Answer:
        took = asked.take(UPDATE)
        payment = await door.ground.db.read(charge_of, asked, charge_id)
        said = {"intent_description": took["description"]} if "description" in took else {}
        ask = changed(asked, payment.id, said, took)
        return await door.write(asked, verbs.change_payment, ask, show.charge)


def _pages(asked: Asked, took: dict[str, Any], prefix: str) -> Any:
    start, end = took.get("created", (0, 0))
    only = took.get("payment_intent", "")

    def page(reader: Any, *, before: str, after: str, limit: int) -> list[Payment]:
        if only:
            return _that_one(reader, asked, only)
        cut = pay.Cut(
            limit,
            before,
            after,
            took.get("customer", ""),
            statuses=_CHARGED if prefix == "ch_" else (),
            from_at=start * SECOND_US,
            until_at=end * SECOND_US,
        )
        return pay.payments_page(reader, asked.caller, cut)

    return page


def _that_one(reader: Any, asked: Asked, intent_id: str) -> list[Payment]:
    payment = of(reader, asked, intent_id, "payment_intent")
    return [payment] if n.has_charge(payment) else []


def of(reader: Any, asked: Asked, intent_id: str, field: str = "intent") -> Payment:
    """The payment that an intent is, if it is this shop's."""
    payment_id = n.own_id("pay", "pi_", intent_id, "payment_intent", field)
    try:
        return pay.payment_of(reader, asked.caller, payment_id)
    except PaymentNotFound:
        raise n.missing("payment_intent", intent_id, field) from None


def charge_of(reader: Any, asked: Asked, charge_id: str, field: str = "charge") -> Payment:
    """The payment of a charge, if it is this shop's and somebody has paid it."""
    payment_id = n.own_id("pay", "ch_", charge_id, "charge", field)
    try:
        payment = pay.payment_of(reader, asked.caller, payment_id)
    except PaymentNotFound:
        raise n.missing("charge", charge_id, field) from None
    if not n.has_charge(payment):
        raise n.missing("charge", charge_id, field)
    return payment


def changed(
    asked: Asked, payment_id: str, said: dict[str, str], took: dict[str, Any]
) -> verbs.AskOnPaymentSaid:
    """A word more about a payment, its intent's metadata with it."""
    change = verbs.AskMerge(
        asked.account, payment_id, said, took.get("metadata"), verbs.INTENT_METADATA
    )
    return verbs.AskOnPaymentSaid(asked.caller, payment_id, change)


def ask_of(asked: Asked, took: dict[str, Any], url: str) -> verbs.AskOpen:
    """An intent as our ask. Confirmed, it waits for its payer at the cashier (`requires_action`)."""
    if took.get("confirm") and not took.get("return_url"):
        raise _no_return_url()
    needs_https(asked, took)
    metadata = took.get("metadata", {})
    said = {
        "object": "intent",
        "intent_metadata": msgspec.json.encode(metadata).decode(),
        "intent_description": took.get("description", ""),
        "return_url": took.get("return_url", ""),
        "confirmed": "1" if took.get("confirm") else "",
        "receipt_email": took.get("receipt_email", ""),
        "statement_descriptor": took.get("statement_descriptor", ""),
        "payment_method_types": ",".join(took.get("payment_method_types", ())),
    }
    description = took.get("description", "")[:200]
    payment = AskPayment(
        asked.caller,
        n.ours(took["amount"], took["currency"], "amount"),
        took["currency"],
        "",
        description if description.isprintable() else "",
        url + RETURN,
        0,
        "manual" if took.get("capture_method") == "manual" else "auto",
        took.get("customer", ""),
        metadata if len(metadata) <= verbs.NATIVE_METADATA_MAX else {},
    )
    words = {name: text for name, text in said.items() if text}
    return verbs.AskOpen(payment, Said(asked.account, said=words), verbs.number_of(asked.call))


def _no_return_url() -> ParameterMissing:
    return ParameterMissing(
        "A `return_url` must be specified: people pay at a cashier and come back there.",
        field="return_url",
    )
