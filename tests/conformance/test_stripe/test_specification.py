"""Every address that is built answers what Stripe's specification documents: each field, each type."""

import re
from typing import Any

import httpx2
import msgspec
import pytest

from tests.conformance.test_stripe.specification import answer_of, complaints, specification
from tests.conformance.test_stripe.world import Side, StripeTown
from tests.wire.platform import Receiver

ID = re.compile(r"\{\w+\}")
NEWER = {("POST", "/v1/checkout/sessions/{}")}
"""Addresses that are younger than the file."""
ITEM = {
    "line_items[0][price_data][currency]": "cny",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "Tea",
    "line_items[0][quantity]": "2",
}
SESSION = ITEM | {
    "mode": "payment",
    "success_url": "https://shop.example/done",
    "client_reference_id": "o",
    "customer_email": "a@b.example",
    "metadata[a]": "b",
}


class Walk:
    """Calls addresses of the dialect and holds every answer against the specification."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.done: set[tuple[str, str]] = set()
        auth = {"authorization": f"Bearer {side.shop.key}"}
        self.client = httpx2.AsyncClient(base_url=side.town.stripe_url, headers=auth)

    async def __call__(self, method: str, template: str, *ids: str, **form: str) -> Any:
        path = template
        for one in ids:
            path = path.replace("{}", one, 1)
        said = {"data": form} if method == "POST" else {"params": form}
        answer = await self.client.request(method, path, **said)  # type: ignore[arg-type]
        assert answer.status_code == 200, (method, path, answer.text)
        assert answer.headers["request-id"].startswith("req_")
        shown = msgspec.json.decode(answer.content)
        self.done.add((method, template))
        documented = {ID.sub("{}", one): one for one in specification()["paths"]}
        if (method, template) not in NEWER:
            schema = answer_of(method, documented[template])
            assert list(complaints(schema, shown, template)) == []
        return shown


async def bought(walk: Walk, person: Any, **form: str) -> Any:
    session = await walk("POST", "/v1/checkout/sessions", **SESSION, **form)
    await walk.side.pays(person, session["url"])
    return await walk("GET", "/v1/checkout/sessions/{}", session["id"])


async def sessions(walk: Walk, person: Any) -> str:
    """Sessions, and the intents and charges behind them; the newest paid intent."""
    held = await bought(walk, person, **{"payment_intent_data[capture_method]": "manual"})
    await walk("GET", "/v1/payment_intents/{}", held["payment_intent"])
    await walk(
        "POST", "/v1/payment_intents/{}/capture", held["payment_intent"], amount_to_capture="400"
    )
    paid = await bought(walk, person)
    await walk("GET", "/v1/checkout/sessions/{}/line_items", paid["id"])
    await walk("POST", "/v1/checkout/sessions/{}", paid["id"], **{"metadata[c]": "d"})
    unpaid = await walk("POST", "/v1/checkout/sessions", **SESSION, **{"expand[0]": "line_items"})
    await walk("POST", "/v1/checkout/sessions/{}/expire", unpaid["id"])
    listed = {"expand[0]": "data.payment_intent.latest_charge"}
    page = await walk("GET", "/v1/checkout/sessions", **listed)
    assert [one["status"] for one in page["data"]] == ["expired", "complete", "complete"]
    assert page["data"][1]["payment_intent"]["latest_charge"]["captured"] is True
    await walk("GET", "/v1/payment_intents")
    charges = await walk("GET", "/v1/charges")
    await walk("GET", "/v1/charges/{}", charges["data"][0]["id"], **{"expand[0]": "refunds"})
    await walk("POST", "/v1/charges/{}", charges["data"][0]["id"], description="d")
    return str(paid["payment_intent"])


async def intents(walk: Walk) -> None:
    """Intents that no session made."""
    made = await walk("POST", "/v1/payment_intents", amount="100", currency="cny", description="x")
    await walk("POST", "/v1/payment_intents/{}", made["id"], **{"metadata[a]": "b"})
    back = "https://shop.example/back"
    waiting = await walk("POST", "/v1/payment_intents/{}/confirm", made["id"], return_url=back)
    assert waiting["next_action"]["redirect_to_url"]["return_url"] == back
    await walk("POST", "/v1/payment_intents/{}/cancel", made["id"])


async def refunds(walk: Walk, intent: str) -> None:
    """Refunds, by intent and by charge."""
    made = await walk("POST", "/v1/refunds", payment_intent=intent, amount="10", reason="duplicate")
    await walk("GET", "/v1/refunds/{}", made["id"])
    await walk("POST", "/v1/refunds/{}", made["id"], **{"metadata[a]": "b"})
    await walk("GET", "/v1/refunds", payment_intent=intent)
    await walk("GET", "/v1/charges/{}/refunds", made["charge"])
    await walk("GET", "/v1/refunds/{}", made["id"], **{"expand[0]": "charge"})


async def customers(walk: Walk) -> None:
    """A customer's life."""
    made = await walk(
        "POST", "/v1/customers", name="An", email="a@b.example", **{"address[city]": "Xi'an"}
    )
    await walk("POST", "/v1/customers/{}", made["id"], phone="1", **{"shipping[name]": "An"})
    await walk("GET", "/v1/customers/{}", made["id"])
    await walk("GET", "/v1/customers")
    await walk("DELETE", "/v1/customers/{}", made["id"])
    await walk("GET", "/v1/customers/{}", made["id"])


