"""What those who came in may do: roles and scopes on every route, rates, rotated keys, modes."""

from pathlib import Path
from typing import Any

from changliao.partners.model import SCOPES
from changliao.partners.rules import ROLE_SCOPES
from changliao.wire.routes import Route
from changliao.wire.rsa import new_pair
from tests.wire.platform import Town, filled

NEEDS: dict[tuple[str, str], str] = {
    ("POST", "/v1/payments"): "payments:write",
    ("GET", "/v1/payments"): "payments:read",
    ("GET", "/v1/payments/{id}"): "payments:read",
    ("POST", "/v1/payments/{id}/cancellation"): "payments:write",
    ("POST", "/v1/payments/{id}/captures"): "payments:write",
    ("POST", "/v1/payments/{id}/void"): "payments:write",
    ("POST", "/v1/payments/{id}/refunds"): "refunds:write",
    ("GET", "/v1/payments/{id}/refunds"): "payments:read",
    ("GET", "/v1/payments/{id}/history"): "payments:read",
    ("GET", "/v1/refunds/{id}"): "payments:read",
    ("POST", "/v1/refunds/{id}/tries"): "refunds:write",
    ("POST", "/v1/payments/{id}/splits"): "refunds:write",
    ("POST", "/v1/payments/{id}/split_end"): "refunds:write",
    ("GET", "/v1/payments/{id}/splits"): "payments:read",
    ("GET", "/v1/splits"): "payments:read",
    ("GET", "/v1/splits/{id}"): "payments:read",
    ("POST", "/v1/splits/{id}/returns"): "refunds:write",
    ("GET", "/v1/splits/{id}/returns"): "payments:read",
    ("GET", "/v1/split_returns"): "payments:read",
    ("GET", "/v1/split_returns/{id}"): "payments:read",
    ("POST", "/v1/combined_payments"): "payments:write",
    ("GET", "/v1/combined_payments"): "payments:read",
    ("GET", "/v1/combined_payments/{id}"): "payments:read",
    ("POST", "/v1/combined_payments/{id}/cancellation"): "payments:write",
    ("GET", "/v1/methods"): "payments:read",
    ("POST", "/v1/methods"): "methods:write",
    ("POST", "/v1/methods/{id}/suspension"): "methods:write",
    ("DELETE", "/v1/methods/{id}/suspension"): "methods:write",
    ("POST", "/v1/customers"): "customers:write",
    ("GET", "/v1/customers/{id}"): "payments:read",
    ("POST", "/v1/launch_tokens"): "customers:write",
    ("GET", "/v1/balances"): "balances:read",
    ("GET", "/v1/statements"): "balances:read",
    ("GET", "/v1/statements/{id}"): "balances:read",
    ("GET", "/v1/bills/trades"): "payments:read",
    ("GET", "/v1/bills/funds"): "balances:read",
    ("POST", "/v1/transfers"): "transfers:write",
    ("GET", "/v1/transfers"): "payments:read",
    ("GET", "/v1/transfers/{id}"): "payments:read",
    ("POST", "/v1/transfers/{id}/cancellation"): "transfers:write",
    ("GET", "/v1/app_mandates"): "payments:read",
    ("GET", "/v1/events"): "payments:read",
    ("POST", "/v1/webhook_endpoints"): "webhooks:write",
    ("GET", "/v1/webhook_endpoints"): "webhooks:read",
    ("GET", "/v1/webhook_endpoints/{id}"): "webhooks:read",
    ("DELETE", "/v1/webhook_endpoints/{id}"): "webhooks:write",
    ("POST", "/v1/webhook_endpoints/{id}/secret"): "webhooks:write",
    ("POST", "/v1/webhook_endpoints/{id}/test"): "webhooks:write",
    ("GET", "/v1/webhook_endpoints/{id}/tries"): "webhooks:read",
    ("GET", "/v1/deliveries"): "webhooks:read",
    ("POST", "/v1/deliveries/{id}/tries"): "webhooks:write",
    ("POST", "/v1/bots"): "chat:write",
    ("GET", "/v1/bots"): "chat:read",
    ("GET", "/v1/bots/{id}"): "chat:read",
    ("PATCH", "/v1/bots/{id}"): "chat:write",
    ("DELETE", "/v1/bots/{id}"): "chat:write",
    ("PUT", "/v1/bots/{id}/commands"): "chat:write",
    ("PUT", "/v1/bots/{id}/gate"): "chat:write",
    ("DELETE", "/v1/bots/{id}/gate"): "chat:write",
    ("GET", "/v1/bots/{id}/conversations"): "chat:read",
    ("GET", "/v1/bots/{id}/conversations/{conversation_id}/messages"): "chat:read",
    ("POST", "/v1/bots/{id}/conversations/{conversation_id}/messages"): "chat:write",
    ("DELETE", "/v1/bots/{id}/conversations/{conversation_id}/messages/{number}"): "chat:write",
    ("POST", "/v1/dialects"): "webhooks:write",
    ("GET", "/v1/dialects"): "webhooks:read",
    ("PUT", "/v1/dialects/{id}/public_key"): "webhooks:write",
    ("PUT", "/v1/dialects/{id}/settings"): "webhooks:write",
    ("DELETE", "/v1/dialects/{id}"): "webhooks:write",
    ("POST", "/v1/dialects/{id}/checks"): "webhooks:read",
    ("GET", "/v1/dialects/{id}/notices"): "webhooks:read",
    ("POST", "/v1/accounts"): "accounts:write",
    ("GET", "/v1/accounts"): "accounts:read",
    ("GET", "/v1/accounts/{id}/settings"): "accounts:read",
    ("PATCH", "/v1/accounts/{id}/settings"): "accounts:write",
    ("PUT", "/v1/accounts/{id}/menu"): "accounts:write",
    ("PUT", "/v1/accounts/{id}/replies"): "accounts:write",
    ("GET", "/v1/accounts/{id}/followers"): "accounts:read",
    ("GET", "/v1/accounts/{id}/followers/{person_id}"): "accounts:read",
    ("POST", "/v1/accounts/{id}/tags"): "accounts:write",
    ("GET", "/v1/accounts/{id}/tags"): "accounts:read",
    ("PUT", "/v1/accounts/{id}/tags/{number}"): "accounts:write",
    ("DELETE", "/v1/accounts/{id}/tags/{number}"): "accounts:write",
    ("PATCH", "/v1/accounts/{id}/tags/{number}/followers"): "accounts:write",
    ("GET", "/v1/accounts/{id}/tags/{number}/followers"): "accounts:read",
    ("POST", "/v1/accounts/{id}/posts"): "accounts:write",
    ("GET", "/v1/accounts/{id}/posts"): "accounts:read",
    ("DELETE", "/v1/accounts/{id}/posts/{number}"): "accounts:write",
    ("POST", "/v1/accounts/{id}/manuscripts"): "accounts:write",
    ("GET", "/v1/accounts/{id}/manuscripts"): "accounts:read",
    ("GET", "/v1/manuscripts/{id}"): "accounts:read",
    ("PUT", "/v1/manuscripts/{id}"): "accounts:write",
    ("DELETE", "/v1/manuscripts/{id}"): "accounts:write",
    ("PUT", "/v1/manuscripts/{id}/publication"): "accounts:write",
    ("DELETE", "/v1/manuscripts/{id}/publication"): "accounts:write",
    ("GET", "/v1/manuscripts/{id}/statistics"): "accounts:read",
    ("POST", "/v1/accounts/{id}/messages"): "accounts:write",
    ("GET", "/v1/accounts/{id}/talks"): "accounts:read",
    ("GET", "/v1/accounts/{id}/talks/{person_id}/messages"): "accounts:read",
    ("PUT", "/v1/accounts/{id}/talks/{person_id}/takeover"): "accounts:write",
    ("DELETE", "/v1/accounts/{id}/talks/{person_id}/takeover"): "accounts:write",
    ("POST", "/v1/accounts/{id}/templates"): "accounts:write",
    ("GET", "/v1/accounts/{id}/templates"): "accounts:read",
    ("DELETE", "/v1/accounts/{id}/templates/{template_id}"): "accounts:write",
}
SENT: dict[str, dict[str, Any]] = {
    "PaymentBody": {"amount": 1, "currency": "CNY", "reference": "scope"},
    "TransferBody": {"amount": 1, "currency": "CNY", "reference": "t", "person": "nobody"},
    "MethodBody": {"method": "credit_card", "channel": "web"},
    "CustomerBody": {"reference": "c"},
    "LaunchCodeBody": {"code": "c"},
    "EndpointBody": {"url": "http://127.0.0.1:9/"},
    "SplitBody": {"reference": "s", "receivers": [{"kind": "app", "id": "app_x", "amount": 1}]},
    "SplitEndBody": {"reference": "s"},
    "SplitReturnBody": {"reference": "s", "line_id": "spr_x"},
    "CombinedBody": {"reference": "c", "payments": []},
    "ReasonBody": {"reason": "r"},
    "DialectBody": {"dialect": "alipay"},
    "PublicKeyBody": {"public_key": new_pair()[1]},
    "SettingsBody": {"settings": {}},
    "BotBody": {"handle": "a_bot", "name": "n"},
    "CommandsBody": {"items": []},
    "BotGateBody": {"url": "http://127.0.0.1:9/"},
    "SayingBody": {"text": "t"},
    "RegisterAccountBody": {"handle": "", "name": "n"},
    "MenuBody": {"buttons": []},
    "RulesBody": {"rules": []},
    "AccountPostBody": {"k": "text", "b": {"text": "x"}},
    "AccountMessageBody": {"person": "opn_x", "k": "text", "b": {"text": "x"}},
    "TemplateTextBody": {"title": "x", "text": "x"},
    "TagBody": {"name": "x"},
    "ManuscriptBody": {"title": "x", "blocks": []},
}


