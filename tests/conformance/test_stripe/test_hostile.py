"""What must not break the dialect: forms that are no forms, other people's ids, keys used again, floods."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.conformance.test_stripe.test_specification import SESSION
from tests.conformance.test_stripe.world import Side, StripeTown
from tests.patience import PATIENCE_S

CREATE = "/v1/checkout/sessions"
AMOUNT = "line_items[0][price_data][unit_amount]"


class Caller:
    """Raw requests with a shop's key; every answer is worded as Stripe words it."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.client = httpx2.AsyncClient(base_url=side.town.stripe_url, timeout=PATIENCE_S)

    async def __call__(
        self, method: str, path: str, form: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        token = self.side.shop.key if key is None else key
        sent = {"authorization": f"Bearer {token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = form if isinstance(form, bytes) else None
        if content is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded")
        data = None if content is not None else form
        answer = await self.client.request(method, path, data=data, content=content, headers=sent)
        assert answer.headers["request-id"].startswith("req_")
        assert answer.status_code in (200, 303, 400, 401, 403, 404, 429), answer.text
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert error["type"] in ("invalid_request_error", "idempotency_error"), error
            assert error["message"]
        return answer

    async def refused(self, form: Any, code: str, param: str = "", status: int = 400) -> None:
        """Creating a session so is refused, and nothing is written."""
        before = await self.side.town.everything()
        answer = await self("POST", CREATE, form)
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert (error.get("code"), error.get("param", "")) == (code, param), error
        assert await self.side.town.everything() == before


@pytest.fixture(scope="module")
async def call(town: StripeTown) -> AsyncIterator[Caller]:
    call = Caller(await town.new_side())
    yield call
    await call.client.aclose()


INTEGER, INVALID = "parameter_invalid_integer", "parameter_invalid"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({AMOUNT: "1e3"}, INTEGER, AMOUNT),
        ({AMOUNT: "1.0"}, INTEGER, AMOUNT),
        ({AMOUNT: "-1"}, INTEGER, AMOUNT),
        ({AMOUNT: "9" * 1_000}, INTEGER, AMOUNT),
        ({AMOUNT: "٣"}, INTEGER, AMOUNT),
        ({AMOUNT: str(2**53)}, INTEGER, AMOUNT),
        ({AMOUNT: str(2**53 - 1)}, "amount_too_large", "line_items"),
        ({AMOUNT: "0"}, INTEGER, "amount"),
        ({"line_items[0][price_data][currency]": "xyz"}, INVALID, "line_items[0][price_data][currency]"),
        ({"line_items[0][quantity]": "0"}, INTEGER, "line_items[0][quantity]"),
        ({"line_items[x][quantity]": "1"}, INVALID, "line_items"),
        ({"line_items[0][price]": "price_1"}, "parameter_unknown", "line_items[0][price]"),
        ({"mode": "subscription"}, INVALID, "mode"),
        ({"discounts[0][coupon]": "x"}, "parameter_unknown", "discounts"),
        ({"success_url": ""}, "parameter_missing", "success_url"),
        ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
        ({"success_url": "https://a.example/\r\nx"}, "url_invalid", "success_url"),
        ({"expires_at": "1"}, INVALID, "expires_at"),
        ({"metadata[a]": "x" * 501}, INVALID, "metadata[a]"),
        ({"metadata": "x"}, INVALID, "metadata"),
        ({"metadata[a][b]": "x"}, INVALID, "metadata[a][b]"),
        ({"metadata[c][d]": "x"}, INVALID, "metadata[c]"),
        ({"expand[0]": "nothing"}, "property_not_expandable", "expand"),
        ({"expand[0]": "a.b.c.d.e"}, "property_not_expandable", "expand"),
        ({"a[b][c][d][e][f][g][h][i]": "x"}, INVALID, "a[b][c][d][e][f][g][h][i]"),
        ({"automatic_tax[enabled]": "true"}, "parameter_unknown", "automatic_tax[enabled]"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_name(
    call: Caller, changes: dict[str, str], code: str, param: str
) -> None:
    await call.refused({**SESSION, **changes}, code, param)


async def test_a_customer_that_is_not_there_is_missing(call: Caller) -> None:
    nobody = {**SESSION, "customer": "cus_nobody"}
    await call.refused(nobody, "resource_missing", "customer", status=404)


async def test_bodies_that_are_no_forms_are_refused(call: Caller) -> None:
    await call.refused(b"success_url=%ff%fe", INVALID, "success_url")
    await call.refused(b"success_url=\xc3\x28", INVALID, "success_url")
    await call.refused(b"a[b=1", INVALID, "a[b")
    await call.refused(b"a=1&a[b]=2", INVALID, "a[b]")
    await call.refused(b"[[[[", INVALID, "[[[[")
    await call.refused(b"a" + b"[]" * 5000 + b"=1", INVALID, ("a" + "[]" * 40)[:80])
    await call.refused(b"a=%00", INVALID, "a")
    await call.refused(b"&".join(b"metadata[%d]=1" % i for i in range(2001)), INVALID)
    await call.refused(b"x" * 10_000_000, "body_too_large")
    answer = await call("POST", CREATE, b'{"mode":"payment"}', content_type="application/json")
    assert answer.status_code == 400


async def test_a_key_used_again_for_one_byte_less_is_refused(call: Caller) -> None:
    first = await call("POST", CREATE, SESSION, Idempotency_Key="k1")
    same = await call("POST", CREATE, SESSION, Idempotency_Key="k1")
    assert same.content == first.content and same.headers["idempotent-replayed"] == "true"
    assert same.headers["original-request"] == first.headers["request-id"]
    before = await call.side.town.everything()
    other = await call(
        "POST", CREATE, {**SESSION, "client_reference_id": "p"}, Idempotency_Key="k1"
    )
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    long = await call("POST", CREATE, SESSION, Idempotency_Key="k" * 256)
    assert long.status_code == 400
    assert await call.side.town.everything() == before


async def test_two_sessions_of_one_order_are_two(call: Caller) -> None:
    made = [(await call("POST", CREATE, SESSION)).json() for _ in range(2)]
    assert made[0]["id"] != made[1]["id"]
    assert {one["client_reference_id"] for one in made} == {"o"}


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer sk_test_x", "Basic !!", "Basic c2tfeDo=", "Digest x"]
)
async def test_nobody_gets_in_without_a_key(call: Caller, authorization: str) -> None:
    answer = await call("GET", "/v1/balance", authorization=authorization)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_a_key_may_come_by_basic(call: Caller) -> None:
    basic = base64.b64encode(f"{call.side.shop.key}:".encode()).decode()
    answer = await call("GET", "/v1/balance", authorization=f"Basic {basic}")
    assert answer.status_code == 200


async def test_the_version_is_echoed_and_must_be_one(call: Caller) -> None:
    for version in ("2020-08-27", "2025-09-30.clover"):
        answer = await call("GET", "/v1/balance", stripe_version=version)
        assert answer.headers["stripe-version"] == version
    answer = await call("GET", "/v1/balance", stripe_version="yesterday")
    assert answer.status_code == 400
    assert answer.headers["stripe-version"] == "2023-08-16"


async def test_numbers_beyond_any_clock_and_cursors_of_nothing(call: Caller) -> None:
    far = str(2**62)
    for path in (
        f"/v1/events?created[gte]={far}",
        f"/v1/charges?created={far}",
        "/v1/charges?limit=0",
        "/v1/charges?limit=101",
        "/v1/charges?created[in]=1",
        "/v1/refunds?starting_after=re_1&ending_before=re_2",
        "/v1/charges?nothing=1",
    ):
        assert (await call("GET", path)).status_code == 400, path
    for path in (
        "/v1/events?starting_after=evt_1",
        "/v1/charges?ending_before=ch_%27",
        "/v1/balance_transactions?starting_after=txn_" + "0" * 26,
    ):
        assert (await call("GET", path)).status_code == 404, path
    for path in (
        "/v1/balance_transactions?source=%F0%9F%8D%B5",
        "/v1/balance_transactions?source=ch_1",
        "/v1/balance_transactions?type=payout",
        "/v1/events?type=nothing",
        "/v1/events/?",
    ):
        assert (await call("GET", path)).status_code in (200, 404), path


async def test_a_key_acts_for_its_own_account_alone(call: Caller) -> None:
    own = call.side.account["number"]
    assert (await call("GET", "/v1/balance", stripe_account=own)).status_code == 200
    answer = await call("GET", "/v1/balance", stripe_account="acct_1other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "account_invalid")


async def test_addresses_that_are_not_there(call: Caller) -> None:
    for method, path in (("GET", "/v1/nothing"), ("PUT", "/v1/refunds"), ("GET", "/v1/payments")):
        answer = await call(method, path)
        assert answer.status_code == 404
        assert path in answer.json()["error"]["message"]


async def test_anothers_ids_do_not_exist_whatever_is_done_to_them(
    call: Caller, town: StripeTown
) -> None:
    other = await town.new_side()
    lin = await town.person(money=10_000)
    bought = await other.bought(lin)
    hook: Any = {"url": "http://127.0.0.1:1/x", "enabled_events": ["payout.paid"]}
    made = await other.run(other.client.v1.webhook_endpoints.create, hook)
    customer = await other.run(other.client.v1.customers.create, {"name": "An"})
    intent, session = bought.payment_intent, bought.id
    before = await town.everything()
    tail = intent[3:]
    for method, path, form in (
        ("POST", f"{CREATE}/{session}", {"metadata[a]": "b"}),
        ("POST", f"{CREATE}/{session}/expire", {}),
        ("GET", f"{CREATE}/{session}/line_items", None),
        ("POST", f"/v1/payment_intents/{intent}", {"metadata[a]": "b"}),
        ("POST", f"/v1/payment_intents/{intent}/capture", {}),
        ("POST", f"/v1/payment_intents/{intent}/cancel", {}),
        ("POST", f"/v1/payment_intents/{intent}/confirm", {"return_url": "https://a.example"}),
        ("POST", f"/v1/charges/ch_{tail}", {"metadata[a]": "b"}),
        ("POST", "/v1/refunds", {"payment_intent": intent}),
        ("POST", "/v1/refunds", {"charge": f"ch_{tail}"}),
        ("GET", f"/v1/refunds?payment_intent={intent}", None),
        ("GET", f"/v1/charges?payment_intent={intent}", None),
        ("POST", f"/v1/customers/{customer.id}", {"name": "x"}),
        ("DELETE", f"/v1/customers/{customer.id}", None),
        ("POST", f"/v1/webhook_endpoints/{made.id}", {"disabled": "true"}),
        ("DELETE", f"/v1/webhook_endpoints/{made.id}", None),
    ):
        answer = await call(method, path, form)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (404, "resource_missing"), path
    for path in ("payment_intents", "charges", "refunds", "customers", "events"):
        page = await call("GET", f"/v1/{path}?limit=100")
        assert tail not in page.text and customer.id not in page.text
    assert await town.everything() == before


async def test_webhooks_go_nowhere_private_with_a_live_address(tmp_path: Any) -> None:
    town = await StripeTown(tmp_path, allow_private_callbacks=False).start()
    try:
        call = Caller(await town.new_side())
        for url in ("http://shop.example/x", "https://127.0.0.1/x", "https://10.0.0.1/", "x"):
            answer = await call(
                "POST", "/v1/webhook_endpoints", {"url": url, "enabled_events[]": "*"}
            )
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error["param"]) == (
                400,
                "url_invalid",
                "url",
            )
        await call.client.aclose()
    finally:
        await town.stop()


async def test_the_way_back_believes_only_our_cashier(call: Caller, town: StripeTown) -> None:
    lin = await town.person(money=10_000)
    session = await call.side.session()
    payment_id = session.url.rpartition("/")[2].partition("?")[0]
    forged = "/changliao/return?payment_id={}&status=paid&timestamp=1&signature=AAAA"
    answer = await call.client.get(forged.format(payment_id))
    assert answer.status_code == 404
    token = session.url.partition("?t=")[2]
    view = await town.done("GET", f"/v1/cashier/{payment_id}?t={token}")
    left = await call.client.get(view["return_to"])
    assert left.headers["location"] == "https://shop.example/cart"
    paid = await call.side.pays(lin, session.url)
    went = await call.client.get(paid["return_to"])
    assert went.headers["location"] == f"https://shop.example/done?session={session.id}"
    own = await call.side.session(success_url="https://shop.example/谢谢?a=1&b=%20")
    thanks = await call.client.get((await call.side.pays(lin, own.url))["return_to"])
    assert thanks.headers["location"] == "https://shop.example/%E8%B0%A2%E8%B0%A2?a=1&b=%20"
    changed = paid["return_to"].replace("status=paid", "status=open")
    assert (await call.client.get(changed)).status_code == 404
