"""Webhooks as the receiver sees them: signatures, rotation, strangers' addresses, bad receivers, replay."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp.web
import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from changliao.wire.outbound import EXCERPT_MAX, Outbound, PrivateAddress, PublicOnly, is_public
from tests.patience import PATIENCE_S
from tests.wire.platform import Receiver, Shop, Town


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()


async def until(found: Callable[[], Any]) -> Any:
    """What `found` answers, as soon as it is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not found():  # noqa: ASYNC110 - a server in this loop makes it true.
            await asyncio.sleep(0.005)
    return found()


async def hook(town: Town, shop: Shop, receiver: Receiver, **said: Any) -> Any:
    """A new endpoint of the shop at this receiver."""
    body = {"url": receiver.url} | said
    return await town.done("POST", "/v1/webhook_endpoints", body, token=shop.key)


async def told(town: Town, shop: Shop, endpoint: Any) -> Any:
    """The endpoint's newest delivery, once there is one."""
    path = f"/v1/webhook_endpoints/{endpoint['id']}/tries"
    return next(iter((await town.done("GET", path, token=shop.key))["items"]), None)


async def became(town: Town, shop: Shop, endpoint: Any, state: str, tries: int = 1) -> Any:
    """The newest delivery once it is in that state with so many tries."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            delivery = await told(town, shop, endpoint)
            if delivery and delivery["state"] == state and len(delivery["tries"]) >= tries:
                return delivery
            await asyncio.sleep(0.005)


# Signatures ---------------------------------------------------------------------------------


async def test_a_message_is_believed_by_the_standard_library_of_webhooks(
    town: Town, receiver: Receiver
) -> None:
    shop, lin = await town.shop(), await town.person(money=1000)
    endpoint = await hook(town, shop, receiver, kinds=["payment.paid"])
    payment = await town.paid(lin, shop, 700)

    headers, body = await until(lambda: receiver.heard and receiver.heard[0])

    said = Webhook(endpoint["secret"]).verify(body, headers)
    event = (await town.done("GET", "/v1/events?kind=payment.paid", token=shop.key))["items"][0]
    assert (said["type"], said["about"]) == ("payment.paid", payment["id"])
    assert (said["id"], said["sequence"]) == (event["id"], event["sequence"])
    assert said["data"] == event["data"]
    assert lin.id not in body.decode()


async def test_a_forged_or_stale_or_changed_message_is_not_believed(
    town: Town, receiver: Receiver
) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver)
    await town.payment(shop)
    headers, body = await until(lambda: receiver.heard and receiver.heard[0])
    webhook = Webhook(endpoint["secret"])
    moment = datetime.now(tz=UTC) - timedelta(minutes=6)
    stale = headers | {
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign(headers["webhook-id"], moment, body.decode()),
    }
    forger = Webhook("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())

    for who, sent, text in (
        (forger, headers, body),
        (webhook, headers, body + b" "),
        (webhook, headers | {"webhook-id": "msg_other"}, body),
        (webhook, headers | {"webhook-timestamp": "1"}, body),
        (webhook, stale, body),
    ):
        with pytest.raises(WebhookVerificationError):
            who.verify(text, sent)
    webhook.verify(body, headers)


async def test_a_message_that_comes_twice_has_the_same_id(town: Town, receiver: Receiver) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver)
    await town.payment(shop)
    delivery = await became(town, shop, endpoint, "delivered")

    await town.done("POST", f"/v1/deliveries/{delivery['id']}/tries", token=shop.key)

    first, second = await until(lambda: len(receiver.heard) == 2 and receiver.heard)
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == delivery["id"]
    assert first[1] == second[1]
    Webhook(endpoint["secret"]).verify(second[1], second[0])


async def test_ed25519_is_verified_with_the_public_key_alone(
    town: Town, receiver: Receiver
) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver, signing="v1a")
    await town.payment(shop)
    headers, body = await until(lambda: receiver.heard and receiver.heard[0])
    raw = base64.b64decode(endpoint["public_key"].removeprefix("whpk_"))
    public = Ed25519PublicKey.from_public_bytes(raw)
    version, _, signature = headers["webhook-signature"].partition(",")
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body

    public.verify(base64.b64decode(signature), content)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature), content + b" ")
    assert version == "v1a"
    assert endpoint["secret"] is None


@pytest.mark.parametrize("signing", ["v1", "v1a"])
async def test_while_a_secret_is_rotated_both_sign_and_after_a_day_only_the_new_one(
    town: Town, receiver: Receiver, signing: str
) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver, signing=signing)
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    fresh = await town.done("POST", f"{path}/secret", token=shop.key)
    await town.done("POST", f"{path}/test", token=shop.key)
    headers, body = await until(lambda: receiver.heard and receiver.heard[0])
    if signing == "v1":
        Webhook(endpoint["secret"]).verify(body, headers)
        Webhook(fresh["secret"]).verify(body, headers)
    assert len(headers["webhook-signature"].split(" ")) == 2

    town.clock.forward(24 * 3600 + 1)
    await town.done("POST", f"{path}/test", token=shop.key)

    headers, _ = await until(lambda: len(receiver.heard) > 1 and receiver.heard[1])
    assert len(headers["webhook-signature"].split(" ")) == 1


async def test_the_test_button_reaches_that_endpoint_alone(town: Town, receiver: Receiver) -> None:
    shop = await town.shop()
    endpoint, _ = await hook(town, shop, receiver), await hook(town, shop, receiver)

    path = f"/v1/webhook_endpoints/{endpoint['id']}/test"
    delivery = await town.done("POST", path, token=shop.key)

    headers, body = await until(lambda: receiver.heard and receiver.heard[0])
    assert msgspec.json.decode(body)["type"] == "webhook_endpoint.tested"
    assert headers["webhook-id"] == delivery["id"]
    await became(town, shop, endpoint, "delivered")
    assert len(receiver.heard) == 1


# Strangers' addresses -----------------------------------------------------------------------

NEVER = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fd00::1]/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://metadata.google.internal/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://printer.local/",
    "https://intranet/",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://user@shop.example/",
    "https://user:word@shop.example/",
    "https://:word@shop.example/",
    "https://@127.0.0.1/",
    "https://shop.example\\@127.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127。0。0。1/",
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "https:///nobody",
    "https://",
    "",
    "https://shop.example/#part",
    "https://shop.example/a b",
    "https://shop.example/\r\nX: y",
    "https://shop.example/" + "x" * 2000,
]


@pytest.mark.parametrize("url", NEVER)
async def test_an_address_that_leads_inside_is_refused_and_never_called(
    strict: tuple[Town, Shop], receiver: Receiver, url: str
) -> None:
    town, shop = strict
    outbound = Outbound(allow_private=False, timeout_s=2)
    near = url.replace("0.1/", f"0.1:{receiver.url.rpartition(':')[2]}/")

    answer = await town.call("POST", "/v1/webhook_endpoints", {"url": url}, token=shop.key)
    there = await outbound.post(near, b"{}", {})

    assert (answer.status_code, answer.json()["code"]) == (400, "callback_address_invalid")
    assert there.status == 0
    assert there.trouble in ("private_address", "address_invalid")
    assert receiver.heard == []
    await outbound.close()


@pytest.fixture(scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Town, Shop]]:
    folder = tmp_path_factory.mktemp("strict")
    town = await Town(folder, allow_private_callbacks=False).start()
    yield town, await town.shop()
    await town.stop()


async def test_a_name_that_leads_inside_is_not_connected_to() -> None:
    with pytest.raises(PrivateAddress):
        await PublicOnly(allow_private=False).resolve("localhost", 443)
    assert await PublicOnly(allow_private=True).resolve("localhost", 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


async def test_a_public_address_is_taken(strict: tuple[Town, Shop]) -> None:
    town, shop = strict
    for url in ("https://shop.example/hook?a=b", "https://8.8.8.8:8443/", "https://xn--fiq.cn/"):
        await town.done("POST", "/v1/webhook_endpoints", {"url": url}, token=shop.key)


# Bad receivers ------------------------------------------------------------------------------


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    away = await Receiver().start()
    receiver.answers.append(aiohttp.web.Response(status=307, headers={"location": away.url}))
    outbound = Outbound(allow_private=True)

    there = await outbound.post(receiver.url, b"{}", {})

    assert (there.status, there.trouble) == (307, "status 307")
    assert away.heard == []
    await outbound.close()
    await away.stop()


async def test_a_receiver_that_hangs_is_left_in_time() -> None:
    enough, left = asyncio.Event(), asyncio.Event()

    async def hang(_reader: Any, writer: asyncio.StreamWriter) -> None:
        await enough.wait()
        writer.close()
        left.set()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbound = Outbound(allow_private=True, timeout_s=0.2)

    there = await outbound.post(f"http://127.0.0.1:{port}/", b"{}", {})

    assert (there.status, there.trouble) == (0, "timeout")
    assert there.took_ms >= 150
    await outbound.close()
    enough.set()
    await left.wait()
    server.close()


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_cut(receiver: Receiver, packed: bool) -> None:
    huge = aiohttp.web.Response(status=200, body=b"x" * 10_000_000, zlib_executor_size=1)
    if packed:
        huge.enable_compression()
    receiver.answers.append(huge)
    outbound = Outbound(allow_private=True, timeout_s=5)

    there = await outbound.post(receiver.url, b"{}", {})

    assert there.status == 200
    assert len(there.excerpt) <= EXCERPT_MAX
    await outbound.close()


async def test_410_switches_an_endpoint_off(town: Town, receiver: Receiver) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver)
    receiver.answers.append(aiohttp.web.Response(status=410))
    await town.payment(shop)

    delivery = await became(town, shop, endpoint, "failed")
    await town.payment(shop)
    replay = await town.call("POST", f"/v1/deliveries/{delivery['id']}/tries", token=shop.key)

    found = await town.done("GET", f"/v1/webhook_endpoints/{endpoint['id']}", token=shop.key)
    assert found["state"] == "disabled"
    assert (replay.status_code, replay.json()["code"]) == (409, "webhook_endpoint_disabled")
    assert len(receiver.heard) == 1


async def test_a_receiver_that_recovers_hears_it_after_all(town: Town, receiver: Receiver) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver)
    receiver.answers.append(aiohttp.web.Response(status=500, text="down \x00 sorry"))
    await town.payment(shop)
    waiting = await became(town, shop, endpoint, "waiting")
    town.clock.forward(7)

    delivery = await became(town, shop, endpoint, "delivered", tries=2)

    assert [one["status"] for one in delivery["tries"]] == [500, 204]
    assert waiting["tries"][0]["excerpt"] == "down � sorry"
    assert receiver.heard[0][0]["webhook-id"] == receiver.heard[1][0]["webhook-id"]


async def test_a_delivery_may_be_tried_again_by_hand_at_once(
    town: Town, receiver: Receiver
) -> None:
    shop = await town.shop()
    endpoint = await hook(town, shop, receiver)
    later = aiohttp.web.Response(status=503, headers={"retry-after": "3600"})
    receiver.answers.append(later)
    await town.payment(shop)
    waiting = await became(town, shop, endpoint, "waiting")

    await town.done("POST", f"/v1/deliveries/{waiting['id']}/tries", token=shop.key)

    delivery = await became(town, shop, endpoint, "delivered", tries=2)
    assert [one["status"] for one in delivery["tries"]] == [503, 204]


async def test_a_removed_endpoint_hears_nothing_more(
    town: Town, receiver: Receiver, tmp_path: Path
) -> None:
    shop = await town.shop()
    endpoint, kept = await hook(town, shop, receiver), await hook(town, shop, receiver)
    await town.done("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}", token=shop.key)

    await town.payment(shop)

    await became(town, shop, kept, "delivered")
    assert len(receiver.heard) == 1
