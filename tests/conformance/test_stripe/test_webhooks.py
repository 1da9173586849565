"""Webhooks of the dialect: several endpoints, tries for three days, secrets rolled, switched off."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.test_utils
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
from tests.patience import PATIENCE_S
from tests.wire.platform import Receiver, Someone


@pytest.fixture(scope="module")
async def lin(town: StripeTown) -> Someone:
    return await town.person(money=1_000_000)


async def hook(side: Side, receiver: Receiver, *kinds: str) -> Any:
    said: Any = {"url": receiver.url, "enabled_events": list(kinds)}
    return await side.run(side.client.v1.webhook_endpoints.create, said)


async def notices(town: StripeTown, side: Side) -> list[Notice]:
    return await town.platform.db.read(dialects.notices_of, side.account["id"], 50)


async def tried(town: StripeTown, side: Side, times: int) -> None:
    """Wait until every notice of the shop was tried so often."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await notices(town, side)
            if found and all(one.tries >= times for one in found):
                return
            await asyncio.sleep(0.02)


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


async def test_a_shop_that_is_down_for_days_hears_each_event_with_the_same_body_signed_anew(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    """It answers 500 until the last try that the table allows, and then hears all three."""
    side, table = await town.new_side(), RETRY_S["stripe"]
    made = await hook(side, receiver, "checkout.session.completed")
    sold = 3
    receiver.answers += [aiohttp.web.Response(status=500) for _ in range(sold * len(table))]
    for _ in range(sold):
        await side.bought(lin)
    for number, wait_s in enumerate(table, start=1):
        await heard(receiver, sold * number)
        await tried(town, side, number)
        assert {one.state for one in await notices(town, side)} == {"waiting"}
        await town.resting()
        town.clock.forward(wait_s + 1)
    await heard(receiver, sold * (len(table) + 1))
    await tried(town, side, len(table) + 1)
    assert [one.state for one in await notices(town, side)] == ["delivered"] * sold

    by_body: dict[bytes, list[str]] = {}
    for headers, body in receiver.heard:
        by_body.setdefault(body, []).append(headers["stripe-signature"])
    assert [len(set(signed)) for signed in by_body.values()] == [len(table) + 1] * sold
    for body, signed in by_body.items():
        for one in signed:
            stripe.WebhookSignature.verify_header(body.decode(), one, made.secret, tolerance=None)


async def test_a_shop_that_never_answers_is_given_up_after_the_table(
    town: StripeTown, lin: Someone, receiver: Receiver
) -> None:
    side, table = await town.new_side(), RETRY_S["stripe"]
    await hook(side, receiver, "checkout.session.completed")
    receiver.answers += [aiohttp.web.Response(status=500) for _ in range(len(table) + 1)]
    await side.bought(lin)
    for number, wait_s in enumerate(table, start=1):
        await tried(town, side, number)
        await town.resting()
        town.clock.forward(wait_s + 1)
    await tried(town, side, len(table) + 1)
    [notice] = await notices(town, side)
    assert (notice.state, notice.trouble) == ("failed", "status 500")
    assert len(receiver.heard) == len(table) + 1


@pytest.fixture
async def stranger() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that redirects, hangs, or answers 10 MB; and what was asked of it."""
    asked: list[str] = []

    async def hear(request: aiohttp.web.Request) -> aiohttp.web.Response:
        asked.append(request.path)
        if request.path == "/redirect":
            raise aiohttp.web.HTTPTemporaryRedirect("/redirected")
        if request.path == "/hang":
            await asyncio.sleep(60)
        return aiohttp.web.Response(body=b"x" * 10_000_000)

    site = aiohttp.web.Application()
    site.router.add_post("/{way:.*}", hear)
    server = aiohttp.test_utils.TestServer(site)
    await server.start_server()
    yield str(server.make_url("/")), asked
    await server.close()


@pytest.mark.parametrize(
    ("way", "state", "trouble"),
    [
        ("redirect", "waiting", "status 307"),
        ("hang", "waiting", "timeout"),
        ("endless", "delivered", ""),
    ],
)
async def test_a_hostile_address_keeps_nobody_waiting(
    town: StripeTown,
    lin: Someone,
    stranger: tuple[str, list[str]],
    way: str,
    state: str,
    trouble: str,
) -> None:
    side, (url, asked) = await town.new_side(), stranger
    said: Any = {"url": url + way, "enabled_events": ["charge.succeeded"]}
    await side.run(side.client.v1.webhook_endpoints.create, said)
    await side.bought(lin)
    await tried(town, side, 1)
    [notice] = await notices(town, side)
    assert (notice.state, notice.trouble) == (state, trouble)
    assert asked == ["/" + way]
    assert len(notice.excerpt) <= 500


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
