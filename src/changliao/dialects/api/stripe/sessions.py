"""Routes of checkout sessions."""

from typing import Any

import msgspec

from changliao.dialects import service, store
from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show, verbs
from changliao.dialects.api.stripe.door import Asked, Door, answer, listed
from changliao.dialects.api.stripe.refusals import ParameterInvalid
from changliao.dialects.api.stripe.way_back import RETURN
from changliao.dialects.model import Account, Particulars, Said
from changliao.kernel.instant import SECOND_US
from changliao.kernel.money import AMOUNT_MAX
from changliao.ledger.model import AmountTooLarge
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskOnPayment, AskPayment, Payment, PaymentNotFound
from changliao.wire.call import Answer

_SCAN_ROUNDS = 20

PRODUCT = k.Shape(
    {
        "name": k.Text(),
        "description": k.Text(40000),
        "images": k.Many(k.Text(2048), 8),
        "metadata": k.Entries(),
        "tax_code": k.Looks(),
        "unit_label": k.Looks(),
    },
    ("name",),
)
PRICE = k.Shape(
    {
        "currency": k.Currency(),
        "unit_amount": k.Whole(),
        "unit_amount_decimal": k.Text(20),
        "product_data": PRODUCT,
        "tax_behavior": k.Looks(),
    },
    ("currency", "product_data"),
)
ITEM = k.Shape(
    {
        "price_data": PRICE,
        "quantity": k.Whole(1, 999_999),
        "adjustable_quantity": k.Shape({"enabled": k.Flag(only=False)}),
    },
    ("price_data",),
)
INTENT_DATA = k.Shape(
    {
        "capture_method": k.OneOf(("automatic", "automatic_async", "manual")),
        "description": k.Text(1000),
        "metadata": k.Entries(),
        "receipt_email": k.Text(512),
        "statement_descriptor": k.Text(22),
        "statement_descriptor_suffix": k.Looks(),
    }
)
_OFF = k.Shape({"enabled": k.Flag(only=False)})
SESSION = k.Shape(
    {
        "mode": k.OneOf(("payment",)),
        "line_items": k.Many(ITEM),
        "success_url": k.Address(),
        "cancel_url": k.Address(),
        "client_reference_id": k.Text(200),
        "customer": k.Text(100),
        "customer_email": k.Text(512),
        "metadata": k.Entries(),
        "payment_intent_data": INTENT_DATA,
        "expires_at": k.MOMENT,
        "currency": k.Currency(),
        "locale": k.Text(20),
        "submit_type": k.OneOf(("auto", "book", "donate", "pay")),
        "payment_method_types": k.Many(k.Text(40)),
        "payment_method_options": k.Looks(),
        "payment_method_collection": k.Looks(),
        "billing_address_collection": k.OneOf(("auto",)),
        "customer_creation": k.OneOf(("if_required",)),
        "customer_update": k.Looks(),
        "ui_mode": k.OneOf(("hosted", "hosted_page")),
        "automatic_tax": _OFF,
        "adaptive_pricing": _OFF,
        "invoice_creation": _OFF,
        "phone_number_collection": _OFF,
        "tax_id_collection": _OFF,
        "allow_promotion_codes": k.Flag(only=False),
    },
    ("success_url", "line_items"),
)
"""What a session may be asked with. What only changes how a page of theirs looks is taken and not
heeded; what would change what is paid (discounts, taxes, shipping, subscriptions) is unknown here."""

LIST = k.Shape(
    {
        **k.PAGING,
        "payment_intent": k.Text(100),
        "customer": k.Text(100),
        "status": k.OneOf(("open", "complete", "expired")),
        "created": k.Moments(),
    }
)


