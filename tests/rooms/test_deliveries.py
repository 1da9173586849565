"""Webhooks as a shop receives them: signed as Standard Webhooks says, tried ten times, never redirected."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from changliao.bus.jobs import JOBS, Job
from changliao.partners import jobs as partners_jobs
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.model import Caller, Delivery, Endpoint
from changliao.partners.store import DELIVERIES, TRIES
from changliao.wire.outbound import Outbound
from changliao.wire.sign import ed25519_public
from tests.rooms.world import World

SECRET, OTHER = bytes(range(32)), bytes(range(32, 64))
OK = "200 OK"


class Hook:
    """A shop's server on this machine: keeps what it was sent and answers what it was told."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {key.lower(): value for key, _, value in (x.partition(": ") for x in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append((headers, body))
        status = self.answers.pop(0) if self.answers else OK
        writer.write(
            f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 4\r\n\r\nso i".encode()
        )
        await writer.drain()
        writer.close()


@pytest.fixture
def shop(world: World) -> Iterator[Caller]:
    yield world.shop()
    assert world.wrong() == []


def endpoint(world: World, shop: Caller, signing: Any = "v1", path: str = "/hook") -> Endpoint:
    """An endpoint at an address where the hook will listen."""
    ask = m.AskEndpoint(shop, f"http://localhost:0{path}", ("payment.*",), signing, SECRET)
    return world.ask(service.add_endpoint, ask)


def jobs_of(world: World) -> list[Job]:
    """Delivery jobs that wait, soonest first."""
    where = "WHERE kind = ? AND state = 'waiting' ORDER BY run_at, id"
    return world.read(lambda reader: reader.rows(JOBS, where, service.DELIVER))


def delivery(world: World, job: Job) -> Delivery:
    found = world.read(lambda reader: reader.get(DELIVERIES, job.about))
    assert found is not None
    return found  # type: ignore[no-any-return]


class _Here(Outbound):
    """Calls whatever port the hook has got; all else is as it is."""

    def __init__(self, hook: Hook) -> None:
        super().__init__(allow_private=True, timeout_s=5)
        self._hook = hook

    async def post(self, url: str, body: bytes, headers: Any) -> Any:
        """The same call, to the hook's port."""
        return await super().post(url.replace(":0/", f":{self._hook.port}/"), body, headers)


def deliver(world: World, hook: Hook, *jobs: Job) -> list[int | None]:
    """Carry these jobs out, one after the other, while the hook listens."""

    async def run() -> list[int | None]:
        server = await asyncio.start_server(hook.answer, "localhost", 0)
        hook.port = server.sockets[0].getsockname()[1]
        outbound = _Here(hook)
        work = partners_jobs.deliver(world.db, outbound)
        try:
            return [await work(job) for job in jobs]
        finally:
            await outbound.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def planned(world: World, shop: Caller) -> Job:
    """One payment made, one delivery planned."""
    world.payment(shop)
    world.hear()
    [job] = jobs_of(world)
    return job


