"""Routes of customers: who a shop says its customers are. They are nobody's wallet."""

from typing import Any

import msgspec

from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show, verbs
from changliao.dialects.api.stripe.door import Asked, Door
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import SECOND_US
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import AskCustomer, Customer, CustomerNotFound
from changliao.wire.call import Answer

ADDRESS = k.Shape({name: k.Text() for name in show.NO_ADDRESS})
CUSTOMER = k.Shape(
    {
        "name": k.Text(100),
        "email": k.Text(512),
        "phone": k.Text(40),
        "description": k.Text(),
        "address": ADDRESS,
        "shipping": k.Shape({"name": k.Text(), "phone": k.Text(40), "address": ADDRESS}),
        "metadata": k.Entries(),
        "preferred_locales": k.Looks(),
        "tax_exempt": k.OneOf(("none",)),
    }
)
LIST = k.Shape({**k.PAGING, "created": k.Moments(), "email": k.Text(512)})
_SCAN_MAX = 1000


def add_routes(door: Door) -> None:
    """Everything under /v1/customers."""

    @door.route("POST", "/v1/customers")
    async def create(asked: Asked) -> Answer:
        took = asked.take(CUSTOMER)
        metadata = took.get("metadata", {})
        said = _said(took) | {"metadata": msgspec.json.encode(metadata).decode()}
        ask = verbs.AskSayOn(
            None, AskCustomer(asked.caller, "", took.get("name", "")), asked.account, said
        )
        return await door.write(asked, verbs.add_customer, ask, show.customer)

    @door.route("GET", "/v1/customers")
    async def found(asked: Asked) -> Answer:
        partners.allows(asked.caller, "payments:read")
        took = asked.take(LIST)

        def cursor(text: str, field: str) -> str:
            return n.own_id("cus", "cus_", text, "customer", field)

        return await door.list(asked, took, cursor, _pages(door, asked, took), show.customer)

    @door.route("GET", "/v1/customers/{id}")
    async def one(asked: Asked, customer_id: str) -> Answer:
        partners.allows(asked.caller, "payments:read")
        return await door.show(asked, lambda reader: of(reader, asked, customer_id), show.customer)

    @door.route("POST", "/v1/customers/{id}")
    async def update(asked: Asked, customer_id: str) -> Answer:
        took = asked.take(CUSTOMER)
        partners.allows(asked.caller, "customers:write")
        customer = await door.ground.db.read(of, asked, customer_id)
        change = verbs.AskMerge(asked.account, customer.id, _said(took), took.get("metadata"))
        ask = verbs.AskCustomerSaid(asked.caller, customer.id, change)
        return await door.write(asked, verbs.change_customer, ask, show.customer)

    @door.route("DELETE", "/v1/customers/{id}")
    async def delete(asked: Asked, customer_id: str) -> Answer:
        asked.take(k.Shape({}))
        partners.allows(asked.caller, "customers:write")
        customer = await door.ground.db.read(of, asked, customer_id)
        change = verbs.AskMerge(asked.account, customer.id, {"deleted": "1"})
        ask = verbs.AskCustomerSaid(asked.caller, customer.id, change)
        return await door.write(asked, verbs.change_customer, ask, show.customer)


def _said(took: dict[str, Any]) -> dict[str, str]:
    said: dict[str, str] = {
        name: took[name] for name in ("name", "email", "phone", "description") if name in took
    }
    for name in ("address", "shipping"):
        if name in took:
            said[name] = msgspec.json.encode(_whole(name, took[name])).decode()
    return said


def _whole(name: str, said: dict[str, Any]) -> dict[str, Any]:
    """An address with every field, or shipping with one in it."""
    if name == "address":
        return show.NO_ADDRESS | {key: text or None for key, text in said.items()}
    return {
        "name": said.get("name"),
        "phone": said.get("phone"),
        "address": _whole("address", said.get("address", {})),
    }


def _pages(door: Door, asked: Asked, took: dict[str, Any]) -> Any:
    start, end = took.get("created", (0, 0))
    email = took.get("email")

    def page(reader: Any, *, before: str, after: str, limit: int) -> list[Customer]:
        place = door.place(reader, asked)
        cut = pay.Cut(_SCAN_MAX, before, after, from_at=start * SECOND_US, until_at=end * SECOND_US)
        rows = []
        for row in pay.customers_page(reader, asked.caller, cut):
            said = place.said(row.id)
            if not said.get("deleted") and (email is None or said.get("email") == email):
                rows.append(row)
        return rows[-limit:] if after else rows[:limit]

    return page


def of(reader: Any, asked: Asked, customer_id: str) -> Customer:
    """One of this shop's customers."""
    try:
        if looks_like("cus", customer_id):
            return pay.customer_of(reader, asked.caller, customer_id)
    except CustomerNotFound:
        pass
    raise n.missing("customer", customer_id, "customer")
