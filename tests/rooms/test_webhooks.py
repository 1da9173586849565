"""Webhook endpoints and deliveries: who hears of what, how often it is tried, secrets that are sealed."""

from typing import Any

import msgspec
import pytest

from changliao.bus.jobs import JOBS, Job
from changliao.db.vault import Vault, VaultError, new_ring, rotated
from changliao.kernel.instant import SECOND_US
from changliao.partners import model as m
from changliao.partners import rules, service
from changliao.partners.model import Caller, Delivery, Endpoint
from changliao.partners.service.webhooks import secret_places
from changliao.partners.store import DELIVERIES, ENDPOINTS
from tests.rooms.world import World

SECRET = bytes(range(32))


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def endpoint(world: World, shop: Caller, *kinds: str, **said: Any) -> Endpoint:
    url = said.pop("url", "https://shop.example/hook")
    ask = m.AskEndpoint(shop, url, kinds or ("*",), said.pop("signing", "v1"), SECRET)
    return world.ask(service.add_endpoint, ask)


def deliveries(world: World, one: Endpoint) -> list[Delivery]:
    """An endpoint's deliveries, oldest first."""
    return world.read(service.deliveries_of, one.id, "", 100)[::-1]


def job(world: World, delivery: Delivery) -> Job:
    found = world.read(
        lambda reader: reader.find(JOBS, ("kind", "about"), (service.DELIVER, delivery.id))
    )
    assert found is not None
    return found  # type: ignore[no-any-return]


def answers(world: World, delivery: Delivery, status: int, retry_after_s: int = 0) -> int:
    """Note that the shop answered so; when it is tried again."""
    trouble = "" if 200 <= status < 300 else f"status {status}"
    ask = m.AskNoteTry(delivery.id, status, trouble, "said so", 12, retry_after_s)
    return world.ask(service.note_try, ask)


def standing(world: World, delivery: Delivery) -> Delivery:
    found = world.read(lambda reader: reader.get(DELIVERIES, delivery.id))
    return found  # type: ignore[no-any-return]


def test_an_endpoint_hears_of_its_own_app_and_mode_and_the_kinds_it_wants(
    world: World, shop: Caller
) -> None:
    other = world.shop("Other")
    live = msgspec.structs.replace(shop, mode="live")
    all_, some = endpoint(world, shop), endpoint(world, shop, "payment.canceled")
    not_mine, not_test = endpoint(world, other), endpoint(world, live)
    payment = world.payment(shop)
    world.hear()
    assert [(one.kind, one.about, one.state) for one in deliveries(world, all_)] == [
        ("payment.created", payment.id, "waiting")
    ]
    assert deliveries(world, some) == deliveries(world, not_mine) == []
    assert deliveries(world, not_test) == []
    assert job(world, deliveries(world, all_)[0]).state == "waiting"


def test_facts_are_heard_once_even_when_they_are_heard_again(world: World, shop: Caller) -> None:
    one = endpoint(world, shop)
    world.payment(shop)
    world.hear()
    before = world.everything()
    world.hear()
    assert world.everything() == before
    assert len(deliveries(world, one)) == 1


def test_a_delivery_that_is_answered_is_delivered(world: World, shop: Caller) -> None:
    one = endpoint(world, shop)
    world.payment(shop)
    world.hear()
    [delivery] = deliveries(world, one)
    assert answers(world, delivery, 204) == 0
    assert standing(world, delivery).state == "delivered"
    [tried] = world.read(service.tries_of, delivery.id)
    assert (tried.number, tried.status, tried.trouble, tried.took_ms) == (1, 204, "", 12)
    assert world.read(service.delivery_work, delivery.id) is None


