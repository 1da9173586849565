"""Wallets: top-ups that a rail answers in its own time, mandates within limits, the statement."""

from typing import Any

import msgspec
import pytest

from changliao.kernel.instant import DAY_US
from changliao.kernel.money import AMOUNT_MAX
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.partners.model import AppNotFound, Caller
from changliao.pay import model as pay_model
from changliao.pay.model import AskShopConfirm, Confirmation, Payment, PaymentNotOpen
from changliao.pay.service import confirm_by_shop, suspend_method
from changliao.people.model import Person, PinLocked, WrongPin
from changliao.rails.model import InstrumentInvalid
from changliao.wallet import model as m
from changliao.wallet import service
from changliao.wallet.model import AskMandate, AskRevoke, AskTopUp, Mandate, TopUp
from tests.rooms.world import PIN, World

BANK = "sandbox_bank"
DAY_S = 86_400


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin")


def top_up(world: World, person: Person, amount: int = 1000, **said: Any) -> TopUp:
    ask = AskTopUp(person.id, "test", BANK, amount, said.pop("currency", "CNY"), **said)
    return world.ask(service.request_top_up, ask)


def status(world: World, one: TopUp) -> str:
    return world.read(service.top_up, one.person_id, one.id).status


# Top-ups ------------------------------------------------------------------------------------


def test_a_top_up_is_in_the_wallet_when_the_bank_says_so_and_not_before(
    world: World, lin: Person
) -> None:
    one = top_up(world, lin)
    [attempt] = world.attempts(one.id)
    for outcome, stands in (("pending", "processing"), ("unknown", "unknown")):
        world.rail_says(attempt, outcome)
        assert (status(world, one), world.balance(lin.id)) == (stands, 0)
    world.rail_says(attempt, "succeeded")
    assert (status(world, one), world.balance(lin.id)) == ("succeeded", 1000)
    assert world.balance(BANK, "rail_clearing") == -1000
    assert world.facts(one.id)[-1] == "top_up.succeeded"
    world.rail_says(attempt, "succeeded")
    assert world.balance(lin.id) == 1000
    assert world.wrong() == []


def test_a_top_up_that_fails_moves_nothing_and_money_that_comes_late_is_the_persons(
    world: World, lin: Person
) -> None:
    one = top_up(world, lin)
    [attempt] = world.attempts(one.id)
    world.rail_says(attempt, "failed", "declined")
    failed = world.read(service.top_up, lin.id, one.id)
    assert (failed.status, failed.reason, world.balance(lin.id)) == ("failed", "declined", 0)
    world.rail_says(attempt, "succeeded")
    assert (status(world, one), world.balance(lin.id)) == ("succeeded", 1000)
    assert world.wrong() == []


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"amount": -5}, AmountNotPositive),
        ({"amount": AMOUNT_MAX + 1}, AmountTooLarge),
        ({"currency": "RMB"}, CurrencyUnknown),
        ({"instrument": "\0"}, InstrumentInvalid),
        ({"instrument": "x" * 41}, InstrumentInvalid),
    ],
)
def test_a_top_up_that_cannot_be_is_refused(
    world: World, lin: Person, said: dict[str, Any], refusal: Any
) -> None:
    with world.refuses(refusal):
        top_up(world, lin, **said)


def test_the_top_up_of_another_does_not_exist(world: World, lin: Person) -> None:
    one, chen = top_up(world, lin), world.person("chen")
    for person_id, top_up_id in ((chen.id, one.id), (lin.id, "top_none")):
        with pytest.raises(m.TopUpNotFound):
            world.read(service.top_up, person_id, top_up_id)
    assert world.read(service.top_ups_of, chen.id, 10) == []
    assert world.read(service.top_ups_of, lin.id, 10) == [one]


def test_wallets_of_modes_and_currencies_stand_apart(world: World, lin: Person) -> None:
    world.fund(lin.id, 100, currency="CNY", mode="test")
    world.fund(lin.id, 200, currency="USD", mode="test")
    world.fund(lin.id, 300, currency="CNY", mode="live")
    play = world.read(service.wallets_of, lin.id, "test")
    assert [(one.currency, one.balance) for one in play] == [("CNY", 100), ("USD", 200)]
    real = world.read(service.wallets_of, lin.id, "live")
    assert [(one.currency, one.balance) for one in real] == [("CNY", 300)]