def add_routes(door: Door, url: str) -> None:
    """Everything under /v1/checkout/sessions."""

    @door.route("POST", "/v1/checkout/sessions")
    async def create(asked: Asked) -> Answer:
        took = asked.take(SESSION)
        return await door.write(asked, verbs.open_payment, ask_of(asked, took, url), show.session)

    @door.route("GET", "/v1/checkout/sessions")
    async def found(asked: Asked) -> Answer:
        partners.allows(asked.caller, "payments:read")
        took = asked.take(LIST)

        def page(reader: Any, *, before: str, after: str, limit: int) -> list[Payment]:
            return _sessions(reader, asked, took, (before, after), limit)

        def cursor(text: str, field: str) -> str:
            return own(asked, text, field)

        return await door.list(asked, took, cursor, page, show.session)

    @door.route("GET", "/v1/checkout/sessions/{id}")
    async def one(asked: Asked, session_id: str) -> Answer:
        partners.allows(asked.caller, "payments:read")
        return await door.show(asked, lambda reader: of(reader, asked, session_id), show.session)

    @door.route("GET", "/v1/checkout/sessions/{id}/line_items")
    async def items(asked: Asked, session_id: str) -> Answer:
        partners.allows(asked.caller, "payments:read")
        took = asked.take(k.Shape(k.PAGING))

        def read(reader: Any) -> list[Any]:
            return show.line_items(door.place(reader, asked), of(reader, asked, session_id))

        rows = await door.ground.db.read(read)
        limit, cursor = took.get("limit", 10), took.get("starting_after", "")
        start = next((i + 1 for i, row in enumerate(rows) if row["id"] == cursor), 0)
        cut = rows[start : start + limit]
        return answer(listed(asked.call.path, cut, more=len(rows) > start + limit))

    @door.route("POST", "/v1/checkout/sessions/{id}")
    async def update(asked: Asked, session_id: str) -> Answer:
        took = asked.take(k.Shape({"metadata": k.Entries()}))
        payment = await door.ground.db.read(of, asked, session_id)
        change = verbs.AskMerge(asked.account, payment.id, {}, took.get("metadata"))
        ask = verbs.AskOnPaymentSaid(asked.caller, payment.id, change)
        return await door.write(asked, verbs.change_payment, ask, show.session)

    @door.route("POST", "/v1/checkout/sessions/{id}/expire")
    async def expire(asked: Asked, session_id: str) -> Answer:
        asked.take(k.Shape({}))
        payment = await door.ground.db.read(of, asked, session_id)
        on = AskOnPayment(asked.caller, payment.id)
        return await door.write(asked, pay.cancel_payment, on, show.session)


def own(asked: Asked, session_id: str, field: str) -> str:
    """Our payment's id of a session's; another mode's session is none."""
    prefix = f"cs_{asked.caller.mode}_"
    return n.own_id("pay", prefix, session_id, "checkout.session", field)


def of(reader: Any, asked: Asked, session_id: str) -> Payment:
    """The payment of a session of this shop."""
    payment_id = own(asked, session_id, "session")
    said = service.particulars(reader, payment_id)
    if said is None or not _is_ours(said, asked.account):
        raise n.missing("checkout.session", session_id, "session")
    try:
        return pay.payment_of(reader, asked.caller, payment_id)
    except PaymentNotFound:
        raise n.missing("checkout.session", session_id, "session") from None


def _is_ours(said: Particulars, account: Account) -> bool:
    return said.account_id == account.id and said.said.get("object") == "session"


def _sessions(
    reader: Any, asked: Asked, took: dict[str, Any], cuts: tuple[str, str], limit: int
) -> list[Payment]:
    """A page of sessions, newest first, found among all that the account said of payments."""
    before, after = cuts
    found: list[Payment] = []
    between = (after or "pay_", before or "pay_~")
    if "payment_intent" in took:
        one = n.own_id("pay", "pi_", took["payment_intent"], "payment_intent", "payment_intent")
        between = (one[:-1], one + "0")
    for _ in range(_SCAN_ROUNDS):
        rows = store.said_by(
            reader, asked.account.id, between, newest_first=not after, limit=limit * 2
        )
        for row in rows:
            payment = pay.payment_of(reader, asked.caller, row.about)
            if _is_ours(row, asked.account) and _wanted(payment, took):
                found.append(payment)
        if len(rows) < limit * 2 or len(found) >= limit:
            break
        last = rows[-1].about
        between = (last, between[1]) if after else (between[0], last)
    return found[:limit][::-1] if after else found[:limit]