def wanted(route: Route) -> tuple[str, dict[str, Any] | None]:
    """A path and body for a route; the id is a method's name, or nobody's."""
    ids = {"id": "wallet.web"} if route.path.startswith("/v1/methods") else {}
    return filled(route, **ids), SENT.get(route.body.__name__, {}) if route.body else None


async def test_a_key_may_do_what_its_scopes_say_and_nothing_else(town: Town) -> None:
    shop = await town.shop()
    keys = {}
    for scope in SCOPES:
        path = f"/v1/apps/{shop.app_id}/keys"
        made = await town.done("POST", path, {"scopes": [scope]}, token=shop.owner.token)
        keys[scope] = made["key"]
    for route in town.http.routes:
        if route.guard is None or route.guard.scheme != "app":
            continue
        needed = NEEDS[route.method, route.path]
        path, body = wanted(route)
        for scope, key in keys.items():
            answer = await town.call(route.method, path, body, token=key)
            forbidden = not answer.is_success and answer.json()["code"] == "scope_forbids"
            assert forbidden == (scope != needed), (route.method, path, scope, answer.text)


async def test_a_member_may_do_what_the_role_says_and_nothing_else(town: Town) -> None:
    shop = await town.shop()
    for role in ("owner", "developer", "finance", "viewer"):
        member = await town.person()
        path = f"/v1/partners/{shop.partner_id}/members"
        body = {"handle": member.handle, "role": role}
        await town.done("POST", path, body, token=shop.owner.token)
        app = {"changliao-app": shop.app_id, "changliao-mode": "test"}
        for route in town.http.routes:
            if route.guard is None or route.guard.scheme != "app":
                continue
            path, sent = wanted(route)
            answer = await town.call(route.method, path, sent, token=member.token, headers=app)
            forbidden = not answer.is_success and answer.json()["code"] == "role_forbids"
            may = NEEDS[route.method, route.path] in ROLE_SCOPES[role]
            assert forbidden != may, (route.method, path, role, answer.text)


