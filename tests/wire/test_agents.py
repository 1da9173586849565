"""A service provider's key acts for an app that lets it, by one header, on every payment route."""

import secrets
from typing import Any

import pytest

from tests.wire.platform import Answer, Shop, Someone, Town, filled

ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "", None),
    ("GET", "/history", None),
    ("POST", "/refunds", {"amount": 100}),
    ("GET", "/refunds", None),
    ("GET", "/splits", None),
)


class Provider:
    """A provider, a seller it may act for, and a buyer."""

    def __init__(self, town: Town, provider: Shop, seller: Shop, lin: Someone) -> None:
        self.town, self.provider, self.seller, self.lin = town, provider, seller, lin
        self.agents = f"/v1/apps/{seller.app_id}/agents/{provider.app_id}"

    async def let(self, method: str = "PUT") -> None:
        answer = await self.town.call(method, self.agents, token=self.seller.owner.token)
        assert answer.is_success

    async def act(self, method: str, path: str, body: Any = None, **said: Any) -> Answer:
        headers = {"changliao-on-behalf-of": self.seller.app_id}
        token = said.pop("token", self.provider.key)
        return await self.town.call(method, path, body, token=token, headers=headers, **said)

    async def ask(self, **said: Any) -> Answer:
        body = {"amount": 1000, "currency": "CNY", "reference": secrets.token_hex(8)} | said
        return await self.act("POST", "/v1/payments", body)


@pytest.fixture
async def provider(town: Town) -> Provider:
    lin = await town.person(money=10_000)
    return Provider(town, await town.shop(), await town.shop(), lin)


async def test_it_asks_reads_refunds_and_splits_and_the_money_is_the_sellers(
    provider: Provider,
) -> None:
    town, seller = provider.town, provider.seller
    await provider.let()

    made = (await provider.ask()).json()
    assert (await town.pay(provider.lin, made)).status_code == 200
    path = f"/v1/payments/{made['id']}"
    for method, tail, body in ROUTES:
        assert (await provider.act(method, path + tail, body)).is_success, tail
    receivers = [{"kind": "app", "id": provider.provider.app_id, "amount": 40}]
    body = {"reference": "fee", "receivers": receivers}
    assert (await provider.act("POST", f"{path}/splits", body)).status_code == 201

    balances = await town.done("GET", "/v1/balances", token=seller.key)
    assert balances["items"][0]["balance"] == 860
    fee = await town.done("GET", "/v1/balances", token=provider.provider.key)
    assert fee["items"][0]["balance"] == 40
    own = await town.done("GET", path, token=seller.key)
    assert (own["refunded_amount"], own["split_amount"]) == (100, 40)
    events = await town.done("GET", "/v1/events", token=provider.provider.key)
    assert [one["kind"] for one in events["items"]] == ["app.agent_granted", "split.received"]


async def test_who_was_not_let_or_no_longer_is_finds_no_such_app(provider: Provider) -> None:
    async def refused() -> None:
        before = await provider.town.books()
        answer = await provider.ask()
        assert (answer.status_code, answer.json()["code"]) == (404, "app_not_found")
        assert await provider.town.books() == before

    await refused()
    await provider.let()
    assert (await provider.ask()).status_code == 201
    await provider.let("DELETE")
    await refused()


async def test_what_an_agent_may_not_is_refused_and_a_session_cannot_be_one(
    provider: Provider,
) -> None:
    town = provider.town
    await provider.let()
    for path in ("/v1/balances", "/v1/statements", "/v1/webhook_endpoints"):
        answer = await provider.act("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_forbids")
    keys = f"/v1/apps/{provider.provider.app_id}/keys"
    reader = await town.done(
        "POST", keys, {"scopes": ["payments:read"]}, token=provider.provider.owner.token
    )
    body = {"amount": 1, "currency": "CNY", "reference": "r"}
    answer = await provider.act("POST", "/v1/payments", body, token=reader["key"])
    assert answer.json()["code"] == "scope_forbids"
    headers = {
        "changliao-app": provider.provider.app_id,
        "changliao-on-behalf-of": provider.seller.app_id,
    }
    token = provider.provider.owner.token
    answer = await town.call("GET", "/v1/payments", token=token, headers=headers)
    assert answer.json()["code"] == "app_not_found"


async def test_an_agents_keys_of_requests_are_not_those_of_the_app(provider: Provider) -> None:
    town, seller = provider.town, provider.seller
    await provider.let()
    wish = {"amount": 1000, "currency": "CNY", "reference": "the-agents"}
    first = await provider.act("POST", "/v1/payments", wish, key="k-1")
    own = await town.call(
        "POST", "/v1/payments", wish | {"reference": "own"}, token=seller.key, key="k-1"
    )
    assert (first.status_code, own.status_code) == (201, 201)
    assert first.json()["id"] != own.json()["id"]


