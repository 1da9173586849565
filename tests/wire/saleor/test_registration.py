"""Installing the app: what may register, what is kept of it, and what the self-check says."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from changliao.db.vault import rotated
from changliao.dialects import instances
from changliao.dialects.api.saleor.manifest import WEBHOOKS
from changliao.wire.rsa import new_pair
from tests.wire.platform import Someone, Town
from tests.wire.saleor.street import Account, Street


async def test_the_manifest_is_one_that_saleor_takes(street: Street) -> None:
    account = await street.opened()
    saleor = await street.saleor()
    manifest = (await saleor.http.get(account.manifest_url)).json()

    assert manifest["id"] == account.view["values"]["payment_gateway_id"]
    assert manifest["name"] == "Changliao Pay (test)"
    assert manifest["tokenTargetUrl"] == f"{street.url}/{account.number}/register"
    assert [one["syncEvents"] for one in manifest["webhooks"]] == [[one.event] for one in WEBHOOKS]
    targets = {one["targetUrl"] for one in manifest["webhooks"]}
    assert len(targets) == 6 and all(one.startswith(street.url) for one in targets)
    assert manifest["requiredSaleorVersion"] == ">=3.16 <4"
    assert (await saleor.http.get(f"{street.url}/nobody/manifest")).status_code == 404


async def test_only_an_allowed_instance_may_register(street: Street) -> None:
    account = await street.opened()
    saleor = await street.saleor()
    answer = await saleor.install(account.manifest_url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "instance_not_allowed")
    message = answer.json()["error"]["message"]
    assert "console" in message and saleor.api_url in message, "this is what Saleor shows"

    await account.choose(instances=saleor.api_url)
    assert (await saleor.install(account.manifest_url)).status_code == 200


@pytest.mark.parametrize("trick", ["another token", "another manifest", "an outage", "no keys"])
async def test_a_token_that_the_instance_does_not_know_as_our_apps_is_refused(
    street: Street, trick: str
) -> None:
    account = await street.opened()
    saleor = await street.saleor()
    await account.choose(instances=saleor.api_url)
    before = await account.kept()
    target = f"{street.url}/{account.number}/register"
    saleor.manifest_url = account.manifest_url
    if trick == "another manifest":
        saleor.manifest_url = "https://elsewhere.example/manifest"
    if trick == "no keys":
        saleor.keys = {}
    saleor.outage = trick == "an outage"
    token = "not-the-apps" if trick == "another token" else ""

    answer = await saleor.register(target, token=token)

    code = "signing_keys_missing" if trick == "no keys" else "app_token_refused"
    assert answer.json()["error"]["code"] == code, answer.text
    assert await account.kept() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"auth_token": 5}', b'{"auth_token": "a b\\n"}', b"\xff", b"x" * 70000],
)
async def test_what_is_no_token_is_refused(den: Account, body: bytes) -> None:
    target = f"{den.street.url}/{den.number}/register"
    headers = {"Saleor-Api-Url": den.saleor.api_url}
    answer = await den.saleor.http.post(target, content=body, headers=headers)
    assert answer.status_code in (400, 413), answer.text


async def test_a_token_is_sealed_replaced_and_sealed_anew(tea: Account, lin: Someone) -> None:
    db, saleor = tea.town.platform.db, tea.saleor
    kept = await db.read(instances.instance_at, tea.id, saleor.api_url)
    assert kept is not None and saleor.token not in kept.token
    assert instances.token_of(db.vault, kept) == saleor.token
    assert saleor.token not in repr(kept)

    old, saleor.token = saleor.token, secrets.token_urlsafe(24)
    assert (await saleor.install(tea.manifest_url)).status_code == 200
    now = await db.read(instances.instance_at, tea.id, saleor.api_url)
    assert now is not None and now.id == kept.id
    assert instances.token_of(db.vault, now) == saleor.token != old
    await tea.paid(lin, "1.00")
    assert kept.id in await db.read(instances.resealable)


async def test_a_new_master_key_seals_tokens_too(tmp_path: Path) -> None:
    street = await Street(tmp_path).start()
    tea = await street.shop()
    db = tea.town.platform.db
    (instance_id,) = await db.read(instances.resealable)
    ring = rotated(tea.town.ring)
    db.vault.__init__(ring)  # type: ignore[misc]
    await db.write(instances.reseal_instance, instance_id)
    kept = await db.read(instances.instance_at, tea.id, tea.saleor.api_url)
    assert kept is not None and kept.token.startswith(ring.active)
    assert instances.token_of(db.vault, kept) == tea.saleor.token
    await street.stop()


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"instances": "https://a.example"}, ["https://a.example/graphql/"]),
        ({"instances": "https://A.example/graphql"}, ["https://a.example/graphql/"]),
        (
            {"instances": " https://a.example/api/ \n https://b.example/ https://b.example"},
            ["https://a.example/api/", "https://b.example/graphql/"],
        ),
        ({"storefronts": "https://Shop.example/de/cart?x=1"}, ["https://shop.example"]),
        ({"instances": ""}, []),
    ],
)
async def test_addresses_are_kept_as_saleor_writes_them(
    street: Street, settings: dict[str, str], kept: list[str]
) -> None:
    account = await street.opened()
    view = await account.choose(**settings)
    shown = {one["name"]: one["value"].split() for one in view["settings"]}
    assert shown[next(iter(settings))] == kept
    assert all(one["choices"] == [] for one in view["settings"])


@pytest.mark.parametrize(
    "settings",
    [
        {"instances": "ftp://a.example"},
        {"instances": "a.example"},
        {"instances": "https://user:pass@a.example/"},
        {"instances": "https://a.example/#x"},
        {"storefronts": "javascript:alert(1)"},
        {"instances": "\n".join(f"https://{n}.example" for n in range(9))},
        {"nobody": "x"},
    ],
)
async def test_what_is_no_address_is_no_setting(street: Street, settings: dict[str, str]) -> None:
    account = await street.opened()
    at = f"/v1/dialects/{account.id}/settings"
    answer = await street.town.call("PUT", at, {"settings": settings}, token=account.shop.key)
    assert answer.json()["code"] == "dialect_setting_invalid"


async def test_a_shop_that_signs_with_no_key_pair_has_none_to_replace(street: Street) -> None:
    account = await street.opened()
    before = await street.town.everything()
    at = f"/v1/dialects/{account.id}/public_key"
    bodies: list[dict[str, str]] = [{}, {"public_key": new_pair()[1]}]
    for said in bodies:
        answer = await street.town.call("PUT", at, said, token=account.shop.key)
        assert (answer.status_code, answer.json()["code"]) == (400, "dialect_setting_invalid")
        assert answer.json()["field"] == "public_key"
    assert await street.town.everything() == before


async def test_private_networks_are_not_called_where_there_is_no_sandbox(tmp_path: Path) -> None:
    town = await Town(
        tmp_path, allow_private_callbacks=False, saleor_url="http://saleor.localhost"
    ).start()
    shop = await town.shop()
    view = await town.done("POST", "/v1/dialects", {"dialect": "saleor"}, token=shop.key)
    for url in (
        "http://shop.example",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://x.local",
    ):
        at = f"/v1/dialects/{view['id']}/settings"
        answer = await town.call("PUT", at, {"settings": {"instances": url}}, token=shop.key)
        assert answer.json()["code"] == "dialect_setting_invalid", url
    await town.stop()


async def test_only_those_who_may_choose_the_instances(street: Street) -> None:
    account = await street.opened()
    stranger = await street.town.shop()
    at = f"/v1/dialects/{account.id}/settings"
    body = {"settings": {"instances": "https://evil.example"}}
    answer = await street.town.call("PUT", at, body, token=stranger.key)
    assert answer.json()["code"] == "dialect_account_not_found"
    scopes = {"scopes": ["payments:write"]}
    key = await street.town.done(
        "POST", f"/v1/apps/{account.shop.app_id}/keys", scopes, token=account.shop.owner.token
    )
    answer = await street.town.call("PUT", at, body, token=key["key"])
    assert answer.json()["code"] == "scope_forbids"


async def test_the_self_check_says_what_to_do_next(street: Street) -> None:
    account = await street.opened()
    assert await account.checks() == {"instance": [(False, "no_instance")]}

    account.saleor = saleor = await street.saleor()
    await account.choose(instances=saleor.api_url)
    assert (await account.checks())["instance"] == [(False, "not_installed")]

    await saleor.install(account.manifest_url)
    found = await account.checks()
    assert found == {
        "instance": [(True, "installed")],
        "app_token": [(True, "token_taken")],
        "their_keys": [(True, "keys_fit")],
        "signature": [(True, "signed_well")],
    }
    saleor.token = "another"
    saleor.new_key("9")
    found = await account.checks()
    assert found["app_token"] == [(False, "token_refused")]
    assert found["their_keys"] == [(False, "keys_differ")]
    event = "PAYMENT_GATEWAY_INITIALIZE_SESSION"
    await saleor.send(event, saleor.body(event), signature="")
    assert (await account.checks())["signature"] == [(False, "request_refused")]


async def test_lines_tell_what_to_paste_and_what_a_storefront_asks(street: Street) -> None:
    account = await street.opened()
    lines: dict[str, Any] = {one["sdk"]: one["code"] for one in account.view["lines"]}
    assert account.manifest_url in lines["Installing (GraphQL)"]
    assert account.view["values"]["payment_gateway_id"] in lines["Storefront (GraphQL)"]
    assert account.view["files"] == []