async def test_only_owners_care_for_members_and_owners_and_developers_for_keys(
    town: Town,
) -> None:
    shop, friend = await town.shop(), await town.person()
    members = f"/v1/partners/{shop.partner_id}/members"
    app, key = f"/v1/apps/{shop.app_id}/keys", f"/v1/apps/{shop.app_id}/keys/{shop.key_id}"
    attempts: tuple[tuple[str, str, Any, tuple[str, ...]], ...] = (
        ("POST", members, {"handle": friend.handle, "role": "owner"}, ()),
        ("DELETE", f"{members}/{shop.owner.id}", None, ()),
        ("POST", f"/v1/partners/{shop.partner_id}/apps", {"name": "n"}, ("developer",)),
        ("POST", app, {}, ("developer",)),
        ("POST", f"{key}/rate", {"per_s": 50, "burst": 50}, ("developer",)),
    )
    for role in ("developer", "finance", "viewer"):
        member = await town.person()
        body = {"handle": member.handle, "role": role}
        await town.done("POST", members, body, token=shop.owner.token)
        for method, path, sent, allowed in attempts:
            answer = await town.call(method, path, sent, token=member.token)
            assert (answer.status_code < 400) == (role in allowed), (role, path, answer.text)
    found = await town.done("GET", members, token=shop.owner.token)
    owners = [one["person_id"] for one in found["items"] if one["role"] == "owner"]
    assert owners == [shop.owner.id]


async def test_a_member_who_was_removed_is_a_stranger_at_once(town: Town) -> None:
    shop, lin = await town.shop(), await town.person()
    members = f"/v1/partners/{shop.partner_id}/members"
    body = {"handle": lin.handle, "role": "developer"}
    await town.done("POST", members, body, token=shop.owner.token)
    app = {"changliao-app": shop.app_id}
    assert (await town.call("GET", "/v1/payments", token=lin.token, headers=app)).is_success

    await town.done("DELETE", f"{members}/{lin.id}", token=shop.owner.token)

    answer = await town.call("GET", "/v1/payments", token=lin.token, headers=app)
    assert (answer.status_code, answer.json()["code"]) == (404, "app_not_found")