async def endpoints(walk: Walk, receiver: Receiver) -> None:
    """An endpoint's life."""
    every = {"enabled_events[0]": "*"}
    made = await walk("POST", "/v1/webhook_endpoints", url=receiver.url, **every)
    assert made["secret"].startswith("whsec_")
    await walk("POST", "/v1/webhook_endpoints/{}", made["id"], disabled="true", description="d")
    shown = await walk("GET", "/v1/webhook_endpoints/{}", made["id"])
    assert "secret" not in shown and shown["status"] == "disabled"
    await walk("GET", "/v1/webhook_endpoints")
    await walk("DELETE", "/v1/webhook_endpoints/{}", made["id"])


async def the_whole(walk: Walk, receiver: Receiver) -> None:
    """Every address once."""
    person = await walk.side.town.person(money=100_000)
    await refunds(walk, await sessions(walk, person))
    await intents(walk)
    await customers(walk)
    await endpoints(walk, receiver)
    events = await walk("GET", "/v1/events", limit="100")
    for one in events["data"]:
        await walk("GET", "/v1/events/{}", one["id"])
        schema = {"$ref": "/" + one["data"]["object"]["object"]}
        assert list(complaints(schema, one["data"]["object"], one["type"])) == []
    await walk("GET", "/v1/balance")
    moved = await walk("GET", "/v1/balance_transactions", **{"expand[0]": "data.source"})
    assert [one["type"] for one in moved["data"]] == ["refund", "charge", "charge"]
    assert [one["source"]["object"] for one in moved["data"]] == ["refund", "charge", "charge"]
    for one in moved["data"]:
        await walk("GET", "/v1/balance_transactions/{}", one["id"])
    await walk("GET", "/v1/payouts")


async def test_every_address_answers_as_documented(town: StripeTown, receiver: Receiver) -> None:
    specification()
    walk = Walk(await town.new_side())
    async with walk.client:
        await the_whole(walk, receiver)

    routes = town.platform.dialects["stripe"].routes()
    offered = {(one.method, ID.sub("{}", one.path)) for one in routes if "/v1/" in one.path}
    left_out = {
        ("POST", "/v1/payouts"),  # A documented refusal.
        ("GET", "/v1/payouts/{}"),  # There are none.
        ("POST", "/v1/charges/{}/refunds"),  # The older spelling of POST /v1/refunds.
    }
    assert offered - walk.done == left_out


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, True),
        ({"type": "integer"}, "1"),
        ({"type": "string"}, None),
        ({"type": "string", "enum": ["a"]}, "b"),
        ({"type": "object", "required": ["a"]}, {}),
        ({"type": "array", "items": {"type": "string"}}, [1]),
    ],
)
def test_the_walk_complains(schema: Any, value: Any) -> None:
    specification()
    assert list(complaints(schema, value, "x"))
