"""The verbs of dialects on both databases: accounts, what was said beside a payment, notices."""

from typing import Any

import msgspec
import pytest

from changliao.bus.outbox import AskAdvance, advance, facts_after
from changliao.db.vault import Vault, new_ring, rotated
from changliao.dialects import model as m
from changliao.dialects import service
from changliao.dialects.model import Account, AskAccount, AskAccountChange, AskSaying, Notice, Said
from changliao.dialects.rules import RETRY_S
from changliao.partners.model import Caller, ScopeForbids
from changliao.pay import service as pay
from changliao.pay.model import (
    AskOnPayment,
    AskPayment,
    AskRefund,
    Payment,
    ReferenceTaken,
    ShopBalanceShort,
)
from tests.rooms.world import World

URL = "https://shop.example/notify"


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


def account(world: World, shop: Caller, number: str = "9021000000000001") -> Account:
    said = AskAccount(shop, "alipay", number, "2088", "key", "", {"salt": "s"}, {})
    return world.ask(service.open_account, said)


def said(one: Account, request: bytes = b"r", url: str = URL) -> Said:
    return Said(one, url, "https://shop.example/back", request, {"subject": "茶"})


def order(
    world: World, shop: Caller, about: Said, number: str = "o-1", amount: int = 1000
) -> Payment:
    asked = AskSaying(pay.create_payment, AskPayment(shop, amount, "CNY", number), about)
    made: Payment = world.ask(service.saying, asked)
    return made


def heard(world: World, after: int = 0) -> list[Notice]:
    """What the follower plans of everything that has happened; all notices then, oldest first."""
    facts = world.read(facts_after, after, 500)
    world.ask(advance, AskAdvance("dialects", after, facts, service.plan_notices))
    everything = world.everything()["dialects_notices"]
    return sorted(everything, key=lambda one: (one.seq, one.id))


def test_one_account_per_dialect_app_and_mode(world: World, shop: Caller) -> None:
    one = account(world, shop)
    assert world.read(service.account_by_number, "alipay", one.number) == one
    assert service.secrets_of(world.db.vault, one) == {"salt": "s"}
    with world.refuses(m.AccountTaken, "dialect"):
        account(world, shop, "9021000000000002")
    live = msgspec.structs.replace(shop, mode="live")
    account(world, live, "2021000000000003")
    world.ask(service.close_account, AskAccountChange(shop, one.id))
    assert world.read(service.account_by_number, "alipay", one.number) is None
    other = account(world, shop, "9021000000000004")
    assert [a.id for a in world.read(service.accounts_of, shop)] == [other.id]


def test_an_account_is_anothers_business_to_nobody(world: World, shop: Caller) -> None:
    one, stranger = account(world, shop), world.shop()
    for verb in (service.change_account, service.close_account):
        with world.refuses(m.AccountNotFound, "id"):
            world.ask(verb, AskAccountChange(stranger, one.id, public_key="x"))
    weak = msgspec.structs.replace(shop, scopes=("webhooks:read",))
    with world.refuses(ScopeForbids):
        world.ask(service.change_account, AskAccountChange(weak, one.id, public_key="x"))


def test_secrets_survive_a_rotation_and_never_show(world: World) -> None:
    ring = new_ring()
    world.reopen(vault=Vault(ring))
    one = account(world, world.shop())
    assert "salt" not in one.secrets and one.secrets.startswith(ring.active)
    now_ring = rotated(ring)
    world.reopen(vault=Vault(now_ring))
    world.ask(service.reseal_account, one.id)
    now = world.read(service.account, one.id)
    assert now is not None and now.secrets.startswith(now_ring.active)
    assert service.secrets_of(world.db.vault, now) == {"salt": "s"}


def test_what_was_said_is_kept_with_the_payment_and_the_first_word_stays(
    world: World, shop: Caller
) -> None:
    one = account(world, shop)
    payment = order(world, shop, said(one))
    assert order(world, shop, said(one, url="https://shop.example/other")) == payment
    kept = world.read(service.particulars, payment.id)
    assert kept is not None and (kept.notify_url, kept.said) == (URL, {"subject": "茶"})


