"""Webhooks of the dialect: several endpoints, tries for three days, secrets rolled, switched off."""

from typing import Any

import aiohttp.web
import msgspec
import pytest
import stripe

from changliao.db.vault import Vault, rotated
from changliao.dialects import hooks
from changliao.dialects import service as dialects
from changliao.dialects.api.stripe.endpoints import new_secret
from changliao.dialects.model import AskHookChange, Notice
from changliao.dialects.rules import RETRY_S
from changliao.partners import service as partners
from tests.conformance.test_stripe.world import Side, StripeTown, heard
from tests.wire.platform import Receiver, Someone


@pytest.fixture(scope="module")
async def lin(town: StripeTown) -> Someone:
    return await town.person(money=1_000_000)


async def hook(side: Side, receiver: Receiver, *kinds: str) -> Any:
    said: Any = {"url": receiver.url, "enabled_events": list(kinds)}
    return await side.run(side.client.v1.webhook_endpoints.create, said)


async def notices(town: StripeTown, side: Side) -> list[Notice]:
    return await town.platform.db.read(dialects.notices_of, side.account["id"], 50)


def types(receiver: Receiver) -> list[str]:
    return [msgspec.json.decode(body)["type"] for _, body in receiver.heard]


async def test_each_endpoint_hears_what_it_wants(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    side = await town.new_side()
    other = await Receiver().start()
    await hook(side, receiver, "*")
    await hook(side, other, "charge.succeeded", "checkout.session.expired")
    await side.bought(lin)
    session = await side.session()
    await side.run(side.client.v1.checkout.sessions.expire, session.id)
    await heard(receiver, 7)
    await heard(other, 2)
    assert sorted(types(receiver)) == [
        "charge.succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    assert sorted(types(other)) == ["charge.succeeded", "checkout.session.expired"]
    await other.stop()


async def test_a_shop_that_is_down_hears_the_same_body_signed_anew(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    side = await town.new_side()
    made = await hook(side, receiver, "checkout.session.completed")
    receiver.answers += [aiohttp.web.Response(status=500) for _ in range(3)]
    await side.bought(lin)
    for number, wait_s in enumerate(RETRY_S["stripe"][:3], start=1):
        await heard(receiver, number)
        await town.settled()
        town.clock.forward(wait_s + 1)
    await heard(receiver, 4, 20)
    bodies = {body for _, body in receiver.heard}
    assert len(bodies) == 1
    signed = [headers["stripe-signature"] for headers, _ in receiver.heard]
    assert len(set(signed)) == 4
    for (_, body), one in zip(receiver.heard, signed, strict=True):
        stripe.WebhookSignature.verify_header(body.decode(), one, made.secret, tolerance=None)


async def test_a_rolled_secret_signs_beside_the_old_one_for_a_day(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    side, db = await town.new_side(), town.platform.db
    made = await hook(side, receiver, "checkout.session.completed")
    account = await db.read(dialects.account, side.account["id"])
    assert account is not None
    caller = await db.read(partners.caller_for, account.app_id, account.mode, "key_roller")
    fresh = new_secret()
    await db.write(hooks.change_hook, AskHookChange(caller, made.id, secret=fresh))
    await side.bought(lin)
    (headers, body), *_ = await heard(receiver, 1)
    header = headers["stripe-signature"]
    for secret in (made.secret, fresh):
        assert stripe.WebhookSignature.verify_header(body.decode(), header, secret, tolerance=None)
    town.clock.forward(24 * 3600 + 1)
    await side.bought(lin)
    (headers, body) = (await heard(receiver, 2))[1]
    header = headers["stripe-signature"]
    assert stripe.WebhookSignature.verify_header(body.decode(), header, fresh, tolerance=None)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode(), header, made.secret, tolerance=None)


async def test_an_endpoint_that_is_switched_off_hears_nothing_more(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    side = await town.new_side()
    made = await hook(side, receiver, "charge.succeeded")
    receiver.answers.append(aiohttp.web.Response(status=500))
    await side.bought(lin)
    await heard(receiver, 1)
    await town.settled()
    way: Any = {"disabled": True}
    await side.run(side.client.v1.webhook_endpoints.update, made.id, way)
    [notice] = await notices(town, side)
    assert (notice.state, notice.trouble) == ("failed", "endpoint switched off")
    await side.bought(lin)
    await town.settled()
    assert len(await notices(town, side)) == 1
    await side.run(side.client.v1.webhook_endpoints.delete, made.id)
    assert (await side.run(side.client.v1.webhook_endpoints.list)).data == []


async def test_sixteen_endpoints_and_no_more(town: StripeTown, receiver: Receiver) -> None:
    side = await town.new_side()
    made = [await hook(side, receiver, "*") for _ in range(hooks.HOOKS_MAX)]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await hook(side, receiver, "*")
    assert refused.value.http_status == 400

    def walk() -> list[str]:
        page = side.client.v1.webhook_endpoints.list({"limit": 5})
        return [one.id for one in page.auto_paging_iter()]

    assert await side.run(walk) == [one.id for one in reversed(made)]


async def test_a_secret_is_sealed_and_a_replay_tells_it_again(
    town: StripeTown, receiver: Receiver
) -> None:
    side = await town.new_side()
    said: Any = {"url": receiver.url, "enabled_events": ["*"]}
    once: Any = {"idempotency_key": "hook-once"}
    made = await side.run(side.client.v1.webhook_endpoints.create, said, once)
    again = await side.run(side.client.v1.webhook_endpoints.create, said, once)
    assert (made.id, made.secret) == (again.id, again.secret)
    assert made.secret.encode() not in (town.platform.settings.dir / "books.sqlite3").read_bytes()
    shown = await side.run(side.client.v1.webhook_endpoints.retrieve, made.id)
    assert "secret" not in shown.to_dict()

    db = town.platform.db
    newer = Vault(rotated(town.ring))
    before = await db.read(hooks.hook, made.id)
    assert before is not None
    resealed = newer.reseal(before.secret, place=f"dialects_hooks.secret:{made.id}")
    after = msgspec.structs.replace(before, secret=resealed)
    assert hooks.secrets_of(newer, after, 0) == [made.secret]
    assert made.id in await db.read(hooks.resealable)