async def test_what_an_agent_did_is_seen_by_the_members_of_the_app_alone_and_stays(
    provider: Provider,
) -> None:
    town, seller, market = provider.town, provider.seller, provider.provider
    await provider.let()
    made = (await provider.ask()).json()
    assert (await town.pay(provider.lin, made)).status_code == 200
    path = f"/v1/payments/{made['id']}"
    await provider.act("POST", f"{path}/refunds", {"amount": 100})
    await town.done("POST", f"{path}/refunds", {"amount": 5}, token=seller.key)
    receivers = [{"kind": "app", "id": market.app_id, "amount": 40}]
    body = {"reference": "fee", "receivers": receivers, "finish": True}
    assert (await provider.act("POST", f"{path}/splits", body)).is_success
    assert (await provider.act("POST", f"{path}/refunds", {"amount": 9999})).status_code == 409
    unpaid = (await provider.ask(amount=7)).json()
    tail = f"/v1/payments/{unpaid['id']}/cancellation"
    assert (await provider.act("POST", tail, {})).is_success
    await provider.let("DELETE")

    acts = f"{provider.agents}/acts"
    asked: Any = {"token": seller.owner.token}
    found = (await town.done("GET", f"{acts}?limit=3", **asked))["items"]
    more = await town.done("GET", f"{acts}?after={found[-1]['id'][4:]}&limit=100", **asked)
    assert [(one["kind"], one["amount"]) for one in found + more["items"]] == [
        ("payment.canceled", 7),
        ("payment.created", 7),
        ("split.finished", 0),
        ("split.created", 40),
        ("refund.requested", 100),
        ("payment.created", 1000),
    ]
    assert {one["payment_id"] for one in more["items"]} == {made["id"]}
    assert (await town.done("GET", f"{acts}?mode=live", **asked))["items"] == []
    for token in (market.owner.token, provider.lin.token):
        answer = await town.call("GET", acts, token=token)
        assert (answer.status_code, answer.json()["code"]) == (404, "app_not_found")
    stranger = f"/v1/apps/{seller.app_id}/agents/{seller.app_id}/acts"
    assert (await town.call("GET", stranger, **asked)).json()["code"] == "agent_not_found"
    events = await town.done("GET", "/v1/events?limit=100", token=seller.key)
    assert "app.agent_acted" not in {one["kind"] for one in events["items"]}
    assert await town.wrong() == []


async def test_who_may_no_longer_act_is_listed_apart(provider: Provider) -> None:
    town, seller, market = provider.town, provider.seller, provider.provider
    agents = f"/v1/apps/{seller.app_id}/agents"
    asked: Any = {"token": seller.owner.token}
    await provider.let()
    [granted] = (await town.done("GET", agents, **asked))["items"]
    assert (granted["agent_name"], granted["state"]) == ("Shop", "granted")
    assert (await town.done("GET", f"{agents}?state=revoked", **asked))["items"] == []
    await provider.let("DELETE")

    assert (await town.done("GET", agents, **asked))["items"] == []
    [revoked] = (await town.done("GET", f"{agents}?state=revoked", **asked))["items"]
    assert (revoked["agent_app_id"], revoked["state"]) == (market.app_id, "revoked")
    assert (await town.call("GET", f"{agents}?state=x", **asked)).status_code == 400


async def test_a_combination_is_gone_for_an_agent_that_was_stopped_even_by_a_kept_answer(
    provider: Provider,
) -> None:
    town, seller, market = provider.town, provider.seller, provider.provider
    await provider.let()
    parts = [
        {"amount": 300, "currency": "CNY", "reference": "mine"},
        {"amount": 200, "currency": "CNY", "reference": "theirs", "app_id": seller.app_id},
    ]
    wish = {"reference": "both", "payments": parts}
    at = "/v1/combined_payments"
    made = await town.done("POST", at, wish, token=market.key, key="combine-1")
    path = f"{at}/{made['id']}"
    again = await town.done("POST", at, wish, token=market.key, key="combine-1")
    assert again == made == await town.done("GET", path, token=market.key)
    await provider.let("DELETE")

    for method, where, body, key in (
        ("GET", path, None, None),
        ("POST", at, wish, "combine-1"),
        ("POST", f"{path}/cancellation", {}, "cancel-1"),
    ):
        answer = await town.call(method, where, body, token=market.key, key=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "combined_payment_not_found")
    found = await town.done("GET", f"{at}?reference=both", token=market.key)
    assert found["items"] == []
    assert (await town.call("POST", at, wish, token=market.key)).json()["code"] == "app_not_found"


OPEN_TO_AGENTS = ("payments", "refunds", "splits", "split_returns", "combined_payments")


async def test_nothing_but_payments_is_open_to_an_agent(provider: Provider) -> None:
    """Not by any route: not transfers to persons, events, bills, or mandates that it could charge."""
    await provider.let()
    routes = [route for route in provider.town.http.routes if route.guard is not None]
    refused = set()
    for route in routes:
        if route.guard.scheme != "app":
            continue
        answer = await provider.act(route.method, filled(route), {} if route.body else None)
        told = {} if answer.is_success else answer.json()
        if told.get("field") == "Changliao-On-Behalf-Of":
            assert (answer.status_code, told["code"]) == (403, "scope_forbids")
            refused.add(route.path)
        else:
            assert route.path.split("/")[2] in OPEN_TO_AGENTS, route.path
    assert not [path for path in refused if path.split("/")[2] in OPEN_TO_AGENTS]
    assert {"/v1/transfers", "/v1/events", "/v1/app_mandates", "/v1/bills/trades"} <= refused


async def test_an_agent_neither_reads_nor_takes_an_apps_key_for_a_transfer(
    provider: Provider,
) -> None:
    """A transfer that an agent asks for is refused before the app's Idempotency-Keys are looked at."""
    town, seller = provider.town, provider.seller
    await provider.let()
    await town.paid(provider.lin, seller)
    body = {"amount": 5, "currency": "CNY", "reference": "t-1", "person": provider.lin.handle}
    first = await provider.act("POST", "/v1/transfers", body, key="k-9")
    own = await town.call("POST", "/v1/transfers", body, token=seller.key, key="k-9")
    again = await provider.act("POST", "/v1/transfers", body, key="k-9")
    assert [first.status_code, own.status_code, again.status_code] == [403, 201, 403]