def test_the_same_number_with_other_content_is_refused(world: World, shop: Caller) -> None:
    one = account(world, shop)
    order(world, shop, said(one))
    with world.refuses(ReferenceTaken, "reference"):
        order(world, shop, said(one, b"other"))
    with world.refuses(ReferenceTaken, "reference"):
        order(world, shop, said(one), amount=1001)


def test_a_refund_of_a_shop_without_money_leaves_nothing_behind(world: World, shop: Caller) -> None:
    one, lin = account(world, shop), world.person("lin", money=1000)
    payment = world.confirm(lin, order(world, shop, said(one)))
    world.fund(shop.app_id, -999, code="shop")
    ask = AskSaying(pay.request_refund, AskRefund(shop, payment.id, 2, "r"), said(one))
    with world.refuses(ShopBalanceShort, "amount"):
        world.ask(service.refund_now, ask)
    small = AskSaying(pay.request_refund, AskRefund(shop, payment.id, 1, "r"), said(one))
    first, again = world.ask(service.refund_now, small), world.ask(service.refund_now, small)
    assert (first.fresh, again.fresh, first.refund) == (True, False, again.refund)
    assert first.refund.status == "succeeded"
    assert world.wrong() == []


def test_each_end_of_an_order_is_told_once_where_it_wished(world: World, shop: Caller) -> None:
    one, lin = account(world, shop), world.person("lin", money=2000)
    paid = world.confirm(lin, order(world, shop, said(one), "a"))
    world.confirm(lin, order(world, shop, said(one, url=""), "mute"))
    gone = order(world, shop, said(one), "b")
    world.ask(pay.cancel_payment, AskOnPayment(shop, gone.id))
    native = world.payment(shop, 1)
    refund = AskSaying(
        pay.request_refund,
        AskRefund(shop, paid.id, 100, "r"),
        Said(one, notify_url="https://shop.example/refunds"),
    )
    back = world.ask(service.refund_now, refund)

    found = heard(world)

    assert [(one.subject, one.url, one.state) for one in found] == [
        (paid.id, URL, "waiting"),
        (gone.id, URL, "waiting"),
        (back.refund.id, "https://shop.example/refunds", "waiting"),
    ]
    assert native.id not in {one.subject for one in found}


def test_a_notice_is_rendered_once_and_given_up_after_the_table(world: World, shop: Caller) -> None:
    one, lin = account(world, shop), world.person("lin", money=2000)
    world.confirm(lin, order(world, shop, said(one)))
    [notice] = heard(world)
    kept = world.ask(service.keep_body, m.AskBody(notice.id, "first"))
    assert world.ask(service.keep_body, m.AskBody(notice.id, "second")) == kept
    waits: list[Any] = []
    for _ in range(len(RETRY_S["alipay"]) + 1):
        before = world.clock.now_us
        again = world.ask(service.note_try, m.AskNoticeTry(notice.id, False, 500, "status 500", ""))
        waits.append(round((again - before) / 1_000_000) if again else 0)
    assert waits == [*RETRY_S["alipay"], 0]
    now = world.read(service.notice, notice.id)
    assert now is not None and (now.state, now.tries) == ("failed", 8)
    late = world.ask(service.note_try, m.AskNoticeTry(notice.id, True, 200, "", "success"))
    assert late == 0


def test_our_key_pair_is_made_once(world: World) -> None:
    def keep(text: str) -> m.PlatformKey:
        return world.ask(
            service.keep_platform_key,
            m.AskPlatformKey("alipay", "test", text.encode(), "public " + text, "", ""),
        )

    first, second = keep("one"), keep("two")
    assert first == second
    assert service.private_key_of(world.db.vault, first) == b"one"
    world.ask(service.reseal_platform_key, first.id)
    now = world.read(service.platform_key, "alipay", "test")
    assert now is not None and service.private_key_of(world.db.vault, now) == b"one"
    assert world.read(service.platform_key, "alipay", "live") is None


def test_the_newest_address_is_the_one_that_is_checked(world: World, shop: Caller) -> None:
    one = account(world, shop)
    assert world.read(service.newest_notify_url, one.id) == ""
    order(world, shop, said(one, url=""), "x")
    order(world, shop, said(one, url="https://shop.example/1"), "y")
    world.clock.forward(1)
    order(world, shop, said(one, url="https://shop.example/2"), "z")
    assert world.read(service.newest_notify_url, one.id) == "https://shop.example/2"