def _wanted(payment: Payment, took: dict[str, Any]) -> bool:
    start, end = took.get("created", (0, 0))
    made = n.seconds(payment.created_at)
    intent = took.get("payment_intent")
    return (
        ("customer" not in took or took["customer"] == payment.customer_id)
        and ("status" not in took or took["status"] == n.session_states(payment)[0])
        and (intent is None or intent == n.intent_id(payment.id))
        and made >= start
        and (not end or made < end)
    )


def ask_of(asked: Asked, took: dict[str, Any], url: str) -> verbs.AskOpen:
    """A session as our ask: the sum of its items, and what pay does not know of beside it."""
    items, currency, amount = _summed(took)
    needs_https(asked, took)
    intent = took.get("payment_intent_data", {})
    metadata = intent.get("metadata", {})
    said = {
        "object": "session",
        "line_items": msgspec.json.encode(items).decode(),
        "metadata": msgspec.json.encode(took.get("metadata", {})).decode(),
        "intent_metadata": msgspec.json.encode(metadata).decode(),
        "intent_description": intent.get("description", ""),
        "receipt_email": intent.get("receipt_email", ""),
        "statement_descriptor": intent.get("statement_descriptor", ""),
        "payment_method_types": ",".join(took.get("payment_method_types", ())),
    }
    kept = ("success_url", "cancel_url", "client_reference_id", "customer_email", "locale")
    said |= {name: took.get(name, "") for name in (*kept, "submit_type")}
    reference = took.get("client_reference_id", "")
    usable = len(reference) <= 70 and reference.isprintable()
    payment = AskPayment(
        asked.caller,
        amount,
        currency,
        reference if usable else "",
        items[0]["name"][:200] if items[0]["name"].isprintable() else "",
        url + RETURN,
        took.get("expires_at", 0) * SECOND_US,
        "manual" if intent.get("capture_method") == "manual" else "auto",
        took.get("customer", ""),
        metadata if len(metadata) <= verbs.NATIVE_METADATA_MAX else {},
    )
    words = {name: text for name, text in said.items() if text}
    return verbs.AskOpen(payment, Said(asked.account, said=words), verbs.number_of(asked.call))


def needs_https(asked: Asked, took: dict[str, Any]) -> None:
    """Refuse to send people who paid real money to a page that anybody on the way can change."""
    for name in ("success_url", "cancel_url", "return_url"):
        if asked.caller.mode == "live" and took.get(name, "https:").lower().startswith("http:"):
            raise ParameterInvalid(
                "Livemode requests must always be redirected via HTTPS.",
                field=name,
                code_there="url_invalid",
            )


def _summed(took: dict[str, Any]) -> tuple[list[dict[str, Any]], str, int]:
    """Items as they are kept, their one currency, and their sum as we count it."""
    items, total = [], 0
    currency = took["line_items"][0]["price_data"]["currency"]
    for number, item in enumerate(took["line_items"]):
        price, path = item["price_data"], f"line_items[{number}][price_data]"
        if price["currency"] != currency or took.get("currency", currency) != currency:
            raise ParameterInvalid(
                "All line items must have the same currency.", field=f"{path}[currency]"
            )
        unit = _unit_amount(price, path)
        quantity = item.get("quantity", 1)
        total += unit * quantity
        name = price["product_data"]["name"]
        items.append({"name": name, "unit_amount": unit, "quantity": quantity})
    if total > AMOUNT_MAX:
        raise AmountTooLarge(field="line_items")
    return items, currency, n.ours(total, currency, "line_items")


def _unit_amount(price: dict[str, Any], path: str) -> int:
    if "unit_amount" in price:
        return int(price["unit_amount"])
    whole, _, rest = price.get("unit_amount_decimal", "").partition(".")
    if not whole or rest.strip("0"):
        raise ParameterInvalid(
            "Send unit_amount: a whole number of the smallest unit.", field=f"{path}[unit_amount]"
        )
    return k.Whole().take(whole, f"{path}[unit_amount_decimal]")