def test_a_delivery_fails_after_its_tenth_try_and_a_replay_begins_anew(
    world: World, shop: Caller
) -> None:
    one = endpoint(world, shop)
    world.payment(shop)
    world.hear()
    [delivery] = deliveries(world, one)
    for number in range(1, 10):
        again_at = answers(world, delivery, 500)
        pause = rules.SCHEDULE_S[number]
        waits = again_at - world.clock.now_us
        assert pause * SECOND_US <= waits <= (pause + pause // 10 + 1) * SECOND_US
        assert standing(world, delivery).state == "waiting"
        world.clock.now_us = again_at
    assert answers(world, delivery, 302) == 0
    assert standing(world, delivery).state == "failed"
    replayed = world.ask(service.replay, m.AskReplay(shop, delivery.id))
    assert replayed.state == "waiting"
    assert job(world, delivery).state == "waiting"
    assert answers(world, delivery, 500) > world.clock.now_us
    assert standing(world, delivery).state == "waiting"
    assert answers(world, delivery, 200) == 0
    statuses = [tried.status for tried in world.read(service.tries_of, delivery.id)]
    assert statuses == [500] * 9 + [302, 500, 200]


def test_a_delivered_one_is_sent_again_on_demand_under_the_same_id(
    world: World, shop: Caller
) -> None:
    one = endpoint(world, shop)
    world.payment(shop)
    world.hear()
    [delivery] = deliveries(world, one)
    answers(world, delivery, 200)
    world.ask(service.replay, m.AskReplay(shop, delivery.id))
    work = world.read(service.delivery_work, delivery.id)
    assert work is not None
    assert (work.delivery.id, work.fact.seq) == (delivery.id, delivery.fact_seq)


def test_410_switches_the_endpoint_off_for_good(world: World, shop: Caller) -> None:
    one = endpoint(world, shop)
    world.payment(shop)
    world.hear()
    [delivery] = deliveries(world, one)
    assert answers(world, delivery, 410) == 0
    assert standing(world, delivery).state == "failed"
    assert world.facts(one.id)[-1] == "webhook_endpoint.removed"
    world.payment(shop)
    world.hear()
    assert len(deliveries(world, one)) == 1
    with world.refuses(m.EndpointDisabled, "id"):
        world.ask(service.replay, m.AskReplay(shop, delivery.id))
    with world.refuses(m.EndpointNotFound, "id"):
        world.ask(service.test_endpoint, m.AskEndpointChange(shop, one.id))


def test_a_removed_endpoint_hears_nothing_more(world: World, shop: Caller) -> None:
    gone, stays = endpoint(world, shop), endpoint(world, shop)
    world.ask(service.remove_endpoint, m.AskEndpointChange(shop, gone.id))
    world.payment(shop)
    world.hear()
    assert deliveries(world, gone) == []
    assert len(deliveries(world, stays)) == 1
    with world.refuses(m.EndpointNotFound):
        world.ask(service.remove_endpoint, m.AskEndpointChange(shop, gone.id))


def test_a_test_event_goes_to_one_endpoint_alone(world: World, shop: Caller) -> None:
    one, two = endpoint(world, shop, "payment.paid"), endpoint(world, shop)
    delivery = world.ask(service.test_endpoint, m.AskEndpointChange(shop, one.id))
    world.hear()
    assert delivery.kind == "webhook_endpoint.tested"
    assert [row.id for row in deliveries(world, one)] == [delivery.id]
    assert deliveries(world, two) == []


def test_an_app_has_at_most_ten_endpoints_in_each_mode(world: World, shop: Caller) -> None:
    made = [endpoint(world, shop) for _ in range(10)]
    with world.refuses(m.TooManyEndpoints, "url"):
        endpoint(world, shop)
    assert endpoint(world, msgspec.structs.replace(shop, mode="live")).mode == "live"
    world.ask(service.remove_endpoint, m.AskEndpointChange(shop, made[0].id))
    assert endpoint(world, shop).state == "enabled"


def test_kinds_that_there_are_not_are_refused(world: World, shop: Caller) -> None:
    with world.refuses(m.KindUnknown, "kinds"):
        endpoint(world, shop, "payment.payed")


@pytest.mark.parametrize(
    "verb", [service.remove_endpoint, service.rotate_secret, service.test_endpoint]
)
def test_the_endpoint_of_another_app_or_mode_does_not_exist(
    world: World, shop: Caller, verb: Any
) -> None:
    mine = endpoint(world, shop)
    others = (world.shop("Other"), msgspec.structs.replace(shop, mode="live"))
    for other in others:
        with world.refuses(m.EndpointNotFound, "id"):
            world.ask(verb, m.AskEndpointChange(other, mine.id, SECRET))
        with pytest.raises(m.EndpointNotFound):
            world.read(service.endpoint_of, other, mine.id)
        assert world.read(service.endpoints_of, other) == []


def test_without_the_scope_webhooks_are_neither_seen_nor_changed(
    world: World, shop: Caller
) -> None:
    mine = endpoint(world, shop)
    delivery = world.ask(service.test_endpoint, m.AskEndpointChange(shop, mine.id))
    weak = msgspec.structs.replace(shop, scopes=("payments:read", "webhooks:read"))
    for verb, asked in (
        (service.add_endpoint, m.AskEndpoint(weak, "https://a.example/", ("*",), "v1", SECRET)),
        (service.remove_endpoint, m.AskEndpointChange(weak, mine.id)),
        (service.rotate_secret, m.AskEndpointChange(weak, mine.id, SECRET)),
        (service.test_endpoint, m.AskEndpointChange(weak, mine.id)),
        (service.replay, m.AskReplay(weak, delivery.id)),
    ):
        with world.refuses(m.ScopeForbids):
            world.ask(verb, asked)  # type: ignore[arg-type]
    blind = msgspec.structs.replace(shop, scopes=("webhooks:write",))
    with pytest.raises(m.ScopeForbids):
        world.read(service.endpoints_of, blind)


# Secrets ------------------------------------------------------------------------------------


def opened(world: World, one: Endpoint) -> list[bytes]:
    """The secrets that sign now."""
    places = secret_places(one, world.clock())
    return [world.db.vault.open(sealed, place=place) for sealed, place in places]


def row(world: World, one: Endpoint) -> Endpoint:
    return world.read(lambda reader: reader.get(ENDPOINTS, one.id))  # type: ignore[no-any-return]


def test_a_secret_is_sealed_and_opens_only_in_its_place(world: World, shop: Caller) -> None:
    one, two = endpoint(world, shop), endpoint(world, shop)
    assert opened(world, one) == [SECRET]
    assert one.secret != two.secret
    swapped = msgspec.structs.replace(one, secret=two.secret)
    with pytest.raises(VaultError):
        opened(world, swapped)
    rotated_ = world.ask(service.rotate_secret, m.AskEndpointChange(shop, one.id, b"n" * 32))
    crossed = msgspec.structs.replace(rotated_, secret=rotated_.old_secret)
    with pytest.raises(VaultError):
        opened(world, crossed)


def test_for_a_day_both_secrets_sign(world: World, shop: Caller) -> None:
    one = endpoint(world, shop)
    world.ask(service.rotate_secret, m.AskEndpointChange(shop, one.id, b"n" * 32))
    world.clock.forward(24 * 3600 - 1)
    assert opened(world, row(world, one)) == [b"n" * 32, SECRET]
    world.clock.forward(2)
    assert opened(world, row(world, one)) == [b"n" * 32]


def test_secrets_move_to_a_new_master_key(world: World, shop: Caller) -> None:
    ring = new_ring()
    world.reopen(vault=Vault(ring))
    one = endpoint(world, shop)
    world.ask(service.rotate_secret, m.AskEndpointChange(shop, one.id, b"n" * 32))
    ring = rotated(ring)
    world.reopen(vault=Vault(ring))
    for endpoint_id in world.read(service.resealable):
        world.ask(service.reseal_endpoint, endpoint_id)
    moved = row(world, one)
    assert moved.secret.startswith("k0002.") and moved.old_secret.startswith("k0002.")
    only_new = Vault(type(ring)("k0002", {"k0002": ring.keys["k0002"]}))
    world.reopen(vault=only_new)
    assert opened(world, moved) == [b"n" * 32, SECRET]