def test_a_delivery_tells_which_event_and_signs_it(world: World, shop: Caller) -> None:
    endpoint(world, shop)
    job, hook = planned(world, shop), Hook()
    assert deliver(world, hook, job) == [None]
    [(headers, body)] = hook.heard
    told = msgspec.json.decode(body)
    one = delivery(world, job)
    assert (one.state, one.tries) == ("delivered", 1)
    assert set(told) == {"type", "timestamp", "id", "sequence", "about", "data"}
    assert (told["type"], told["about"]) == ("payment.created", one.about)
    assert (told["id"], told["sequence"]) == (f"evt_{one.fact_seq}", one.fact_seq)
    assert told["data"]["amount"] == 1000
    assert headers["webhook-id"] == one.id
    at = headers["webhook-timestamp"]
    assert int(at) == world.clock.now_us // 1_000_000
    content = f"{one.id}.{at}.".encode() + body
    right = base64.b64encode(hmac.new(SECRET, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"


def test_an_endpoint_with_a_key_pair_checks_the_signature_with_the_public_key(
    world: World, shop: Caller
) -> None:
    endpoint(world, shop, "v1a")
    job, hook = planned(world, shop), Hook()
    deliver(world, hook, job)
    [(headers, body)] = hook.heard
    kind, _, text = headers["webhook-signature"].partition(",")
    assert kind == "v1a"
    content = f"{job.about}.{headers['webhook-timestamp']}.".encode() + body
    key = Ed25519PublicKey.from_public_bytes(ed25519_public(SECRET))
    key.verify(base64.b64decode(text), content)


def test_who_paid_is_not_told_to_the_shop(world: World, shop: Caller) -> None:
    endpoint(world, shop)
    lin = world.person("lin", money=5000)
    world.paid(lin, shop)
    world.hear()
    hook, waiting = Hook(), jobs_of(world)
    assert deliver(world, hook, *waiting) == [None, None]
    kinds = {msgspec.json.decode(body)["type"] for _, body in hook.heard}
    assert kinds == {"payment.created", "payment.paid"}
    for _, body in hook.heard:
        assert lin.id.encode() not in body and b"lin" not in body.lower()


def test_both_secrets_sign_while_one_replaces_the_other(world: World, shop: Caller) -> None:
    one = endpoint(world, shop)
    world.ask(service.rotate_secret, m.AskEndpointChange(shop, one.id, OTHER))
    job, hook = planned(world, shop), Hook()
    deliver(world, hook, job)
    [(headers, body)] = hook.heard
    content = f"{job.about}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"].split(" ") == [
        "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        for key in (OTHER, SECRET)
    ]


def test_ten_tries_take_at_least_75_hours_and_go_out_under_one_id(
    world: World, shop: Caller
) -> None:
    endpoint(world, shop)
    job, hook = planned(world, shop), Hook(*["500 Down"] * 10)
    began = world.clock.now_us
    for number in range(1, 11):
        [again_at] = deliver(world, hook, job)
        assert delivery(world, job).tries == number
        if again_at is None:
            break
        assert again_at > world.clock.now_us
        world.clock.now_us = again_at
    hours = (world.clock.now_us - began) / 3_600_000_000
    assert 75 < hours < 75.6 * 1.1
    assert len(hook.heard) == 10
    assert {headers["webhook-id"] for headers, _ in hook.heard} == {job.about}
    assert len({body for _, body in hook.heard}) == 1
    assert delivery(world, job).state == "failed"
    tries = world.read(service.tries_of, job.about)
    assert [(one.number, one.status, one.trouble, one.excerpt) for one in tries] == [
        (number, 500, "status 500", "so i") for number in range(1, 11)
    ]
    assert deliver(world, hook, job) == [None]
    assert len(hook.heard) == 10


@pytest.mark.parametrize("status", ["302 Found\r\nlocation: /other", "404 No", "503 Wait"])
def test_whatever_is_not_a_yes_is_tried_again(world: World, shop: Caller, status: str) -> None:
    endpoint(world, shop)
    job, hook = planned(world, shop), Hook(status)
    [again_at] = deliver(world, hook, job)
    assert again_at is not None
    assert delivery(world, job).state == "waiting"
    assert len(hook.heard) == 1
    assert deliver(world, hook, job) == [None]
    assert delivery(world, job).state == "delivered"


def test_a_shop_that_asks_for_time_gets_it(world: World, shop: Caller) -> None:
    endpoint(world, shop)
    job, hook = planned(world, shop), Hook("429 Slow\r\nretry-after: 3600")
    [again_at] = deliver(world, hook, job)
    assert again_at is not None
    assert 3600 <= (again_at - world.clock.now_us) / 1_000_000 < 3601


def test_410_ends_the_endpoint_and_what_is_on_its_way_is_never_sent(
    world: World, shop: Caller
) -> None:
    endpoint(world, shop)
    world.payment(shop)
    world.payment(shop)
    world.hear()
    first, second = jobs_of(world)
    hook = Hook("410 Gone")
    assert deliver(world, hook, first, second) == [None, None]
    assert len(hook.heard) == 1
    assert [delivery(world, job).state for job in (first, second)] == ["failed", "failed"]


@pytest.mark.parametrize(
    "url", ["http://a..b/hook", "http://nowhere.invalid/", "http://127.0.0.1:1/"]
)
def test_a_shop_that_cannot_be_reached_is_tried_again(world: World, shop: Caller, url: str) -> None:
    ask = m.AskEndpoint(shop, url, ("payment.*",), "v1", SECRET)
    world.ask(service.add_endpoint, ask)
    job = planned(world, shop)
    [again_at] = deliver(world, Hook(), job)
    assert again_at is not None
    one = delivery(world, job)
    assert (one.state, one.tries) == ("waiting", 1)
    [tried] = world.read(service.tries_of, job.about)
    assert tried.status == 0
    assert tried.trouble != ""


def note(status: int) -> Callable[[Job], m.AskNoteTry]:
    trouble = "" if status == 200 else "timeout"
    return lambda job: m.AskNoteTry(job.about, status, trouble, "", 1, 0)


@pytest.mark.parametrize("first", [200, 410])
def test_a_try_that_outlived_its_lease_does_not_bring_an_ended_delivery_back(
    world: World, shop: Caller, first: int
) -> None:
    endpoint(world, shop)
    job = planned(world, shop)
    assert world.ask(service.note_try, note(first)(job)) == 0
    ended = delivery(world, job).state
    assert ended == ("delivered" if first == 200 else "failed")
    assert world.ask(service.note_try, note(0)(job)) == 0
    assert delivery(world, job).state == ended
    assert len(world.read(lambda reader: reader.rows(TRIES, ""))) == 2


def test_a_late_yes_ends_a_delivery_that_was_to_be_tried_again(world: World, shop: Caller) -> None:
    endpoint(world, shop)
    job = planned(world, shop)
    assert world.ask(service.note_try, note(0)(job)) > 0
    assert world.ask(service.note_try, note(200)(job)) == 0
    assert delivery(world, job).state == "delivered"
    assert deliver(world, Hook(), job) == [None]
