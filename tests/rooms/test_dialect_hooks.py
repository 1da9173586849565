"""The verbs of registered addresses on both databases: who is told of what, secrets, what was said more."""

import msgspec
import pytest

from changliao.bus.outbox import AskAdvance, advance, facts_after
from changliao.db.vault import Vault, new_ring, rotated
from changliao.dialects import hooks, service
from changliao.dialects import model as m
from changliao.dialects.api.stripe import told, verbs
from changliao.dialects.model import (
    Account,
    AskAccount,
    AskAccountChange,
    AskHook,
    AskHookChange,
    AskSayMore,
    Hook,
    Notice,
    Said,
)
from changliao.partners.model import Caller, ScopeForbids
from changliao.pay.model import AskPayment, Payment
from tests.rooms.world import World

URL = "https://shop.example/hook"


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def account(world: World, shop: Caller) -> Account:
    said = AskAccount(shop, "stripe", f"acct_{shop.app_id}", "", "", "", {}, {})
    return world.ask(service.open_account, said)


def hook(world: World, shop: Caller, one: Account, *kinds: str, secret: str = "whsec_a") -> Hook:
    return world.ask(hooks.add_hook, AskHook(shop, one.id, URL, kinds or ("*",), secret))


def session(world: World, shop: Caller, one: Account, reference: str = "o") -> Payment:
    said = Said(one, said={"object": "session"})
    payment = AskPayment(shop, 1000, "CNY", reference)
    made: Payment = world.ask(verbs.open_payment, verbs.AskOpen(payment, said, "cs_1"))
    return made


def planned(world: World) -> list[Notice]:
    """What the follower plans of everything that has happened."""
    facts = world.read(facts_after, 0, 500)
    plan = hooks.planner("stripe", told.tells)
    world.ask(advance, AskAdvance("dialects.hooks", 0, facts, plan))
    return sorted(world.everything()["dialects_notices"], key=lambda one: one.id)


def test_an_address_hears_the_kinds_it_wants(world: World, shop: Caller) -> None:
    one = account(world, shop)
    every = hook(world, shop, one)
    hook(world, shop, one, "charge.refunded")
    payment = session(world, shop, one)
    found = planned(world)
    assert [(notice.kind, notice.hook, notice.subject) for notice in found] == [
        ("payment_intent.created", every.id, payment.id)
    ]


def test_nobody_hears_of_anothers_facts_or_of_a_closed_account(world: World, shop: Caller) -> None:
    one, stranger = account(world, shop), world.shop()
    other = account(world, stranger)
    hook(world, stranger, other)
    hook(world, shop, one)
    world.ask(service.close_account, AskAccountChange(shop, one.id))
    session(world, shop, one)
    assert planned(world) == []


def test_an_address_is_its_shops_alone(world: World, shop: Caller) -> None:
    made, stranger = hook(world, shop, account(world, shop)), world.shop()
    with world.refuses(m.HookNotFound, "id"):
        world.ask(hooks.change_hook, AskHookChange(stranger, made.id, state="removed"))
    weak = msgspec.structs.replace(shop, scopes=("webhooks:read",))
    with world.refuses(ScopeForbids):
        world.ask(hooks.change_hook, AskHookChange(weak, made.id, state="removed"))
    world.ask(hooks.change_hook, AskHookChange(shop, made.id, state="removed"))
    with world.refuses(m.HookNotFound, "id"):
        world.ask(hooks.change_hook, AskHookChange(shop, made.id, state="enabled"))


def test_one_that_is_switched_off_is_told_nothing_that_was_on_its_way(
    world: World, shop: Caller
) -> None:
    one = account(world, shop)
    made, other = hook(world, shop, one), hook(world, shop, one)
    session(world, shop, one)
    assert [notice.state for notice in planned(world)] == ["waiting", "waiting"]
    world.ask(hooks.change_hook, AskHookChange(shop, made.id, state="disabled"))
    states = {notice.hook: notice.state for notice in world.everything()["dialects_notices"]}
    assert states == {made.id: "failed", other.id: "waiting"}


def test_sixteen_addresses_and_no_more(world: World, shop: Caller) -> None:
    one = account(world, shop)
    made = [hook(world, shop, one) for _ in range(hooks.HOOKS_MAX)]
    with world.refuses(m.TooManyHooks, "url"):
        hook(world, shop, one)
    world.ask(hooks.change_hook, AskHookChange(shop, made[0].id, state="removed"))
    hook(world, shop, one)


def test_secrets_roll_and_survive_a_rotation_of_the_master_key(world: World) -> None:
    ring = new_ring()
    world.reopen(vault=Vault(ring))
    shop = world.shop()
    made = hook(world, shop, account(world, shop), secret="whsec_old")
    rolled = world.ask(hooks.change_hook, AskHookChange(shop, made.id, secret="whsec_new"))
    assert "whsec" not in rolled.secret + rolled.old_secret
    now = rolled.old_until - 1
    assert hooks.secrets_of(world.db.vault, rolled, now) == ["whsec_new", "whsec_old"]
    assert hooks.secrets_of(world.db.vault, rolled, now + 1) == ["whsec_new"]
    newer = rotated(ring)
    world.reopen(vault=Vault(newer))
    assert world.read(hooks.resealable) == [made.id]
    world.ask(hooks.reseal_hook, made.id)
    resealed = world.read(hooks.hook, made.id)
    assert resealed is not None and resealed.secret.startswith(newer.active)
    assert hooks.secrets_of(world.db.vault, resealed, now) == ["whsec_new", "whsec_old"]


def test_a_word_more_adds_changes_and_takes_away(world: World, shop: Caller) -> None:
    one = account(world, shop)
    payment = session(world, shop, one)
    world.ask(hooks.say_more, AskSayMore(one, payment.id, {"a": "1", "b": "2"}))
    world.ask(hooks.say_more, AskSayMore(one, payment.id, {"a": "", "b": "3"}))
    known = world.read(service.particulars, payment.id)
    assert known is not None and known.said == {"object": "session", "b": "3"}


def test_the_second_session_of_an_order_has_a_number_of_its_own(world: World, shop: Caller) -> None:
    one = account(world, shop)
    first, second = (session(world, shop, one) for _ in range(2))
    assert (first.reference, second.reference) == ("o", "o cs_1")
    nameless = session(world, shop, one, "")
    assert nameless.reference == "cs_1"
