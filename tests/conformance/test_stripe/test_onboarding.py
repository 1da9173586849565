"""Coming on board: the key and the webhook's secret that the SDK takes, shown once, and what to change."""

from typing import Any

import pytest
import stripe
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.conformance.test_stripe.world import Side, StripeTown, heard
from tests.wire.platform import Receiver, Shop

KEY, SECRET = "stripe_secret_key.txt", "stripe_webhook_secret.txt"


async def opened(town: StripeTown, shop: Shop, url: str = "", **said: Any) -> Any:
    body = {"dialect": "stripe", "notify_url": url}
    return await town.done("POST", "/v1/dialects", body, **(said or {"token": shop.key}))


def files(view: Any) -> dict[str, str]:
    return {one["name"]: one["content"] for one in view["files"]}


def as_member(shop: Shop) -> dict[str, Any]:
    return {"token": shop.owner.token, "headers": {"changliao-app": shop.app_id}}


async def test_onboarding_tells_what_to_change(town: StripeTown) -> None:
    account = (await town.new_side()).account
    assert account["number"].startswith("acct_1") and account["url"] == town.stripe_url
    assert account["values"]["api_base"] == town.stripe_url
    assert {one["sdk"] for one in account["lines"]} == {
        "stripe (Python)",
        "stripe (Node)",
        "django-payments",
        "dj-stripe",
    }
    assert all("{url}" not in one["code"] for one in account["lines"])


async def test_a_member_gets_a_key_and_a_secret_that_the_sdk_takes(
    town: StripeTown, receiver: Receiver
) -> None:
    shop = await town.shop()
    view = await opened(town, shop, receiver.url, **as_member(shop))
    kit = files(view)
    assert set(kit) == {KEY, SECRET} and kit[KEY] != shop.key
    side = Side(town, Shop(shop.owner, "", shop.app_id, {"id": "", "key": kit[KEY]}), view)
    await side.session()
    [endpoint] = await side.run(lambda: list(side.client.v1.webhook_endpoints.list()))
    assert (endpoint.url, endpoint.enabled_events) == (receiver.url, ["*"])
    headers, body = (await heard(receiver, 1))[0]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], kit[SECRET])
    assert event.type == "payment_intent.created"

    found = await town.done("GET", "/v1/dialects", **as_member(shop))
    assert "stripe" in found["registers"]
    for secret in kit.values():
        assert secret not in repr(found)
        assert secret.encode() not in (town.platform.settings.dir / "books.sqlite3").read_bytes()


async def test_who_calls_with_a_key_keeps_it_and_registers_an_address_later(
    town: StripeTown,
) -> None:
    shop = await town.shop()
    assert files(await opened(town, shop)) == {KEY: shop.key}
    listed = await town.done("GET", f"/v1/apps/{shop.app_id}/keys", token=shop.owner.token)
    assert [one["id"] for one in listed["items"]] == [shop.key_id]


async def test_neither_kind_of_secret_verifies_what_the_other_signed(
    town: StripeTown, receiver: Receiver
) -> None:
    shop, native = await town.shop(), await Receiver().start()
    theirs = files(await opened(town, shop, receiver.url))[SECRET]
    said = {"url": native.url}
    ours = (await town.done("POST", "/v1/webhook_endpoints", said, token=shop.key))["secret"]
    assert ours.startswith("whsec_") and theirs.startswith("whsec_")
    await town.payment(shop)
    headers, body = (await heard(receiver, 1))[0]
    native_headers, native_body = (await heard(native, 1))[0]
    await native.stop()

    signed = headers["stripe-signature"]
    assert stripe.WebhookSignature.verify_header(body.decode(), signed, theirs, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode(), signed, ours, tolerance=300)
    assert Webhook(ours).verify(native_body, native_headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(theirs).verify(native_body, native_headers)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"dialect": "stripe", "notify_url": "ftp://shop"}, "callback_address_invalid"),
        ({"dialect": "alipay", "notify_url": "https://a.example"}, "dialect_setting_invalid"),
    ],
)
async def test_an_address_that_cannot_be_opens_nothing(
    town: StripeTown, said: dict[str, str], code: str
) -> None:
    shop = await town.shop()
    before = await town.everything()
    told = (await town.call("POST", "/v1/dialects", said, **as_member(shop))).json()
    assert (told["code"], told["field"]) == (code, "notify_url")
    assert await town.everything() == before


async def test_a_full_set_of_keys_opens_nothing(town: StripeTown) -> None:
    shop = await town.shop()
    path = f"/v1/apps/{shop.app_id}/keys"
    for number in range(19):
        await town.done("POST", path, {"label": str(number)}, token=shop.owner.token)
    before = await town.everything()
    body = {"dialect": "stripe"}
    told = (await town.call("POST", "/v1/dialects", body, **as_member(shop))).json()
    assert told["code"] == "too_many_keys"
    assert await town.everything() == before