def test_a_statement_tells_each_movement_newest_first(
    world: World, lin: Person, shop: Caller
) -> None:
    world.fund(lin.id, 1000)
    world.paid(lin, shop, 300)
    world.paid(lin, shop, 200, capture="manual")
    told = world.read(service.entries, lin.id, "CNY", "test", 0, 10)
    assert [(entry.kind, amount) for entry, amount in told] == [
        ("pending", 0),
        ("single", -300),
        ("single", 1000),
    ]
    older = world.read(service.entries, lin.id, "CNY", "test", told[0][0].seq, 1)
    assert older == told[1:2]
    assert world.read(service.entries, lin.id, "USD", "test", 0, 10) == []


# Mandates -----------------------------------------------------------------------------------


@pytest.fixture
def mandate(world: World, lin: Person, shop: Caller) -> Mandate:
    world.fund(lin.id, 5000)
    return give(world, lin, shop)


def give(world: World, person: Person, shop: Caller, **said: Any) -> Mandate:
    limits = {"per_payment": 500, "per_day": 1000, "pin": PIN, "currency": "CNY", **said}
    given = world.ask(service.give_mandate, AskMandate(person.id, shop.app_id, shop.mode, **limits))
    assert isinstance(given, Mandate)
    return given


def spend(world: World, shop: Caller, mandate: Mandate, amount: int) -> Payment:
    return world.payment(shop, amount, confirm=Confirmation(mandate_id=mandate.id))


def test_a_shop_takes_money_within_a_mandate(
    world: World, lin: Person, shop: Caller, mandate: Mandate
) -> None:
    paid = spend(world, shop, mandate, 500)
    assert (paid.status, paid.payer, paid.method) == ("paid", lin.id, "wallet")
    spend(world, shop, mandate, 499)
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (4001, 999)
    with world.refuses(m.MandateExceeded, left_today=1, per_payment=500):
        spend(world, shop, mandate, 2)
    spend(world, shop, mandate, 1)
    assert world.read(service.mandates_of, lin.id)[0].spent_today == 1000
    assert world.wrong() == []


def test_a_payment_above_the_mandate_is_not_made_at_all(
    world: World, shop: Caller, mandate: Mandate
) -> None:
    with world.refuses(m.MandateExceeded, "amount"):
        spend(world, shop, mandate, 501)
    standing = world.payment(shop, 501)
    ask = AskShopConfirm(shop, standing.id, Confirmation(mandate_id=mandate.id))
    with world.refuses(m.MandateExceeded):
        world.ask(confirm_by_shop, ask)


def test_what_is_refused_for_want_of_money_does_not_count(
    world: World, lin: Person, shop: Caller, mandate: Mandate
) -> None:
    world.fund(lin.id, -4900)
    with world.refuses(m.InsufficientFunds, available=100):
        spend(world, shop, mandate, 500)
    assert spend(world, shop, mandate, 100).status == "paid"