# Rates, keys, modes -------------------------------------------------------------------------


async def test_a_key_that_calls_too_often_is_told_when_to_come_back(town: Town) -> None:
    shop = await town.shop()
    path = f"/v1/apps/{shop.app_id}/keys"
    body = {"per_s": 1, "burst": 3}
    key = (await town.done("POST", path, body, token=shop.owner.token))["key"]

    answers = [await town.call("GET", "/v1/balances", token=key) for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "rate_limited"
    assert answers[3].headers["retry-after"] == "1"
    assert (await town.call("GET", "/v1/balances", token=shop.key)).status_code == 200


async def test_a_rotated_key_lives_on_beside_the_new_one_until_its_grace_is_over(
    town: Town,
) -> None:
    shop = await town.shop()
    path = f"/v1/apps/{shop.app_id}/keys/{shop.key_id}/rotation"
    fresh = await town.done("POST", path, {"grace_s": 60}, token=shop.owner.token)
    old, new = shop.key, fresh["key"]
    both = [(await town.call("GET", "/v1/balances", token=key)).status_code for key in (old, new)]
    again = await town.call("POST", path, {}, token=shop.owner.token)

    town.clock.forward(61)
    town.platform.app.forget()

    after = [(await town.call("GET", "/v1/balances", token=key)).status_code for key in (old, new)]
    assert (both, after) == ([200, 200], [401, 200])
    assert again.json()["code"] == "key_rotated_already"


async def test_a_rotation_that_would_leave_three_keys_says_which_one_it_ended(town: Town) -> None:
    shop = await town.shop()
    keys = f"/v1/apps/{shop.app_id}/keys"
    asked = {"token": shop.owner.token}
    leaked = await town.done("POST", f"{keys}/{shop.key_id}/rotation", {}, **asked)
    assert leaked["ended_key_id"] is None
    used = [shop.key, leaked["key"]]
    for key in used:
        assert (await town.call("GET", "/v1/balances", token=key)).status_code == 200

    fresh = await town.done("POST", f"{keys}/{leaked['id']}/rotation", {"grace_s": 60}, **asked)

    assert fresh["ended_key_id"] == shop.key_id
    texts = [*used, fresh["key"]]
    answers = [(await town.call("GET", "/v1/balances", token=key)).status_code for key in texts]
    assert answers == [401, 200, 200]
    shown = (await town.done("GET", keys, **asked))["items"]
    assert [one["state"] for one in shown] == ["live", "ending", "ended"]
    assert [one["ended_key_id"] for one in shown] == [shop.key_id, None, None]


async def test_a_key_that_was_ended_is_worth_nothing_at_once(town: Town) -> None:
    shop = await town.shop()
    assert (await town.call("GET", "/v1/balances", token=shop.key)).status_code == 200

    await town.done("DELETE", f"/v1/apps/{shop.app_id}/keys/{shop.key_id}", token=shop.owner.token)

    assert (await town.call("GET", "/v1/balances", token=shop.key)).status_code == 401


async def test_a_live_key_is_refused_where_only_test_keys_are_taken(tmp_path: Path) -> None:
    town = await Town(tmp_path, mode="test").start()
    shop = await town.shop()
    body = {"mode": "live"}
    key = await town.done("POST", f"/v1/apps/{shop.app_id}/keys", body, token=shop.owner.token)

    answer = await town.call("GET", "/v1/balances", token=key["key"])
    member = {"changliao-app": shop.app_id, "changliao-mode": "live"}
    console = await town.call("GET", "/v1/balances", token=shop.owner.token, headers=member)

    for refused in (answer, console):
        assert (refused.status_code, refused.json()["code"]) == (403, "mode_not_here")
    await town.stop()


async def test_a_test_key_cannot_see_live_payments(town: Town) -> None:
    shop = await town.shop()
    body = {"mode": "live"}
    live = await town.done("POST", f"/v1/apps/{shop.app_id}/keys", body, token=shop.owner.token)
    wish = {"amount": 5, "currency": "CNY", "reference": "L"}
    payment = await town.done("POST", "/v1/payments", wish, token=live["key"])

    answer = await town.call("GET", f"/v1/payments/{payment['id']}", token=shop.key)

    assert (payment["mode"], answer.json()["code"]) == ("live", "payment_not_found")