def test_a_mandate_is_full_again_the_next_day_utc(
    world: World, shop: Caller, mandate: Mandate
) -> None:
    for _ in range(2):
        spend(world, shop, mandate, 500)
    midnight = (world.clock.now_us // DAY_US + 1) * DAY_US
    world.clock.now_us = midnight - 1_000_000
    with world.refuses(m.MandateExceeded, left_today=0):
        spend(world, shop, mandate, 1)
    world.clock.now_us = midnight
    assert spend(world, shop, mandate, 500).status == "paid"


def test_payments_at_once_never_exceed_the_day(
    world: World, shop: Caller, mandate: Mandate
) -> None:
    payments = [world.payment(shop, 400) for _ in range(3)]
    confirm = Confirmation(mandate_id=mandate.id)
    asks = [(confirm_by_shop, AskShopConfirm(shop, one.id, confirm)) for one in payments]
    answers = world.ask_together(asks)
    assert [type(answer) for answer in answers] == [Payment, Payment, m.MandateExceeded]


def test_a_revoked_mandate_pays_nothing_from_that_moment(
    world: World, lin: Person, shop: Caller, mandate: Mandate
) -> None:
    revoked = world.ask(service.revoke_mandate, AskRevoke(lin.id, mandate.id))
    assert revoked.revoked_at > 0
    with world.refuses(m.MandateRevoked, "mandate_id"):
        spend(world, shop, mandate, 1)
    before = world.everything()
    assert world.ask(service.revoke_mandate, AskRevoke(lin.id, mandate.id)) == revoked
    assert world.everything() == before
    assert world.facts(mandate.id) == ["mandate.given", "mandate.revoked"]


def test_a_mandate_serves_its_own_shop_and_mode_alone(
    world: World, lin: Person, shop: Caller, mandate: Mandate
) -> None:
    live = msgspec.structs.replace(shop, mode="live")
    world.fund(lin.id, 5000, mode="live")
    for other in (world.shop("Other"), live):
        with world.refuses(m.MandateNotFound, "mandate_id"):
            spend(world, other, mandate, 1)
    with world.refuses(m.MandateNotFound):
        world.payment(shop, 1, confirm=Confirmation(mandate_id="man_none"))
    with world.refuses(m.MandateExceeded, "currency"):
        world.payment(shop, 1, currency="USD", confirm=Confirmation(mandate_id=mandate.id))
    assert world.read(service.mandates_for, live.app_id, "live", "", 10) == []
    assert world.read(service.mandates_for, shop.app_id, "test", "", 10) == [mandate]


def test_nobody_revokes_the_mandate_of_another(world: World, lin: Person, mandate: Mandate) -> None:
    chen = world.person("chen")
    for person_id, mandate_id in ((chen.id, mandate.id), (lin.id, "man_none")):
        with world.refuses(m.MandateNotFound, "id"):
            world.ask(service.revoke_mandate, AskRevoke(person_id, mandate_id))


def test_a_mandate_needs_the_pin_and_counts_wrong_ones(
    world: World, lin: Person, shop: Caller
) -> None:
    for _ in range(4):
        with pytest.raises(WrongPin):
            give(world, lin, shop, pin="000000")
    with pytest.raises(PinLocked):
        give(world, lin, shop, pin="000000")
    with world.refuses(PinLocked):
        give(world, lin, shop)
    assert world.read(service.mandates_of, lin.id) == []


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"per_payment": 0}, m.MandateLimitsInvalid),
        ({"per_payment": 1001}, m.MandateLimitsInvalid),
        ({"currency": "RMB"}, CurrencyUnknown),
    ],
)
def test_a_mandate_that_cannot_be_is_refused(
    world: World, lin: Person, shop: Caller, said: dict[str, Any], refusal: Any
) -> None:
    with world.refuses(refusal):
        give(world, lin, shop, **said)


def test_there_is_no_mandate_for_an_app_that_is_not_there(
    world: World, lin: Person, shop: Caller
) -> None:
    for app_id in ("app_none", "", "\0"):
        with world.refuses(AppNotFound, "app_id"):
            give(world, lin, msgspec.structs.replace(shop, app_id=app_id))


def test_a_mandate_holds_money_for_a_shop_that_captures_later(
    world: World, lin: Person, shop: Caller, mandate: Mandate
) -> None:
    held = world.payment(shop, 500, capture="manual", confirm=Confirmation(mandate_id=mandate.id))
    assert (held.status, world.held(lin.id)) == ("authorized", 500)
    ask = AskShopConfirm(shop, held.id, Confirmation(mandate_id=mandate.id))
    with world.refuses(PaymentNotOpen):
        world.ask(confirm_by_shop, ask)
    assert world.wrong() == []


def test_a_suspended_wallet_takes_no_mandate_either(
    world: World, shop: Caller, mandate: Mandate
) -> None:
    world.ask(suspend_method, pay_model.AskMethod(shop, "wallet", "web", "stocktaking"))
    with world.refuses(pay_model.MethodSuspended):
        spend(world, shop, mandate, 1)
